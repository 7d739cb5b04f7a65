//! `/v1/agents/register`: an agent comes to be.

use agentid::crypto::{base64url, jwk, openssh};
use serde_json::{Value, json};

use crate::support::{Agent, Answer, TestServer};

fn initiate(server: &TestServer, name: &str, description: Option<&str>) -> Answer {
    let body = json!({ "name": name, "public_key": Agent::unregistered().public_key(), "description": description });
    server.post("/v1/agents/register/initiate").json(&body).send()
}

fn initiate_with_key(server: &TestServer, key: &Value) -> Answer {
    server.post("/v1/agents/register/initiate").json(&json!({ "name": "key", "public_key": key })).send()
}

#[test]
fn an_agent_registers_with_its_key() {
    let server = TestServer::start();
    let agent = Agent::unregistered();
    let body =
        json!({ "name": "  Ωmega 𝒜gent 代理 ", "public_key": agent.public_key(), "description": "does\nthings" });
    let challenge = server.post("/v1/agents/register/initiate").json(&body).send().expect(200);
    challenge.has_members("", &["challenge_id", "expires_at", "challenge_data"]);
    assert_eq!(challenge.text_of("expires_at"), "2026-11-24T06:01:00Z");

    let text: Value = serde_json::from_str(&challenge.text_of("challenge_data")).unwrap();
    assert_eq!(text["purpose"], "register");
    assert_eq!(text["issuer"], server.url.as_str());
    assert_eq!(text["challenge_id"], challenge.get("challenge_id"));
    assert_eq!(text["public_key"], agent.public_key().as_str());
    assert_eq!(text["expires_at"], challenge.get("expires_at"));
    assert_eq!(base64url::decode(text["nonce"].as_str().unwrap()).unwrap().len(), 32);
    assert_eq!(server.count("challenges", "challenge_type = 'dpop' AND outcome IS NULL"), 1);

    let answer = agent.complete(&server, &challenge).expect(201);
    answer.has_members("", &["success", "agent", "session_id", "expires_in"]);
    answer.has_members(
        "agent",
        &["id", "name", "public_key", "description", "created_at", "updated_at", "oauth_count", "billing_period_end"],
    );
    answer.has_members("agent", &["overseer_id"]);
    let shown = answer.get("agent");
    assert_eq!((&shown["name"], &shown["description"]), (&json!("Ωmega 𝒜gent 代理"), &json!("does\nthings")));
    assert_eq!(shown["public_key"], agent.public_key().as_str());
    assert_eq!(shown["billing_period_end"], "2026-12-01T00:00:00Z");
    assert_eq!((&shown["overseer_id"], &shown["oauth_count"]), (&Value::Null, &json!(0)));
    assert_eq!(answer.get("expires_in"), 1800);
    let session = answer.text_of("session_id");
    assert_eq!(server.get("/v1/agents/me").session(&session).send().expect(200).get("agent"), shown);
    assert_eq!(server.count("sessions", &format!("id = '{session}'")), 0, "only its hash is stored");
}

#[test]
fn a_challenge_is_answered_in_time_and_once() {
    let server = TestServer::start();
    let (prompt, late) = (Agent::unregistered(), Agent::unregistered());
    let challenge = prompt.initiate(&server).expect(200);
    let ignored = late.initiate(&server).expect(200);
    server.clock.advance(59);
    prompt.complete(&server, &challenge).expect(201);
    prompt.complete(&server, &challenge).refused(409, "challenge_used");
    server.clock.advance(1);
    late.complete(&server, &ignored).refused(409, "challenge_expired");
    assert_eq!(server.count("agents", "TRUE"), 1);
}

#[test]
fn only_the_key_s_own_signature_over_just_this_challenge_counts() {
    let server = TestServer::start();
    let (agent, other) = (Agent::unregistered(), Agent::unregistered());
    let challenge = agent.initiate(&server).expect(200);
    let elsewhere = agent.initiate(&server).expect(200);
    let text = challenge.text_of("challenge_data");
    let path = format!("/v1/agents/register/complete/{}", challenge.text_of("challenge_id"));
    let good = agent.sign(&text);
    for signature in [
        agent.sign(&elsewhere.text_of("challenge_data")),
        agent.sign(&format!("{text} ")),
        other.sign(&text),
        format!("{good}="),
        good[..84].to_owned(),
        String::new(),
    ] {
        server.post(&path).json(&json!({ "signature": signature })).send().refused(422, "invalid_signature");
    }
    // Of two challenges for one key the first answer wins.
    server.post(&path).json(&json!({ "signature": good })).send().expect(201);
    agent.complete(&server, &elsewhere).refused(409, "public_key_taken");
    agent.initiate(&server).refused(409, "public_key_taken");
    assert_eq!(server.count("agents", "TRUE"), 1);
}

