//! A rotation that is killed in the middle loses no key.

use std::fs;
use std::process::Stdio;
use std::sync::mpsc::channel;

use agentid::config::Issuer;
use agentid::crypto::ed25519::SigningKey;
use serde_json::Value;
use ureq::http::Request;

use super::Cli;
use super::fake_server::{FreePort, Heard, Reply};
use crate::support::TestServer;

/// When the process is killed: with its last request sent, and ...
#[derive(Clone, Copy, PartialEq)]
enum Killed {
    BeforeTheServerHears,
    AfterTheServerHasTaken,
}

#[test]
fn a_rotation_changes_the_key_and_ends_what_the_old_one_had() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let (id, old_key) = (cli.agent_id(), key(&cli));
    let session = cli.json(&["agent", "login"])["session_id"].as_str().unwrap().to_owned();
    cli.ok(&["agent", "rotate-key"]).says(&id);
    assert_ne!(key(&cli), old_key);
    assert!(!cli.profile("key.pem.next").exists());
    assert_eq!(cli.mode("key.pem"), 0o600);
    assert_eq!(cli.agent_id(), id);
    server.get("/v1/agents/me").session(&session).send().refused(401, "not_authenticated");
}

#[test]
fn killed_before_the_server_hears_the_old_key_stands_and_the_next_rotation_works() {
    let (server, cli, old_key) = killed(Killed::BeforeTheServerHears);
    let left = fs::read_to_string(cli.profile("key.pem.next")).unwrap();
    assert_eq!(current_key(&cli), old_key);
    cli.ok(&["agent", "rotate-key"]);
    assert_eq!(key(&cli), public(&left), "the key that was left is used, not thrown away");
    assert_eq!(current_key(&cli), key(&cli));
    drop(server);
}

#[test]
fn killed_after_the_server_has_taken_it_the_new_key_is_found() {
    let (server, cli, old_key) = killed(Killed::AfterTheServerHasTaken);
    assert_eq!(key(&cli), old_key);
    let left = fs::read_to_string(cli.profile("key.pem.next")).unwrap();
    assert_eq!(current_key(&cli), public(&left));
    assert_eq!(key(&cli), public(&left));
    assert!(!cli.profile("key.pem.next").exists());
    cli.ok(&["agent", "token", "--fresh"]);
    drop(server);
}

/// A registered agent whose rotation was killed, and its key of before.
fn killed(when: Killed) -> (TestServer, Cli, String) {
    let relay = FreePort::find();
    let url = relay.url.clone();
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::in_folder(folder, agentid::clock::Clock::system(), |config| {
        config.server.issuer = Issuer::parse(&url).unwrap();
    });
    let (arrived, arrival) = channel();
    let mut is_done = false;
    let target = format!("http://{}", server.address);
    relay.serve(move |heard| {
        if is_done || !heard.path.contains("/rotate-key/complete/") {
            return Some(pass_on(&target, heard));
        }
        is_done = true;
        if when == Killed::AfterTheServerHasTaken {
            assert_eq!(pass_on(&target, heard).status, 200);
        }
        arrived.send(()).unwrap();
        None
    });
    let cli = Cli::registered(&server);
    let old_key = key(&cli);
    let mut rotation = cli.command(&["agent", "rotate-key"]).stdout(Stdio::null()).spawn().unwrap();
    arrival.recv().unwrap();
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    (server, cli, old_key)
}

fn pass_on(server: &str, heard: &Heard) -> Reply {
    let http: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = Request::builder().method(heard.method.as_str()).uri(format!("{server}{}", heard.path));
    for (name, value) in heard.headers.iter().filter(|(name, _)| name != "host" && name != "content-length") {
        request = request.header(name, value);
    }
    let request = request.body(heard.body.clone()).unwrap();
    let mut response = http.run(http.configure_request(request).allow_non_standard_methods(true).build()).unwrap();
    let body = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
    Reply { status: response.status().as_u16(), headers: String::new(), body }
}

/// The public key of the key file.
fn key(cli: &Cli) -> String {
    public(&fs::read_to_string(cli.profile("key.pem")).unwrap())
}

fn public(pem: &str) -> String {
    SigningKey::from_pkcs8_pem(pem).unwrap().public_key().to_base64url()
}

/// The key that the server knows.
fn current_key(cli: &Cli) -> String {
    let answer: Value = cli.json(&["agent", "whoami"]);
    answer["agent"]["public_key"].as_str().unwrap().to_owned()
}
