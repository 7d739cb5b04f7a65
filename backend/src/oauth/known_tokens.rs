//! Refresh tokens that this node issued, as it wrote them, so that their use needs no read before it is decided.
//! Nothing rests on this alone: the transaction that rotates a token away finds it unused and not revoked, or refuses.

use quick_cache::sync::Cache;

use crate::db::schema::access_tokens::AccessToken;
use crate::id::TokenId;

/// How many are known at most, about a kilobyte each; those that were issued first are forgotten first.
const MOST: usize = 20_000;

/// A row as it was written, and whether an overseer answered for the agent then.
#[derive(Clone)]
pub struct KnownToken {
    /// What does not change of it may be relied on; not whether it was used or revoked since.
    pub row: AccessToken,
    /// To be compared with what is true now.
    pub is_overseen: bool,
}

/// What this node knows of refresh tokens.
pub struct KnownTokens(Cache<TokenId, KnownToken>);

impl Default for KnownTokens {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl KnownTokens {
    /// Remembers a token that was stored.
    pub fn put(&self, token: KnownToken) {
        self.0.insert(token.row.id.clone(), token);
    }

    /// The token, which is forgotten: it is good once, and whoever shows it again must be told from the database.
    pub fn take(&self, id: &TokenId) -> Option<KnownToken> {
        self.0.remove(id).map(|(_, token)| token)
    }
}
