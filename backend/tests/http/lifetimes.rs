//! How long what is issued lives, as the settings say; and what a clock may differ by.

use serde_json::json;

use crate::support::flow::{client, is_live};
use crate::support::{Agent, Overseer, TestServer};

const DAY: i64 = 24 * 3600;

#[test]
fn an_access_token_lives_as_long_as_is_set() {
    for seconds in [60, 3600] {
        let server = TestServer::with(|config| config.oauth.access_token_seconds = seconds);
        let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
        let client = client(&server, &overseer, "private_key_jwt");
        let tokens = agent.tokens_for(&server, &client, &json!({ "scope": "openid id" }));
        assert_eq!(tokens.get("expires_in"), seconds);
        let claims = crate::http::token::verify_offline(&server, &tokens.text_of("access_token"));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), i64::from(seconds));
        server.clock.advance(i64::from(seconds) - 1);
        assert!(is_live(&server, &client, &tokens, None));
        server.clock.advance(1);
        assert!(!is_live(&server, &client, &tokens, None));
    }
}

#[test]
fn a_code_lives_as_long_as_is_set() {
    let server = TestServer::with(|config| config.oauth.code_seconds = 10);
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = client(&server, &overseer, "private_key_jwt");
    let (young, old) = (agent.code_for(&server, &client, &json!({})), agent.code_for(&server, &client, &json!({})));
    server.clock.advance(9);
    client.redeem(&server, &young).expect(200);
    server.clock.advance(1);
    client.redeem(&server, &old).oauth_refused(400, "invalid_grant");
}

#[test]
fn a_refresh_token_ends_when_it_is_not_used_and_when_its_family_is_over() {
    let server = TestServer::with(|config| {
        config.oauth.refresh_idle_days = 2;
        config.oauth.refresh_days = 5;
    });
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = client(&server, &overseer, "private_key_jwt");
    let (used, idle) = (agent.tokens_for(&server, &client, &json!({})), agent.tokens_for(&server, &client, &json!({})));
    server.clock.advance(2 * DAY - 1);
    let next = client.refresh(&server, &used.text_of("refresh_token")).expect(200);
    server.clock.advance(1);
    client.refresh(&server, &idle.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
    server.clock.advance(2 * DAY - 2);
    let last = client.refresh(&server, &next.text_of("refresh_token")).expect(200);
    // The last one is good for what is left of the five days.
    server.clock.advance(DAY + 1);
    let last = client.refresh(&server, &last.text_of("refresh_token")).expect(200);
    server.clock.advance(1);
    client.refresh(&server, &last.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
}
