//! Links for somebody who has forgotten their password. A link is 256 random bits that the database does not hold; it counts
//! once, and no longer than an hour. Looking at its page does nothing: programs that look at mail load links.

use crate::db::Tx;
use crate::db::schema::account_links::{self, AccountLink};
use crate::db::schema::overseers::{self, Overseer};
use crate::id::OverseerId;
use crate::identity::accounts;
use crate::identity::letters::Letters;
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// How long a link counts, in seconds.
pub const LIFETIME: i64 = 60 * 60;

const RESET: &str = "reset_password";

/// Makes a link for a new password. Earlier ones count too until one is used: what somebody else asks for must not take the
/// owner's link away.
pub fn begin_reset(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    token: &TokenHash,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    insert_reset(tx, overseer_id, token, from.now())?;
    Ok(from.note(tx, overseer_id, Kind::ResetBegun, About::default())?)
}

/// The same without a line in the security log.
pub fn insert_reset(tx: &mut Tx<'_>, overseer_id: &OverseerId, token: &TokenHash, now: i64) -> Result<(), Refusal> {
    let link = AccountLink {
        id: token.as_str().to_owned(),
        overseer_id: overseer_id.clone(),
        purpose: RESET.to_owned(),
        created_at: now,
        expires_at: now + LIFETIME,
    };
    Ok(account_links::insert(tx, &link)?)
}

/// Whose link it is, as long as it counts.
pub fn find_reset(tx: &mut Tx<'_>, token: &TokenHash, now: i64) -> Result<Overseer, Refusal> {
    let link = account_links::find(tx, token.as_str(), RESET, now)?;
    let link = link.filter(|link| token.matches(&link.id)).ok_or(Code::LinkExpired)?;
    overseers::find(tx, &link.overseer_id)?.ok_or_else(|| Code::LinkExpired.into())
}

/// Uses the link: the password is the new one, and everything that the old one began ends.
pub fn reset(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    new_hash: &str,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    let overseer = find_reset(tx, token, from.now())?;
    if !account_links::delete(tx, token.as_str())? {
        return Err(Code::LinkExpired.into());
    }
    overseers::set_password(tx, &overseer.id, new_hash, from.now())?;
    accounts::end_everything(tx, &overseer, None, from)?;
    accounts::tell_of_new_password(tx, &overseer, letters, from)
}
