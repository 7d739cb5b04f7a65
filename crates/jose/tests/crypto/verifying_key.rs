//! Keys of others: the examples of the RFCs, and what is none.

use agentid_jose::base64url;
use agentid_jose::ed25519::InvalidKey;
use agentid_jose::jws::{Algorithm, UnverifiedJws};
use agentid_jose::random::Random;
use agentid_jose::signer::{Signer, SigningAlgorithm};
use agentid_jose::verifying_key::{InvalidJwk, VerifyingKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};

/// RFC 7515 appendix A.2.
const RSA: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC\
gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV\
MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn rsa() -> Value {
    json!({ "kty": "RSA", "n": RSA, "e": "AQAB" })
}

/// RFC 7515 appendix A.3.
fn p256() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

#[test]
fn the_signatures_of_the_rfc_verify() {
    let es256 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let rs256 = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb\
F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j\
zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    for (header, signature, jwk) in [(r#"{"alg":"ES256"}"#, es256, p256()), (r#"{"alg":"RS256"}"#, rs256, rsa())] {
        let token = |header: &str| format!("{}.{PAYLOAD}.{signature}", base64url::encode(header));
        let key = VerifyingKey::from_jwk(&jwk).unwrap();
        assert_eq!(UnverifiedJws::parse(&token(header)).unwrap().verify(&key).unwrap()["iss"], "joe");
        assert!(!UnverifiedJws::parse(&token(r#"{"alg":"PS256"}"#)).unwrap().is_signed_by(&key));
        assert!(!UnverifiedJws::parse(&token(r#"{"alg":"EdDSA"}"#)).unwrap().is_signed_by(&key));
        assert_eq!(key.to_jwk(), jwk);
    }
}

#[test]
fn the_thumbprint_of_the_rfc() {
    // RFC 7638 section 3.1.
    let jwk = json!({
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM\
    stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n\
    91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    });
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn each_algorithm_takes_its_own_signatures_and_no_others() {
    let message = b"a message";
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let sign = |padding| {
        let mut signature = vec![0; rsa.public_modulus_len()];
        rsa.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    };
    let modulus = base64url::encode(rsa.public_key().modulus().big_endian_without_leading_zero());
    let rsa = VerifyingKey::from_jwk(&json!({ "kty": "RSA", "e": "AQAB", "n": modulus })).unwrap();
    let signed_by = |algorithm| {
        use agentid_jose::jws::Sign as _;
        let signer = Signer::generate(algorithm, Random::system());
        (signer.verifying_key(), signer.sign_bytes(message))
    };
    let (ed25519, eddsa) = signed_by(SigningAlgorithm::EdDsa);
    let (p256, es256) = signed_by(SigningAlgorithm::Es256);
    let all = [
        (Algorithm::Ed25519, &ed25519, eddsa),
        (Algorithm::Es256, &p256, es256),
        (Algorithm::Rs256, &rsa, sign(&RSA_PKCS1_SHA256)),
        (Algorithm::Ps256, &rsa, sign(&RSA_PSS_SHA256)),
    ];
    for (algorithm, key, signature) in &all {
        assert!(key.fits(*algorithm) && key.verify(*algorithm, message, signature), "{algorithm:?}");
        assert!(!key.verify(*algorithm, b"another", signature));
        assert!(!key.verify(*algorithm, message, &signature[1..]) && !key.verify(*algorithm, message, &[]));
        for (other, other_key, _) in all.iter().filter(|(other, ..)| other != algorithm) {
            assert!(!key.verify(*other, message, signature), "{algorithm:?} as {other:?}");
            assert!(!other_key.verify(*algorithm, message, signature) || key == other_key);
        }
    }
}

#[test]
fn what_is_no_public_key_is_refused() {
    let refusal = |jwk: &Value| VerifyingKey::from_jwk(jwk).unwrap_err();
    let with = |jwk: Value, name: &str, value: Value| {
        let mut jwk = jwk;
        jwk[name] = value;
        jwk
    };
    for name in ["d", "k", "p", "q", "dp", "dq", "qi", "oth"] {
        for jwk in [rsa(), p256()] {
            assert_eq!(refusal(&with(jwk, name, json!("AQAB"))), InvalidJwk::Key(InvalidKey::HasPrivatePart));
        }
    }
    for jwk in [
        json!({}),
        json!("x"),
        json!({ "kty": "oct" }),
        with(p256(), "crv", json!("P-521")),
        with(p256(), "kty", json!("OKP")),
    ] {
        assert_eq!(refusal(&jwk), InvalidJwk::Type, "{jwk}");
    }
    let zero = json!(base64url::encode([0; 32]));
    for jwk in [
        with(p256(), "y", p256()["x"].clone()),
        with(p256(), "x", json!("AAAA")),
        with(p256(), "x", json!(1)),
        with(with(p256(), "x", zero.clone()), "y", zero),
    ] {
        assert_eq!(refusal(&jwk), InvalidJwk::Point, "{jwk}");
    }
    let short = &base64url::decode(RSA).unwrap()[1..];
    for jwk in [
        with(rsa(), "e", json!("Aw")),
        with(rsa(), "e", json!("AAEAAQ")),
        with(rsa(), "n", json!(base64url::encode(short))),
        with(rsa(), "n", json!(base64url::encode([&[0], base64url::decode(RSA).unwrap().as_slice()].concat()))),
        with(rsa(), "n", json!(base64url::encode([0xff; 513]))),
        with(rsa(), "n", json!(base64url::encode([0xfe; 256]))),
    ] {
        assert_eq!(refusal(&jwk), InvalidJwk::Rsa, "{jwk}");
    }
}
