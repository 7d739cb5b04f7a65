//! `refresh_token` (RFC 6749 section 6): a client goes on without the agent. The token rotates with each use
//! (RFC 9700 section 4.14.2): of several that race exactly one wins.
//!
//! One that was rotated away and comes again may be in two hands, so the whole family ends, the winner's tokens
//! included. Not so within a short grace when the caller proved a key: two instances of one client that race must
//! not log each other out, and a thief does not have the key.
//!
//! A client that is held to FAPI 2.0 keeps its token (section 5.3.2.1 (9) of the profile forbids rotation): the client's
//! authentication and its key hold it, and without both it is worth nothing.

use super::{Context, Decision, Draft, Grant, GrantType, agent_allows, client_for};
use crate::db::schema::access_tokens::{self, AccessToken, Which};
use crate::db::schema::agents::Standing;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::db::{Error, Tx};
use crate::id::AgentId;
use crate::oauth::access_token::{Family, Subject, TokenGrant};
use crate::oauth::authentication::Party;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::id_token::IdTokenGrant;
use crate::oauth::policy::Policy;
use crate::oauth::resource::Audience;
use crate::oauth::scope::Scope;
use crate::oauth::sign_in::SignIn;
use crate::secret::RefreshToken;

/// A refresh token to use.
pub struct Refresh {
    /// `None` when the text can not be one.
    token: Option<RefreshToken>,
    scope: Option<String>,
    resources: Vec<String>,
    /// How long after a rotation a caller who proves a key may come too late, in seconds.
    grace: i64,
    policy: Policy,
}

impl Refresh {
    /// Reads the form. `grace`: the setting `oauth.refresh_reuse_grace_seconds`.
    pub fn read(form: &Form, grace: u32, policy: Policy) -> Result<Self, OauthError> {
        Ok(Self {
            token: RefreshToken::parse(form.required("refresh_token")?),
            scope: form.get("scope").map(str::to_owned),
            resources: form.all("resource").map(str::to_owned).collect(),
            grace: i64::from(grace),
            policy,
        })
    }

    fn is_within_grace(&self, used: &AccessToken, draft: &Draft, now: i64) -> bool {
        let has_proved_bound_key = used.jkt.is_some() && used.jkt == draft.token.jkt;
        let has_proved_key = draft.caller.has_proved_key() || has_proved_bound_key;
        has_proved_key && used.refresh_used_at.is_some_and(|used_at| now - used_at < self.grace)
    }
}

impl Grant for Refresh {
    type Row = Option<AccessToken>;

    fn look_up(&self, tx: &mut Tx<'_>, _: &Party) -> Result<(Self::Row, Option<AgentId>), Error> {
        let Some(token) = &self.token else { return Ok((None, None)) };
        let row = access_tokens::find(tx, &token.id)?;
        let agent_id = row.as_ref().and_then(|row| row.agent_id.clone());
        Ok((row, agent_id))
    }

    fn decide(&self, row: Self::Row, context: &Context<'_>) -> Result<Decision, OauthError> {
        let client = client_for(context, GrantType::RefreshToken)?;
        let hash = self.token.as_ref().map(RefreshToken::hash).ok_or(ErrorCode::InvalidGrant)?;
        let is_its = |row: &AccessToken| {
            row.refresh_token_hash.as_deref().is_some_and(|stored| hash.matches(stored))
                && row.client_id == client.id.as_str()
        };
        let row = row.filter(is_its).ok_or(ErrorCode::InvalidGrant)?;
        if row.revoked || row.refresh_expires_at.is_none_or(|expires_at| expires_at <= context.now) {
            return Err(ErrorCode::InvalidGrant.into());
        }
        // One that was used before is refused in any case, when it is settled: whatever else is wrong with the request
        // must not keep the family from ending.
        let is_used = row.refresh_used_at.is_some();
        let is_kept = context.policy.is_fapi(client);
        if !is_used {
            must_fit_key(&row, is_kept || client.token_endpoint_auth_method == AuthMethod::None, context.jkt)?;
        }
        let scope = self.scope.as_deref().filter(|_| !is_used);
        let resources = self.resources.iter().map(String::as_str).filter(|_| !is_used);
        let agent_id = row.agent_id.ok_or(ErrorCode::InvalidGrant)?;
        let granted_scopes = row.granted_scopes.unwrap_or(row.scopes);
        let granted_resource = row.granted_resource.or(row.resource).unwrap_or_else(|| context.issuer.to_owned());
        let token = TokenGrant {
            subject: Subject::Agent(agent_id),
            client_id: row.client_id,
            scope: Scope::narrowed(scope, &granted_scopes)?,
            audience: Audience::narrowed(resources, &granted_resource)?,
            jkt: context.jkt.map(str::to_owned),
            family: Some(Family {
                id: row.family_id,
                expires_at: row.family_expires_at.unwrap_or(context.now),
                granted_scopes,
                granted_resource,
                has_refresh_token: !is_kept,
                sign_in: SignIn { at: row.auth_time, methods: row.amr, actor_id: row.actor_id },
            }),
        };
        // OpenID Connect Core section 12.2: without a nonce, for the request that it belonged to is over.
        let id_token = IdTokenGrant::of(&token, client, None);
        Ok(Decision { token, history: Vec::new(), id_token })
    }

    fn settle(
        &self,
        tx: &mut Tx<'_>,
        draft: &Draft,
        standing: Option<&Standing>,
        now: i64,
    ) -> Result<Option<ErrorCode>, Error> {
        let Some(token) = &self.token else { return Ok(Some(ErrorCode::InvalidGrant)) };
        if !agent_allows(standing, &draft.token) {
            return Ok(Some(ErrorCode::InvalidGrant));
        }
        let is_live = if self.policy.is_fapi_party(&draft.caller.party) {
            access_tokens::keep_refresh_token(tx, &token.id, self.policy.refresh_idle, now)?
        } else {
            access_tokens::use_refresh_token(tx, &token.id, now)?
        };
        if is_live {
            return Ok(None);
        }
        let used = access_tokens::find(tx, &token.id)?.filter(|row| row.refresh_used_at.is_some());
        if let Some(used) = used.filter(|used| !self.is_within_grace(used, draft, now))
            && let (Some(agent_id), Some(family_id)) = (&used.agent_id, &used.family_id)
        {
            access_tokens::revoke(tx, Which::Family(agent_id, family_id), now)?;
        }
        Ok(Some(ErrorCode::InvalidGrant))
    }
}

/// RFC 9449 section 5: a public client's refresh token is bound to the key of its access token, and so is one that is
/// kept. A client that authenticates otherwise may take another key, but may not fall back to a token that anybody can use.
fn must_fit_key(row: &AccessToken, is_same_key: bool, jkt: Option<&str>) -> Result<(), OauthError> {
    match (&row.jkt, jkt) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(ErrorCode::InvalidDpopProof.because("The token is bound to a key. Send a DPoP proof.")),
        (Some(bound), Some(jkt)) if is_same_key && bound != jkt => Err(ErrorCode::InvalidGrant.into()),
        (Some(_), Some(_)) => Ok(()),
    }
}
