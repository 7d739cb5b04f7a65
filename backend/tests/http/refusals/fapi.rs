//! What the FAPI 2.0 Security Profile (final) asks of the server towards a client that is held to it, and of a whole server.
//! `docs/v1/fapi.md` names these tests beside the requirements.

use agentid::config::Profile;
use agentid::crypto::ed25519::SigningKey;
use serde_json::{Value, json};

use super::{granted, refused, start};
use crate::support::browser::{Browser, answered, request, with};
use crate::support::flow::{self, Form, PAR, TOKEN, new_key, proof};
use crate::support::{Agent, Answer, Client, ClientKey, Overseer, TestServer};

/// A client of the profile, with a key for its tokens.
struct Strict<'a> {
    server: &'a TestServer,
    client: Client,
    key: ClientKey,
    dpop: SigningKey,
}

impl<'a> Strict<'a> {
    fn new(server: &'a TestServer, overseer: &Overseer, name: &'static str) -> Self {
        let key = ClientKey::generate(name);
        let more = json!({
            "profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks(),
        });
        Self { server, client: Client::register(server, overseer, more), key, dpop: new_key() }
    }

    /// A form with an assertion that differs like this, and a proof by this key.
    fn send_as(&self, path: &str, form: &Form<'_>, change: (&str, Value), dpop: Option<&SigningKey>) -> Answer {
        let claims = flow::with(&self.client.assertion_claims(self.server), change.0, change.1);
        let assertion = self.key.jwt(&json!({}), &claims);
        let mut form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        form.push(("client_assertion", &assertion));
        let call = self.server.post(path).form(&form);
        match dpop {
            Some(key) => call.header("dpop", &proof(self.server, key, "POST", path, None)).send(),
            None => call.send(),
        }
    }

    fn send(&self, path: &str, form: &Form<'_>) -> Answer {
        self.send_as(path, form, ("x", json!(1)), Some(&self.dpop))
    }

    /// A code and its verifier, by the agent itself.
    fn code(&self, agent: &Agent) -> (String, String) {
        let (parameters, verifier) = request(&self.client);
        let uri = self.send(PAR, &parameters).expect(201).text_of("request_uri");
        let asked = json!({ "client_id": self.client.id, "request_uri": uri });
        let answer = agent.proven(self.server, "POST", "/v1/oauth/authorize").json(&asked).send();
        (answer.expect(200).text_of("code"), verifier)
    }

    fn tokens(&self, agent: &Agent) -> Answer {
        granted(self.send(TOKEN, &Client::redemption(&self.code(agent))))
    }
}

fn own() -> Form<'static> {
    vec![("grant_type", "client_credentials".to_owned())]
}

#[test]
fn a_client_of_the_profile_is_registered_as_it_asks() {
    let (server, _, overseer) = start();
    let strict = Strict::new(&server, &overseer, "ES256");
    let view = strict.client.look(&server, &overseer);
    assert_eq!(view["profile"], "fapi2");
    assert_eq!(view["dpop_bound_access_tokens"], true);
    assert_eq!(view["require_pushed_authorization_requests"], true);
    let key = ClientKey::generate("ES256");
    let rs256 = flow::with(&ClientKey::generate("RS256").jwk(), "alg", json!("RS256"));
    let good = json!({ "profile": "fapi2", "token_endpoint_auth_method": "private_key_jwt", "jwks": key.jwks() });
    for (name, value) in [
        ("token_endpoint_auth_method", json!("none")),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("dpop_bound_access_tokens", json!(false)),
        ("require_pushed_authorization_requests", json!(false)),
        ("id_token_signed_response_alg", json!("RS256")),
        ("userinfo_signed_response_alg", json!("RS256")),
        ("jwks", json!({ "keys": [rs256] })),
        ("redirect_uris", json!(["http://127.0.0.1/callback"])),
        ("profile", json!("fapi1")),
    ] {
        let mut more = flow::with(&good, name, value);
        if more["token_endpoint_auth_method"] != "private_key_jwt" {
            more = flow::with(&more, "jwks", Value::Null);
        }
        let answer = Client::registration(&server, &overseer, &more).send();
        assert!([400, 422].contains(&answer.status), "{name}: {answer:?}");
    }
    let native = flow::with(&good, "application_type", json!("native"));
    let native = flow::with(&native, "redirect_uris", json!(["http://127.0.0.1/callback"]));
    Client::registration(&server, &overseer, &native).send().expect(201);

    // A client takes it on later, and what it asks for with it.
    let more = json!({ "token_endpoint_auth_method": "private_key_jwt" });
    let later = Client::register(&server, &overseer, more);
    let changed = later.change(&server, &overseer, &json!({ "profile": "fapi2" })).expect(200).get("client");
    assert_eq!(changed["require_pushed_authorization_requests"], true);
    let weaker = json!({ "dpop_bound_access_tokens": false });
    later.change(&server, &overseer, &weaker).refused(422, "invalid_field");
    later.change(&server, &overseer, &json!({ "profile": null, "dpop_bound_access_tokens": false })).expect(200);
    let secret = flow::client(&server, &overseer, "client_secret_basic");
    secret.change(&server, &overseer, &json!({ "profile": "fapi2" })).refused(422, "invalid_field");
}

