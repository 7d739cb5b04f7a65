//! `POST /v1/oauth/token`: an agent gets a token for itself in one call.

use agentid::crypto::jws::UnverifiedJws;
use agentid::crypto::verifying_key::VerifyingKey;
use serde_json::{Value, json};

use crate::support::{Agent, Overseer, TestServer};

const PATH: &str = "/v1/oauth/token";
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// What any API does with a token: find the key in the JWKS by `kid`, verify, read.
pub fn verify_offline(server: &TestServer, token: &str) -> Value {
    let jws = UnverifiedJws::parse(token).unwrap();
    assert_eq!(jws.header().typ.as_deref(), Some("at+jwt"));
    let jwks = server.get("/.well-known/jwks.json").send().expect(200).get("keys");
    let kid = jws.header().kid.clone().unwrap();
    let key = jwks.as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).expect("kid is in the JWKS");
    let key = VerifyingKey::from_jwk(key).unwrap();
    Value::Object(jws.verify(&key).expect("the signature verifies"))
}

#[test]
fn a_token_says_who_the_agent_is_and_any_api_can_verify_it() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let api = "https://api.example/v1";
    let answer = agent.token(&server, &[("resource", api), ("scope", "name id name")]).expect(200);
    answer.has_members("", &["access_token", "token_type", "expires_in", "scope"]);
    assert_eq!((answer.text_of("token_type"), answer.get("expires_in")), ("Bearer".to_owned(), json!(900)));
    assert_eq!(answer.text_of("scope"), "name id");
    assert_eq!(answer.get("refresh_token"), Value::Null);

    let token = answer.text_of("access_token");
    let mut claims = verify_offline(&server, &token);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    let now = server.clock.now();
    let expected = json!({
        "iss": server.url, "sub": agent.id, "client_id": agent.id, "aud": api, "scope": "name id",
        "iat": now, "exp": now + 900, "entity_type": "agent", "overseen": false,
    });
    assert_eq!(claims, expected);
    assert_eq!(server.count("access_tokens", &format!("id = {jti}").replace('"', "'")), 1);
    assert_eq!(server.count("access_tokens", &format!("access_token_hash = '{token}'")), 0, "only its hash is stored");
}

#[test]
fn without_scope_and_resource_it_is_for_the_issuer_and_says_id_and_name() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for more in
        [[("scope", ""), ("resource", "")], [("scope", "id name"), ("resource", "")], [("scope", " "), ("x", "y")]]
    {
        let answer = agent.token(&server, &more).expect(200);
        assert_eq!(answer.text_of("scope"), "id name");
        assert_eq!(verify_offline(&server, &answer.text_of("access_token"))["aud"], server.url.as_str());
    }
    let all = "openid id name description subscription overseer offline_access";
    assert_eq!(agent.token(&server, &[("scope", all)]).expect(200).text_of("scope"), all);
}

#[test]
fn t12_an_unknown_scope_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for scope in ["admin", "id admin", "ID", "id\tname", "id,name", "\"id\"", "id\u{a0}name"] {
        agent.token(&server, &[("scope", scope)]).oauth_refused(400, "invalid_scope");
    }
    agent.token(&server, &[("scope", "id")]).expect(200);
}

#[test]
fn several_resources_make_an_array() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let aud = |resources: &[&str]| {
        let parameters: Vec<_> = resources.iter().map(|resource| ("resource", *resource)).collect();
        let token = agent.token(&server, &parameters).expect(200).text_of("access_token");
        verify_offline(&server, &token)["aud"].clone()
    };
    assert_eq!(
        aud(&["https://a.example", "https://b.example/x?y=z"]),
        json!(["https://a.example", "https://b.example/x?y=z"])
    );
    assert_eq!(aud(&["https://a.example", "https://a.example"]), "https://a.example");
    assert_eq!(aud(&["urn:example:api"]), "urn:example:api");
    // Compared byte by byte by whoever verifies, so it comes back as it was sent.
    assert_eq!(aud(&["HTTPS://A.example:443/%7Ea/../"]), "HTTPS://A.example:443/%7Ea/../");
    let eight: Vec<String> = (0..8).map(|number| format!("https://{number}.example")).collect();
    let mut many: Vec<&str> = eight.iter().map(String::as_str).collect();
    assert_eq!(aud(&many).as_array().unwrap().len(), 8);
    many.push("https://9.example");
    let parameters: Vec<_> = many.iter().map(|resource| ("resource", *resource)).collect();
    agent.token(&server, &parameters).oauth_refused(400, "invalid_target");
}

