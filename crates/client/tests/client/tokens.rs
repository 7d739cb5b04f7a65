//! What an agent makes of an answer that no good server gives, and of one that it can not give yet.

use agentid_client::{Agent, CallError, Key, Token, TokenRequest};
use agentid_jose::dpop::{self, Request};
use serde_json::{Value, json};

use super::API;
use super::issuer::Issuer;

const PATH: &str = "/v1/oauth/token";

fn agent(issuer: &Issuer, answer: &Value) -> Agent {
    issuer.answer(PATH, 200, "", &answer.to_string());
    Agent::new(&issuer.url, "agent-1", Key::generate()).unwrap().with_clock(issuer.clock.clone())
}

fn answer(token_type: &str) -> Value {
    json!({ "access_token": "secret", "token_type": token_type, "expires_in": 900 })
}

#[test]
fn a_bound_token_is_asked_for_with_a_proof() {
    let issuer = Issuer::start();
    let agent = agent(&issuer, &answer("DPoP"));
    let token = agent.dpop_token(&[API]).unwrap();
    assert!(token.is_bound());
    assert_eq!(token.authorization(), "DPoP secret");
    let head = issuer.heard(PATH).remove(0);
    let proof = head.lines().find_map(|line| line.strip_prefix("dpop: ")).unwrap();
    let url = format!("{}{PATH}", issuer.url);
    let proof = dpop::verify(proof, Request { method: "POST", url: &url }, issuer.clock.now()).unwrap();
    assert_eq!(proof.key.thumbprint(), agent.key().thumbprint());
    assert_eq!(proof.ath, None);
    let proof = agent.proof("GET", API, &token);
    let proof = dpop::verify(&proof, Request { method: "GET", url: API }, issuer.clock.now()).unwrap();
    assert_eq!(proof.ath, Some(dpop::token_hash("secret")));
}

#[test]
fn a_bearer_token_does_not_pass_for_a_bound_one() {
    let issuer = Issuer::start();
    let agent = agent(&issuer, &answer("Bearer"));
    assert_eq!(agent.dpop_token(&[API]).unwrap_err(), CallError::NotBound);
    let token = agent.token(&[API]).unwrap();
    assert!(!token.is_bound());
    assert_eq!(token.authorization(), "Bearer secret");
    assert!(!issuer.heard(PATH)[1].contains("dpop: "));
    assert_eq!(agent.dpop_token(&[API]).unwrap_err(), CallError::NotBound, "the cached one is another");
}

#[test]
fn a_bound_token_does_not_pass_for_a_bearer_token() {
    let issuer = Issuer::start();
    let agent = agent(&issuer, &answer("DPoP"));
    assert_eq!(agent.token(&[API]).unwrap_err().code(), "unexpected_answer");
}

#[test]
fn an_answer_without_a_token_is_refused() {
    let issuer = Issuer::start();
    for bad in [json!({}), json!({ "access_token": "" }), json!({ "access_token": "x" }), json!(["x"])] {
        let refusal = agent(&issuer, &bad).token(&[API]).unwrap_err();
        assert_eq!(refusal.code(), "unexpected_answer", "{bad}");
    }
}

#[test]
fn a_token_without_a_lifetime_is_not_used_again() {
    let issuer = Issuer::start();
    for lifetime in [json!(null), json!(60), json!(-5), json!("900")] {
        let before = issuer.heard(PATH).len();
        let agent = agent(&issuer, &json!({ "access_token": "x", "token_type": "Bearer", "expires_in": lifetime }));
        agent.token(&[API]).unwrap();
        agent.token(&[API]).unwrap();
        assert_eq!(issuer.heard(PATH).len(), before + 2, "{lifetime}");
    }
}

#[test]
fn a_token_is_not_shown() {
    let issuer = Issuer::start();
    let agent = agent(&issuer, &answer("Bearer"));
    let token: Token = agent.token(&[API]).unwrap();
    assert!(!format!("{token:?}").contains("secret"));
    assert_eq!(token.as_str(), "secret");
}

#[test]
fn threads_that_want_the_same_token_make_one_call() {
    let issuer = Issuer::start();
    let agent = agent(&issuer, &answer("Bearer"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| agent.token(&[API]).unwrap());
        }
    });
    assert_eq!(issuer.heard(PATH).len(), 1);
}

#[test]
fn the_servers_words_come_through() {
    let issuer = Issuer::start();
    let agent = agent(&issuer, &json!({}));
    let body = json!({ "error": "unauthorized_client", "error_description": "The agent is stopped." });
    issuer.answer(PATH, 400, "", &body.to_string());
    let refusal = agent.token_for(&TokenRequest::for_resources(&[API])).unwrap_err();
    assert_eq!((refusal.code(), refusal.is_temporary()), ("unauthorized_client", false));
    assert_eq!(refusal.to_string(), "The agent is stopped.");
    issuer.answer(PATH, 503, "", "{}");
    assert!(agent.token(&[API]).unwrap_err().is_temporary());
}
