//! What is bound to a key is worth nothing without it: D12 to D14 and D16.

use agentid::crypto::ed25519::SigningKey;
use agentid::crypto::{base64url, sha256};
use serde_json::{Value, json};

use super::{Bench, ISSUER, Place, Request, with};
use crate::http::token::verify_offline;
use crate::support::agent::unique;
use crate::support::flow::{self, Form, TOKEN, USERINFO, jkt, new_key, proof_of};
use crate::support::{Answer, Client};

/// A proof for the token endpoint.
fn proof(bench: &Bench, key: &SigningKey) -> String {
    let now = bench.server.clock.now();
    proof_of(key, &json!({ "htm": "POST", "htu": format!("{ISSUER}{TOKEN}"), "iat": now, "jti": unique() }))
}

fn send(bench: &Bench, client: &Client, form: Form<'static>, key: Option<&SigningKey>) -> Answer {
    let call = client.oauth(&bench.server, TOKEN, form);
    match key {
        Some(key) => call.header("dpop", &proof(bench, key)),
        None => call,
    }
    .send()
}

#[track_caller]
fn invalid_token(answer: Answer) {
    answer.token_refused(401, "invalid_token", "DPoP algs=\"EdDSA Ed25519 ES256\", error=\"invalid_token\"");
}

#[test]
fn d12_a_code_that_is_bound_at_authorize_goes_with_its_key() {
    let bench = Bench::start();
    let confidential = Client::register(&bench.server, &bench.overseer, json!({}));
    for client in [&bench.client, &confidential] {
        let bound = json!({ "dpop_jkt": jkt(&bench.key) });
        let code = Client::redemption(&bench.agent.code_for(&bench.server, client, &bound));
        send(&bench, client, code.clone(), Some(&new_key())).oauth_refused(400, "invalid_grant");
        send(&bench, client, code.clone(), None).oauth_refused(400, "invalid_grant");
        let tokens = send(&bench, client, code, Some(&bench.key)).expect(200);
        let claims = verify_offline(&bench.server, &tokens.text_of("access_token"));
        assert_eq!(claims["cnf"], json!({ "jkt": jkt(&bench.key) }));
        // Without `dpop_jkt` the key is the client's choice when it redeems.
        let code = Client::redemption(&bench.agent.code_for(&bench.server, client, &json!({})));
        send(&bench, client, code, Some(&new_key())).expect(200);
    }
}

#[test]
fn d12_the_thumbprint_is_one() {
    let bench = Bench::start();
    let (_, challenge) = flow::pkce();
    let request = flow::request(&bench.client, &challenge);
    let good = jkt(&bench.key);
    for thumbprint in [json!(""), json!("x"), json!(&good[1..]), json!(format!("{good}=")), json!("~".repeat(43))] {
        bench
            .agent
            .authorize(&bench.server, &with(&request, "dpop_jkt", thumbprint))
            .oauth_refused(400, "invalid_request");
    }
    bench.agent.authorize(&bench.server, &with(&request, "dpop_jkt", json!(good))).expect(200);
}

/// The proof by which an agent authorizes is the agent's; the code is the client's to bind.
#[test]
fn d12_the_agent_s_own_proof_does_not_bind_the_code() {
    let bench = Bench::start();
    let (verifier, challenge) = flow::pkce();
    let path = "/v1/oauth/authorize";
    let now = bench.server.clock.now();
    let claims = json!({ "htm": "POST", "htu": format!("{ISSUER}{path}"), "iat": now, "jti": unique() });
    let call = bench.server.post(path).header("dpop", &bench.agent.proof_of(&claims));
    let code = call.json(&flow::request(&bench.client, &challenge)).send().expect(200).text_of("code");
    let tokens = send(&bench, &bench.client, Client::redemption(&(code, verifier)), None).expect(200);
    assert_eq!(tokens.text_of("token_type"), "Bearer");
}

