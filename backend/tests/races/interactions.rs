//! An interaction gives one answer to the client, however many come with it at the same moment; on PostgreSQL a node that
//! was in the way is asked again.

use serde_json::json;

use super::{MANY, at_once};
use crate::support::browser::{Browser, between, challenge_of, code, request, with};
use crate::support::flow::start;
use crate::support::{Agent, Answer, Call, Client, Overseer, TestServer};

/// A browser whose overseer has allowed the client everything.
fn browser<'a>(server: &'a TestServer, agent: &Agent, overseer: &Overseer, client: &Client) -> Browser<'a> {
    overseer.oversee(server, agent);
    let browser = Browser::new(server);
    let consent = browser.log_in(&browser.authorize(&request(client).0), overseer);
    code(server, &browser.allow(&consent));
    browser
}

fn cookies(browser: &Browser<'_>) -> String {
    let cookies = browser.cookies.borrow();
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// Exactly one of the answers sends the browser to the client with a code.
#[track_caller]
fn one_code(server: &TestServer, answers: &[Answer], before: i64) {
    let has_code = |answer: &&Answer| answer.header("location").is_some_and(|to| to.contains("code="));
    assert_eq!(answers.iter().filter(has_code).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.status < 500 || answer.status == 503), "{answers:?}");
    assert_eq!(server.count("authorization_codes", "TRUE"), before + 1);
}

#[test]
fn of_many_consents_one_gives_a_code() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let browser = browser(&server, &agent, &overseer, &client);
    let page = browser.authorize(&with(request(&client).0, "prompt", "consent"));
    let token = between(&page.text, "name=\"form_token\" value=\"", "\"");
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    let form = [("form_token", &*token), ("action", "allow"), ("agent_id", &*agent.id)];
    let allow =
        server.post(&path).form(&form).header("sec-fetch-site", "same-origin").header("cookie", &cookies(&browser));
    one_code(&server, &at_once((0..MANY).map(|_| allow.clone())), 1);
}

#[test]
fn of_many_visits_after_the_sign_in_one_gives_a_code() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let browser = browser(&server, &agent, &overseer, &client);
    let page = browser.authorize(&with(request(&client).0, "prompt", "login"));
    let token = between(&page.text, "name=\"form_token\" value=\"", "\"");
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    let password = crate::support::overseer::PASSWORD;
    let form = [("form_token", &*token), ("action", "login"), ("email", &*overseer.email), ("password", password)];
    browser.post(&path, &form).expect(303);
    let visit = server.get(&path).header("cookie", &cookies(&browser));
    one_code(&server, &at_once((0..MANY).map(|_| visit.clone())), 1);
}

#[test]
fn of_many_signatures_of_one_challenge_one_counts() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let page = Browser::new(&server).authorize(&request(&client).0);
    let path = format!("/v1/oauth/sign-in/{}", challenge_of(&page));
    let sign = |agent: &Agent| -> Call {
        let text = server.get(&format!("{path}/{}", agent.id)).send().expect(200).text_of("challenge_data");
        server.post(&path).json(&json!({ "agent_id": agent.id, "signature": agent.sign(&text) }))
    };
    let other = Agent::register(&server);
    let calls = (0..MANY).map(|turn| sign(if turn % 2 == 0 { &agent } else { &other }));
    super::one_wins(at_once(calls.collect::<Vec<_>>()), 200, (409, "challenge_used"));
}
