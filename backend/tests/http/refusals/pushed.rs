//! P01–P05 and A13–A15: requests that are pushed (RFC 9126), and what a reference to one is good for.

use serde_json::json;

use super::{RUBBISH, client, refused, start};
use crate::support::browser::{self, Browser, Parameters, code, is_page, request, with, without};
use crate::support::flow::{PAR, jkt, new_key, overseen, proof};
use crate::support::{Agent, Answer, Call, Client, Overseer, TestServer};

/// What a browser brings for a pushed request.
fn reference(client: &Client, request_uri: &str) -> Parameters {
    vec![("client_id", client.id.clone()), ("request_uri", request_uri.to_owned())]
}

/// An agent redeems a reference by itself.
fn authorize(server: &TestServer, agent: &Agent, client: &Client, request_uri: &str) -> Answer {
    agent.authorize(server, &json!({ "client_id": client.id, "request_uri": request_uri }))
}

/// A browser that is signed in, and whose overseer has allowed the client everything.
fn signed_in<'a>(server: &'a TestServer, overseer: &Overseer, client: &Client) -> Browser<'a> {
    let browser = Browser::new(server);
    let consent = browser.log_in(&browser.authorize(&request(client).0), overseer);
    code(server, &browser.allow(&consent));
    browser
}

#[test]
fn p01_who_pushes_authenticates() {
    let (server, agent, overseer) = start();
    for method in ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"] {
        let client = client(&server, &overseer, method);
        let parameters = request(&client).0;
        let form: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let alone = server.post(PAR).form(&form).send();
        match method {
            "none" => drop(alone.expect(201)),
            _ => drop(refused(alone, 401, "invalid_client")),
        }
        let wrong = server.post(PAR).form(&form).header("authorization", "Basic eDp5").send();
        refused(wrong, 401, "invalid_client");
        let answer = client.push(&server, &parameters).expect(201);
        assert_eq!(answer.get("expires_in"), 60);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        authorize(&server, &agent, &client, &answer.text_of("request_uri")).expect(200);
    }
    // An agent has nothing to push.
    let own = Agent::oauth(&server, PAR, &agent.assertion(&server), &[("response_type", "code")]);
    refused(own, 400, "unauthorized_client");
}

#[test]
fn p02_a_pushed_request_holds_no_reference() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let (pushed, _) = client.pushed(&server);
    let parameters = request(&client).0;
    for uri in [pushed.as_str(), "https://app.example/request.jwt", "urn:x", RUBBISH] {
        refused(client.push(&server, &with(parameters.clone(), "request_uri", uri)), 400, "invalid_request");
    }
    client.push(&server, &parameters).expect(201);
}

#[test]
fn p03_it_is_posted_in_bounds() {
    let server = TestServer::with(|config| config.limits.pushed_requests_per_minute = 8);
    let overseer = Overseer::register(&server);
    let client = client(&server, &overseer, "client_secret_basic");
    let parameters = request(&client).0;
    for method in ["GET", "PUT", "DELETE"] {
        Call::new(method, &server.origin(), PAR).send().refused(405, "method_not_allowed");
    }
    let scope = |length: usize| with(parameters.clone(), "login_hint", &"x".repeat(length));
    refused(client.push(&server, &scope(70_000)), 413, "invalid_request");
    refused(client.push(&server, &scope(17_000)), 413, "invalid_request");
    client.push(&server, &scope(10_000)).expect(201);
    for _ in 0..6 {
        client.push(&server, &parameters).expect(201);
    }
    let answer = refused(client.push(&server, &parameters), 429, "temporarily_unavailable");
    assert!(answer.header("retry-after").is_some());
    // One that anybody can say to be has less, by address.
    let public = self::client(&server, &overseer, "none");
    let own = request(&public).0;
    public.push(&server, &own).expect(201);
    refused(public.push(&server, &own), 429, "temporarily_unavailable");
    server.clock.advance(60);
    client.push(&server, &parameters).expect(201);
    refused(public.push(&server, &with(own.clone(), "login_hint", &"x".repeat(7_000))), 413, "invalid_request");
    server.clock.advance(60);
    public.push(&server, &own).expect(201);
}

