//! Agents: the list, claiming, one agent's page, its history, stop and resume.

use serde_json::json;

use super::{act, done, is_page, send, signed_in};
use crate::support::browser::between;
use crate::support::flow::{overseen, start};
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Client, Overseer, TestServer};

#[test]
fn a_claim_by_id_or_by_key() {
    let (server, agent, overseer) = start();
    let browser = signed_in(&server, &overseer);
    for refused in ["", "nobody's", &agent.id[1..]] {
        is_page(&act(&browser, "/claim", &[("agent", refused)]), 422, &["role=\"alert\""]);
    }
    let nobody = Agent::unregistered();
    is_page(&act(&browser, "/claim", &[("agent", &nobody.public_key())]), 404, &["role=\"alert\""]);
    let id = agent.id.to_uppercase();
    for named in [id.as_str(), &agent.public_key()] {
        let answer = act(&browser, "/claim", &[("agent", named)]).expect(303);
        let path = answer.header("location").unwrap().to_owned();
        let page = browser.get(&path);
        let challenge = path.rsplit('/').next().unwrap();
        let command = format!(
            "agentid agent claim {}/v1/agents/claim/complete/{challenge} --overseer {}",
            server.url, overseer.id
        );
        is_page(&page, 200, &["Waiting for the agent", &command, "<svg", &agent.id]);
        // Only who made it sees it.
        let other = signed_in(&server, &Overseer::register(&server));
        is_page(&other.get(&path), 404, &["nothing here"]);
    }
    let path = act(&browser, "/claim", &[("agent", &agent.id)]).header("location").unwrap().to_owned();
    let challenge = path.rsplit('/').next().unwrap();
    overseer.accept(&server, &agent, challenge).expect(200);
    is_page(&browser.get(&path), 200, &["The agent agreed", &format!("/agents/{}", agent.id)]);
    is_page(&act(&browser, "/claim", &[("agent", &agent.id)]), 409, &["role=\"alert\""]);
}

#[test]
fn a_claim_by_key_over_the_api() {
    let (server, agent, overseer) = start();
    let initiate = |body| overseer.call(&server, "POST", "/v1/agents/claim/initiate").json(&body).send();
    let claim = initiate(json!({ "public_key": agent.public_key() })).expect(200);
    initiate(json!({ "public_key": agent.public_key(), "agent_id": agent.id })).refused(422, "invalid_field");
    initiate(json!({})).refused(422, "invalid_field");
    initiate(json!({ "public_key": "no key" })).refused(422, "invalid_key");
    initiate(json!({ "public_key": Agent::unregistered().public_key() })).refused(404, "agent_not_found");
    overseer.accept(&server, &agent, &claim.text_of("challenge_id")).expect(200);
}

#[test]
fn a_claim_that_is_declined_or_late() {
    let (server, agent, overseer) = start();
    let browser = signed_in(&server, &overseer);
    let claim = || act(&browser, "/claim", &[("agent", &agent.id)]).header("location").unwrap().to_owned();
    let declined = claim();
    let path = format!("/v1/agents/claim/complete/{}", declined.rsplit('/').next().unwrap());
    let no = json!({ "overseer_id": overseer.id, "accept": false });
    server.post(&path).session(&agent.session).json(&no).send().expect(200);
    is_page(&browser.get(&declined), 200, &["The agent declined"]);
    let late = claim();
    server.clock.advance(301);
    is_page(&browser.get(&late), 200, &["The claim has expired"]);
}

#[test]
fn the_page_shows_what_the_api_says() {
    let (server, agent, overseer, client) = overseen();
    let tokens = agent.tokens_for(&server, &client, &json!({ "scope": "openid name" })).expect(200);
    agent.access_token(&server);
    let browser = signed_in(&server, &overseer);
    is_page(&browser.get("/agents"), 200, &["test agent", &agent.id, "active"]);
    let page = browser.get(&format!("/agents/{}", agent.id));
    is_page(
        &page,
        200,
        &["test app", &client.id, "The agent itself", "openid name", "approved", "1 access, 1 refresh"],
    );
    let holders =
        overseer.call(&server, "GET", &format!("/v1/overseers/agents/{}/tokens", agent.id)).send().expect(200);
    let holders = holders.get("holders");
    let held = |id: &str| holders.as_array().unwrap().iter().find(|holder| holder["client_id"] == id).cloned().unwrap();
    assert_eq!(held(&client.id)["refresh_tokens"], 1);
    assert_eq!(held(&client.id)["client_name"], "test app");
    assert_eq!((&held(&agent.id)["access_tokens"], &held(&agent.id)["refresh_tokens"]), (&json!(1), &json!(0)));
    // A rotated refresh token is none that is held.
    client.refresh(&server, &tokens.text_of("refresh_token")).expect(200);
    let page = browser.get(&format!("/agents/{}", agent.id));
    is_page(&page, 200, &["2 access, 1 refresh"]);
    // Somebody else sees nothing of it.
    let other = Overseer::register(&server);
    other
        .call(&server, "GET", &format!("/v1/overseers/agents/{}/tokens", agent.id))
        .send()
        .refused(403, "not_your_agent");
    let other = signed_in(&server, &other);
    is_page(&other.get(&format!("/agents/{}", agent.id)), 403, &["not allowed"]);
    assert!(!other.get("/agents").text.contains(&agent.id));
}

