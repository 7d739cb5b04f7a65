//! What a proof says: D07 to D10.

use agentid::background::purge_expired;
use serde_json::{Value, json};

use super::{Bench, ISSUER, PLACES, Place, with};
use crate::support::flow::{TOKEN, USERINFO, proof_of};

#[test]
fn d07_the_proof_is_for_this_request() {
    let bench = Bench::start();
    for place in PLACES {
        let request = bench.request(place);
        let claims = request.claims();
        let (method, path) = request.method_and_path();
        let other_method = if method == "GET" { "POST" } else { "GET" };
        let other_path = if path == TOKEN { USERINFO } else { TOKEN };
        for (name, value) in [
            ("htm", Value::Null),
            ("htm", json!(other_method)),
            ("htm", json!(method.to_lowercase())),
            ("htm", json!([method])),
            ("htm", json!(1)),
            ("htm", json!("")),
            ("htu", Value::Null),
            ("htu", json!(1)),
            ("htu", json!([claims["htu"]])),
            ("htu", json!("")),
            ("htu", json!(path)),
            ("htu", json!(ISSUER)),
            ("htu", json!(format!("{ISSUER}{other_path}"))),
            ("htu", json!(format!("{ISSUER}{path}/"))),
            ("htu", json!(format!("{ISSUER}/{path}"))),
            ("htu", json!(format!("{ISSUER}{}", path.to_uppercase()))),
            ("htu", json!(format!("http://id.example{path}"))),
            ("htu", json!(format!("https://id.example:444{path}"))),
            ("htu", json!(format!("https://other.example{path}"))),
            ("htu", json!(format!("https://id.example.evil.example{path}"))),
            ("htu", json!(format!("https://id.example@evil.example{path}"))),
            ("htu", json!(format!("https://user@id.example{path}"))),
            // Where the server listens is not who it is, and a `Host` header decides nothing.
            ("htu", json!(format!("{}{path}", bench.server.url))),
        ] {
            request.refuse(&[&request.proof(&with(&claims, name, value))]);
        }
        request.accept(&[&request.proof(&claims)]);
    }
}

#[test]
fn d08_another_spelling_of_the_same_address_is_accepted() {
    let bench = Bench::start();
    for place in PLACES {
        let (_, path) = bench.request(place).method_and_path();
        for htu in [
            format!("{ISSUER}{path}?page=2"),
            format!("{ISSUER}{path}#part"),
            format!("{ISSUER}{path}?a=b#part"),
            format!("https://ID.Example{path}"),
            format!("HTTPS://id.example{path}"),
            format!("https://id.example:443{path}"),
            format!("{ISSUER}/v1/./x/..{}", path.strip_prefix("/v1").unwrap()),
        ] {
            let request = bench.request(place);
            request.accept(&[&request.proof(&with(&request.claims(), "htu", json!(htu)))]);
        }
    }
}

#[test]
fn d09_the_proof_is_fresh() {
    let bench = Bench::start();
    let now = bench.server.clock.now();
    for place in PLACES {
        let request = bench.request(place);
        let claims = request.claims();
        for iat in [
            Value::Null,
            json!(now - 61),
            json!(now + 11),
            json!(now - 600),
            json!(now + 600),
            json!(0),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1e300),
            json!(now.to_string()),
            json!([now]),
            json!(true),
        ] {
            request.refuse(&[&request.proof(&with(&claims, "iat", iat))]);
        }
        request.accept(&[&request.proof(&claims)]);
        for iat in [now - 60, now - 10, now + 10] {
            let request = bench.request(place);
            request.accept(&[&request.proof(&with(&request.claims(), "iat", json!(iat)))]);
        }
    }
}

#[test]
fn d10_the_proof_has_an_identifier() {
    let bench = Bench::start();
    for place in PLACES {
        let request = bench.request(place);
        for jti in [Value::Null, json!(""), json!(7), json!(["a"]), json!("x".repeat(257))] {
            request.refuse(&[&request.proof(&with(&request.claims(), "jti", jti))]);
        }
        request.accept(&[&request.proof(&with(&request.claims(), "jti", json!("x".repeat(256 - place as usize))))]);
    }
}

#[test]
fn d10_the_proof_counts_once() {
    let bench = Bench::start();
    for place in PLACES {
        let request = bench.request(place);
        let claims = request.claims();
        request.accept(&[&request.proof(&claims)]);
        // Of userinfo it is the very same request; elsewhere one that is good but for the proof.
        let again = if place == Place::Userinfo { request } else { bench.request(place) };
        again.refuse(&[&again.proof(&claims)]);
        // The same jti under other claims is no other proof; the same jti of another key is.
        again.refuse(&[&again.proof(&with(&claims, "iat", json!(bench.server.clock.now() - 1)))]);
        if place == Place::OwnToken || place == Place::Code {
            again.accept(&[&proof_of(&crate::support::flow::new_key(), &claims)]);
        } else {
            again.accept_good();
        }
    }
}

/// Where a token is issued and where it is shown: the memory is one.
#[test]
fn d10_the_identifier_counts_once_at_all_places() {
    let bench = Bench::start();
    let (own, refresh) = (bench.request(Place::OwnToken), bench.request(Place::Refresh));
    let claims = own.claims();
    own.accept(&[&own.proof(&claims)]);
    let userinfo = bench.request(Place::Userinfo);
    for request in [refresh, userinfo] {
        let reused = with(&request.claims(), "jti", claims["jti"].clone());
        request.refuse(&[&request.proof(&reused)]);
        request.accept_good();
    }
}

#[test]
fn d10_the_proof_counts_once_also_after_a_restart() {
    let mut bench = Bench::start();
    let mut spent = Vec::new();
    for place in PLACES {
        let request = bench.request(place);
        let claims = request.claims();
        request.accept(&[&request.proof(&claims)]);
        let (form, token) = (request.form.clone(), request.token.clone());
        spent.push((place, claims, form, token));
    }
    bench = bench.restart();
    bench.server.block_on(purge_expired(&bench.server.app)).unwrap();
    for (place, claims, form, token) in spent {
        let mut request = bench.request(place);
        if place == Place::Userinfo {
            (request.form, request.token) = (form, token);
        }
        request.refuse(&[&request.proof(&claims)]);
        request.accept_good();
    }
}

/// As long as a proof would be accepted it is remembered, also when the purge has run.
#[test]
fn d10_the_proof_is_remembered_past_its_window() {
    let bench = Bench::start();
    let request = bench.request(Place::Userinfo);
    let proof = request.proof(&with(&request.claims(), "iat", json!(bench.server.clock.now() + 10)));
    request.accept(&[&proof]);
    for seconds in [60, 10, 1] {
        bench.server.clock.advance(seconds);
        bench.server.block_on(purge_expired(&bench.server.app)).unwrap();
        request.refuse(&[&proof]);
    }
    request.accept_good();
}

/// A replay is refused before the code: it neither redeems nor spends it.
#[test]
fn d10_a_replay_leaves_the_code_as_it_is() {
    let bench = Bench::start();
    let first = bench.request(Place::Code);
    let claims = first.claims();
    let tokens = first.accept(&[&first.proof(&claims)]);
    let second = bench.request(Place::Code);
    second.refuse(&[&second.proof(&claims)]);
    assert_eq!(bench.server.count("access_tokens", "revoked = TRUE"), 0);
    second.accept_good();
    assert!(bench.server.count("access_tokens", "revoked = FALSE") == 2, "{tokens:?}");
}
