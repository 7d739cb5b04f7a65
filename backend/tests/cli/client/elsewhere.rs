//! A client that another profile or another machine registered: what the profile does not keep comes with the command.

use serde_json::Value;

use super::{Cli, authorized, exchange, known, with_client};
use crate::cli::Run;
use crate::support::TestServer;

/// What the file of the registering profile keeps.
fn kept(cli: &Cli) -> Value {
    serde_json::from_str(&std::fs::read_to_string(known(cli)).unwrap()).unwrap()
}

/// A command with a secret in its environment.
fn with_secret(cli: &Cli, secret: &str, arguments: &[&str]) -> Run {
    let mut command = cli.command(arguments);
    command.env("AGENTID_CLIENT_SECRET", secret);
    Run::of(command)
}

#[test]
fn a_client_goes_on_elsewhere_with_its_secret() {
    let server = TestServer::in_real_time();
    for method in ["client_secret_basic", "client_secret_post"] {
        let (here, id) = with_client(&server, &["--method", method]);
        let secret = kept(&here)["secret"].as_str().unwrap().to_owned();
        let there = Cli::new(&server.url);
        let (code, verifier) = authorized(&here, &id);
        let redeem = ["client", "exchange", "--code", &code, "--verifier", &verifier, "--client-id", &id];
        let redeem = [&redeem[..], &["--method", method]].concat();
        with_secret(&there, "wrong", &redeem).exits(1).says("invalid_client");
        with_secret(&there, &secret, &redeem).exits(0);
        // From then on the profile knows the client and its tokens, but not its secret.
        let file = std::fs::read_to_string(known(&there)).unwrap();
        assert!(!file.contains(&secret));
        there.ok(&["client", "userinfo"]);
        there.run(&["client", "refresh"]).exits(1).says("AGENTID_CLIENT_SECRET");
        with_secret(&there, &secret, &["client", "refresh"]).exits(0);
        with_secret(&there, &secret, &["client", "introspect"]).exits(0).says("active       true");
        with_secret(&there, &secret, &["client", "revoke"]).exits(0);
        here.run(&["client", "introspect"]).exits(1);
        there.run(&["client", "userinfo"]).exits(1).says("no access token");
    }
}

#[test]
fn a_client_goes_on_elsewhere_with_its_key() {
    let server = TestServer::in_real_time();
    let (here, id) = with_client(&server, &["--new-key"]);
    let there = Cli::new(&server.url);
    there.ok(&["client", "pkce"]);
    there.write("client.pem", kept(&here)["key"].as_str().unwrap());
    let key = there.profile("client.pem");
    let key = key.to_str().unwrap();
    let (code, verifier) = authorized(&here, &id);
    let redeem = ["client", "exchange", "--code", &code, "--verifier", &verifier, "--client-id", &id];
    there.run(&redeem).exits(1).says("invalid_client");
    there.ok(&[&redeem[..], &["--key", key, "--dpop"]].concat());
    assert!(!std::fs::read_to_string(known(&there)).unwrap().contains(kept(&here)["key"].as_str().unwrap()));
    there.run(&["client", "refresh"]).exits(1).says("--key");
    there.ok(&["client", "refresh", "--key", key]);
    there.ok(&["client", "userinfo"]);
}

/// A secret that was left behind in the environment must not reach a server that it is not for.
#[test]
fn a_secret_in_the_environment_does_not_replace_the_one_that_is_kept() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    exchange(&cli, &id, &[]);
    with_secret(&cli, "of another client", &["client", "refresh"]).exits(0);
    let named = ["client", "refresh", "--client-id", &id];
    with_secret(&cli, "of this client, once", &named).exits(1).says("invalid_client");
    cli.ok(&named);
}

#[test]
fn a_profile_keeps_to_its_client() {
    let server = TestServer::in_real_time();
    let (cli, _) = with_client(&server, &[]);
    let before = std::fs::read_to_string(known(&cli)).unwrap();
    let other = "01a20d5f-292d-7f5a-8b84-a8546e7afa74";
    cli.run(&["client", "introspect", "token", "--client-id", other]).exits(1).says("--profile");
    cli.run(&["client", "introspect", "token", "--client-id", "x"]).exits(2).says("UUID");
    cli.run(&["client", "introspect", "token", "--method", "magic"]).exits(2).says("private_key_jwt");
    assert_eq!(std::fs::read_to_string(known(&cli)).unwrap(), before);
    cli.ok(&["client", "introspect", "token"]);
}

#[test]
fn a_public_key_is_registered_and_a_private_one_stays_at_home() {
    let server = TestServer::in_real_time();
    let cli = Cli::registered(&server);
    let key = cli.profile("key.pem");
    let (key, line) = (key.to_str().unwrap(), cli.json(&["agent", "keygen", "--profile", "app"])["openssh"].clone());
    let public = cli.home.path().join("app.pub");
    std::fs::write(&public, format!("{}\n", line.as_str().unwrap())).unwrap();
    let public = public.to_str().unwrap();
    let register = ["client", "register", "--name", "my-app", "--redirect-uri", super::REDIRECT_URI];
    let with_key = |file| [&register[..], &["--public-key", file]].concat();
    cli.run(&with_key(key)).exits(1).says("private");
    cli.run(&with_key("/nowhere/app.pub")).exits(1).says("/nowhere/app.pub");
    cli.run(&[&with_key(public)[..], &["--new-key"]].concat()).exits(2);
    cli.ok(&["client", "list"]).says("no client yet");
    let client = cli.json(&with_key(public))["client"].clone();
    assert_eq!(client["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(kept(&cli)["key"], Value::Null);
    let private = cli.home.path().join(".local/share/agentid/profiles/app/key.pem");
    let (code, verifier) = authorized(&cli, client["id"].as_str().unwrap());
    let redeem = ["client", "exchange", "--code", &code, "--verifier", &verifier];
    cli.run(&redeem).exits(1).says("--key");
    cli.ok(&[&redeem[..], &["--key", private.to_str().unwrap()]].concat());
}
