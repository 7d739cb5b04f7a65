//! "Verify a token" in Python and Node: a token for the API is accepted; one for another API, of another type, or with
//! another's signature is refused, and for that reason.

use std::process::Command;

use agentid::clock::Clock;
use agentid::crypto::jws::{self, UnverifiedJws};
use serde_json::json;

use super::{block, root, run, succeed};
use crate::support::{Agent, TestServer};

/// The API that the examples guard.
const API: &str = "https://api.example";

/// What each example says to a token that it refuses.
struct Refusals {
    foreign_audience: &'static str,
    other_type: &'static str,
    wrong_signature: &'static str,
}

#[track_caller]
fn check(verify: impl Fn(&str) -> Command, says: &Refusals) {
    let server = TestServer::in_folder(tempfile::tempdir().unwrap(), Clock::system(), |_| {});
    let agent = Agent::register(&server);
    let token = |resource| agent.token(&server, &[("resource", resource)]).expect(200).text_of("access_token");
    let good = token(API);

    let command = |token: &str| {
        let mut command = verify(token);
        command.env("ISSUER", &server.url);
        command
    };
    let refused = |token: &str, says: &str| {
        let output = run(&mut command(token));
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains(says), "not refused by {says}: {errors}");
    };
    assert_eq!(succeed(&mut command(&good)).trim(), agent.id);
    refused(&token("https://other.example"), says.foreign_audience);

    // The server signs nothing else for this audience yet, so the test does, with the server's own key.
    let signer =
        server.app.signing_keys.signer(agentid::crypto::signer::SigningAlgorithm::EdDsa, server.clock.now()).unwrap();
    let claims = UnverifiedJws::parse(&good).unwrap().unverified_claims().clone();
    let header = |typ| json!({ "alg": "EdDSA", "typ": typ, "kid": signer.kid });
    assert_eq!(succeed(&mut command(&jws::sign(&header("at+jwt"), &claims, &signer.key))).trim(), agent.id);
    refused(&jws::sign(&header("JWT"), &claims, &signer.key), says.other_type);
    refused(&jws::sign(&header("at+jwt"), &claims, &agent.key), says.wrong_signature);
}

#[test]
fn in_python() {
    let code = block("verify: python");
    let python = root().join("target/tools/python/bin/python");
    let verify = |token: &str| {
        let mut command = Command::new(&python);
        command.args(["-c", &code, token]);
        command
    };
    let says = Refusals {
        foreign_audience: "InvalidAudienceError",
        other_type: "this is not an access token",
        wrong_signature: "InvalidSignatureError",
    };
    check(verify, &says);
}

#[test]
fn in_node() {
    let code = block("verify: node");
    // Node looks for the library beside the file.
    let file = tempfile::Builder::new().suffix(".mjs").tempfile_in(root().join("target/tools/node")).unwrap();
    std::fs::write(&file, code).unwrap();
    // Debian 12's Node has the cryptography that the library needs behind a flag, which later ones do not know.
    let is_old = succeed(Command::new("node").arg("--version")).starts_with("v18.");
    let flags = is_old.then_some("--experimental-global-webcrypto");
    let verify = |token: &str| {
        let mut command = Command::new("node");
        command.args(flags).arg(file.path()).arg(token);
        command
    };
    let says = Refusals {
        foreign_audience: "unexpected \"aud\" claim value",
        other_type: "unexpected \"typ\" JWT header value",
        wrong_signature: "JWSSignatureVerificationFailed",
    };
    check(verify, &says);
}
