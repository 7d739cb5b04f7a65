//! Keys and their files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use agentid_client::{Key, KeyError};
use agentid_jose::dpop::{self, Request};
use agentid_jose::jws::UnverifiedJws;

/// Its public half is RFC 8037's example, appendix A.
const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    assert!(matches!(Key::load(&path), Err(KeyError::Missing(_))));
    let made = Key::load_or_make(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(Key::load_or_make(&path).unwrap().public_key(), made.public_key());
    assert_eq!(Key::load(&path).unwrap().thumbprint(), made.thumbprint());
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    assert_ne!(Key::generate().public_key(), made.public_key());
}

#[test]
fn programs_that_start_at_once_have_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let make = || Key::load_or_make(&path).unwrap().public_key();
    let keys: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn the_key_of_the_rfc_has_the_thumbprint_of_the_rfc() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    write(&path, PEM, 0o600);
    let key = Key::load(&path).unwrap();
    assert_eq!(key.public_key(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    for mode in [0o600, 0o400] {
        write(&path, PEM, mode);
        assert!(Key::load(&path).is_ok(), "{mode:o}");
    }
    for mode in [0o644, 0o640, 0o604, 0o660, 0o601] {
        write(&path, PEM, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refusal = Key::load(&path).err().unwrap().to_string();
        assert!(refusal.contains("chmod 600"), "{mode:o}: {refusal}");
        assert!(Key::load_or_make(&path).is_err(), "{mode:o}");
    }
}

#[test]
fn what_is_no_key_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    for text in ["", "precious", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        write(&path, text, 0o600);
        assert!(matches!(Key::load(&path), Err(KeyError::Invalid { .. })));
        assert!(matches!(Key::load_or_make(&path), Err(KeyError::Invalid { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert!(matches!(Key::load_or_make(folder.path().join("no/key.pem")), Err(KeyError::File(_))));
}

#[test]
fn a_proof_says_what_it_is_for() {
    let key = Key::generate();
    let now = agentid_client::Clock::system().now();
    let url = "https://api.example/news";
    let request = Request { method: "GET", url };
    let read = |token| dpop::verify(&key.proof("GET", "https://api.example/news?page=2#top", token), request, now);
    let proof = read(Some("token")).unwrap();
    assert_eq!(proof.ath, Some("PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A".to_owned()));
    assert_eq!((proof.key.thumbprint(), proof.jti.len()), (key.thumbprint(), 22));
    let other = read(None).unwrap();
    assert_eq!(other.ath, None);
    assert_ne!(other.jti, proof.jti);
    let text = key.proof("GET", "https://api.example/news?page=2#top", None);
    assert_eq!(UnverifiedJws::parse(&text).unwrap().unverified_claims()["htu"], url);
}

#[test]
fn an_assertion_is_for_one_server_and_a_minute() {
    let key = Key::generate();
    let jws = UnverifiedJws::parse(&key.assertion("agent-1", "https://id.example.org")).unwrap();
    let claims = jws.verify(&key.into_signing_key().public_key().into()).unwrap();
    assert_eq!((&claims["iss"], &claims["sub"]), (&"agent-1".into(), &"agent-1".into()));
    assert_eq!(claims["aud"], "https://id.example.org");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
}
