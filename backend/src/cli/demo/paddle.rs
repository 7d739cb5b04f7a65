//! A stand-in for Paddle, for the demo and for tests: NOT a payment provider. It speaks those endpoints of Paddle's API that we
//! call, has payments made at a word, and signs what it tells as Paddle does. On demand it fails: with any status, or not at all
//! answering.
//!
//! What it says is made after Paddle's public documentation; nothing was ever compared with Paddle itself.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::clock::{Clock, rfc3339};
use crate::config::{self, SecretText};

/// What signs webhooks.
pub const WEBHOOK_SECRET: &str = "pdl_ntfset_stand_in";
/// The key of its API.
pub const API_KEY: &str = "pdl_sdbx_apikey_stand_in";
/// A price that is paid once.
pub const SHADOW_PRICE: &str = "pri_shadow";
/// Instead of a status: it hangs up.
pub const HANGS_UP: u16 = 0;
/// Instead of a status: it never answers.
pub const HANGS: u16 = 1;
/// How long a caller may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// It runs as long as the program.
#[derive(Clone)]
pub struct StandIn {
    /// Where its API is.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    url: String,
    transactions: BTreeMap<String, Value>,
    subscriptions: BTreeMap<String, Value>,
    customers: BTreeMap<String, Value>,
    /// How many things were made, for their ids.
    made: u64,
    /// What it answers next instead of doing anything.
    faults: VecDeque<u16>,
    /// Whom it tells of what is paid on its page.
    issuer: Option<String>,
    /// Method, path and body of what it was asked.
    asked: Vec<(String, String, Value)>,
}

impl State {
    fn id(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}_01standin{:017}", self.made)
    }
}

