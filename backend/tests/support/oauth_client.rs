//! A registered application, with its secret or key.

use agentid::crypto::ed25519::SigningKey;
use agentid::random::Random;
use serde_json::{Value, json};

use super::{Agent, Answer, Call, Overseer, TestServer};

/// Where the test applications are answered, unless a test says otherwise.
pub const REDIRECT_URI: &str = "https://app.example/callback";

/// An application.
pub struct Client {
    pub id: String,
    /// Of those with a secret.
    pub secret: Option<String>,
    /// Of those that sign, when the key was made here.
    pub key: Option<SigningKey>,
    /// The `client` of the registration's answer.
    pub view: Value,
}

/// Who owns clients.
pub trait Owner {
    /// `agent` or `overseer`, as addresses say it.
    const TYPE: &'static str;

    /// A call with the owner's session.
    fn call(&self, server: &TestServer, method: &'static str, path: &str) -> Call;
}

impl Owner for Agent {
    const TYPE: &'static str = "agent";

    fn call(&self, server: &TestServer, method: &'static str, path: &str) -> Call {
        Self::call(self, server, method, path)
    }
}

impl Owner for Overseer {
    const TYPE: &'static str = "overseer";

    fn call(&self, server: &TestServer, method: &'static str, path: &str) -> Call {
        Self::call(self, server, method, path)
    }
}

impl Client {
    /// Registered by its owner. `more` is added to, or takes the place of, a name and [`REDIRECT_URI`]; for
    /// `private_key_jwt` without a key one is made.
    #[track_caller]
    pub fn register<O: Owner>(server: &TestServer, owner: &O, mut more: Value) -> Self {
        let is_signing = more["token_endpoint_auth_method"] == "private_key_jwt";
        let brings_key = ["public_key", "jwks", "jwks_uri"].iter().any(|name| more.get(name).is_some());
        let key = (is_signing && !brings_key).then(|| SigningKey::generate(Random::system()));
        if let Some(key) = &key {
            more["public_key"] = json!(key.public_key().to_base64url());
        }
        let answer = Self::registration(server, owner, &more).send().expect(201);
        let view = answer.get("client");
        let id = view["id"].as_str().unwrap().to_owned();
        Self { id, secret: answer.get("client_secret").as_str().map(str::to_owned), key, view }
    }

    /// The call that registers, for a test to send.
    pub fn registration<O: Owner>(server: &TestServer, owner: &O, more: &Value) -> Call {
        let mut body = json!({ "name": "test app", "redirect_uris": [REDIRECT_URI] });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        owner.call(server, "POST", &format!("/v1/clients/register/{}", O::TYPE)).json(&body)
    }

    /// The address of the client, with something behind it.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/clients/{}{rest}", self.id)
    }

    /// The client as its owner sees it now.
    #[track_caller]
    pub fn look<O: Owner>(&self, server: &TestServer, owner: &O) -> Value {
        owner.call(server, "GET", &self.path("")).send().expect(200).get("client")
    }

    /// A change of it.
    pub fn change<O: Owner>(&self, server: &TestServer, owner: &O, change: &Value) -> Answer {
        owner.call(server, "PATCH", &self.path("")).json(change).send()
    }
}
