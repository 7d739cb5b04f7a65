//! A16 and A17: requests by address, which are never fetched, and requests that the client has signed (RFC 9101).

use serde_json::{Value, json};

use super::{RUBBISH, refused};
use crate::support::browser::{self, Browser, Parameters, code, is_page, request, with};
use crate::support::flow::overseen;
use crate::support::{Client, ClientKey, Outside, Overseer, TestServer};

/// A client that signs its requests, and a browser whose overseer has allowed it everything.
struct Signing<'a> {
    server: &'a TestServer,
    client: Client,
    key: ClientKey,
    browser: Browser<'a>,
}

impl<'a> Signing<'a> {
    fn new(server: &'a TestServer, overseer: &Overseer, name: &'static str) -> Self {
        let key = ClientKey::generate(name);
        let more = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks() });
        let client = Client::register(server, overseer, more);
        let browser = Browser::new(server);
        let consent = browser.log_in(&browser.authorize(&request(&client).0), overseer);
        code(server, &browser.allow(&consent));
        Self { server, client, key, browser }
    }

    /// The claims of a good object.
    fn claims(&self) -> Value {
        let parameters = request(&self.client).0;
        let mut claims: serde_json::Map<String, Value> =
            parameters.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let now = self.server.clock.now();
        claims.insert("iss".into(), json!(self.client.id));
        claims.insert("aud".into(), json!(self.server.url));
        claims.insert("exp".into(), json!(now + 60));
        Value::Object(claims)
    }

    /// What the browser brings: the client's name, where it can be answered, and the object.
    fn ask(&self, object: &str) -> crate::support::Answer {
        self.browser.authorize(&with(self.address(), "request", object))
    }

    fn address(&self) -> Parameters {
        let redirect_uri = crate::support::oauth_client::REDIRECT_URI.to_owned();
        vec![("client_id", self.client.id.clone()), ("redirect_uri", redirect_uri), ("state", "a state".to_owned())]
    }

    #[track_caller]
    fn is_refused(&self, object: &str) {
        browser::refused(self.server, &self.ask(object), "invalid_request_object");
        // In a push the client itself is told.
        let pushed = self.push(object);
        refused(pushed, 400, "invalid_request_object");
    }

    fn push(&self, object: &str) -> crate::support::Answer {
        let assertion = self.key.jwt(&json!({}), &self.client.assertion_claims(self.server));
        crate::support::Agent::oauth(self.server, "/v1/oauth/par", &assertion, &[("request", object)])
    }

    #[track_caller]
    fn is_granted(&self, header: &Value, claims: &Value) {
        code(self.server, &self.ask(&self.key.jwt(header, claims)));
        self.push(&self.key.jwt(header, claims)).expect(201);
    }
}

#[test]
fn a16_an_address_is_not_fetched() {
    let (server, _, overseer, client) = overseen();
    let outside = Outside::start();
    let browser = Browser::new(&server);
    let (good, _) = request(&client);
    for uri in [outside.url.as_str(), "https://app.example/request.jwt", "file:///etc/passwd", "urn:x", RUBBISH] {
        let answer = browser.authorize(&with(good.clone(), "request_uri", uri));
        browser::refused(&server, &answer, "request_uri_not_supported");
    }
    // Without an address that is the client's, nobody is answered.
    let nowhere = vec![("client_id", client.id.clone()), ("request_uri", outside.url.clone())];
    is_page(&browser.authorize(&nowhere), 400, "by address");
    assert!(outside.asked().is_empty());
    let consent = browser.log_in(&browser.authorize(&good), &overseer);
    code(&server, &browser.allow(&consent));
}

