//! DPoP (RFC 9449) where tokens are issued and shown: at the token endpoint with each grant, and at userinfo. The
//! names are those of the list of negative cases. `http/dpop.rs` has the proofs that stand for the agent itself.

mod binding;
mod claims;
mod header;

use agentid::config::Issuer;
use agentid::crypto::ed25519::SigningKey;
use agentid::crypto::{base64url, sha256};
use serde_json::{Value, json};

use crate::support::agent::unique;
use crate::support::flow::{self, Form, TOKEN, USERINFO, new_key, with};
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

/// Not where the server listens, so that it stays the same over a restart, and a host's name with letters.
const ISSUER: &str = "https://id.example";

/// Everywhere a request can carry a proof for a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// An agent's token in one call.
    OwnToken,
    /// The redemption of a code.
    Code,
    /// A refresh.
    Refresh,
    /// Userinfo with a bound token.
    Userinfo,
}

const PLACES: [Place; 4] = [Place::OwnToken, Place::Code, Place::Refresh, Place::Userinfo];

/// A server, an agent, a public client, and the key that the client binds its tokens to.
struct Bench {
    server: TestServer,
    agent: Agent,
    overseer: Overseer,
    client: Client,
    key: SigningKey,
}

/// A request that is good but for its proof, which the test makes; it may be sent until it is accepted.
struct Request<'a> {
    bench: &'a Bench,
    place: Place,
    form: Form<'static>,
    /// Of userinfo.
    token: Option<String>,
}

impl Bench {
    fn start() -> Self {
        let mut server = TestServer::with(|config| config.server.issuer = Issuer::parse(ISSUER).unwrap());
        server.url = format!("http://{}", server.address);
        let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
        let client = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": "none" }));
        Self { server, agent, overseer, client, key: new_key() }
    }

    /// Stops the server, and starts another one on the same database.
    fn restart(self) -> Self {
        let clock = self.server.clock.clone();
        let folder = self.server.stop();
        let set_issuer = |config: &mut agentid::config::Config| config.server.issuer = Issuer::parse(ISSUER).unwrap();
        let mut server = TestServer::in_folder(folder, clock, set_issuer);
        server.url = format!("http://{}", server.address);
        Self { server, ..self }
    }

    /// A good request for this place.
    fn request(&self, place: Place) -> Request<'_> {
        let (form, token) = match place {
            Place::OwnToken => (vec![("grant_type", "client_credentials".to_owned())], None),
            Place::Code => (Client::redemption(&self.agent.code_for(&self.server, &self.client, &json!({}))), None),
            Place::Refresh => (Client::refreshing(&self.tokens().text_of("refresh_token"), &[]), None),
            Place::Userinfo => (Vec::new(), Some(self.tokens().text_of("access_token"))),
        };
        Request { bench: self, place, form, token }
    }

    /// Tokens that are bound to the key.
    fn tokens(&self) -> Answer {
        let request = self.request(Place::Code);
        request.accept(&[&request.proof(&request.claims())])
    }

    fn assertion(&self) -> String {
        self.agent.assertion_of(&with(&self.agent.assertion_claims(&self.server), "aud", json!(ISSUER)))
    }
}

impl Request<'_> {
    fn method_and_path(&self) -> (&'static str, &'static str) {
        if self.place == Place::Userinfo { ("GET", USERINFO) } else { ("POST", TOKEN) }
    }

    /// The claims of a good proof.
    fn claims(&self) -> Value {
        let (method, path) = self.method_and_path();
        let iat = self.bench.server.clock.now();
        let mut claims = json!({ "htm": method, "htu": format!("{ISSUER}{path}"), "iat": iat, "jti": unique() });
        if let Some(token) = &self.token {
            claims["ath"] = json!(base64url::encode(sha256(token.as_bytes())));
        }
        claims
    }

    /// A proof by the key that the token is bound to.
    fn proof(&self, claims: &Value) -> String {
        flow::proof_of(&self.bench.key, claims)
    }

    fn send(&self, proofs: &[&str]) -> Answer {
        let (server, client) = (&self.bench.server, &self.bench.client);
        let call = match (self.place, &self.token) {
            (Place::OwnToken, _) => {
                let assertion = self.bench.assertion();
                let mut form: Vec<(&str, &str)> = self.form.iter().map(|(name, value)| (*name, &**value)).collect();
                form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
                form.push(("client_assertion", &assertion));
                server.post(TOKEN).form(&form)
            }
            (_, Some(token)) => server.get(USERINFO).header("authorization", &format!("DPoP {token}")),
            (_, None) => client.oauth(server, TOKEN, self.form.clone()),
        };
        proofs.iter().fold(call, |call, proof| call.header("dpop", proof)).send()
    }

    /// Fails the test unless the request is refused because of its proof, in the words of its endpoint.
    #[track_caller]
    fn refuse(&self, proofs: &[&str]) {
        let answer = self.send(proofs);
        if self.place == Place::Userinfo {
            let answer = answer.oauth_refused(401, "invalid_dpop_proof");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.starts_with("DPoP algs=\"EdDSA Ed25519 ES256\""), "{challenge}");
            assert!(challenge.ends_with("error=\"invalid_dpop_proof\""), "{challenge}");
        } else {
            answer.oauth_refused(400, "invalid_dpop_proof");
        }
    }

    /// Fails the test unless the request is accepted, and what it gives is bound.
    #[track_caller]
    fn accept(&self, proofs: &[&str]) -> Answer {
        let answer = self.send(proofs).expect(200);
        if self.place == Place::Userinfo {
            assert_eq!(answer.text_of("sub"), self.bench.agent.id);
        } else {
            assert_eq!(answer.text_of("token_type"), "DPoP");
        }
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer
    }

    /// The positive control: the same request with a good proof.
    #[track_caller]
    fn accept_good(&self) -> Answer {
        self.accept(&[&self.proof(&self.claims())])
    }
}
