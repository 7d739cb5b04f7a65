//! A01–A10, A18: what an agent may not authorize, by JSON.

use serde_json::{Value, json};

use super::{RUBBISH, granted, refused, start};
use crate::support::flow::{TOKEN, changed, pkce, request};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

const PATH: &str = "/v1/oauth/authorize";

/// A good request of a client's, in whose place one member is put.
struct Asking<'a> {
    server: &'a TestServer,
    agent: &'a Agent,
    client: &'a Client,
}

impl Asking<'_> {
    fn with(&self, name: &str, value: impl Into<Value>) -> Answer {
        let mut request = request(self.client, &pkce().1);
        request[name] = value.into();
        self.agent.authorize(self.server, &request)
    }

    fn without(&self, name: &str) -> Answer {
        let mut request = request(self.client, &pkce().1);
        request.as_object_mut().unwrap().remove(name);
        self.agent.authorize(self.server, &request)
    }

    /// The twin of whatever was refused, and that the refusals left nothing behind.
    #[track_caller]
    fn only_this_is_granted(&self) {
        assert_eq!(self.server.count("authorization_codes", "TRUE"), 0);
        assert_eq!(self.server.count("oauth_requests", "TRUE"), 0, "no client could be told of it");
        assert_eq!(self.server.count("consents", "TRUE"), 0);
        granted(self.with("state", "a state"));
        assert_eq!(self.server.count("authorization_codes", "TRUE"), 1);
    }
}

#[test]
fn a01_an_unknown_client_is_no_client() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    let upper = client.id.to_uppercase();
    for id in ["01900000-0000-7000-8000-000000000000", &agent.id, &overseer.id, "x", "", &upper, RUBBISH] {
        refused(asking.with("client_id", id), 400, "invalid_request");
    }
    refused(asking.without("client_id"), 400, "invalid_request");
    asking.only_this_is_granted();
}

#[test]
fn a02_a04_a_redirect_uri_is_exactly_one_that_is_registered() {
    let (server, agent, overseer) = start();
    let client =
        Client::register(&server, &overseer, json!({ "redirect_uris": [REDIRECT_URI, "https://b.example/x?y=1"] }));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    for near in [
        "https://app.example/callback/",
        "https://app.example/callback/more",
        "https://app.example/callbackmore",
        "https://app.example/call",
        "https://app.example/",
        "https://app.example/callback/..",
        "https://app.example/x/../callback",
        "https://app.example/x/%2e%2e/callback",
        "https://app.example/%63allback",
        "https://app.example//callback",
        "https://user@app.example/callback",
        "https://app.example@evil.example/callback",
        "https://app.example:443/callback",
        "https://app.example./callback",
        "https://evil.app.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example\\@evil.example/callback",
        "https://app.example/callback?x=1",
        "https://app.example/callback?",
        "https://app.example/callback#",
        "https://app.example/callback#x",
        "https://APP.example/callback",
        "HTTPS://app.example/callback",
        "http://app.example/callback",
        "https://app.example/callback ",
        " https://app.example/callback",
        "https://app.example/callback\n",
        "https://b.example/x?y=1&y=1",
        "https://b.example/x?y=2",
        "https://b.example/x",
        "//app.example/callback",
        "/callback",
        "javascript:alert(1)",
        "",
        RUBBISH,
    ] {
        refused(asking.with("redirect_uri", near), 400, "invalid_request");
    }
    refused(asking.without("redirect_uri"), 400, "invalid_request");
    asking.only_this_is_granted();
    let answer = granted(asking.with("redirect_uri", "https://b.example/x?y=1"));
    assert!(answer.text_of("redirect_to").starts_with("https://b.example/x?y=1&code="), "{answer:?}");
}

