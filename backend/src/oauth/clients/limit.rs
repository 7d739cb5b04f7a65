//! How many clients an owner may have: those of an overseer and of the agents they answer for count together.

use crate::billing::tiers::{Limit, Tiers};
use crate::db::schema::{agents, oauth_clients, overseers, oversights};
use crate::db::{Error, Tx};
use crate::id::{OverseerId, Owner};
use crate::refusal::{Code, Refusal};

/// Locks the owner, so that what is counted and what is theirs changes in one transaction at a time.
pub fn lock(tx: &mut Tx<'_>, owner: &Owner) -> Result<(), Refusal> {
    let is_there = match owner {
        Owner::Agent(id) => agents::lock(tx, id)?,
        Owner::Overseer(id) => overseers::lock(tx, id)?,
    };
    if is_there { Ok(()) } else { Err(Code::NotAuthenticated.into()) }
}

/// Refuses to switch a client on when the tier has no room for it beside those that are on. The owner is locked already.
pub fn must_have_room_on(tx: &mut Tx<'_>, owner: &Owner, tiers: &Tiers, now: i64) -> Result<(), Refusal> {
    let overseer_id = overseer_of(tx, owner)?;
    let (clients, plan) = match &overseer_id {
        Some(id) => {
            overseers::lock(tx, id)?;
            (oauth_clients::of_overseer(tx, id)?, tiers.of_overseer(tx, id, now)?)
        }
        None => (oauth_clients::of_owner(tx, owner)?, tiers.unpaid(tx, now)?),
    };
    let on = clients.iter().filter(|client| client.disabled_at.is_none()).count();
    if plan.clients().has_room(i64::try_from(on).unwrap_or(i64::MAX)) {
        return Ok(());
    }
    Err(Code::ClientLimit.because(format!(
        "The tier {} has no room for it: {on} clients are on. Switch one of them off, or move to a larger tier.",
        plan.tier.tier
    )))
}

fn overseer_of(tx: &mut Tx<'_>, owner: &Owner) -> Result<Option<OverseerId>, Error> {
    match owner {
        Owner::Overseer(id) => Ok(Some(id.clone())),
        Owner::Agent(id) => Ok(oversights::active(tx, id)?.map(|oversight| oversight.overseer_id)),
    }
}

/// Refuses another client when the tier has no room for it. The owner is locked already.
pub fn must_have_room(tx: &mut Tx<'_>, owner: &Owner, tiers: &Tiers, now: i64) -> Result<(), Refusal> {
    let together = "an overseer and the agents they answer for";
    let overseer_id = overseer_of(tx, owner)?;
    let (used, whose, plan) = match (&overseer_id, owner) {
        (Some(id), _) => {
            let whose = if id.is_shadow() { "an agent" } else { together };
            (count_together(tx, id)?, whose, tiers.of_overseer(tx, id, now)?)
        }
        (None, owner) => {
            (oauth_clients::count_of_owner(tx, owner)?, "an agent without an overseer", tiers.unpaid(tx, now)?)
        }
    };
    match plan.clients() {
        Limit::AtMost(limit) if used >= limit => Err(Code::ClientLimit.because(format!(
            "The tier {} allows {limit} clients for {whose}, and there are {used}. {}",
            plan.tier.tier,
            Code::ClientLimit.remedy()
        ))),
        Limit::AtMost(_) | Limit::Unlimited => Ok(()),
    }
}

/// An agent's registration counts against its overseer's, so it locks them too.
fn count_together(tx: &mut Tx<'_>, overseer_id: &OverseerId) -> Result<i64, Error> {
    overseers::lock(tx, overseer_id)?;
    oauth_clients::count_of_overseer(tx, overseer_id)
}
