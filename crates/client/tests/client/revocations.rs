//! The revocation list: what is on it is refused, and no list is as good as a bad one.

use agentid_client::{RevocationList, Verifier, VerifyError};
use serde_json::{Value, json};

use super::issuer::{Issuer, new_key, sign_with};

const PATH: &str = "/v1/oauth/revocations";

/// The claims of a list without tokens that begins at `since`, for a test to spoil.
fn list(issuer: &Issuer, since: i64) -> Value {
    let now = issuer.clock.now();
    json!({ "iss": issuer.url, "iat": now, "exp": now + 60, "since": since, "next": now, "more": false, "revoked": [] })
}

/// From now on, whoever asks for `since` gets this list.
fn publish(issuer: &Issuer, since: i64, list: &Value) {
    answer(issuer, since, &issuer.sign_as("revocations+jwt", list));
}

fn answer(issuer: &Issuer, since: i64, body: &str) {
    issuer.answer(&format!("{PATH}?since={since}"), 200, "content-type: application/jwt\r\n", body);
}

fn entry(issuer: &Issuer, jti: &str) -> Value {
    json!({ "jti": jti, "exp": issuer.clock.now() + 900 })
}

fn token(issuer: &Issuer, jti: &str) -> String {
    issuer.token(&json!({ "jti": jti }))
}

fn verifier(issuer: &Issuer) -> Verifier {
    issuer.verifier().with_revocation_list(RevocationList::default())
}

fn is_list_refused(verifier: &Verifier, token: &str) -> bool {
    matches!(verifier.verify(token), Err(VerifyError::RevocationList(_)))
}

#[test]
fn a_token_on_the_list_is_refused_and_another_is_not() {
    let issuer = Issuer::start();
    let mut good = list(&issuer, 0);
    good["revoked"] = json!([entry(&issuer, "one"), entry(&issuer, "two")]);
    publish(&issuer, 0, &good);
    let verifier = verifier(&issuer);
    assert_eq!(verifier.verify(&token(&issuer, "one")).err(), Some(VerifyError::Revoked));
    assert_eq!(verifier.verify(&token(&issuer, "two")).err(), Some(VerifyError::Revoked));
    assert!(verifier.verify(&token(&issuer, "three")).is_ok());
    assert!(issuer.verify(&token(&issuer, "one")).is_ok(), "who reads no list does not know");
    assert!(issuer.heard(PATH)[0].contains("accept: application/jwt"));
}

#[test]
fn the_list_is_read_on_every_10_seconds() {
    let issuer = Issuer::start();
    publish(&issuer, 0, &list(&issuer, 0));
    let verifier = verifier(&issuer);
    let token = token(&issuer, "one");
    assert!(verifier.verify(&token).is_ok());
    let since = issuer.clock.now();
    let mut next = list(&issuer, since);
    next["revoked"] = json!([entry(&issuer, "one")]);
    publish(&issuer, since, &next);
    issuer.clock.advance(9);
    assert!(verifier.verify(&token).is_ok());
    assert_eq!(issuer.heard(PATH).len(), 1);
    issuer.clock.advance(1);
    assert_eq!(verifier.verify(&token).err(), Some(VerifyError::Revoked));
    issuer.clock.advance(10);
    assert_eq!(verifier.verify(&token).err(), Some(VerifyError::Revoked), "it stays revoked");
    assert_eq!(issuer.heard(PATH).len(), 3);
}

#[test]
fn all_pages_are_read_at_once() {
    let issuer = Issuer::start();
    for (since, next, more) in [(0, 5, true), (5, 7, true), (7, 9, false)] {
        let mut page = list(&issuer, since);
        page["next"] = json!(next);
        page["more"] = json!(more);
        // Pages overlap.
        page["revoked"] = json!([entry(&issuer, &since.to_string()), entry(&issuer, "0")]);
        publish(&issuer, since, &page);
    }
    let verifier = verifier(&issuer);
    for jti in ["0", "5", "7"] {
        assert_eq!(verifier.verify(&token(&issuer, jti)).err(), Some(VerifyError::Revoked), "{jti}");
    }
    assert!(verifier.verify(&token(&issuer, "9")).is_ok());
    assert_eq!(issuer.heard(PATH).len(), 3);
}

#[test]
fn a_list_that_does_not_end_is_none() {
    let issuer = Issuer::start();
    let mut page = list(&issuer, 0);
    page["next"] = json!(0);
    page["more"] = json!(true);
    publish(&issuer, 0, &page);
    assert!(is_list_refused(&verifier(&issuer), &token(&issuer, "one")));
    assert_eq!(issuer.heard(PATH).len(), 1);
}

#[test]
fn a_long_list_is_read() {
    let issuer = Issuer::start();
    let mut page = list(&issuer, 0);
    page["revoked"] = (0..5000).map(|number| entry(&issuer, &format!("{number:036}"))).collect();
    publish(&issuer, 0, &page);
    let verifier = verifier(&issuer);
    assert_eq!(verifier.verify(&token(&issuer, &format!("{:036}", 4999))).err(), Some(VerifyError::Revoked));
    assert!(verifier.verify(&token(&issuer, &format!("{:036}", 5000))).is_ok());
}

