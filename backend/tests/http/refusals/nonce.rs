//! D11 and D15: proofs that have to carry a nonce of the server's (RFC 9449 sections 8 and 9).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use agentid::config::DpopNonce;
use agentid::crypto::base64url;
use agentid::crypto::ed25519::SigningKey;
use serde_json::{Value, json};

use super::refused;
use crate::support::flow::{PAR, TOKEN, USERINFO, new_key, proof_claims, proof_of, with};
use crate::support::{Agent, Answer, Call, Client, Overseer, TestServer};

fn strict() -> TestServer {
    TestServer::with(|config| config.oauth.dpop_nonce = DpopNonce::Required)
}

/// The nonce that an answer gives out.
#[track_caller]
fn nonce(answer: &Answer) -> String {
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
    answer.header("dpop-nonce").unwrap_or_else(|| panic!("no nonce: {answer:?}")).to_owned()
}

/// A call that is good but for its proof.
struct Asking<'a> {
    server: &'a TestServer,
    key: &'a SigningKey,
    method: &'static str,
    path: &'static str,
    token: Option<String>,
    call: Box<dyn Fn() -> Call + 'a>,
}

impl Asking<'_> {
    fn send(&self, nonce: Value) -> Answer {
        let claims = proof_claims(self.server, self.method, self.path, self.token.as_deref());
        (self.call)().header("dpop", &proof_of(self.key, &with(&claims, "nonce", nonce))).send()
    }

    /// Refuses what is missing, forged and old, and accepts the twin that the answer helps to make.
    fn check(&self, refused: impl Fn(Answer) -> Answer) {
        let first = nonce(&refused(self.send(Value::Null)));
        let mut forged = base64url::decode(&first).unwrap();
        *forged.last_mut().unwrap() ^= 1;
        let later = (self.server.clock.now() / 60 + 2).to_be_bytes();
        let renamed = [later.as_slice(), &forged[8..]].concat();
        for wrong in ["", "x", &base64url::encode(&forged), &base64url::encode(renamed), &format!("{first}A")] {
            assert_eq!(nonce(&refused(self.send(json!(wrong)))), first);
        }
        self.send(json!(first)).expect(if self.path == PAR { 201 } else { 200 });
    }
}

#[test]
fn d11_a_token_needs_a_nonce_where_the_server_says_so() {
    let server = strict();
    let (agent, overseer, key) = (Agent::register(&server), Overseer::register(&server), new_key());
    let client = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    let refusal = |answer: Answer| refused(answer, 400, "use_dpop_nonce");
    let asking = |call: Box<dyn Fn() -> Call + '_>, path| {
        Asking { server: &server, key: &key, method: "POST", path, token: None, call }.check(refusal);
    };
    asking(Box::new(|| client.oauth(&server, TOKEN, vec![("grant_type", "client_credentials".to_owned())])), TOKEN);
    let code = agent.code_for(&server, &client, &json!({}));
    asking(Box::new(|| client.oauth(&server, TOKEN, Client::redemption(&code))), TOKEN);
    asking(Box::new(|| client.oauth(&server, PAR, crate::support::browser::request(&client).0)), PAR);
    // Without a proof none is needed, and the answer has the nonce for the first one.
    nonce(&client.own_token(&server, &[]).expect(200));
}

#[test]
fn d11_the_assertion_that_comes_along_is_not_spent_by_it() {
    let server = strict();
    let (agent, key) = (Agent::register(&server), new_key());
    let assertion = agent.assertion(&server);
    let send = |nonce: Value| {
        let claims = with(&proof_claims(&server, "POST", TOKEN, None), "nonce", nonce);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        server.post(TOKEN).form(&form).header("dpop", &proof_of(&key, &claims)).send()
    };
    let given = nonce(&refused(send(Value::Null), 400, "use_dpop_nonce"));
    assert_eq!(send(json!(given)).expect(200).text_of("token_type"), "DPoP");
    refused(send(json!(given)), 401, "invalid_client");
}

