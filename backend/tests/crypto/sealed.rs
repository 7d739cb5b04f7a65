use agentid::crypto::base64url;
use agentid::crypto::sealed::{hkdf_sha256, open, seal};
use agentid::random::Random;

const KEY: [u8; 32] = [7; 32];

#[test]
fn only_the_same_key_and_place_open_what_was_sealed() {
    let sealed = seal(&KEY, "signing_keys/1", b"secret", Random::system());
    assert_eq!(open(&KEY, "signing_keys/1", &sealed).unwrap().as_slice(), b"secret");
    assert!(open(&[8; 32], "signing_keys/1", &sealed).is_none(), "wrong key");
    assert!(open(&KEY, "signing_keys/2", &sealed).is_none(), "wrong place");
}

#[test]
fn every_bit_counts() {
    let sealed = base64url::decode(&seal(&KEY, "", b"secret", Random::system())).unwrap();
    assert_eq!(sealed.len(), 12 + 6 + 16);
    assert!(open(&KEY, "", &base64url::encode(&sealed)).is_some());
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&KEY, "", &base64url::encode(flipped)).is_none(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(open(&KEY, "", &base64url::encode(&sealed[..length])).is_none(), "{length} bytes");
    }
    assert!(open(&KEY, "", "not base64url!").is_none());
}

#[test]
fn nothing_is_sealed_alike_twice() {
    let seal = || seal(&KEY, "", b"", Random::system());
    assert_ne!(seal(), seal());
    assert_eq!(open(&KEY, "", &seal()).unwrap().as_slice(), b"", "an empty secret is one");
}

/// RFC 5869 appendix A.3, the first 32 bytes: no salt, no info.
#[test]
fn keys_are_derived_as_the_rfc_says_and_apart_by_label() {
    let expected = "jaTndaVjwY9xX4AqBjxaMbihH1xe4Yeew0VOXzxzjS0";
    assert_eq!(base64url::encode(*hkdf_sha256(&[0x0b; 22], "")), expected);
    assert_ne!(*hkdf_sha256(&[0x0b; 22], "sessions"), *hkdf_sha256(&[0x0b; 22], "signing keys"));
    assert_ne!(*hkdf_sha256(&[0x0b; 22], "sessions"), *hkdf_sha256(&[0x0c; 22], "sessions"));
}
