//! The limit on authorizations: of many at once exactly as many succeed as there is room for.

use serde_json::{Value, json};

use super::{at_once, split};
use crate::support::flow::{pkce, request};
use crate::support::{Agent, Client, Overseer, TestServer};

const PATH: &str = "/v1/oauth/authorize";
/// Of the tier FREE.
const LIMIT: i64 = 100;

fn authorize(server: &TestServer, agent: &Agent, client: &Client) -> crate::support::Call {
    agent.proven(server, "POST", PATH).json(&request(client, &pkce().1))
}

fn me(server: &TestServer, agent: &Agent) -> Value {
    agent.proven(server, "GET", "/v1/agents/me").send().expect(200).get("agent")
}

/// How often each status stands in the agent's history.
fn history(server: &TestServer, agent: &Agent) -> [usize; 2] {
    let path = "/v1/agents/me/oauth-history";
    let call = server.get(&format!("{path}?limit=100")).header("dpop", &agent.proof(server, "GET", path));
    let requests = call.send().expect(200).get("requests");
    let requests = requests.as_array().unwrap();
    ["approved", "limited"].map(|status| requests.iter().filter(|request| request["status"] == status).count())
}

#[test]
fn of_many_authorizations_as_many_succeed_as_there_is_room_for() {
    let server = TestServer::with(|config| config.billing.default_tier = "FREE".to_owned());
    let (agent, other, overseer) = (Agent::register(&server), Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    // A first one begins the period; what 94 more would have counted is put there.
    authorize(&server, &agent, &client).send().expect(200);
    server.execute(&format!("UPDATE agents SET oauth_count = {} WHERE id = '{}'", LIMIT - 5, agent.id));

    let answers = at_once((0..50).map(|_| authorize(&server, &agent, &client)));
    let (granted, limited) = split(answers, 200);
    assert_eq!((granted.len(), limited.len()), (5, 45));
    for answer in limited {
        answer.oauth_refused(403, "access_denied");
    }
    assert_eq!(history(&server, &agent), [6, 45]);
    assert_eq!(me(&server, &agent)["oauth_count"], LIMIT);
    assert_eq!(server.count("authorization_codes", "TRUE"), 6, "a refused one left no code");
    authorize(&server, &other, &client).send().expect(200);

    // The next month, from its first second on.
    let end = me(&server, &agent)["billing_period_end"].as_str().unwrap().to_owned();
    assert_eq!(end, "2026-12-01T00:00:00Z");
    let until_then = 6 * 24 * 60 * 60 + 18 * 60 * 60;
    server.clock.advance(until_then - 1);
    authorize(&server, &agent, &client).send().oauth_refused(403, "access_denied");
    server.clock.advance(1);
    let answers = at_once((0..50).map(|_| authorize(&server, &agent, &client)));
    assert!(split(answers, 200).1.is_empty());
    let now = me(&server, &agent);
    assert_eq!((&now["oauth_count"], &now["billing_period_end"]), (&json!(50), &json!("2027-01-01T00:00:00Z")));
    let answers = at_once((0..60).map(|_| authorize(&server, &agent, &client)));
    assert_eq!(split(answers, 200).0.len(), 50);
    assert_eq!(me(&server, &agent)["oauth_count"], LIMIT);
}

/// A proof is worth one authorization, and what is refused for it counts nothing.
#[test]
fn of_many_authorizations_with_one_proof_one_counts() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let proof = agent.proof(&server, "POST", PATH);
    let ask = |_| server.post(PATH).header("dpop", &proof).json(&request(&client, &pkce().1));
    super::one_wins(at_once((0..super::MANY).map(ask)), 200, (401, "proof_replayed"));
    assert_eq!(me(&server, &agent)["oauth_count"], 1);
    assert_eq!(server.count("authorization_codes", "TRUE"), 1);
}