#[test]
fn a17_a_request_object_is_signed_by_its_client() {
    let (server, _, overseer, stranger) = overseen();
    for name in ["EdDSA", "Ed25519", "ES256", "PS256", "RS256"] {
        let signing = Signing::new(&server, &overseer, name);
        let claims = signing.claims();
        signing.is_granted(&json!({}), &claims);
        signing.is_granted(&json!({ "typ": "oauth-authz-req+jwt" }), &claims);
        let unsigned = signing.key.jwt(&json!({ "alg": "none" }), &claims);
        let (head, _) = unsigned.rsplit_once('.').unwrap();
        let other = ClientKey::generate(name);
        for object in [
            unsigned.clone(),
            format!("{head}."),
            signing.key.jwt(&json!({ "alg": "HS256" }), &claims),
            signing.key.jwt(&json!({ "typ": "dpop+jwt" }), &claims),
            signing.key.jwt(&json!({ "jwk": signing.key.jwk() }), &claims),
            other.jwt(&json!({}), &claims),
            RUBBISH.to_owned(),
        ] {
            signing.is_refused(&object);
        }
    }
    // A client without a key signs nothing.
    let key = ClientKey::generate("EdDSA");
    let object = key.jwt(&json!({}), &json!({ "client_id": stranger.id, "iss": stranger.id }));
    let browser = Browser::new(&server);
    let answer = browser.authorize(&with(request(&stranger).0, "request", &object));
    browser::refused(&server, &answer, "invalid_request_object");
    let nobody = vec![("request", object)];
    is_page(&browser.authorize(&nobody), 400, "request object");
}

#[test]
fn a17_it_says_from_whom_for_whom_and_until_when() {
    let (server, _, overseer, stranger) = overseen();
    let signing = Signing::new(&server, &overseer, "ES256");
    let now = server.clock.now();
    let spoiled = |name: &str, value: Value| {
        let claims = crate::support::flow::with(&signing.claims(), name, value);
        signing.key.jwt(&json!({}), &claims)
    };
    for (name, values) in [
        ("iss", vec![Value::Null, json!(stranger.id), json!(1)]),
        ("client_id", vec![Value::Null, json!(stranger.id), json!(1)]),
        (
            "aud",
            vec![Value::Null, json!("https://other.example"), json!([server.url, "https://other.example"]), json!([])],
        ),
        ("exp", vec![Value::Null, json!(now), json!(now - 1), json!(now + 2 * 3600), json!("soon")]),
        ("nbf", vec![json!(now + 61), json!("soon")]),
        ("iat", vec![json!(now + 61)]),
        ("request", vec![json!("x")]),
        ("request_uri", vec![json!("urn:x")]),
        // It would be an assertion otherwise.
        ("sub", vec![json!(signing.client.id)]),
        // In the bounds of every form.
        ("login_hint", vec![json!("a\u{0}b"), json!("\u{FFFD}")]),
    ] {
        for value in values {
            signing.is_refused(&spoiled(name, value));
        }
    }
    for (name, value) in
        [("aud", json!([server.url])), ("nbf", json!(now + 10)), ("iat", json!(now)), ("jti", json!("x"))]
    {
        code(&server, &signing.ask(&spoiled(name, value)));
    }
}

#[test]
fn a17_what_is_signed_counts_and_nothing_beside_it() {
    let (server, _, overseer, _) = overseen();
    let signing = Signing::new(&server, &overseer, "EdDSA");
    let object = signing.key.jwt(&json!({}), &signing.claims());
    let mut beside = with(signing.address(), "request", &object);
    beside = with(beside, "redirect_uri", "https://evil.example/");
    beside = with(beside, "scope", "overseer");
    beside = with(beside, "state", "another");
    code(&server, &signing.browser.authorize(&beside));
    // A parameter that the object lacks is missing.
    let lacking = crate::support::flow::with(&signing.claims(), "code_challenge", Value::Null);
    let beside = with(signing.address(), "code_challenge", &"x".repeat(43));
    let answer = signing.browser.authorize(&with(beside, "request", &signing.key.jwt(&json!({}), &lacking)));
    browser::refused(&server, &answer, "invalid_request");
    // Two requests are none.
    let (uri, both) = ("urn:ietf:params:oauth:request_uri:x", with(signing.address(), "request", &object));
    browser::refused(&server, &signing.browser.authorize(&with(both, "request_uri", uri)), "invalid_request");
    signing.is_granted(&json!({}), &signing.claims());
}
