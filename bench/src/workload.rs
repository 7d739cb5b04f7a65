//! What the server is asked for, and which of the costs each answer has at the least.

use std::time::Duration;

use clap::ValueEnum;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::call::{self, Request};
use crate::world::{ASSERTION_TYPE, Holder, World, agents};

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// An agent gets a token as itself
    OneCall,
    /// The same, bound to a key by DPoP
    OneCallDpop,
    /// A client gets a token as itself, by `private_key_jwt`
    ClientCredentials,
    /// A client redeems a code, by `private_key_jwt`
    CodeExchange,
    /// A client refreshes, by `private_key_jwt`; each token once
    Refresh,
    /// A browser whose agent has consented authorizes, a client redeems the code and asks who it is
    SignIn,
    /// The same with a client of the strict profile: a pushed request, a proof that is sent again with a nonce, a bound token
    StrictSignIn,
    /// A client asks of a token, by `client_secret_basic`
    Introspection,
    /// A client asks of a token, by `private_key_jwt`
    IntrospectionByKey,
    /// An agent asks of its own token, by `private_key_jwt`
    IntrospectionByAgent,
    /// A client asks who an agent is
    Userinfo,
    /// An agent logs in with a DPoP proof
    Login,
    /// A new agent asks for its challenge
    RegistrationBegin,
    /// A new agent answers its challenge
    RegistrationEnd,
}

use Workload as W;

impl Workload {
    /// Its name on the command line and in the tables.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// How many verifications and signatures an answer has; the server may get by with fewer.
    pub fn verifications_and_signatures(self) -> (u32, u32) {
        match self {
            W::OneCall | W::ClientCredentials | W::CodeExchange | W::Refresh => (1, 1),
            W::OneCallDpop => (2, 1),
            // The assertion and the token that userinfo is asked with; the access token and the id token.
            W::SignIn => (2, 2),
            // The assertions of the push and of the redemption, three proofs, and the token that userinfo is asked with.
            W::StrictSignIn => (6, 2),
            // The token that is asked of is signed too.
            W::Introspection | W::Userinfo | W::Login | W::RegistrationEnd => (1, 0),
            W::IntrospectionByKey | W::IntrospectionByAgent => (2, 0),
            W::RegistrationBegin => (0, 0),
        }
    }

    /// How many requests an answer takes.
    pub fn requests(self) -> u32 {
        if self == W::StrictSignIn {
            5
        } else if self == W::SignIn {
            3
        } else {
            1
        }
    }

    /// The share of its limit that it should reach.
    pub fn target(self) -> Option<f64> {
        match self {
            W::OneCall | W::Introspection => Some(0.6),
            W::OneCallDpop => Some(0.5),
            W::CodeExchange | W::Refresh | W::SignIn | W::StrictSignIn => Some(0.4),
            W::ClientCredentials | W::IntrospectionByKey | W::IntrospectionByAgent => None,
            W::Userinfo | W::Login | W::RegistrationBegin | W::RegistrationEnd => None,
        }
    }