#[test]
fn d11_a_nonce_is_good_for_minutes_and_over_a_restart() {
    let server = strict();
    let agent = Agent::register(&server);
    let send = |server: &TestServer, nonce: &str| {
        let mut claims = agent.proof_claims(server, "GET", "/v1/agents/me");
        claims["nonce"] = json!(nonce);
        server.get("/v1/agents/me").header("dpop", &agent.proof_of(&claims)).send()
    };
    let current = || nonce(&server.get("/v1/agents/me").send());
    let first = current();
    let mut changes = 0;
    // Whoever calls now and then always has a good one.
    let mut last = first.clone();
    for _ in 0..20 {
        server.clock.advance(30);
        let next = nonce(&send(&server, &last).expect(200));
        changes += usize::from(next != last);
        last = next;
    }
    assert!(changes >= 9, "{changes}");
    let stale = send(&server, &first).refused(401, "use_dpop_nonce");
    assert_eq!(nonce(&stale), last);
    server.clock.advance(239);
    send(&server, &last).expect(200);
    server.clock.advance(61);
    send(&server, &last).refused(401, "use_dpop_nonce");

    let kept = current();
    let clock = server.clock.clone();
    let again = TestServer::in_folder(server.stop(), clock, |config| config.oauth.dpop_nonce = DpopNonce::Required);
    send(&again, &kept).expect(200);
}

#[test]
fn d11_an_agents_own_proof_needs_one_too() {
    let server = strict();
    let agent = Agent::register(&server);
    let asking = Asking {
        server: &server,
        key: &agent.key,
        method: "GET",
        path: "/v1/agents/me",
        token: None,
        call: Box::new(|| server.get("/v1/agents/me")),
    };
    asking.check(|answer| {
        let answer = answer.refused(401, "use_dpop_nonce");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("DPoP error=\"use_dpop_nonce\""), "{challenge}");
        answer
    });
}

/// Whoever is told the nonce sends the request again at once, on the same connection, which ends when a body is left unread on
/// it. So nothing is said before the request is read to its end.
#[test]
fn d11_the_connection_goes_on() {
    let server = strict();
    let agent = Agent::register(&server);
    let mut stream = TcpStream::connect(server.address).unwrap();
    let mut send = |nonce: Value| {
        let claims = with(&agent.proof_claims(&server, "PATCH", "/v1/agents/me"), "nonce", nonce);
        let (body, proof) = (r#"{"name":"another"}"#, agent.proof_of(&claims));
        let head = format!(
            "PATCH /v1/agents/me HTTP/1.1\r\nhost: {}\r\ndpop: {proof}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            server.address,
            body.len()
        );
        // The body comes later than the head, as it may.
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 4096];
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        stream.read(&mut answer).unwrap_err();
        stream.set_read_timeout(None).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8(answer[..length].to_vec()).unwrap()
    };
    let refused = send(Value::Null);
    assert!(refused.starts_with("HTTP/1.1 401") && refused.contains("use_dpop_nonce"), "{refused}");
    let nonce = refused.lines().find_map(|line| line.strip_prefix("dpop-nonce: ")).unwrap();
    let accepted = send(json!(nonce));
    assert!(accepted.starts_with("HTTP/1.1 200"), "{accepted}");
}

#[test]
fn d15_a_resource_wants_one() {
    let server = strict();
    let (agent, key) = (Agent::register(&server), new_key());
    let fresh = nonce(&server.get("/v1/agents/me").send());
    let claims = with(&proof_claims(&server, "POST", TOKEN, None), "nonce", json!(fresh));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &*agent.assertion(&server)),
    ];
    let token = server.post(TOKEN).form(&form).header("dpop", &proof_of(&key, &claims)).send().expect(200);
    let token = token.text_of("access_token");
    let asking = Asking {
        server: &server,
        key: &key,
        method: "GET",
        path: USERINFO,
        token: Some(token.clone()),
        call: Box::new(|| server.get(USERINFO).header("authorization", &format!("DPoP {token}"))),
    };
    asking.check(|answer| {
        let answer = refused(answer, 401, "use_dpop_nonce");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("DPoP ") && challenge.contains("error=\"use_dpop_nonce\""), "{challenge}");
        answer
    });
}

#[test]
fn d15_who_does_not_ask_for_nonces_gives_out_none() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let answer = agent.proven(&server, "GET", "/v1/agents/me").send().expect(200);
    assert_eq!(answer.header("dpop-nonce"), None);
    // What others may keep has none, for it would be old when it is read.
    let server = strict();
    for path in ["/.well-known/jwks.json", "/.well-known/openid-configuration", "/v1/oauth/revocations"] {
        assert_eq!(server.get(path).send().expect(200).header("dpop-nonce"), None, "{path}");
    }
}