#[test]
fn t13_what_is_no_absolute_uri_is_no_resource() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let long = format!("https://a.example/{}", "x".repeat(512));
    for resource in [
        "/api",
        "api.example",
        "//api.example",
        "https://",
        "https://a.example/#part",
        "https://a.example#",
        "https://a.example/ b",
        " https://a.example",
        "https://ä.example/",
        "https://a.example/\u{7f}",
        "https://a.example/\r\nx",
        &long,
    ] {
        agent.token(&server, &[("resource", resource)]).oauth_refused(400, "invalid_target");
    }
    agent.token(&server, &[("resource", &long[..512])]).expect(200);
    let mixed = [("resource", "https://a.example"), ("resource", "/api")];
    agent.token(&server, &mixed).oauth_refused(400, "invalid_target");
}

#[test]
fn t01_t02_the_request_is_a_form_with_a_known_grant() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let ask = |more: &[(&str, &str)]| Agent::oauth(&server, PATH, &agent.assertion(&server), more);
    ask(&[]).oauth_refused(400, "invalid_request");
    ask(&[("grant_type", "")]).oauth_refused(400, "invalid_request");
    for grant in
        ["password", "implicit", "authorization-code", "Client_Credentials", "client_credentials ", "\u{1F600}"]
    {
        ask(&[("grant_type", grant)]).oauth_refused(400, "unsupported_grant_type");
    }
    let body = "grant_type=client_credentials";
    server.post(PATH).json(&json!({ "grant_type": "client_credentials" })).send().oauth_refused(400, "invalid_request");
    server.post(PATH).bytes(body).send().oauth_refused(400, "invalid_request");
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    server.post(PATH).header("content-type", form).bytes(body).send().oauth_refused(401, "invalid_client");
    server.post(PATH).header("content-type", form).send().oauth_refused(400, "invalid_request");
    // Nothing counts that stands in the address (RFC 6749 section 3.2).
    let call = server.post(&format!("{PATH}?grant_type=client_credentials")).form(&[("x", "y")]).send();
    call.oauth_refused(400, "invalid_request");
    ask(&[GRANT]).expect(200);
}

#[test]
fn t04_a_parameter_sent_twice_is_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    for twice in [[GRANT, GRANT], [GRANT, ("grant_type", "password")], [GRANT, ("grant_type", "")]] {
        Agent::oauth(&server, PATH, &agent.assertion(&server), &twice).oauth_refused(400, "invalid_request");
    }
    for name in ["scope", "client_id", "client_assertion", "unknown"] {
        let more = [(name, agent.id.as_str()), (name, agent.id.as_str())];
        agent.token(&server, &more).oauth_refused(400, "invalid_request");
    }
    agent.token(&server, &[("unknown", "x"), ("state", "y")]).expect(200);
}

/// RFC 6749 section 5.2 keeps input out of errors: what is echoed may be somebody else's page.
#[test]
fn t14_an_error_never_repeats_what_was_sent() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let rubbish = "<script>alert(1)</script>";
    let mut answers = vec![agent.token(&server, &[("scope", rubbish)])];
    answers.push(agent.token(&server, &[("resource", rubbish)]));
    answers.push(agent.token(&server, &[(rubbish, "x"), (rubbish, "y")]));
    answers.push(Agent::oauth(&server, PATH, rubbish, &[GRANT]));
    answers.push(Agent::oauth(&server, PATH, &agent.assertion(&server), &[("grant_type", rubbish)]));
    for answer in answers {
        assert!(answer.status >= 400 && !answer.text.contains("alert"), "{answer:?}");
    }
}

#[test]
fn it_says_whether_a_real_overseer_answers_for_the_agent() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let overseen = || verify_offline(&server, &agent.access_token(&server))["overseen"].clone();
    assert_eq!(overseen(), false);
    overseer.oversee(&server, &agent);
    assert_eq!(overseen(), true);
    agent.call(&server, "POST", "/v1/agents/revoke-overseer").send().expect(200);
    assert_eq!(overseen(), false);
}

/// The same key may not stand for two: a client's id is no agent's, and an overseer's neither.
#[test]
fn nobody_but_an_agent_has_this_grant() {
    let server = TestServer::start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let mut impostor = Agent { key: Agent::unregistered().key, id: overseer.id, session: String::new() };
    impostor.token(&server, &[]).oauth_refused(401, "invalid_client");
    impostor.id = agent.id.clone();
    impostor.token(&server, &[]).oauth_refused(401, "invalid_client");
    agent.token(&server, &[("client_id", &agent.id)]).expect(200);
}
