//! What D1 refuses, and what it does by itself.

use std::fs;

use super::migrations;
use super::wrangler::D1;

const AGENTS: &str = "INSERT INTO agents (id, name, public_key, created_at, updated_at, billing_period_end)
                      VALUES ('gone', 'gone', 'key of gone', 0, 0, 0), ('kept', 'kept', 'key of kept', 0, 0, 0)";
const OVERSIGHTS: &str = "INSERT INTO oversights (id, overseer_id, agent_id, created_at, updated_at)
                          VALUES ('1', 'o', 'gone', 0, 0), ('2', 'o', 'kept', 0, 0)";

/// Each refused statement differs from one that was taken by the one value that the constraint is about.
#[test]
fn d1_holds_the_constraints() {
    let d1 = D1::migrated(&migrations());
    let oversight = |id: &str, active: &str| {
        format!(
            "INSERT INTO oversights (id, overseer_id, agent_id, active, created_at, updated_at)
             VALUES ('{id}', '{id}', 'kept', {active}, 0, 0)"
        )
    };
    let revoked = |kind: &str| {
        format!(
            "INSERT INTO revoked_tokens (id, jti, token_type, expires_at, created_at)
             VALUES ('{kind}', '{kind}', '{kind}', 0, 0)"
        )
    };
    let consent = |agent: &str| {
        format!(
            "INSERT INTO consents (agent_id, client_id, scopes, created_at, updated_at)
             VALUES ('{agent}', 'client', 'id', 0, 0)"
        )
    };
    let client = "INSERT INTO oauth_clients (id, owner_type, owner_id, name, redirect_uris, token_endpoint_auth_method,
                                             created_at, updated_at)
                  VALUES ('client', 'agent', 'kept', 'client', '[]', 'none', 0, 0)";
    let taken = [oversight("ended", "FALSE"), revoked("access"), consent("gone"), consent("kept")];
    let taken: Vec<&str> = [AGENTS, OVERSIGHTS, client].into_iter().chain(taken.iter().map(String::as_str)).collect();
    d1.run(&taken).unwrap();

    let refused = |statement: &str, says: &str| {
        let error = d1.run(&[statement]).unwrap_err();
        assert!(error.contains(says), "{statement}: {error}");
    };
    refused(&oversight("second", "TRUE"), "UNIQUE constraint failed: oversights.agent_id");
    refused(&revoked("other"), "CHECK constraint failed: token_type");
    refused(&consent("nobody"), "FOREIGN KEY constraint failed");

    let answers = d1.run(&[
        "DELETE FROM agents WHERE id = 'gone'",
        "SELECT id FROM oversights ORDER BY id",
        "SELECT agent_id AS id FROM consents",
        "SELECT id FROM revoked_tokens",
    ]);
    let answers = answers.unwrap();
    let ids = |at: usize| answers[at].iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!((ids(1), ids(2), ids(3)), (vec!["2", "ended"], vec!["kept"], vec!["access"]));
}

/// Why `agents` and `overseers` are never rebuilt: on D1 dropping the old table takes its children along, whatever a
/// migration says of foreign keys. A column that is added takes nothing.
#[test]
fn rebuilding_a_parent_on_d1_deletes_its_children() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(migrations()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let counts = |name: &str, migration: &str| {
        let rows = format!("{AGENTS};\n{OVERSIGHTS};\n");
        fs::write(folder.path().join("9998_rows.sql"), rows).unwrap();
        let path = folder.path().join(name);
        fs::write(&path, migration).unwrap();
        let d1 = D1::migrated(folder.path());
        fs::remove_file(path).unwrap();
        let sql = "SELECT (SELECT COUNT(*) FROM agents) AS agents, (SELECT COUNT(*) FROM oversights) AS oversights";
        let rows = d1.run(&[sql]).unwrap();
        (rows[0][0]["agents"].as_i64(), rows[0][0]["oversights"].as_i64())
    };
    let rebuild = "PRAGMA foreign_keys = OFF;
                   CREATE TABLE new_agents AS SELECT * FROM agents;
                   DROP TABLE agents;
                   ALTER TABLE new_agents RENAME TO agents;";
    assert_eq!(counts("9999_rebuild.sql", rebuild), (Some(2), Some(0)));
    assert_eq!(counts("9999_add.sql", "ALTER TABLE agents ADD COLUMN more TEXT;"), (Some(2), Some(2)));
}
