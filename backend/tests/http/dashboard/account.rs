//! One's own account: name, password, sessions, security log, usage, and its end. By page and by API.

use agentid::config::Network;
use serde_json::{Value, json};

use super::{act, done, is_page, signed_in};
use crate::support::browser::{Browser, code, request};
use crate::support::flow::{overseen, start, userinfo};
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

const NEW: &str = "another harbour with red boats";

fn log(server: &TestServer, overseer: &Overseer) -> Vec<Value> {
    let answer = overseer.call(server, "GET", "/v1/overseers/me/security-log").send().expect(200);
    answer.get("events").as_array().unwrap().clone()
}

fn kinds(server: &TestServer, overseer: &Overseer) -> Vec<String> {
    log(server, overseer).iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_name_is_changed() {
    let (server, _, overseer) = start();
    let browser = signed_in(&server, &overseer);
    is_page(&act(&browser, "/account", &[("action", "rename"), ("name", " ")]), 422, &["role=\"alert\""]);
    done(&browser, act(&browser, "/account", &[("action", "rename"), ("name", "Grace Hopper")]), "saved");
    let me = overseer.call(&server, "GET", "/v1/overseers/me").send().expect(200);
    assert_eq!(me.get("overseer")["name"], "Grace Hopper");
    let body = json!({ "name": "Ada" });
    let changed = overseer.call(&server, "PATCH", "/v1/overseers/me").json(&body).send().expect(200);
    assert_eq!(changed.get("overseer")["name"], "Ada");
    overseer
        .call(&server, "PATCH", "/v1/overseers/me")
        .json(&json!({ "name": "" }))
        .send()
        .refused(422, "invalid_field");
}

#[test]
fn sessions_are_listed_and_ended() {
    let (server, _, overseer) = start();
    let browser = signed_in(&server, &overseer);
    let other = signed_in(&server, &overseer);
    let list = || overseer.call(&server, "GET", "/v1/overseers/me/sessions").send().expect(200).get("sessions");
    let sessions = list();
    let sessions = sessions.as_array().unwrap();
    assert_eq!(sessions.iter().filter(|session| session["browser"] == true).count(), 2);
    let current: Vec<_> = sessions.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(
        (current.len(), &current[0]["browser"], &current[0]["address"]),
        (1, &json!(false), &json!("127.0.0.1"))
    );
    // An id signs nobody in.
    let id = current[0]["id"].as_str().unwrap();
    server.get("/v1/overseers/me").session(id).send().refused(401, "not_authenticated");
    // From the page: the other browser, and the session of the API.
    let page = browser.get("/account").expect(200);
    is_page(&page, 200, &["this one", "127.0.0.1", "API"]);
    let stranger = Overseer::register(&server);
    let theirs = stranger.call(&server, "GET", "/v1/overseers/me/sessions").send().get("sessions")[0]["id"].clone();
    let foreign = [("action", "end"), ("session", theirs.as_str().unwrap())];
    is_page(&act(&browser, "/account", &foreign), 404, &["role=\"alert\""]);
    done(&browser, act(&browser, "/account", &[("action", "end"), ("session", id)]), "is ended");
    overseer.call(&server, "GET", "/v1/overseers/me").send().refused(401, "not_authenticated");
    stranger.call(&server, "GET", "/v1/overseers/me").send().expect(200);
    // By API: all browsers.
    let body = json!({ "email": overseer.email, "password": PASSWORD });
    let session = server.post("/v1/overseers/login").json(&body).send().expect(200).text_of("session_id");
    let overseer = Overseer { session, ..overseer };
    let call = |method, path: &str| overseer.call(&server, method, path).send();
    for session in call("GET", "/v1/overseers/me/sessions").get("sessions").as_array().unwrap() {
        if session["browser"] == true {
            let path = format!("/v1/overseers/me/sessions/{}", session["id"].as_str().unwrap());
            call("DELETE", &path).expect(200);
            call("DELETE", &path).refused(404, "session_not_found");
        }
    }
    browser.get("/agents").expect(303);
    other.get("/agents").expect(303);
}

/// A client that an overseer lets know their agent in a browser: its tokens.
fn by_browser(server: &TestServer, browser: &Browser<'_>, client: &Client) -> Answer {
    let (parameters, verifier) = request(client);
    let consent = browser.authorize(&parameters);
    let code = code(server, &browser.allow(&consent));
    client.redeem(server, &(code, verifier)).expect(200)
}

#[test]
fn r06_a_new_password_ends_what_the_old_one_began() {
    let (server, agent, overseer, client) = overseen();
    let (browser, thief) = (signed_in(&server, &overseer), signed_in(&server, &overseer));
    let stolen = by_browser(&server, &thief, &client);
    let own = agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).expect(200);
    let form =
        |old: &'static str, new: &'static str| [("action", "password"), ("password", old), ("new_password", new)];
    is_page(&act(&browser, "/account", &form("wrong", NEW)), 403, &["role=\"alert\""]);
    is_page(&act(&browser, "/account", &form(PASSWORD, "password")), 422, &["role=\"alert\""]);
    userinfo(&server, &stolen.text_of("access_token")).expect(200);
    done(&browser, act(&browser, "/account", &form(PASSWORD, NEW)), "is changed");
    // This browser stays; the thief, the API and what the thief let an application know do not.
    thief.get("/agents").expect(303);
    overseer.call(&server, "GET", "/v1/overseers/me").send().refused(401, "not_authenticated");
    userinfo(&server, &stolen.text_of("access_token")).oauth_refused(401, "invalid_token");
    client.refresh(&server, &stolen.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
    // What the agent itself has let it know is none of that.
    userinfo(&server, &own.text_of("access_token")).expect(200);
    let login = |password| {
        server.post("/v1/overseers/login").json(&json!({ "email": overseer.email, "password": password })).send()
    };
    login(PASSWORD).refused(401, "wrong_credentials");
    let session = login(NEW).expect(200).text_of("session_id");
    // By API.
    let overseer = Overseer { session, ..overseer };
    let change = |old, new| {
        let body = json!({ "password": old, "new_password": new });
        overseer.call(&server, "PUT", "/v1/overseers/me/password").json(&body).send()
    };
    change(PASSWORD, NEW).refused(403, "wrong_password");
    change(NEW, "short").refused(422, "weak_password");
    change(NEW, PASSWORD).expect(200);
    browser.get("/agents").expect(303);
    overseer.call(&server, "GET", "/v1/overseers/me").send().expect(200);
    assert_eq!(kinds(&server, &overseer).iter().filter(|kind| *kind == "password_changed").count(), 2);
}

#[test]
fn the_log_has_what_was_done() {
    let (server, agent, overseer, client) = overseen();
    let (one, app) = (format!("/v1/overseers/agents/{}", agent.id), format!("/v1/clients/{}", client.id));
    server.clock.advance(1);
    agent.rotate(&server, &Agent::unregistered()).expect(200);
    let call = |method, path: String, body: Value| overseer.call(&server, method, &path).json(&body).send().expect(200);
    server.clock.advance(1);
    call("POST", format!("{one}/block-client"), json!({ "client_id": client.id }));
    server.clock.advance(1);
    call("DELETE", format!("{one}/block-client/{}", client.id), json!({}));
    server.clock.advance(1);
    call("DELETE", format!("{one}/tokens/{}", client.id), json!({}));
    server.clock.advance(1);
    call("POST", format!("{one}/stop"), json!({}));
    // A second one changes nothing, and is no line.
    call("POST", format!("{one}/stop"), json!({}));
    server.clock.advance(1);
    call("DELETE", format!("{one}/stop"), json!({}));
    server.clock.advance(1);
    call("POST", format!("{app}/secret"), json!({}));
    server.clock.advance(1);
    call("PUT", format!("{app}/disabled"), json!({ "disabled": true }));
    server.clock.advance(1);
    call("PUT", format!("{app}/disabled"), json!({ "disabled": false }));
    server.clock.advance(1);
    call("DELETE", app.clone(), json!({}));
    server.clock.advance(1);
    call("POST", format!("/v1/agents/declaim/{}", agent.id), json!({}));
    let mut expected = vec![
        "agent_let_go",
        "client_deleted",
        "client_enabled",
        "client_disabled",
        "client_secret_replaced",
        "agent_resumed",
        "agent_stopped",
        "tokens_ended",
        "client_unblocked",
        "client_blocked",
    ];
    expected.push("agent_key_changed");
    let found = kinds(&server, &overseer);
    assert_eq!(found[..expected.len()], expected);
    expected.extend(["registered", "signed_in", "claim_made", "claim_accepted", "client_registered"]);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    let events = log(&server, &overseer);
    let stopped = events.iter().find(|event| event["kind"] == "agent_stopped").unwrap();
    assert_eq!((&stopped["agent_id"], &stopped["address"]), (&json!(agent.id), &json!("127.0.0.1")));
    assert!(stopped["user_agent"].as_str().unwrap().starts_with("ureq"), "{stopped}");
    // On the page, in words, and page by page. What was refused is not in it.
    call("GET", "/v1/overseers/me".to_owned(), json!({}));
    let browser = signed_in(&server, &overseer);
    is_page(&browser.get("/security"), 200, &["Stopped an agent", "Signed in", "127.0.0.1", &agent.id]);
    overseer.stop(&server, &agent).refused(403, "not_your_agent");
    assert_eq!(kinds(&server, &overseer).len(), expected.len() + 1);
    let first = overseer.call(&server, "GET", "/v1/overseers/me/security-log?limit=5").send().expect(200);
    let path = format!("/v1/overseers/me/security-log?limit=100&before={}", first.text_of("next"));
    let rest = overseer.call(&server, "GET", &path).send().expect(200);
    assert_eq!((rest.get("events").as_array().unwrap().len(), rest.get("next")), (expected.len() - 4, json!(null)));
    // It is nobody else's.
    let mut others = kinds(&server, &Overseer::register(&server));
    others.sort();
    assert_eq!(others, ["registered", "signed_in"]);
}

#[test]
fn the_log_knows_the_agent_s_part_and_forwarded_addresses() {
    let server = TestServer::with(|config| config.server.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()]);
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let claim = overseer.claim(&server, &agent).expect(200).text_of("challenge_id");
    let no = json!({ "overseer_id": overseer.id, "accept": false });
    let path = format!("/v1/agents/claim/complete/{claim}");
    let hostile = "agent\u{1}; <b> \u{e9}".replace('\u{1}', "\t") + &"x".repeat(500);
    let call = server.post(&path).session(&agent.session).json(&no);
    call.header("x-forwarded-for", "2001:db8::7")
        .header("user-agent", &hostile.replace('\u{e9}', "e"))
        .send()
        .expect(200);
    overseer.oversee(&server, &agent);
    server.post("/v1/agents/revoke-overseer").session(&agent.session).send().expect(200);
    let events = log(&server, &overseer);
    let declined = events.iter().find(|event| event["kind"] == "claim_declined").unwrap();
    assert_eq!(declined["address"], "2001:db8::7");
    let said = declined["user_agent"].as_str().unwrap();
    assert!(said.starts_with("agent; <b>") && said.len() == 200, "{said}");
    assert!(events.iter().any(|event| event["kind"] == "agent_left"));
    overseer.oversee(&server, &agent);
    agent.proven(&server, "DELETE", "/v1/agents/me").send().expect(200);
    assert!(log(&server, &overseer).iter().any(|event| event["kind"] == "agent_deleted"));
    let browser = signed_in(&server, &overseer);
    let page = browser.get("/security").expect(200);
    assert!(page.text.contains("agent; &#60;b&#62;") && !page.text.contains("<b>"));
}

