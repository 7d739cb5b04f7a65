//! Bound tokens and the revocation list of a real server.

use agentid_client::http::Server;
use agentid_client::{Agent, RevocationList, VerifyError};

use super::API;
use super::agent::{registered, verifier};

const URL: &str = "https://api.example/news";

#[test]
fn a_bound_token_is_accepted_with_its_agents_proof_alone() {
    let (server, clock, agent) = registered();
    let verifier = verifier(&server, &clock, API);
    let token = agent.dpop_token(&[API]).unwrap();
    assert!(token.authorization().starts_with("DPoP "));
    assert_eq!(agent.dpop_token(&[API]).unwrap().as_str(), token.as_str());
    let check = |proof: &str| verifier.verify_dpop(token.as_str(), proof, "GET", URL);
    let claims = check(&agent.proof("GET", URL, &token)).unwrap();
    assert_eq!((claims.sub.as_str(), claims.cnf_jkt), (agent.id(), Some(agent.key().thumbprint())));
    let (_server, _clock, thief) = registered();
    let thief = thief.with_clock(clock.clone());
    assert_eq!(check(&thief.proof("GET", URL, &token)).err(), Some(VerifyError::ProofKey));
    assert_eq!(verifier.verify(token.as_str()).err(), Some(VerifyError::ProofMissing));
}

#[test]
fn bound_and_bearer_tokens_are_kept_apart() {
    let (_server, _clock, agent) = registered();
    let (bearer, bound) = (agent.token(&[API]).unwrap(), agent.dpop_token(&[API]).unwrap());
    assert!(bound.is_bound() && !bearer.is_bound());
    assert_eq!(agent.token(&[API]).unwrap().as_str(), bearer.as_str());
}

fn revoke(issuer: &str, agent: &Agent, token: &str, assertion: &str) {
    let form = [
        ("token", token),
        ("client_id", agent.id()),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    Server::at(issuer).unwrap().call("POST", "/v1/oauth/revoke").form(&form).send().unwrap().accept().unwrap();
}

#[test]
fn a_token_that_the_server_revokes_is_refused_within_10_seconds() {
    let (server, clock, agent) = registered();
    let list = verifier(&server, &clock, API).with_revocation_list(RevocationList::default());
    let [first, second] = ["id", "id name"].map(|scope| {
        let request = agentid_client::TokenRequest::for_resources(&[API]).scope(scope);
        agent.token_for(&request).unwrap()
    });
    assert!(list.verify(first.as_str()).is_ok() && list.verify(second.as_str()).is_ok());
    revoke(&server.issuer, &agent, first.as_str(), &agent.key().assertion(agent.id(), &server.issuer));
    clock.advance(10);
    assert_eq!(list.verify(first.as_str()).err(), Some(VerifyError::Revoked));
    assert!(list.verify(second.as_str()).is_ok());
    // Long after, it is still read on, and the token is still known.
    clock.advance(600);
    assert_eq!(list.verify(first.as_str()).err(), Some(VerifyError::Revoked));
    assert!(list.verify(second.as_str()).is_ok());
    let asks_nobody = verifier(&server, &clock, API);
    assert!(asks_nobody.verify(first.as_str()).is_ok());
}
