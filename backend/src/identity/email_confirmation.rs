//! That an overseer reads what is sent to an address: shown by a link that was sent there. The address is theirs from then on,
//! be it the one that they registered with or another. Looking at the link's page does nothing: programs that look at mail load
//! links.
//!
//! Only whoever is signed in to the account uses the link. Otherwise somebody could register with another's address and wait
//! until that person follows a link that they did not expect.

use crate::db::Tx;
use crate::db::schema::email_confirmations::{self, EmailConfirmation};
use crate::db::schema::mails;
use crate::db::schema::overseers::{self, Overseer};
use crate::id::OverseerId;
use crate::identity::accounts;
use crate::identity::credentials::Credential;
use crate::identity::fields::Email;
use crate::identity::letters::{Letter, Letters};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// How long a link counts, in seconds.
pub const LIFETIME: i64 = 24 * 60 * 60;

/// Stores a link that was made for an address. Earlier ones count too until one is used.
pub fn begin(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    email: &str,
    token: &TokenHash,
    now: i64,
) -> Result<(), Refusal> {
    let link = EmailConfirmation {
        id: token.as_str().to_owned(),
        overseer_id: overseer_id.clone(),
        email: email.to_owned(),
        created_at: now,
        expires_at: now + LIFETIME,
    };
    Ok(email_confirmations::insert(tx, &link)?)
}

/// Which address a link of the overseer's is for, as long as it counts.
pub fn find(tx: &mut Tx<'_>, overseer: &Overseer, token: &TokenHash, now: i64) -> Result<String, Refusal> {
    let link = email_confirmations::find(tx, token.as_str(), now)?;
    let link = link.filter(|link| token.matches(&link.id) && link.overseer_id == overseer.id);
    link.map(|link| link.email).ok_or_else(|| Code::LinkExpired.into())
}

/// Uses a link. When the address is another than before, all other sessions end, and the old one is told.
pub fn confirm(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    token: &TokenHash,
    kept: &Credential,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    let now = from.now();
    let email = find(tx, overseer, token, now)?;
    if !email_confirmations::delete(tx, token.as_str())? {
        return Err(Code::LinkExpired.into());
    }
    if overseer.email.as_ref() != Some(&email) {
        return accounts::change_email(tx, overseer, (&Email::parse(&email)?, Some(now)), kept, letters, from);
    }
    if !overseers::set_email(tx, &overseer.id, &email, Some(now), now)? {
        return Err(Code::EmailTaken.into());
    }
    email_confirmations::delete_of(tx, &overseer.id)?;
    Ok(from.note(tx, &overseer.id, Kind::EmailConfirmed, About::default())?)
}

/// Asks for a link to an address, which is the overseer's own or to be. One that waits to be sent elsewhere is no longer wanted.
pub fn ask(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    email: &str,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    mails::delete_of(tx, &overseer.id)?;
    Ok(letters.write(tx, Letter::ConfirmEmail, email, Some(&overseer.id), from)?)
}
