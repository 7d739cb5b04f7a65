//! `kill -9` under load: whatever was answered is there after the next start.

use agentid::clock::Clock;
use agentid::crypto::jws;
use agentid::random::Random;
use serde_json::json;

use super::load::{Load, assert_all_known};
use crate::support::agent::unique;
use crate::support::flow::{PAR, TOKEN, new_key, pkce};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::process::{ISSUER, Remote};
use crate::support::{Agent, Process};

const ROUNDS: usize = 6;
const CLIENTS: usize = 6;
/// A round is killed after at least this many answers, and at most 63 more.
const LEAST: usize = 30;

#[test]
fn nothing_that_was_answered_is_lost_when_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut known = Vec::new();
    for round in 1..=ROUNDS {
        let process = Process::start(folder.path());
        let load = Load::start(&process.remote, CLIENTS);
        let [more] = Random::system().bytes();
        load.wait_for(LEAST + usize::from(more % 64));
        process.kill();
        let answered = load.finish();
        assert!(answered.len() >= LEAST, "round {round}");

        let process = Process::start(folder.path());
        assert_all_known(&process.remote, &answered);
        process.kill();
        known.extend(answered);
    }
    let process = Process::start(folder.path());
    assert_all_known(&process.remote, &known);
}

/// A pushed request, the code that it led to, and the refresh token that is kept: each is there after a kill, and used once is used.
#[test]
fn what_was_pushed_is_there_and_is_used_once() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["oauth.profile=fapi2", "oauth.dpop_nonce=off"];
    let start = || Process::with(folder.path(), &settings);
    let process = start();
    let remote = &process.remote;
    let agent = remote.register();
    let (key, dpop) = (new_key(), Agent::unregistered());
    let body = json!({
        "name": "test app", "redirect_uris": [REDIRECT_URI], "profile": "fapi2",
        "public_key": key.public_key().to_base64url(),
    });
    let registered = remote.post("/v1/clients/register/agent").session(&agent.session).json(&body).send().expect(201);
    let id = registered.get("client")["id"].as_str().unwrap().to_owned();
    let send = |remote: &Remote, path: &str, form: &[(&str, &str)]| {
        let now = Clock::system().now();
        let claims = json!({ "iss": id, "sub": id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": unique() });
        let assertion = jws::sign(&json!({ "alg": "EdDSA" }), &claims, &key);
        let mut form = form.to_vec();
        form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        form.push(("client_assertion", &assertion));
        let claims = json!({ "htm": "POST", "htu": format!("{ISSUER}{path}"), "iat": now, "jti": unique() });
        remote.post(path).form(&form).header("dpop", &dpop.proof_of(&claims)).send()
    };
    let (verifier, challenge) = pkce();
    let request = [
        ("response_type", "code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let uri = send(remote, PAR, &request).expect(201).text_of("request_uri");
    process.kill();

    let process = start();
    let body = json!({ "client_id": id, "request_uri": uri });
    let authorize = |remote: &Remote| remote.proven(&agent, "POST", "/v1/oauth/authorize").json(&body).send();
    let code = authorize(&process.remote).expect(200).text_of("code");
    process.kill();

    let process = start();
    authorize(&process.remote).oauth_refused(400, "invalid_request_uri");
    let redeem = [("grant_type", "authorization_code"), ("code", &*code), ("code_verifier", &*verifier)];
    let refresh_token = send(&process.remote, TOKEN, &redeem).expect(200).text_of("refresh_token");
    process.kill();

    let process = start();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*refresh_token)];
    send(&process.remote, TOKEN, &refresh).expect(200);
    send(&process.remote, TOKEN, &redeem).oauth_refused(400, "invalid_grant");
    send(&process.remote, TOKEN, &refresh).oauth_refused(400, "invalid_grant");
}
