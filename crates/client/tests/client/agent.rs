//! An agent at a real server: registered, with tokens that it uses again, which an API accepts.

use agentid_client::{AddressError, Agent, CallError, Clock, Key, TokenRequest, Verifier, VerifyError};

use super::API;
use crate::support::server::RunningServer;

/// Registration goes by the machine's clock, so the server's stands there, or that many seconds beside it.
fn start(seconds: i64) -> (RunningServer, Clock) {
    let clock = Clock::manual(Clock::system().now() + seconds);
    (RunningServer::start(clock.clone()).unwrap(), clock)
}

fn registered() -> (RunningServer, Clock, Agent) {
    let (server, clock) = start(0);
    let agent = Agent::register(&server.issuer, "test agent", Key::generate()).unwrap().with_clock(clock.clone());
    (server, clock, agent)
}

#[test]
fn a_token_is_accepted_by_its_api_and_by_no_other() {
    let (server, clock, agent) = registered();
    let verifier = |api| Verifier::new(&server.issuer, api).unwrap().with_clock(clock.clone());
    let token = agent.token(&[API]).unwrap();
    let claims = verifier(API).verify(token.as_str()).unwrap();
    assert_eq!((claims.sub.as_str(), claims.client_id.as_str()), (agent.id(), agent.id()));
    assert!(!claims.overseen && claims.has_scope("id") && claims.has_scope("name"));
    let other = "https://other.example";
    assert_eq!(verifier(other).verify(token.as_str()).err(), Some(VerifyError::Audience(other.to_owned())));
    let both = agent.token(&[API, other]).unwrap();
    assert!(verifier(API).verify(both.as_str()).is_ok() && verifier(other).verify(both.as_str()).is_ok());
}

#[test]
fn a_token_is_used_again_until_a_minute_before_it_expires() {
    let (_server, clock, agent) = registered();
    let first = agent.token(&[API]).unwrap();
    assert_eq!(first.expires_at(), clock.now() + 900);
    clock.advance(839);
    assert_eq!(agent.token(&[API]).unwrap().as_str(), first.as_str());
    clock.advance(1);
    let second = agent.token(&[API]).unwrap();
    assert_ne!(second.as_str(), first.as_str());
    assert_eq!(agent.token(&[API]).unwrap().as_str(), second.as_str());
    agent.forget_tokens();
    assert_ne!(agent.token(&[API]).unwrap().as_str(), second.as_str());
}

#[test]
fn another_request_is_another_token() {
    let (_server, _clock, agent) = registered();
    let (one, other) = ("https://one.example", "https://other.example");
    let token = |resources: &[&str]| agent.token(resources).unwrap().as_str().to_owned();
    assert_ne!(token(&[one]), token(&[other]));
    assert_ne!(token(&[one]), token(&[]));
    assert_eq!(token(&[one, other, one]), token(&[other, one]));
    let scoped = TokenRequest::for_resources(&[one]).scope("id");
    assert_ne!(agent.token_for(&scoped).unwrap().as_str(), token(&[one]));
    assert_eq!(agent.token_for(&scoped).unwrap().as_str(), agent.token_for(&scoped).unwrap().as_str());
}

#[test]
fn another_key_gets_no_token() {
    let (server, clock, agent) = registered();
    let agent = |key| Agent::new(&server.issuer, agent.id(), key).unwrap().with_clock(clock.clone());
    let stranger = agent(Key::generate());
    assert_eq!(stranger.token(&[API]).unwrap_err().code(), "invalid_client");
}

#[test]
fn a_key_is_one_agent() {
    let (server, _clock) = start(0);
    let folder = tempfile::tempdir().unwrap();
    let key = || Key::load_or_make(folder.path().join("key.pem")).unwrap();
    let agent = Agent::register(&server.issuer, "test agent", key()).unwrap();
    let again = Agent::register(&server.issuer, "test agent", key()).err().unwrap();
    assert_eq!(again.code(), "public_key_taken");
    let same = Agent::new(&server.issuer, agent.id(), key()).unwrap();
    assert_eq!(same.call("GET", "/v1/agents/me", None).unwrap()["agent"]["id"], agent.id());
}

#[test]
fn a_server_under_another_name_is_not_signed_for() {
    let (server, _clock) = start(0);
    let alias = server.issuer.replace("127.0.0.1", "localhost");
    let refusal = Agent::register(&alias, "test agent", Key::generate()).err().unwrap();
    assert_eq!(refusal, CallError::WrongIssuer { asked: alias, answered: server.issuer.clone() });
}

#[test]
fn an_old_challenge_is_not_signed() {
    let (server, _clock) = start(-24 * 3600);
    let refusal = Agent::register(&server.issuer, "test agent", Key::generate()).err().unwrap();
    assert_eq!(refusal.code(), "unsafe_challenge");
}

#[test]
fn nothing_is_sent_in_clear_beyond_this_machine() {
    let refusal = |issuer: &str| Agent::new(issuer, "agent-1", Key::generate()).err();
    assert_eq!(refusal("https://id.example.org"), None);
    assert_eq!(refusal("http://127.0.0.1:1"), None);
    let address = "http://id.example.org".to_owned();
    assert_eq!(refusal(&address), Some(AddressError::Unprotected(address)));
    assert_eq!(refusal("id.example.org"), Some(AddressError::Malformed("id.example.org".to_owned())));
}

#[test]
fn a_server_that_is_away_may_come_back() {
    let agent = Agent::new("http://127.0.0.1:1", "agent-1", Key::generate()).unwrap();
    let failure = agent.token(&[API]).unwrap_err();
    assert_eq!((failure.code(), failure.is_temporary()), ("unreachable", true));
}
