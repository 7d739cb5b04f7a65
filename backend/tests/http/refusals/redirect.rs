//! A01–A12, A18–A22: what a client may not ask for in a browser. As long as it is not certain to whom an answer goes, the
//! person in front of the browser is told; from then on the client is, with its `state` and our `iss`.

use serde_json::json;

use super::RUBBISH;
use crate::support::browser::{Browser, Parameters, code, is_page, refused, request, with, without};
use crate::support::flow::{overseen, start};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

/// A browser whose overseer has allowed the client everything, so that nothing but the request stands in the way.
struct Asking<'a> {
    server: &'a TestServer,
    client: &'a Client,
    browser: Browser<'a>,
}

impl<'a> Asking<'a> {
    fn new(server: &'a TestServer, overseer: &Overseer, client: &'a Client) -> Self {
        let browser = Browser::new(server);
        let consent = browser.log_in(&browser.authorize(&request(client).0), overseer);
        code(server, &browser.allow(&consent));
        Self { server, client, browser }
    }

    fn ask(&self, parameters: &Parameters) -> Answer {
        self.browser.authorize(parameters)
    }

    fn with(&self, name: &'static str, value: &str) -> Answer {
        self.ask(&with(request(self.client).0, name, value))
    }

    fn without(&self, name: &str) -> Answer {
        self.ask(&without(request(self.client).0, name))
    }

    /// One parameter twice, the second time with this value.
    fn twice(&self, name: &'static str, value: &str) -> Answer {
        let mut parameters = request(self.client).0;
        parameters.push((name, value.to_owned()));
        self.ask(&parameters)
    }

    #[track_caller]
    fn is_refused(&self, answer: &Answer, error: &str) {
        refused(self.server, answer, error);
    }

    /// The twin of whatever was refused.
    #[track_caller]
    fn is_granted(&self) {
        code(self.server, &self.ask(&request(self.client).0));
    }
}

#[test]
fn a01_an_unknown_client_is_no_client() {
    let (server, agent, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    for id in ["01900000-0000-7000-8000-000000000000", &agent.id, &overseer.id, "x", RUBBISH, &client.id.to_uppercase()]
    {
        is_page(&asking.with("client_id", id), 400, "No application with this id");
    }
    for answer in [asking.with("client_id", ""), asking.without("client_id")] {
        is_page(&answer, 400, "does not say which application");
    }
    asking.is_granted();
}

#[test]
fn a02_a_redirect_uri_is_exactly_one_that_is_registered() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    for near in [
        "https://app.example/callback/",
        "https://app.example/callbackmore",
        "https://app.example/callback/..",
        "https://app.example/x/%2e%2e/callback",
        "https://user@app.example/callback",
        "https://app.example@evil.example/callback",
        "https://evil.app.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://APP.example/callback",
        "https://app.example/Callback",
        "http://app.example/callback",
        "javascript:alert(1)",
        RUBBISH,
    ] {
        is_page(&asking.with("redirect_uri", near), 400, "not one that this application has registered");
    }
    asking.is_granted();
}

#[test]
fn a03_a_native_client_comes_from_any_port_of_loopback() {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let native =
        json!({ "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"] });
    let client = Client::register(&server, &overseer, native);
    let browser = Browser::new(&server);
    let ask = |uri: &str| browser.authorize(&with(request(&client).0, "redirect_uri", uri));
    let mut page = browser.log_in(&ask("http://127.0.0.1:4711/cb"), &overseer);
    // What can not keep a secret may be anybody, so it is asked about each time.
    for uri in ["http://127.0.0.1:4711/cb", "http://127.0.0.1:4712/cb", "com.example.app:/cb"] {
        let answer = browser.allow(&page);
        assert_eq!(answer.status, 303, "{answer:?}");
        page = ask(uri).expect(200);
        assert!(page.text.contains("Allow"), "{page:?}");
    }
    for uri in ["http://127.0.0.1:4711/other", "http://localhost:4711/cb", "http://127.0.0.2/cb", "com.example.app:/x"]
    {
        is_page(&ask(uri), 400, "not one that this application has registered");
    }
}

#[test]
fn a04_a_redirect_uri_is_always_named() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    is_page(&asking.without("redirect_uri"), 400, "does not say where to go back to");
    asking.is_granted();
}

