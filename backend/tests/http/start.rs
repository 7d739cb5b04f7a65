//! What a server refuses to start on.

use agentid::config::Migrate;
use agentid::crypto::base64url;

use crate::support::{Agent, TestServer, database};

/// Changes the database of a server that does not run.
fn change(folder: &tempfile::TempDir, sql: &str) {
    database::execute(folder.path(), sql);
}

#[test]
fn another_secret_than_the_database_s_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    assert!(server.folder().join("secret").exists());
    let clock = server.clock.clone();
    let folder = server.stop();
    let other = base64url::encode([7; 32]);
    let error = TestServer::refusal_to_start(folder.path(), Some(&other), |_| {});
    assert!(error.contains("AGENTID_SECRET") && error.contains("is not the one"), "{error}");
    assert!(!error.contains(&other), "{error}");
    for malformed in ["", "short", &"A".repeat(44)] {
        let error = TestServer::refusal_to_start(folder.path(), Some(malformed), |_| {});
        assert!(error.contains("32 bytes"), "{error}");
    }
    // Nothing was changed by the attempts.
    let server = TestServer::in_folder(folder, clock, |_| {});
    agent.token(&server, &[]).expect(200);
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TestServer::start().stop();
    let secret = folder.path().join("secret");
    let mode = |mode| std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    mode(0o640);
    let error = TestServer::refusal_to_start(folder.path(), None, |_| {});
    assert!(error.contains("chmod 600"), "{error}");
    mode(0o600);
    TestServer::in_folder(folder, agentid::clock::Clock::manual(0), |_| {});
}

#[test]
fn an_edited_migration_is_refused() {
    let folder = TestServer::start().stop();
    change(&folder, "UPDATE schema_migrations SET sha256 = 'edited' WHERE name = '0001_initial'");
    for migrate in [Migrate::Auto, Migrate::Refuse] {
        let error = TestServer::refusal_to_start(folder.path(), None, |config| config.database.migrate = migrate);
        assert!(error.contains("0001_initial") && error.contains("edited"), "{error}");
    }
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let folder = TestServer::start().stop();
    change(&folder, "INSERT INTO schema_migrations (name, sha256, applied_at) VALUES ('9999_later', 'x', 0)");
    let error = TestServer::refusal_to_start(folder.path(), None, |_| {});
    assert!(error.contains("newer") && error.contains("9999_later"), "{error}");
    change(&folder, "DELETE FROM schema_migrations WHERE name = '9999_later'");
    let server = TestServer::in_folder(folder, agentid::clock::Clock::manual(0), |_| {});
    server.get("/ready").send().expect(200);
}

#[test]
fn an_older_database_is_migrated_only_when_the_settings_say_so() {
    let folder = tempfile::tempdir().unwrap();
    database::empty_engine(folder.path());
    let refuse = |config: &mut agentid::config::Config| config.database.migrate = Migrate::Refuse;
    let error = TestServer::refusal_to_start(folder.path(), None, refuse);
    assert!(error.contains("0001_initial") && error.contains("agentid db migrate"), "{error}");
    let folder = TestServer::in_folder(folder, agentid::clock::Clock::manual(0), |_| {}).stop();
    TestServer::in_folder(folder, agentid::clock::Clock::manual(0), refuse).get("/ready").send().expect(200);
}
