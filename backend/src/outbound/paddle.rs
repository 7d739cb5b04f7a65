//! Paddle Billing's API, version 1 (developer.paddle.com/api-reference): what we call of it, and what it answers.
//!
//! Paddle has no idempotency keys. What is tried again does no harm when it is done twice: a payment that nobody was sent to is
//! never paid, and a change says what is to be, not what is to be added.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use ureq::tls::TlsConfig;

use crate::config::{self, SecretText};

/// How long a call may take.
const CALL: Duration = Duration::from_secs(10);
/// How long is waited before a call is made again.
const AGAIN: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// How long Paddle may have us wait.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest answer, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The way to Paddle. Cheap to clone.
#[derive(Clone)]
pub struct Paddle {
    http: ureq::Agent,
    url: Arc<str>,
    key: Arc<SecretText>,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PaddleError {
    /// Paddle says no, and why.
    #[error("Paddle refused: {status} {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What Paddle calls it.
        code: String,
    },
    /// Paddle was not reached, or its answer can not be read.
    #[error("Paddle failed: {0}")]
    Failed(String),
}

/// A payment, as far as we need it.
#[derive(Clone, Debug, Deserialize)]
pub struct Transaction {
    /// `txn_…`
    pub id: String,
    /// `sub_…`, once it has led to one.
    pub subscription_id: Option<String>,
    /// Where it can be paid.
    pub checkout: Option<CheckoutPage>,
}

/// Where a payment can be made.
#[derive(Clone, Debug, Deserialize)]
pub struct CheckoutPage {
    /// The address; `null` while no default payment link is set at Paddle.
    pub url: Option<String>,
}

/// A subscription, as far as we need it.
#[derive(Clone, Debug, Deserialize)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// `active`, `trialing`, `past_due`, `paused` or `canceled`.
    pub status: String,
    /// `ctm_…`
    pub customer_id: String,
    /// The payment that it came from; in `subscription.created` only.
    pub transaction_id: Option<String>,
    /// What is paid for.
    pub items: Vec<Item>,
    /// `null` while it is paused or canceled.
    pub current_billing_period: Option<Period>,
    /// What is planned.
    pub scheduled_change: Option<ScheduledChange>,
}

/// Something that is paid for.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// Its price.
    pub price: Price,
}

/// A price.
#[derive(Clone, Debug, Deserialize)]
pub struct Price {
    /// `pri_…`
    pub id: String,
}

/// A stretch of time, RFC 3339.
#[derive(Clone, Debug, Deserialize)]
pub struct Period {
    /// When it begins.
    pub starts_at: String,
    /// When it ends.
    pub ends_at: String,
}

/// What is planned for a subscription.
#[derive(Clone, Debug, Deserialize)]
pub struct ScheduledChange {
    /// `cancel`, `pause` or `resume`.
    pub action: String,
    /// When, RFC 3339.
    pub effective_at: String,
}

/// Money that is given back, in whole or in part.
#[derive(Clone, Debug, Deserialize)]
pub struct Adjustment {
    /// `refund`, `chargeback`, `credit`, …
    pub action: String,
    /// `pending_approval`, `approved`, `rejected` or `reversed`.
    pub status: String,
    /// Of which payment.
    pub transaction_id: String,
    /// `full` or `partial`.
    pub r#type: Option<String>,
    /// Of what.
    #[serde(default)]
    pub items: Vec<AdjustedItem>,
}

/// Something whose money is given back.
#[derive(Clone, Debug, Deserialize)]
pub struct AdjustedItem {
    /// `full`, `partial`, …
    pub r#type: Option<String>,
}

/// When a change of price is paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paid {
    /// The difference, for the rest of the period.
    AtOnce,
    /// With the next period, whole.
    NextPeriod,
}

/// Somebody who pays.
#[derive(Clone, Debug, Deserialize)]
pub struct Customer {
    /// `ctm_…`
    pub id: String,
    /// What we have noted there.
    pub custom_data: Option<Value>,
}

impl Paddle {
    /// `None` when nobody can pay here.
    pub fn new(settings: &config::Paddle) -> Option<Self> {
        if !settings.is_on() {
            return None;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ureq::config::Config::builder()
            .tls_config(TlsConfig::builder().unversioned_rustls_crypto_provider(provider).build())
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(CALL))
            .user_agent(concat!("agentid/", env!("CARGO_PKG_VERSION")))
            .build();
        let url = settings.api_url.trim_end_matches('/').into();
        Some(Self { http: config.into(), url, key: Arc::new(settings.api_key.clone()) })
    }

    /// Begins a payment of one price. `overseer_id` is noted there for whoever looks; here it counts for nothing.
    pub async fn begin_payment(
        &self,
        price_id: &str,
        customer_id: Option<&str>,
        overseer_id: &str,
    ) -> Result<Transaction, PaddleError> {
        let mut body = json!({
            "items": [{ "price_id": price_id, "quantity": 1 }],
            "custom_data": { "overseer_id": overseer_id },
        });
        if let Some(customer_id) = customer_id {
            body["customer_id"] = json!(customer_id);
        }
        self.post("/transactions", body).await
    }

