//! What is begun on one node goes on on the other.

use agentid::crypto::base64url;
use agentid::oauth::signing_keys::SOONEST;
use serde_json::{Value, json};

use crate::nodes::two;
use crate::support::browser::{Browser, challenge_of, code, request};
use crate::support::{Agent, Client, Overseer, TestServer};

#[test]
fn a_registration_a_session_and_a_claim_go_on_on_the_other_node() {
    let (here, there) = two();
    let mut agent = Agent::unregistered();
    let challenge = agent.initiate(&here).expect(200);
    let answer = agent.complete(&there, &challenge).expect(201);
    agent.complete(&here, &challenge).refused(409, "challenge_used");
    agent.id = answer.json()["agent"]["id"].as_str().unwrap().to_owned();
    agent.session = answer.text_of("session_id");
    agent.call(&here, "GET", "/v1/agents/me").send().expect(200);

    let overseer = Overseer::register(&there);
    let claim = overseer.claim(&here, &agent).expect(200).text_of("challenge_id");
    overseer.accept(&there, &agent, &claim).expect(200);
    let overseen = overseer.call(&here, "GET", &format!("/v1/overseers/{}/agents", overseer.id)).send().expect(200);
    assert!(overseen.text.contains(&agent.id), "{overseen:?}");

    agent.call(&there, "POST", "/v1/agents/logout").json(&json!({})).send().expect(200);
    agent.call(&here, "GET", "/v1/agents/me").send().refused(401, "not_authenticated");
}

#[test]
fn a_sign_in_in_a_browser_goes_on_on_the_other_node() {
    let (here, there) = two();
    let (agent, overseer) = (Agent::register(&here), Overseer::register(&here));
    overseer.oversee(&there, &agent);
    let client = Client::register(&there, &overseer, json!({ "id_token_signed_response_alg": "ES256" }));
    let (parameters, verifier) = request(&client);
    // Each form was made by one node and is sent to the other.
    let browser = Browser::new(&here);
    let sign_in = browser.authorize(&parameters).expect(200);
    let browser = browser.at(&there);
    let consent = browser.log_in(&sign_in, &overseer).expect(200);
    let browser = browser.at(&here);
    let code = code(&here, &browser.allow(&consent));
    let gone = browser.at(&there).allow(&consent);
    assert!(gone.text.contains("is over"), "{gone:?}");

    here.clock.advance(SOONEST);
    for node in [&here, &there] {
        node.block_on(node.app.signing_keys.reload(&node.app.db, &node.app.secrets)).unwrap();
    }
    let tokens = client.redeem(&there, &(code, verifier)).expect(200);
    let header = tokens.text_of("id_token").split('.').next().map(str::to_owned).unwrap();
    let header: Value = serde_json::from_slice(&base64url::decode(&header).unwrap()).unwrap();
    for node in [&here, &there] {
        let keys = node.get("/.well-known/jwks.json").send().expect(200).get("keys");
        assert!(keys.as_array().unwrap().iter().any(|key| key["kid"] == header["kid"]), "{keys}");
    }
    // The agent signs on one node what the page of the other one shows.
    let other = Browser::new(&here);
    let page = other.authorize(&request(&client).0).expect(200);
    agent.sign_in(&there, &challenge_of(&page)).expect(200);
    assert_eq!(other.at(&there).act(&page, "continue", &[]).status, 303);
}

/// A key that a client's registration has made signs nowhere before every node has read it.
#[test]
fn a_key_that_one_node_has_made_signs_when_the_other_publishes_it() {
    let (here, there) = two();
    let (agent, overseer) = (Agent::register(&here), Overseer::register(&here));
    let client = Client::register(&here, &overseer, json!({ "id_token_signed_response_alg": "ES256" }));
    let kids = |node: &TestServer| {
        let keys = node.get("/.well-known/jwks.json").send().expect(200).get("keys");
        keys.as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    let code = agent.code_for(&here, &client, &json!({ "scope": "openid" }));
    let answer = client.redeem(&here, &code);
    let is_published = kids(&there).len() == 2;
    if answer.status == 200 && !is_published {
        assert!(!on_a_server(&here), "it signs with what the other node does not publish");
    }
    here.clock.advance(SOONEST);
    there.block_on(there.app.signing_keys.reload(&there.app.db, &there.app.secrets)).unwrap();
    assert_eq!(kids(&here), kids(&there));
    let code = agent.code_for(&there, &client, &json!({ "scope": "openid" }));
    client.redeem(&there, &code).expect(200);
}

/// Whether the nodes share a server, and not a file of one machine.
fn on_a_server(node: &TestServer) -> bool {
    node.app.config.database.url.expose().is_some()
}
