//! How often, and how much at once: what anybody may ask for without credentials is bounded.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use agentid::config::{Config, Network};
use agentid::secret::Password;
use serde_json::json;

use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Answer, Overseer, TestServer};

fn login(server: &TestServer, email: &str, forwarded_for: &[&str]) -> Answer {
    let mut call = server.post("/v1/overseers/login").json(&json!({ "email": email, "password": "wrong password" }));
    for value in forwarded_for {
        call = call.header("x-forwarded-for", value);
    }
    call.send()
}

/// Attempts of one address at ever new accounts.
fn guess(server: &TestServer, number: usize, forwarded_for: &[&str]) -> Answer {
    login(server, &format!("{number}@example.org"), forwarded_for)
}

fn behind_a_proxy(config: &mut Config) {
    config.limits.logins_per_minute = 2;
    config.server.trusted_proxies = ["127.0.0.1", "10.0.0.0/8"].map(|text| Network::parse(text).unwrap()).to_vec();
}

#[test]
fn logins_of_one_address_are_limited() {
    let server = TestServer::with(|config| config.limits.logins_per_minute = 3);
    for number in 0..3 {
        guess(&server, number, &[]).refused(401, "wrong_credentials");
    }
    let refused = guess(&server, 3, &[]).refused(429, "too_many_requests");
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    server.clock.advance(wait);
    guess(&server, 4, &[]).refused(401, "wrong_credentials");
    guess(&server, 5, &[]).refused(429, "too_many_requests");
    server.clock.advance(60);
    for number in 6..9 {
        guess(&server, number, &[]).refused(401, "wrong_credentials");
    }
}

#[test]
fn registrations_of_agents_and_overseers_share_a_limit() {
    let server = TestServer::with(|config| config.limits.registrations_per_minute = 2);
    Agent::unregistered().initiate(&server).expect(200);
    Overseer::register(&server);
    Agent::unregistered().initiate(&server).refused(429, "too_many_requests");
    let body = json!({ "name": "x", "email": "x@example.org", "password": PASSWORD });
    server.post("/v1/overseers/register").json(&body).send().refused(429, "too_many_requests");
    server.clock.advance(60);
    Agent::unregistered().initiate(&server).expect(200);
}

#[test]
fn claims_of_one_address_are_limited() {
    let server = TestServer::with(|config| config.limits.claims_per_minute = 1);
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    overseer.claim(&server, &agent).expect(200);
    overseer.claim(&server, &agent).refused(429, "too_many_requests");
    server.clock.advance(60);
    overseer.claim(&server, &agent).expect(200);
}

/// Guessing at one account from many addresses is slow too.
#[test]
fn logins_at_one_account_are_limited() {
    let server = TestServer::with(behind_a_proxy);
    for address in ["192.0.2.1", "192.0.2.2"] {
        login(&server, "ada@example.org", &[address]).refused(401, "wrong_credentials");
    }
    login(&server, "ADA@example.org", &["192.0.2.3"]).refused(429, "too_many_requests");
    login(&server, "bob@example.org", &["192.0.2.3"]).refused(401, "wrong_credentials");
}

#[test]
fn what_a_stranger_says_of_their_address_does_not_count() {
    let server = TestServer::with(|config| config.limits.logins_per_minute = 2);
    guess(&server, 1, &["192.0.2.1"]).refused(401, "wrong_credentials");
    guess(&server, 2, &["192.0.2.2"]).refused(401, "wrong_credentials");
    guess(&server, 3, &["192.0.2.3"]).refused(429, "too_many_requests");
}

/// The client writes what it likes into the header; each proxy appends the address that it saw.
#[test]
fn behind_proxies_the_last_untrusted_address_counts() {
    let server = TestServer::with(behind_a_proxy);
    let spoofed: [&[&str]; 4] = [
        &["198.51.100.1, 192.0.2.9"],
        &["198.51.100.2, 192.0.2.9, 10.1.2.3"],
        &["198.51.100.3", "192.0.2.9"],
        &["rubbish, 192.0.2.9:4711"],
    ];
    for (number, header) in spoofed.iter().enumerate() {
        let answer = guess(&server, number, header);
        if number < 2 {
            answer.refused(401, "wrong_credentials")
        } else {
            answer.refused(429, "too_many_requests")
        };
    }
    guess(&server, 9, &["192.0.2.10"]).refused(401, "wrong_credentials");
}