#[test]
fn p04_what_the_browser_would_be_told_the_client_is_told() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "client_secret_post");
    let (good, _) = request(&client);
    let push = |parameters: &Parameters| client.push(&server, parameters);
    for name in ["redirect_uri", "response_type", "code_challenge", "code_challenge_method"] {
        refused(push(&without(good.clone(), name)), 400, "invalid_request");
    }
    for (name, value, error) in [
        ("redirect_uri", "https://app.example/other", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge", RUBBISH, "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", RUBBISH, "invalid_scope"),
        ("resource", "relative", "invalid_target"),
        ("response_mode", "fragment", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
    ] {
        refused(push(&with(good.clone(), name, value)), 400, error);
    }
    let mut twice = good.clone();
    twice.push(("scope", "id".to_owned()));
    refused(push(&twice), 400, "invalid_request");
    push(&good).expect(201);
}

#[test]
fn p05_d12_a_code_is_bound_to_the_key_that_signs_the_push() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let (key, other) = (new_key(), new_key());
    let push = |parameters: &Parameters, key| {
        let call = client.oauth(&server, PAR, parameters.clone());
        call.header("dpop", &proof(&server, key, "POST", PAR, None)).send()
    };
    let (parameters, verifier) = request(&client);
    let named = with(parameters.clone(), "dpop_jkt", &jkt(&key));
    refused(push(&named, &other), 400, "invalid_dpop_proof");
    // By proof, by name, or by both.
    for pushed in [push(&parameters, &key), client.push(&server, &named), push(&named, &key)] {
        let uri = pushed.expect(201).text_of("request_uri");
        let redeemed = authorize(&server, &agent, &client, &uri).expect(200).text_of("code");
        let code = (redeemed, verifier.clone());
        refused(client.redeem_with(&server, &code, &other), 400, "invalid_grant");
        refused(client.redeem(&server, &code), 400, "invalid_grant");
        assert_eq!(client.redeem_with(&server, &code, &key).expect(200).text_of("token_type"), "DPoP");
    }
    // A proof counts once, here too.
    let once = proof(&server, &key, "POST", PAR, None);
    let again = || client.oauth(&server, PAR, parameters.clone()).header("dpop", &once).send();
    again().expect(201);
    refused(again(), 400, "invalid_dpop_proof");
}

#[test]
fn a13_a_reference_is_good_once_for_its_client_within_a_minute() {
    let (server, agent, overseer, client) = overseen();
    let stranger = Client::register(&server, &overseer, json!({}));
    let browser = signed_in(&server, &overseer, &client);
    let visit = |uri: &str| browser.authorize(&reference(&client, uri));
    let is_unknown = |uri: &str| {
        is_page(&visit(uri), 400, "pushed request");
        refused(authorize(&server, &agent, &client, uri), 400, "invalid_request_uri");
    };
    let (uri, _) = client.pushed(&server);
    is_unknown(&format!("{}x", &uri[..uri.len() - 1]));
    is_unknown("urn:ietf:params:oauth:request_uri:");
    is_unknown(&format!("urn:ietf:params:oauth:request_uri:{RUBBISH}"));
    is_page(&browser.authorize(&reference(&stranger, &uri)), 400, "pushed request");
    refused(authorize(&server, &agent, &stranger, &uri), 400, "invalid_request_uri");
    code(&server, &visit(&uri));
    is_unknown(&uri);

    let (uri, _) = client.pushed(&server);
    authorize(&server, &agent, &client, &uri).expect(200);
    is_unknown(&uri);

    let ((old, _), (young, _)) = (client.pushed(&server), client.pushed(&server));
    server.clock.advance(59);
    code(&server, &visit(&young));
    server.clock.advance(1);
    is_unknown(&old);
}

