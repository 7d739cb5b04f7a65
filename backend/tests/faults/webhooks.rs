//! A server that is killed while Paddle tells something: what was answered is there, and what was not is told again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use agentid::cli::demo::paddle::{API_KEY, StandIn, WEBHOOK_SECRET, signature};
use agentid::clock::{Clock, rfc3339};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::tmpfs::Tmpfs;
use crate::http::billing::as_words;
use crate::support::overseer::PASSWORD;
use crate::support::process::Remote;
use crate::support::{Call, Process};

/// How often the server is killed.
const ROUNDS: usize = 6;

/// Paddle tells it; the status, or `None` when no answer came.
fn tell(remote: &Remote, event: &Value) -> Option<u16> {
    let body = event.to_string();
    let signature = signature(&body, Clock::system().now());
    let call = remote.post("/v1/webhooks/paddle").header("paddle-signature", &signature).bytes(body);
    call.try_send().ok().map(|answer| answer.status)
}

/// An agent that agreed to be paid for, and the payment.
fn begin_shadow_claim(remote: &Remote) -> (String, String) {
    let agent = remote.register();
    let claim = remote.post(&format!("/v1/agents/malice/{}", agent.id)).send().expect(200);
    let id = claim.text_of("challenge_id");
    let agrees = remote.post(&format!("/v1/agents/claim/complete/{id}")).session(&agent.session);
    agrees.json(&json!({ "overseer_id": claim.text_of("shadow_overseer_id") })).send().expect(200);
    let begun = remote.post(&format!("/v1/agents/malice/checkout/{id}")).send().expect(200);
    (agent.id, begun.text_of("transaction_id"))
}

#[test]
fn a_killed_server_loses_no_payment_and_applies_none_twice() {
    let paddle = StandIn::start().unwrap();
    let settings = as_words(&paddle);
    let settings: Vec<&str> = settings.iter().map(String::as_str).chain(["limits.claims_per_minute=0"]).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::with(folder.path(), &settings);
    let mut answered = Vec::new();
    let (mut sessions, mut agents) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut events = Vec::new();
        for one in 0..8 {
            let body = json!({ "name": "x", "email": format!("{round}.{one}@example.org"), "password": PASSWORD });
            let remote = &process.remote;
            let session = remote.post("/v1/overseers/register").json(&body).send().expect(201).text_of("session_id");
            let call = remote.post("/v1/subscriptions/upgrade").session(&session);
            let begun = call.json(&json!({ "target_tier": "PRO" })).send().expect(200);
            events.extend(paddle.pay(&begun.text_of("transaction_id"), Clock::system().now()));
            sessions.push(session);
        }
        for _ in 0..2 {
            let (agent, transaction) = begin_shadow_claim(&process.remote);
            events.extend(paddle.pay(&transaction, Clock::system().now()));
            agents.push(agent);
        }
        let (next, told) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let remote = Remote(process.remote.0.clone());
        thread::scope(|scope| {
            let tellers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut taken = Vec::new();
                        while let Some(event) = events.get(next.fetch_add(1, Ordering::Relaxed)) {
                            if tell(&remote, event) == Some(200) {
                                taken.push(event["event_id"].as_str().unwrap().to_owned());
                                told.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        taken
                    })
                })
                .collect();
            // In each round a little later, and always in the middle.
            while told.load(Ordering::Relaxed) < round * 3 {
                thread::yield_now();
            }
            process.kill();
            let taken = tellers.into_iter().flat_map(|teller| teller.join().unwrap());
            let taken: Vec<String> = taken.collect();
            assert!(taken.len() < events.len(), "it was killed too late");
            answered.extend(taken);
        });
        // What was answered is applied, on the disk.
        let disk = Connection::open(folder.path().join("agentid.db")).unwrap();
        for id in &answered {
            let sql = "SELECT COUNT(*) FROM billing_events WHERE id = ?1 AND applied_at IS NOT NULL";
            assert_eq!(disk.query_row(sql, [id], |row| row.get::<_, i64>(0)).unwrap(), 1, "{id}");
        }
        drop(disk);
        process = Process::with(folder.path(), &settings);
        // Paddle tells all of it again.
        for event in &events {
            assert_eq!(tell(&process.remote, event), Some(200));
            answered.push(event["event_id"].as_str().unwrap().to_owned());
        }
    }
    for session in &sessions {
        let mine = Call::new("GET", &process.remote.0, "/v1/subscriptions/me").session(session).send().expect(200);
        assert_eq!(mine.get("tier"), "PRO");
    }
    process.kill();
    let disk = Connection::open(folder.path().join("agentid.db")).unwrap();
    let count = |sql: &str| disk.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let payments = i64::try_from(sessions.len()).unwrap();
    for agent in &agents {
        let sql = "SELECT ends_at - updated_at FROM oversights WHERE active AND agent_id = ?1";
        let lasts = disk.query_row(sql, [agent], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(lasts, 30 * 24 * 60 * 60, "a payment is lost, or counts twice");
    }
    assert_eq!(count("SELECT COUNT(*) FROM subscriptions WHERE overseer_id IS NOT NULL"), payments);
    let payments = payments + i64::try_from(agents.len()).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM checkouts WHERE completed_at IS NOT NULL"), payments);
    assert_eq!(count("SELECT COUNT(*) FROM billing_events WHERE applied_at IS NULL"), 0);
}

