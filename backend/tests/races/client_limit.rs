//! No owner has more clients than their tier allows, no resource has two owners, and of several new secrets one counts.

use agentid::crypto::{base64url, sha256};
use serde_json::json;

use super::{MANY, MANY_MORE, at_once, number, one_wins, split};
use crate::support::{Agent, Client, Overseer, TestServer};

fn free() -> TestServer {
    TestServer::with(|config| config.billing.default_tier = "FREE".to_owned())
}

#[test]
fn of_many_registrations_as_many_succeed_as_there_is_room() {
    let server = free();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let calls = (0..MANY_MORE).map(|_| Client::registration(&server, &agent, &json!({})));
    let (registered, refused) = split(at_once(calls), 201);
    assert_eq!((registered.len(), refused.len()), (2, MANY_MORE - 2));
    for answer in refused {
        answer.refused(403, "client_limit");
    }
    // An overseer and their agent, at once: they share what is left.
    let other = Agent::register(&server);
    overseer.oversee(&server, &other);
    let calls = (0..MANY_MORE).map(|turn| match turn % 2 {
        0 => Client::registration(&server, &overseer, &json!({})),
        _ => Client::registration(&server, &other, &json!({})),
    });
    let (registered, _) = split(at_once(calls), 201);
    assert_eq!(registered.len(), 2);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM oauth_clients"), 4);
}

#[test]
fn of_many_owners_one_gets_a_resource() {
    let server = TestServer::start();
    let owners: Vec<_> = (0..MANY).map(|_| Agent::register(&server)).collect();
    let body = json!({ "resources": ["https://app.example/api"] });
    let calls = owners.iter().map(|owner| Client::registration(&server, owner, &body));
    let winner = one_wins(at_once(calls), 201, (409, "resource_taken"));
    let owner = winner.get("client")["owner_id"].as_str().unwrap().to_owned();
    assert_eq!(server.count("resource_owners", &format!("owner_id = '{owner}'")), 1);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM oauth_clients"), 1, "the losers' clients were kept");
}

#[test]
fn of_many_new_secrets_one_counts() {
    let server = TestServer::start();
    let owner = Overseer::register(&server);
    let client = Client::register(&server, &owner, json!({}));
    let calls = (0..MANY).map(|_| owner.call(&server, "POST", &client.path("/secret")));
    let secrets = at_once(calls).into_iter().map(|answer| answer.expect(200).text_of("client_secret"));
    let stored = secrets.filter(|secret| {
        let hash = base64url::encode(sha256(secret.as_bytes()));
        server.count("oauth_clients", &format!("client_secret_hash = '{hash}'")) == 1
    });
    assert_eq!(stored.count(), 1);
}

/// A change is of the whole row: one that read before another wrote must not undo it.
#[test]
fn changes_of_one_client_do_not_undo_each_other() {
    let server = TestServer::start();
    let owner = Overseer::register(&server);
    let client = Client::register(&server, &owner, json!({}));
    let changes = [
        json!({ "name": "renamed" }),
        json!({ "scope": "id" }),
        json!({ "dpop_bound_access_tokens": true }),
        json!({ "grant_types": ["authorization_code"] }),
        json!({ "resources": ["https://app.example/api"] }),
    ];
    let calls = changes.iter().map(|change| owner.call(&server, "PATCH", &client.path("")).json(change));
    for answer in at_once(calls) {
        answer.expect(200);
    }
    let view = client.look(&server, &owner);
    for change in &changes {
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(&view[name], value);
        }
    }
}
