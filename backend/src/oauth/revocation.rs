//! Token revocation (RFC 7009): the holder says that a token shall not be good any more.

use crate::db::schema::access_tokens::{self, Which};
use crate::db::{Error, Tx};
use crate::id::TokenId;

/// Ends the token if it was issued to `caller`. Somebody else's stays as it is, and the answer is the
/// same (section 2.1).
pub fn revoke(tx: &mut Tx<'_>, id: &TokenId, caller: &str, now: i64) -> Result<(), Error> {
    match access_tokens::find(tx, id)? {
        Some(row) if row.client_id == caller && !row.revoked => {
            access_tokens::revoke(tx, Which::One(id), now)?;
            Ok(())
        }
        _ => Ok(()),
    }
}
