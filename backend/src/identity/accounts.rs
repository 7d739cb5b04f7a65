//! What an overseer does with their own account: its password, its sessions, its end.

use crate::db::Tx;
use crate::db::schema::access_tokens::{self, Which};
use crate::db::schema::overseers::{self, Overseer};
use crate::db::schema::sessions::{self as rows, Session};
use crate::db::schema::{account_links, authorization_codes, email_confirmations, mails, oversights, subscriptions};
use crate::id::Owner;
use crate::identity::credentials::Credential;
use crate::identity::fields::Email;
use crate::identity::letters::{Letter, Letters};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::identity::{agents, sessions};
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// That a password was checked: the hash that it fits. It may change before it counts.
#[derive(Clone)]
pub struct Confirmed(String);

impl Confirmed {
    /// The password fits this hash.
    pub fn new(hash: String) -> Self {
        Self(hash)
    }

    /// Does what was confirmed, if the password is still the overseer's.
    pub fn then<T>(&self, overseer: &Overseer, action: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
        if overseer.password_hash.as_ref() != Some(&self.0) {
            return Err(Code::WrongCredentials.into());
        }
        action()
    }
}

/// Puts a new password in the place of the one that was confirmed. Whoever had the old one loses what they have: all other
/// sessions end, and what they led to at applications.
pub fn change_password(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    (Confirmed(old), new): (&Confirmed, &str),
    kept: &Credential,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    if !overseers::replace_password(tx, &overseer.id, old, new, from.now())? {
        return Err(Code::WrongCredentials.into());
    }
    end_everything(tx, overseer, kept.token(), from)?;
    tell_of_new_password(tx, overseer, letters, from)
}

/// Says by the security log, and by mail, that the password is another.
pub fn tell_of_new_password(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    // Whose an address is that was not confirmed, nobody knows: they are not written to each time somebody changes a password.
    if let Some(email) = overseer.email.as_ref().filter(|_| overseer.email_verified_at.is_some()) {
        letters.write(tx, Letter::PasswordChanged, email, None, from)?;
    }
    Ok(from.note(tx, &overseer.id, Kind::PasswordChanged, About::default())?)
}

/// Changes the e-mail address, which is what one signs in with; with it comes since when it is confirmed. All other sessions
/// end, and what they led to; the old address is told.
pub fn change_email(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    (email, verified_at): (&Email, Option<i64>),
    kept: &Credential,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    if !overseers::set_email(tx, &overseer.id, email.as_str(), verified_at, from.now())? {
        return Err(Code::EmailTaken.into());
    }
    end_everything(tx, overseer, kept.token(), from)?;
    if let Some(old) = &overseer.email {
        letters.write(tx, Letter::EmailChanged, old, None, from)?;
    }
    Ok(from.note(tx, &overseer.id, Kind::EmailChanged, About::default())?)
}

/// Ends what was begun with the account so far: all sessions but this one, links, and what the overseer has authorized.
pub fn end_everything(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    kept: Option<&TokenHash>,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    for session in rows::of(tx, "overseer", overseer.id.as_str(), 0)? {
        if !is_shown(&session, kept) {
            sessions::end_by_id(tx, &session.id, from.now())?;
        }
    }
    account_links::delete_of(tx, &overseer.id)?;
    email_confirmations::delete_of(tx, &overseer.id)?;
    mails::delete_of(tx, &overseer.id)?;
    if let Some(email) = &overseer.email {
        mails::delete_to(tx, Letter::ResetPassword.as_str(), email)?;
    }
    authorization_codes::end_of_actor(tx, &overseer.id)?;
    access_tokens::revoke(tx, Which::OfActor(&overseer.id), from.now())?;
    Ok(())
}

/// Ends one session of the overseer's, whichever it is.
pub fn end_session(tx: &mut Tx<'_>, overseer: &Overseer, id: &str, from: &CalledFrom) -> Result<(), Refusal> {
    let sessions = live_sessions(tx, overseer, from.now())?;
    let found = sessions.into_iter().find(|session| session.id == id).ok_or(Code::SessionNotFound)?;
    sessions::end_by_id(tx, &found.id, from.now())?;
    Ok(from.note(tx, &overseer.id, Kind::SessionEnded, About::default())?)
}

/// Where the overseer is signed in, the latest first.
pub fn live_sessions(tx: &mut Tx<'_>, overseer: &Overseer, now: i64) -> Result<Vec<Session>, Refusal> {
    Ok(rows::of(tx, "overseer", overseer.id.as_str(), now)?)
}

/// Whether this is the session that a caller has shown.
pub fn is_shown(session: &Session, token: Option<&TokenHash>) -> bool {
    token.is_some_and(|token| token.matches(&session.id))
}

/// Deletes the account. Nobody answers for its agents from then on; those that it stopped stay stopped. Its applications go.
/// `is_paying`: where a subscription can be ended, it must be, for nobody could end it afterwards.
pub fn delete(tx: &mut Tx<'_>, overseer: &Overseer, is_paying: bool, from: &CalledFrom) -> Result<(), Refusal> {
    let now = from.now();
    if is_paying && subscriptions::running(tx, &overseer.id)? > 0 {
        return Err(Code::SubscriptionStands.into());
    }
    end_everything(tx, overseer, None, from)?;
    agents::delete_clients_of(tx, &Owner::Overseer(overseer.id.clone()), now)?;
    oversights::end_of_overseer(tx, &overseer.id, now)?;
    Ok(overseers::delete(tx, &overseer.id)?)
}