#[test]
fn revoke_block_and_unblock() {
    let (server, agent, overseer, client) = overseen();
    let browser = signed_in(&server, &overseer);
    let path = format!("/agents/{}", agent.id);
    let tokens =
        || agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).expect(200).text_of("access_token");
    let (first, client_id) = (tokens(), ("client_id", client.id.as_str()));
    done(&browser, act(&browser, &path, &[("action", "revoke"), client_id]), "was ended");
    assert!(!client.is_active(&server, &first));
    let second = tokens();
    done(&browser, act(&browser, &path, &[("action", "block"), client_id]), "is blocked");
    assert!(!client.is_active(&server, &second));
    is_page(&browser.get(&path), 200, &["Unblock"]);
    done(&browser, act(&browser, &path, &[("action", "unblock"), client_id]), "may ask this agent again");
    assert!(client.is_active(&server, &tokens()));
    for (action, status) in [("block", 404), ("unblock", 404), ("nothing", 422)] {
        is_page(&act(&browser, &path, &[("action", action), ("client_id", "nobody")]), status, &["role=\"alert\""]);
    }
}

#[test]
fn stop_shows_its_receipt() {
    let (server, agent, overseer, client) = overseen();
    let browser = signed_in(&server, &overseer);
    let path = format!("/agents/{}", agent.id);
    let token = agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).expect(200).text_of("access_token");
    let receipt = act(&browser, &path, &[("action", "stop")]);
    is_page(
        &receipt,
        200,
        &[
            "The agent is stopped",
            "1 sessions",
            "1 access tokens",
            "1 refresh tokens",
            "may still accept a token until",
        ],
    );
    assert!(!client.is_active(&server, &token));
    agent.token(&server, &[]).oauth_refused(400, "unauthorized_client");
    is_page(&browser.get("/agents"), 200, &["stopped"]);
    // A second one ends nothing more.
    is_page(&act(&browser, &path, &[("action", "stop")]), 200, &["0 access tokens"]);
    done(&browser, act(&browser, &path, &[("action", "resume")]), "may act again");
    agent.token(&server, &[]).expect(200);
}

