//! Every route, for tests that hold for all of them. The list is compared with the server's own.

use crate::support::{Agent, Call, Overseer, TestServer};

/// What a route takes as its body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    Nothing,
    /// JSON with the text fields named.
    Json(&'static [&'static str]),
    /// JSON whose fields are refused in the words of the RFCs.
    OauthJson,
    /// A form with the parameters named.
    Form(&'static [&'static str]),
}

/// Who may call it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Caller {
    Anybody,
    /// By session or proof.
    Agent,
    /// By proof only.
    ProvenAgent,
    Overseer,
    /// By access token.
    Token,
}

pub type Route = (&'static str, &'static str, Caller, Body);

pub const ROUTES: &[Route] = &[
    ("GET", "/", Caller::Anybody, Body::Nothing),
    ("GET", "/health", Caller::Anybody, Body::Nothing),
    ("GET", "/ready", Caller::Anybody, Body::Nothing),
    ("GET", "/openapi.json", Caller::Anybody, Body::Nothing),
    ("GET", "/.well-known/openid-configuration", Caller::Anybody, Body::Nothing),
    ("GET", "/.well-known/oauth-authorization-server", Caller::Anybody, Body::Nothing),
    ("GET", "/v1/oauth/.well-known/openid-configuration", Caller::Anybody, Body::Nothing),
    ("GET", "/.well-known/jwks.json", Caller::Anybody, Body::Nothing),
    ("POST", "/v1/agents/register/initiate", Caller::Anybody, Body::Json(&["name", "public_key", "description"])),
    ("POST", "/v1/agents/register/complete/{challenge_id}", Caller::Anybody, Body::Json(&["signature"])),
    ("POST", "/v1/agents/login", Caller::ProvenAgent, Body::Json(&["agent_id"])),
    ("POST", "/v1/agents/logout", Caller::Agent, Body::Nothing),
    ("GET", "/v1/agents/me", Caller::Agent, Body::Nothing),
    ("PATCH", "/v1/agents/me", Caller::Agent, Body::Json(&["name", "description"])),
    ("DELETE", "/v1/agents/me", Caller::ProvenAgent, Body::Nothing),
    ("GET", "/v1/agents/me/oauth-history", Caller::Agent, Body::Nothing),
    ("GET", "/v1/agents/me/overseer", Caller::Agent, Body::Nothing),
    ("POST", "/v1/agents/rotate-key/initiate", Caller::Agent, Body::Json(&["new_public_key"])),
    ("POST", "/v1/agents/rotate-key/complete/{challenge_id}", Caller::ProvenAgent, Body::Json(&["signature"])),
    ("POST", "/v1/agents/claim/initiate", Caller::Overseer, Body::Json(&["agent_id"])),
    ("POST", "/v1/agents/claim/complete/{challenge_id}", Caller::Agent, Body::Json(&["overseer_id"])),
    ("GET", "/v1/agents/claim/status/{challenge_id}", Caller::Overseer, Body::Nothing),
    ("POST", "/v1/agents/malice/{agent_id}", Caller::Anybody, Body::Nothing),
    ("GET", "/v1/agents/malice/status/{challenge_id}", Caller::Anybody, Body::Nothing),
    ("POST", "/v1/agents/malice/cancel/{challenge_id}", Caller::Anybody, Body::Nothing),
    ("POST", "/v1/agents/malice/checkout/{challenge_id}", Caller::Anybody, Body::Nothing),
    ("POST", "/v1/agents/revoke-overseer", Caller::Agent, Body::Nothing),
    ("POST", "/v1/agents/declaim/{agent_id}", Caller::Overseer, Body::Nothing),
    ("POST", "/v1/overseers/register", Caller::Anybody, Body::Json(&["name", "email", "password"])),
    ("POST", "/v1/overseers/login", Caller::Anybody, Body::Json(&["email", "password"])),
    ("POST", "/v1/overseers/logout", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/me", Caller::Overseer, Body::Nothing),
    ("PATCH", "/v1/overseers/me", Caller::Overseer, Body::Json(&["name"])),
    ("DELETE", "/v1/overseers/me", Caller::Overseer, Body::Json(&["password"])),
    ("PUT", "/v1/overseers/me/password", Caller::Overseer, Body::Json(&["password", "new_password"])),
    ("PUT", "/v1/overseers/me/email", Caller::Overseer, Body::Json(&["email", "password"])),
    ("POST", "/v1/overseers/me/email/confirmation", Caller::Overseer, Body::Nothing),
    ("PUT", "/v1/overseers/me/email/confirmation", Caller::Overseer, Body::Json(&["token"])),
    ("POST", "/v1/overseers/forgotten-password", Caller::Anybody, Body::Json(&["email"])),
    ("POST", "/v1/overseers/reset-password", Caller::Anybody, Body::Json(&["token", "new_password"])),
    ("GET", "/v1/overseers/me/sessions", Caller::Overseer, Body::Nothing),
    ("DELETE", "/v1/overseers/me/sessions/{session_id}", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/me/security-log", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/me/subscription", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/me/usage", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/subscriptions/tiers", Caller::Anybody, Body::Nothing),
    ("GET", "/v1/subscriptions/me", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/subscriptions/usage", Caller::Overseer, Body::Nothing),
    ("POST", "/v1/subscriptions/upgrade", Caller::Overseer, Body::Json(&["target_tier"])),
    ("POST", "/v1/subscriptions/downgrade", Caller::Overseer, Body::Json(&["target_tier"])),
    ("POST", "/v1/subscriptions/portal", Caller::Overseer, Body::Nothing),
    ("POST", "/v1/webhooks/paddle", Caller::Anybody, Body::Nothing),
    ("GET", "/v1/overseers/{id}/agents", Caller::Overseer, Body::Nothing),
    (
        "PUT",
        "/v1/overseers/{id}/agents/{agent_id}/cancellation",
        Caller::Overseer,
        Body::Json(&["marked_for_cancellation"]),
    ),
    ("POST", "/v1/overseers/agents/{agent_id}/stop", Caller::Overseer, Body::Nothing),
    ("DELETE", "/v1/overseers/agents/{agent_id}/stop", Caller::Overseer, Body::Nothing),
    ("POST", "/v1/overseers/agents/{agent_id}/block-client", Caller::Overseer, Body::Json(&["client_id"])),
    ("DELETE", "/v1/overseers/agents/{agent_id}/block-client/{client_id}", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/agents/{agent_id}/blocked-clients", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/agents/{agent_id}/oauth-history", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/agents/{agent_id}/tokens", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/overseers/agents/{agent_id}/requests-per-day", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/clients/{client_id}/requests-per-day", Caller::Agent, Body::Nothing),
    ("DELETE", "/v1/overseers/agents/{agent_id}/tokens/{client_id}", Caller::Overseer, Body::Nothing),
    ("GET", "/v1/agents/me/consents", Caller::Agent, Body::Nothing),
    ("DELETE", "/v1/agents/me/consents/{client_id}", Caller::Agent, Body::Nothing),
    ("GET", "/v1/overseers/agents/{agent_id}/consents", Caller::Overseer, Body::Nothing),
    ("DELETE", "/v1/overseers/agents/{agent_id}/consents/{client_id}", Caller::Overseer, Body::Nothing),
    ("POST", "/v1/oauth/authorize", Caller::Agent, Body::OauthJson),
    ("GET", "/v1/oauth/sign-in/{challenge_id}/{agent_id}", Caller::Anybody, Body::Nothing),
    ("POST", "/v1/oauth/sign-in/{challenge_id}", Caller::Anybody, Body::Json(&["agent_id", "signature"])),
    ("GET", "/v1/oauth/userinfo", Caller::Token, Body::Nothing),
    ("POST", "/v1/oauth/userinfo", Caller::Token, Body::Nothing),
    ("GET", "/v1/oauth/revocations", Caller::Anybody, Body::Nothing),
    ("GET", "/v1/overseers/{id}/clients", Caller::Overseer, Body::Nothing),
    (
        "PUT",
        "/v1/overseers/{id}/clients/{client_id}/cancellation",
        Caller::Overseer,
        Body::Json(&["marked_for_cancellation"]),
    ),
    (
        "POST",
        "/v1/clients/register/{owner_type}",
        Caller::Agent,
        Body::Json(&["name", "scope", "token_endpoint_auth_method", "application_type"]),
    ),
    ("GET", "/v1/clients/list/{owner_type}", Caller::Agent, Body::Nothing),
    ("GET", "/v1/clients/{client_id}", Caller::Agent, Body::Nothing),
    ("PATCH", "/v1/clients/{client_id}", Caller::Agent, Body::Json(&["name", "scope"])),
    ("DELETE", "/v1/clients/{client_id}", Caller::Agent, Body::Nothing),
    ("PUT", "/v1/clients/{client_id}/key", Caller::Agent, Body::Json(&["public_key"])),
    ("POST", "/v1/clients/{client_id}/secret", Caller::Agent, Body::Nothing),
    ("PUT", "/v1/clients/{client_id}/disabled", Caller::Agent, Body::Json(&["disabled", "reason"])),
    ("POST", "/v1/oauth/token", Caller::Anybody, Body::Form(&["grant_type", "scope", "resource", "client_id"])),
    ("POST", "/v1/oauth/introspect", Caller::Anybody, Body::Form(&["token", "token_type_hint"])),
    ("POST", "/v1/oauth/par", Caller::Anybody, Body::Form(&["request", "scope"])),
    ("POST", "/v1/oauth/revoke", Caller::Anybody, Body::Form(&["token", "token_type_hint"])),
];

/// The ids of an address, replaced by `id`; the kind of owner is the agent.
pub fn path_of(template: &str, id: &str) -> String {
    let parts = template.split('/').map(|part| match part {
        "{owner_type}" => "agent",
        part if part.starts_with('{') => id,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Somebody of each kind, to call as whoever the route is for.
pub struct Callers {
    pub agent: Agent,
    pub overseer: Overseer,
}

impl Callers {
    pub fn new(server: &TestServer) -> Self {
        Self { agent: Agent::register(server), overseer: Overseer::register(server) }
    }

    /// A call as whoever may. `path` may be rubbish; the proof is for the path as sent.
    pub fn call(&self, server: &TestServer, caller: Caller, method: &'static str, path: &str) -> Call {
        match caller {
            Caller::Anybody => Call::new(method, &server.url, path),
            Caller::Agent | Caller::ProvenAgent => self.agent.proven(server, method, path),
            Caller::Overseer => self.overseer.call(server, method, path),
            Caller::Token => Call::new(method, &server.url, path).session(&self.agent.access_token(server)),
        }
    }
}

/// Whoever adds a route adds it here, so that every sweep takes it along.
#[test]
fn the_list_is_that_of_the_server() {
    let server = TestServer::start();
    let openapi = server.get("/openapi.json").send().expect(200).get("paths");
    let mut theirs: Vec<String> = Vec::new();
    for (path, item) in openapi.as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|key| !["parameters", "summary"].contains(&key.as_str()));
        theirs.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut ours: Vec<String> = ROUTES.iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    theirs.sort();
    ours.sort();
    assert_eq!(theirs, ours);
}
