//! In whatever order, and however often, Paddle tells what has happened: what follows is the same.

use agentid::random::Random;
use serde_json::{Value, json};

use super::{start, tell, tier, upgrade};
use crate::support::{Overseer, TestServer};

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

const STATUSES: [&str; 5] = ["active", "trialing", "past_due", "paused", "canceled"];
const PRICES: [(&str, &str, i64); 4] =
    [("pri_basic", "BASIC", 900), ("pri_pro", "PRO", 2900), ("pri_premium", "PREMIUM", 9900), ("pri_x", "FREE", 0)];

/// What happens to one subscription, in its order; each event has a number of its own.
fn life(dice: &mut Dice, id: &str, transaction: Option<&str>, number: &mut u32) -> Vec<Value> {
    let mut events = Vec::new();
    for turn in 0..=dice.below(5) {
        *number += 1;
        let status = STATUSES[dice.below(STATUSES.len())];
        let (price, ..) = PRICES[dice.below(PRICES.len())];
        // Some happen at the same moment.
        let moment = turn / 2;
        let data = json!({
            "id": id, "status": status, "customer_id": format!("ctm_{id}"), "scheduled_change": null,
            "items": [{ "price": { "id": price } }], "transaction_id": if turn == 0 { transaction } else { None },
            "current_billing_period": { "starts_at": "2026-11-24T05:00:00Z", "ends_at": "2026-12-24T05:00:00Z" },
        });
        let occurred_at = format!("2026-11-24T05:{moment:02}:00.{:06}Z", 0);
        events.push(json!({
            "event_id": format!("evt_{number:04}"), "occurred_at": occurred_at, "data": data,
            "event_type": if turn == 0 { "subscription.created" } else { "subscription.updated" },
        }));
    }
    if let Some(transaction) = transaction {
        *number += 1;
        events.push(json!({
            "event_id": format!("evt_{number:04}"), "occurred_at": "2026-11-24T05:00:00.5Z",
            "event_type": "transaction.completed",
            "data": { "id": transaction, "customer_id": format!("ctm_{id}"), "subscription_id": id },
        }));
    }
    events
}

/// The tier that follows from all that has happened, computed from the events in their order.
fn expected(lives: &[Vec<Value>]) -> &'static str {
    let newest = |life: &Vec<Value>| {
        let told = life.iter().filter(|event| event["event_type"] != "transaction.completed");
        told.max_by_key(|event| (event["occurred_at"].to_string(), event["event_id"].to_string())).unwrap().clone()
    };
    let counts =
        |event: &Value| ["active", "trialing", "past_due"].iter().any(|status| event["data"]["status"] == *status);
    let paid = lives.iter().map(newest).filter(counts);
    let price = |event: Value| {
        let id = event["data"]["items"][0]["price"]["id"].clone();
        PRICES.iter().find(|(price, ..)| id == *price).unwrap()
    };
    paid.map(price).max_by_key(|(_, _, price)| *price).map_or("FREE", |(_, tier, _)| tier)
}

fn tell_all(server: &TestServer, events: &[Value]) {
    for event in events {
        tell(server, event).expect(200);
    }
}

#[test]
fn the_order_decides_nothing() {
    let (server, _) = start();
    let seed = u64::from_le_bytes(Random::system().bytes::<8>()) | 1;
    let mut dice = Dice(seed);
    let mut number = 0;
    for round in 0..40 {
        let overseer = Overseer::register(&server);
        let lives: Vec<Vec<Value>> = (0..=dice.below(3))
            .map(|one| {
                let transaction = upgrade(&server, &overseer, "PRO").expect(200).text_of("transaction_id");
                life(&mut dice, &format!("sub_{round}_{one}"), Some(&transaction), &mut number)
            })
            .collect();
        // Others' payments go through the same account.
        let foreign = life(&mut dice, &format!("sub_{round}_x"), None, &mut number);
        let mut events: Vec<Value> = lives.iter().flatten().chain(&foreign).cloned().collect();
        // Some are told twice, and all in any order.
        let again: Vec<Value> = events.iter().filter(|_| dice.below(3) == 0).cloned().collect();
        events.extend(again);
        dice.shuffle(&mut events);
        tell_all(&server, &events);
        assert_eq!(tier(&server, &overseer), expected(&lives), "seed {seed}, round {round}: {events:#?}");
        assert_eq!(server.count("checkouts", &format!("overseer_id = '{}' AND completed_at IS NULL", overseer.id)), 0);
    }
    assert_eq!(server.count("billing_events", "applied_at IS NULL"), 0);
    assert_eq!(server.count("billing_events", "TRUE"), i64::from(number));
    assert_eq!(server.count("subscriptions", "overseer_id IS NULL"), 40);
}