#[test]
fn d01_a_token_of_the_profile_is_bound() {
    let (server, agent, overseer) = start();
    let strict = Strict::new(&server, &overseer, "PS256");
    let form = Client::redemption(&strict.code(&agent));
    refused(strict.send_as(TOKEN, &form, ("x", json!(1)), None), 400, "invalid_dpop_proof");
    refused(strict.send_as(TOKEN, &own(), ("x", json!(1)), None), 400, "invalid_dpop_proof");
    assert_eq!(granted(strict.send(TOKEN, &form)).text_of("token_type"), "DPoP");
    assert_eq!(granted(strict.send(TOKEN, &own())).text_of("token_type"), "DPoP");
}

#[test]
fn c08_the_audience_is_the_issuer_as_a_string() {
    let server = TestServer::with(|config| config.oauth.legacy_assertion_audience = true);
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let strict = Strict::new(&server, &overseer, "ES256");
    let usual = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    let endpoint = format!("{}{TOKEN}", server.url);
    for aud in [json!([server.url]), json!(endpoint), json!([server.url, endpoint]), json!("x"), Value::Null] {
        refused(strict.send_as(TOKEN, &own(), ("aud", aud.clone()), Some(&strict.dpop)), 401, "invalid_client");
        let assertion = flow::with(&usual.assertion_claims(&server), "aud", aud.clone());
        let assertion = agentid::crypto::jws::sign(&json!({ "alg": "EdDSA" }), &assertion, usual.key.as_ref().unwrap());
        let usually = Agent::oauth(&server, TOKEN, &assertion, &[("grant_type", "client_credentials")]);
        let is_good = aud == json!([server.url]) || aud == json!(endpoint);
        assert_eq!(usually.status, if is_good { 200 } else { 401 }, "{aud}: {usually:?}");
    }
    granted(strict.send(TOKEN, &own()));
    strict.tokens(&agent);
}

#[test]
fn c07_a_clock_may_differ_by_ten_seconds_and_by_sixty_at_most() {
    let (server, _, overseer) = start();
    let strict = Strict::new(&server, &overseer, "ES256");
    let now = server.clock.now();
    let send = |name: &str, ahead: i64| strict.send_as(TOKEN, &own(), (name, json!(now + ahead)), Some(&strict.dpop));
    for name in ["iat", "nbf"] {
        for ahead in [0, 8, 10] {
            granted(send(name, ahead));
        }
        for ahead in [61, 120, 3600] {
            refused(send(name, ahead), 401, "invalid_client");
        }
    }
}

#[test]
fn c04_rs256_is_not_for_the_profile() {
    let (server, agent, overseer) = start();
    let rs256 = Strict::new(&server, &overseer, "RS256");
    refused(rs256.send(TOKEN, &own()), 401, "invalid_client");
    for name in ["PS256", "ES256", "EdDSA", "Ed25519"] {
        Strict::new(&server, &overseer, name).tokens(&agent);
    }
}

#[test]
fn a14_the_profile_wants_requests_pushed_by_who_is_authenticated() {
    let (server, agent, overseer) = start();
    let strict = Strict::new(&server, &overseer, "ES256");
    let (parameters, _) = request(&strict.client);
    crate::support::browser::refused(&server, &Browser::new(&server).authorize(&parameters), "invalid_request");
    let form: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    refused(server.post(PAR).form(&form).send(), 401, "invalid_client");
    let long = with(parameters.clone(), "nonce", &"n".repeat(64));
    assert!(strict.send(PAR, &long).expect(201).get("expires_in").as_i64().unwrap() < 600);
    strict.tokens(&agent);
}