impl StandIn {
    /// Starts it on a free port.
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let stand_in = Self { url: format!("http://{}", listener.local_addr()?), state: Arc::default() };
        stand_in.locked(|state| state.url.clone_from(&stand_in.url));
        let own = stand_in.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A caller who hangs up is no concern of the next one.
                let _ = own.serve(stream);
            }
        });
        Ok(stand_in)
    }

    /// The settings of a server whose Paddle this is.
    pub fn settings(&self) -> config::Paddle {
        let price = |tier: &str| vec![format!("pri_{tier}")];
        config::Paddle {
            api_key: SecretText::new(API_KEY),
            api_url: self.url.clone(),
            webhook_secrets: SecretText::new(WEBHOOK_SECRET),
            price_basic: price("basic"),
            price_pro: price("pro"),
            price_premium: price("premium"),
            price_shadow: SHADOW_PRICE.to_owned(),
            ..config::Paddle::default()
        }
    }

    /// What is paid on its page, it tells this server from now on.
    pub fn tells(&self, issuer: &str) {
        self.locked(|state| state.issuer = Some(issuer.to_owned()));
    }

    /// It answers its next calls with these statuses, or not ([`HANGS_UP`], [`HANGS`]), and does nothing.
    pub fn fails(&self, statuses: &[u16]) {
        self.locked(|state| state.faults.extend(statuses));
    }

    /// What it was asked so far: method, path and body.
    pub fn asked(&self) -> Vec<(String, String, Value)> {
        self.locked(|state| state.asked.clone())
    }

    /// Somebody pays: the events that tell of it, in the order in which they occur.
    pub fn pay(&self, transaction_id: &str, now: i64) -> Vec<Value> {
        self.locked(|state| {
            let Some(mut transaction) = state.transactions.get(transaction_id).cloned() else { return Vec::new() };
            let customer = match transaction["customer_id"].as_str() {
                Some(customer) => customer.to_owned(),
                None => state.id("ctm"),
            };
            transaction["status"] = json!("completed");
            transaction["customer_id"] = json!(customer);
            transaction["updated_at"] = json!(occurred(now, 2));
            if transaction["items"][0]["price"]["id"] == SHADOW_PRICE {
                state.transactions.insert(transaction_id.to_owned(), transaction.clone());
                return vec![event(state, "transaction.completed", now, 2, transaction)];
            }
            let subscription_id = state.id("sub");
            transaction["subscription_id"] = json!(subscription_id);
            state.transactions.insert(transaction_id.to_owned(), transaction.clone());
            let subscription = json!({
                "id": subscription_id, "status": "active", "customer_id": customer, "items": transaction["items"],
                "custom_data": transaction["custom_data"], "scheduled_change": null,
                "current_billing_period": period(now), "updated_at": occurred(now, 3),
            });
            state.subscriptions.insert(subscription_id, subscription.clone());
            let mut created = subscription.clone();
            created["transaction_id"] = json!(transaction_id);
            vec![
                event(state, "subscription.created", now, 1, created),
                event(state, "transaction.completed", now, 2, transaction),
                event(state, "subscription.activated", now, 3, subscription),
            ]
        })
    }

    /// The operator gives all of a payment back: the event that tells of it.
    pub fn refund(&self, transaction_id: &str, now: i64) -> Value {
        self.locked(|state| {
            let adjustment = json!({
                "id": state.id("adj"), "action": "refund", "type": "full", "status": "approved",
                "transaction_id": transaction_id,
            });
            event(state, "adjustment.updated", now, 0, adjustment)
        })
    }

    /// A subscription changes in some of its members: the event that tells of it.
    pub fn change(&self, subscription_id: &str, kind: &str, changes: &Value, now: i64) -> Value {
        self.locked(|state| {
            let mut subscription = state.subscriptions.get(subscription_id).cloned().unwrap_or_default();
            for (name, value) in changes.as_object().into_iter().flatten() {
                subscription[name] = value.clone();
            }
            subscription["updated_at"] = json!(occurred(now, 0));
            state.subscriptions.insert(subscription_id.to_owned(), subscription.clone());
            event(state, &format!("subscription.{kind}"), now, 0, subscription)
        })
    }

    /// The ids of all subscriptions, the oldest first.
    pub fn subscriptions(&self) -> Vec<String> {
        self.locked(|state| state.subscriptions.keys().cloned().collect())
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut reader = BufReader::new(&stream);
        let (mut first, mut line, mut length, mut key) = (String::new(), String::new(), 0, String::new());
        reader.read_line(&mut first)?;
        while reader.read_line(&mut line)? > 2 {
            let (name, value) = line.split_once(':').unwrap_or_default();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or(0),
                "authorization" => key = value.trim().to_owned(),
                _ => {}
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if let Some(transaction_id) = path.strip_prefix("/pay/") {
            let page = self.checkout(&method, transaction_id);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n\r\n";
            return stream.write_all(format!("{head}{page}").as_bytes());
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let expected = format!("Bearer {API_KEY}");
        let (status, said) = self.locked(|state| {
            state.asked.push((method.clone(), path.clone(), body.clone()));
            match state.faults.pop_front() {
                // 200: this call goes well.
                Some(200) | None if key == expected => answer(state, &method, &path, &body),
                Some(status) => (status, error("made_to_fail")),
                None => (403, error("forbidden")),
            }
        });
        if status == HANGS {
            // Until the caller gives up, or is held to be gone.
            reader.get_ref().set_read_timeout(Some(2 * PATIENCE))?;
            return reader.read(&mut [0]).map(drop);
        }
        if status == HANGS_UP {
            return Ok(());
        }
        let is_changed = matches!(method.as_str(), "PATCH" | "POST") && path.starts_with("/subscriptions/");
        let changed = said["data"].clone();
        let said = said.to_string();
        let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", said.len());
        if let Some(issuer) = self.locked(|state| state.issuer.clone()).filter(|_| is_changed && status == 200) {
            let now = Clock::system().now();
            let event = self.locked(|state| event(state, "subscription.updated", now, 9, changed));
            tell(&issuer, &event, now)?;
        }
        stream.write_all(format!("{head}{said}").as_bytes())
    }

    /// Where a payment is made: a page with one button.
    fn checkout(&self, method: &str, transaction_id: &str) -> String {
        let now = Clock::system().now();
        let said = match (method, self.locked(|state| state.issuer.clone())) {
            ("POST", Some(issuer)) => {
                let events = self.pay(transaction_id, now);
                let told = events.iter().all(|event| tell(&issuer, event, now).is_ok_and(|status| status == 200));
                let sentence = if told && !events.is_empty() { "It is paid." } else { "It is not paid." };
                let is_once = events.len() == 1;
                let back = if is_once { String::new() } else { format!("<a href=\"{issuer}/usage\">Go back</a>") };
                format!("<p>{sentence}</p><p>{back}</p>")
            }
            _ => {
                "<p>This is a stand-in for Paddle. No money moves.</p><form method=\"post\"><button>Pay</button></form>"
                    .to_owned()
            }
        };
        format!(
            "<!doctype html><html lang=\"en\"><link rel=\"icon\" href=\"data:,\"><title>Payment</title><h1>Payment</h1>{said}"
        )
    }

    fn locked<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `Paddle-Signature` of a body that is sent now.
pub fn signature(body: &str, now: i64) -> String {
    signed_with(WEBHOOK_SECRET, body, now)
}

/// The same with another secret.
pub fn signed_with(secret: &str, body: &str, now: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{now}:{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("ts={now};h1={hex}")
}

fn answer(state: &mut State, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("POST", ["transactions"]) => {
            let id = state.id("txn");
            let items = body["items"].as_array().into_iter().flatten();
            let items: Vec<Value> =
                items.map(|item| json!({ "price": { "id": item["price_id"] }, "quantity": 1 })).collect();
            let transaction = json!({
                "id": id, "status": "ready", "items": items, "customer_id": body["customer_id"],
                "subscription_id": null, "custom_data": body["custom_data"],
                "checkout": { "url": format!("{}/pay/{id}", state.url) },
            });
            state.transactions.insert(id, transaction.clone());
            (201, json!({ "data": transaction }))
        }
        ("POST", ["customers"]) if state.customers.values().any(|known| known["email"] == body["email"]) => {
            (409, error("customer_already_exists"))
        }
        ("POST", ["customers"]) => {
            let mut customer = body.clone();
            let id = state.id("ctm");
            customer["id"] = json!(id);
            state.customers.insert(id, customer.clone());
            (201, json!({ "data": customer }))
        }
        ("GET", ["customers"]) => {
            let email = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "email");
            let email = email.map(|(_, email)| email.into_owned()).unwrap_or_default();
            let found: Vec<&Value> =
                state.customers.values().filter(|known| known["email"] == email.as_str()).collect();
            (200, json!({ "data": found }))
        }
        ("POST", ["customers", id, "portal-sessions"]) => {
            let address = format!("https://portal.example/{id}");
            (201, json!({ "data": { "urls": { "general": { "overview": address } } } }))
        }
        ("GET", ["prices", SHADOW_PRICE]) => {
            let price = json!({
                "id": SHADOW_PRICE, "billing_cycle": null,
                "unit_price": { "amount": "2000", "currency_code": "USD" },
            });
            (200, json!({ "data": price }))
        }
        ("GET", ["transactions", id]) => found(state.transactions.get(*id)),
        ("GET", ["subscriptions", id]) => found(state.subscriptions.get(*id)),
        ("PATCH", ["subscriptions", id]) => {
            let Some(subscription) = state.subscriptions.get_mut(*id) else { return found(None) };
            if subscription["status"] == "past_due" {
                return (400, error("subscription_update_when_past_due"));
            }
            if body.get("scheduled_change").is_some_and(Value::is_null) {
                subscription["scheduled_change"] = Value::Null;
            }
            if let Some(price) = body.pointer("/items/0/price_id") {
                subscription["items"] = json!([{ "price": { "id": price }, "quantity": 1 }]);
            }
            found(state.subscriptions.get(*id))
        }
        ("POST", ["subscriptions", id, "cancel"]) => {
            if let Some(subscription) = state.subscriptions.get_mut(*id) {
                let end = subscription["current_billing_period"]["ends_at"].clone();
                subscription["scheduled_change"] = json!({ "action": "cancel", "effective_at": end });
            }
            found(state.subscriptions.get(*id))
        }
        _ => (404, error("not_found")),
    }
}

fn found(entity: Option<&Value>) -> (u16, Value) {
    entity.map_or((404, error("entity_not_found")), |entity| (200, json!({ "data": entity })))
}

fn error(code: &str) -> Value {
    json!({ "error": { "type": "request_error", "code": code } })
}

/// A month, roughly.
fn period(now: i64) -> Value {
    json!({ "starts_at": rfc3339(now), "ends_at": rfc3339(now + 30 * 24 * 60 * 60) })
}

/// Occurs so many milliseconds after `now`.
fn event(state: &mut State, kind: &str, now: i64, after: u32, data: Value) -> Value {
    json!({
        "event_id": state.id("evt"), "event_type": kind, "occurred_at": occurred(now, after),
        "notification_id": state.id("ntf"), "data": data,
    })
}

fn occurred(now: i64, after: u32) -> String {
    rfc3339(now).replace('Z', &format!(".{after:03}000Z"))
}

/// Tells a server of an event, as Paddle does; the status of the answer.
pub fn tell(issuer: &str, event: &Value, now: i64) -> std::io::Result<u16> {
    let (host, body) = (issuer.trim_start_matches("http://"), event.to_string());
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let signature = signature(&body, now);
    let head = format!(
        "POST /v1/webhooks/paddle HTTP/1.1\r\nhost: {host}\r\npaddle-signature: {signature}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut first = String::new();
    BufReader::new(stream).read_line(&mut first)?;
    Ok(first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0))
}