#[test]
fn letting_go_asks_for_the_password() {
    let (server, agent, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    let path = format!("/agents/{}", agent.id);
    for password in ["", "wrong"] {
        let refused = act(&browser, &path, &[("action", "let-go"), ("password", password)]);
        is_page(&refused, 403, &["nothing was done"]);
    }
    assert_eq!(server.count("oversights", "active = TRUE"), 1);
    done(&browser, act(&browser, &path, &[("action", "let-go"), ("password", PASSWORD)]), "no longer answer");
    assert_eq!(server.count("oversights", "active = TRUE"), 0);
    is_page(&browser.get(&path), 403, &["not allowed"]);
}

/// As many requests as there are outcomes told, oldest first.
fn ask(server: &TestServer, agent: &Agent, client: &Client, scopes: &[&str]) {
    for scope in scopes {
        server.clock.advance(1);
        agent.code_for(server, client, &json!({ "scope": scope }));
    }
}

#[test]
fn the_history_is_paged_and_filtered() {
    let (server, agent, overseer, client) = overseen();
    let other = Client::register(&server, &overseer, json!({ "name": "other app" }));
    ask(&server, &agent, &client, &["openid"; 60]);
    ask(&server, &agent, &other, &["name"]);
    let browser = signed_in(&server, &overseer);
    let path = format!("/agents/{}/history", agent.id);
    let rows = |page: &str| page.matches("<th scope=\"row\">").count();
    let first = browser.get(&path).expect(200);
    assert_eq!(rows(&first.text), 50);
    let older = between(&first.text, "<a href=\"?", "\"");
    let second = browser.get(&format!("{path}?{older}")).expect(200);
    assert_eq!(rows(&second.text), 11);
    assert!(!second.text.contains("Older requests"));
    let one = browser.get(&format!("{path}?client_id={}", other.id)).expect(200);
    assert_eq!((rows(&one.text), one.text.contains("other app")), (1, true));
    is_page(&browser.get(&format!("{path}?status=denied")), 200, &["no such request"]);
    // The API has the same.
    let api = |query: &str| {
        let path = format!("/v1/overseers/agents/{}/oauth-history?{query}", agent.id);
        overseer.call(&server, "GET", &path).send()
    };
    let page = api("limit=40&status=approved").expect(200);
    assert_eq!(page.get("requests").as_array().unwrap().len(), 40);
    let rest = api(&format!("limit=40&before={}", page.text_of("next"))).expect(200);
    assert_eq!((rest.get("requests").as_array().unwrap().len(), rest.get("next")), (21, json!(null)));
    assert_eq!(api("status=blocked").get("requests"), json!([]));
    api("client_id=nobody").refused(422, "invalid_field");
    let stranger = Overseer::register(&server);
    let path = format!("/v1/overseers/agents/{}/oauth-history", agent.id);
    stranger.call(&server, "GET", &path).send().refused(403, "not_your_agent");
}

#[test]
fn requests_are_counted_by_day_and_outcome() {
    let (server, agent, overseer, client) = overseen();
    let day = 24 * 3600;
    ask(&server, &agent, &client, &["openid"; 3]);
    let block = json!({ "client_id": client.id });
    let path = format!("/v1/overseers/agents/{}", agent.id);
    overseer.call(&server, "POST", &format!("{path}/block-client")).json(&block).send().expect(200);
    agent.authorize(&server, &crate::support::flow::request(&client, &crate::support::flow::pkce().1)).expect(403);
    // The agent's own tokens count once a day for each API.
    for _ in 0..2 {
        agent.token(&server, &[("resource", "https://api.example")]).expect(200);
    }
    server.clock.advance(day);
    agent.token(&server, &[("resource", "https://api.example")]).expect(200);
    let login = json!({ "email": overseer.email, "password": PASSWORD });
    let session = server.post("/v1/overseers/login").json(&login).send().expect(200).text_of("session_id");
    let get = |path: &str| server.get(path).session(&session).send();
    let days = get(&format!("{path}/requests-per-day")).expect(200).get("days");
    let counted =
        |day: &str, status: &str, requests: i64| json!({ "day": day, "status": status, "requests": requests });
    let expected = [
        counted("2026-11-24", "approved", 4),
        counted("2026-11-24", "blocked", 1),
        counted("2026-11-25", "approved", 1),
    ];
    assert_eq!(days, json!(expected));
    assert_eq!(get(&format!("{path}/requests-per-day?days=1")).get("days"), json!([expected[2]]));
    let of_client = get(&format!("/v1/clients/{}/requests-per-day", client.id)).expect(200).get("days");
    assert_eq!(of_client, json!([counted("2026-11-24", "approved", 3), expected[1]]));
    let browser = signed_in(&server, &overseer);
    let page = browser.get(&format!("/agents/{}", agent.id));
    is_page(
        &page,
        200,
        &[
            "<svg viewBox",
            "<rect class=\"blocked\"",
            "2026-11-24",
            "5 at most on a day",
            "<td data-label=\"approved\">4</td>",
        ],
    );
    is_page(&browser.get(&format!("/clients/{}", client.id)), 200, &["<rect class=\"approved\""]);
    let stranger = Overseer::register(&server);
    for (path, code) in [(path.as_str(), "not_your_agent"), (&format!("/v1/clients/{}", client.id), "client_not_found")]
    {
        let answer = stranger.call(&server, "GET", &format!("{path}/requests-per-day")).send();
        assert_eq!(answer.text_of("code"), code);
    }
    // They go with the history.
    server.clock.advance(402 * day);
    server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
    assert_eq!(server.count("authorization_days", "TRUE"), 0);
}

/// What is asked for may be far back: a page looks at a thousand requests and no more.
#[test]
fn a_filtered_history_looks_at_a_thousand_requests() {
    let (server, agent, overseer, client) = overseen();
    ask(&server, &agent, &client, &["openid"]);
    server.execute(
        "INSERT INTO oauth_requests (id, agent_id, client_id, scopes, status, created_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         SELECT 'f0000000-0000-7000-8000-' || SUBSTR(CAST(100000000000 + i AS TEXT), 1, 12), agent_id, client_id, scopes, 'denied', created_at
         FROM oauth_requests, n",
    );
    let browser = signed_in(&server, &overseer);
    let path = format!("/agents/{}/history", agent.id);
    let page = browser.get(&format!("{path}?status=approved")).expect(200);
    is_page(&page, 200, &["None of the thousand requests", "Older requests"]);
    let older = between(&page.text, "<a href=\"?", "\"").replace("&#38;", "&");
    is_page(&browser.get(&format!("{path}?{older}")), 200, &["test app"]);
}

#[test]
fn a_list_of_many_agents_is_paged() {
    let (server, _, overseer) = start();
    let names: Vec<Agent> = (0..51).map(|_| Agent::register(&server)).collect();
    for agent in &names {
        overseer.oversee(&server, agent);
    }
    let browser = signed_in(&server, &overseer);
    let first = browser.get("/agents").expect(200);
    let next = between(&first.text, "/agents?after=", "\"");
    let second = browser.get(&format!("/agents?after={next}")).expect(200);
    for agent in &names {
        let on = [&first, &second].map(|page| page.text.contains(&format!("href=\"/agents/{}\"", agent.id)));
        assert!(on[0] != on[1], "{}", agent.id);
    }
    assert_eq!(send(&browser, &first, "/agents", &[]).status, 405);
}

/// A block outlives its client: each name stands beside its own id.
#[test]
fn a_blocked_client_that_was_deleted_is_shown_as_such() {
    let (server, agent, overseer, first) = overseen();
    let second = Client::register(&server, &overseer, json!({ "name": "second app" }));
    let path = format!("/v1/overseers/agents/{}/block-client", agent.id);
    for client in [&first, &second] {
        overseer.call(&server, "POST", &path).json(&json!({ "client_id": client.id })).send().expect(200);
    }
    overseer.call(&server, "DELETE", &first.path("")).send().expect(200);
    let browser = signed_in(&server, &overseer);
    let page = browser.get(&format!("/agents/{}", agent.id)).expect(200);
    let shown = |id: &str| between(&page.text, &format!("Unblock {id}"), ">");
    assert_eq!((shown(&first.id), shown(&second.id)), ("\"".to_owned(), "\"".to_owned()));
    assert!(page.text.contains(&format!("deleted <small class=\"id\">{}", first.id)), "{page:?}");
    assert!(page.text.contains(&format!("second app <small class=\"id\">{}", second.id)), "{page:?}");
    done(
        &browser,
        act(&browser, &format!("/agents/{}", agent.id), &[("action", "unblock"), ("client_id", &first.id)]),
        "may ask",
    );
}

#[test]
fn a_claim_tells_no_name_before_the_agent_agrees() {
    let (server, agent, overseer) = start();
    let browser = signed_in(&server, &overseer);
    let path = act(&browser, "/claim", &[("agent", &agent.id)]).header("location").unwrap().to_owned();
    assert!(!browser.get(&path).expect(200).text.contains("test agent"));
    overseer.accept(&server, &agent, path.rsplit('/').next().unwrap()).expect(200);
    is_page(&browser.get(&path), 200, &["test agent"]);
    server.post("/v1/agents/revoke-overseer").session(&agent.session).send().expect(200);
    assert!(!browser.get(&path).expect(200).text.contains("test agent"));
}

#[test]
fn what_the_address_says_is_an_id_or_nothing() {
    let (server, agent, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    let history = format!("/agents/{}/history", agent.id);
    for path in [
        "/agents?after=",
        "/clients?after=",
        "/security?before=",
        &format!("{history}?before="),
        &format!("{history}?client_id="),
    ] {
        for value in ["%00", "x", "%F0%9F%98%80", "../.."] {
            browser.get(&format!("{path}{value}")).expect(200);
        }
    }
    let log = |query: &str| {
        let path = format!("/v1/overseers/me/security-log?before={query}");
        overseer.call(&server, "GET", &path).send()
    };
    log("%00").refused(422, "invalid_field");
    log("x").refused(422, "invalid_field");
}
