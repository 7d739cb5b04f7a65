//! Disabling and deletion: codes and tokens end with their client.

use serde_json::{Value, json};

use crate::support::{Agent, Answer, Client, Overseer, TestServer};

/// A live and a dead token, a code and a consent that the client has of an agent, and a token of its own. `number`
/// tells clients apart.
fn grant(server: &TestServer, client: &Client, agent: &Agent, number: u32) {
    let (id, agent_id, now) = (&client.id, &agent.id, server.clock.now());
    let later = now + 900;
    server.execute(&format!(
        "INSERT INTO authorization_codes (id, agent_id, client_id, code_challenge, code_challenge_method, scopes,
                                          expires_at, created_at)
         VALUES ('code{number}', '{agent_id}', '{id}', '', 'S256', 'id', {later}, 0)"
    ));
    server.execute(&format!(
        "INSERT INTO consents (agent_id, client_id, scopes, created_at, updated_at)
         VALUES ('{agent_id}', '{id}', 'id', 0, 0)"
    ));
    for (kind, owner, expires_at) in [
        ("a", format!("'{agent_id}'"), later),
        ("b", "NULL".to_owned(), later),
        ("c", format!("'{agent_id}'"), now - 1),
    ] {
        server.execute(&format!(
            "INSERT INTO access_tokens (id, agent_id, client_id, scopes, access_token_hash, expires_at, created_at,
                                        keep_until, family_id)
             VALUES ('{}', {owner}, '{id}', 'id', '', {expires_at}, 0, {expires_at},
                     '01900000-0000-7000-8000-0000000000f{number}')",
            token(kind, number)
        ));
    }
}

fn token(kind: &str, number: u32) -> String {
    format!("01900000-0000-7000-8000-0000000000{kind}{number}")
}

fn disable(server: &TestServer, owner: &Agent, client: &Client, body: &Value) -> Answer {
    owner.call(server, "PUT", &client.path("/disabled")).json(body).send()
}

#[test]
fn what_a_disabled_client_holds_ends_for_good() {
    let server = TestServer::start();
    let (owner, agent) = (Agent::register(&server), Agent::register(&server));
    let (client, other) = (Client::register(&server, &owner, json!({})), Client::register(&server, &owner, json!({})));
    grant(&server, &client, &agent, 1);
    grant(&server, &other, &agent, 2);
    let own = agent.access_token(&server);
    let view = disable(&server, &owner, &client, &json!({ "disabled": true, "reason": "leaked" })).expect(200);
    let view = view.get("client");
    assert_eq!((&view["disabled_at"], &view["disabled_reason"]), (&json!("2026-11-24T06:00:00Z"), &json!("leaked")));
    assert_eq!(client.look(&server, &owner), view);
    let has_ended = || {
        assert_eq!(server.count("revoked_tokens", &format!("jti IN ('{}', '{}')", token("a", 1), token("b", 1))), 2);
        assert_eq!(server.count("revoked_tokens", "TRUE"), 2, "what had expired is not listed");
        assert_eq!(server.count("access_tokens", "revoked = TRUE"), 2);
        assert_eq!(server.count("authorization_codes", "used = TRUE AND id = 'code1'"), 1);
        assert_eq!(server.count("authorization_codes", "used = FALSE AND id = 'code2'"), 1);
    };
    has_ended();
    assert_eq!(server.count("consents", "TRUE"), 2, "consents outlive it");
    // On again: nothing comes back.
    let on = disable(&server, &owner, &client, &json!({ "disabled": false })).expect(200).get("client");
    assert_eq!((&on["disabled_at"], &on["disabled_reason"]), (&Value::Null, &Value::Null));
    has_ended();
    assert!(agent.is_active(&server, &own));
}

