//! Coming in: the landing page, registering, signing in and out.

use super::{act, is_page, send, signed_in};
use crate::support::browser::{Browser, request};
use crate::support::flow::overseen;
use crate::support::overseer::PASSWORD;
use crate::support::{Overseer, TestServer};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

#[test]
fn the_landing_page_is_for_browsers() {
    let server = TestServer::start();
    let page = server.get("/").header("accept", HTML).send();
    is_page(
        &page,
        200,
        &[&server.url, "agentid agent register --name my-agent", "/register", "/.well-known/openid-configuration"],
    );
    for accept in ["application/json", "*/*", "application/json, text/html", ""] {
        let answer = server.get("/").header("accept", accept).send().expect(200);
        assert_eq!(answer.text_of("issuer"), server.url, "{accept}");
    }
    assert_eq!(server.get("/").send().text_of("name"), "Agent ID");
}

#[test]
fn whoever_registers_is_signed_in() {
    let server = TestServer::start();
    let browser = Browser::new(&server);
    let form = [("name", "Ada <b>"), ("email", "Ada@Example.org"), ("password", PASSWORD)];
    let page = browser.get("/register").expect(200);
    let weak = [("name", "Ada"), ("email", "ada@example.org"), ("password", "password")];
    let refused = send(&browser, &page, "/register", &weak);
    is_page(&refused, 422, &["role=\"alert\"", "value=\"ada@example.org\""]);
    assert!(!refused.text.contains("value=\"password\""));
    let answer = send(&browser, &page, "/register", &form).expect(303);
    let agents = browser.follow(answer);
    is_page(&agents, 200, &["Ada &#60;b&#62;", "Claim your first agent"]);
    // The address is one account's.
    let other = Browser::new(&server);
    is_page(&act(&other, "/register", &form), 409, &["role=\"alert\""]);
    // By API it is the same account.
    let body = serde_json::json!({ "email": "ada@example.org", "password": PASSWORD });
    server.post("/v1/overseers/login").json(&body).send().expect(200);
}

#[test]
fn whoever_is_not_signed_in_signs_in_and_comes_back() {
    let (server, agent, overseer, _) = overseen();
    let browser = Browser::new(&server);
    let path = format!("/agents/{}", agent.id);
    let asked = browser.get(&path).expect(303);
    let sign_in = asked.header("location").unwrap().to_owned();
    assert_eq!(sign_in, format!("/sign-in?next=%2Fagents%2F{}", agent.id));
    let page = browser.get(&sign_in).expect(200);
    let fields = [("next", path.as_str()), ("email", &overseer.email), ("password", PASSWORD)];
    let wrong = [fields[0], fields[1], ("password", "wrong")];
    is_page(&send(&browser, &page, "/sign-in", &wrong), 401, &["role=\"alert\"", &overseer.email, &path]);
    let answer = send(&browser, &page, "/sign-in", &fields).expect(303);
    assert_eq!(answer.header("location"), Some(path.as_str()));
    is_page(&browser.get(&path), 200, &["Stop now"]);
    // It ends with the session.
    let page = browser.get("/agents").expect(200);
    let out = send(&browser, &page, "/sign-out", &[]).expect(303);
    assert_eq!(out.header("location"), Some("/sign-in?done=signed-out"));
    browser.get("/agents").expect(303);
    assert_eq!(server.count("sessions", "browser = TRUE"), 0);
}

#[test]
fn b09_nobody_is_sent_elsewhere_by_the_sign_in() {
    let (server, _, overseer, _) = overseen();
    for next in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "agents", "/%5Cevil.example"]
    {
        let browser = Browser::new(&server);
        let page = browser.get("/sign-in").expect(200);
        let fields = [("next", next), ("email", &overseer.email), ("password", PASSWORD)];
        let answer = send(&browser, &page, "/sign-in", &fields).expect(303);
        assert_eq!(answer.header("location"), Some("/agents"), "{next}");
    }
    let browser = Browser::new(&server);
    let page = browser.get("/sign-in").expect(200);
    let fields = [("next", "/clients/new"), ("email", &overseer.email), ("password", PASSWORD)];
    assert_eq!(send(&browser, &page, "/sign-in", &fields).header("location"), Some("/clients/new"));
}

#[test]
fn b03_the_session_changes_with_the_sign_in() {
    let (server, agent, overseer, client) = overseen();
    let session = |browser: &Browser<'_>| browser.cookies.borrow().get("agentid").cloned();
    let browser = signed_in(&server, &overseer);
    let first = session(&browser);
    let page = browser.get("/sign-in").expect(200);
    send(&browser, &page, "/sign-in", &[("email", &overseer.email), ("password", PASSWORD)]).expect(303);
    assert_ne!(session(&browser), first);
    browser.cookies.borrow_mut().insert("agentid".to_owned(), first.unwrap());
    browser.get("/agents").expect(303);
    // The flow of an application signs in here too; an agent that is signed in is no overseer.
    let other = Browser::new(&server);
    let page = other.authorize(&request(&client).0);
    other.log_in(&page, &overseer);
    is_page(&other.get("/agents"), 200, &["test agent"]);
    let third = Browser::new(&server);
    let page = third.authorize(&request(&client).0);
    third.sign_in(&page, &agent);
    assert!(session(&third).is_some());
    third.get("/agents").expect(303);
}

#[test]
fn b08_too_many_passwords_are_throttled_on_the_page() {
    let server = TestServer::with(|config| config.limits.logins_per_minute = 3);
    let overseer = Overseer::register(&server);
    let browser = Browser::new(&server);
    let page = browser.get("/sign-in").expect(200);
    let wrong = [("email", overseer.email.as_str()), ("password", "wrong")];
    for _ in 0..3 {
        is_page(&send(&browser, &page, "/sign-in", &wrong), 401, &["role=\"alert\""]);
    }
    let refused = send(&browser, &page, "/sign-in", &wrong);
    is_page(&refused, 429, &["role=\"alert\"", "Try again in "]);
    assert!(refused.header("retry-after").is_some());
}

#[test]
fn where_there_is_nothing_a_browser_gets_a_page() {
    let (server, _, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    let nothing = |path: &str| server.get(path).header("accept", HTML).send();
    is_page(&nothing("/nothing"), 404, &["There is nothing here", "href=\"/\""]);
    is_page(&nothing("/agents/nobody"), 404, &["There is nothing here"]);
    server.get("/nothing").send().refused(404, "not_found");
    // An address of the API answers programs.
    nothing("/v1/nothing").refused(404, "not_found");
    let posted = browser.call(server.post("/agents").header("accept", HTML));
    is_page(&posted, 405, &["There is nothing here"]);
    assert_eq!(posted.header("allow"), Some("GET,HEAD"));
}
