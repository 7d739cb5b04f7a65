//! An agent, its overseer, a client that an agent owns, an API that introspects, and what each has in hand.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::http::revocations;
use crate::support::flow::{self, pkce, userinfo};
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

const API: &str = "https://api.example/v1";

/// Everybody who takes part.
pub struct Scene {
    pub server: TestServer,
    pub overseer: Overseer,
    pub agent: Agent,
    /// Another agent that uses the same client.
    pub bystander: Agent,
    /// Whose the client is.
    pub owner: Agent,
    pub client: Client,
    /// Another client of the same agent.
    pub other_client: Client,
    /// For which all tokens are, besides the issuer.
    api: Client,
}

/// A code to redeem, and two access tokens of one family with the refresh token that is not used yet.
pub struct Held {
    code: (String, String),
    access_tokens: [String; 2],
    refresh_token: String,
}

impl Scene {
    pub fn begin() -> Self {
        let server = TestServer::start();
        let overseer = Overseer::register(&server);
        let [agent, bystander, owner] = [(); 3].map(|()| Agent::register(&server));
        overseer.oversee(&server, &agent);
        overseer.oversee(&server, &owner);
        let client = Client::register(&server, &owner, json!({}));
        let other_client = Client::register(&server, &overseer, json!({}));
        let provider = Overseer::register(&server);
        let at_api = json!({ "redirect_uris": ["https://api.example/callback"], "resources": [API] });
        let api = Client::register(&server, &provider, at_api);
        Self { server, overseer, agent, bystander, owner, client, other_client, api }
    }

    /// For the agent's authorization by its key, which outlives its sessions.
    fn request(&self, client: &Client) -> (String, Value) {
        let (verifier, challenge) = pkce();
        let mut request = flow::request(client, &challenge);
        request["resource"] = json!([API, self.server.url]);
        (verifier, request)
    }

    /// What an authorization answers now.
    pub fn authorize(&self, agent: &Agent, client: &Client) -> Answer {
        agent.proven(&self.server, "POST", "/v1/oauth/authorize").json(&self.request(client).1).send()
    }

    /// A code, and tokens.
    #[track_caller]
    pub fn hold(&self, agent: &Agent, client: &Client) -> Held {
        let code = || {
            let (verifier, request) = self.request(client);
            let call = agent.proven(&self.server, "POST", "/v1/oauth/authorize").json(&request);
            (call.send().expect(200).text_of("code"), verifier)
        };
        let first = client.redeem(&self.server, &code()).expect(200);
        let second = client.refresh(&self.server, &first.text_of("refresh_token")).expect(200);
        Held {
            code: code(),
            access_tokens: [&first, &second].map(|answer| answer.text_of("access_token")),
            refresh_token: second.text_of("refresh_token"),
        }
    }

    /// Whether the tokens are good, at userinfo and to the API that introspects: all of them or none.
    #[track_caller]
    pub fn is_live(&self, held: &Held) -> bool {
        let shown = |token: &String| {
            let is_active = self.api.is_active(&self.server, token);
            let answer = userinfo(&self.server, token);
            assert_eq!(answer.status == 200, is_active, "{answer:?}");
            if !is_active {
                answer.oauth_refused(401, "invalid_token");
            }
            is_active
        };
        let shown = held.access_tokens.each_ref().map(shown);
        assert_eq!(shown[0], shown[1]);
        shown[0]
    }

    /// Fails the test unless code and refresh token are refused so.
    #[track_caller]
    pub fn gives_nothing(&self, held: &Held, client: &Client, redemption: (u16, &str), refresh: (u16, &str)) {
        client.redeem(&self.server, &held.code).oauth_refused(redemption.0, redemption.1);
        client.refresh(&self.server, &held.refresh_token).oauth_refused(refresh.0, refresh.1);
    }

    /// Fails the test unless code and refresh token work.
    #[track_caller]
    pub fn gives_tokens(&self, held: &Held, client: &Client) {
        client.redeem(&self.server, &held.code).expect(200);
        client.refresh(&self.server, &held.refresh_token).expect(200);
    }

    /// The client's own view of its tokens, all of them.
    pub fn is_any_active(&self, held: &Held, client: &Client) -> bool {
        let tokens = held.access_tokens.iter().chain([&held.refresh_token]);
        tokens.into_iter().any(|token| client.is_active(&self.server, token))
    }

    /// The list for those who verify offline.
    pub fn listed(&self) -> BTreeSet<String> {
        revocations::pull_all(&self.server)
    }
}

impl Held {
    pub fn jtis(&self, server: &TestServer) -> Vec<String> {
        self.access_tokens.iter().map(|token| jti(server, token)).collect()
    }
}

/// Of an access token.
pub fn jti(server: &TestServer, token: &str) -> String {
    crate::http::token::verify_offline(server, token)["jti"].as_str().unwrap().to_owned()
}
