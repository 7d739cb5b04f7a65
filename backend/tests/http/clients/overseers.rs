//! `/v1/overseers/{id}/clients`: an overseer sees their own clients and those of the agents they answer for.

use serde_json::{Value, json};

use crate::support::{Agent, Answer, Client, Overseer, TestServer};

fn list(server: &TestServer, overseer: &Overseer, id: &str) -> Answer {
    overseer.call(server, "GET", &format!("/v1/overseers/{id}/clients")).send()
}

fn ids(answer: &Answer) -> Vec<Value> {
    answer.get("clients").as_array().unwrap().iter().map(|client| client["id"].clone()).collect()
}

fn mark(server: &TestServer, overseer: &Overseer, id: &str, client: &Client, marked: bool) -> Answer {
    let path = format!("/v1/overseers/{id}/clients/{}/cancellation", client.id);
    overseer.call(server, "PUT", &path).json(&json!({ "marked_for_cancellation": marked })).send()
}

#[test]
fn an_overseer_sees_and_marks_their_own_and_their_agents_clients() {
    let server = TestServer::start();
    let (overseer, stranger) = (Overseer::register(&server), Overseer::register(&server));
    let (agent, other) = (Agent::register(&server), Agent::register(&server));
    overseer.oversee(&server, &agent);
    let own = Client::register(&server, &overseer, json!({}));
    server.clock.advance(1);
    let of_agent = Client::register(&server, &agent, json!({}));
    let foreign = [Client::register(&server, &other, json!({})), Client::register(&server, &stranger, json!({}))];
    for id in ["me", &overseer.id] {
        assert_eq!(ids(&list(&server, &overseer, id).expect(200)), [json!(own.id), json!(of_agent.id)]);
        for (client, marked) in [(&own, true), (&own, true), (&of_agent, true), (&of_agent, false), (&own, false)] {
            let answer = mark(&server, &overseer, id, client, marked).expect(200);
            assert_eq!(answer.json(), json!({ "success": true }));
            assert_eq!(client.look(&server, &overseer)["marked_for_cancellation"], marked);
        }
        for client in &foreign {
            mark(&server, &overseer, id, client, true).refused(404, "client_not_found");
        }
    }
    list(&server, &overseer, &stranger.id).refused(403, "not_your_account");
    mark(&server, &overseer, &stranger.id, &own, true).refused(403, "not_your_account");
    assert_eq!(ids(&list(&server, &stranger, "me").expect(200)), [json!(foreign[1].id)]);
    assert_eq!(server.count("oauth_clients", "marked_for_cancellation = TRUE"), 0);
    agent.call(&server, "GET", "/v1/overseers/me/clients").send().refused(401, "not_authenticated");

    overseer.call(&server, "POST", &format!("/v1/agents/declaim/{}", agent.id)).send().expect(200);
    assert_eq!(ids(&list(&server, &overseer, "me").expect(200)), [json!(own.id)]);
    mark(&server, &overseer, "me", &of_agent, true).refused(404, "client_not_found");
}
