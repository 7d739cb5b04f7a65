//! What the dashboard gives developers to copy runs as it stands there: for openid-client and for Authlib, for every way in which
//! an application can authenticate.

use agentid::crypto::signer::SigningAlgorithm;
use serde_json::{Value, json};

use super::application::Application;
use super::oauth4webapi::key;
use super::{folder, program, start, tools};
use crate::support::browser::{Browser, between};
use crate::support::overseer::PASSWORD;
use crate::support::{Overseer, TestServer};

/// The snippet with this id on an application's page.
fn snippet(server: &TestServer, overseer: &Overseer, client_id: &str, id: &str) -> String {
    let browser = Browser::new(server);
    let page = browser.get("/sign-in").expect(200);
    let form_token = between(&page.text, "name=\"form_token\" value=\"", "\"");
    let form = [("form_token", form_token.as_str()), ("email", &overseer.email), ("password", PASSWORD)];
    browser.post("/sign-in", &form).expect(303);
    let page = browser.get(&format!("/clients/{client_id}")).expect(200);
    let text = between(&page.text, &format!("<code id=\"{id}\">"), "</code>");
    assert!(!text.contains(['<', '&']), "{text}");
    text
}

fn visit(mut application: Application, id: &str, metadata: Value, mut more: Value) {
    let (server, agent, overseer) = start();
    let client = application.registered(&server, &overseer, metadata);
    more["client_secret"] = json!(client.secret);
    more["snippet"] = json!(snippet(&server, &overseer, &client.id, id));
    application.tell(&more);
    let browser = Browser::new(&server);
    let page = browser.follow(application.get(&browser, "/sign-in"));
    let answer = browser.allow(&browser.log_in(&page, &overseer));
    let address = answer.header("location").unwrap_or_else(|| panic!("no location: {answer:?}"));
    let printed = application.get(&browser, address).expect(200).get("printed");
    assert_eq!(printed, agent.id.as_str());
}

fn openid_client(metadata: Value, more: Value) {
    let mut node = program(tools("oidc_client_ts").join("node_modules/.bin/node"));
    node.arg(folder("openid_client").join("application.mjs")).env("TOOLS", tools("openid_client"));
    visit(Application::start(&mut node), "openid-client", metadata, more);
}

fn by(method: &str) -> Value {
    json!({ "token_endpoint_auth_method": method })
}

#[test]
fn the_snippet_for_openid_client_runs() {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        openid_client(by(method), json!({}));
    }
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Es256] {
        let (public, private, name) = key(algorithm);
        let metadata = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [public] } });
        openid_client(metadata, json!({ "key": private, "algorithm": name }));
    }
}

#[test]
fn the_snippet_for_authlib_runs() {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let application = folder("authlib").join("snippet.py");
        let application = Application::start(program(tools("authlib").join("bin/python")).arg(application));
        visit(application, "authlib", by(method), json!({}));
    }
}
