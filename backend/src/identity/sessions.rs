//! Sessions: an agent's lasts 30 minutes; an overseer's 12 hours from its last use.

use crate::db::schema::sessions::{self, Session};
use crate::db::{Error, Tx};
use crate::id::{AgentId, OverseerId, Owner};
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
    begin(tx, "agent", agent_id.as_str(), token, AGENT_LIFETIME, now)
}

/// Logs an overseer in.
pub fn begin_for_overseer(tx: &mut Tx<'_>, id: &OverseerId, token: &PlainToken, now: i64) -> Result<(), Error> {
    begin(tx, "overseer", id.as_str(), token, OVERSEER_LIFETIME, now)
}

fn begin(
    tx: &mut Tx<'_>,
    entity_type: &str,
    entity_id: &str,
    token: &PlainToken,
    lifetime: i64,
    now: i64,
) -> Result<(), Error> {
    let session = Session {
        id: token.hash().as_str().to_owned(),
        entity_type: entity_type.to_owned(),
        entity_id: entity_id.to_owned(),
        expires_at: now + lifetime,
        created_at: now,
    };
    sessions::insert(tx, &session)
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
    if find(tx, token, now)?.is_some_and(|session| is_due(&session, now)) {
        sessions::extend(tx, token.as_str(), now + OVERSEER_LIFETIME)?;
    }
    Ok(())
}

/// Logs out: the session of this token ends.
pub fn end(tx: &mut Tx<'_>, token: &TokenHash) -> Result<(), Error> {
    sessions::delete(tx, token.as_str())
}

/// The session of this token. The index finds the hash; the comparison in constant time keeps the answer's time from telling
/// how much of a guess was right.
pub fn find(tx: &mut Tx<'_>, token: &TokenHash, now: i64) -> Result<Option<Session>, Error> {
    let session = sessions::find(tx, token.as_str(), now)?;
    Ok(session.filter(|session| token.matches(&session.id)))
}
