//! R01, R02, R05, and how long a family lives. Races are in [`crate::races`].

use agentid::background::purge_expired;
use agentid::crypto::ed25519::SigningKey;
use serde_json::json;

use super::{RUBBISH, client, granted, refused, start};
use crate::support::agent::unique;
use crate::support::flow::{CALLERS, METHODS, TOKEN, bound_userinfo, changed, is_live, new_key, proof};
use crate::support::{Agent, Answer, Client, Overseer, TestServer};

const DAY: i64 = 24 * 60 * 60;

/// A family whose first refresh token has been rotated away: that one, and the tokens that took its place.
struct Rotated {
    client: Client,
    key: Option<SigningKey>,
    old: String,
    new: Answer,
}

impl Rotated {
    fn begin(server: &TestServer, agent: &Agent, overseer: &Overseer, method: &str, is_bound: bool) -> Self {
        let client = client(server, overseer, method);
        let key = is_bound.then(new_key);
        let form = Client::redemption(&agent.code_for(server, &client, &json!({})));
        let first = granted(send(server, &client, form, key.as_ref()));
        let old = first.text_of("refresh_token");
        let new = granted(send(server, &client, Client::refreshing(&old, &[]), key.as_ref()));
        Self { client, key, old, new }
    }

    /// The rotated token again, with this key's proof.
    fn again(&self, server: &TestServer, key: Option<&SigningKey>) -> Answer {
        send(server, &self.client, Client::refreshing(&self.old, &[]), key)
    }

    /// Whether the winner's tokens work: userinfo, introspection and the refresh agree. They are used by that.
    #[track_caller]
    fn lives(&mut self, server: &TestServer) -> bool {
        let is_live = is_live(server, &self.client, &self.new, self.key.as_ref());
        let form = Client::refreshing(&self.new.text_of("refresh_token"), &[]);
        let answer = send(server, &self.client, form, self.key.as_ref());
        if is_live {
            self.new = granted(answer);
        } else {
            refused(answer, 400, "invalid_grant");
        }
        is_live
    }
}

fn send(server: &TestServer, client: &Client, form: Vec<(&'static str, String)>, key: Option<&SigningKey>) -> Answer {
    let call = client.oauth(server, TOKEN, form);
    match key {
        Some(key) => call.header("dpop", &proof(server, key, "POST", TOKEN, None)).send(),
        None => call.send(),
    }
}

#[test]
fn r01_a_rotated_token_ends_the_family_but_for_a_grace_to_those_who_prove_a_key() {
    for (method, is_bound, has_grace) in CALLERS {
        let (server, agent, overseer) = start();
        for (after, lives) in [(0, has_grace), (9, has_grace), (10, false), (11, false), (20 * DAY, false)] {
            let mut rotated = Rotated::begin(&server, &agent, &overseer, method, is_bound);
            server.clock.advance(after);
            if after == 20 * DAY {
                // Its access token has expired, the next one has not.
                let form = Client::refreshing(&rotated.new.text_of("refresh_token"), &[]);
                rotated.new = granted(send(&server, &rotated.client, form, rotated.key.as_ref()));
                server.block_on(purge_expired(&server.app)).unwrap();
            }
            refused(rotated.again(&server, rotated.key.as_ref()), 400, "invalid_grant");
            assert_eq!(rotated.lives(&server), lives, "{method}, bound: {is_bound}, after {after} s");
        }
    }
}

#[test]
fn r01_without_a_grace_every_second_use_ends_the_family() {
    let server = TestServer::with(|config| config.oauth.refresh_reuse_grace_seconds = 0);
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    for (method, is_bound, _) in CALLERS {
        let mut rotated = Rotated::begin(&server, &agent, &overseer, method, is_bound);
        refused(rotated.again(&server, rotated.key.as_ref()), 400, "invalid_grant");
        assert!(!rotated.lives(&server), "{method}, bound: {is_bound}");
    }
}

/// A client with a secret may take another key than the one that the token is bound to, but that one proves nothing.
#[test]
fn r01_a_key_that_the_token_is_not_bound_to_gives_no_grace() {
    let (server, agent, overseer) = start();
    let other = new_key();
    let mut unbound = Rotated::begin(&server, &agent, &overseer, "none", false);
    refused(unbound.again(&server, Some(&other)), 400, "invalid_grant");
    assert!(!unbound.lives(&server));
    let mut bound = Rotated::begin(&server, &agent, &overseer, "client_secret_basic", true);
    refused(bound.again(&server, Some(&other)), 400, "invalid_grant");
    assert!(!bound.lives(&server));
    // Of a public client it is bound itself. Whoever uses it again without the key is no instance of the client.
    for key in [Some(&other), None] {
        let mut public = Rotated::begin(&server, &agent, &overseer, "none", true);
        refused(public.again(&server, key), 400, "invalid_grant");
        assert!(!public.lives(&server));
    }
    // A use that would be refused for another reason is a use nevertheless.
    for more in [("scope", "overseer"), ("resource", "https://other.example")] {
        let mut rotated = Rotated::begin(&server, &agent, &overseer, "client_secret_basic", false);
        let form = Client::refreshing(&rotated.old, &[more]);
        refused(rotated.client.oauth(&server, TOKEN, form).send(), 400, "invalid_grant");
        assert!(!rotated.lives(&server), "{more:?}");
    }
}

/// The second use must hold otherwise: a token alone, or half of it, ends nothing.
#[test]
fn r01_a_rotated_token_in_another_s_hands_ends_nothing() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let mut rotated = Rotated::begin(&server, &agent, &overseer, method, false);
        for other in METHODS {
            let thief = client(&server, &overseer, other);
            refused(thief.refresh(&server, &rotated.old), 400, "invalid_grant");
        }
        let (id, _) = rotated.old.split_once('.').unwrap();
        refused(rotated.client.refresh(&server, &format!("{id}.{}", unique() + &unique()[..21])), 400, "invalid_grant");
        let form = Client::refreshing(&rotated.old, &[]);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        refused(Agent::oauth(&server, TOKEN, &agent.assertion(&server), &form), 400, "unauthorized_client");
        assert!(rotated.lives(&server), "{method}");
    }
}