    /// What the server lacks for it.
    pub fn lacks(self, world: &World) -> Option<&'static str> {
        let has_grant = |grant| world.discovers("grant_types_supported", grant);
        let has_clients = world.clients.is_some();
        let (has_it, what) = match self {
            W::OneCall => (has_grant("client_credentials"), "the grant client_credentials"),
            W::OneCallDpop => (world.discovers("dpop_signing_alg_values_supported", "EdDSA"), "DPoP at token"),
            W::ClientCredentials => (has_clients && has_grant("client_credentials"), "clients"),
            W::CodeExchange | W::Userinfo | W::Introspection | W::IntrospectionByKey => {
                (has_clients && has_grant("authorization_code"), "the grant authorization_code")
            }
            W::SignIn => (has_clients && world.discovers("response_modes_supported", "query"), "the redirect flow"),
            W::StrictSignIn => (world.is_strict(), "the strict profile"),
            W::Refresh => (has_clients && has_grant("refresh_token"), "the grant refresh_token"),
            W::IntrospectionByAgent | W::Login | W::RegistrationBegin | W::RegistrationEnd => (true, ""),
        };
        (!has_it).then_some(what)
    }

    /// Whether its answers are what its next round begins with.
    pub fn learns(self) -> bool {
        matches!(self, W::CodeExchange | W::Refresh)
    }

    /// As many requests, each unique, signed now.
    pub async fn prepare(self, world: &mut World, count: usize) -> anyhow::Result<Vec<Request>> {
        match self {
            W::OneCall => world.agents_in_turn().take(count).map(|agent| world.own_token(agent)).collect(),
            W::OneCallDpop => world.agents_in_turn().take(count).map(|agent| world.own_bound_token(agent)).collect(),
            W::ClientCredentials => {
                let form = [("grant_type", "client_credentials")];
                (0..count).map(|_| world.by_key("/v1/oauth/token", &form)).collect()
            }
            W::CodeExchange => world.redemptions(Holder::ClientWithKey, count).await,
            W::Refresh => refreshes(world, count).await,
            W::SignIn => world.dances(count).await,
            W::StrictSignIn => world.strict_dances(count),
            W::Introspection => introspections(world, Holder::ClientWithSecret, count).await,
            W::IntrospectionByKey => introspections(world, Holder::ClientWithKey, count).await,
            W::IntrospectionByAgent => introspections(world, Holder::Agents, count).await,
            W::Userinfo => userinfos(world, count).await,
            W::Login => logins(world, count),
            W::RegistrationBegin => {
                let keys = agents::keys(count)?;
                keys.iter().map(|key| agents::initiation(&world.server, key)).collect()
            }
            W::RegistrationEnd => registrations(world, count).await,
        }
    }

    /// Whether the server did what was asked, beyond the status.
    pub fn is_answered_by(self, answer: &Value) -> bool {
        match self {
            W::Introspection | W::IntrospectionByKey | W::IntrospectionByAgent => {
                answer.get("active") == Some(&Value::Bool(true))
            }
            W::OneCallDpop => answer.get("token_type").is_some_and(|kind| kind == "DPoP"),
            W::OneCall | W::ClientCredentials | W::CodeExchange | W::Refresh => answer.get("access_token").is_some(),
            W::Userinfo | W::SignIn | W::StrictSignIn => answer.get("sub").is_some(),
            W::Login | W::RegistrationEnd => answer.get("session_id").is_some(),
            W::RegistrationBegin => answer.get("challenge_id").is_some(),
        }
    }

    /// How many answers to expect of any server in that time, before the first measurement.
    pub fn guess(self, duration: Duration) -> usize {
        (duration.as_secs_f64() * 12_000.0) as usize
    }
}

async fn refreshes(world: &mut World, count: usize) -> anyhow::Result<Vec<Request>> {
    let tokens = world.take_refresh_tokens(count).await?;
    let form = |token| [("grant_type", "refresh_token"), ("refresh_token", token)];
    tokens.iter().map(|token| world.by_key("/v1/oauth/token", &form(token))).collect()
}

async fn introspections(world: &mut World, holder: Holder, count: usize) -> anyhow::Result<Vec<Request>> {
    let path = "/v1/oauth/introspect";
    let tokens = world.access_tokens(holder).await?;
    let pairs = world.agents.iter().zip(&tokens).cycle().take(count);
    let requests = pairs.map(|(agent, token)| match holder {
        Holder::ClientWithSecret => world.clients()?.by_secret(&world.server, path).form(&[("token", token)]),
        Holder::ClientWithKey => world.by_key(path, &[("token", token)]),
        Holder::Agents => {
            let assertion = agent.assertion();
            let form = [
                ("token", token.as_str()),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", assertion.as_str()),
            ];
            call::post(world.server.address, path).form(&form)
        }
    });
    requests.collect()
}

async fn userinfos(world: &mut World, count: usize) -> anyhow::Result<Vec<Request>> {
    let tokens = world.access_tokens(Holder::ClientWithKey).await?;
    let call = |token: &String| call::get(world.server.address, "/v1/oauth/userinfo").bearer(token);
    tokens.iter().cycle().take(count).map(|token| call(token).finish(Bytes::new())).collect()
}

fn logins(world: &World, count: usize) -> anyhow::Result<Vec<Request>> {
    let login =
        |agent: &agents::Agent| agent.proven(&world.server, "/v1/agents/login").json(&json!({ "agent_id": agent.id }));
    world.agents_in_turn().take(count).map(login).collect()
}

async fn registrations(world: &World, count: usize) -> anyhow::Result<Vec<Request>> {
    let server = &world.server;
    let keys = agents::keys(count)?;
    let initiations = keys.iter().map(|key| agents::initiation(server, key));
    let challenges = world.ask(initiations.collect::<Result<_, _>>()?).await?;
    keys.iter().zip(&challenges).map(|(key, challenge)| agents::completion(server, key, challenge)).collect()
}