#[test]
fn an_unknown_challenge_is_404() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let rotation = agent.begin_rotation(&server, &Agent::unregistered()).expect(200);
    for id in [rotation.text_of("challenge_id"), agent.id.clone()] {
        let path = format!("/v1/agents/register/complete/{id}");
        let answer = server.post(&path).json(&json!({ "signature": agent.sign("") })).send();
        answer.refused(404, "challenge_not_found");
    }
    for id in ["x", "%00", "%FF", "01900000-0000-7000-8000-00000000000A"] {
        let path = format!("/v1/agents/register/complete/{id}");
        server.post(&path).json(&json!({ "signature": "" })).send().refused(404, "not_found");
    }
}

#[test]
fn names_and_descriptions_have_bounds_in_every_script() {
    let server = TestServer::start();
    for name in ["a", &"𝒜".repeat(100), &format!(" {} ", "代".repeat(100)), "e\u{301}", "<script>", "' OR 1=1 --"] {
        initiate(&server, name, None).expect(200);
    }
    for name in ["", "   ", "\u{3000}", &"a".repeat(101), &"𝒜".repeat(101), "a\nb", "a\0b", "a\u{7f}", "a\u{85}b"] {
        initiate(&server, name, None).refused(422, "invalid_field");
    }
    for description in ["", "tab\tand\r\nline", &"文".repeat(500)] {
        initiate(&server, "name", Some(description)).expect(200);
    }
    for description in [&"文".repeat(501), "a\0b", "a\u{1b}[31m", "a\u{9b}b"] {
        initiate(&server, "name", Some(description)).refused(422, "invalid_field");
    }
}

#[test]
fn an_empty_description_is_none() {
    let server = TestServer::start();
    let agent = Agent::unregistered();
    let body = json!({ "name": "name", "public_key": agent.public_key(), "description": "" });
    let challenge = server.post("/v1/agents/register/initiate").json(&body).send().expect(200);
    let registered = agent.complete(&server, &challenge).expect(201);
    assert_eq!(registered.get("agent")["description"], Value::Null);
}

#[test]
fn a_key_comes_as_base64url_jwk_or_openssh_line() {
    let server = TestServer::start();
    let forms: [fn(&Agent) -> Value; 4] = [
        |agent| json!(agent.public_key()),
        |agent| jwk::to_jwk(&agent.key.public_key()),
        |agent| json!({ "kty": "OKP", "crv": "Ed25519", "x": agent.public_key(), "kid": "1", "alg": "EdDSA" }),
        |agent| json!(format!("{} me@laptop", openssh::to_line(&agent.key.public_key()))),
    ];
    for form in forms {
        let agent = Agent::unregistered();
        let challenge = initiate_with_key(&server, &form(&agent)).expect(200);
        let registered = agent.complete(&server, &challenge).expect(201);
        assert_eq!(registered.get("agent")["public_key"], agent.public_key().as_str());
        for again in forms {
            initiate_with_key(&server, &again(&agent)).refused(409, "public_key_taken");
        }
    }
}

#[test]
fn a_bad_key_is_refused_with_a_sentence_that_does_not_repeat_it() {
    let server = TestServer::start();
    let point = |hex_first: u8, rest: u8, last: u8| {
        let mut bytes = [rest; 32];
        (bytes[0], bytes[31]) = (hex_first, last);
        base64url::encode(bytes)
    };
    let good = Agent::unregistered().public_key();
    initiate_with_key(&server, &json!(good)).expect(200);
    let jwk = |kty: &str, crv: &str| json!({ "kty": kty, "crv": crv, "x": good });
    for key in [
        json!(point(2, 0, 0)),          // off the curve
        json!(point(1, 0, 0)),          // the identity
        json!(point(0, 0, 0)),          // small order
        json!(point(0xec, 0xff, 0x7f)), // small order, -1
        json!(point(0xf0, 0xff, 0x7f)), // y + p, a second encoding of 3
        json!(base64url::encode([3; 31])),
        json!(base64url::encode([3; 33])),
        json!(""),
        json!(format!("{good}=")),
        json!(format!("{good}\n")),
        json!("ssh-rsa AAAAB3NzaC1yc2E= me"),
        json!("-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----\n"),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": good, "d": good }),
        jwk("OKP", "X25519"),
        jwk("EC", "P-256"),
        jwk("oct", "Ed25519"),
        json!({ "kty": "OKP", "crv": "Ed25519" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": 7 }),
        json!({}),
        json!([]),
        json!(7),
        json!(true),
        json!([good]),
    ] {
        let answer = initiate_with_key(&server, &key).refused(422, "invalid_key");
        assert!(!answer.text.contains(&good), "{answer:?}");
    }
    assert_eq!(server.count("challenges", "TRUE"), 1);
}

/// Of several answers to one challenge, and of several challenges for one key, exactly one makes an agent.
#[test]
fn racing_answers_make_one_agent() {
    let server = TestServer::start();
    let agent = Agent::unregistered();
    let challenges = [agent.initiate(&server).expect(200), agent.initiate(&server).expect(200)];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let answers: Vec<_> = (0..8)
            .map(|index| {
                scope.spawn({
                    let (agent, server, challenges) = (&agent, &server, &challenges);
                    move || agent.complete(server, &challenges[index % 2]).status
                })
            })
            .collect();
        answers.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    assert_eq!((server.count("agents", "TRUE"), server.count("sessions", "TRUE")), (1, 1));
}
