//! The page `/malice/{agent_id}`: somebody without an account pays for an agent.

use agentid::background::purge_expired;
use serde_json::json;

use super::{start, tell, with};
use crate::http::dashboard::{is_page, send};
use crate::support::browser::{Browser, between};
use crate::support::{Agent, Answer, Overseer, TestServer};

const DAY: i64 = 24 * 60 * 60;

fn path(agent: &Agent) -> String {
    format!("/malice/{}", agent.id)
}

/// Sends a form of the page that is shown.
fn act(browser: &Browser<'_>, agent: &Agent, page: &Answer, action: &str, claim: &str) -> Answer {
    send(browser, page, &path(agent), &[("action", action), ("claim", claim)])
}

/// Begins: the page of the claim, and its id.
fn begin(browser: &Browser<'_>, agent: &Agent) -> (String, String) {
    let first = browser.get(&path(agent)).expect(200);
    let address = act(browser, agent, &first, "begin", "").expect(303).header("location").unwrap().to_owned();
    let id = address.split_once("?claim=").unwrap().1.to_owned();
    (address, id)
}

/// The agent does what the page says.
fn agree(server: &TestServer, agent: &Agent, page: &Answer) {
    let overseer = between(&page.text, "--overseer ", "<");
    let address = between(&page.text, "agentid agent claim ", " ");
    let path = address.strip_prefix(&server.url).unwrap();
    agent.proven(server, "POST", path).json(&json!({ "overseer_id": overseer })).send().expect(200);
}

#[test]
fn it_leads_through_a_payment() {
    let (server, paddle) = start();
    let (agent, browser) = (Agent::register(&server), Browser::new(&server));
    let first = browser.get(&path(&agent));
    is_page(&first, 200, &["What you pay for", "no limit", ">10<", "USD 20.00", "Begin"]);
    for header in ["content-security-policy", "x-frame-options"] {
        assert!(first.header(header).is_some(), "{header}");
    }
    let (address, claim) = begin(&browser, &agent);
    let waits = browser.get(&address);
    let status = format!("data-status=\"/v1/agents/malice/status/{claim}\" data-now=\"initiated\"");
    is_page(&waits, 200, &["Waiting for the agent", "data-copy=\"command\"", "id=\"left\"", "Check now", &status]);
    is_page(&act(&browser, &agent, &waits, "pay", &claim), 409, &["role=\"alert\"", "has not agreed yet"]);
    agree(&server, &agent, &waits);
    let page = browser.get(&address);
    is_page(&page, 200, &["The agent agreed", "USD 20.00, once", "data-now=\"awaiting-payment\""]);
    let pay = act(&browser, &agent, &page, "pay", &claim);
    is_page(&pay, 200, &["Go to the payment", "rel=\"noreferrer\""]);
    let transaction = between(&pay.text, &format!("href=\"{}/pay/", paddle.url), "\"");
    for event in paddle.pay(&transaction, server.clock.now()) {
        tell(&server, &event).expect(200);
    }
    is_page(&browser.get(&address), 200, &["It is paid", "2026-12-24 06:00 UTC"]);
    // Whoever comes next sees that, and the one who has paid does for as long as they like.
    is_page(&browser.get(&path(&agent)), 200, &["limits are lifted until", "A payment adds to that"]);
    server.clock.advance(3 * DAY);
    server.block_on(purge_expired(&server.app)).unwrap();
    let page = browser.get(&address);
    is_page(&page, 200, &["It is paid"]);
    act(&browser, &agent, &browser.get(&path(&agent)), "cancel", &claim).expect(303);
    server.clock.advance(30 * DAY);
    is_page(&browser.get(&address), 200, &["It is paid", "That is over by now"]);
}

#[test]
fn it_says_what_is_true_when_it_is_too_late() {
    let (server, paddle) = start();
    let (agent, browser) = (Agent::register(&server), Browser::new(&server));
    // Taken back before the agent agreed, and afterwards.
    let (address, claim) = begin(&browser, &agent);
    let waits = browser.get(&address);
    is_page(&act(&browser, &agent, &waits, "cancel", &claim), 200, &["Cancelled", "You can close this page"]);
    is_page(&browser.get(&address), 200, &["This is over"]);
    let (address, claim) = begin(&browser, &agent);
    agree(&server, &agent, &browser.get(&address));
    let page = browser.get(&address);
    let pay = act(&browser, &agent, &page, "pay", &claim);
    is_page(&act(&browser, &agent, &pay, "cancel", &claim), 200, &["As long as nobody pays"]);
    // The hour is over, and it may have been paid just before.
    server.clock.advance(60 * 60);
    is_page(&browser.get(&address), 200, &["The hour is over", "it counts all the same", "data-now=\"expired\""]);
    let agent = Agent { session: agent.login(&server).expect(200).text_of("session_id"), ..agent };
    Overseer::register(&server).oversee(&server, &agent);
    let transaction = between(&pay.text, &format!("href=\"{}/pay/", paddle.url), "\"");
    for event in paddle.pay(&transaction, server.clock.now()) {
        tell(&server, &event).expect(200);
    }
    is_page(&browser.get(&address), 200, &["The payment is given back"]);
    is_page(&browser.get(&path(&agent)), 200, &["Somebody answers for the agent", "nothing to pay for here"]);
    // The agent is gone; whoever has paid is told nevertheless.
    agent.proven(&server, "DELETE", "/v1/agents/me").send().expect(200);
    is_page(&browser.get(&address), 200, &["The payment is given back"]);
    is_page(&browser.get(&path(&agent)), 404, &[]);
}

#[test]
fn it_shows_one_agent_s_claims_to_whoever_has_them() {
    let (server, paddle) = with(|config| config.limits.claims_per_minute = 0);
    let (agent, other, browser) = (Agent::register(&server), Agent::register(&server), Browser::new(&server));
    let (address, claim) = begin(&browser, &agent);
    let page = browser.get(&address);
    agree(&server, &agent, &page);
    is_page(&browser.get(&format!("{}?claim={claim}", path(&other))), 200, &["This is over"]);
    is_page(&act(&browser, &other, &page, "pay", &claim), 404, &[]);
    is_page(&act(&browser, &agent, &page, "something", &claim), 422, &["role=\"alert\""]);
    // Another browser's form, and none at all.
    let foreign = Browser::new(&server);
    foreign.get(&address).expect(200);
    is_page(&act(&foreign, &agent, &page, "pay", &claim), 403, &[]);
    // Paddle may fail, and the price is not known then.
    assert!(!paddle.asked().iter().any(|(_, path, _)| path == "/transactions"));
    server.clock.advance(11 * 60);
    paddle.fails(&[500; 3]);
    let page = browser.get(&address);
    is_page(&page, 200, &["The payment", "The payment shows taxes"]);
    assert!(!page.text.contains("USD"), "{page:?}");
    is_page(&act(&browser, &agent, &page, "pay", &claim), 502, &["role=\"alert\""]);
    server.clock.advance(31);
    is_page(&act(&browser, &agent, &page, "pay", &claim), 200, &["USD 20.00, once"]);
    let nobody = "/malice/01900000-0000-7000-8000-000000000000";
    is_page(&browser.get(nobody), 404, &[]);
    let plain = TestServer::start();
    is_page(&Browser::new(&plain).get(&path(&Agent::register(&plain))), 409, &["No payment lifts"]);
}
