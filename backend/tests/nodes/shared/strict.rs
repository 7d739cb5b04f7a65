//! What the strict profile needs holds on every node: nonces, pushed requests, notices of logouts.

use agentid::config::{DpopNonce, Network};
use serde_json::json;

use crate::http::backchannel_logout::send;
use crate::nodes::{two, two_with};
use crate::support::{Agent, Client, Outside, Overseer, TestServer};

#[test]
fn d11_a_nonce_of_one_node_is_good_on_the_other() {
    let (here, there) = two_with(|config| config.oauth.dpop_nonce = DpopNonce::Required);
    let agent = Agent::register(&here);
    let nonce = here.get("/v1/agents/me").send().header("dpop-nonce").unwrap().to_owned();
    let me = |node: &TestServer, nonce: &str| {
        let mut claims = agent.proof_claims(node, "GET", "/v1/agents/me");
        claims["nonce"] = json!(nonce);
        node.get("/v1/agents/me").header("dpop", &agent.proof_of(&claims)).send()
    };
    me(&there, &nonce).expect(200);
    me(&here, &nonce).expect(200);
    me(&there, "x").refused(401, "use_dpop_nonce");
}

#[test]
fn a13_a_request_that_one_node_took_is_used_once_on_all() {
    let (here, there) = two();
    let (agent, overseer) = (Agent::register(&here), Overseer::register(&here));
    let client = Client::register(&here, &overseer, json!({}));
    let (uri, verifier) = client.pushed(&here);
    let body = json!({ "client_id": client.id, "request_uri": uri });
    let answer = agent.authorize(&there, &body).expect(200);
    agent.authorize(&here, &body).oauth_refused(400, "invalid_request_uri");
    client.redeem(&here, &(answer.text_of("code"), verifier)).expect(200);
}

#[test]
fn a_notice_of_a_logout_is_sent_by_one_node() {
    let (here, there) = two_with(|config| config.outbound.allow = vec![Network::parse("127.0.0.1").unwrap()]);
    let (agent, overseer, outside) = (Agent::register(&here), Overseer::register(&here), Outside::start());
    overseer.oversee(&here, &agent);
    let uri = format!("{}/logout", outside.url);
    for _ in 0..4 {
        let client = Client::register(&here, &overseer, json!({ "backchannel_logout_uri": uri }));
        drop(agent.code_for(&here, &client, &json!({})));
    }
    overseer.stop(&here, &agent).expect(200);
    std::thread::scope(|scope| {
        for node in [&here, &there] {
            scope.spawn(|| send(node));
        }
    });
    assert_eq!(outside.asked().len(), 4);
    assert_eq!(here.count("logout_notices", "TRUE"), 0);
}
