//! Two processes that start at once on one empty folder become two nodes of one server.

use std::fs;
use std::sync::Barrier;
use std::thread;

use agentid::clock::Clock;
use agentid::db::Engine;
use agentid::db::migrate::{self, Backup, Migration};
use serde_json::Value;

use super::MANY;
use crate::support::Process;
use crate::support::process::{agentid, argument, run};

const ROUNDS: usize = 5;

#[test]
fn two_first_starts_make_one_secret_and_one_signing_key() {
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let barrier = Barrier::new(2);
        let start = || {
            barrier.wait();
            Process::start(&data)
        };
        let (one, other) = thread::scope(|scope| {
            let (one, other) = (scope.spawn(start), scope.spawn(start));
            (one.join().unwrap(), other.join().unwrap())
        });

        let secret = fs::read_to_string(data.join("secret")).unwrap();
        assert_eq!(secret.lines().filter(|line| !line.starts_with('#')).count(), 1, "{secret}");
        let (code, keys, error) = run(agentid(&["--json", "keys", "list", "--data", argument(&data)]));
        assert_eq!(code, Some(0), "{error}");
        let keys: Value = serde_json::from_str(&keys).unwrap();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1, "{keys}");
        let jwks = |node: &Process| node.remote.get("/.well-known/jwks.json").send().expect(200).json();
        assert_eq!(jwks(&one), jwks(&other));

        // Each serves, and knows what the other one has done.
        for (here, there) in [(&one.remote, &other.remote), (&other.remote, &one.remote)] {
            let agent = here.register();
            there.get("/v1/agents/me").session(&agent.session).send().expect(200);
            let token = here.token(&agent).send().expect(200).text_of("access_token");
            assert_eq!(there.introspection(&agent, &token).send().expect(200).get("active"), true);
        }
        for node in [one, other] {
            node.terminate();
            assert!(node.wait().success());
        }
        assert_eq!(names(&data), ["agentid.db", "secret"], "something was left behind");
    }
}

#[test]
fn of_many_first_migrations_one_makes_the_schema_and_none_a_backup() {
    // Many steps, so that others come in between.
    let names = (1..=300).map(|number| format!("{number:04}_step").leak() as &str);
    let migrations: Vec<_> = names.map(|name| Migration { name, sql: "SELECT 1" }).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agentid.db");
    let barrier = Barrier::new(MANY);
    let migrate = || {
        barrier.wait();
        migrate::migrate(&Engine::file(&path), &migrations, Backup::Beside, &Clock::system()).unwrap()
    };
    let migrated: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..MANY).map(|_| scope.spawn(migrate)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // A second process must not take what the first has half done for a database in use.
    assert!(migrated.iter().all(|migrated| migrated.backup.is_none()), "{migrated:?}");
    assert_eq!(migrated.iter().filter(|migrated| !migrated.applied.is_empty()).count(), 1, "{migrated:?}");
    migrate::check(&Engine::file(&path), &migrations).unwrap();
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
