//! What owners do with their clients. To anybody else a client does not exist, so that ids can not be probed.

use super::metadata::Rules;
use super::registration::{Keys, acting_owner, has_secret};
use super::{limit, metadata, resources};
use crate::billing::tiers::Tiers;
use crate::crypto::signer::SigningAlgorithm;
use crate::db::schema::access_tokens::{self, Which};
use crate::db::schema::oauth_clients::{self, AuthMethod, ClientProfile, GrantType, OauthClient};
use crate::db::schema::{authorization_codes, oversights};
use crate::db::{TextList, Tx};
use crate::id::{ClientId, OverseerId, Owner};
use crate::identity::credentials::Principal;
use crate::identity::fields::Name;
use crate::identity::security_log::{CalledFrom, Kind};
use crate::refusal::{Code, Refusal};
use crate::secret::TokenHash;

/// What an owner changes; `None` stays as it is.
#[derive(Clone, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// Where agents may be sent back to.
    pub redirect_uris: Option<Vec<String>>,
    /// Space-separated; `Some(None)` is any.
    pub scope: Option<Option<String>>,
    /// How it comes by tokens.
    pub grant_types: Option<Vec<GrantType>>,
    /// The APIs whose tokens it may introspect.
    pub resources: Option<Vec<String>>,
    /// It gets no token without a DPoP proof.
    pub dpop_bound_access_tokens: Option<bool>,
    /// It may ask only for what it has pushed.
    pub require_pushed_authorization_requests: Option<bool>,
    /// What it holds itself to beyond OAuth 2.1; `Some(None)`: nothing.
    pub profile: Option<Option<ClientProfile>>,
    /// What its id tokens are signed with.
    pub id_token_signed_response_alg: Option<SigningAlgorithm>,
    /// What userinfo's answers are signed with; `Some(None)`: they are JSON.
    pub userinfo_signed_response_alg: Option<Option<SigningAlgorithm>>,
    /// Where a browser may be sent once somebody has signed out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Where it is told that an agent is signed out; `Some(None)`: nowhere.
    pub backchannel_logout_uri: Option<Option<String>>,
}

/// The client, to look at: for its owner, and for the overseer of an agent that owns it.
pub fn visible(tx: &mut Tx<'_>, viewer: &Owner, id: &ClientId) -> Result<OauthClient, Refusal> {
    let client = oauth_clients::find(tx, id)?.ok_or(Code::ClientNotFound)?;
    let is_visible = match (client.owner(), viewer) {
        (Some(Owner::Agent(agent_id)), Owner::Overseer(overseer_id)) => {
            oversights::active_pair(tx, overseer_id, &agent_id)?.is_some()
        }
        (owner, viewer) => owner.as_ref() == Some(viewer),
    };
    if is_visible { Ok(client) } else { Err(Code::ClientNotFound.into()) }
}

/// Changes what is given; the client as it is then.
pub fn change(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &ClientId,
    change: &Change,
    rules: &Rules<'_>,
    from: &CalledFrom,
) -> Result<OauthClient, Refusal> {
    let (owner, client) = owned(tx, principal, id)?;
    let now = from.now();
    let changed = changed(&client, change, now)?;
    metadata::check(&changed, rules)?;
    if change.redirect_uris.is_some() || change.resources.is_some() {
        resources::claim(tx, &owner, &changed, now)?;
    }
    oauth_clients::update(tx, &changed)?;
    from.note_of_client(tx, &owner, id, Kind::ClientChanged)?;
    let dropped: Vec<String> =
        client.resources.items().into_iter().filter(|resource| !changed.resources.contains(resource)).collect();
    resources::release(tx, &owner, &dropped)?;
    Ok(changed)
}

