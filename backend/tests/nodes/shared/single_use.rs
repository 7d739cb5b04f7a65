//! What counts once counts once on all nodes together.

use serde_json::json;

use crate::nodes::{at_once, two};
use crate::races::{MANY, one_wins_oauth};
use crate::support::flow::{CALLERS, METHODS, TOKEN, client, is_live, new_key, proof};
use crate::support::{Agent, Client, Overseer};

#[test]
fn a_code_that_both_redeem_at_once_is_redeemed_once() {
    let (here, there) = two();
    let (agent, overseer) = (Agent::register(&here), Overseer::register(&here));
    for method in METHODS {
        let client = client(&here, &overseer, method);
        let code = agent.code_for(&here, &client, &json!({}));
        let calls = (0..MANY).map(|turn| {
            let node = if turn % 2 == 0 { &here } else { &there };
            client.oauth(node, TOKEN, Client::redemption(&code))
        });
        let winner = one_wins_oauth(at_once(calls), (400, "invalid_grant"));
        assert!(!is_live(&there, &client, &winner, None), "{method}: it was used a second time");
        let tokens = agent.tokens_for(&there, &client, &json!({}));
        assert!(is_live(&here, &client, &tokens, None));
    }
}

#[test]
fn of_refreshes_on_both_one_wins_and_at_most_one_family_lives() {
    let (here, there) = two();
    let (agent, overseer) = (Agent::register(&here), Overseer::register(&here));
    for (method, is_bound, lives) in CALLERS {
        let client = client(&here, &overseer, method);
        let key = is_bound.then(new_key);
        let call = |node, form| {
            let call = client.oauth(node, TOKEN, form);
            match &key {
                Some(key) => call.header("dpop", &proof(node, key, "POST", TOKEN, None)),
                None => call,
            }
        };
        let code = agent.code_for(&here, &client, &json!({}));
        let first = call(&here, Client::redemption(&code)).send().expect(200);
        let token = first.text_of("refresh_token");
        let refresh = |turn| call(if turn % 2 == 0 { &here } else { &there }, Client::refreshing(&token, &[]));
        let winner = one_wins_oauth(at_once((0..MANY).map(refresh)), (400, "invalid_grant"));
        for node in [&here, &there] {
            assert_eq!(is_live(node, &client, &winner, key.as_ref()), lives, "{method}, bound: {is_bound}");
        }
        let live = "refresh_token_hash IS NOT NULL AND refresh_used_at IS NULL AND revoked = FALSE";
        let live = here.count("access_tokens", &format!("client_id = '{}' AND {live}", client.id));
        assert_eq!(live, i64::from(lives));
    }
}

#[test]
fn an_assertion_counts_once_on_both() {
    let (here, there) = two();
    let agent = Agent::register(&here);
    let ask = |node, assertion: &str| {
        let parameters = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ];
        crate::support::TestServer::post(node, TOKEN).form(&parameters)
    };
    let used = agent.assertion(&here);
    ask(&here, &used).send().expect(200);
    ask(&there, &used).send().oauth_refused(401, "invalid_client");
    ask(&there, &agent.assertion(&here)).send().expect(200);

    let raced = agent.assertion(&here);
    let calls = (0..MANY).map(|turn| ask(if turn % 2 == 0 { &here } else { &there }, &raced));
    one_wins_oauth(at_once(calls), (401, "invalid_client"));
}

#[test]
fn a_proof_counts_once_on_both() {
    let (here, there) = two();
    let agent = Agent::register(&here);
    let login = |node: &crate::support::TestServer, proof: &str| {
        node.post("/v1/agents/login").header("dpop", proof).json(&json!({ "agent_id": agent.id }))
    };
    let used = agent.proof(&here, "POST", "/v1/agents/login");
    login(&here, &used).send().expect(200);
    login(&there, &used).send().refused(401, "proof_replayed");
    login(&there, &agent.proof(&here, "POST", "/v1/agents/login")).send().expect(200);

    let raced = agent.proof(&here, "POST", "/v1/agents/login");
    let answers = at_once((0..MANY).map(|turn| login(if turn % 2 == 0 { &here } else { &there }, &raced)));
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 401)), "{answers:?}");
}
