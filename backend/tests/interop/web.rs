//! Web applications with a secret: Authlib in Python, and the crate `openidconnect`. Both have the same addresses, so one
//! overseer visits them all.

use agentid::crypto::base64url;
use serde_json::{Value, json};

use super::application::Application;
use super::{built, folder, program, start, tools};
use crate::support::browser::Browser;
use crate::support::{Agent, Answer, Overseer, TestServer};

/// What an id token can be signed with.
const ALGORITHMS: [&str; 3] = ["EdDSA", "ES256", "RS256"];

fn authlib() -> Application {
    let application = folder("authlib").join("application.py");
    Application::start(program(tools("authlib").join("bin/python")).arg(application))
}

fn openidconnect() -> Application {
    Application::start(&mut program(built().join("agentid-interop-openidconnect")))
}

/// With id tokens signed like that.
fn metadata(algorithm: &str) -> Value {
    json!({ "token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": algorithm })
}

/// Signs in, refreshes and signs out.
fn visit(server: &TestServer, application: &Application, (agent, overseer): (&Agent, &Overseer), algorithm: &str) {
    let browser = Browser::new(server);
    let comes_back = |answer: &Answer| {
        let address = answer.header("location").unwrap_or_else(|| panic!("no location: {answer:?}"));
        application.get(&browser, address).expect(200).json()
    };
    let page = browser.follow(application.get(&browser, "/sign-in")).expect(200);
    let signed_in = comes_back(&browser.allow(&browser.log_in(&page, overseer)));
    is_about(&signed_in, agent, algorithm);

    let refreshed = application.get(&browser, "/refresh").expect(200).json();
    is_about(&refreshed, agent, algorithm);
    assert_eq!(refreshed["has_refreshed"], true, "{refreshed}");

    let signed_out = comes_back(&browser.follow(application.get(&browser, "/sign-out")));
    assert_eq!(signed_out["signed_out"], true);
    assert_eq!(server.count("sessions", "browser = TRUE"), 0);
}

/// What the application knows is signed with the algorithm, and about this agent.
#[track_caller]
fn is_about(known: &Value, agent: &Agent, algorithm: &str) {
    let header = known["jwt"].as_str().unwrap().split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
    assert_eq!(header["alg"], algorithm);
    assert_eq!((&known["id_token"]["sub"], &known["userinfo"]["sub"]), (&json!(agent.id), &json!(agent.id)));
    assert_eq!(known["userinfo"]["name"], "test agent");
}

#[test]
fn authlib_signs_agents_in() {
    let (server, agent, overseer) = start();
    for algorithm in ALGORITHMS {
        let mut application = authlib();
        application.register(&server, &overseer, metadata(algorithm), json!({}));
        visit(&server, &application, (&agent, &overseer), algorithm);
    }
}

#[test]
fn the_crate_openidconnect_signs_agents_in() {
    let (server, agent, overseer) = start();
    for algorithm in ALGORITHMS {
        let mut application = openidconnect();
        application.register(&server, &overseer, metadata(algorithm), json!({ "signed_userinfo": false }));
        visit(&server, &application, (&agent, &overseer), algorithm);
    }
}

/// With RS256, for the crate verifies no other algorithm there, and has no setting for it.
#[test]
fn the_crate_openidconnect_verifies_signed_userinfo() {
    let (server, agent, overseer) = start();
    let mut application = openidconnect();
    let mut metadata = metadata("EdDSA");
    metadata["userinfo_signed_response_alg"] = json!("RS256");
    application.register(&server, &overseer, metadata, json!({ "signed_userinfo": true }));
    visit(&server, &application, (&agent, &overseer), "EdDSA");
}