#[test]
fn a03_a_native_client_has_any_port_on_its_loopback_address() {
    let (server, agent, overseer) = start();
    let uris = json!([
        "http://127.0.0.1/callback",
        "http://[::1]:4711/callback",
        "http://localhost:8080/callback",
        "com.example.app:/callback"
    ]);
    let native = json!({ "application_type": "native", "redirect_uris": uris });
    let native = Client::register(&server, &overseer, native);
    let web_uris = json!(["http://127.0.0.1/callback", REDIRECT_URI]);
    let web = Client::register(&server, &overseer, json!({ "redirect_uris": web_uris }));
    let of_native = Asking { server: &server, agent: &agent, client: &native };
    let of_web = Asking { server: &server, agent: &agent, client: &web };
    for wrong in [
        "http://127.0.0.1:50000/callback/",
        "http://127.0.0.1:50000/other",
        "http://127.0.0.1:50000/callback?x=1",
        "http://127.0.0.1:50000/callback#x",
        "http://127.0.0.1:50000",
        "http://127.0.0.2:50000/callback",
        "http://127.0.0.1.evil.example:50000/callback",
        "http://127.0.0.1:50000@evil.example/callback",
        "http://127.0.0.1:@evil.example/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:8 0/callback",
        "http://user@127.0.0.1:50000/callback",
        "http://127.1:50000/callback",
        "http://2130706433:50000/callback",
        "http://[::ffff:127.0.0.1]:50000/callback",
        "http://[0:0:0:0:0:0:0:1]:50000/callback",
        "https://127.0.0.1:50000/callback",
        "HTTP://127.0.0.1:50000/callback",
        "http://LOCALHOST:50000/callback",
        "com.example.app:50000/callback",
        "com.example.app://callback",
        "https://app.example:50000/callback",
    ] {
        refused(of_native.with("redirect_uri", wrong), 400, "invalid_request");
    }
    refused(of_web.with("redirect_uri", "http://127.0.0.1:50000/callback"), 400, "invalid_request");
    refused(of_web.with("redirect_uri", "https://app.example:50000/callback"), 400, "invalid_request");
    granted(of_web.with("redirect_uri", "http://127.0.0.1/callback"));
    for right in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:50000/callback",
        "http://[::1]:50000/callback",
        "http://[::1]/callback",
        "http://localhost:50000/callback",
        "com.example.app:/callback",
    ] {
        granted(of_native.with("redirect_uri", right));
    }
    // The code belongs to the address with the port that was asked for.
    let code = agent.code_for(&server, &native, &json!({ "redirect_uri": "http://127.0.0.1:50000/callback" }));
    let redeem = |uri: &str| {
        let form = Client::redemption(&code);
        native.oauth(&server, TOKEN, changed(&form, "redirect_uri", Some(uri))).send()
    };
    refused(redeem("http://127.0.0.1/callback"), 400, "invalid_grant");
    refused(redeem("http://127.0.0.1:50001/callback"), 400, "invalid_grant");
    granted(redeem("http://127.0.0.1:50000/callback"));
}

#[test]
fn a05_a_member_comes_once_and_resource_is_a_list() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    let good = request(&client, &pkce().1);
    for (name, value) in good.as_object().unwrap() {
        let twice = good.to_string().replacen('{', &format!("{{\"{name}\":{value},"), 1);
        let call = agent.call(&server, "POST", PATH).header("content-type", "application/json");
        call.bytes(twice).send().expect(400);
    }
    asking.only_this_is_granted();
    granted(asking.with("resource", json!(["https://a.example", "https://b.example"])));
}

#[test]
fn a06_the_response_is_a_code() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    for other in ["token", "id_token", "code id_token", "code token", "none", "Code", "", RUBBISH] {
        refused(asking.with("response_type", other), 400, "unsupported_response_type");
    }
    asking.only_this_is_granted();
    granted(asking.with("response_type", "code"));
}

#[test]
fn a07_a08_a09_there_is_a_challenge_by_sha_256() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    refused(asking.without("code_challenge"), 400, "invalid_request");
    refused(asking.without("code_challenge_method"), 400, "invalid_request");
    for method in ["plain", "s256", "S512", "", "S256 ", RUBBISH] {
        refused(asking.with("code_challenge_method", method), 400, "invalid_request");
    }
    let (_, challenge) = pkce();
    let mut not_canonical = challenge[..42].to_owned();
    not_canonical.push('B');
    for wrong in [
        "",
        &challenge[..42],
        &format!("{challenge}A"),
        &format!("{challenge}="),
        &not_canonical,
        &"+".repeat(43),
        &"/".repeat(43),
        &" ".repeat(43),
        &"é".repeat(43),
        &"A".repeat(128),
        RUBBISH,
    ] {
        refused(asking.with("code_challenge", wrong), 400, "invalid_request");
    }
    asking.only_this_is_granted();
}