#[test]
fn d12_the_code_is_bound_to_the_key_of_the_push() {
    let (server, agent, overseer) = start();
    let strict = Strict::new(&server, &overseer, "ES256");
    let form = Client::redemption(&strict.code(&agent));
    let other = new_key();
    refused(strict.send_as(TOKEN, &form, ("x", json!(1)), Some(&other)), 400, "invalid_grant");
    granted(strict.send(TOKEN, &form));
}

#[test]
fn a_code_is_answered_with_iss_and_is_good_once() {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let strict = Strict::new(&server, &overseer, "ES256");
    let (parameters, verifier) = request(&strict.client);
    let uri = strict.send(PAR, &parameters).expect(201).text_of("request_uri");
    let browser = Browser::new(&server);
    let visit = vec![("client_id", strict.client.id.clone()), ("request_uri", uri)];
    let consent = browser.log_in(&browser.authorize(&visit), &overseer);
    let answer = answered(&browser.allow(&consent));
    assert_eq!(answer["iss"], server.url);
    let form = Client::redemption(&(answer["code"].clone(), verifier));
    granted(strict.send(TOKEN, &form));
    refused(strict.send(TOKEN, &form), 400, "invalid_grant");
}

#[test]
fn r01_r05_a_refresh_token_of_the_profile_is_kept_by_its_client_and_key() {
    let (server, agent, overseer) = start();
    let strict = Strict::new(&server, &overseer, "ES256");
    let tokens = strict.tokens(&agent);
    let refresh = tokens.text_of("refresh_token");
    let form = Client::refreshing(&refresh, &[]);
    for _ in 0..3 {
        let next = granted(strict.send(TOKEN, &form));
        assert!(next.json().get("refresh_token").is_none(), "{next:?}");
        let token = next.text_of("access_token");
        flow::bound_userinfo(&server, &token, &strict.dpop).expect(200);
    }
    let other = new_key();
    refused(strict.send_as(TOKEN, &form, ("x", json!(1)), Some(&other)), 400, "invalid_grant");
    refused(strict.send_as(TOKEN, &form, ("x", json!(1)), None), 400, "invalid_dpop_proof");
    let stranger = Strict::new(&server, &overseer, "ES256");
    refused(stranger.send(TOKEN, &form), 400, "invalid_grant");
    // In use it lives on, and when nobody uses it, it ends.
    for _ in 0..6 {
        server.clock.advance(20 * 24 * 3600);
        granted(strict.send(TOKEN, &form));
    }
    server.clock.advance(30 * 24 * 3600);
    refused(strict.send(TOKEN, &form), 400, "invalid_grant");
    // What ends the family ends it too.
    let tokens = strict.tokens(&agent);
    let form = Client::refreshing(&tokens.text_of("refresh_token"), &[]);
    let revoking = vec![("token", tokens.text_of("refresh_token"))];
    let newest = granted(strict.send(TOKEN, &form)).text_of("access_token");
    strict.send_as("/v1/oauth/revoke", &revoking, ("x", json!(1)), None).expect(200);
    refused(strict.send(TOKEN, &form), 400, "invalid_grant");
    flow::bound_userinfo(&server, &newest, &strict.dpop).oauth_refused(401, "invalid_token");
}

#[test]
fn r04_twenty_refreshes_at_once_all_hold() {
    let (server, agent, overseer) = start();
    let strict = Strict::new(&server, &overseer, "ES256");
    let refresh = strict.tokens(&agent).text_of("refresh_token");
    let form = Client::refreshing(&refresh, &[]);
    let answers = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..20).map(|_| scope.spawn(|| strict.send(TOKEN, &form))).collect();
        sending.into_iter().map(|sent| sent.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
}

