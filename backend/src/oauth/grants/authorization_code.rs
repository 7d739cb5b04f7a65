//! `authorization_code` (RFC 6749 section 4.1.3, RFC 7636 section 4.6): a client redeems the code that an agent
//! gave it, once. A second use ends what the first one issued (RFC 9700 section 2.1.1), if the request holds
//! otherwise: a code alone, as it stands in a browser's history, must not end anything.

use super::{Context, Decision, Draft, Grant, GrantType, agent_allows, client_for};
use crate::db::schema::access_tokens::{self, Which};
use crate::db::schema::agents::Standing;
use crate::db::schema::authorization_codes::{self, AuthorizationCode};
use crate::db::{Error, Tx};
use crate::id::AgentId;
use crate::oauth::access_token::{Family, Subject, TokenGrant};
use crate::oauth::authentication::Party;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::id_token::IdTokenGrant;
use crate::oauth::pkce::CodeVerifier;
use crate::oauth::resource::Audience;
use crate::oauth::scope::Scope;
use crate::oauth::sign_in::SignIn;
use crate::secret::PlainToken;

/// A code to redeem.
pub struct Redemption {
    /// SHA-256 of the code; `None` when it can not be one.
    code: Option<String>,
    verifier: CodeVerifier,
    redirect_uri: Option<String>,
    scope: Option<String>,
    resources: Vec<String>,
}

impl Redemption {
    /// Reads the form.
    pub fn read(form: &Form) -> Result<Self, OauthError> {
        let code = PlainToken::parse(form.required("code")?);
        Ok(Self {
            code: code.map(|code| code.hash().as_str().to_owned()),
            // Section 4.6: one that can not be the right one is a wrong one.
            verifier: CodeVerifier::parse(form.required("code_verifier")?).ok_or(ErrorCode::InvalidGrant)?,
            redirect_uri: form.get("redirect_uri").map(str::to_owned),
            scope: form.get("scope").map(str::to_owned),
            resources: form.all("resource").map(str::to_owned).collect(),
        })
    }
}

impl Grant for Redemption {
    type Row = Option<AuthorizationCode>;

    fn look_up(&self, tx: &mut Tx<'_>, _: &Party) -> Result<(Self::Row, Option<AgentId>), Error> {
        let Some(id) = &self.code else { return Ok((None, None)) };
        let code = authorization_codes::find(tx, id)?;
        let agent_id = code.as_ref().map(|code| code.agent_id.clone());
        Ok((code, agent_id))
    }

    fn decide(&self, row: Self::Row, context: &Context<'_>) -> Result<Decision, OauthError> {
        let client = client_for(context, GrantType::AuthorizationCode)?;
        let code = row.filter(|code| code.client_id == client.id.as_str()).ok_or(ErrorCode::InvalidGrant)?;
        let is_same_address = self.redirect_uri.is_none() || self.redirect_uri == code.redirect_uri;
        // Of a used code the expiry says how long it is remembered; it is refused when it is redeemed.
        let is_live = code.used || code.expires_at > context.now;
        if !is_live || !is_same_address || !self.verifier.matches(&code.code_challenge) {
            return Err(ErrorCode::InvalidGrant.into());
        }
        // RFC 9449 section 10: a code that is bound to a key is worth nothing without it.
        if code.dpop_jkt.is_some() && code.dpop_jkt.as_deref() != context.jkt {
            return Err(ErrorCode::InvalidGrant.into());
        }
        let granted_resource = code.resource.unwrap_or_else(|| context.issuer.to_owned());
        let token = TokenGrant {
            subject: Subject::Agent(code.agent_id),
            client_id: code.client_id,
            scope: Scope::narrowed(self.scope.as_deref(), &code.scopes)?,
            audience: Audience::narrowed(self.resources.iter().map(String::as_str), &granted_resource)?,
            jkt: context.jkt.map(str::to_owned),
            family: Some(Family {
                id: None,
                expires_at: context.now + context.policy.family,
                granted_scopes: code.scopes,
                granted_resource,
                has_refresh_token: client.grant_types.contains(GrantType::RefreshToken.as_str()),
                sign_in: SignIn { at: code.auth_time, methods: code.amr, actor_id: code.actor_id },
            }),
        };
        let id_token = IdTokenGrant::of(&token, client, code.nonce);
        Ok(Decision { token, history: Vec::new(), id_token })
    }

    fn settle(
        &self,
        tx: &mut Tx<'_>,
        draft: &Draft,
        standing: Option<&Standing>,
        now: i64,
    ) -> Result<Option<ErrorCode>, Error> {
        let Some(id) = &self.code else { return Ok(Some(ErrorCode::InvalidGrant)) };
        if !agent_allows(standing, &draft.token) {
            return Ok(Some(ErrorCode::InvalidGrant));
        }
        let keep_until = draft.token.keep_until.unwrap_or(now);
        if authorization_codes::redeem(tx, id, &draft.token.id, keep_until, now)? {
            return Ok(None);
        }
        if let Some(code) = authorization_codes::find(tx, id)?
            && let Some(family_id) = &code.family_id
        {
            access_tokens::revoke(tx, Which::Family(&code.agent_id, family_id), now)?;
        }
        Ok(Some(ErrorCode::InvalidGrant))
    }
}
