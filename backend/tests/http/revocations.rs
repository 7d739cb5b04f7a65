//! The signed list of revoked tokens, for those who verify offline.

use std::collections::BTreeSet;

use agentid::background::purge_expired;
use agentid::crypto::base64url;
use agentid::crypto::ed25519::{PublicKey, Signature};
use serde_json::{Value, json};

use super::token::verify_offline;
use crate::support::{Agent, Answer, TestServer};

const PATH: &str = "/v1/oauth/revocations";
/// As `oauth/revocation_list.rs` has it.
const PAGE: i64 = 2_000;
const OVERLAP: i64 = 60;

/// The claims, once signature and type are verified as a verifier does it.
#[track_caller]
fn read(server: &TestServer, answer: Answer) -> Value {
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    // By hand: the program's own reader takes no JWT as long as a full list.
    let (input, signature) = answer.text.rsplit_once('.').unwrap();
    let [header, claims] = input.split('.').map(decoded).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((&header["typ"], &header["alg"]), (&json!("revocations+jwt"), &json!("EdDSA")));
    let jwks = server.get("/.well-known/jwks.json").send().expect(200).get("keys");
    let key = jwks.as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).expect("kid is in the JWKS");
    let key = PublicKey::parse(key["x"].as_str().unwrap()).unwrap();
    assert!(key.verify(input.as_bytes(), &Signature::parse(signature).unwrap()));
    assert_eq!(claims["iss"], server.url.as_str());
    claims
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&base64url::decode(part).unwrap()).unwrap()
}

/// What was revoked at `since` or later.
#[track_caller]
fn pull(server: &TestServer, since: i64) -> Value {
    let list = read(server, server.get(&format!("{PATH}?since={since}")).send());
    assert_eq!(list["since"], since);
    list
}

fn jtis(list: &Value) -> BTreeSet<String> {
    list["revoked"].as_array().unwrap().iter().map(|entry| entry["jti"].as_str().unwrap().to_owned()).collect()
}

fn next(list: &Value) -> i64 {
    list["next"].as_i64().unwrap()
}

/// Page after page from `since` on, as a verifier walks: what it found, and where it goes on next time.
#[track_caller]
fn walk(server: &TestServer, mut since: i64) -> (BTreeSet<String>, i64) {
    let mut found = BTreeSet::new();
    for _ in 0..20 {
        let list = pull(server, since);
        found.extend(jtis(&list));
        since = next(&list);
        if list["more"] == false {
            return (found, since);
        }
    }
    panic!("the list has no end");
}

/// Everything that is listed now.
#[track_caller]
pub fn pull_all(server: &TestServer) -> BTreeSet<String> {
    walk(server, 0).0
}

fn revoke(server: &TestServer, agent: &Agent) -> String {
    let token = agent.access_token(server);
    Agent::oauth(server, "/v1/oauth/revoke", &agent.assertion(server), &[("token", &token)]).expect(200);
    verify_offline(server, &token)["jti"].as_str().unwrap().to_owned()
}

/// `count` entries named `<name><number>`, dated at `dated`, an SQL expression of `n`.
fn insert(server: &TestServer, name: &str, count: i64, dated: &str) {
    let expiry = server.clock.now() + 900;
    server.execute(&format!(
        "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < {count} - 1)
         INSERT INTO revoked_tokens (id, jti, token_type, expires_at, created_at)
         SELECT '{name}' || n, '{name}' || n, 'access', {expiry}, {dated} FROM number"
    ));
}

fn named(name: &str, count: i64) -> BTreeSet<String> {
    (0..count).map(|number| format!("{name}{number}")).collect()
}

#[test]
fn the_list_is_signed_and_says_until_when_it_holds() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let jti = revoke(&server, &agent);
    let now = server.clock.now();
    let answer = server.get(PATH).send();
    assert_eq!(answer.header("cache-control"), Some("public, max-age=10"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let expected = json!({
        "iss": server.url, "iat": now, "exp": now + 70, "since": 0, "next": now - OVERLAP, "more": false,
        "revoked": [{ "jti": jti, "exp": now + 900 }],
    });
    assert_eq!(read(&server, answer), expected);
    // It is no access token, however well it is signed.
    let list = server.get(PATH).send().text;
    assert!(!agent.is_active(&server, &list));
    crate::support::flow::userinfo(&server, &list).oauth_refused(401, "invalid_token");
}

#[test]
fn an_entry_vanishes_with_its_token() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let jti = revoke(&server, &agent);
    server.clock.advance(899);
    assert_eq!(pull_all(&server), BTreeSet::from([jti]));
    server.clock.advance(1);
    assert_eq!(pull_all(&server), BTreeSet::new());
    server.block_on(purge_expired(&server.app)).unwrap();
    assert_eq!(server.count("revoked_tokens", "TRUE"), 0);
}

#[test]
fn since_counts_the_second_itself() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let first = revoke(&server, &agent);
    let then = server.clock.now();
    server.clock.advance(1);
    let second = revoke(&server, &agent);
    let both = BTreeSet::from([first, second.clone()]);
    for (since, expected) in
        [(-5, &both), (0, &both), (then, &both), (then + 1, &BTreeSet::from([second])), (then + 2, &BTreeSet::new())]
    {
        let list = read(&server, server.get(&format!("{PATH}?since={since}")).send());
        assert_eq!(&jtis(&list), expected, "{since}");
    }
}

