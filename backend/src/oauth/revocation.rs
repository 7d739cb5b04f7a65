//! Token revocation (RFC 7009): the holder says that a token shall not be good any more. Either token of a
//! family ends the family, refresh and access tokens alike (section 2.1 asks for it one way and allows the
//! other): whoever revokes a token wants nothing of it to go on.

use crate::db::schema::access_tokens::{self, Which};
use crate::db::{Error, Tx};
use crate::oauth::introspection::Asked;

/// Ends the token if it was issued to `caller`. Somebody else's stays as it is, and the answer is the same.
pub fn revoke(tx: &mut Tx<'_>, asked: &Asked, caller: &str, now: i64) -> Result<(), Error> {
    let Some(row) = asked.find(tx)?.filter(|row| row.client_id == caller) else { return Ok(()) };
    let which = match (&row.agent_id, &row.family_id) {
        (Some(agent_id), Some(family_id)) => Which::Family(agent_id, family_id),
        (None, _) | (_, None) => Which::One(&row.id),
    };
    access_tokens::revoke(tx, which, now)?;
    Ok(())
}
