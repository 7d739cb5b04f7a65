//! `POST /v1/oauth/token` (RFC 6749 section 3.2).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::authenticate::PostedForm;
use crate::app::App;
use crate::billing::quota::Quota;
use crate::db;
use crate::http::quota::WithQuota;
use crate::id::AgentId;
use crate::identity::dpop::Proof;
use crate::oauth::access_token::{self, Issued};
use crate::oauth::authentication::{Authenticated, Party};
use crate::oauth::error::{ErrorCode, OauthError};
use crate::oauth::grants::authorization_code::Redemption;
use crate::oauth::grants::client_credentials::{self, OwnToken};
use crate::oauth::grants::refresh_token::Refresh;
use crate::oauth::grants::{self, Context, Decision, Draft, Grant, GrantType, Outcome};
use crate::oauth::known_callers::Known;

/// How often a token is signed again because an overseer came or went meanwhile.
const TRIES: usize = 3;

/// An issued token (RFC 6749 section 5.1).
#[derive(Serialize, JsonSchema)]
pub struct TokenAnswer {
    /// A JWT (RFC 9068). Whoever verifies it must check `aud`.
    access_token: String,
    /// `Bearer`, or `DPoP` when it is bound to a key (RFC 9449 section 5).
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    /// What was granted, space-separated.
    scope: String,
    /// Who the agent is, for the client (OpenID Connect Core section 2); with the scope `openid` alone, and only for what
    /// an agent has authorized.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// For the next token; good once.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// `POST /v1/oauth/token`
pub async fn token(State(app): State<App>, posted: PostedForm) -> Result<WithQuota<Json<TokenAnswer>>, OauthError> {
    let form = &posted.form;
    match GrantType::parse(form.required("grant_type")?)? {
        GrantType::AuthorizationCode => issue(&app, &posted, Redemption::read(form)?).await,
        GrantType::RefreshToken => {
            issue(&app, &posted, Refresh::read(form, app.config.oauth.refresh_reuse_grace_seconds, app.policy)?).await
        }
        GrantType::ClientCredentials => issue(&app, &posted, OwnToken::read(form)).await,
    }
}

async fn issue<G: Grant>(app: &App, posted: &PostedForm, grant: G) -> Result<WithQuota<Json<TokenAnswer>>, OauthError> {
    let grant = Arc::new(grant);
    let proof = posted.proof(app)?;
    for attempt in 0..TRIES {
        let known = if attempt == 0 { known(app, posted, &grant).await? } else { None };
        let request = match known {
            Some(request) => request,
            None => read(app, posted, &grant).await?,
        };
        let is_known = request.is_known;
        let is_overseen = request.is_overseen;
        let decision = match decide(app, &*grant, request.row, &request.caller, proof.as_ref()) {
            Ok(decision) => decision,
            // What is known may be old; only what was read refuses.
            Err(_) if is_known => continue,
            Err(refused) => return Err(refused),
        };
        let (keys, clock) = (&app.signing_keys, &app.clock);
        let issuing =
            access_token::Issuing { issuer: &app.issuer, keys, policy: app.policy, clock, random: app.random };
        let issued = access_token::issue(&decision.token, is_overseen, &issuing);
        let issued = issued.ok_or(ErrorCode::TemporarilyUnavailable)?;
        let id_token = decision.id_token.as_ref();
        if let Some(grant) = id_token {
            app.have_signing_key(grant.algorithm).await;
        }
        let id_token = id_token.map(|grant| grant.issue(&decision.token, &issued, &app.issuer, keys));
        let id_token = id_token.transpose()?;
        match store(app, &grant, request.caller, proof.as_ref(), &decision, is_overseen, &issued).await? {
            Outcome::Stored => {
                let quota = quota(app, issued.row.agent_id.clone()).await;
                return Ok(WithQuota(Json(answer(&decision, issued, id_token)), quota));
            }
            Outcome::Refused(code) => return Err(code.into()),
            Outcome::Changed => {}
        }
    }
    Err(ErrorCode::TemporarilyUnavailable.into())
}

/// What the agent has left. The token is stored: that this can not be read keeps nobody from it.
async fn quota(app: &App, agent_id: Option<AgentId>) -> Option<Quota> {
    let agent_id = agent_id.filter(|_| app.tiers.may_limit())?;
    let (tiers, now) = (app.tiers.clone(), app.clock.now());
    let read = app.db.read(move |tx| -> Result<_, db::Error> {
        let plan = tiers.of_agent(tx, &agent_id, now)?;
        Quota::of(tx, &agent_id, &plan, now)
    });
    read.await.ok().flatten()
}

/// What a request is about, and who it is from: verified.
struct Request<R> {
    caller: Authenticated,
    row: R,
    is_overseen: bool,
    /// The caller was not read for this.
    is_known: bool,
}

/// The request of a caller whom this node knows: only what the grant is about is read, if anything. `None` when all
/// must be read: also when what is known does not fit, for it may be old.
async fn known<G: Grant>(
    app: &App,
    posted: &PostedForm,
    grant: &Arc<G>,
) -> Result<Option<Request<G::Row>>, OauthError> {
    let credentials = posted.credentials()?;
    let Some(known) = app.known_callers.get(credentials.caller_id()) else { return Ok(None) };
    let Ok(caller) = posted.verify(app, credentials, known.party.clone()).await else { return Ok(None) };
    let (row, is_overseen) = match grant.without_row() {
        Some(row) => (row, known.is_overseen),
        None => {
            let (look_up, policy) = (Arc::clone(grant), app.policy);
            let read = app.db.read(move |tx| -> Result<_, db::Error> {
                let (row, agent_id) = look_up.look_up(tx, &known.party)?;
                Ok((row, grants::is_overseen(tx, agent_id.as_ref(), policy)?))
            });
            read.await?
        }
    };
    Ok(Some(Request { caller, row, is_overseen, is_known: true }))
}

/// Reads what the request is about, and verifies the caller.
async fn read<G: Grant>(app: &App, posted: &PostedForm, grant: &Arc<G>) -> Result<Request<G::Row>, OauthError> {
    let credentials = posted.credentials()?;
    let (id, look_up, policy) = (credentials.caller_id().to_owned(), Arc::clone(grant), app.policy);
    let found = app.db.read(move |tx| -> Result<_, db::Error> {
        let Some(party) = Party::find(tx, &id)? else { return Ok(None) };
        let own_id = if let Party::Agent(agent) = &party { Some(agent.id.clone()) } else { None };
        let party_is_overseen = grants::is_overseen(tx, own_id.as_ref(), policy)?;
        let (row, agent_id) = look_up.look_up(tx, &party)?;
        let is_overseen = grants::is_overseen(tx, agent_id.as_ref(), policy)?;
        Ok(Some((Known { party, is_overseen: party_is_overseen }, row, is_overseen)))
    });
    let Some((known, row, is_overseen)) = found.await? else {
        return Err(ErrorCode::InvalidClient.into());
    };
    let caller = posted.verify(app, credentials, known.party.clone()).await?;
    app.known_callers.put(known);
    Ok(Request { caller, row, is_overseen, is_known: false })
}

fn decide<G: Grant>(
    app: &App,
    grant: &G,
    row: G::Row,
    caller: &Authenticated,
    proof: Option<&Proof>,
) -> Result<Decision, OauthError> {
    if proof.is_none() && app.policy.wants_bound_tokens(&caller.party) {
        return Err(ErrorCode::InvalidDpopProof.because("This client gets no token without a DPoP proof. Send one."));
    }
    let jkt = proof.map(|proof| proof.key.thumbprint());
    let (issuer, policy, now) = (app.issuer.as_str(), app.policy, app.clock.now());
    grant.decide(row, &Context { caller, jkt: jkt.as_deref(), issuer, policy, now })
}

async fn store<G: Grant>(
    app: &App,
    grant: &Arc<G>,
    caller: Authenticated,
    proof: Option<&Proof>,
    decision: &Decision,
    is_overseen: bool,
    issued: &Issued,
) -> Result<Outcome, OauthError> {
    let token = issued.row.clone();
    let mut history = client_credentials::history(&token, &decision.history, &app.clock, app.random);
    history.retain(|line| !app.known_callers.is_written(&line.once_a_day));
    let written: Vec<String> = history.iter().map(|line| line.once_a_day.clone()).collect();
    let draft = Draft { caller, proof: proof.cloned(), history, token, is_overseen };
    let (grant, policy, now) = (Arc::clone(grant), app.policy, app.clock.now());
    let store =
        app.db.write(move |tx| -> Result<Outcome, db::Error> { grants::store(tx, &*grant, &draft, policy, now) });
    let outcome = store.await?;
    if outcome == Outcome::Stored {
        written.iter().for_each(|line| app.known_callers.put_written(line));
    }
    Ok(outcome)
}

fn answer(decision: &Decision, issued: Issued, id_token: Option<String>) -> TokenAnswer {
    TokenAnswer {
        access_token: issued.jwt,
        token_type: if decision.token.jkt.is_some() { "DPoP" } else { "Bearer" },
        expires_in: issued.row.expires_at - issued.row.created_at,
        scope: decision.token.scope.as_str().to_owned(),
        id_token,
        refresh_token: issued.refresh_token.map(|token| token.expose().to_string()),
    }
}
