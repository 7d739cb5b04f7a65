//! W01–W03, B01–B05, B07–B10: what pages, cookies and discovery hold against those who look in from elsewhere.

mod discovery;
mod sessions;

use serde_json::json;

use crate::support::browser::{Browser, between, code, is_page, request, with};
use crate::support::flow::start;
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Answer, Call, Client, Overseer, TestServer};

fn overseen() -> (TestServer, Agent, Overseer, Client) {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({ "post_logout_redirect_uris": ["https://app.example/"] }));
    (server, agent, overseer, client)
}

/// An issuer, as a setting.
trait ParseIssuer {
    fn parse_issuer(self) -> agentid::config::Issuer;
}

impl ParseIssuer for &str {
    fn parse_issuer(self) -> agentid::config::Issuer {
        agentid::config::Issuer::parse(self).unwrap()
    }
}

/// Every page that a person sees, in one go.
fn pages(server: &TestServer, agent: &Agent, overseer: &Overseer, client: &Client) -> Vec<Answer> {
    let browser = Browser::new(server);
    let sign_in = browser.authorize(&request(client).0);
    let consent = browser.log_in(&sign_in, overseer);
    let second = Agent::register(server);
    overseer.oversee(server, &second);
    let pick = browser.authorize(&request(client).0);
    let logout = browser.get(&format!("/v1/oauth/logout?client_id={}", client.id));
    let refused = browser.get("/v1/oauth/authorize");
    let posted = browser.authorize(&with(with(request(client).0, "response_mode", "form_post"), "scope", "none"));
    let other = Browser::new(server);
    let page = other.authorize(&request(client).0);
    let wrong = other.act(&page, "login", &[("email", "nobody@example.org"), ("password", "wrong")]).expect(401);
    assert_eq!(agent.id.len(), 36);
    vec![sign_in, consent, pick, logout, refused, posted, wrong]
}

