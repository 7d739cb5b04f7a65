//! Signing keys: no node signs with one that another does not publish.

use agentid::crypto::jws::UnverifiedJws;
use agentid::crypto::signer::{Signer, SigningAlgorithm};
use agentid::oauth::signing_keys::{self, LEAD};
use agentid::random::Random;
use serde_json::Value;

use crate::nodes::two;
use crate::support::{Agent, TestServer};

fn kid(token: &str) -> String {
    UnverifiedJws::parse(token).unwrap().header().kid.clone().unwrap()
}

fn published(node: &TestServer) -> Vec<String> {
    let jwks = node.get("/.well-known/jwks.json").send().expect(200).get("keys");
    jwks.as_array().unwrap().iter().map(|key: &Value| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// What each node does every few seconds.
fn reload(node: &TestServer) {
    node.block_on(node.app.signing_keys.reload(&node.app.db, &node.app.secrets)).unwrap();
}

#[test]
fn tokens_of_both_verify_by_the_keys_of_both_while_keys_change() {
    let (here, there) = two();
    let agent = Agent::register(&here);
    let nodes = [&here, &there];
    let old = kid(&agent.access_token(&here));

    let app = &here.app;
    let now = app.clock.now();
    let row = signing_keys::new_row(
        &Signer::generate(SigningAlgorithm::EdDsa, Random::system()),
        &app.secrets,
        now,
        now + LEAD,
        Random::system(),
    );
    let new = row.kid.clone();
    here.block_on(app.db.write(move |tx| signing_keys::rotate(tx, &row))).unwrap();
    reload(&here);

    // The other node has not looked yet.
    assert!(!published(&there).contains(&new));
    for _ in 0..2 {
        for node in nodes {
            let token = agent.access_token(node);
            assert_eq!(kid(&token), old, "a key signs only when every node publishes it");
            assert!(nodes.iter().all(|verifier| published(verifier).contains(&kid(&token))));
            assert!(nodes.iter().all(|verifier| agent.is_active(verifier, &token)));
        }
        reload(&there);
        assert!(published(&there).contains(&new));
    }

    let before = agent.access_token(&there);
    here.clock.advance(LEAD);
    for node in nodes {
        let token = agent.access_token(node);
        assert_eq!(kid(&token), new);
        for verifier in nodes {
            assert!(published(verifier).contains(&new) && published(verifier).contains(&kid(&before)));
            assert!(agent.is_active(verifier, &token) && agent.is_active(verifier, &before));
        }
    }
}
