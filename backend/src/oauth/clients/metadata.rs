//! What a client may be (RFC 7591 section 2): the rules for its members, and for how they fit each other. They hold
//! for a new client and for every change alike.

use std::collections::HashSet;

use super::{redirect_uri, resources};
use crate::crypto::signer::SigningAlgorithm;
use crate::db::TextList;
use crate::db::schema::oauth_clients::{ApplicationType, AuthMethod, GrantType, OauthClient};
use crate::oauth::policy::{Policy, fapi_problem};
use crate::oauth::scope;
use crate::outbound::Outbound;
use crate::refusal::{Code, Refusal};

/// How many redirect URIs and how many resources a client has at most.
const MOST: usize = 20;

/// What the rules depend on besides the client.
pub struct Rules<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// Who is held to what.
    pub policy: Policy,
    /// Which addresses the server may call.
    pub outbound: &'a Outbound,
}

/// Refuses a client whose members are not allowed, or do not fit each other.
pub fn check(client: &OauthClient, rules: &Rules<'_>) -> Result<(), Refusal> {
    let grants = client.grant_types.items();
    check_grants(&grants, client.token_endpoint_auth_method)?;
    check_redirect_uris(client, &grants)?;
    check_addresses("post_logout_redirect_uris", &client.post_logout_redirect_uris.items(), client.application_type)?;
    check_resources(client, rules.issuer)?;
    check_called("jwks_uri", client.jwks_uri.as_deref(), rules.outbound)?;
    let logout_uri = client.backchannel_logout_uri.as_deref();
    check_called("backchannel_logout_uri", logout_uri, rules.outbound)?;
    check_profile(client, rules.policy)
}

/// An address that the server calls.
fn check_called(member: &str, address: Option<&str>, outbound: &Outbound) -> Result<(), Refusal> {
    match address {
        Some(address) if !outbound.may_be_named(address) => invalid(format!(
            "`{member}` is not an address that may be called: https, at most 512 bytes, without user and fragment, and not on \
             a private network."
        )),
        Some(_) | None => Ok(()),
    }
}

/// What the FAPI 2.0 Security Profile asks of a client that is held to it.
fn check_profile(client: &OauthClient, policy: Policy) -> Result<(), Refusal> {
    if !policy.is_fapi(client) {
        return Ok(());
    }
    let problem = if let Some(problem) = fapi_problem(client) {
        problem
    } else if !client.dpop_bound_access_tokens {
        "`dpop_bound_access_tokens` must be true"
    } else if !client.require_pushed_authorization_requests {
        "`require_pushed_authorization_requests` must be true"
    } else {
        return Ok(());
    };
    invalid(format!("The profile fapi2 holds for this client: {problem}."))
}

/// Known scopes, each once. A client that may ask for any leaves the member out.
pub fn scope(text: &str) -> Result<String, Refusal> {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if !scope::KNOWN.contains(&scope) {
            return invalid(format!("`scope` holds one that is not known. There are: {}.", scope::KNOWN.join(" ")));
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return invalid("`scope` is empty. Name the scopes, or leave it out for any.");
    }
    Ok(scopes.join(" "))
}

/// What its id tokens, or the answers of userinfo, are signed with, by the name of the member that asks.
pub fn signed_with(member: &str, name: &str) -> Result<SigningAlgorithm, Refusal> {
    SigningAlgorithm::parse(name).ok_or_else(|| {
        let known: Vec<_> = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
        Code::InvalidField.because(format!("`{member}` is not known. There are: {}.", known.join(", ")))
    })
}

/// Why a client is switched off: at most 500 characters; an empty one is none.
pub fn reason(text: &str) -> Result<Option<String>, Refusal> {
    if text.chars().count() > 500 || text.chars().any(char::is_control) {
        return invalid("`reason` is at most 500 characters without control characters.");
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// What a client uses that does not say.
pub fn default_grants(method: AuthMethod) -> &'static [GrantType] {
    match method {
        AuthMethod::None => &[GrantType::AuthorizationCode, GrantType::RefreshToken],
        AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => GrantType::ALL,
    }
}

/// As it is stored.
pub fn grant_list(grants: &[GrantType]) -> TextList {
    let names: Vec<&str> = grants.iter().map(|grant| grant.as_str()).collect();
    TextList::new(&names)
}

fn check_grants(grants: &[String], method: AuthMethod) -> Result<(), Refusal> {
    let has = |grant: GrantType| grants.iter().any(|known| known == grant.as_str());
    if grants.is_empty() {
        return invalid("`grant_types` is empty. Name at least one, or leave it out for the usual ones.");
    }
    if has_duplicates(grants) {
        return invalid("`grant_types` names one twice. Name each once.");
    }
    if has(GrantType::RefreshToken) && !has(GrantType::AuthorizationCode) {
        return invalid("`grant_types`: only `authorization_code` gives refresh tokens. Add it, or leave them out.");
    }
    if has(GrantType::ClientCredentials) && method == AuthMethod::None {
        let sentence = "`grant_types`: `client_credentials` is for clients that authenticate. Choose another \
                        token_endpoint_auth_method than `none`, or leave the grant out.";
        return invalid(sentence);
    }
    Ok(())
}

fn check_redirect_uris(client: &OauthClient, grants: &[String]) -> Result<(), Refusal> {
    let uris = client.redirect_uris.items();
    let needs_one = grants.iter().any(|grant| grant == GrantType::AuthorizationCode.as_str());
    if needs_one && uris.is_empty() {
        return invalid("`redirect_uris` is empty. `authorization_code` needs at least one.");
    }
    check_addresses("redirect_uris", &uris, client.application_type)
}

/// Where a browser may be sent.
fn check_addresses(member: &str, uris: &[String], application_type: ApplicationType) -> Result<(), Refusal> {
    if uris.len() > MOST || has_duplicates(uris) {
        return invalid(format!("`{member}` holds at most 20, each once."));
    }
    match uris.iter().position(|uri| !redirect_uri::is_allowed(uri, application_type)) {
        None => Ok(()),
        Some(index) => invalid(format!(
            "`{member}[{index}]` is not allowed. Take https, or http on 127.0.0.1, [::1] or localhost, or a \
             private-use scheme such as com.example.app:/ for a native application; at most 512 bytes, as a browser \
             writes it, without user, fragment, wildcard and dot segments."
        )),
    }
}

fn check_resources(client: &OauthClient, issuer: &str) -> Result<(), Refusal> {
    let uris = client.resources.items();
    if !uris.is_empty() && client.token_endpoint_auth_method == AuthMethod::None {
        return invalid("`resources` are for clients that authenticate, for only those may introspect. Leave it out.");
    }
    if uris.len() > MOST || has_duplicates(&uris) {
        return invalid("`resources` holds at most 20, each once.");
    }
    uris.iter().enumerate().try_for_each(|(index, uri)| match resources::check(uri, issuer) {
        Ok(()) => Ok(()),
        Err(problem) => invalid(format!("`resources[{index}]` {problem}")),
    })
}

fn has_duplicates(items: &[String]) -> bool {
    items.iter().collect::<HashSet<_>>().len() != items.len()
}

fn invalid<T>(sentence: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, Refusal> {
    Err(Code::InvalidField.because(sentence))
}