    /// Notes somebody who will pay. `None` when the address has a customer already.
    pub async fn new_customer(
        &self,
        email: &str,
        name: &str,
        overseer_id: &str,
    ) -> Result<Option<Customer>, PaddleError> {
        let body = json!({ "email": email, "name": name, "custom_data": { "overseer_id": overseer_id } });
        match self.post("/customers", body).await {
            Ok(customer) => Ok(Some(customer)),
            Err(PaddleError::Refused { code, .. }) if code == "customer_already_exists" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The customer with this address.
    pub async fn find_customer(&self, email: &str) -> Result<Option<Customer>, PaddleError> {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("email", email).finish();
        let found: Vec<Customer> = self.get(&format!("/customers?{query}")).await?;
        Ok(found.into_iter().next())
    }

    /// A payment as it is now, with all that Paddle says of it.
    pub async fn transaction(&self, id: &str) -> Result<Value, PaddleError> {
        self.get(&format!("/transactions/{id}")).await
    }

    /// A price as it is now, with all that Paddle says of it.
    pub async fn price(&self, id: &str) -> Result<Value, PaddleError> {
        self.get(&format!("/prices/{id}")).await
    }

    /// A subscription as it is now, with all that Paddle says of it.
    pub async fn subscription(&self, id: &str) -> Result<Value, PaddleError> {
        self.get(&format!("/subscriptions/{id}")).await
    }

    /// Has a subscription be for another price from now on; as it is then. Also one that is to end can be changed.
    pub async fn change_price(&self, id: &str, price_id: &str, paid: Paid) -> Result<Value, PaddleError> {
        let mode = match paid {
            Paid::AtOnce => "prorated_immediately",
            Paid::NextPeriod => "do_not_bill",
        };
        let body = json!({
            "items": [{ "price_id": price_id, "quantity": 1 }],
            "proration_billing_mode": mode,
            "on_payment_failure": "prevent_change",
        });
        self.call("PATCH", format!("/subscriptions/{id}"), Some(body)).await
    }

    /// Has a subscription go on that was to end.
    pub async fn keep(&self, id: &str) -> Result<Value, PaddleError> {
        self.call("PATCH", format!("/subscriptions/{id}"), Some(json!({ "scheduled_change": null }))).await
    }

    /// Has a subscription end with the period that is paid.
    pub async fn cancel(&self, id: &str) -> Result<Value, PaddleError> {
        self.post(&format!("/subscriptions/{id}/cancel"), json!({ "effective_from": "next_billing_period" })).await
    }

    /// Where a customer sees what they pay, and changes how.
    pub async fn portal(&self, customer_id: &str) -> Result<String, PaddleError> {
        let session: Value = self.post(&format!("/customers/{customer_id}/portal-sessions"), json!({})).await?;
        let address = session.pointer("/urls/general/overview").and_then(Value::as_str);
        address.map(str::to_owned).ok_or_else(|| PaddleError::Failed("the portal has no address".to_owned()))
    }

    async fn get<T: for<'de> Deserialize<'de> + Send + 'static>(&self, path: &str) -> Result<T, PaddleError> {
        self.call("GET", path.to_owned(), None).await
    }

    async fn post<T: for<'de> Deserialize<'de> + Send + 'static>(
        &self,
        path: &str,
        body: Value,
    ) -> Result<T, PaddleError> {
        self.call("POST", path.to_owned(), Some(body)).await
    }

    async fn call<T: for<'de> Deserialize<'de> + Send + 'static>(
        &self,
        method: &'static str,
        path: String,
        body: Option<Value>,
    ) -> Result<T, PaddleError> {
        let mut waits = AGAIN.into_iter();
        loop {
            let (by, path, body) = (self.clone(), path.clone(), body.clone());
            let called = tokio::task::spawn_blocking(move || by.once(method, &path, body.as_ref())).await;
            match called.map_err(failed)? {
                Ok(data) => return serde_json::from_value(data).map_err(failed),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Passing { error, wait: asked }) => {
                    let Some(wait) = waits.next() else { return Err(error) };
                    tokio::time::sleep(asked.map_or(wait, |asked| asked.min(PATIENCE))).await;
                }
            }
        }
    }

    fn once(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Trouble> {
        let passing = |error: &dyn std::fmt::Display| Trouble::Passing {
            error: PaddleError::Failed(error.to_string()),
            wait: None,
        };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.key.expose()))
            .header("paddle-version", "1")
            .header("content-type", "application/json");
        let request = request.body(body.map(Value::to_string).unwrap_or_default());
        let request = request.map_err(|error| Trouble::Final(failed(error)))?;
        let mut answer = self.http.run(request).map_err(|error| passing(&error))?;
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let text = answer.body_mut().with_config().limit(LARGEST).read_to_string().map_err(|error| passing(&error))?;
        let mut said: Value = serde_json::from_str(&text).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(said["data"].take());
        }
        let code = said.pointer("/error/code").and_then(Value::as_str).unwrap_or("no code").to_owned();
        let error = PaddleError::Refused { status, code };
        match status {
            429 | 500..=599 => Err(Trouble::Passing { error, wait: wait.map(Duration::from_secs) }),
            _ => Err(Trouble::Final(error)),
        }
    }
}

/// What a call ran into.
enum Trouble {
    /// Another try may do.
    Passing { error: PaddleError, wait: Option<Duration> },
    /// It would not.
    Final(PaddleError),
}

fn failed(error: impl std::fmt::Display) -> PaddleError {
    PaddleError::Failed(error.to_string())
}