#[test]
fn d13_a_bound_token_is_no_bearer_token() {
    let bench = Bench::start();
    let request = bench.request(Place::Userinfo);
    let token = request.token.clone().unwrap();
    let bearer = format!("Bearer {token}");
    for call in [
        bench.server.get(USERINFO).header("authorization", &bearer),
        bench.server.get(USERINFO).header("authorization", &format!("bEARER {token}")),
        bench.server.post(USERINFO).header("authorization", &bearer),
        bench.server.post(USERINFO).form(&[("access_token", token.as_str())]),
        // A good proof beside it does not help: the scheme says what the token is taken for.
        bench.server.get(USERINFO).header("authorization", &bearer).header("dpop", &request.proof(&request.claims())),
    ] {
        invalid_token(call.send());
    }
    request.accept_good();
}

/// An agent's own token, and a client's, are bound no less.
#[test]
fn d13_every_token_with_a_key_is_bound() {
    let bench = Bench::start();
    let own = bench.request(Place::OwnToken).accept_good().text_of("access_token");
    invalid_token(flow::userinfo(&bench.server, &own));
    let shown = Request { token: Some(own), ..bench.request(Place::Userinfo) };
    shown.accept_good();
    let refreshed = bench.request(Place::Refresh).accept_good().text_of("access_token");
    invalid_token(flow::userinfo(&bench.server, &refreshed));
}

#[test]
fn d14_the_proof_is_for_this_token_and_by_its_key() {
    let bench = Bench::start();
    let request = bench.request(Place::Userinfo);
    let token = request.token.clone().unwrap();
    let other = bench.tokens().text_of("access_token");
    let hash = |text: &str| base64url::encode(sha256(text.as_bytes()));
    for ath in [
        Value::Null,
        json!(""),
        json!(7),
        json!([hash(&token)]),
        json!(hash(&other)),
        json!(token),
        json!(format!("{}=", hash(&token))),
        json!(hash(&token).to_lowercase()),
        json!(hash(&format!("DPoP {token}"))),
    ] {
        request.refuse(&[&request.proof(&with(&request.claims(), "ath", ath))]);
    }
    // A proof that is good in itself, by a key that the token is not bound to.
    invalid_token(request.send(&[&proof_of(&new_key(), &request.claims())]));
    invalid_token(request.send(&[&bench.agent.proof_of(&request.claims())]));
    request.accept_good();
}

/// What is not the token's fault is said of the proof first, so that nobody learns about a token without its key.
#[test]
fn d14_a_refused_token_spends_the_proof() {
    let bench = Bench::start();
    let request = bench.request(Place::Userinfo);
    let token = request.token.clone().unwrap();
    bench.client.revoke(&bench.server, &token).expect(200);
    let proof = request.proof(&request.claims());
    invalid_token(request.send(&[&proof]));
    request.refuse(&[&proof]);
}

#[test]
fn d16_an_unbound_token_does_not_pass_for_a_bound_one() {
    let bench = Bench::start();
    let token = bench.request(Place::OwnToken).send(&[]).expect(200).text_of("access_token");
    let request = Request { token: Some(token.clone()), ..bench.request(Place::Userinfo) };
    invalid_token(request.send(&[&request.proof(&request.claims())]));
    flow::userinfo(&bench.server, &token).expect(200);
}

/// RFC 9449 section 5: of a public client; one that authenticates may take another key, but not go without one.
#[test]
fn a_refresh_token_of_a_public_client_is_bound_to_the_key() {
    let bench = Bench::start();
    let request = bench.request(Place::Refresh);
    let claims = request.claims();
    request.send(&[&proof_of(&new_key(), &claims)]).oauth_refused(400, "invalid_grant");
    request.refuse(&[]);
    let refreshed = request.accept_good();
    let claims = verify_offline(&bench.server, &refreshed.text_of("access_token"));
    assert_eq!(claims["cnf"], json!({ "jkt": jkt(&bench.key) }));

    let confidential = Client::register(&bench.server, &bench.overseer, json!({}));
    let code = Client::redemption(&bench.agent.code_for(&bench.server, &confidential, &json!({})));
    let tokens = send(&bench, &confidential, code, Some(&bench.key)).expect(200);
    let form = Client::refreshing(&tokens.text_of("refresh_token"), &[]);
    send(&bench, &confidential, form.clone(), None).oauth_refused(400, "invalid_dpop_proof");
    let new = new_key();
    let refreshed = send(&bench, &confidential, form, Some(&new)).expect(200);
    let claims = verify_offline(&bench.server, &refreshed.text_of("access_token"));
    assert_eq!(claims["cnf"], json!({ "jkt": jkt(&new) }));
}