#[test]
fn a05_a_parameter_counts_once() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    is_page(&asking.twice("client_id", &client.id), 400, "twice");
    is_page(&asking.twice("redirect_uri", REDIRECT_URI), 400, "twice");
    for name in ["scope", "response_type", "nonce", "code_challenge", "prompt"] {
        let mut parameters = with(request(&client).0, name, "x");
        parameters.push((name, "x".to_owned()));
        asking.is_refused(&asking.ask(&parameters), "invalid_request");
    }
    // Of two states it is not clear which one is the client's.
    let answer = asking.twice("state", "another");
    assert!(!answer.header("location").unwrap().contains("state="), "{answer:?}");
    let mut two = with(request(&client).0, "resource", "https://a.example");
    two.push(("resource", "https://b.example".to_owned()));
    assert!(asking.ask(&two).text.contains("https://b.example"));
    asking.is_granted();
}

#[test]
fn a06_a_response_type_is_code() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    asking.is_refused(&asking.without("response_type"), "invalid_request");
    for other in ["token", "id_token", "code id_token", "none", "CODE", RUBBISH] {
        asking.is_refused(&asking.with("response_type", other), "unsupported_response_type");
    }
    asking.is_granted();
}

#[test]
fn a07_a08_a09_pkce_is_s256() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    asking.is_refused(&asking.without("code_challenge"), "invalid_request");
    asking.is_refused(&asking.without("code_challenge_method"), "invalid_request");
    for method in ["plain", "s256", "S512", RUBBISH] {
        asking.is_refused(&asking.with("code_challenge_method", method), "invalid_request");
    }
    for challenge in ["x", &"A".repeat(42), &"A".repeat(44), &"+".repeat(43), RUBBISH] {
        asking.is_refused(&asking.with("code_challenge", challenge), "invalid_request");
    }
    asking.is_granted();
}

#[test]
fn a10_a_scope_is_one_that_there_is() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    for scope in ["admin", "openid admin", RUBBISH] {
        asking.is_refused(&asking.with("scope", scope), "invalid_scope");
    }
    let narrow = Client::register(&server, &overseer, json!({ "scope": "openid" }));
    let answer = asking.browser.authorize(&with(request(&narrow).0, "scope", "openid name"));
    asking.is_refused(&answer, "invalid_scope");
    asking.is_granted();
}

#[test]
fn a11_a_silent_request_asks_nothing() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    let silent = |browser: &Browser<'_>, client: &Client| browser.authorize(&with(request(client).0, "prompt", "none"));
    asking.is_refused(&silent(&Browser::new(&server), &client), "login_required");
    let other = Client::register(&server, &overseer, json!({}));
    asking.is_refused(&silent(&asking.browser, &other), "consent_required");
    for prompt in ["none login", "none consent", "login none", "nothing", RUBBISH] {
        asking.is_refused(&asking.with("prompt", prompt), "invalid_request");
    }
    code(&server, &silent(&asking.browser, &client));
}

#[test]
fn a12_max_age_asks_for_a_fresh_sign_in() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    server.clock.advance(2);
    code(&server, &asking.with("max_age", "2"));
    for (name, value) in [("max_age", "1"), ("max_age", "0"), ("prompt", "login")] {
        let (parameters, verifier) = request(&client);
        let page = asking.ask(&with(parameters, name, value));
        assert!(page.text.contains("Password"), "{name}={value}: {page:?}");
        let answer = asking.browser.log_in(&page, &overseer);
        let tokens = client.redeem(&server, &(code(&server, &answer), verifier)).expect(200);
        let id_token = crate::support::browser::claims(&tokens.text_of("id_token"));
        assert_eq!(id_token["auth_time"], server.clock.now());
        server.clock.advance(2);
        asking.is_refused(
            &asking.ask(&with(with(request(&client).0, "max_age", "1"), "prompt", "none")),
            "login_required",
        );
    }
    for age in ["-1", "x", "1.5", "99999999999", RUBBISH] {
        asking.is_refused(&asking.with("max_age", age), "invalid_request");
    }
}

#[test]
fn a_client_does_not_describe_itself_in_a_request() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    asking.is_refused(&asking.with("registration", "{}"), "registration_not_supported");
    asking.is_granted();
}

