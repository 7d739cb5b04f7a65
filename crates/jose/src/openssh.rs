//! OpenSSH's one-line public keys (RFC 4253 section 6.6, RFC 8709 section 4): `ssh-ed25519 AAAA… comment`. Many
//! agents have such a key already.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::ed25519::{InvalidKey, PublicKey};

const KEY_TYPE: &str = "ssh-ed25519";

/// What the decoded blob begins with: the type and the key, each after its length in four bytes.
const BLOB_HEAD: &[u8] = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";

/// Reads one line; the comment is optional and ignored.
///
/// # Errors
/// Any [`InvalidKey`] but [`InvalidKey::HasPrivatePart`].
pub fn parse(line: &str) -> Result<PublicKey, InvalidKey> {
    let line = line.trim_end();
    // Two lines would be two keys, and one would be dropped without a word.
    if line.contains(['\n', '\r']) {
        return Err(InvalidKey::Encoding);
    }
    let mut words = line.split(' ');
    match words.next() {
        Some(KEY_TYPE) => {}
        Some(word) if word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-") => {
            return Err(InvalidKey::WrongType);
        }
        Some(_) | None => return Err(InvalidKey::Encoding),
    }
    let blob = words.next().and_then(|word| STANDARD.decode(word).ok()).ok_or(InvalidKey::Encoding)?;
    let key = blob.strip_prefix(BLOB_HEAD).ok_or(InvalidKey::Encoding)?;
    PublicKey::from_bytes(key.try_into().map_err(|_| InvalidKey::Length)?)
}

/// The line, without a comment and without a line break.
pub fn to_line(key: &PublicKey) -> String {
    format!("{KEY_TYPE} {}", STANDARD.encode([BLOB_HEAD, key.as_bytes()].concat()))
}
