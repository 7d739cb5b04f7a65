//! An agent with its key, and what it signs.

use agentid::crypto::base64url;
use agentid::crypto::ed25519::SigningKey;
use agentid::crypto::{jwk, jws};
use agentid::random::Random;
use serde_json::{Value, json};

use super::{Answer, Call, TestServer};

/// An agent, registered or not.
pub struct Agent {
    pub key: SigningKey,
    /// Empty until registered.
    pub id: String,
    /// Empty until registered.
    pub session: String,
}

/// A text that was never used before.
pub fn unique() -> String {
    base64url::encode(Random::system().bytes::<16>())
}

impl Agent {
    /// A key that no server knows.
    pub fn unregistered() -> Self {
        Self { key: SigningKey::generate(Random::system()), id: String::new(), session: String::new() }
    }

    /// Registered and logged in.
    pub fn register(server: &TestServer) -> Self {
        let mut agent = Self::unregistered();
        let challenge = agent.initiate(server).expect(200);
        let answer = agent.complete(server, &challenge).expect(201);
        agent.id = answer.json()["agent"]["id"].as_str().unwrap().to_owned();
        agent.session = answer.text_of("session_id");
        agent
    }

    /// A call with the session of the registration.
    pub fn call(&self, server: &TestServer, method: &'static str, path: &str) -> Call {
        Call::new(method, &server.origin(), path).session(&self.session)
    }

    /// The first half of a registration.
    pub fn initiate(&self, server: &TestServer) -> Answer {
        let body = json!({ "name": "test agent", "public_key": self.public_key() });
        server.post("/v1/agents/register/initiate").json(&body).send()
    }

    /// The second half.
    pub fn complete(&self, server: &TestServer, challenge: &Answer) -> Answer {
        let path = format!("/v1/agents/register/complete/{}", challenge.text_of("challenge_id"));
        server.post(&path).json(&json!({ "signature": self.sign(&challenge.text_of("challenge_data")) })).send()
    }

    pub fn public_key(&self) -> String {
        self.key.public_key().to_base64url()
    }

    /// Base64url Ed25519 over the bytes of `text`.
    pub fn sign(&self, text: &str) -> String {
        self.key.sign(text.as_bytes()).to_string()
    }

    /// The claims of a good DPoP proof, for a test to spoil.
    pub fn proof_claims(&self, server: &TestServer, method: &str, path: &str) -> Value {
        json!({ "htm": method, "htu": format!("{}{path}", server.url), "iat": server.clock.now(), "jti": unique() })
    }

    /// A proof with these claims.
    pub fn proof_of(&self, claims: &Value) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk::to_jwk(&self.key.public_key()) });
        jws::sign(&header, claims, &self.key)
    }

    /// A good DPoP proof.
    pub fn proof(&self, server: &TestServer, method: &str, path: &str) -> String {
        self.proof_of(&self.proof_claims(server, method, path))
    }

    /// A call with a good proof.
    pub fn proven(&self, server: &TestServer, method: &'static str, path: &str) -> Call {
        Call::new(method, &server.origin(), path).header("dpop", &self.proof(server, method, path))
    }

    pub fn login(&self, server: &TestServer) -> Answer {
        self.proven(server, "POST", "/v1/agents/login").json(&json!({ "agent_id": self.id })).send()
    }

    /// The claims of a good client assertion, for a test to spoil.
    pub fn assertion_claims(&self, server: &TestServer) -> Value {
        let now = server.clock.now();
        json!({ "iss": self.id, "sub": self.id, "aud": server.url, "iat": now, "exp": now + 60, "jti": unique() })
    }

    /// An assertion with these claims.
    pub fn assertion_of(&self, claims: &Value) -> String {
        jws::sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), claims, &self.key)
    }

    /// Any JWT with the agent's signature.
    pub fn jwt(&self, header: &Value, claims: &Value) -> String {
        jws::sign(header, claims, &self.key)
    }

    /// A good assertion.
    pub fn assertion(&self, server: &TestServer) -> String {
        self.assertion_of(&self.assertion_claims(server))
    }

    /// A call to an OAuth endpoint with this assertion and these parameters besides.
    pub fn oauth(server: &TestServer, path: &str, assertion: &str, more: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ];
        parameters.extend(more);
        server.post(path).form(&parameters).send()
    }

    /// A token in one call.
    pub fn token(&self, server: &TestServer, more: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![("grant_type", "client_credentials")];
        parameters.extend(more);
        Self::oauth(server, "/v1/oauth/token", &self.assertion(server), &parameters)
    }

    /// Introspection's `active` for a token of this agent.
    pub fn is_active(&self, server: &TestServer, token: &str) -> bool {
        self.introspect(server, token).expect(200).get("active").as_bool().unwrap()
    }

    /// A token's text, for the resource or the issuer.
    pub fn access_token(&self, server: &TestServer) -> String {
        self.token(server, &[]).expect(200).text_of("access_token")
    }

    /// Both halves of a key rotation: `complete` is signed by the old key, the challenge by the new one.
    pub fn rotate(&self, server: &TestServer, new: &Self) -> Answer {
        let challenge = self.begin_rotation(server, new).expect(200);
        self.complete_rotation(server, &challenge, &new.sign(&challenge.text_of("challenge_data")))
    }

    /// The first half, by session.
    pub fn begin_rotation(&self, server: &TestServer, new: &Self) -> Answer {
        let body = json!({ "new_public_key": new.public_key() });
        self.call(server, "POST", "/v1/agents/rotate-key/initiate").json(&body).send()
    }

    /// The second half, with a proof by this agent's key.
    pub fn complete_rotation(&self, server: &TestServer, challenge: &Answer, signature: &str) -> Answer {
        let path = format!("/v1/agents/rotate-key/complete/{}", challenge.text_of("challenge_id"));
        self.proven(server, "POST", &path).json(&json!({ "signature": signature })).send()
    }

    /// What introspection says of a token of this agent.
    pub fn introspect(&self, server: &TestServer, token: &str) -> Answer {
        Self::oauth(server, "/v1/oauth/introspect", &self.assertion(server), &[("token", token)])
    }
}
