//! An assertion, a proof and a link count once, at whichever endpoints they come in.

use agentid::cli::demo::paddle::signature;
use serde_json::json;

use super::{MANY, at_once, number, one_wins, one_wins_oauth};
use crate::http::billing;
use crate::support::{Agent, Call, Mailbox, Overseer, TestServer};

#[test]
fn of_many_uses_of_one_assertion_one_gets_a_token() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let assertion = agent.assertion(&server);
    let form = [("grant_type", "client_credentials")];
    let answers = at_once((0..MANY).map(|_| oauth(&server, "/v1/oauth/token", &assertion, &form)));
    let winner = one_wins_oauth(answers, (401, "invalid_client"));
    assert_eq!(agent.introspect(&server, &winner.text_of("access_token")).get("active"), true);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM access_tokens"), 1);
}

#[test]
fn an_assertion_counts_once_over_all_endpoints() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.token(&server, &[]).expect(200).text_of("access_token");
    let assertion = agent.assertion(&server);
    let answers = at_once((0..MANY).map(|turn| match turn % 3 {
        0 => oauth(&server, "/v1/oauth/token", &assertion, &[("grant_type", "client_credentials")]),
        1 => oauth(&server, "/v1/oauth/introspect", &assertion, &[("token", &token)]),
        _ => oauth(&server, "/v1/oauth/revoke", &assertion, &[("token", &token)]),
    }));
    one_wins_oauth(answers, (401, "invalid_client"));
}

#[test]
fn of_many_uses_of_one_proof_one_counts() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let proof = agent.proof(&server, "GET", "/v1/agents/me");
    let answers = at_once((0..MANY).map(|_| server.get("/v1/agents/me").header("dpop", &proof)));
    one_wins(answers, 200, (401, "proof_replayed"));
}

#[test]
fn a_refused_action_spends_its_proof_once() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let path = "/v1/agents/revoke-overseer";
    let proof = agent.proof(&server, "POST", path);
    let answers = at_once((0..MANY).map(|_| server.post(path).header("dpop", &proof)));
    one_wins(answers, 404, (401, "proof_replayed")).refused(404, "no_overseer");
}

fn oauth(server: &TestServer, path: &str, assertion: &str, more: &[(&str, &str)]) -> Call {
    let mut form = vec![
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    form.extend(more);
    server.post(path).form(&form)
}

#[test]
fn of_many_uses_of_a_link_one_counts() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    let overseer = Overseer::register(&server);
    let token = mailbox.one(&server, &overseer.email).token("confirm-email");
    let body = json!({ "token": token });
    let path = "/v1/overseers/me/email/confirmation";
    let answers = at_once((0..MANY).map(|_| overseer.call(&server, "PUT", path).json(&body)));
    one_wins(answers, 200, (404, "link_expired"));
}

#[test]
fn of_many_times_that_an_event_is_told_one_is_applied() {
    let (server, paddle) = billing::start();
    let overseer = Overseer::register(&server);
    let begun = billing::upgrade(&server, &overseer, "PRO").expect(200);
    for event in paddle.pay(&begun.text_of("transaction_id"), server.clock.now()) {
        let body = event.to_string();
        let signature = signature(&body, server.clock.now());
        let call = || server.post("/v1/webhooks/paddle").header("paddle-signature", &signature).bytes(body.clone());
        for answer in at_once((0..MANY).map(|_| call())) {
            answer.expect(200);
        }
    }
    assert_eq!(billing::tier(&server, &overseer), "PRO");
    assert_eq!(number(&server, "SELECT COUNT(*) FROM billing_events"), 3);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM subscriptions"), 1);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM checkouts WHERE completed_at IS NOT NULL"), 1);
}
