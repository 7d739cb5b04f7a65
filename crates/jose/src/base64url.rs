//! Base64url without padding (RFC 4648 section 5, as RFC 7515 section 2 uses it), strict: every value
//! has exactly one text, so a key or a token can not come back as a different string.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The one text of these bytes.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text. `None` for padding, white space, letters of another alphabet, and for left-over
/// bits that are not zero.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Like [`decode`], and `None` also when there are not exactly `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}