/// Puts new keys in the place of the old ones, which end at once.
pub fn set_keys(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &ClientId,
    keys: &Keys,
    rules: &Rules<'_>,
    from: &CalledFrom,
) -> Result<OauthClient, Refusal> {
    let (owner, client) = owned(tx, principal, id)?;
    if client.token_endpoint_auth_method != AuthMethod::PrivateKeyJwt {
        return Err(wrong_method(&client, "it has no key"));
    }
    let mut changed = client.clone();
    keys.clone().put(&mut changed);
    if changed == client {
        return Ok(client);
    }
    changed.updated_at = from.now();
    metadata::check(&changed, rules)?;
    oauth_clients::set_keys(tx, &changed)?;
    from.note_of_client(tx, &owner, id, Kind::ClientKeyReplaced)?;
    Ok(changed)
}

/// Puts a new secret in the place of the old one, which ends at once.
pub fn set_secret(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &ClientId,
    secret: &TokenHash,
    from: &CalledFrom,
) -> Result<OauthClient, Refusal> {
    let (owner, client) = owned(tx, principal, id)?;
    let now = from.now();
    if !has_secret(client.token_endpoint_auth_method) {
        return Err(wrong_method(&client, "it has no secret"));
    }
    oauth_clients::set_secret(tx, id, secret.as_str(), now)?;
    from.note_of_client(tx, &owner, id, Kind::ClientSecretReplaced)?;
    Ok(OauthClient { updated_at: now, ..client })
}

/// Switches the client off, which ends its codes and tokens for good, or on again.
pub fn set_disabled(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: &ClientId,
    (disabled, reason): (bool, Option<&str>),
    tiers: &Tiers,
    from: &CalledFrom,
) -> Result<OauthClient, Refusal> {
    let (owner, client) = owned(tx, principal, id)?;
    let now = from.now();
    if !disabled && client.disabled_at.is_some() {
        limit::must_have_room_on(tx, &owner, tiers, now)?;
    }
    let disabled_at = disabled.then(|| client.disabled_at.unwrap_or(now));
    let disabled_reason = reason.filter(|_| disabled).map(str::to_owned);
    if disabled {
        end_everything(tx, id, now)?;
    }
    if (client.disabled_at, &client.disabled_reason) == (disabled_at, &disabled_reason) {
        return Ok(client);
    }
    // Whoever switches it off themselves wants it off, also when there is room.
    oauth_clients::set_disabled(tx, id, disabled_at, disabled_reason.as_deref(), false, now)?;
    from.note_of_client(tx, &owner, id, if disabled { Kind::ClientDisabled } else { Kind::ClientEnabled })?;
    Ok(OauthClient { disabled_at, disabled_reason, disabled_by_limit: false, updated_at: now, ..client })
}

/// Switches a client off: one that is marked for good, another until the tier has room for it again.
pub fn disable_by_limit(tx: &mut Tx<'_>, client: &OauthClient, from: &CalledFrom) -> Result<(), Refusal> {
    let now = from.now();
    end_everything(tx, &client.id, now)?;
    let is_chosen = client.marked_for_cancellation;
    let reason = match is_chosen {
        true => "It was marked to be let go with the billing period.",
        false => "It is beyond what the tier allows.",
    };
    oauth_clients::set_disabled(tx, &client.id, Some(now), Some(reason), !is_chosen, now)?;
    oauth_clients::mark(tx, &client.id, false)?;
    note_limit(tx, client, Kind::ClientOverLimit, from)
}

/// The tier has room for it again.
pub fn enable_again(tx: &mut Tx<'_>, client: &OauthClient, from: &CalledFrom) -> Result<(), Refusal> {
    oauth_clients::set_disabled(tx, &client.id, None, None, false, from.now())?;
    note_limit(tx, client, Kind::ClientBackInLimit, from)
}

fn note_limit(tx: &mut Tx<'_>, client: &OauthClient, kind: Kind, from: &CalledFrom) -> Result<(), Refusal> {
    match client.owner() {
        Some(owner) => Ok(from.note_of_client(tx, &owner, &client.id, kind)?),
        None => Ok(()),
    }
}

