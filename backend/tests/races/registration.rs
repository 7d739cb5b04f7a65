//! One key is one agent, one challenge is answered once, one e-mail address is one account.

use serde_json::json;

use super::{MANY, at_once, number, one_wins};
use crate::support::overseer::PASSWORD;
use crate::support::process::Remote;
use crate::support::{Agent, TestServer};

#[test]
fn of_many_registrations_of_one_key_one_succeeds() {
    let server = TestServer::start();
    let (remote, agent) = (Remote(server.url.clone()), Agent::unregistered());
    let challenges: Vec<_> = (0..MANY).map(|_| agent.initiate(&server).expect(200)).collect();
    let answers = at_once(challenges.iter().map(|challenge| remote.completion(&agent, challenge)));
    one_wins(answers, 201, (409, "public_key_taken"));
    assert_eq!(number(&server, "SELECT COUNT(*) FROM agents"), 1);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM sessions"), 1);
}

#[test]
fn of_many_answers_to_one_challenge_one_counts() {
    let server = TestServer::start();
    let (remote, agent) = (Remote(server.url.clone()), Agent::unregistered());
    let challenge = agent.initiate(&server).expect(200);
    let answers = at_once((0..MANY).map(|_| remote.completion(&agent, &challenge)));
    one_wins(answers, 201, (409, "challenge_used"));
    assert_eq!(number(&server, "SELECT COUNT(*) FROM sessions"), 1);
}

#[test]
fn of_many_accounts_with_one_address_one_is_made() {
    let server = TestServer::start();
    let body = json!({ "name": "Somebody", "email": "one@example.org", "password": PASSWORD });
    let answers = at_once((0..MANY).map(|_| server.post("/v1/overseers/register").json(&body)));
    let winner = one_wins(answers, 201, (409, "email_taken"));
    server.get("/v1/overseers/me").session(&winner.text_of("session_id")).send().expect(200);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM overseers"), 1);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM sessions"), 1);
}
