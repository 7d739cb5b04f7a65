//! Many nodes start at once on one empty database.

use std::sync::Barrier;
use std::thread;

use agentid::db::migrate::MIGRATIONS;
use agentid::db::{Db, Settings};
use serde_json::Value;

use crate::support::Process;
use crate::support::database::{self, server};
use crate::support::process::{SECRET, agentid, argument, run};

const NODES: usize = 10;

#[test]
fn ten_first_starts_make_one_schema_and_one_signing_key() {
    let url = database::new_empty_database();
    let folder = tempfile::tempdir().unwrap();
    let barrier = Barrier::new(NODES);
    let start = |number: usize| {
        barrier.wait();
        Process::node(&folder.path().join(number.to_string()), &url, &[])
    };
    let nodes: Vec<Process> = thread::scope(|scope| {
        let threads: Vec<_> = (0..NODES).map(|number| scope.spawn(move || start(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });

    let jwks = |node: &Process| node.remote.get("/.well-known/jwks.json").send().expect(200).json();
    let first = jwks(&nodes[0]);
    assert_eq!(first["keys"].as_array().map(Vec::len), Some(1), "{first}");
    for node in &nodes {
        assert_eq!(jwks(node), first);
        assert!(!node.log().contains("ERROR"), "{}", node.log());
    }
    let agent = nodes[0].remote.register();
    for node in &nodes {
        let token = node.remote.token(&agent).send().expect(200).text_of("access_token");
        assert_eq!(nodes[0].remote.introspection(&agent, &token).send().expect(200).get("active"), true);
    }

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let db = Db::open(&Settings::new(server(&url))).unwrap();
    let count = |sql: &'static str| runtime.block_on(db.read(move |tx| tx.query_one(sql, &[])?.get::<i64>(0))).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM schema_migrations"), i64::try_from(MIGRATIONS.len()).unwrap());
    assert_eq!(count("SELECT COUNT(*) FROM signing_keys"), 1);
    assert_eq!(count("SELECT COUNT(*) FROM subscription_tiers"), 5);
}

#[test]
fn a_node_without_the_secret_or_with_another_one_refuses_to_start() {
    let url = database::new_empty_database();
    let folder = tempfile::tempdir().unwrap();
    let node = |name: &str, secret: Option<&str>| {
        let folder = folder.path().join(name);
        let mut command =
            agentid(&["serve", "--listen", "127.0.0.1:0", "--database", &url, "--data", argument(&folder)]);
        if let Some(secret) = secret {
            command.env("AGENTID_SECRET", secret);
        }
        let (code, _, error) = run(command);
        assert_eq!(code, Some(1), "{error}");
        error
    };
    let error = node("none", None);
    assert!(error.contains("set AGENTID_SECRET"), "{error}");
    let first = Process::node(&folder.path().join("first"), &url, &[]);
    let error = node("other", Some("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"));
    assert!(error.contains("AGENTID_SECRET") && error.contains("is not the one"), "{error}");
    for secret in [SECRET, "BBBB"] {
        assert!(!error.contains(secret), "{error}");
    }
    first.remote.register();
}

#[test]
fn commands_of_the_operator_work_on_the_server() {
    let url = database::new_empty_database();
    let folder = tempfile::tempdir().unwrap();
    let command = |arguments: &[&str]| {
        let mut command = agentid(&["--json"]);
        command.args(arguments).args(["--database", &url, "--data", argument(folder.path())]);
        command.env("AGENTID_SECRET", SECRET);
        let (code, output, error) = run(command);
        (code, serde_json::from_str::<Value>(&output).unwrap_or_default(), output + &error)
    };
    let (code, _, error) = command(&["db", "check"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("agentid db migrate"), "{error}");
    let (code, migrated, error) = command(&["db", "migrate"]);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(migrated["applied"].as_array().map(Vec::len), Some(MIGRATIONS.len()));
    assert_eq!(command(&["db", "check"]).0, Some(0));
    let (_, status, _) = command(&["db", "status"]);
    assert!(status["migrations"].as_array().unwrap().iter().all(|one| one["state"] == "applied"), "{status}");

    let node = Process::node(folder.path(), &url, &[]);
    node.remote.register();
    assert_eq!(command(&["keys", "list"]).1["keys"].as_array().map(Vec::len), Some(1));
    let (code, _, error) = command(&["keys", "rotate-secret"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("docs/v1/operations.md"), "{error}");
    let copy = folder.path().join("copy");
    for refused in [["db", "backup", argument(&copy)], ["db", "restore", argument(&copy)]] {
        let (code, _, error) = command(&refused);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains("is a server: use its own pg_"), "{error}");
    }
}

/// The driver shows every statement's parameters then: hashes, addresses, sealed keys.
#[test]
fn at_every_level_the_log_shows_no_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let node = Process::node(folder.path(), &database::new_empty_database(), &["log.level=trace"]);
    let agent = node.remote.register();
    node.remote.token(&agent).send().expect(200);
    let log = node.log();
    assert!(log.contains("with parameters: [_"), "the test looks where the driver shows them");
    assert!(!log.contains("Text(") && !log.contains("Integer("), "{log}");
}
