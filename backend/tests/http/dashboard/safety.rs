//! What keeps others out of the pages, and hostile names harmless.

use serde_json::json;

use super::{act, is_page, signed_in};
use crate::support::browser::{Browser, between};
use crate::support::flow::overseen;
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

/// Every page, with its address.
fn pages(server: &TestServer, agent: &Agent, overseer: &Overseer, client: &Client) -> Vec<(String, Answer)> {
    let browser = signed_in(server, overseer);
    let claimed = Agent::register(server);
    let claim = act(&browser, "/claim", &[("agent", &claimed.id)]).header("location").unwrap().to_owned();
    let (one, app) = (format!("/agents/{}", agent.id), format!("/clients/{}", client.id));
    let history = format!("{one}/history");
    let paths =
        ["/agents", &one, &history, "/claim", &claim, "/clients", "/clients/new", &app, "/sign-in", "/register"];
    let paths = paths.into_iter().chain(["/usage", "/security", "/account"]);
    let mut pages: Vec<_> = paths.map(|path| (path.to_owned(), browser.get(path).expect(200))).collect();
    pages.push(("stop".to_owned(), act(&browser, &one, &[("action", "stop")]).expect(200)));
    pages.push(("refused".to_owned(), act(&browser, &one, &[("action", "block")]).expect(404)));
    let accept = |path| browser.call(server.get(path).header("accept", "text/html"));
    pages.push(("/".to_owned(), accept("/").expect(200)));
    pages.push(("nothing".to_owned(), accept("/nothing").expect(404)));
    pages
}

#[test]
fn b01_pages_of_the_dashboard_keep_others_out() {
    let (server, agent, overseer, client) = overseen();
    for (path, page) in pages(&server, &agent, &overseer, &client) {
        let policy = page.header("content-security-policy").unwrap();
        for part in ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' ;"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        for part in ["<style", " style=", " onclick", " onload", "src=\"http", "href=\"http", "<img"] {
            assert!(!page.text.contains(part), "{path}: {part}");
        }
        assert!(page.text.len() < 40_000, "{path}: {}", page.text.len());
        // Each form that changes something shows that it was made for this browser.
        let forms = page.text.matches("<form method=\"post\"").count();
        assert_eq!(page.text.matches("name=\"form_token\" value=\"").count(), forms, "{path}");
        assert!(!page.text.contains("name=\"form_token\" value=\"\""), "{path}");
    }
}

#[test]
fn b05_hostile_names_are_shown_as_they_are() {
    let (server, agent, overseer, _) = overseen();
    let hostile = "\"><script>alert(1)</script>";
    let profile = json!({ "name": hostile, "description": hostile });
    server.patch("/v1/agents/me").session(&agent.session).json(&profile).send().expect(200);
    let client = Client::register(&server, &overseer, json!({ "name": hostile }));
    agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).expect(200);
    let path = format!("/v1/clients/{}/disabled", client.id);
    overseer.call(&server, "PUT", &path).json(&json!({ "disabled": true, "reason": hostile })).send().expect(200);
    let mut shown = 0;
    for (path, page) in pages(&server, &agent, &overseer, &client) {
        assert!(!page.text.contains("<script>"), "{path}");
        shown += page.text.matches("&#60;script&#62;alert").count();
    }
    assert!(shown > 10, "{shown}");
    let browser = signed_in(&server, &overseer);
    act(&browser, "/account", &[("action", "rename"), ("name", hostile)]).expect(303);
    assert!(!browser.get("/account").text.contains("<script>"));
    let name = [("name", hostile), ("redirect_uris", hostile), ("kind", "key"), ("key", hostile), ("scope", hostile)];
    for path in ["/register", "/clients/new", "/claim"] {
        let form = [&name[..], &[("email", hostile), ("password", hostile), ("agent", hostile)]].concat();
        let answer = act(&browser, path, &form).expect(422);
        assert!(!answer.text.contains("<script>") && answer.text.contains("&#60;script&#62;"), "{path}");
    }
    let next = browser.get("/sign-in?next=%22%3E%3Cscript%3E&done=%3Cscript%3E").expect(200);
    assert!(!next.text.contains("<script>"));
}

#[test]
fn b02_a_form_of_the_dashboard_comes_from_its_page() {
    let (server, agent, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    let path = format!("/agents/{}", agent.id);
    let token = between(&browser.get(&path).text, "name=\"form_token\" value=\"", "\"");
    let others = Browser::new(&server);
    let foreign = between(&others.get("/sign-in").text, "name=\"form_token\" value=\"", "\"");
    let stop = |token: &str, header: (&str, &str)| {
        let form = [("form_token", token), ("action", "stop")];
        browser.call(server.post(&path).form(&form).header(header.0, header.1))
    };
    let own = ("sec-fetch-site", "same-origin");
    for (token, header) in [
        ("", own),
        (foreign.as_str(), own),
        (&token, ("sec-fetch-site", "cross-site")),
        (&token, ("sec-fetch-site", "same-site")),
        (&token, ("origin", "https://evil.example")),
        (&token, ("x-nothing", "")),
    ] {
        is_page(&stop(token, header), 403, &["not allowed"]);
        assert_eq!(server.count("agents", "stopped_at IS NOT NULL"), 0, "{header:?}");
    }
    is_page(&stop(&token, ("origin", &server.url)), 200, &["Stopped"]);
    assert_eq!(server.count("agents", "stopped_at IS NOT NULL"), 1);
    // A form of another page of the same session is as good; one of an ended session is not.
    let page = browser.get("/agents").expect(200);
    super::send(&browser, &page, &path, &[("action", "resume")]).expect(303);
    super::send(&browser, &page, "/sign-out", &[]).expect(303);
    super::send(&browser, &page, &path, &[("action", "stop")]).expect(403);
}

/// Behind a proxy, by https and below a path.
#[test]
fn b04_cookies_and_links_of_an_https_server_with_a_path() {
    let server = TestServer::with(|config| {
        config.server.issuer = agentid::config::Issuer::parse("https://id.example/tenant").unwrap();
    });
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": PASSWORD });
    server.post("/tenant/v1/overseers/register").json(&body).send().expect(201);
    let browser = Browser::new(&server);
    let page = browser.get("/tenant/sign-in").expect(200);
    assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    assert_eq!(path, "/tenant/sign-in");
    let answer = super::send(&browser, &page, &path, &[("email", "ada@example.org"), ("password", PASSWORD)]);
    assert_eq!(answer.header("location"), Some("/tenant/agents"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-agentid=") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    for path in [
        "/tenant/agents",
        "/tenant/claim",
        "/tenant/clients",
        "/tenant/clients/new",
        "/tenant/account",
        "/tenant/security",
    ] {
        let page = browser.get(path).expect(200);
        for attribute in ["href=\"", "action=\"", "src=\""] {
            let links = page.text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            for link in links.filter(|link| !link.starts_with('#') && !link.starts_with("data:")) {
                assert!(link.starts_with("/tenant/"), "{path}: {link}");
            }
        }
    }
    let sent = Browser::new(&server).get("/tenant/account").expect(303);
    assert_eq!(sent.header("location"), Some("/tenant/sign-in?next=%2Faccount"));
    let next = [("next", "/account"), ("email", "ada@example.org"), ("password", PASSWORD)];
    let answer = super::send(&browser, &browser.get("/tenant/sign-in"), "/tenant/sign-in", &next);
    assert_eq!(answer.header("location"), Some("/tenant/account"));
    // By plain http nothing of it is said.
    assert_eq!(TestServer::start().get("/").send().header("strict-transport-security"), None);
}
