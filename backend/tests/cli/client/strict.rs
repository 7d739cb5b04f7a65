//! An application of the strict profile on the command line, with a server that asks for nonces.

use agentid::clock::Clock;
use agentid::config::DpopNonce;

use super::{REDIRECT_URI, known, with_client};
use crate::support::TestServer;

#[test]
fn it_pushes_redeems_and_keeps_its_refresh_token() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::in_folder(folder, Clock::system(), |config| {
        config.oauth.dpop_nonce = DpopNonce::Required;
    });
    let (cli, id) = with_client(&server, &["--fapi2"]);
    cli.ok(&["client", "list"]).says("fapi2");
    let pkce = cli.json(&["client", "pkce"]);
    let text = |name: &str| pkce[name].as_str().unwrap().to_owned();
    let (challenge, verifier) = (text("code_challenge"), text("code_verifier"));
    // Nothing but a push will do.
    let plain = ["agent", "authorize", &id, "--redirect-uri", REDIRECT_URI, "--code-challenge", &challenge];
    cli.run(&plain).exits(1).says("pushed");
    let push =
        ["client", "push", "--redirect-uri", REDIRECT_URI, "--code-challenge", &challenge, "--scope", "openid name"];
    let uri = cli.json(&[&push[..], &["--dpop", "--state", "-s"]].concat())["request_uri"].as_str().unwrap().to_owned();
    let authorize = ["agent", "authorize", &id, "--request-uri", &uri];
    let authorized = cli.json(&authorize);
    assert_eq!((authorized["state"].as_str(), authorized["scope"].as_str()), (Some("-s"), Some("openid name")));
    cli.run(&authorize).exits(1).says("Push the request anew");
    let code = authorized["code"].as_str().unwrap();
    let exchange = ["client", "exchange", "--code", code, "--verifier", &verifier, "--dpop"];
    assert_eq!(cli.json(&exchange)["token_type"], "DPoP");
    let kept = std::fs::read_to_string(known(&cli)).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    for _ in 0..2 {
        let refreshed = cli.json(&["client", "refresh"]);
        assert!(refreshed.get("refresh_token").is_none(), "{refreshed}");
        assert_eq!(cli.json(&["client", "userinfo"])["sub"], cli.agent_id().as_str());
    }
    let after: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(known(&cli)).unwrap()).unwrap();
    assert_eq!(after["tokens"]["refresh_token"], kept["tokens"]["refresh_token"]);
    assert_ne!(after["tokens"]["access_token"], kept["tokens"]["access_token"]);
    cli.ok(&["client", "revoke"]);
}

#[test]
fn a_reference_stands_alone() {
    let server = TestServer::in_real_time();
    let (cli, id) = with_client(&server, &[]);
    let reference = ["agent", "authorize", &id, "--request-uri", "urn:ietf:params:oauth:request_uri:x"];
    cli.run(&[&reference[..], &["--scope", "id"]].concat()).exits(2).says("cannot be used with");
    cli.run(&reference).exits(1).says("Push the request anew");
    cli.run(&["agent", "authorize", &id]).exits(2).says("--redirect-uri");
}
