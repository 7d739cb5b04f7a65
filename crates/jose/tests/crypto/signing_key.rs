use agentid_jose::base64url;
use agentid_jose::ed25519::{InvalidSigningKey, SigningKey};

use super::{bytes, new_key};

/// Thrown away as soon as `openssl genpkey -algorithm ed25519` had written it.
const OPENSSL_PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEILZZO1SyTFUl5CSFHpacGdfsSoF8e2a56LSeUHHpjYB1\n\
    -----END PRIVATE KEY-----\n";
/// What openssl says its public half is.
const OPENSSL_PUBLIC_KEY: &str = "-5YWrRAv3ILfxD7flXF7tk24vx9a7JbCgyluELoT7a0";
/// The same from `-algorithm x25519`.
const X25519_PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VuBCIEIKiGASsj3V484fd39AZwRB9Vj54O3j5ro1uCDLxHF5pu\n\
    -----END PRIVATE KEY-----\n";

/// PKCS#8 of RFC 8032's TEST 3: its head, its seed, and in version 2 its public key.
const V1_HEAD: &str = "302e020100300506032b657004220420";
const V2_HEAD: &str = "3051020101300506032b657004220420";
const SEED: &str = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
const V2_MIDDLE: &str = "812100";
const PUBLIC_KEY: &str = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";

#[test]
fn the_vector_of_the_rfc_is_signed() {
    let key = SigningKey::from_pkcs8(&bytes::<48>(&[V1_HEAD, SEED].concat())).unwrap();
    assert_eq!(key.public_key().as_bytes(), &bytes::<32>(PUBLIC_KEY));
    let expected: [u8; 64] = bytes(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
         18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    );
    assert_eq!(key.sign(&[0xaf, 0x82]).as_bytes(), &expected);
}

#[test]
fn a_pem_of_openssl_is_read_and_written_back_to_the_byte() {
    let key = SigningKey::from_pkcs8_pem(OPENSSL_PEM).unwrap();
    assert_eq!(base64url::encode(key.public_key().as_bytes()), OPENSSL_PUBLIC_KEY);
    assert_eq!(*key.to_pkcs8_pem(), OPENSSL_PEM);
}

#[test]
fn a_new_key_round_trips_and_no_two_are_alike() {
    let key = new_key();
    let from_pem = SigningKey::from_pkcs8_pem(&key.to_pkcs8_pem()).unwrap();
    let from_der = SigningKey::from_pkcs8(&key.to_pkcs8()).unwrap();
    assert_eq!(from_pem.public_key(), key.public_key());
    assert!(key.public_key().verify(b"hello", &from_der.sign(b"hello")));
    assert_ne!(new_key().public_key(), key.public_key());
}

#[test]
fn version_2_is_read_when_its_public_half_matches() {
    let parts = |public_key: &str| bytes::<83>(&[V2_HEAD, SEED, V2_MIDDLE, public_key].concat());
    let key = SigningKey::from_pkcs8(&parts(PUBLIC_KEY)).unwrap();
    assert_eq!(key.public_key().as_bytes(), &bytes::<32>(PUBLIC_KEY));
    let other = SigningKey::from_pkcs8(&parts(&PUBLIC_KEY.replace("fc51", "fc52")));
    assert_eq!(other.err(), Some(InvalidSigningKey::Pkcs8));
}

#[test]
fn what_is_no_ed25519_key_is_refused() {
    let refusal = |pem: &str| SigningKey::from_pkcs8_pem(pem).err();
    assert_eq!(refusal(OPENSSL_PEM), None);
    assert_eq!(refusal(""), Some(InvalidSigningKey::Pem));
    assert_eq!(refusal(&OPENSSL_PEM.replace("PRIVATE", "OPENSSH PRIVATE")), Some(InvalidSigningKey::Pem));
    assert_eq!(refusal(&OPENSSL_PEM.replace("MC4C", "AAAA")), Some(InvalidSigningKey::Pkcs8));
    assert_eq!(refusal(X25519_PEM), Some(InvalidSigningKey::Pkcs8));
}