#[test]
fn a_since_that_is_no_time_is_refused() {
    let server = TestServer::start();
    for query in ["since=x", "since=", "since=1.5", "since=99999999999999999999", "since=1&since=2", "since=%00"] {
        server.get(&format!("{PATH}?{query}")).send().refused(422, "invalid_field");
    }
    for query in ["", "?", "?other=1", "?since=0", "?since=9223372036854775807", "?since=-9223372036854775808"] {
        read(&server, server.get(&format!("{PATH}{query}")).send());
    }
    server.post(PATH).send().refused(405, "method_not_allowed");
}

#[test]
fn a_long_list_comes_in_pages_and_none_is_lost() {
    let server = TestServer::start();
    let beginning = server.clock.now() - 500;
    // 13 in a second, so that a page ends within one.
    insert(&server, "a", 2 * PAGE + 500, &format!("{beginning} + n / 13"));
    let first = pull(&server, 0);
    assert_eq!((first["revoked"].as_array().unwrap().len(), &first["more"]), (2_000, &json!(true)));
    let (found, next) = walk(&server, 0);
    assert_eq!(found, named("a", 2 * PAGE + 500));
    assert_eq!(next, server.clock.now() - OVERLAP);
}

#[test]
fn a_page_that_is_exactly_full_ends_too() {
    let server = TestServer::start();
    let beginning = server.clock.now() - 500;
    for (name, count, dated) in [("a", PAGE, "n / 13"), ("b", PAGE, "400")] {
        insert(&server, name, count, &format!("{beginning} + {dated}"));
    }
    let both: BTreeSet<String> = named("a", PAGE).into_iter().chain(named("b", PAGE)).collect();
    assert_eq!(walk(&server, 0).0, both);
}

/// One stop may end more tokens than a page holds, all in the same second, and that second may be the last.
#[test]
fn more_of_one_second_than_a_page_holds_are_not_lost() {
    let server = TestServer::start();
    let now = server.clock.now();
    insert(&server, "before", 10, &format!("{now} - 100"));
    insert(&server, "stop", PAGE + 700, &format!("{now} - 90"));
    insert(&server, "after", PAGE + 1, &format!("{now}"));
    let (found, next) = walk(&server, 0);
    assert_eq!(found.len(), usize::try_from(10 + 2 * PAGE + 701).unwrap());
    assert_eq!(next, now - OVERLAP, "the next walk goes back over what may be committed yet");
}

/// A revocation is dated before it is committed: one that is committed after a pull may be older than it.
#[test]
fn a_revocation_that_was_still_to_be_committed_is_not_missed() {
    let server = TestServer::start();
    let now = server.clock.now();
    let list = pull(&server, 0);
    insert(&server, "late", 1, &format!("{now} - 50"));
    assert_eq!(walk(&server, next(&list)).0, named("late", 1));
    // Nor by one who goes on from there again and again.
    let mut since = next(&list);
    for _ in 0..10 {
        server.clock.advance(7);
        since = walk(&server, since).1;
        assert!(since >= now - OVERLAP);
    }
    let dated = server.clock.now() - 50;
    insert(&server, "later", 1, &dated.to_string());
    assert!(walk(&server, since).0.contains("later0"));
}

/// The same when the pull before came in pages, the last of which ended a moment ago.
#[test]
fn a_late_revocation_is_not_missed_after_full_pages() {
    let server = TestServer::start();
    let now = server.clock.now();
    insert(&server, "many", PAGE + 5, &format!("{now} - 20 + n / 500"));
    let (_, since) = walk(&server, 0);
    insert(&server, "late", 1, &format!("{now} - 50"));
    assert!(walk(&server, since).0.contains("late0"));
}

/// What is asked for from the future on does not stay there.
#[test]
fn a_since_that_is_ahead_of_the_clock_comes_back() {
    let server = TestServer::start();
    let now = server.clock.now();
    assert_eq!(next(&pull(&server, now + 1_000_000)), now - OVERLAP);
}

#[test]
fn a_list_that_has_not_changed_is_not_sent_again() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let ask = |mark: &str| server.get(&format!("{PATH}?since=0")).header("if-none-match", mark).send();
    let first = ask("\"another\"").expect(200);
    let mark = first.header("etag").unwrap().to_owned();
    for known in [mark.clone(), format!("\"x\", {mark}"), "*".to_owned()] {
        let same = ask(&known).expect(304);
        assert_eq!((same.text.as_str(), same.header("etag")), ("", Some(mark.as_str())));
        assert_eq!(same.header("cache-control"), first.header("cache-control"));
    }
    // Another stretch is another list.
    let other = server.get(&format!("{PATH}?since=1")).header("if-none-match", &mark).send().expect(200);
    assert_ne!(other.header("etag"), Some(mark.as_str()));
    let token = agent.access_token(&server);
    Agent::oauth(&server, "/v1/oauth/revoke", &agent.assertion(&server), &[("token", &token)]).expect(200);
    let changed = read(&server, ask(&mark));
    assert_eq!(jtis(&changed).len(), 1);
    // What is not signed makes no list younger, so a list is the same for half a minute at most.
    let mark = ask("x").header("etag").unwrap().to_owned();
    server.clock.advance(30);
    read(&server, ask(&mark));
}
