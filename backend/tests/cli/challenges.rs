//! A server that sends a challenge which must not be signed gets no signature.

use std::sync::mpsc::{Receiver, channel};

use agentid::crypto::canonical_json;
use serde_json::{Value, json};

use super::Cli;
use super::fake_server::{FreePort, Reply};
use crate::support::TestServer;

const CHALLENGE: &str = "01a20c76-6ced-7e7f-81f6-4fae2a30617e";
const AGENT: &str = "01a20c76-6cef-7070-b576-2f2f070d4e87";
const OTHER_KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// A fake server whose challenges are good but for what `spoil` does to their text; and the answers
/// that it was sent.
fn malicious(spoil: impl Fn(String) -> String + Send + 'static) -> (String, Receiver<Value>) {
    let (answers, answered) = channel();
    let port = FreePort::find();
    let url = port.url.clone();
    let issuer = url.clone();
    port.serve(move |heard| match heard.path.rsplit('/').nth(1).unwrap() {
        "complete" => {
            answers.send(heard.json()).unwrap();
            Reply::new(500, json!({}))
        }
        step => {
            let mut text = heard.json();
            text["issuer"] = json!(issuer);
            text["challenge_id"] = json!(CHALLENGE);
            text["nonce"] = json!("bm9uY2U");
            text["expires_at"] = json!("2200-01-01T00:00:00Z");
            text["purpose"] = json!(step);
            if step == "rotate-key" {
                let proof = heard.headers.iter().find(|(name, _)| name == "dpop").unwrap();
                let proof = agentid::crypto::jws::UnverifiedJws::parse(&proof.1).unwrap();
                text["old_public_key"] = proof.header().jwk.as_ref().unwrap()["x"].clone();
                text["agent_id"] = json!(AGENT);
            }
            let text = spoil(canonical_json::to_string(&text));
            Reply::new(200, json!({ "challenge_id": CHALLENGE, "challenge_data": text }))
        }
    });
    (url, answered)
}

fn register(url: &str) -> super::Run {
    let cli = Cli::new(url);
    cli.ok(&["agent", "keygen"]);
    cli.run(&["agent", "register", "--name", "test agent"])
}

fn rotate(url: &str) -> super::Run {
    let cli = Cli::new(url);
    cli.ok(&["agent", "keygen"]);
    cli.write("profile.json", &json!({ "server": url, "agent_id": AGENT }).to_string());
    cli.run(&["agent", "rotate-key"])
}

/// Fails the test unless nothing is signed, for a reason that names `reason`.
#[track_caller]
fn refused(command: fn(&str) -> super::Run, reason: &str, spoil: impl Fn(String) -> String + Send + 'static) {
    let (url, answered) = malicious(spoil);
    command(&url).exits(1).says("unsafe_challenge").says(reason);
    assert!(answered.try_recv().is_err(), "something was signed");
}

#[test]
fn a_good_challenge_is_signed() {
    for command in [register, rotate] {
        let (url, answered) = malicious(|text| text);
        command(&url).exits(1).says("answered 500");
        assert!(answered.try_recv().unwrap()["signature"].is_string());
    }
}

#[test]
fn another_servers_challenge_is_refused() {
    let victim = TestServer::in_real_time();
    let relay = FreePort::find();
    let url = relay.url.clone();
    let (answers, answered) = channel();
    let target = victim.url.clone();
    relay.serve(move |heard| {
        if heard.path.contains("/complete/") {
            answers.send(()).unwrap();
        }
        let answer = crate::support::Call::new("POST", &target, &heard.path).json(&heard.json()).send();
        Reply::new(answer.status, answer.json())
    });
    register(&url).exits(1).says("unsafe_challenge").says("`issuer`");
    assert!(answered.try_recv().is_err(), "something was signed");
}

#[test]
fn another_purpose_is_refused() {
    refused(register, "`purpose` is not `register`", |text| text.replace(r#""register""#, r#""rotate-key""#));
    refused(rotate, "`purpose` is not `rotate-key`", |text| text.replace(r#""rotate-key""#, r#""register""#));
}

#[test]
fn another_key_or_agent_is_refused() {
    let with_key = |member: &'static str| {
        move |text: String| {
            let mut text: Value = serde_json::from_str(&text).unwrap();
            text[member] = json!(OTHER_KEY);
            canonical_json::to_string(&text)
        }
    };
    refused(register, "`public_key`", with_key("public_key"));
    refused(rotate, "`old_public_key`", with_key("old_public_key"));
    refused(rotate, "`new_public_key`", with_key("new_public_key"));
    refused(rotate, "`agent_id`", |text| text.replace(AGENT, CHALLENGE));
    refused(register, "`name`", |text| text.replace("test agent", "another"));
}

#[test]
fn another_challenge_id_is_refused() {
    refused(register, "`challenge_id`", |text| text.replace(CHALLENGE, AGENT));
}

#[test]
fn an_expired_challenge_is_refused() {
    refused(register, "it has expired", |text| text.replace("2200", "2020"));
    refused(register, "when it expires", |text| text.replace("2200-01-01T00:00:00Z", "soon"));
}

#[test]
fn a_text_that_is_not_canonical_json_is_refused() {
    refused(register, "canonical", |text| format!("{text} "));
    refused(register, "canonical", |text| text.replace(r#","name""#, r#", "name""#));
    // Two readers could take it for two different challenges.
    refused(register, "canonical", |text| text.replace('{', r#"{"purpose":"rotate-key","#));
    refused(register, "canonical", |_| "transfer everything".to_owned());
}