#[test]
fn the_log_is_purged_with_the_history() {
    let (server, _, overseer) = start();
    let before = kinds(&server, &overseer).len();
    server.clock.advance(401 * 24 * 3600);
    server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
    assert_eq!(server.count("security_events", "TRUE"), 0);
    assert!(before > 0);
}

#[test]
fn usage_by_page_and_api() {
    let server = TestServer::with(|config| config.billing.default_tier = "FREE".to_owned());
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).expect(200);
    let get = |path: &str| overseer.call(&server, "GET", path).send().expect(200);
    let usage = get("/v1/overseers/me/usage");
    assert_eq!(usage.get("agents"), json!({ "used": 1, "limit": 1 }));
    assert_eq!(usage.get("clients"), json!({ "used": 1, "limit": 2 }));
    assert_eq!((usage.get("authorizations"), usage.get("authorizations_limit")), (json!(1), json!(100)));
    let subscription = get("/v1/overseers/me/subscription");
    assert_eq!(
        (subscription.get("tier"), subscription.get("max_agents"), subscription.get("price")),
        (json!("FREE"), json!(1), json!(0))
    );
    let browser = signed_in(&server, &overseer);
    is_page(&browser.get("/usage"), 200, &["FREE", "1 of 2", "100 for each agent"]);
    is_page(&browser.get("/agents"), 200, &["1 of 100"]);
    // A period that is over counts no more.
    server.clock.advance(8 * 24 * 3600);
    let renewed = Overseer { session: String::new(), ..overseer };
    let body = json!({ "email": renewed.email, "password": PASSWORD });
    let session = server.post("/v1/overseers/login").json(&body).send().expect(200).text_of("session_id");
    let call = || server.get("/v1/overseers/me/usage").session(&session).send().expect(200);
    assert_eq!(call().get("authorizations"), json!(0));
}

