//! `client_credentials` (RFC 6749 section 4.4): the caller acts as itself. For an agent it is one request, and
//! it holds a token that any API can verify; a client gets one whose `sub` is the client.

use super::{Context, Decision, Draft, Grant, GrantType, Line, client_for};
use crate::clock::{self, Clock};
use crate::crypto::{base64url, sha256};
use crate::db::schema::access_tokens::AccessToken;
use crate::db::schema::agents::Standing;
use crate::db::schema::oauth_clients::AuthMethod;
use crate::db::schema::oauth_requests::OauthRequest;
use crate::db::{Error, Tx};
use crate::id::{self, AgentId};
use crate::oauth::access_token::{Subject, TokenGrant};
use crate::oauth::authentication::Party;
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::form::Form;
use crate::oauth::resource::Audience;
use crate::oauth::scope::Scope;
use crate::random::Random;

/// A request for a token of the caller's own.
pub struct OwnToken {
    scope: Option<String>,
    resources: Vec<String>,
}

impl OwnToken {
    /// Reads the form.
    pub fn read(form: &Form) -> Self {
        Self {
            scope: form.get("scope").map(str::to_owned),
            resources: form.all("resource").map(str::to_owned).collect(),
        }
    }
}

impl Grant for OwnToken {
    type Row = ();

    fn without_row(&self) -> Option<()> {
        Some(())
    }

    fn look_up(&self, _: &mut Tx<'_>, caller: &Party) -> Result<(Self::Row, Option<AgentId>), Error> {
        Ok(((), if let Party::Agent(agent) = caller { Some(agent.id.clone()) } else { None }))
    }

    fn decide(&self, (): Self::Row, context: &Context<'_>) -> Result<Decision, OauthError> {
        let audience = Audience::requested(self.resources.iter().map(String::as_str), context.issuer)?;
        let scope = self.scope.as_deref();
        let (subject, scope, history) = match &context.caller.party {
            Party::Agent(agent) => {
                (Subject::Agent(agent.id.clone()), Scope::requested(scope)?, audience.all().to_vec())
            }
            Party::Client(_) => {
                let client = client_for(context, GrantType::ClientCredentials)?;
                if client.token_endpoint_auth_method == AuthMethod::None {
                    return Err(ErrorCode::UnauthorizedClient.into());
                }
                let scope = Scope::requested_by_client(scope, client.scope.as_deref())?;
                (Subject::Client, scope, Vec::new())
            }
        };
        let client_id = context.caller.party.id().to_owned();
        let jkt = context.jkt.map(str::to_owned);
        let token = TokenGrant { subject, client_id, scope, audience, jkt, family: None };
        Ok(Decision { token, history, id_token: None })
    }

    fn settle(&self, _: &mut Tx<'_>, _: &Draft, _: Option<&Standing>, _: i64) -> Result<Option<ErrorCode>, Error> {
        Ok(None)
    }
}

/// What an agent's history says of its own token: one line for each API, the first time on a day.
pub fn history(token: &AccessToken, resources: &[String], clock: &Clock, random: Random) -> Vec<Line> {
    let Some(agent_id) = &token.agent_id else { return Vec::new() };
    let line = |resource: &String| Line {
        once_a_day: once_a_day(agent_id, resource, token.created_at),
        request: OauthRequest {
            id: id::new(clock, random),
            agent_id: agent_id.clone(),
            client_id: token.client_id.clone(),
            scopes: token.scopes.clone(),
            status: "approved".to_owned(),
            created_at: token.created_at,
            resource: Some(resource.clone()),
        },
    };
    resources.iter().map(line).collect()
}

fn once_a_day(agent_id: &AgentId, resource: &str, at: i64) -> String {
    base64url::encode(sha256(format!("{agent_id} {} {resource}", clock::day(at)).as_bytes()))
}