#[test]
fn b01_pages_keep_others_out() {
    let (server, agent, overseer, client) = overseen();
    for page in pages(&server, &agent, &overseer, &client) {
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");
        let policy = page.header("content-security-policy").unwrap();
        for part in [
            "default-src 'self'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "script-src 'self'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        // No script and no style stands in a page, and nothing comes from elsewhere.
        for part in ["<style", " style=", " onclick", " onload", "src=\"http", "href=\"http", "<img"] {
            assert!(!page.text.contains(part), "{part}: {page:?}");
        }
        let scripts = page.text.matches("<script").count();
        assert_eq!(scripts, page.text.matches("<script src=\"/static/page.js\" defer></script>").count());
    }
    for file in ["/static/style.css", "/static/page.js"] {
        assert_eq!(server.get(file).send().expect(200).header("cache-control"), Some("public, max-age=300"));
    }
}

#[test]
fn b04_cookies_stay_with_the_server_and_off_the_scripts() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(request(&client).0).finish();
    let begun = browser.get(&format!("/v1/oauth/authorize?{query}"));
    let cookie = begun.header("set-cookie").unwrap();
    assert!(cookie.starts_with("agentid-browser=") && cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
    let page = browser.follow(begun);
    let token = between(&page.text, "name=\"form_token\" value=\"", "\"");
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    let form = [("form_token", &*token), ("action", "login"), ("email", &*overseer.email), ("password", PASSWORD)];
    let signed_in = browser.post(&path, &form).expect(303);
    let cookie = signed_in.header("set-cookie").unwrap();
    assert!(cookie.starts_with("agentid=") && cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
    assert!(!signed_in.header("location").unwrap().contains('?'), "{signed_in:?}");

    let secure = TestServer::with(|config| config.server.issuer = "https://id.example".parse_issuer());
    let (agent, overseer) = (Agent::register(&secure), Overseer::register(&secure));
    overseer.oversee(&secure, &agent);
    let client = Client::register(&secure, &overseer, json!({}));
    let browser = Browser::new(&secure);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(request(&client).0).finish();
    let cookie = browser.get(&format!("/v1/oauth/authorize?{query}")).header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("__Host-agentid-browser="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"), "{cookie}");
}

#[test]
fn b05_what_is_sent_is_escaped_on_every_page() {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let markup = "\"><script>alert('x')</script>";
    let path = "/v1/agents/me";
    server.patch(path).session(&agent.session).json(&json!({ "name": markup })).send().expect(200);
    let client = Client::register(&server, &overseer, json!({ "name": markup }));
    let browser = Browser::new(&server);
    let hinted = with(with(request(&client).0, "login_hint", &format!("{markup}@x")), "state", markup);
    let sign_in = browser.authorize(&hinted);
    let consent = browser.log_in(&sign_in, &overseer);
    let second = Agent::register(&server);
    overseer.oversee(&server, &second);
    let pick = browser.authorize(&request(&client).0);
    let posted = browser.authorize(&with(with(hinted, "response_mode", "form_post"), "scope", markup));
    let other = Browser::new(&server);
    let page = other.authorize(&request(&client).0);
    let wrong = other.act(&page, "login", &[("email", markup), ("password", markup)]).expect(401);
    let logout = browser.get(&format!("/v1/oauth/logout?client_id={}&state=%22%3E%3Cscript%3E", client.id));
    for page in [sign_in, consent, pick, posted, wrong, logout] {
        assert!(page.text.contains("&#"), "nothing is escaped here: {page:?}");
        assert!(!page.text.contains("<script>"), "{page:?}");
    }
}

#[test]
fn b08_wrong_passwords_are_throttled_and_say_no_more() {
    let server = TestServer::with(|config| config.limits.logins_per_minute = 4);
    let overseer = Overseer::register(&server);
    let client = Client::register(&server, &overseer, json!({}));
    let browser = Browser::new(&server);
    let page = browser.authorize(&request(&client).0);
    let attempt = |email: &str| browser.act(&page, "login", &[("email", email), ("password", "a wrong password")]);
    let problem = |answer: &Answer| between(&answer.text, "role=\"alert\">", "<");
    let known = attempt(&overseer.email).expect(401);
    let unknown = attempt("nobody@example.org").expect(401);
    assert_eq!(problem(&known), problem(&unknown));
    attempt(&overseer.email).expect(401);
    attempt(&overseer.email).expect(401);
    let refused = attempt(&overseer.email).expect(429);
    assert!(refused.header("retry-after").is_some() && refused.text.contains("Password"), "{refused:?}");
    server.clock.advance(60);
    assert!(browser.log_in(&page, &overseer).text.contains("Which agent?"));
}

#[test]
fn b09_nobody_is_sent_where_no_client_has_registered_it() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    browser.log_in(&browser.authorize(&request(&client).0), &overseer).expect(200);
    let ask = |parameters: &[(&str, &str)]| {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        browser.get(&format!("/v1/oauth/logout?{query}"))
    };
    let registered = ("post_logout_redirect_uri", "https://app.example/");
    for parameters in [
        vec![("post_logout_redirect_uri", "https://evil.example/"), ("client_id", &*client.id)],
        vec![("post_logout_redirect_uri", "https://app.example/x"), ("client_id", &*client.id)],
        vec![("post_logout_redirect_uri", "https://app.example"), ("client_id", &*client.id)],
        vec![registered],
        vec![registered, ("client_id", "01900000-0000-7000-8000-000000000000")],
        vec![registered, ("id_token_hint", "x.y.z")],
    ] {
        is_page(&ask(&parameters), 400, "not one that the application has registered");
    }
    assert_eq!(server.count("sessions", "browser = TRUE"), 1);
    let question = ask(&[registered, ("client_id", &client.id)]).expect(200);
    // The answer to the form leads there, so the page's policy has to name it.
    let policy = question.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://app.example https:;"), "{policy}");
    // One that is switched off is sent nobody.
    let path = format!("/v1/clients/{}/disabled", client.id);
    overseer.call(&server, "PUT", &path).json(&json!({ "disabled": true })).send().expect(200);
    is_page(&ask(&[registered, ("client_id", &client.id)]), 400, "not one that the application has registered");
}

#[test]
fn b05_a_name_does_not_turn_what_stands_beside_it() {
    let (server, agent, overseer, _) = overseen();
    for turning in ["\u{202E}evil", "a\u{2066}b"] {
        let client = json!({ "name": turning, "redirect_uris": ["https://app.example/"] });
        overseer
            .call(&server, "POST", "/v1/clients/register/overseer")
            .json(&client)
            .send()
            .refused(422, "invalid_field");
        let change = json!({ "name": turning });
        server.patch("/v1/agents/me").session(&agent.session).json(&change).send().refused(422, "invalid_field");
    }
    let turned = json!({ "description": "a\u{202E}b" });
    server.patch("/v1/agents/me").session(&agent.session).json(&turned).send().refused(422, "invalid_field");
    // A name that nobody sees is none.
    for unseen in ["\u{200B}", "\u{3164}\u{2800}", "\u{E0001}"] {
        let change = json!({ "name": unseen });
        server.patch("/v1/agents/me").session(&agent.session).json(&change).send().refused(422, "invalid_field");
    }
    // Scripts that are written from right to left need none of them.
    let change = json!({ "name": "\u{5E9}\u{5DC}\u{5D5}\u{5DD}" });
    server.patch("/v1/agents/me").session(&agent.session).json(&change).send().expect(200);
}

/// What stands behind a private-use scheme looks like a host and is nobody's.
#[test]
fn b05_a_page_names_no_host_that_is_none() {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let uri = "com.evil.app://accounts.example.com/cb";
    let native = json!({ "application_type": "native", "redirect_uris": [uri, "http://[::1]/cb"] });
    let client = Client::register(&server, &overseer, native);
    let page = Browser::new(&server).authorize(&with(request(&client).0, "redirect_uri", uri)).expect(200);
    assert!(page.text.contains("at com.evil.app:") && !page.text.contains("accounts.example.com"), "{page:?}");
    let policy = |uri: &str| {
        let page = Browser::new(&server).authorize(&with(request(&client).0, "redirect_uri", uri)).expect(200);
        page.header("content-security-policy").unwrap().to_owned()
    };
    assert!(policy(uri).contains("form-action 'self' com.evil.app: https:;"));
    // A source of a policy can not be an IPv6 address.
    assert!(policy("http://[::1]:4711/cb").contains("form-action 'self' http: https:;"));
}

#[test]
fn b04_a_foreign_cookie_is_not_in_the_way() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let page = browser.authorize(&request(&client).0);
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    let own = browser.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<String>();
    let cookies = format!("cookie: lang=fran\u{e7}ais; {own}");
    let status = server.connect().send(server.head("GET", &path, &["connection: close", &cookies])).status();
    assert_eq!(status, 200);
    assert_eq!(overseer.id.len(), 36);
}

#[test]
fn a_look_grants_nothing() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer);
    code(&server, &browser.allow(&consent));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(request(&client).0).finish();
    let answer = browser.call(Call::new("HEAD", &server.origin(), &format!("/v1/oauth/authorize?{query}")));
    assert_eq!((answer.status, answer.header("location"), answer.header("allow")), (405, None, Some("GET,POST")));
    let page = browser.authorize(&with(request(&client).0, "prompt", "login"));
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    let answer = browser.call(Call::new("HEAD", &server.origin(), &path));
    assert_eq!((answer.status, answer.header("location"), answer.header("allow")), (405, None, Some("GET,POST")));
    assert_eq!(server.count("authorization_codes", "TRUE"), 1);
}

