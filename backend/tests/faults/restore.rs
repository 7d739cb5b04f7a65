//! `agentid db restore`: a backup takes the place of the database, whole or not at all.

use std::fs;
use std::path::Path;

use super::operator::command;
use crate::support::process::{Remote, agentid, argument, run};
use crate::support::{Agent, Process};

#[test]
fn a_backup_takes_the_place_of_the_database_and_what_was_there_is_kept() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let backup = copies.path().join("backup.db");
    let process = Process::start(folder.path());
    let early = process.remote.register();
    command(folder.path(), &["db", "backup", argument(&backup)]);
    let late = process.remote.register();

    refuse(folder.path(), &backup, "stop the server first");
    assert!(is_known(&process.remote, &early) && is_known(&process.remote, &late));

    // Killed, it leaves its log behind; played into the restored file, the log would bring back the late agent.
    process.kill();
    assert!(fs::metadata(folder.path().join("agentid.db-wal")).unwrap().len() > 0);
    let kept = command(folder.path(), &["db", "restore", argument(&backup)])["kept"].as_str().unwrap().to_owned();
    let process = Process::start(folder.path());
    assert!(is_known(&process.remote, &early) && !is_known(&process.remote, &late));

    process.kill();
    command(folder.path(), &["db", "restore", &kept]);
    let process = Process::start(folder.path());
    assert!(is_known(&process.remote, &early) && is_known(&process.remote, &late));
}

#[test]
fn what_is_no_backup_is_refused_and_nothing_changes() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let process = Process::start(folder.path());
    let agent = process.remote.register();
    process.kill();
    let rubbish = copies.path().join("rubbish");
    fs::write(&rubbish, "x".repeat(8192)).unwrap();
    let empty = copies.path().join("empty.db");
    rusqlite::Connection::open(&empty).unwrap().execute_batch("CREATE TABLE other (id TEXT)").unwrap();
    refuse(folder.path(), &copies.path().join("missing"), "there is no backup");
    refuse(folder.path(), &rubbish, "is no backup");
    refuse(folder.path(), &empty, "is no backup");
    assert!(!folder.path().join("agentid.restoring").exists());
    assert!(is_known(&Process::start(folder.path()).remote, &agent));
}

#[track_caller]
fn refuse(folder: &Path, file: &Path, says: &str) {
    let (code, _, error) = run(agentid(&["db", "restore", argument(file), "--data", argument(folder)]));
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains(says), "{error}");
}

fn is_known(remote: &Remote, agent: &Agent) -> bool {
    match remote.proven(agent, "GET", "/v1/agents/me").send().status {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}