#[test]
fn a_server_of_the_profile_holds_everybody_to_it() {
    let usual = TestServer::start();
    let overseer = Overseer::register(&usual);
    let agent = Agent::register(&usual);
    let secret = flow::client(&usual, &overseer, "client_secret_basic");
    let signing = Client::register(&usual, &overseer, json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    let rs256 = json!({ "token_endpoint_auth_method": "private_key_jwt", "id_token_signed_response_alg": "RS256" });
    let rs256 = Client::register(&usual, &overseer, rs256);
    let http = json!({ "token_endpoint_auth_method": "private_key_jwt", "redirect_uris": ["http://127.0.0.1/cb"] });
    let http = Client::register(&usual, &overseer, http);
    secret.own_token(&usual, &[]).expect(200);
    let bearer = agent.tokens_for(&usual, &signing, &json!({})).text_of("access_token");
    flow::userinfo(&usual, &bearer).expect(200);
    let clock = usual.clock.clone();
    let server = TestServer::in_folder(usual.stop(), clock, |config| {
        config.oauth.profile = Profile::Fapi2;
        config.oauth.require_pushed_authorization_requests = true;
    });
    for unfit in [&rs256, &http] {
        refused(unfit.own_token(&server, &[]), 400, "unauthorized_client");
        refused(unfit.push(&server, &request(unfit).0), 400, "unauthorized_client");
    }
    // Nor is what was issued before, and is not bound, good here.
    flow::userinfo(&server, &bearer).oauth_refused(401, "invalid_token");
    // Who authenticates by a secret gets nothing any more, and is not registered any more.
    refused(secret.own_token(&server, &[]), 401, "invalid_client");
    refused(secret.push(&server, &request(&secret).0), 401, "invalid_client");
    refused(signing.own_token(&server, &[]), 400, "invalid_dpop_proof");
    let call = signing.oauth(&server, TOKEN, own());
    let bound = call.header("dpop", &proof(&server, &new_key(), "POST", TOKEN, None)).send();
    assert_eq!(granted(bound).text_of("token_type"), "DPoP");
    let again = Client::registration(&server, &overseer, &json!({ "token_endpoint_auth_method": "none" }));
    again.send().refused(422, "invalid_field");
    Client::registration(&server, &overseer, &json!({ "public_key": Agent::unregistered().public_key() }))
        .send()
        .expect(201);
    // An agent's own token is bound, too.
    refused(agent.token(&server, &[]), 400, "invalid_dpop_proof");
    let assertion = agent.assertion(&server);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    let call = server.post(TOKEN).form(&form);
    granted(call.header("dpop", &proof(&server, &agent.key, "POST", TOKEN, None)).send());
    // Discovery offers no more than that.
    let document = server.get("/.well-known/openid-configuration").send().expect(200).json();
    assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["private_key_jwt"]));
    assert_eq!(document["require_pushed_authorization_requests"], true);
    assert!(!document["token_endpoint_auth_signing_alg_values_supported"].to_string().contains("RS256"));
    assert!(!document["id_token_signing_alg_values_supported"].to_string().contains("RS256"));
}

#[test]
fn r01_a_used_token_ends_the_family_also_when_the_profile_came_later() {
    let (server, agent, overseer) = start();
    let strict = Strict::new(&server, &overseer, "ES256");
    let usual = json!({ "profile": null });
    strict.client.change(&server, &overseer, &usual).expect(200);
    let first = strict.tokens(&agent).text_of("refresh_token");
    let second = granted(strict.send(TOKEN, &Client::refreshing(&first, &[]))).text_of("refresh_token");
    strict.client.change(&server, &overseer, &json!({ "profile": "fapi2" })).expect(200);
    server.clock.advance(11);
    granted(strict.send(TOKEN, &Client::refreshing(&second, &[])));
    refused(strict.send(TOKEN, &Client::refreshing(&first, &[])), 400, "invalid_grant");
    refused(strict.send(TOKEN, &Client::refreshing(&second, &[])), 400, "invalid_grant");
}

#[test]
fn a_kept_token_lives_by_its_use_up_to_the_end_of_its_family() {
    let server = TestServer::with(|config| {
        config.oauth.refresh_idle_days = 1;
        config.oauth.refresh_days = 3;
    });
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let strict = Strict::new(&server, &overseer, "ES256");
    let form = Client::refreshing(&strict.tokens(&agent).text_of("refresh_token"), &[]);
    // Every twenty hours, for three days.
    for _ in 0..3 {
        server.clock.advance(20 * 3600);
        granted(strict.send(TOKEN, &form));
    }
    server.clock.advance(12 * 3600 - 1);
    granted(strict.send(TOKEN, &form));
    server.clock.advance(1);
    refused(strict.send(TOKEN, &form), 400, "invalid_grant");
}