#[test]
fn switching_off_twice_is_switching_off_once() {
    let server = TestServer::start();
    let owner = Agent::register(&server);
    let client = Client::register(&server, &owner, json!({}));
    let off = json!({ "disabled": true, "reason": "leaked" });
    let first = disable(&server, &owner, &client, &off).expect(200).get("client");
    server.clock.advance(60);
    assert_eq!(disable(&server, &owner, &client, &off).expect(200).get("client"), first);
    let other = disable(&server, &owner, &client, &json!({ "disabled": true })).expect(200).get("client");
    assert_eq!((&other["disabled_at"], &other["disabled_reason"]), (&first["disabled_at"], &Value::Null));
    for _ in 0..2 {
        let on = disable(&server, &owner, &client, &json!({ "disabled": false })).expect(200).get("client");
        assert_eq!(on["updated_at"], "2026-11-24T06:01:00Z");
        server.clock.advance(60);
    }
    for bad in [
        json!({}),
        json!({ "disabled": null }),
        json!({ "disabled": "true" }),
        json!({ "disabled": true, "reason": "a\u{7}" }),
        json!({ "disabled": true, "reason": "a".repeat(501) }),
    ] {
        disable(&server, &owner, &client, &bad).refused(422, "invalid_field");
    }
    assert_eq!(client.look(&server, &owner)["disabled_at"], Value::Null);
    disable(&server, &owner, &client, &json!({ "disabled": true, "reason": "a".repeat(500) })).expect(200);
}

#[test]
fn everything_of_a_deleted_client_goes() {
    let server = TestServer::start();
    let (owner, agent) = (Agent::register(&server), Agent::register(&server));
    let (client, other) = (Client::register(&server, &owner, json!({})), Client::register(&server, &owner, json!({})));
    grant(&server, &client, &agent, 1);
    grant(&server, &other, &agent, 2);
    let deleted = owner.call(&server, "DELETE", &client.path("")).send().expect(200);
    assert_eq!(deleted.json(), json!({ "success": true }));
    owner.call(&server, "GET", &client.path("")).send().refused(404, "client_not_found");
    owner.call(&server, "DELETE", &client.path("")).send().refused(404, "client_not_found");
    for table in ["authorization_codes", "access_tokens", "consents"] {
        assert_eq!(server.count(table, &format!("client_id = '{}'", client.id)), 0, "{table}");
        assert!(server.count(table, &format!("client_id = '{}'", other.id)) > 0, "{table}");
    }
    assert_eq!(server.count("revoked_tokens", &format!("jti IN ('{}', '{}')", token("a", 1), token("b", 1))), 2);
    assert_eq!(server.count("revoked_tokens", "TRUE"), 2);
    other.look(&server, &owner);
}

#[test]
fn the_history_says_what_a_client_is_called_until_it_is_deleted() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({ "name": "Weather" }));
    let other = Client::register(&server, &overseer, json!({ "name": "Chess" }));
    let asked = [&client.id, &other.id, &client.id];
    for (number, client_id) in asked.iter().enumerate() {
        server.execute(&format!(
            "INSERT INTO oauth_requests (id, agent_id, client_id, scopes, status, created_at)
             VALUES ('01900000-0000-7000-8000-00000000000{number}', '{}', '{client_id}', 'id', 'approved', {})",
            agent.id,
            server.clock.now()
        ));
    }
    agent.token(&server, &[]).expect(200);
    let names = |query: &str| {
        let path = format!("/v1/agents/me/oauth-history{query}");
        let requests = agent.call(&server, "GET", &path).send().expect(200).get("requests");
        requests.as_array().unwrap().iter().map(|request| request["client"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(""), [json!("test agent"), json!("Weather"), json!("Chess"), json!("Weather")]);
    assert_eq!(names("?limit=2"), [json!("test agent"), json!("Weather")]);
    assert_eq!(names("?before=01900000-0000-7000-8000-000000000002"), [json!("Chess"), json!("Weather")]);
    client.change(&server, &overseer, &json!({ "name": "Climate" })).expect(200);
    overseer.call(&server, "DELETE", &other.path("")).send().expect(200);
    assert_eq!(names(""), [json!("test agent"), json!("Climate"), Value::Null, json!("Climate")]);
}