#[test]
fn only_this_servers_current_list_counts() {
    let issuer = Issuer::start();
    let outcome = |body: &str| {
        answer(&issuer, 0, body);
        verifier(&issuer).verify(&token(&issuer, "one")).map(|_| ())
    };
    let with = |name: &str, value: Value| {
        let mut spoilt = list(&issuer, 0);
        spoilt[name] = value;
        issuer.sign_as("revocations+jwt", &spoilt)
    };
    assert_eq!(outcome(&with("iss", json!(issuer.url))), Ok(()));
    let now = issuer.clock.now();
    for bad in [
        with("iss", json!("https://other.example")),
        with("since", json!(1)),
        with("exp", json!(now - 10)),
        with("iat", json!(now + 11)),
        with("revoked", json!(null)),
        with("revoked", json!([{ "jti": "one" }])),
        with("revoked", json!(["one"])),
        with("next", json!("later")),
        with("more", json!(null)),
        issuer.sign_as("at+jwt", &list(&issuer, 0)),
        sign_with(&new_key(), "revocations+jwt", &list(&issuer, 0)),
        "{}".to_owned(),
        String::new(),
    ] {
        assert!(matches!(outcome(&bad), Err(VerifyError::RevocationList(_))), "{bad}");
    }
}

#[test]
fn an_old_list_is_trusted_for_a_minute_and_then_nothing_is() {
    let issuer = Issuer::start();
    let mut first = list(&issuer, 0);
    first["revoked"] = json!([entry(&issuer, "one")]);
    publish(&issuer, 0, &first);
    let strict = verifier(&issuer);
    let open = issuer.verifier().with_revocation_list(RevocationList::default().fail_open());
    for verifier in [&strict, &open] {
        assert!(verifier.verify(&token(&issuer, "two")).is_ok());
    }
    // What follows is not answered: 404.
    issuer.clock.advance(60);
    assert!(strict.verify(&token(&issuer, "two")).is_ok());
    issuer.clock.advance(1);
    let refusal = strict.verify(&token(&issuer, "two")).unwrap_err();
    assert!(refusal.is_temporary() && refusal.to_string().contains("404"), "{refusal}");
    assert!(open.verify(&token(&issuer, "two")).is_ok());
    for verifier in [&strict, &open] {
        assert_eq!(verifier.verify(&token(&issuer, "one")).err(), Some(VerifyError::Revoked), "what is known is known");
    }
}

#[test]
fn without_any_list_it_is_a_choice() {
    let issuer = Issuer::start();
    assert!(is_list_refused(&verifier(&issuer), &token(&issuer, "one")));
    let open = issuer.verifier().with_revocation_list(RevocationList::default().fail_open());
    assert!(open.verify(&token(&issuer, "one")).is_ok());
}

#[test]
fn the_settings_hold() {
    let issuer = Issuer::start();
    publish(&issuer, 0, &list(&issuer, 0));
    let settings = RevocationList::default().every(30).trusted_for(100);
    let verifier = issuer.verifier().with_revocation_list(settings);
    assert!(verifier.verify(&token(&issuer, "one")).is_ok());
    issuer.clock.advance(29);
    assert!(verifier.verify(&token(&issuer, "one")).is_ok());
    assert_eq!(issuer.heard(PATH).len(), 1);
    issuer.clock.advance(71);
    assert!(verifier.verify(&token(&issuer, "one")).is_ok());
    assert_eq!(issuer.heard(PATH).len(), 2);
    issuer.clock.advance(1);
    assert!(is_list_refused(&verifier, &token(&issuer, "one")));
}

/// A token is accepted until the skew is over, too, so it must be remembered as long.
#[test]
fn a_revoked_token_does_not_come_back_at_the_end_of_its_life() {
    let issuer = Issuer::start();
    let mut first = list(&issuer, 0);
    first["revoked"] = json!([entry(&issuer, "one")]);
    publish(&issuer, 0, &first);
    let since = issuer.clock.now();
    let verifier = verifier(&issuer);
    let token = token(&issuer, "one");
    assert_eq!(verifier.verify(&token).err(), Some(VerifyError::Revoked));
    issuer.clock.advance(909);
    publish(&issuer, since, &list(&issuer, since));
    assert_eq!(verifier.verify(&token).err(), Some(VerifyError::Revoked));
    issuer.clock.advance(1);
    assert_eq!(verifier.verify(&token).err(), Some(VerifyError::Expired));
}

#[test]
fn a_list_that_has_not_changed_is_not_read_again_and_does_not_become_younger() {
    let issuer = Issuer::start();
    let mut same = list(&issuer, 0);
    same["next"] = json!(0);
    let body = issuer.sign_as("revocations+jwt", &same);
    issuer.answer(&format!("{PATH}?since=0"), 200, "etag: W/\"one\"\r\n", &body);
    let verifier = verifier(&issuer);
    let token = token(&issuer, "one");
    assert!(verifier.verify(&token).is_ok());
    assert!(!issuer.heard(PATH)[0].contains("if-none-match"));
    issuer.answer(&format!("{PATH}?since=0"), 304, "", "");
    for _ in 0..6 {
        issuer.clock.advance(10);
        assert!(verifier.verify(&token).is_ok());
    }
    assert!(issuer.heard(PATH)[1].contains("if-none-match: W/\"one\""));
    issuer.clock.advance(10);
    assert!(is_list_refused(&verifier, &token), "nobody has signed that nothing was revoked");
    let mut next = list(&issuer, 0);
    next["revoked"] = json!([entry(&issuer, "one")]);
    publish(&issuer, 0, &next);
    issuer.clock.advance(10);
    assert_eq!(verifier.verify(&token).err(), Some(VerifyError::Revoked));
}
