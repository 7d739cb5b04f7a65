//! `resource_owners`: who may introspect the tokens of an API. One owner for each.

use crate::db::{Error, Tx, params};
use crate::id::Owner;

super::row! {
    /// An API and its owner.
    ResourceOwner of "resource_owners" {
        /// The URI that tokens name as `aud`.
        resource: String,
        /// `agent` or `overseer`.
        owner_type: String,
        /// The owner's id.
        owner_id: String,
        /// It stays when no client names it any more.
        allowed_by_operator: bool,
    }
}

impl ResourceOwner {
    /// Whether it is this one's.
    pub fn is_of(&self, owner: &Owner) -> bool {
        self.owner_type == owner.owner_type() && self.owner_id == owner.id()
    }
}

/// Whose the resource is, if anybody's.
pub fn find(tx: &mut Tx<'_>, resource: &str) -> Result<Option<ResourceOwner>, Error> {
    ResourceOwner::one(tx, "WHERE resource = $1", params![resource])
}

/// Gives a resource to an owner. False when it is somebody's: of several callers exactly one gets true.
pub fn insert(tx: &mut Tx<'_>, resource: &str, owner: &Owner, by_operator: bool, now: i64) -> Result<bool, Error> {
    let sql = "INSERT INTO resource_owners (resource, owner_type, owner_id, allowed_by_operator, created_at)
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (resource) DO NOTHING";
    Ok(tx.execute(sql, params![resource, owner.owner_type(), owner.id(), by_operator, now])? == 1)
}

/// Keeps a resource for its owner, also when no client names it.
pub fn allow(tx: &mut Tx<'_>, resource: &str) -> Result<(), Error> {
    tx.execute("UPDATE resource_owners SET allowed_by_operator = TRUE WHERE resource = $1", params![resource])?;
    Ok(())
}

/// Gives up a resource of this owner, unless an operator has allowed it.
pub fn release(tx: &mut Tx<'_>, resource: &str, owner: &Owner) -> Result<(), Error> {
    let sql = "DELETE FROM resource_owners
               WHERE resource = $1 AND owner_type = $2 AND owner_id = $3 AND allowed_by_operator = FALSE";
    tx.execute(sql, params![resource, owner.owner_type(), owner.id()])?;
    Ok(())
}

/// Gives up everything that an owner has: they go.
pub fn delete_of_owner(tx: &mut Tx<'_>, owner: &Owner) -> Result<(), Error> {
    let sql = "DELETE FROM resource_owners WHERE owner_type = $1 AND owner_id = $2";
    tx.execute(sql, params![owner.owner_type(), owner.id()])?;
    Ok(())
}
