//! In whatever order, and however often, Paddle tells what has happened: what follows is the same.

use agentid::random::Random;
use serde_json::{Value, json};

use super::shadow_claims::{agreed, checkout};
use super::{start, tell, tier, upgrade, with};
use crate::support::{Agent, Overseer, TestServer};

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

const PERIODS: [&str; 2] = ["2026-11-23T05:00:00Z", "2026-11-24T05:00:00Z"];

/// What happens to one subscription, in its order; each event has a number of its own.
fn life(dice: &mut Dice, id: &str, transaction: Option<&str>, number: &mut u32) -> Vec<Value> {
    let mut events = Vec::new();
    for turn in 0..=dice.below(5) {
        *number += 1;
        let status = STATUSES[dice.below(STATUSES.len())];
        let (price, ..) = PRICES[dice.below(PRICES.len())];
        // Some happen at the same moment.
        let moment = turn / 2;
        let period = PERIODS[dice.below(PERIODS.len())];
        let data = json!({
            "id": id, "status": status, "customer_id": format!("ctm_{id}"), "scheduled_change": null,
            "items": [{ "price": { "id": price } }], "transaction_id": if turn == 0 { transaction } else { None },
            "current_billing_period": { "starts_at": period, "ends_at": "2026-12-24T05:00:00Z" },
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

/// The tier that follows from all that has happened, computed from the events in their order: the newest says whether a subscription
/// counts, and what was paid for in its period counts until that ends.
fn expected(lives: &[Vec<Value>]) -> &'static str {
    let told = |life: &Vec<Value>| -> Vec<Value> {
        life.iter().filter(|event| event["event_type"] != "transaction.completed").cloned().collect()
    };
    let began = |event: &Value| event["data"]["current_billing_period"]["starts_at"].to_string();
    let is_one = |event: &Value, statuses: &[&str]| statuses.iter().any(|status| event["data"]["status"] == *status);
    let prices = |life: &Vec<Value>| -> Vec<Value> {
        let told = told(life);
        let newest = told.iter().max_by_key(|event| (event["occurred_at"].to_string(), event["event_id"].to_string()));
        let newest = newest.filter(|newest| is_one(newest, &["active", "trialing", "past_due"]));
        let Some(newest) = newest else { return Vec::new() };
        let paid: Vec<&Value> = told.iter().filter(|event| is_one(event, &["active", "trialing"])).collect();
        let last = paid.iter().map(|event| began(event)).max();
        let is_current = |event: &&&Value| last == Some(began(newest)) && last == Some(began(event));
        let current = paid.iter().filter(is_current).copied();
        current.chain([newest]).map(|event| event["data"]["items"][0]["price"]["id"].clone()).collect()
    };
    let price = |id: Value| PRICES.iter().find(|(price, ..)| id == *price).unwrap();
    let all = lives.iter().flat_map(prices).map(price);
    all.max_by_key(|(_, _, price)| *price).map_or("FREE", |(_, tier, _)| tier)
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
                // Each of a day of its own: asked again sooner, it would be the same payment.
                server.execute("UPDATE checkouts SET created_at = created_at - 100000");
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

/// What happens at Paddle, of which some is never told: looked up afterwards, it is as Paddle has it.
#[test]
fn what_is_lost_is_found() {
    let (server, paddle) = start();
    let seed = u64::from_le_bytes(Random::system().bytes::<8>()) | 1;
    let mut dice = Dice(seed);
    for round in 0..20 {
        let overseer = Overseer::register(&server);
        let mut events = Vec::new();
        let mut last = "FREE";
        let transaction = upgrade(&server, &overseer, "PRO").expect(200).text_of("transaction_id");
        let mut now = server.clock.now() - 4000;
        if dice.below(4) > 0 {
            let paid = paddle.pay(&transaction, now);
            let id = paid[0]["data"]["id"].as_str().unwrap().to_owned();
            events.extend(paid);
            last = "PRO";
            for _ in 0..dice.below(5) {
                now += 60;
                let status = STATUSES[dice.below(STATUSES.len())];
                let (price, tier, _) = PRICES[dice.below(PRICES.len())];
                let period = json!({ "starts_at": agentid::clock::rfc3339(now), "ends_at": "2026-12-24T05:00:00Z" });
                let items = json!([{ "price": { "id": price } }]);
                let change = json!({ "status": status, "items": items, "current_billing_period": period });
                events.push(paddle.change(&id, "updated", &change, now));
                last = if matches!(status, "paused" | "canceled") { "FREE" } else { tier };
                // That is the end, at Paddle too.
                if status == "canceled" {
                    break;
                }
            }
        }
        let mut told: Vec<Value> = events.iter().filter(|_| dice.below(2) == 0).cloned().collect();
        told.extend(events.iter().filter(|_| dice.below(4) == 0).cloned());
        dice.shuffle(&mut told);
        tell_all(&server, &told);
        let report = server.block_on(server.app.reconciler().unwrap().run()).unwrap();
        assert_eq!(report.failed, 0, "seed {seed}, round {round}");
        assert_eq!(tier(&server, &overseer), last, "seed {seed}, round {round}: {events:#?}, told {told:#?}");
    }
}

/// Payments for shadow claims and what is given back of them, told in any order, at any time, and twice: until when the limits are
/// lifted is as computed from those that count.
#[test]
fn each_shadow_payment_counts_once() {
    const MONTH: i64 = 30 * 24 * 60 * 60;
    let (server, paddle) = with(|config| config.limits.claims_per_minute = 0);
    let seed = u64::from_le_bytes(Random::system().bytes::<8>()) | 1;
    let mut dice = Dice(seed);
    for round in 0..20 {
        let agent = Agent::register(&server);
        let mut events = Vec::new();
        for payment in 0..=dice.below(4) {
            let claim = agreed(&server, &agent);
            let transaction = checkout(&server, &claim).expect(200).text_of("transaction_id");
            let paid = paddle.pay(&transaction, server.clock.now()).remove(0);
            let refund = (dice.below(3) == 0).then(|| paddle.refund(&transaction, server.clock.now()));
            for event in [Some(paid), refund].into_iter().flatten() {
                let is_refund = event["event_type"] == "adjustment.updated";
                events.extend(vec![(payment, is_refund, event); 1 + dice.below(2)]);
            }
        }
        dice.shuffle(&mut events);
        // When each payment was applied, and which were given back; since when and until when the limits are lifted.
        let (mut applied, mut refunded) = (Vec::<(usize, i64)>::new(), Vec::new());
        let (mut since, mut until) = (0, 0);
        for (payment, is_refund, event) in &events {
            server.clock.advance(i64::try_from(dice.below(20)).unwrap() * 24 * 60 * 60);
            let now = server.clock.now();
            tell(&server, event).expect(200);
            let is_applied = applied.iter().any(|(one, _)| one == payment);
            if *is_refund && !refunded.contains(payment) {
                refunded.push(*payment);
            } else if !*is_refund && !is_applied && !refunded.contains(payment) {
                since = if until > now { since } else { now };
                applied.push((*payment, now));
            }
            let counting = applied.iter().filter(|(one, at)| *at >= since && !refunded.contains(one));
            let computed = counting.fold(0, |end: i64, (_, at)| end.max(*at) + MONTH);
            // What is over stays over.
            until =
                if until > now || !applied.is_empty() && applied.last().unwrap().1 == now { computed } else { until };
            let has = super::shadow_claims::overseer(&server, &agent);
            let expected = (until > now).then(|| agentid::clock::rfc3339(until));
            assert_eq!(has["until"], json!(expected), "seed {seed}, round {round}: {events:#?}");
        }
    }
}
