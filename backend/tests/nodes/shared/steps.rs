//! What is begun on one node goes on on the other.

use serde_json::json;

use crate::nodes::two;
use crate::support::{Agent, Overseer};

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
