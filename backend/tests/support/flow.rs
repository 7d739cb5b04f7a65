//! The code flow as a client and an agent go through it: authorize, redeem, refresh, ask, revoke.

use agentid::crypto::ed25519::SigningKey;
use agentid::crypto::{base64url, jwk, jws, sha256};
use agentid::random::Random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::agent::unique;
use super::oauth_client::REDIRECT_URI;
use super::{Agent, Answer, Call, Client, Overseer, TestServer};

pub const TOKEN: &str = "/v1/oauth/token";
pub const USERINFO: &str = "/v1/oauth/userinfo";
pub const PAR: &str = "/v1/oauth/par";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Method, whether the token is bound to a key, and whether there is a grace for a refresh token that was rotated
/// away: for whoever proves a key, by an assertion or by the key that the token is bound to.
pub const CALLERS: [(&str, bool, bool); 7] = [
    ("client_secret_basic", false, false),
    ("client_secret_post", false, false),
    ("none", false, false),
    ("private_key_jwt", false, true),
    ("private_key_jwt", true, true),
    ("client_secret_basic", true, true),
    ("none", true, true),
];

/// Every way that a client can authenticate.
pub const METHODS: [&str; 4] = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

/// The value with one member changed; `null` takes it away.
pub fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut changed = value.clone();
    let members = changed.as_object_mut().unwrap();
    members.remove(name);
    if !member.is_null() {
        members.insert(name.to_owned(), member);
    }
    changed
}

/// An agent, and the overseer who owns the clients.
pub fn start() -> (TestServer, Agent, Overseer) {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    (server, agent, overseer)
}

/// An agent that an overseer answers for, and a client of the overseer's.
pub fn overseen() -> (TestServer, Agent, Overseer, Client) {
    let (server, agent, overseer) = start();
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    (server, agent, overseer, client)
}

/// A client of this method.
pub fn client(server: &TestServer, overseer: &Overseer, method: &str) -> Client {
    Client::register(server, overseer, json!({ "token_endpoint_auth_method": method }))
}

/// Parameters of a form.
pub type Form<'a> = Vec<(&'a str, String)>;

/// A PKCE verifier and its challenge.
pub fn pkce() -> (String, String) {
    let verifier = base64url::encode(Random::system().bytes::<32>());
    let challenge = base64url::encode(sha256(verifier.as_bytes()));
    (verifier, challenge)
}

/// A key for DPoP.
pub fn new_key() -> SigningKey {
    SigningKey::generate(Random::system())
}

/// The thumbprint of a key, as `cnf.jkt` has it.
pub fn jkt(key: &SigningKey) -> String {
    jwk::thumbprint(&key.public_key())
}

/// The claims of a good proof for a call to `path`; with `ath` for an access token.
pub fn proof_claims(server: &TestServer, method: &str, path: &str, token: Option<&str>) -> Value {
    let mut claims =
        json!({ "htm": method, "htu": format!("{}{path}", server.url), "iat": server.clock.now(), "jti": unique() });
    if let Some(token) = token {
        claims["ath"] = json!(base64url::encode(sha256(token.as_bytes())));
    }
    claims
}

/// A proof with these claims.
pub fn proof_of(key: &SigningKey, claims: &Value) -> String {
    jws::sign(&json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk::to_jwk(&key.public_key()) }), claims, key)
}

/// A good proof.
pub fn proof(server: &TestServer, key: &SigningKey, method: &str, path: &str, token: Option<&str>) -> String {
    proof_of(key, &proof_claims(server, method, path, token))
}

/// A good authorization request, for a test to spoil.
pub fn request(client: &Client, challenge: &str) -> Value {
    json!({
        "client_id": client.id, "redirect_uri": REDIRECT_URI, "state": "a state",
        "code_challenge": challenge, "code_challenge_method": "S256",
    })
}

impl Agent {
    /// Authorizes by session.
    pub fn authorize(&self, server: &TestServer, request: &Value) -> Answer {
        self.call(server, "POST", "/v1/oauth/authorize").json(request).send()
    }

    /// A code for the client and its verifier; `more` goes into the request.
    #[track_caller]
    pub fn code_for(&self, server: &TestServer, client: &Client, more: &Value) -> (String, String) {
        let (verifier, challenge) = pkce();
        let mut request = request(client, &challenge);
        for (name, value) in more.as_object().unwrap() {
            request[name] = value.clone();
        }
        (self.authorize(server, &request).expect(200).text_of("code"), verifier)
    }

    /// The tokens that the client gets for a fresh code.
    #[track_caller]
    pub fn tokens_for(&self, server: &TestServer, client: &Client, more: &Value) -> Answer {
        let code = self.code_for(server, client, more);
        client.redeem(server, &code).expect(200)
    }
}

impl Client {
    /// A form to an OAuth endpoint with the client's own authentication.
    pub fn oauth(&self, server: &TestServer, path: &str, mut form: Form<'_>) -> Call {
        let method = self.view["token_endpoint_auth_method"].as_str().unwrap();
        let mut headers = None;
        match method {
            "private_key_jwt" => {
                form.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
                form.push(("client_assertion", self.assertion(server)));
            }
            "client_secret_basic" => headers = Some(self.basic()),
            "client_secret_post" => {
                form.push(("client_id", self.id.clone()));
                form.push(("client_secret", self.secret.clone().unwrap()));
            }
            _ => form.push(("client_id", self.id.clone())),
        }
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let call = server.post(path).form(&form);
        match headers {
            Some(basic) => call.header("authorization", &basic),
            None => call,
        }
    }

