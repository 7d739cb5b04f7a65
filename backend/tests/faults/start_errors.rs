//! A start that can not succeed says why in one sentence, exits with 1, and leaves nothing half-written.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::tmpfs::Tmpfs;
use crate::support::Process;
use crate::support::process::{agentid, argument, run};

#[test]
fn a_folder_that_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::write(&data, "mine").unwrap();
    let error = refusal(&data, "127.0.0.1:0");
    assert!(error.contains(argument(&data)), "{error}");
    assert_eq!(fs::read_to_string(&data).unwrap(), "mine");
}

#[test]
fn a_folder_that_can_not_be_written() {
    let Some(disk) = Tmpfs::mount("8m") else { return };
    let data = disk.path().join("data");
    fs::create_dir(&data).unwrap();
    disk.remount("ro");
    let error = refusal(&data, "127.0.0.1:0");
    assert!(error.contains("Read-only") && error.contains(argument(&data)), "{error}");
    assert_eq!(names(&data), [] as [String; 0]);

    disk.remount("rw");
    stop(Process::start(&data));
    disk.remount("ro");
    let error = refusal(&data, "127.0.0.1:0");
    assert!(error.contains("agentid.db"), "{error}");
    disk.remount("rw");
    stop(Process::start(&data));
    assert_eq!(names(&data), ["agentid.db", "secret"]);
}

#[test]
fn a_secret_that_others_can_read() {
    let folder = tempfile::tempdir().unwrap();
    stop(Process::start(folder.path()));
    let secret = folder.path().join("secret");
    fs::set_permissions(&secret, Permissions::from_mode(0o644)).unwrap();
    let error = refusal(folder.path(), "127.0.0.1:0");
    assert!(error.contains(&format!("chmod 600 {}", argument(&secret))), "{error}");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    stop(Process::start(folder.path()));
}

#[test]
fn a_secret_that_is_damaged_or_another_ones() {
    let folder = tempfile::tempdir().unwrap();
    stop(Process::start(folder.path()));
    let secret = folder.path().join("secret");
    let good = fs::read_to_string(&secret).unwrap();
    let (line, other) = (good.lines().last().unwrap(), "A".repeat(43));
    for bad in ["", "# nothing but a comment\n", &line[1..], "secret", &format!("{line}\nsecret"), &other, "\u{fffd}"] {
        fs::write(&secret, bad).unwrap();
        let error = refusal(folder.path(), "127.0.0.1:0");
        assert!(error.contains(argument(&secret)), "{bad:?}: {error}");
        assert!(!error.contains(line) && !error.contains(&line[1..]), "{error}");
        assert_eq!(fs::read_to_string(&secret).unwrap(), bad, "it was written over");
    }
    fs::write(&secret, &good).unwrap();
    stop(Process::start(folder.path()));
}

#[test]
fn a_database_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("agentid.db"), "dear diary, ".repeat(1000)).unwrap();
    let error = refusal(folder.path(), "127.0.0.1:0");
    assert!(error.contains("agentid.db"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("agentid.db")).unwrap(), "dear diary, ".repeat(1000));
}

#[test]
fn a_port_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refusal(folder.path(), &address);
    assert!(error.contains(&address), "{error}");
    assert_eq!(names(folder.path()), ["agentid.db", "secret"], "something is half-written");
    stop(Process::start(folder.path()));
}

/// Why the server does not start: one sentence, after the log's lines.
#[track_caller]
fn refusal(data: &Path, listen: &str) -> String {
    let (code, output, error) = run(agentid(&["serve", "--data", argument(data), "--listen", listen]));
    assert_eq!(code, Some(1), "{output}{error}");
    assert!(!output.contains("listens on"), "{output}");
    let lines: Vec<&str> = error.lines().collect();
    assert!(matches!(lines.as_slice(), [line] if line.starts_with("error: ")), "{error}");
    error
}

fn stop(process: Process) {
    process.terminate();
    assert!(process.wait().success());
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
