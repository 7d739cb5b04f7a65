//! B02, B03: a form is sent by the browser that it was made for, and a session is nobody else's.

use serde_json::json;

use super::overseen;
use crate::support::browser::{Browser, between, challenge_of, code, is_page, request, with};
use crate::support::{Agent, Answer, Client};

#[test]
fn b02_a_form_comes_from_the_page_that_was_made_for_the_browser() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer).expect(200);
    let other = Browser::new(&server);
    let foreign = other.log_in(&other.authorize(&request(&client).0), &overseer).expect(200);
    let token = |page: &Answer| between(&page.text, "name=\"form_token\" value=\"", "\"");
    let path = between(&consent.text, "<form method=\"post\" action=\"", "\"");
    let send = |token: &str, headers: &[(&str, &str)]| {
        let form = [("form_token", token), ("action", "allow"), ("agent_id", &*agent.id)];
        let call = headers.iter().fold(server.post(&path).form(&form), |call, (name, value)| call.header(name, value));
        browser.call(call)
    };
    let own = [("sec-fetch-site", "same-origin")];
    for wrong in ["", "x", &token(&foreign)] {
        is_page(&send(wrong, &own), 403, "made for another browser");
    }
    let origin = server.url.clone();
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "none")],
        vec![("sec-fetch-site", "cross-site"), ("origin", &*origin)],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![],
    ] {
        is_page(&send(&token(&consent), &headers), 403, "not sent from a page of this server");
    }
    assert_eq!(server.count("authorization_codes", "TRUE"), 0);
    // A browser that does not know the one header sends the other.
    code(&server, &send(&token(&consent), &[("origin", &*origin)]));
}

/// The token of a form is made for whoever is signed in: one from before the sign-in is worth nothing after it.
#[test]
fn b02_a_form_from_before_the_sign_in_is_worth_nothing_after_it() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let before = browser.authorize(&request(&client).0);
    browser.log_in(&before, &overseer).expect(200);
    is_page(&browser.act(&before, "allow", &[]), 403, "before somebody signed in or out");
}

#[test]
fn b03_a_link_leads_nowhere_in_another_browser() {
    let (server, agent, overseer, client) = overseen();
    let (browser, other) = (Browser::new(&server), Browser::new(&server));
    let page = browser.authorize(&request(&client).0).expect(200);
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    is_page(&other.get(&path), 400, "belongs to another browser");
    other.authorize(&request(&client).0).expect(200);
    is_page(&other.get(&path), 400, "belongs to another browser");
    server.get(&format!("{path}/status")).send().refused(404, "not_found");
    // The agent that signs the first one's challenge signs in there, and not in the other.
    agent.sign_in(&server, &challenge_of(&page)).expect(200);
    let elsewhere = other.authorize(&request(&client).0);
    assert!(other.act(&elsewhere, "continue", &[]).text.contains("not signed the code"));
    assert!(browser.act(&page, "continue", &[]).text.contains("Allow"));
    assert_eq!(overseer.id.len(), 36);
}

#[test]
fn b03_whoever_signs_in_gets_a_new_session_and_the_old_one_ends() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let session = || browser.cookies.borrow().get("agentid").cloned();
    // A session that somebody else has put there does not become anybody's.
    let planted = "A".repeat(43);
    browser.cookies.borrow_mut().insert("agentid".to_owned(), planted.clone());
    let page = browser.authorize(&request(&client).0);
    browser.log_in(&page, &overseer).expect(200);
    let first = session().unwrap();
    assert_ne!(first, planted);
    let page = browser.authorize(&with(request(&client).0, "prompt", "login"));
    browser.log_in(&page, &overseer).expect(200);
    let second = session().unwrap();
    assert_ne!(first, second);
    browser.cookies.borrow_mut().insert("agentid".to_owned(), first);
    assert!(browser.authorize(&request(&client).0).text.contains("Password"));
}

/// A session of a browser is none of the API, and the other way round.
#[test]
fn b03_a_cookie_is_no_bearer_token() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let session = || browser.cookies.borrow().get("agentid").cloned().unwrap();
    browser.log_in(&browser.authorize(&request(&client).0), &overseer).expect(200);
    server.get("/v1/overseers/me").session(&session()).send().refused(401, "not_authenticated");
    server.get("/v1/overseers/me").session(&overseer.session).send().expect(200);
    let own = Client::register(&server, &overseer, json!({}));
    let page = browser.authorize(&with(request(&own).0, "prompt", "login"));
    browser.sign_in(&page, &agent);
    server.get("/v1/agents/me").session(&session()).send().refused(401, "not_authenticated");
    let planted = Browser::new(&server);
    planted.cookies.borrow_mut().insert("agentid".to_owned(), overseer.session.clone());
    assert!(planted.authorize(&request(&client).0).text.contains("Password"));
}

#[test]
fn b03_a_sign_in_ends_with_the_key_and_with_a_stop() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let ask = || browser.authorize(&request(&client).0);
    // Signed with a key that is replaced before the page goes on.
    let page = ask();
    agent.sign_in(&server, &challenge_of(&page)).expect(200);
    let next = Agent::unregistered();
    agent.rotate(&server, &next).expect(200);
    let agent = Agent { id: agent.id, ..next };
    assert!(browser.act(&page, "continue", &[]).text.contains("Password"));
    // Signed in, and stopped then.
    let page = ask();
    assert!(browser.sign_in(&page, &agent).text.contains("Allow"));
    overseer.stop(&server, &agent).expect(200);
    assert!(ask().text.contains("Password"));
    agent.sign_in(&server, &challenge_of(&ask())).refused(403, "agent_stopped");
    overseer.resume(&server, &agent).expect(200);
    let page = ask();
    assert!(browser.sign_in(&page, &agent).text.contains("Allow"));
    // Signed, and stopped before the page goes on: it is not signed any more when the agent may act again.
    let page = browser.authorize(&with(request(&client).0, "prompt", "login"));
    agent.sign_in(&server, &challenge_of(&page)).expect(200);
    overseer.stop(&server, &agent).expect(200);
    overseer.resume(&server, &agent).expect(200);
    assert!(browser.act(&page, "continue", &[]).text.contains("Password"));
    // Signed, and left alone for too long.
    let page = browser.authorize(&request(&client).0);
    agent.sign_in(&server, &challenge_of(&page)).expect(200);
    server.clock.advance(301);
    assert!(browser.act(&page, "continue", &[]).text.contains("Password"));
}

/// While the secret is replaced, forms that were made under the old one are still sent.
#[test]
fn b02_a_form_outlives_a_new_secret() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let page = browser.authorize(&request(&client).0);
    let _lock = server.app.secrets.rotate_file(agentid::random::Random::system()).unwrap();
    assert!(browser.log_in(&page, &overseer).text.contains("Allow"));
}
