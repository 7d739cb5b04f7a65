//! A server that wants a nonce in each proof (RFC 9449 section 8).

use agentid_client::{Agent, CallError, Clock, Key};

use super::API;
use super::issuer::Issuer;
use crate::support::server::RunningServer;

#[test]
fn whoever_calls_gets_a_nonce_and_goes_on() {
    let clock = Clock::manual(Clock::system().now());
    let server = RunningServer::with_nonces(clock.clone()).unwrap();
    let agent = Agent::register(&server.issuer, "test agent", Key::generate()).unwrap().with_clock(clock.clone());
    assert!(agent.dpop_token(&[API]).unwrap().is_bound());
    assert_eq!(agent.call("GET", "/v1/agents/me", None).unwrap()["agent"]["id"], agent.id());
    // It has gone stale meanwhile.
    clock.advance(3600);
    assert_eq!(agent.call("GET", "/v1/agents/me", None).unwrap()["agent"]["id"], agent.id());
    assert!(agent.dpop_token(&[API]).unwrap().is_bound());
}

#[test]
fn a_server_that_is_never_content_is_asked_twice() {
    const PATH: &str = "/v1/oauth/token";
    let issuer = Issuer::start();
    let agent = Agent::new(&issuer.url, "agent-1", Key::generate()).unwrap().with_clock(issuer.clock.clone());
    issuer.answer(PATH, 400, "dpop-nonce: one\r\n", r#"{"error":"use_dpop_nonce"}"#);
    let refused = agent.dpop_token(&[API]).unwrap_err();
    assert!(matches!(refused, CallError::Refused { status: 400, code, .. } if code == "use_dpop_nonce"));
    assert_eq!(issuer.heard(PATH).len(), 2);
    // Another refusal is none that a nonce mends.
    issuer.answer(PATH, 400, "dpop-nonce: two\r\n", r#"{"error":"invalid_grant"}"#);
    agent.dpop_token(&[API]).unwrap_err();
    assert_eq!(issuer.heard(PATH).len(), 3);
}
