//! Overseers: accounts of humans, with a password.

use crate::db::Tx;
use crate::db::schema::overseers::{self, Overseer};
use crate::id::{OverseerId, Owner};
use crate::identity::fields::{Email, Name};
use crate::identity::letters::{Letter, Letters};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::identity::sessions;
use crate::refusal::{Code, Refusal};
use crate::secret::{PlainToken, TokenHash};

/// An overseer as they begin.
pub fn new(id: OverseerId, name: Name, email: &Email, password_hash: String, now: i64) -> Overseer {
    Overseer {
        id,
        name: name.into_string(),
        email: Some(email.as_str().to_owned()),
        password_hash: Some(password_hash),
        created_at: now,
        updated_at: now,
        email_verified_at: None,
        billing_period_end: None,
        settled_price_id: None,
        over_limit_since: None,
        over_limit_agreed: false,
    }
}

/// Stores the overseer and logs them in.
pub fn register(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    session: &PlainToken,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    store(tx, overseer, letters, from)?;
    Ok(sessions::begin_for_overseer(tx, &overseer.id, session, from)?)
}

fn store(tx: &mut Tx<'_>, overseer: &Overseer, letters: Letters, from: &CalledFrom) -> Result<(), Refusal> {
    if !overseers::insert(tx, overseer)? {
        return Err(Code::EmailTaken.into());
    }
    if let Some(email) = &overseer.email {
        letters.write(tx, Letter::ConfirmEmail, email, Some(&overseer.id), from)?;
    }
    Ok(from.note(tx, &overseer.id, Kind::Registered, About::default())?)
}

/// Logs in the overseer whose password was just checked against `password_hash`; refused when the
/// account or its password changed meanwhile.
pub fn log_in(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    password_hash: &str,
    session: &PlainToken,
    from: &CalledFrom,
) -> Result<Overseer, Refusal> {
    let overseer = must_still_have(tx, id, password_hash)?;
    sessions::begin_for_overseer(tx, id, session, from)?;
    Ok(overseer)
}

/// Signs the overseer in in a browser, whose earlier session ends. The password was just checked against `password_hash`.
pub fn sign_in(
    tx: &mut Tx<'_>,
    (id, password_hash): (&OverseerId, &str),
    session: &PlainToken,
    earlier: Option<&TokenHash>,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    must_still_have(tx, id, password_hash)?;
    begin_in_browser(tx, id, session, earlier, from)
}

/// Stores the overseer and signs them in in a browser.
pub fn register_in_browser(
    tx: &mut Tx<'_>,
    overseer: &Overseer,
    session: &PlainToken,
    earlier: Option<&TokenHash>,
    letters: Letters,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    store(tx, overseer, letters, from)?;
    begin_in_browser(tx, &overseer.id, session, earlier, from)
}

fn begin_in_browser(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    session: &PlainToken,
    earlier: Option<&TokenHash>,
    from: &CalledFrom,
) -> Result<(), Refusal> {
    sessions::begin_for_overseer_in_browser(tx, id, session, from)?;
    if let Some(earlier) = earlier {
        let holder = Owner::Overseer(id.clone());
        sessions::replace_in_browser(tx, earlier.as_str(), &holder, session, from.now())?;
    }
    Ok(())
}

/// The overseer, if the password that was checked outside the transaction is still theirs.
pub fn must_still_have(tx: &mut Tx<'_>, id: &OverseerId, password_hash: &str) -> Result<Overseer, Refusal> {
    let overseer = overseers::find(tx, id)?.ok_or(Code::WrongCredentials)?;
    if overseer.password_hash.as_deref() != Some(password_hash) {
        return Err(Code::WrongCredentials.into());
    }
    Ok(overseer)
}