/// Deletes the client and everything of it; what was live is listed as revoked first.
pub fn delete(tx: &mut Tx<'_>, principal: &Principal, id: &ClientId, from: &CalledFrom) -> Result<(), Refusal> {
    let (owner, client) = owned(tx, principal, id)?;
    let now = from.now();
    end_everything(tx, id, now)?;
    access_tokens::delete_dead(tx, Which::OfClient(id.as_str()), now)?;
    authorization_codes::delete_of_client(tx, id.as_str())?;
    oauth_clients::delete(tx, id)?;
    resources::release(tx, &owner, &client.resources.items())?;
    Ok(from.note_of_client(tx, &owner, id, Kind::ClientDeleted)?)
}

/// Marks a client of an overseer, or of an agent they answer for, to be let go at the end of the billing period.
pub fn mark_for_cancellation(
    tx: &mut Tx<'_>,
    overseer_id: &OverseerId,
    id: &ClientId,
    marked: bool,
) -> Result<(), Refusal> {
    visible(tx, &Owner::Overseer(overseer_id.clone()), id)?;
    Ok(oauth_clients::mark(tx, id, marked)?)
}

/// The client and its owner, who is locked: one change at a time, so that none is lost.
fn owned(tx: &mut Tx<'_>, principal: &Principal, id: &ClientId) -> Result<(Owner, OauthClient), Refusal> {
    let owner = acting_owner(principal)?;
    limit::lock(tx, &owner)?;
    let client = oauth_clients::find(tx, id)?.filter(|client| client.owner().as_ref() == Some(&owner));
    Ok((owner, client.ok_or(Code::ClientNotFound)?))
}

fn changed(client: &OauthClient, change: &Change, now: i64) -> Result<OauthClient, Refusal> {
    let mut changed = client.clone();
    if let Some(name) = &change.name {
        changed.name = Name::parse(name)?.into_string();
    }
    if let Some(uris) = &change.redirect_uris {
        changed.redirect_uris = TextList::new(uris);
    }
    if let Some(scope) = &change.scope {
        changed.scope = scope.as_deref().map(metadata::scope).transpose()?;
    }
    if let Some(grants) = &change.grant_types {
        changed.grant_types = metadata::grant_list(grants);
    }
    if let Some(resources) = &change.resources {
        changed.resources = TextList::new(resources);
    }
    if let Some(profile) = change.profile {
        changed.profile = profile;
    }
    // Who takes the profile on takes on what it asks for.
    let is_taken_on = matches!(change.profile, Some(Some(ClientProfile::Fapi2))).then_some(true);
    if let Some(is_bound) = change.dpop_bound_access_tokens.or(is_taken_on) {
        changed.dpop_bound_access_tokens = is_bound;
    }
    if let Some(is_required) = change.require_pushed_authorization_requests.or(is_taken_on) {
        changed.require_pushed_authorization_requests = is_required;
    }
    if let Some(algorithm) = change.id_token_signed_response_alg {
        changed.id_token_signed_response_alg = algorithm;
    }
    if let Some(algorithm) = change.userinfo_signed_response_alg {
        changed.userinfo_signed_response_alg = algorithm;
    }
    if let Some(uris) = &change.post_logout_redirect_uris {
        changed.post_logout_redirect_uris = TextList::new(uris);
    }
    if let Some(uri) = &change.backchannel_logout_uri {
        changed.backchannel_logout_uri.clone_from(uri);
    }
    changed.updated_at = now;
    Ok(changed)
}

fn end_everything(tx: &mut Tx<'_>, id: &ClientId, now: i64) -> Result<(), Refusal> {
    authorization_codes::end_of_client(tx, id.as_str())?;
    access_tokens::revoke(tx, Which::OfClient(id.as_str()), now)?;
    Ok(())
}

fn wrong_method(client: &OauthClient, so: &str) -> Refusal {
    let method = client.token_endpoint_auth_method.as_str();
    let sentence = format!("The client authenticates with `{method}`, so {so}. {}", Code::WrongAuthMethod.remedy());
    Code::WrongAuthMethod.because(sentence)
}
