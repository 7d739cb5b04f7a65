use agentid_jose::{constant_time_eq, sha256};

use super::bytes;

#[test]
fn the_sample_of_fips_180_4() {
    assert_eq!(sha256(b"abc"), bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

#[test]
fn only_equal_bytes_compare_as_equal() {
    assert!(constant_time_eq(b"same", b"same"));
    assert!(!constant_time_eq(b"same", b"sama"));
    assert!(!constant_time_eq(b"same", b"same longer"));
}