/// One customer of a network holds a whole /64 of IPv6.
#[test]
fn of_ipv6_the_network_counts() {
    let server = TestServer::with(behind_a_proxy);
    guess(&server, 1, &["2001:db8:1:2::1"]).refused(401, "wrong_credentials");
    guess(&server, 2, &["2001:db8:1:2:ffff:ffff:ffff:ffff"]).refused(401, "wrong_credentials");
    guess(&server, 3, &["2001:db8:1:2:3::"]).refused(429, "too_many_requests");
    guess(&server, 4, &["2001:db8:1:3::1"]).refused(401, "wrong_credentials");
    // IPv4 written as IPv6 is the IPv4 address, and so no escape from its limit.
    guess(&server, 5, &["192.0.2.1"]).refused(401, "wrong_credentials");
    guess(&server, 6, &["::ffff:192.0.2.1"]).refused(401, "wrong_credentials");
    guess(&server, 7, &["::ffff:192.0.2.1"]).refused(429, "too_many_requests");
    guess(&server, 8, &["::ffff:192.0.2.2"]).refused(401, "wrong_credentials");
}

/// Both kinds of login go through the same pool: an unknown account costs what a known one does, for a
/// full pool refuses both.
#[test]
fn a_full_queue_of_passwords_is_503_for_known_and_unknown_accounts_alike() {
    let server = TestServer::with(|config| {
        config.passwords.threads = 1;
        config.passwords.queue = 1;
    });
    let overseer = Overseer::register(&server);
    let emails = [overseer.email.as_str(), "nobody@example.org"];
    for email in emails {
        login(&server, email, &[]).refused(401, "wrong_credentials");
    }
    server.block_on(async {
        // One works; the other waits for it and keeps its place for as long as nobody polls it again. Should
        // the first have finished before the second came, the second works instead: then once more.
        for _ in 0..100 {
            let hash = || Box::pin(server.app.passwords.hash(Password::new(PASSWORD.to_owned())));
            let (mut works, mut waits) = (hash(), hash());
            poll_once(works.as_mut());
            poll_once(waits.as_mut());
            let answers = tokio::task::block_in_place(|| emails.map(|email| login(&server, email, &[])));
            if answers.iter().all(|answer| answer.status == 503) {
                for answer in answers {
                    answer.refused(503, "unavailable");
                }
                return;
            }
        }
        panic!("the pool was never full");
    });
    for email in emails {
        login(&server, email, &[]).refused(401, "wrong_credentials");
    }
}

fn poll_once(future: std::pin::Pin<&mut impl Future>) {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending));
}

#[test]
fn b08_nobody_locks_the_owner_out_by_guessing_from_elsewhere() {
    let server = TestServer::with(|config| {
        behind_a_proxy(config);
        config.limits.logins_per_minute = 4;
    });
    let overseer = Overseer::register(&server);
    let right = |address: &str| {
        let body = json!({ "email": overseer.email, "password": PASSWORD });
        server.post("/v1/overseers/login").header("x-forwarded-for", address).json(&body).send()
    };
    let wrong = |address: &str| {
        let body = json!({ "email": overseer.email, "password": "wrong" });
        server.post("/v1/overseers/login").header("x-forwarded-for", address).json(&body).send()
    };
    right("192.0.2.1").expect(200);
    // From many addresses: the tries of strangers are few together.
    for number in 0..3 {
        wrong(&format!("198.51.100.{number}")).refused(401, "wrong_credentials");
    }
    wrong("198.51.100.9").refused(429, "too_many_requests");
    right("198.51.100.10").refused(429, "too_many_requests");
    // Where the owner has signed in before, they still can; and guesses from there are few too.
    right("192.0.2.1").expect(200);
    for _ in 0..2 {
        wrong("192.0.2.1").refused(401, "wrong_credentials");
    }
    wrong("192.0.2.1").refused(429, "too_many_requests");
}
