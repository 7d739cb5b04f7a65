//! The story that the product is about, in one test.

use serde_json::json;

use crate::support::{Agent, Overseer, TestServer};

#[test]
fn an_agent_registers_is_claimed_gets_a_token_and_is_stopped() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let overseer = Overseer::register(&server);
    overseer.oversee(&server, &agent);

    let api = "https://api.example";
    let answer = agent.token(&server, &[("resource", api)]).expect(200);
    let token = answer.text_of("access_token");
    let claims = agent.introspect(&server, &token).expect(200).json();
    assert_eq!(claims["active"], true);
    assert_eq!(claims["aud"], api);
    assert_eq!(claims["sub"], agent.id.as_str());
    assert_eq!(claims["overseen"], true);

    let receipt = overseer.stop(&server, &agent).expect(200).json();
    assert_eq!(receipt["ended"]["access_tokens"], 1);
    assert_eq!(receipt["ended"]["sessions"], 1);
    assert_eq!(agent.introspect(&server, &token).expect(200).json(), json!({ "active": false }));
    agent.token(&server, &[]).oauth_refused(400, "unauthorized_client");
    agent.login(&server).refused(403, "agent_stopped");

    overseer.resume(&server, &agent).expect(200);
    agent.login(&server).expect(200);
    agent.token(&server, &[]).expect(200);
}
