//! The dashboard's cookie as a credential of the API.

use serde_json::json;

use super::signed_in;
use crate::support::browser::{Browser, between, request};
use crate::support::flow::overseen;
use crate::support::{Agent, Call};

#[test]
fn the_cookie_reads() {
    let (server, agent, overseer, client) = overseen();
    let browser = signed_in(&server, &overseer);
    assert_eq!(browser.get("/v1/overseers/me").expect(200).get("overseer")["id"], overseer.id);
    assert_eq!(browser.get("/v1/clients/list/overseer").expect(200).get("clients")[0]["id"], client.id);
    // It is an overseer's, and good where an overseer is asked for.
    browser.get("/v1/agents/me").refused(401, "not_authenticated");
    let agents = Browser::new(&server);
    let page = agents.authorize(&request(&client).0);
    agents.sign_in(&page, &agent);
    agents.get("/v1/overseers/me").refused(401, "not_authenticated");
    agents.get("/v1/clients/list/agent").refused(401, "not_authenticated");
    // An overseer's session in use goes on.
    server.clock.advance(11 * 3600);
    browser.get("/v1/overseers/me").expect(200);
    server.clock.advance(11 * 3600);
    browser.get("/v1/overseers/me").expect(200);
    server.clock.advance(13 * 3600);
    browser.get("/v1/overseers/me").refused(401, "not_authenticated");
}

#[test]
fn b02_the_cookie_changes_nothing_without_the_token_of_a_page() {
    let (server, agent, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    let token = between(&browser.get("/agents").text, "name=\"form_token\" value=\"", "\"");
    let stop = format!("/v1/overseers/agents/{}/stop", agent.id);
    let send = |headers: &[(&str, &str)]| {
        let call = headers.iter().fold(server.post(&stop), |call, (name, value)| call.header(name, value));
        browser.call(call)
    };
    let (own, shown) = (("sec-fetch-site", "same-origin"), ("x-csrf-token", token.as_str()));
    for headers in [
        &[][..],
        &[own],
        &[own, ("x-csrf-token", "another")],
        &[("sec-fetch-site", "cross-site"), shown],
        &[("origin", "https://evil.example"), shown],
        &[shown],
    ] {
        send(headers).refused(403, "csrf_token");
    }
    assert_eq!(server.count("agents", "stopped_at IS NOT NULL"), 0);
    send(&[own, shown]).expect(200);
    assert_eq!(server.count("agents", "stopped_at IS NOT NULL"), 1);
    let client = json!({ "name": "by cookie", "redirect_uris": ["https://app.example/"] });
    let register = |call: Call| browser.call(call.json(&client));
    register(server.post("/v1/clients/register/overseer")).refused(403, "csrf_token");
    let call = server.post("/v1/clients/register/overseer").header(own.0, own.1).header(shown.0, shown.1);
    register(call).expect(201);
}

#[test]
fn a_cookie_and_a_session_are_two_credentials() {
    let (server, agent, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    for path in ["/v1/overseers/me", "/v1/clients/list/overseer"] {
        let both = browser.call(server.get(path).session(&overseer.session));
        both.refused(400, "two_credentials");
        let proof = agent.proof(&server, "GET", path);
        browser.call(server.get(path).header("dpop", &proof)).refused(400, "two_credentials");
        overseer.call(&server, "GET", path).send().expect(200);
    }
    // Before it is looked at where the request comes from.
    let stop = format!("/v1/overseers/agents/{}/stop", agent.id);
    browser.call(server.post(&stop).session(&overseer.session)).refused(400, "two_credentials");
    let new = json!({ "name": "both", "redirect_uris": ["https://app.example/"] });
    let register = server.post("/v1/clients/register/overseer").session(&overseer.session).json(&new);
    browser.call(register).refused(400, "two_credentials");
    // Where no cookie counts, one that is sent along is in nobody's way.
    browser.call(server.get("/v1/agents/me").session(&agent.session)).expect(200);
}

/// What a page asks the password for, the cookie does not do without it.
#[test]
fn the_cookie_alone_does_no_harm() {
    let (server, agent, overseer, client) = overseen();
    let browser = signed_in(&server, &overseer);
    let token = between(&browser.get("/agents").text, "name=\"form_token\" value=\"", "\"");
    let path = |rest: &str| client.path(rest);
    let calls = [
        ("POST", format!("/v1/agents/declaim/{}", agent.id), json!({})),
        ("POST", path("/secret"), json!({})),
        ("PUT", path("/key"), json!({ "public_key": Agent::unregistered().public_key() })),
        ("PATCH", path(""), json!({ "redirect_uris": ["https://elsewhere.example/"] })),
        ("DELETE", path(""), json!({})),
    ];
    for (method, path, body) in calls {
        let call = Call::new(method, &server.origin(), &path).json(&body);
        browser
            .call(call.header("sec-fetch-site", "same-origin").header("x-csrf-token", &token))
            .refused(403, "password_required");
    }
    assert_eq!(server.count("oversights", "active = TRUE"), 1);
    let rename = Call::new("PATCH", &server.origin(), &path("")).json(&json!({ "name": "renamed" }));
    browser.call(rename.header("sec-fetch-site", "same-origin").header("x-csrf-token", &token)).expect(200);
    overseer.call(&server, "DELETE", &path("")).send().expect(200);
}
