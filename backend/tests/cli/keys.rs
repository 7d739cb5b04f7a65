//! Keys on disk: for their owner alone, never overwritten.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::Cli;
use crate::support::TestServer;

#[test]
fn keys_and_profiles_are_for_their_owner_alone() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    assert_eq!(cli.mode("key.pem"), 0o600);
    assert_eq!(cli.mode("profile.json"), 0o600);
    assert_eq!(cli.mode(""), 0o700);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(cli.profile("key.pem"), Permissions::from_mode(mode)).unwrap();
        cli.run(&["agent", "whoami"]).exits(1).says("chmod 600").says("key.pem");
    }
    fs::set_permissions(cli.profile("key.pem"), Permissions::from_mode(0o600)).unwrap();
    cli.ok(&["agent", "whoami"]);
}

#[test]
fn a_key_is_never_overwritten() {
    let cli = Cli::new("http://127.0.0.1:1");
    cli.ok(&["agent", "keygen"]);
    let key = fs::read(cli.profile("key.pem")).unwrap();
    cli.run(&["agent", "keygen"]).exits(1).says("rotate-key").says("--profile");
    let copy = cli.home.path().join("copy.pem");
    fs::copy(cli.profile("key.pem"), &copy).unwrap();
    cli.run(&["agent", "keygen", "--key", copy.to_str().unwrap()]).exits(1);
    assert_eq!(fs::read(cli.profile("key.pem")).unwrap(), key);
}

#[test]
fn an_imported_key_is_read_with_the_same_care() {
    let cli = Cli::new("http://127.0.0.1:1");
    let made = cli.json(&["agent", "keygen"]);
    let copy = cli.home.path().join("copy.pem");
    fs::copy(cli.profile("key.pem"), &copy).unwrap();
    let import = ["agent", "keygen", "--profile", "second", "--key", copy.to_str().unwrap()];
    fs::set_permissions(&copy, Permissions::from_mode(0o644)).unwrap();
    cli.run(&import).exits(1).says("chmod 600");
    fs::set_permissions(&copy, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(cli.json(&import)["public_key"], made["public_key"]);
    fs::write(&copy, "no key").unwrap();
    cli.run(&["agent", "keygen", "--profile", "third", "--key", copy.to_str().unwrap()]).exits(1).says("PRIVATE KEY");
}
