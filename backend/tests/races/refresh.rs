//! R04: of many refreshes with one token exactly one succeeds. What becomes of its family depends on whether the
//! others proved a key.

use serde_json::json;

use super::{MANY, at_once, one_wins_oauth};
use crate::support::flow::{CALLERS, TOKEN, is_live, new_key, proof};
use crate::support::{Agent, Client, Overseer, TestServer};

#[test]
fn r04_of_many_refreshes_one_succeeds_and_the_family_lives_for_those_who_prove_a_key() {
    let server = TestServer::start();
    for (method, is_bound, lives) in CALLERS {
        race(&server, method, is_bound, lives);
    }
}

#[test]
fn r04_without_a_grace_the_family_ends_for_everybody() {
    let server = TestServer::with(|config| config.oauth.refresh_reuse_grace_seconds = 0);
    for (method, is_bound, _) in CALLERS {
        race(&server, method, is_bound, false);
    }
}

fn race(server: &TestServer, method: &str, is_bound: bool, lives: bool) {
    let (agent, overseer) = (Agent::register(server), Overseer::register(server));
    let client = Client::register(server, &overseer, json!({ "token_endpoint_auth_method": method }));
    let key = is_bound.then(new_key);
    let call = |form| {
        let call = client.oauth(server, TOKEN, form);
        match &key {
            Some(key) => call.header("dpop", &proof(server, key, "POST", TOKEN, None)),
            None => call,
        }
    };
    let code = agent.code_for(server, &client, &json!({}));
    let first = call(Client::redemption(&code)).send().expect(200);
    let other = call(Client::redemption(&agent.code_for(server, &client, &json!({})))).send().expect(200);
    let token = first.text_of("refresh_token");
    let refreshes = (0..MANY).map(|_| call(Client::refreshing(&token, &[])));
    let winner = one_wins_oauth(at_once(refreshes), (400, "invalid_grant"));
    for tokens in [&first, &winner] {
        assert_eq!(is_live(server, &client, tokens, key.as_ref()), lives, "{method}, bound: {is_bound}");
    }
    let next = call(Client::refreshing(&winner.text_of("refresh_token"), &[])).send();
    if lives {
        let next = next.expect(200);
        assert!(is_live(server, &client, &next, key.as_ref()));
    } else {
        next.oauth_refused(400, "invalid_grant");
    }
    assert!(is_live(server, &client, &other, key.as_ref()), "another family is none of theirs");
    assert_eq!(live_refresh_tokens(server, &client), 1 + i64::from(lives));
}

fn live_refresh_tokens(server: &TestServer, client: &Client) -> i64 {
    let live = "refresh_token_hash IS NOT NULL AND refresh_used_at IS NULL AND revoked = FALSE";
    server.count("access_tokens", &format!("client_id = '{}' AND {live}", client.id))
}

/// A token that is revoked while it is refreshed is at an end in either order, and what came of it too.
#[test]
fn r06_a_revocation_ends_the_family_in_the_midst_of_refreshes() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    for method in ["client_secret_basic", "private_key_jwt"] {
        let client = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": method }));
        let families: Vec<_> = (0..MANY).map(|_| agent.tokens_for(&server, &client, &json!({}))).collect();
        let calls = families.iter().enumerate().flat_map(|(turn, tokens)| {
            let token = tokens.text_of("refresh_token");
            let revoked = if turn % 2 == 0 { token.clone() } else { tokens.text_of("access_token") };
            let revoke = client.oauth(&server, "/v1/oauth/revoke", vec![("token", revoked)]);
            [revoke, client.oauth(&server, TOKEN, Client::refreshing(&token, &[]))]
        });
        for (turn, answer) in at_once(calls).into_iter().enumerate() {
            if turn % 2 == 0 {
                answer.expect(200);
            } else if answer.status == 200 {
                assert!(!is_live(&server, &client, &answer, None), "{method}");
                client.refresh(&server, &answer.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
            } else {
                answer.oauth_refused(400, "invalid_grant");
            }
        }
        assert_eq!(live_refresh_tokens(&server, &client), 0);
    }
}
