//! Deleting an agent takes everything of it, also what it is just getting.

use std::collections::BTreeSet;

use agentid::crypto::jws::UnverifiedJws;
use agentid::db::{Error, Tx};
use agentid::params;
use serde_json::json;

use super::key_rotation::rotate;
use super::number;
use super::storm::around;
use crate::support::database::is_postgres;
use crate::support::{Agent, Overseer, TestServer};

#[test]
fn a_deletion_leaves_nothing_of_what_a_storm_of_requests_got() {
    let server = TestServer::start();
    let (first, overseer) = (Agent::register(&server), Overseer::register(&server));
    let agent = rotate(&server, &first);
    overseer.claim(&server, &agent).expect(200);
    overseer.oversee(&server, &agent);
    let rotation = json!({ "new_public_key": Agent::unregistered().public_key() });
    server.post("/v1/agents/rotate-key/initiate").session(&agent.session).json(&rotation).send().expect(200);

    let api = [("resource", "https://api.example")];
    let ask = |caller: usize| match caller % 2 {
        0 => (true, agent.token(&server, &api)),
        _ => (false, agent.login(&server)),
    };
    let delete = || drop(agent.proven(&server, "DELETE", "/v1/agents/me").send().expect(200));
    let storm = around(ask, delete);

    let mut live = BTreeSet::new();
    for around in storm {
        let (is_token, answer) = around.answer;
        match answer.status {
            200 => {
                assert!(!around.is_after, "got after the deletion was answered: {answer:?}");
                if is_token {
                    live.insert(jti(&answer.text_of("access_token")));
                }
            }
            _ if is_token => drop(answer.oauth_refused(401, "invalid_client")),
            _ => drop(answer.refused(401, "not_authenticated")),
        }
    }
    assert!(!live.is_empty(), "the storm got nothing");
    assert_eq!(traces(&server, &agent.public_key()), [] as [String; 0]);
    // A key that was retired never comes back, also without its agent. The log is its overseer's.
    assert_eq!(traces(&server, &agent.id), ["retired_keys.agent_id", "security_events.agent_id"]);
    assert_eq!(traces(&server, &first.public_key()), ["retired_keys.public_key"]);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM access_tokens"), 0);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM sessions WHERE entity_type = 'agent'"), 0);
    assert_eq!(revoked(&server), live);
}

fn jti(token: &str) -> String {
    UnverifiedJws::parse(token).unwrap().unverified_claims()["jti"].as_str().unwrap().to_owned()
}

fn revoked(server: &TestServer) -> BTreeSet<String> {
    let read = server.app.db.read(|tx| texts(tx, "SELECT jti FROM revoked_tokens"));
    server.block_on(read).unwrap().into_iter().collect()
}

/// Every column of every table that holds this text, also inside of another.
fn traces(server: &TestServer, text: &str) -> Vec<String> {
    let text = text.to_owned();
    let read = server.app.db.read(move |tx| {
        let columns = if is_postgres() {
            "SELECT table_name || '.' || column_name FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type = 'text'"
        } else {
            "SELECT tables.name || '.' || columns.name FROM sqlite_master AS tables
             JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
        };
        let mut traces = Vec::new();
        for name in texts(tx, columns)? {
            let (table, column) = name.split_once('.').unwrap();
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%' || $1 || '%'");
            if tx.query_one(&sql, params![&text])?.get::<i64>(0)? > 0 {
                traces.push(name);
            }
        }
        Ok::<_, Error>(traces)
    });
    server.block_on(read).unwrap()
}

fn texts(tx: &mut Tx<'_>, sql: &str) -> Result<Vec<String>, Error> {
    tx.query_all(sql, &[])?.iter().map(|row| row.get(0)).collect()
}