#[test]
fn an_account_is_deleted_with_what_it_has() {
    let (server, agent, overseer, client) = overseen();
    let (stopped, other) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &stopped);
    overseer.stop(&server, &stopped).expect(200);
    let browser = signed_in(&server, &overseer);
    let tokens = agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).expect(200);
    is_page(&act(&browser, "/account", &[("action", "delete"), ("password", "wrong")]), 403, &["role=\"alert\""]);
    userinfo(&server, &tokens.text_of("access_token")).expect(200);
    let out = act(&browser, "/account", &[("action", "delete"), ("password", PASSWORD)]).expect(303);
    assert_eq!(out.header("location"), Some("/sign-in?done=account-deleted"));
    browser.get("/agents").expect(303);
    overseer.call(&server, "GET", "/v1/overseers/me").send().refused(401, "not_authenticated");
    userinfo(&server, &tokens.text_of("access_token")).oauth_refused(401, "invalid_token");
    let login = json!({ "email": overseer.email, "password": PASSWORD });
    server.post("/v1/overseers/login").json(&login).send().refused(401, "wrong_credentials");
    for table in ["oauth_clients", "client_blocks"] {
        assert_eq!(server.count(table, "TRUE"), 0, "{table}");
    }
    assert_eq!(server.count("oversights", "active = TRUE"), 0);
    assert_eq!(server.count("security_events", &format!("overseer_id = '{}'", overseer.id)), 0);
    // The agents are there: one is free for another overseer, the other stays stopped.
    other.oversee(&server, &agent);
    stopped.token(&server, &[]).oauth_refused(400, "unauthorized_client");
    // By API, and the address is free again.
    let body = json!({ "name": "again", "email": overseer.email, "password": PASSWORD });
    server.post("/v1/overseers/register").json(&body).send().expect(201);
    let delete =
        |password| other.call(&server, "DELETE", "/v1/overseers/me").json(&json!({ "password": password })).send();
    delete("wrong").refused(403, "wrong_password");
    delete(PASSWORD).expect(200);
    assert_eq!(server.count("oversights", "active = TRUE"), 0);
}
