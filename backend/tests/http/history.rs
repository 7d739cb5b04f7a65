//! `GET /v1/agents/me/oauth-history`.

use serde_json::{Value, json};

use crate::support::{Agent, Answer, TestServer};

const DAY: i64 = 24 * 60 * 60;

fn history(server: &TestServer, agent: &Agent, query: &str) -> Answer {
    agent.proven(server, "GET", "/v1/agents/me/oauth-history");
    let proof = agent.proof(server, "GET", "/v1/agents/me/oauth-history");
    server.get(&format!("/v1/agents/me/oauth-history{query}")).header("dpop", &proof).send()
}

fn resources(answer: &Answer) -> Vec<String> {
    let requests = answer.get("requests");
    requests.as_array().unwrap().iter().map(|entry| entry["resource"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_agent_s_own_tokens_stand_there_once_a_day_for_each_resource() {
    let server = TestServer::start();
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    let (a, b) = (("resource", "https://a.example"), ("resource", "https://b.example"));
    assert_eq!(history(&server, &agent, "").expect(200).json(), json!({ "requests": [], "next": null }));
    for resources in [&[a][..], &[a], &[a, b], &[b]] {
        agent.token(&server, resources).expect(200);
    }
    other.token(&server, &[a]).expect(200);
    let today = history(&server, &agent, "").expect(200);
    let mut seen = resources(&today);
    seen.sort();
    assert_eq!(seen, ["https://a.example", "https://b.example"]);
    let entry = &today.get("requests")[0];
    assert_eq!(entry["client"], json!({ "id": agent.id, "name": "test agent" }));
    assert_eq!((&entry["scopes"], &entry["status"]), (&json!("id name"), &json!("approved")));
    assert_eq!(entry["created_at"], "2026-11-24T06:00:00Z");
    assert!(entry["id"].is_string());

    // The day is that of UTC: it is 06:00, so 18 hours later it is another one.
    server.clock.advance(18 * 60 * 60 - 1);
    agent.token(&server, &[a]).expect(200);
    assert_eq!(resources(&history(&server, &agent, "").expect(200)).len(), 2);
    server.clock.advance(1);
    agent.token(&server, &[a]).expect(200);
    let tomorrow = history(&server, &agent, "").expect(200);
    assert_eq!(resources(&tomorrow).len(), 3);
    assert_eq!(tomorrow.get("requests")[0]["created_at"], "2026-11-25T00:00:00Z", "the newest first");
    assert_eq!(resources(&history(&server, &other, "").expect(200)).len(), 1);
    let me = agent.proven(&server, "GET", "/v1/agents/me").send().expect(200);
    assert_eq!(me.get("agent")["oauth_count"], 0, "its own tokens do not count");
}

#[test]
fn it_comes_in_pages() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for number in 0..5 {
        agent.token(&server, &[("resource", &format!("https://{number}.example"))]).expect(200);
        server.clock.advance(DAY);
    }
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    for expected in [2, 2, 1] {
        let page = history(&server, &agent, &query).expect(200);
        assert_eq!(resources(&page).len(), expected);
        seen.extend(resources(&page));
        let next = page.get("next");
        assert_eq!(next == Value::Null, expected == 1);
        query = format!("?limit=2&before={}", next.as_str().unwrap_or_default());
    }
    let newest_first: Vec<String> = (0..5).rev().map(|number| format!("https://{number}.example")).collect();
    assert_eq!(seen, newest_first);
    for (limit, expected) in
        [("0", 1), ("-7", 1), ("1", 1), ("5", 5), ("100", 5), ("101", 5), ("9223372036854775807", 5)]
    {
        let page = history(&server, &agent, &format!("?limit={limit}")).expect(200);
        assert_eq!(resources(&page).len(), expected, "{limit}");
    }
}

#[test]
fn a_bad_page_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for query in [
        "?limit=x",
        "?limit=",
        "?limit=9223372036854775808",
        "?limit=1&limit=2",
        "?before=x",
        "?before=%00",
        "?before=%FF",
        "?before=",
    ] {
        history(&server, &agent, query).refused(422, "invalid_field");
    }
    history(&server, &agent, "?unknown=1").expect(200);
    history(&server, &agent, &format!("?before={}", agent.id)).expect(200);
    server.get("/v1/agents/me/oauth-history").send().refused(401, "not_authenticated");
}
