//! The list of tokens that were revoked before their expiry: a JWT (RFC 7515) that an API pulls now and then, so
//! that a verifier that asks nobody is not fooled for long.

use serde_json::json;

use crate::clock::Clock;
use crate::crypto::signer::SigningAlgorithm;
use crate::crypto::{base64url, sha256};
use crate::db::schema::revoked_tokens::{self, RevokedToken};
use crate::db::{Error, Tx};
use crate::oauth::signing_keys::SigningKeys;

/// The media type's suffix, and the `typ` that keeps another JWT of ours from passing for the list.
pub const TYPE: &str = "revocations+jwt";
/// How long a list may be kept, in seconds.
pub const MAX_AGE: i64 = 10;
/// How many entries one list has at most.
const MOST: usize = 2_000;
/// How long a list is the same as long as nothing is revoked, in seconds: then it is signed anew, for nobody may believe it
/// for longer because of an answer that is not signed.
const SAME_FOR: i64 = 30;
/// A revocation is dated before it is committed, by as much as a write may wait. Whoever pulls goes back this
/// far, in seconds, so as not to miss one; some entries come twice.
const OVERLAP: i64 = 60;

/// A page of the list.
pub struct Page {
    revoked: Vec<RevokedToken>,
    /// What to send as `since` next time.
    next: i64,
    /// Whether to do so at once.
    has_more: bool,
}

/// What was revoked at `since` or later, oldest first.
pub fn page(tx: &mut Tx<'_>, since: i64, now: i64) -> Result<Page, Error> {
    let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
    let mut revoked = revoked_tokens::since(tx, since, now, limit)?;
    let is_full = revoked.len() == MOST;
    let last = revoked.last().map_or(since, |entry| entry.created_at);
    // A full page may end within a second; the next one begins with that second. When the whole page is one
    // second, the rest of that second comes along: one call of stop may end more than a page holds.
    if is_full && last == since {
        revoked = revoked_tokens::of_second(tx, since, now)?;
        return Ok(Page { revoked, next: since + 1, has_more: true });
    }
    // The overlap counts from now on, not from where this walk came: its last page may have ended a moment ago.
    let next = if is_full { last } else { (now - OVERLAP).div_euclid(SAME_FOR) * SAME_FOR };
    Ok(Page { revoked, next, has_more: is_full })
}

/// What tells this list from others (RFC 9110 section 8.8.3). Weak, for the signature differs each time.
pub fn mark(page: &Page, since: i64, now: i64) -> String {
    let mut text = format!("{since} {} {}", page.next, now.div_euclid(SAME_FOR));
    for entry in &page.revoked {
        text.push(' ');
        text.push_str(&entry.jti);
    }
    format!("W/\"{}\"", base64url::encode(&sha256(text.as_bytes())[..16]))
}

/// The signed list. `None` when no key may sign yet.
pub fn sign(page: &Page, since: i64, issuer: &str, keys: &SigningKeys, clock: &Clock) -> Option<String> {
    let now = clock.now();
    let signer = keys.signer(SigningAlgorithm::EdDsa, now)?;
    let revoked: Vec<_> =
        page.revoked.iter().map(|entry| json!({ "jti": entry.jti, "exp": entry.expires_at })).collect();
    let claims = json!({
        "iss": issuer, "iat": now, "exp": now + MAX_AGE + OVERLAP,
        "since": since, "next": page.next, "more": page.has_more, "revoked": revoked,
    });
    Some(signer.sign(TYPE, &claims))
}
