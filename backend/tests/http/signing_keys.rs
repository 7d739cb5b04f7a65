//! The server's signing keys rotate with overlap.

use agentid::crypto::base64url;
use agentid::crypto::jws::UnverifiedJws;
use agentid::crypto::signer::{Signer, SigningAlgorithm};
use agentid::oauth::signing_keys::{self, LEAD, SOONEST};
use agentid::random::Random;
use serde_json::{Value, json};

use super::token::verify_offline;
use crate::support::flow::start;
use crate::support::{Agent, Client, TestServer};

/// As `agentid keys rotate` does it; the running server then reads the keys again.
fn rotate(server: &TestServer, lead: i64) -> String {
    rotate_of(SigningAlgorithm::EdDsa, server, lead)
}

fn rotate_of(algorithm: SigningAlgorithm, server: &TestServer, lead: i64) -> String {
    let now = server.clock.now();
    let key = Signer::generate(algorithm, Random::system());
    let row = signing_keys::new_row(&key, &server.app.secrets, now, now + lead, Random::system());
    let kid = row.kid.clone();
    server.block_on(server.app.db.write(move |tx| signing_keys::rotate(tx, &row))).unwrap();
    reload(server);
    kid
}

fn reload(server: &TestServer) {
    server.block_on(server.app.signing_keys.reload(&server.app.db, &server.app.secrets)).unwrap();
}

fn published(server: &TestServer) -> Vec<String> {
    let keys = server.get("/.well-known/jwks.json").send().expect(200).get("keys");
    keys.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(token: &str) -> String {
    UnverifiedJws::parse(token).unwrap().header().kid.clone().unwrap()
}

#[test]
fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_expired() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let old = published(&server).remove(0);
    assert_eq!(kid_of(&agent.access_token(&server)), old);

    let new = rotate(&server, LEAD);
    assert_eq!(published(&server), [old.clone(), new.clone()]);
    server.clock.advance(LEAD - 1);
    let last = agent.access_token(&server);
    assert_eq!(kid_of(&last), old);
    server.clock.advance(1);
    let first = agent.access_token(&server);
    assert_eq!(kid_of(&first), new);
    for token in [&last, &first] {
        verify_offline(&server, token);
        assert!(agent.is_active(&server, token));
    }

    server.clock.advance(898);
    assert!(agent.is_active(&server, &last), "in its last second");
    verify_offline(&server, &last);
    // As long as the settings can let a token live.
    server.clock.advance(3600 - 898 + 119);
    assert_eq!(published(&server).len(), 2);
    server.clock.advance(1);
    assert_eq!(published(&server), [new.as_str()]);
    let token = agent.access_token(&server);
    assert_eq!(kid_of(&token), new);
    server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
    assert_eq!(server.count("signing_keys", "TRUE"), 1);
    reload(&server);
    assert!(agent.is_active(&server, &token));
}

/// A key that is no longer published verifies nothing, though the token says that it is not expired.
#[test]
fn a_key_that_was_withdrawn_verifies_nothing() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let token = agent.access_token(&server);
    rotate(&server, 0);
    assert!(agent.is_active(&server, &token));
    assert_ne!(kid_of(&agent.access_token(&server)), kid_of(&token));
    let now = server.clock.now();
    server.execute(&format!("UPDATE signing_keys SET published_until = {now} WHERE kid = '{}'", kid_of(&token)));
    reload(&server);
    assert_eq!(published(&server).len(), 1);
    assert!(!agent.is_active(&server, &token));
}

#[test]
fn keys_and_tokens_last_over_a_restart() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let before = (published(&server), agent.access_token(&server));
    let new = rotate(&server, 0);
    let server = server.restart();
    let kids = published(&server);
    assert!(kids.len() == 2 && kids.contains(&before.0[0]) && kids.contains(&new), "{kids:?}");
    // The port, and with it the issuer, is another one now, so the token is not this issuer's.
    verify_offline(&server, &before.1);
    assert!(!agent.is_active(&server, &before.1));
    assert!(agent.is_active(&server, &agent.access_token(&server)));
    assert_eq!(server.count("signing_keys", "sealed_private_key LIKE '%PRIVATE%'"), 0);
}

/// A key of one algorithm takes no other's place.
#[test]
fn keys_of_other_algorithms_overlap_too() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({ "id_token_signed_response_alg": "ES256" }));
    server.clock.advance(SOONEST);
    let id_token = || agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).text_of("id_token");
    let kid = |jwt: &str| {
        let header = base64url::decode(jwt.split('.').next().unwrap()).unwrap();
        serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
    };
    let (old, access) = (kid(&id_token()), kid_of(&agent.access_token(&server)));
    let new = rotate_of(SigningAlgorithm::Es256, &server, LEAD);
    assert_eq!(kid(&id_token()), old);
    server.clock.advance(LEAD);
    assert_eq!(kid(&id_token()), new);
    assert_eq!(kid_of(&agent.access_token(&server)), access);
    let kids = published(&server);
    assert!([&old, &new, &access].iter().all(|kid| kids.contains(kid)) && kids.len() == 3, "{kids:?}");
    server.clock.advance(60 * 60 + 120);
    assert!(!published(&server).contains(&old));
}