#[test]
fn a10_a_scope_is_known_and_the_client_may_have_it() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({ "scope": "id name" }));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    for scope in ["admin", "id admin", "ID", "id,name", "id\tname", "overseer", "id name overseer", RUBBISH] {
        refused(asking.with("scope", scope), 400, "invalid_scope");
    }
    asking.only_this_is_granted();
    assert_eq!(granted(asking.with("scope", "name id name")).text_of("scope"), "name id");
}

#[test]
fn a18_a_resource_is_an_absolute_uri() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    let long = format!("https://a.example/{}", "x".repeat(512));
    for wrong in
        ["/api", "api.example", "//api.example", "https://a.example/#x", "https://a.example#", "", &long, RUBBISH]
    {
        refused(asking.with("resource", wrong), 400, "invalid_target");
        refused(asking.with("resource", json!(["https://a.example", wrong])), 400, "invalid_target");
    }
    let nine: Vec<String> = (0..9).map(|number| format!("https://{number}.example")).collect();
    refused(asking.with("resource", json!(nine)), 400, "invalid_target");
    asking.only_this_is_granted();
    granted(asking.with("resource", json!(nine[..8])));
}

#[test]
fn an_agent_authorizes_for_itself_alone() {
    let (server, agent, overseer) = start();
    let (client, other) = (Client::register(&server, &overseer, json!({})), Agent::register(&server));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    for id in [&other.id, &overseer.id, &client.id, &agent.id.to_uppercase(), "", RUBBISH] {
        refused(asking.with("agent_id", id), 400, "invalid_request");
    }
    let call = overseer.call(&server, "POST", PATH).json(&request(&client, &pkce().1)).send();
    assert!(matches!(call.status, 401 | 403), "{call:?}");
    asking.only_this_is_granted();
    granted(asking.with("agent_id", agent.id.as_str()));
}

#[test]
fn a_client_without_the_grant_and_one_that_is_off_get_no_code() {
    let (server, agent, overseer) = start();
    let own = json!({ "grant_types": ["client_credentials"] });
    let without = Client::register(&server, &overseer, own);
    let client = Client::register(&server, &overseer, json!({}));
    let of_without = Asking { server: &server, agent: &agent, client: &without };
    refused(of_without.with("state", "x"), 400, "unauthorized_client");
    let asking = Asking { server: &server, agent: &agent, client: &client };
    asking.only_this_is_granted();
    switch(&server, &overseer, &client, true);
    refused(asking.with("state", RUBBISH), 400, "unauthorized_client");
    switch(&server, &overseer, &client, false);
    granted(asking.with("state", "x"));
    let statuses = ["approved", "denied"].map(|status| server.count("oauth_requests", &format!("status = '{status}'")));
    assert_eq!(statuses, [2, 1]);
}

/// `state` comes back as it is in JSON, which no browser shows as a page, and encoded in the address.
#[test]
fn t14_the_state_is_no_markup_in_the_address() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let asking = Asking { server: &server, agent: &agent, client: &client };
    let answer = granted(asking.with("state", RUBBISH));
    assert_eq!(answer.text_of("state"), RUBBISH);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let address = answer.text_of("redirect_to");
    assert!(!address.contains(['<', '>', '"', '\'', ' ']), "{address}");
    let mut query = form_urlencoded::parse(address.split_once('?').unwrap().1.as_bytes());
    assert!(query.any(|(name, value)| name == "state" && value == RUBBISH), "{address}");
    granted(asking.with("state", "x".repeat(2048)));
    refused(asking.with("state", "x".repeat(2049)), 400, "invalid_request");
    granted(asking.with("nonce", "x".repeat(512)));
    refused(asking.with("nonce", "x".repeat(513)), 400, "invalid_request");
}

fn switch(server: &TestServer, overseer: &Overseer, client: &Client, off: bool) {
    let call = overseer.call(server, "PUT", &client.path("/disabled"));
    call.json(&json!({ "disabled": off })).send().expect(200);
}
