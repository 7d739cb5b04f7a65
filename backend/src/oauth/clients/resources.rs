//! Resources: the APIs whose tokens a client may introspect (RFC 7662 section 4: only whom a token is for may ask).
//!
//! Each has one owner. Its origin is that of a redirect URI of theirs, or an operator has allowed it.

use std::collections::HashSet;

use url::Url;

use super::uri;
use crate::db::schema::oauth_clients::{self, OauthClient};
use crate::db::schema::{agents, overseers, resource_owners};
use crate::db::{Error, Tx};
use crate::id::Owner;
use crate::refusal::{Code, Refusal};

/// Whether it can be a resource of anybody's; the error goes on after its name.
pub fn check(resource: &str, issuer: &str) -> Result<(), &'static str> {
    let url = uri::parse(resource).filter(is_secure);
    let url = url.ok_or(
        "is not an absolute URI of an API. Take https, or http on 127.0.0.1, [::1] or localhost; at most 512 bytes, \
         as a browser writes it, without user, fragment and wildcard.",
    )?;
    let is_ours = Url::parse(issuer).is_ok_and(|issuer| issuer.origin() == url.origin());
    if is_ours { Err("is on this server itself, whose tokens are for nobody else. Leave it out.") } else { Ok(()) }
}

/// Makes the owner that of each resource which the client names; the client as it is going to be. The owner is
/// locked already.
pub fn claim(tx: &mut Tx<'_>, owner: &Owner, client: &OauthClient, now: i64) -> Result<(), Refusal> {
    let resources = client.resources.items();
    if resources.is_empty() {
        return Ok(());
    }
    let origins = origins(tx, owner, client)?;
    for (index, resource) in resources.iter().enumerate() {
        let known = resource_owners::find(tx, resource)?;
        let is_own = known.as_ref().is_some_and(|known| known.is_of(owner));
        let is_allowed = is_own && known.is_some_and(|known| known.allowed_by_operator);
        if !is_allowed && !uri::parse(resource).is_some_and(|url| origins.contains(&url.origin())) {
            return Err(Code::InvalidField.because(format!(
                "`resources[{index}]` is on the origin of none of your redirect URIs. Register one there first, or \
                 ask the operator to allow it."
            )));
        }
        if !is_own && !resource_owners::insert(tx, resource, owner, false, now)? {
            let sentence = format!("`resources[{index}]` is another owner's. {}", Code::ResourceTaken.remedy());
            return Err(Code::ResourceTaken.because(sentence));
        }
    }
    Ok(())
}

/// Gives up what a client named, as far as no client of the owner names it any more.
pub fn release(tx: &mut Tx<'_>, owner: &Owner, dropped: &[String]) -> Result<(), Error> {
    if dropped.is_empty() {
        return Ok(());
    }
    let clients = oauth_clients::of_owner(tx, owner)?;
    let named: HashSet<String> = clients.iter().flat_map(|client| client.resources.items()).collect();
    for resource in dropped.iter().filter(|resource| !named.contains(*resource)) {
        resource_owners::release(tx, resource, owner)?;
    }
    Ok(())
}

/// An operator allows a resource, wherever its owner's redirect URIs are.
pub fn allow(tx: &mut Tx<'_>, owner: &Owner, resource: &str, now: i64) -> Result<(), Refusal> {
    let missing = match owner {
        Owner::Agent(id) => (!agents::lock(tx, id)?).then_some(Code::AgentNotFound),
        Owner::Overseer(id) => (!overseers::lock(tx, id)?).then_some(Code::OverseerNotFound),
    };
    if let Some(code) = missing {
        return Err(code.into());
    }
    if resource_owners::insert(tx, resource, owner, true, now)? {
        return Ok(());
    }
    match resource_owners::find(tx, resource)? {
        Some(known) if known.is_of(owner) => Ok(resource_owners::allow(tx, resource)?),
        Some(known) => Err(Code::ResourceTaken.because(format!(
            "This resource is that of {}:{}, who can give it up by naming it in no client.",
            known.owner_type, known.owner_id
        ))),
        None => Err(Code::Conflict.into()),
    }
}

/// Where the owner's redirect URIs are, this client's included.
fn origins(tx: &mut Tx<'_>, owner: &Owner, client: &OauthClient) -> Result<HashSet<url::Origin>, Error> {
    let clients = oauth_clients::of_owner(tx, owner)?;
    // As it was stored it does not count any more.
    let others = clients.iter().filter(|other| other.id != client.id);
    let uris = others.chain([client]).flat_map(|client| client.redirect_uris.items());
    Ok(uris.filter_map(|text| uri::parse(&text)).map(|url| url.origin()).collect())
}

fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => uri::is_loopback(url),
        _ => false,
    }
}
