//! Sessions: an agent's lasts 30 minutes; an overseer's 12 hours from its last use.
//!
//! One that began in a browser and one of the API do not pass for each other: a cookie is sent along with whatever a page
//! asks for, so it counts with the token of a page alone. An agent's in a browser is for signing in to applications and
//! nothing else: an agent that signs itself into a browser does not hand over its account.

use crate::db::schema::logout_notices;
use crate::db::schema::sessions::{self, Session};
use crate::db::{Error, Tx};
use crate::id::{AgentId, OverseerId, Owner};
use crate::identity::security_log::{About, CalledFrom, Kind};
use crate::secret::{PlainToken, TokenHash};

/// An agent's session, in seconds.
pub const AGENT_LIFETIME: i64 = 30 * 60;
/// An overseer's session after its last use, in seconds.
pub const OVERSEER_LIFETIME: i64 = 12 * 60 * 60;
/// An overseer's session is extended when this much of it has passed, not on every request: a read
/// should not cost a write.
const EXTEND_AFTER: i64 = 10 * 60;

/// Logs an agent in.
pub fn begin_for_agent(tx: &mut Tx<'_>, agent_id: &AgentId, token: &PlainToken, now: i64) -> Result<(), Error> {
    sessions::insert(tx, &new(&Owner::Agent(agent_id.clone()), token, now))
}

/// Logs an overseer in.
pub fn begin_for_overseer(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    token: &PlainToken,
    from: &CalledFrom,
) -> Result<(), Error> {
    let session = new(&Owner::Overseer(id.clone()), token, from.now());
    begin_from(tx, session, id, from)
}

/// Signs an agent in in a browser: it signed at this time.
pub fn begin_for_agent_in_browser(
    tx: &mut Tx<'_>,
    id: &AgentId,
    token: &PlainToken,
    signed_at: i64,
) -> Result<(), Error> {
    sessions::insert(tx, &Session { browser: true, ..new(&Owner::Agent(id.clone()), token, signed_at) })
}

/// Signs an overseer in in a browser.
pub fn begin_for_overseer_in_browser(
    tx: &mut Tx<'_>,
    id: &OverseerId,
    token: &PlainToken,
    from: &CalledFrom,
) -> Result<(), Error> {
    let session = Session { browser: true, ..new(&Owner::Overseer(id.clone()), token, from.now()) };
    begin_from(tx, session, id, from)
}

fn begin_from(tx: &mut Tx<'_>, session: Session, id: &OverseerId, from: &CalledFrom) -> Result<(), Error> {
    let session = Session { address: from.address.clone(), user_agent: from.user_agent.clone(), ..session };
    sessions::insert(tx, &session)?;
    from.note(tx, id, Kind::SignedIn, About::default())
}

fn new(holder: &Owner, token: &PlainToken, now: i64) -> Session {
    let lifetime = match holder {
        Owner::Agent(_) => AGENT_LIFETIME,
        Owner::Overseer(_) => OVERSEER_LIFETIME,
    };
    Session {
        id: token.hash().as_str().to_owned(),
        entity_type: holder.owner_type().to_owned(),
        entity_id: holder.id().to_owned(),
        expires_at: now + lifetime,
        created_at: now,
        browser: false,
        address: None,
        user_agent: None,
    }
}

/// Whose session it is. `None` only for a broken row.
pub fn holder(session: &Session) -> Option<Owner> {
    Owner::parse(&session.entity_type, &session.entity_id)
}

/// Whether it is an overseer's session of which enough has passed to extend it.
pub fn is_due(session: &Session, now: i64) -> bool {
    session.entity_type == "overseer" && session.expires_at < now + OVERSEER_LIFETIME - EXTEND_AFTER
}

/// Extends an overseer's session from now, if that is due.
pub fn extend(tx: &mut Tx<'_>, token: &TokenHash, now: i64) -> Result<(), Error> {
    let session = find(tx, token, now)?;
    extend_if_due(tx, session, now)
}

/// The same of a browser's cookie.
pub fn extend_in_browser(tx: &mut Tx<'_>, token: &TokenHash, now: i64) -> Result<(), Error> {
    let session = find_in_browser(tx, token, now)?;
    extend_if_due(tx, session, now)
}

fn extend_if_due(tx: &mut Tx<'_>, session: Option<Session>, now: i64) -> Result<(), Error> {
    if let Some(session) = session.filter(|session| is_due(session, now)) {
        sessions::extend(tx, &session.id, now + OVERSEER_LIFETIME)?;
    }
    Ok(())
}

/// Logs out: the session of this token ends.
pub fn end(tx: &mut Tx<'_>, token: &TokenHash) -> Result<(), Error> {
    sessions::delete(tx, token.as_str())
}

/// Signs out: the session of this browser ends, and the applications that it led to are told.
pub fn end_in_browser(tx: &mut Tx<'_>, token: &TokenHash, now: i64) -> Result<(), Error> {
    end_browser_session(tx, token.as_str(), now)
}

fn end_browser_session(tx: &mut Tx<'_>, id: &str, now: i64) -> Result<(), Error> {
    logout_notices::of_session(tx, id, now)?;
    sessions::delete_of_browser(tx, id)
}

/// The same of whichever session this is.
pub fn end_by_id(tx: &mut Tx<'_>, id: &str, now: i64) -> Result<(), Error> {
    logout_notices::of_session(tx, id, now)?;
    sessions::delete(tx, id)
}

/// A new session takes an earlier one's place in its browser. Whoever signs in anew is not signed out by that; when it is
/// somebody else, the earlier one is.
pub fn replace_in_browser(
    tx: &mut Tx<'_>,
    earlier: &str,
    new_holder: &Owner,
    new: &PlainToken,
    now: i64,
) -> Result<(), Error> {
    // Also one that has expired and is not purged yet.
    let earlier_holder = sessions::find(tx, earlier, true, 0)?.as_ref().and_then(holder);
    if earlier_holder.as_ref() == Some(new_holder) {
        logout_notices::move_session(tx, earlier, new.hash().as_str())?;
    }
    end_browser_session(tx, earlier, now)
}

/// The session of this token. The index finds the hash; the comparison in constant time keeps the answer's time from telling
/// how much of a guess was right.
pub fn find(tx: &mut Tx<'_>, token: &TokenHash, now: i64) -> Result<Option<Session>, Error> {
    let session = sessions::find(tx, token.as_str(), false, now)?;
    Ok(session.filter(|session| token.matches(&session.id)))
}

/// The same of a browser's cookie.
pub fn find_in_browser(tx: &mut Tx<'_>, token: &TokenHash, now: i64) -> Result<Option<Session>, Error> {
    let session = sessions::find(tx, token.as_str(), true, now)?;
    Ok(session.filter(|session| token.matches(&session.id)))
}
