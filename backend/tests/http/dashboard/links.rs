//! A forgotten password, and another e-mail address.

use agentid::identity::account_links;
use agentid::identity::security_log::CalledFrom;
use agentid::random::Random;
use agentid::secret::PlainToken;
use serde_json::json;

use super::{act, done, is_page, signed_in};
use crate::support::browser::{Browser, between};
use crate::support::flow::start;
use crate::support::overseer::PASSWORD;
use crate::support::{Answer, Overseer, TestServer};

const NEW: &str = "another harbour with red boats";

/// As the operator's command line makes one.
fn link(server: &TestServer, overseer: &Overseer) -> String {
    let id = agentid::id::OverseerId::parse(&overseer.id).unwrap();
    let token = PlainToken::generate(Random::system());
    let from = CalledFrom::command_line(&server.clock, Random::system());
    let hash = token.hash();
    server.block_on(server.app.db.write(move |tx| account_links::begin_reset(tx, &id, &hash, &from))).unwrap();
    token.expose().to_owned()
}

fn login(server: &TestServer, overseer: &Overseer, password: &str) -> Answer {
    server.post("/v1/overseers/login").json(&json!({ "email": overseer.email, "password": password })).send()
}

fn by_api(server: &TestServer, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "new_password": password });
    server.post("/v1/overseers/reset-password").json(&body).send()
}

#[test]
fn a_link_sets_a_new_password_once() {
    let (server, _, overseer) = start();
    let thief = signed_in(&server, &overseer);
    let token = link(&server, &overseer);
    let path = format!("/reset?token={token}");
    let browser = Browser::new(&server);
    is_page(&browser.get("/forgotten"), 200, &["agentid admin reset-password"]);
    // Looking does nothing.
    for _ in 0..3 {
        is_page(&browser.get(&path), 200, &["Choose a new password"]);
    }
    let page = browser.get(&path);
    let form = |password: &'static str| {
        let form_token = between(&page.text, "name=\"form_token\" value=\"", "\"");
        browser.post("/reset", &[("form_token", &form_token), ("token", &token), ("new_password", password)])
    };
    is_page(&form("password"), 422, &["role=\"alert\"", &token]);
    login(&server, &overseer, PASSWORD).expect(200);
    let answer = done(&browser, form(NEW), "is changed");
    assert!(answer.text.contains("name=\"password\""));
    login(&server, &overseer, PASSWORD).refused(401, "wrong_credentials");
    login(&server, &overseer, NEW).expect(200);
    thief.get("/agents").expect(303);
    overseer.call(&server, "GET", "/v1/overseers/me").send().refused(401, "not_authenticated");
    is_page(&form("a third harbour, and no boats"), 404, &["role=\"alert\""]);
    // By API.
    let token = link(&server, &overseer);
    by_api(&server, &"A".repeat(43), PASSWORD).refused(404, "link_expired");
    by_api(&server, "short", PASSWORD).refused(404, "link_expired");
    by_api(&server, &token, "short").refused(422, "weak_password");
    by_api(&server, &token, PASSWORD).expect(200);
    by_api(&server, &token, NEW).refused(404, "link_expired");
    login(&server, &overseer, PASSWORD).expect(200);
}

#[test]
fn a_link_counts_for_an_hour_and_until_one_is_used() {
    let (server, _, overseer) = start();
    let (first, second) = (link(&server, &overseer), link(&server, &overseer));
    server.clock.advance(3599);
    by_api(&server, &first, NEW).expect(200);
    by_api(&server, &second, NEW).refused(404, "link_expired");
    let late = link(&server, &overseer);
    server.clock.advance(3600);
    by_api(&server, &late, PASSWORD).refused(404, "link_expired");
    server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
    assert_eq!(server.count("account_links", "TRUE"), 0);
    // A password that is changed takes a link back, and so does another address.
    let session = login(&server, &overseer, NEW).expect(200).text_of("session_id");
    let put = |path: &str, body| server.put(path).session(&session).json(&body).send();
    let taken = link(&server, &overseer);
    put("/v1/overseers/me/password", json!({ "password": NEW, "new_password": PASSWORD })).expect(200);
    by_api(&server, &taken, NEW).refused(404, "link_expired");
    let taken = link(&server, &overseer);
    put("/v1/overseers/me/email", json!({ "email": "new@example.org", "password": PASSWORD })).expect(200);
    by_api(&server, &taken, NEW).refused(404, "link_expired");
}

#[test]
fn an_address_is_changed_with_the_password() {
    let (server, _, overseer) = start();
    let (browser, other) = (signed_in(&server, &overseer), signed_in(&server, &overseer));
    let taken = Overseer::register(&server).email;
    let form = |email: &str, password: &'static str| {
        act(&browser, "/account", &[("action", "email"), ("email", email), ("password", password)])
    };
    is_page(&form("ada@example.net", "wrong"), 403, &["role=\"alert\""]);
    is_page(&form("no address", PASSWORD), 422, &["role=\"alert\""]);
    is_page(&form(&taken, PASSWORD), 409, &["role=\"alert\""]);
    done(&browser, form("Ada@Example.net", PASSWORD), "is changed");
    other.get("/agents").expect(303);
    is_page(&browser.get("/account"), 200, &["ada@example.net"]);
    login(&server, &overseer, PASSWORD).refused(401, "wrong_credentials");
    let overseer = Overseer { email: "ada@example.net".to_owned(), ..overseer };
    let session = login(&server, &overseer, PASSWORD).expect(200).text_of("session_id");
    let put = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        server.put("/v1/overseers/me/email").session(&session).json(&body).send()
    };
    put("ada@example.com", "wrong").refused(403, "wrong_password");
    put(&taken, PASSWORD).refused(409, "email_taken");
    put("ada@example.com", PASSWORD).expect(200);
    browser.get("/agents").expect(303);
    let log = server.get("/v1/overseers/me/security-log").session(&session).send().expect(200).get("events");
    assert_eq!(log.as_array().unwrap().iter().filter(|event| event["kind"] == "email_changed").count(), 2);
}
