//! RFC 8032, and the keys that must never get in.

use agentid_jose::ed25519::{InvalidKey, PublicKey, Signature};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;

use super::bytes;

/// RFC 8032 section 7.1, TEST 3: public key and signature over `af82`.
const PUBLIC_KEY: &str = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
const SIGNATURE: &str = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
                         18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
const MESSAGE: [u8; 2] = [0xaf, 0x82];

/// The order of the base point, little-endian (RFC 8032 section 5.1).
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// The y coordinates of the points of small order, with those that have a second encoding (y + p) twice.
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn identity() -> [u8; 32] {
    bytes(SMALL_ORDER[1])
}

#[test]
fn the_vector_of_the_rfc_verifies_and_nothing_near_it() {
    let key = PublicKey::from_bytes(&bytes(PUBLIC_KEY)).unwrap();
    let signature = bytes(SIGNATURE);
    assert!(key.verify(&MESSAGE, &Signature::from_bytes(signature)));
    assert!(!key.verify(&[0xaf, 0x83], &Signature::from_bytes(signature)));
    for index in [0, 31, 32, 63] {
        let mut changed = signature;
        changed[index] ^= 1;
        assert!(!key.verify(&MESSAGE, &Signature::from_bytes(changed)), "byte {index}");
    }
}

/// S + L satisfies the same equation: a verifier that takes it lets anybody make a second signature out of one.
#[test]
fn a_signature_with_s_plus_l_is_refused() {
    let key = PublicKey::from_bytes(&bytes(PUBLIC_KEY)).unwrap();
    let mut signature: [u8; 64] = bytes(SIGNATURE);
    assert!(key.verify(&MESSAGE, &Signature::from_bytes(signature)));
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(bytes::<32>(ORDER)) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "S + L fits into 32 bytes");
    assert!(!key.verify(&MESSAGE, &Signature::from_bytes(signature)));
}

/// The attack that the check prevents: R = identity and S = 0 need no private key.
#[test]
fn under_the_identity_one_signature_is_good_for_any_message_so_the_key_is_refused() {
    let mut forged = [0; 64];
    forged[..32].copy_from_slice(&identity());
    let unchecked = UnparsedPublicKey::new(&ED25519, identity());
    for message in ["pay", "do not pay"] {
        unchecked.verify(message.as_bytes(), &forged).expect("the library alone accepts it");
    }
    assert_eq!(PublicKey::from_bytes(&identity()), Err(InvalidKey::SmallOrder));
}

#[test]
fn every_point_of_small_order_is_refused_in_every_encoding() {
    for point in EIGHT_TORSION {
        assert_eq!(PublicKey::from_bytes(point.compress().as_bytes()), Err(InvalidKey::SmallOrder));
    }
    for y in SMALL_ORDER {
        let mut encoding: [u8; 32] = bytes(y);
        for _sign in 0..2 {
            assert_eq!(PublicKey::from_bytes(&encoding), Err(InvalidKey::SmallOrder), "{y}");
            encoding[31] ^= 0x80;
        }
    }
}

/// The y below 19 can be written a second time as y + p: the small one is accepted, the large one is not.
#[test]
fn a_second_encoding_of_a_good_point_is_refused() {
    let mut pairs = 0;
    for y in 2..19 {
        let mut canonical = [0; 32];
        canonical[0] = y;
        if CompressedEdwardsY(canonical).decompress().is_some() {
            let mut second: [u8; 32] = bytes(SMALL_ORDER[5]);
            second[0] += y;
            for _sign in 0..2 {
                assert!(PublicKey::from_bytes(&canonical).is_ok(), "y = {y}");
                assert_eq!(PublicKey::from_bytes(&second), Err(InvalidKey::NotCanonical), "y = {y}");
                canonical[31] ^= 0x80;
                second[31] ^= 0x80;
            }
            pairs += 1;
        }
    }
    assert!(pairs > 0);
}

/// All bytes are those of a second encoding but one: the lowest, one in the middle, or the highest.
#[test]
fn the_only_encoding_of_a_good_point_is_accepted() {
    let accepted = [(0, 0xec), (16, 0xff), (31, 0x7f)].map(|(index, end)| {
        let below = (0..end).filter(|&byte| {
            let mut encoding: [u8; 32] = bytes(SMALL_ORDER[5]);
            (encoding[0], encoding[index]) = (0xff, byte);
            let is_point = CompressedEdwardsY(encoding).decompress().is_some();
            assert_eq!(PublicKey::from_bytes(&encoding).is_ok(), is_point, "byte {index}: {byte}");
            is_point
        });
        below.count()
    });
    assert!(accepted.iter().all(|&count| count > 0), "{accepted:?}");
}

#[test]
fn bytes_off_the_curve_are_refused() {
    let mut y = [0; 32];
    y[0] = 3;
    assert!(PublicKey::from_bytes(&y).is_ok());
    y[0] = 2;
    assert_eq!(PublicKey::from_bytes(&y), Err(InvalidKey::NotOnCurve));
}

#[test]
fn text_is_strict_base64url_of_32_bytes() {
    let key = PublicKey::from_bytes(&bytes(PUBLIC_KEY)).unwrap();
    let text = key.to_base64url();
    assert_eq!(text, "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU");
    assert_eq!(PublicKey::parse(&text), Ok(key));
    assert_eq!((key.to_string(), format!("{key:?}")), (text.clone(), format!("PublicKey({text})")));
    assert_eq!(PublicKey::parse(&format!("{text}=")), Err(InvalidKey::Encoding));
    assert_eq!(PublicKey::parse(&format!("{text}\n")), Err(InvalidKey::Encoding));
    // The last letter has two bits to spare: U is 0b010100, V is 0b010101.
    assert_eq!(PublicKey::parse(&text.replace("CU", "CV")), Err(InvalidKey::Encoding));
    assert_eq!(PublicKey::parse("AAAA"), Err(InvalidKey::Length));
    assert_eq!(PublicKey::parse(""), Err(InvalidKey::Length));
}

#[test]
fn a_private_key_is_refused_by_name() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----\n";
    assert_eq!(PublicKey::parse(pem), Err(InvalidKey::HasPrivatePart));
    assert!(!InvalidKey::HasPrivatePart.to_string().contains("MC4CAQ"));
    assert_eq!(PublicKey::parse(&pem.replace("PRIVATE", "PUBLIC")), Err(InvalidKey::Encoding));
}

#[test]
fn a_signature_is_strict_base64url_of_64_bytes() {
    let signature = Signature::from_bytes(bytes(SIGNATURE));
    let text = signature.to_string();
    assert_eq!(text.len(), 86);
    assert_eq!(Signature::parse(&text), Some(signature));
    assert_eq!(Signature::parse(&format!("{text}==")), None);
    assert_eq!(Signature::parse(&text[..84]), None, "63 bytes");
    assert_eq!(Signature::parse(""), None);
}