#[test]
fn r02_a_refresh_token_is_one_and_its_client_s() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let tokens = agent.tokens_for(&server, &client, &json!({}));
        let token = tokens.text_of("refresh_token");
        let form = Client::refreshing(&token, &[]);
        let with = |value: Option<&str>| client.oauth(&server, TOKEN, changed(&form, "refresh_token", value)).send();
        let (id, secret) = token.split_once('.').unwrap();
        let others = agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token");
        let mixed = format!("{id}.{}", others.split_once('.').unwrap().1);
        let access_token = tokens.text_of("access_token");
        let upper = token.to_uppercase();
        for wrong in
            [id, secret, &mixed, &format!("{token}.x"), &format!(" {token}"), &access_token, &upper, RUBBISH, "."]
        {
            refused(with(Some(wrong)), 400, "invalid_grant");
        }
        for missing in [None, Some("")] {
            refused(with(missing), 400, "invalid_request");
        }
        refused(with(Some(&"A".repeat(50_000))), 400, "invalid_grant");
        refused(with(Some(&"A".repeat(100_000))), 413, "invalid_request");
        for other in METHODS {
            refused(self::client(&server, &overseer, other).refresh(&server, &token), 400, "invalid_grant");
        }
        let tokens = granted(with(Some(&token)));
        client.revoke(&server, &tokens.text_of("refresh_token")).expect(200);
        refused(client.refresh(&server, &tokens.text_of("refresh_token")), 400, "invalid_grant");
        granted(client.refresh(&server, &others));
    }
}

#[test]
fn r02_a_refresh_token_lives_for_30_days_after_each_rotation() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "client_secret_basic");
    let mut tokens = agent.tokens_for(&server, &client, &json!({}));
    for _ in 0..2 {
        server.clock.advance(30 * DAY - 1);
        tokens = granted(client.refresh(&server, &tokens.text_of("refresh_token")));
    }
    let token = tokens.text_of("refresh_token");
    server.clock.advance(30 * DAY - 1);
    assert!(client.is_active(&server, &token));
    server.clock.advance(1);
    assert!(!client.is_active(&server, &token));
    refused(client.refresh(&server, &token), 400, "invalid_grant");
}

/// However often it is refreshed, an authorization does not go on for ever.
#[test]
fn r02_a_family_lives_for_a_year() {
    let server = TestServer::start();
    for method in ["client_secret_post", "private_key_jwt"] {
        // Sessions do not last that long.
        let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
        let client = client(&server, &overseer, method);
        let end = server.clock.now() + 365 * DAY;
        let mut tokens = agent.tokens_for(&server, &client, &json!({}));
        while end - server.clock.now() > 29 * DAY {
            server.clock.advance(29 * DAY);
            server.block_on(purge_expired(&server.app)).unwrap();
            tokens = granted(client.refresh(&server, &tokens.text_of("refresh_token")));
        }
        let last = tokens.text_of("refresh_token");
        assert_eq!(client.introspect(&server, &last).expect(200).get("exp"), end);
        server.clock.advance(end - server.clock.now() - 1);
        let tokens = granted(client.refresh(&server, &last));
        assert!(is_live(&server, &client, &tokens, None));
        let last = tokens.text_of("refresh_token");
        assert_eq!(client.introspect(&server, &last).expect(200).get("exp"), end);
        server.clock.advance(1);
        refused(client.refresh(&server, &last), 400, "invalid_grant");
    }
}

#[test]
fn r05_a_bound_token_goes_with_its_key() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let (key, other) = (new_key(), new_key());
        let code = agent.code_for(&server, &client, &json!({}));
        let token = granted(client.redeem_with(&server, &code, &key)).text_of("refresh_token");
        // Nobody falls back to a token that anybody can use.
        refused(client.refresh(&server, &token), 400, "invalid_dpop_proof");
        if method == "none" {
            refused(client.refresh_with(&server, &token, &other), 400, "invalid_grant");
            let tokens = granted(client.refresh_with(&server, &token, &key));
            assert!(is_live(&server, &client, &tokens, Some(&key)));
        } else {
            // RFC 9449 section 5: of a client that authenticates the refresh token is not bound.
            let tokens = granted(client.refresh_with(&server, &token, &other));
            assert!(is_live(&server, &client, &tokens, Some(&other)));
            let with_the_old_key = bound_userinfo(&server, &tokens.text_of("access_token"), &key);
            refused(with_the_old_key, 401, "invalid_token");
        }
    }
}