#[test]
fn a13_it_is_used_when_somebody_decides_and_not_when_a_page_is_shown() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let (uri, verifier) = client.pushed(&server);
    // Browsers load pages ahead, and again.
    for _ in 0..3 {
        browser.authorize(&reference(&client, &uri)).expect(200);
    }
    let consent = browser.log_in(&browser.authorize(&reference(&client, &uri)), &overseer);
    let other = browser.authorize(&reference(&client, &uri)).expect(200);
    // What has begun goes on when the minute is over.
    server.clock.advance(300);
    let redeemed = code(&server, &browser.allow(&consent));
    client.redeem(&server, &(redeemed, verifier)).expect(200);
    browser::refused(&server, &browser.allow(&other), "invalid_request_uri");

    // Declined is decided.
    let parameters = with(request(&client).0, "prompt", "consent");
    let uri = client.push(&server, &parameters).expect(201).text_of("request_uri");
    let page = browser.authorize(&reference(&client, &uri)).expect(200);
    let agent_id = browser::between(&page.text, "name=\"agent_id\" value=\"", "\"");
    browser::refused(&server, &browser.act(&page, "deny", &[("agent_id", &agent_id)]), "access_denied");
    is_page(&browser.authorize(&reference(&client, &uri)), 400, "pushed request");
}

#[test]
fn a14_a_client_that_pushes_does_nothing_else() {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let only = json!({ "require_pushed_authorization_requests": true });
    let (strict, free) = (Client::register(&server, &overseer, only), Client::register(&server, &overseer, json!({})));
    let browser = signed_in(&server, &overseer, &free);
    let agents = |client: &Client| {
        let parameters = request(client).0;
        let member = |name| parameters.iter().find(|(other, _)| *other == name).unwrap().1.clone();
        let names = ["client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state"];
        agent.authorize(&server, &names.into_iter().map(|name| (name, member(name))).collect())
    };
    browser::refused(&server, &browser.authorize(&request(&strict).0), "invalid_request");
    refused(agents(&strict), 400, "invalid_request");
    let (uri, _) = strict.pushed(&server);
    authorize(&server, &agent, &strict, &uri).expect(200);
    let (uri, _) = strict.pushed(&server);
    code(&server, &browser.authorize(&reference(&strict, &uri)));
    code(&server, &browser.authorize(&request(&free).0));
    agents(&free).expect(200);
}

#[test]
fn a14_a_server_can_ask_it_of_all() {
    let server = TestServer::with(|config| config.oauth.require_pushed_authorization_requests = true);
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let discovery = server.get("/.well-known/openid-configuration").send().expect(200);
    assert_eq!(discovery.get("require_pushed_authorization_requests"), true);
    browser::refused(&server, &Browser::new(&server).authorize(&request(&client).0), "invalid_request");
    let (uri, _) = client.pushed(&server);
    authorize(&server, &agent, &client, &uri).expect(200);
}

#[test]
fn a15_what_was_pushed_counts() {
    let (server, agent, overseer, client) = overseen();
    let browser = signed_in(&server, &overseer, &client);
    let (uri, verifier) = client.pushed(&server);
    let mut beside = reference(&client, &uri);
    beside.push(("redirect_uri", "https://evil.example/".to_owned()));
    beside.push(("scope", "overseer".to_owned()));
    beside.push(("state", "another".to_owned()));
    beside.push(("code_challenge", "x".repeat(43)));
    beside.push(("response_mode", "form_post".to_owned()));
    let redeemed = code(&server, &browser.authorize(&beside));
    let tokens = client.redeem(&server, &(redeemed, verifier)).expect(200);
    assert_eq!(tokens.text_of("scope"), "openid name");

    let (uri, verifier) = client.pushed(&server);
    let beside = json!({
        "client_id": client.id, "request_uri": uri, "redirect_uri": "https://evil.example/", "scope": "overseer",
        "state": "another", "code_challenge": "x".repeat(43),
    });
    let answer = agent.authorize(&server, &beside).expect(200);
    assert_eq!((answer.text_of("state"), answer.text_of("scope")), ("a state".to_owned(), "openid name".to_owned()));
    client.redeem(&server, &(answer.text_of("code"), verifier)).expect(200);
    // What is signed is no business of the agent's.
    let signed = json!({ "client_id": client.id, "request": "x" });
    refused(agent.authorize(&server, &signed), 400, "invalid_request");
    // Which agent is meant, only the call says.
    let (uri, _) = client.pushed(&server);
    let other = json!({ "client_id": client.id, "request_uri": uri, "agent_id": overseer.id });
    refused(agent.authorize(&server, &other), 400, "invalid_request");
}