#[test]
fn a18_a_resource_is_an_absolute_uri() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    for resource in ["/api", "api", "https://api.example/#x", "https://api example", RUBBISH] {
        asking.is_refused(&asking.with("resource", resource), "invalid_target");
    }
    assert!(asking.with("resource", "https://api.example").text.contains("Allow"));
    asking.is_granted();
}

#[test]
fn a19_a_refusal_of_the_person_reaches_the_client() {
    let (server, agent, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    let page = asking.with("prompt", "consent");
    asking.is_refused(&asking.browser.act(&page, "deny", &[("agent_id", &agent.id)]), "access_denied");
    asking.is_granted();
}

#[test]
fn a20_a_credential_is_never_posted_on() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let page = browser.authorize(&request(&client).0);
    let token = crate::support::browser::between(&page.text, "name=\"form_token\" value=\"", "\"");
    let path = crate::support::browser::between(&page.text, "<form method=\"post\" action=\"", "\"");
    let password = crate::support::overseer::PASSWORD;
    let form = [("form_token", &*token), ("action", "login"), ("email", &*overseer.email), ("password", password)];
    browser.post(&path, &form).expect(303);
}

#[test]
fn a21_a_hint_of_another_agent_is_not_overruled() {
    let (server, agent, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    let stranger = Agent::register(&server);
    let id_token =
        |agent: &Agent| agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).text_of("id_token");
    let silent = |hint: &str| asking.ask(&with(with(request(&client).0, "prompt", "none"), "id_token_hint", hint));
    asking.is_refused(&silent(&id_token(&stranger)), "login_required");
    // What was not signed here is nobody's hint, and an access token is no id token.
    let own = id_token(&agent);
    let (head, _) = own.rsplit_once('.').unwrap();
    let access_token = agent.tokens_for(&server, &client, &json!({})).text_of("access_token");
    for hint in [&format!("{head}.{}", "A".repeat(86)), &access_token, "x", RUBBISH] {
        asking.is_refused(&silent(hint), "login_required");
    }
    code(&server, &silent(&own));
    // It is a hint, also when it has expired.
    server.clock.advance(3600);
    code(&server, &silent(&own));
}

#[test]
fn a22_an_answer_travels_in_a_way_that_is_offered() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    for mode in ["fragment", "web_message", "jwt", RUBBISH] {
        asking.is_refused(&asking.with("response_mode", mode), "invalid_request");
    }
    code(&server, &asking.with("response_mode", "query"));
    assert!(asking.with("response_mode", "form_post").expect(200).text.contains("name=\"code\""));
}

#[test]
fn a_client_that_is_switched_off_is_sent_nobody() {
    let (server, _, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    let page = asking.with("prompt", "consent").expect(200);
    let disable = |disabled: bool| {
        let path = format!("/v1/clients/{}/disabled", client.id);
        overseer.call(&server, "PUT", &path).json(&json!({ "disabled": disabled })).send().expect(200);
    };
    disable(true);
    is_page(&asking.ask(&request(&client).0), 400, "switched off");
    is_page(&asking.browser.allow(&page), 400, "switched off");
    disable(false);
    code(&server, &asking.browser.allow(&page));
}

#[test]
fn a_stopped_agent_is_nobodys_choice() {
    let (server, agent, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    let page = asking.with("prompt", "consent").expect(200);
    overseer.stop(&server, &agent).expect(200);
    let again = asking.browser.allow(&page);
    assert!(again.text.contains("You answer for no agent that may act now"), "{again:?}");
    overseer.resume(&server, &agent).expect(200);
    asking.is_granted();
}

#[test]
fn an_overseer_who_let_the_agent_go_does_not_act_for_it() {
    let (server, agent, overseer, client) = overseen();
    let asking = Asking::new(&server, &overseer, &client);
    let fresh = || {
        let (parameters, verifier) = request(&client);
        (code(&server, &asking.ask(&parameters)), verifier)
    };
    let tokens = client.redeem(&server, &fresh()).expect(200);
    let (unused, kept) = (fresh(), tokens.text_of("refresh_token"));
    let kept = client.refresh(&server, &kept).expect(200).text_of("refresh_token");
    overseer.call(&server, "POST", &format!("/v1/agents/declaim/{}", agent.id)).send().expect(200);
    super::refused(client.redeem(&server, &unused), 400, "invalid_grant");
    super::refused(client.refresh(&server, &kept), 400, "invalid_grant");
}
