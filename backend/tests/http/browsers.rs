//! W01–W03, B01–B05, B07–B10: what pages, cookies and discovery hold against those who look in from elsewhere.

use agentid::oauth::signing_keys::SOONEST;
use serde_json::{Value, json};

use crate::support::browser::{Browser, between, challenge_of, code, is_page, request, with};
use crate::support::flow::start;
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Answer, Call, Client, Overseer, TestServer};

fn overseen() -> (TestServer, Agent, Overseer, Client) {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({ "post_logout_redirect_uris": ["https://app.example/"] }));
    (server, agent, overseer, client)
}

#[test]
fn w01_no_header_changes_the_issuer() {
    let server = TestServer::start();
    let document = server.get("/.well-known/openid-configuration").send().expect(200);
    let forwarded = server
        .get("/.well-known/openid-configuration")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example")
        .send()
        .expect(200);
    assert_eq!(document.json(), forwarded.json());
    assert_eq!(document.text_of("issuer"), server.url);
    for (name, value) in document.json().as_object().unwrap() {
        if let Some(address) = value.as_str().filter(|_| name.ends_with("_endpoint") || name.ends_with("_uri")) {
            assert!(address.starts_with(&server.url), "{name}: {address}");
        }
    }
    server.get("/.well-known/openid-configuration").header("host", "evil.example").send().refused(421, "wrong_host");
}

#[test]
fn w02_an_issuer_with_a_path_answers_both_forms() {
    let server = TestServer::with(|config| config.server.issuer = "https://id.example/tenant".parse_issuer());
    let both = [
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration/tenant",
        "/tenant/.well-known/openid-configuration",
        // What a proxy that takes the path away sends on.
        "/.well-known/openid-configuration",
    ];
    for path in both {
        let document = server.get(path).send().expect(200);
        assert_eq!(document.text_of("issuer"), "https://id.example/tenant", "{path}");
        assert_eq!(document.text_of("token_endpoint"), "https://id.example/tenant/v1/oauth/token");
        server.post(path).send().refused(405, "method_not_allowed");
    }
    for path in ["/.well-known/openid-configuration/other", "/tenant/tenant/health", "/tenantx/health", "/other/health"]
    {
        server.get(path).send().refused(404, "not_found");
    }
    server.get("/tenant/health").send().expect(200);
    Agent::register(&server).token(&server, &[]).expect(200);
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

#[test]
fn w03_the_keys_are_public_and_each_has_its_own_id() {
    let (server, agent, overseer, _) = overseen();
    for algorithm in ["ES256", "RS256"] {
        let metadata = json!({ "id_token_signed_response_alg": algorithm });
        let client = Client::register(&server, &overseer, metadata);
        server.clock.advance(SOONEST);
        agent.tokens_for(&server, &client, &json!({ "scope": "openid" }));
    }
    let keys = server.get("/.well-known/jwks.json").send().expect(200).get("keys");
    let keys = keys.as_array().unwrap();
    let mut ids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), keys.len()), (3, 3));
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert_eq!(key[private], Value::Null, "{key}");
        }
        assert_eq!(key["use"], "sig");
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
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'self'"] {
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
    assert!(other.act(&elsewhere, "continue", &[]).text.contains("Password"));
    assert!(browser.act(&page, "continue", &[]).text.contains("Allow"));
    assert_eq!(overseer.id.len(), 36);
}

#[test]
fn b03_whoever_signs_in_gets_a_new_session_and_the_old_one_ends() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let session = || browser.cookies.borrow().get("agentid-session").cloned();
    // A session that somebody else has put there does not become anybody's.
    let planted = "A".repeat(43);
    browser.cookies.borrow_mut().insert("agentid-session".to_owned(), planted.clone());
    let page = browser.authorize(&request(&client).0);
    browser.log_in(&page, &overseer).expect(200);
    let first = session().unwrap();
    assert_ne!(first, planted);
    let page = browser.authorize(&with(request(&client).0, "prompt", "login"));
    browser.log_in(&page, &overseer).expect(200);
    let second = session().unwrap();
    assert_ne!(first, second);
    browser.cookies.borrow_mut().insert("agentid-session".to_owned(), first);
    assert!(browser.authorize(&request(&client).0).text.contains("Password"));
}

/// A session of a browser is none of the API, and the other way round.
#[test]
fn b03_a_cookie_is_no_bearer_token() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let session = || browser.cookies.borrow().get("agentid-session").cloned().unwrap();
    browser.log_in(&browser.authorize(&request(&client).0), &overseer).expect(200);
    server.get("/v1/overseers/me").session(&session()).send().refused(401, "not_authenticated");
    server.get("/v1/overseers/me").session(&overseer.session).send().expect(200);
    let own = Client::register(&server, &overseer, json!({}));
    let page = browser.authorize(&with(request(&own).0, "prompt", "login"));
    browser.sign_in(&page, &agent);
    server.get("/v1/agents/me").session(&session()).send().refused(401, "not_authenticated");
    let planted = Browser::new(&server);
    planted.cookies.borrow_mut().insert("agentid-session".to_owned(), overseer.session.clone());
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
    assert!(cookie.starts_with("agentid-session=") && cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
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
fn b07_only_what_needs_no_cookie_is_open_to_pages_elsewhere() {
    let (server, agent, _, client) = overseen();
    let preflight = |path: &str| {
        Call::new("OPTIONS", &server.origin(), path)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,dpop")
            .send()
    };
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/v1/oauth/token",
        "/v1/oauth/userinfo",
        "/v1/oauth/revoke",
        "/v1/oauth/revocations",
    ] {
        let answer = preflight(path).expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        let allowed = answer.header("access-control-allow-headers").unwrap();
        assert!(["authorization", "content-type", "dpop"].iter().all(|name| allowed.contains(name)), "{allowed}");
    }
    let tokens = server.post("/v1/oauth/token").form(&[]).header("origin", "https://spa.example").send();
    assert_eq!(tokens.header("access-control-allow-origin"), Some("*"));
    let exposed = tokens.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("www-authenticate") && exposed.contains("dpop-nonce"), "{exposed}");
    let interaction = "/v1/oauth/interaction/01900000-0000-7000-8000-000000000000";
    for path in ["/v1/oauth/authorize", "/v1/oauth/logout", interaction, "/v1/oauth/introspect", "/v1/agents/me", "/"] {
        let answers = [preflight(path), server.get(path).header("origin", "https://spa.example").send()];
        for answer in answers {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{path}: {answer:?}");
        }
    }
    assert_ne!(agent.id, client.id);
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
    ask(&[registered, ("client_id", &client.id)]).expect(200);
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