    /// The value of an Authorization header.
    pub fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.id, self.secret.as_deref().unwrap())))
    }

    /// The claims of a good assertion.
    pub fn assertion_claims(&self, server: &TestServer) -> Value {
        let now = server.clock.now();
        json!({ "iss": self.id, "sub": self.id, "aud": server.url, "iat": now, "exp": now + 60, "jti": unique() })
    }

    /// A good assertion.
    pub fn assertion(&self, server: &TestServer) -> String {
        let key = self.key.as_ref().unwrap();
        jws::sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), &self.assertion_claims(server), key)
    }

    /// Pushes a request.
    pub fn push(&self, server: &TestServer, parameters: &[(&'static str, String)]) -> Answer {
        // Where the name is how the client says who it is, it is there already.
        let names_itself =
            ["client_secret_post", "none"].contains(&self.view["token_endpoint_auth_method"].as_str().unwrap());
        let parameters = parameters.iter().filter(|(name, _)| !names_itself || *name != "client_id");
        self.oauth(server, PAR, parameters.cloned().collect()).send()
    }

    /// Pushes a good request; the reference and the verifier.
    #[track_caller]
    pub fn pushed(&self, server: &TestServer) -> (String, String) {
        let (parameters, verifier) = super::browser::request(self);
        (self.push(server, &parameters).expect(201).text_of("request_uri"), verifier)
    }

    /// The form that redeems a code.
    pub fn redemption((code, verifier): &(String, String)) -> Form<'static> {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.clone()),
            ("code_verifier", verifier.clone()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
        ]
    }

    /// Redeems a code.
    pub fn redeem(&self, server: &TestServer, code: &(String, String)) -> Answer {
        self.oauth(server, TOKEN, Self::redemption(code)).send()
    }

    /// Redeems a code with a DPoP proof.
    pub fn redeem_with(&self, server: &TestServer, code: &(String, String), key: &SigningKey) -> Answer {
        let call = self.oauth(server, TOKEN, Self::redemption(code));
        call.header("dpop", &proof(server, key, "POST", TOKEN, None)).send()
    }

    /// The form that refreshes.
    pub fn refreshing(refresh_token: &str, more: &[(&'static str, &str)]) -> Form<'static> {
        let mut form = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh_token.to_owned())];
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        form
    }

    /// Refreshes.
    pub fn refresh(&self, server: &TestServer, refresh_token: &str) -> Answer {
        self.oauth(server, TOKEN, Self::refreshing(refresh_token, &[])).send()
    }

    /// Refreshes with a DPoP proof.
    pub fn refresh_with(&self, server: &TestServer, refresh_token: &str, key: &SigningKey) -> Answer {
        let call = self.oauth(server, TOKEN, Self::refreshing(refresh_token, &[]));
        call.header("dpop", &proof(server, key, "POST", TOKEN, None)).send()
    }

    /// A token of the client's own.
    pub fn own_token(&self, server: &TestServer, more: &[(&'static str, &str)]) -> Answer {
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.oauth(server, TOKEN, form).send()
    }

    /// What introspection says.
    pub fn introspect(&self, server: &TestServer, token: &str) -> Answer {
        self.oauth(server, "/v1/oauth/introspect", vec![("token", token.to_owned())]).send()
    }

    /// Introspection's `active`.
    #[track_caller]
    pub fn is_active(&self, server: &TestServer, token: &str) -> bool {
        self.introspect(server, token).expect(200).get("active").as_bool().unwrap()
    }

    /// Revokes.
    pub fn revoke(&self, server: &TestServer, token: &str) -> Answer {
        self.oauth(server, "/v1/oauth/revoke", vec![("token", token.to_owned())]).send()
    }
}

/// Userinfo with a bearer token.
pub fn userinfo(server: &TestServer, token: &str) -> Answer {
    server.get(USERINFO).header("authorization", &format!("Bearer {token}")).send()
}

/// Userinfo with a bound token and a good proof.
pub fn bound_userinfo(server: &TestServer, token: &str, key: &SigningKey) -> Answer {
    let call = server.get(USERINFO).header("authorization", &format!("DPoP {token}"));
    call.header("dpop", &proof(server, key, "GET", USERINFO, Some(token))).send()
}

/// The form with one parameter changed; `None` takes it away.
pub fn changed<'a>(form: &Form<'a>, name: &'a str, value: Option<&str>) -> Form<'a> {
    let others = form.iter().filter(|(other, _)| *other != name).cloned();
    others.chain(value.map(|value| (name, value.to_owned()))).collect()
}

/// Whether an access token is good. Userinfo and, where the client may ask, introspection say the same.
#[track_caller]
pub fn is_live(server: &TestServer, client: &Client, tokens: &Answer, key: Option<&SigningKey>) -> bool {
    let token = tokens.text_of("access_token");
    let answer = match key {
        Some(key) => bound_userinfo(server, &token, key),
        None => userinfo(server, &token),
    };
    let is_live = answer.status == 200;
    if !is_live {
        answer.oauth_refused(401, "invalid_token");
    }
    if client.view["token_endpoint_auth_method"] != "none" {
        assert_eq!(client.is_active(server, &token), is_live, "userinfo says {is_live}");
    }
    is_live
}