/// Where nothing can be written, Paddle is told to come again, and nothing is half done.
#[test]
fn a_full_disk_loses_no_payment() {
    let Some(disk) = Tmpfs::mount("8m") else { return };
    let paddle = StandIn::start().unwrap();
    let settings = as_words(&paddle);
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let process = Process::with(&disk.path().join("data"), &settings);
    let remote = &process.remote;
    let body = json!({ "name": "x", "email": "x@example.org", "password": PASSWORD });
    let session = remote.post("/v1/overseers/register").json(&body).send().expect(201).text_of("session_id");
    let upgrade = remote.post("/v1/subscriptions/upgrade").session(&session);
    let begun = upgrade.json(&json!({ "target_tier": "PRO" })).send().expect(200);
    let ballast = disk.fill();
    // What room there is left in the files is used up.
    let now = Clock::system().now();
    let mut foreign = 0;
    let refused = (0..5000).find_map(|number| {
        let event = json!({
            "event_id": format!("evt_{number}"), "event_type": "customer.updated", "occurred_at": rfc3339(now),
            "data": { "text": "x".repeat(2000) },
        });
        foreign += 1;
        tell(remote, &event).filter(|status| *status != 200)
    });
    assert_eq!(refused, Some(503));
    // What Paddle refuses, and what is signed otherwise, is told in the log, without a secret.
    paddle.fails(&[403]);
    let upgrade = remote.post("/v1/subscriptions/upgrade").session(&session);
    upgrade.json(&json!({ "target_tier": "BASIC" })).send().refused(502, "paddle_failed");
    let wrong = remote.post("/v1/webhooks/paddle").header("paddle-signature", "ts=1;h1=00").bytes("{}");
    wrong.send().refused(401, "wrong_signature");
    let events = paddle.pay(&begun.text_of("transaction_id"), now);
    assert!(events.iter().all(|event| tell(remote, event) == Some(503)));
    let tier = || remote.get("/v1/subscriptions/me").session(&session).send().expect(200).text_of("tier");
    assert_eq!(tier(), "FREE");
    std::fs::remove_file(ballast).unwrap();
    assert!(events.iter().all(|event| tell(remote, event) == Some(200)));
    assert_eq!(tier(), "PRO");
    let log = process.log();
    assert!(log.contains("Paddle refused: 403") && !log.contains("panicked"), "{log}");
    assert!(![API_KEY, WEBHOOK_SECRET].iter().any(|secret| log.contains(secret)), "{log}");
}