/// A stranger makes neither rows nor keys without end.
#[test]
fn strangers_make_neither_rows_nor_keys() {
    let server = TestServer::with(|config| config.limits.interactions_per_minute = 3);
    let overseer = Overseer::register(&server);
    let client = Client::register(&server, &overseer, json!({}));
    let browser = Browser::new(&server);
    let page = browser.authorize(&request(&client).0).expect(200);
    browser.act(&page, "challenge", &[]).expect(200);
    assert_eq!(server.count("challenges", "challenge_type = 'dpop'"), 1, "one can be signed already");
    browser.act(&page, "challenge", &[]).expect(200);
    let refused = browser.act(&page, "challenge", &[]).expect(429);
    assert!(refused.header("retry-after").is_some());
    browser.get(&format!("/v1/oauth/authorize?{}", {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(request(&client).0).finish()
    }));
    assert_eq!(server.count("interactions", "TRUE"), 1);
    let body = json!({ "name": "x", "redirect_uris": ["https://x.example/"], "id_token_signed_response_alg": "RS256" });
    let path = "/v1/clients/register/overseer";
    server.post(path).session(&"A".repeat(43)).json(&body).send().refused(401, "not_authenticated");
    assert_eq!(server.count("signing_keys", "TRUE"), 1);
    overseer.call(&server, "POST", path).json(&body).send().expect(201);
    assert_eq!(server.count("signing_keys", "algorithm = 'RS256'"), 1);
}

#[test]
fn the_agents_affairs_are_not_told_to_the_client() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer);
    code(&server, &browser.allow(&consent));
    let path = format!("/v1/overseers/agents/{}/block-client", agent.id);
    overseer.call(&server, "POST", &path).json(&json!({ "client_id": client.id })).send().expect(200);
    let answer = browser.authorize(&with(request(&client).0, "prompt", "none"));
    crate::support::browser::refused(&server, &answer, "access_denied");
    let location = answer.header("location").unwrap();
    assert!(!location.contains("block") && !location.contains("limit"), "{location}");
    assert_eq!(server.count("oauth_requests", "status = 'blocked'"), 1);
}

#[test]
fn b10_what_is_too_much_is_refused_at_once() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let (good, _) = request(&client);
    is_page(&browser.authorize(&with(good.clone(), "state", &"x".repeat(7000))), 400, "over 6 KiB");
    let state = browser.authorize(&with(good.clone(), "state", &"x".repeat(2049)));
    assert!(state.header("location").unwrap().contains("error=invalid_request"));
    let many: String = (0..10_000).map(|number| format!("&p{number}=1")).collect();
    let path = |query: &str| format!("/v1/oauth/authorize?{query}");
    for query in [&many[..6000], "client_id=%00", "client_id=%ff", "%", "&&&"] {
        let answer = browser.get(&path(query));
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    let huge = "x=".to_owned() + &"y".repeat(100_000);
    let form = "application/x-www-form-urlencoded";
    let answer = server.post("/v1/oauth/authorize").header("content-type", form).bytes(huge).send();
    assert_eq!(answer.status, 413, "{answer:?}");
    for body in ["a=\u{e9}", "a=b c", "a=\u{0}"] {
        let answer = server.post("/v1/oauth/authorize").header("content-type", form).bytes(body).send();
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    assert!(browser.log_in(&browser.authorize(&good), &overseer).text.contains("Allow"));
}
