//! A subscription and a shadow claim, paid at the stand-in for Paddle.

use agentid_client::Key;
use agentid_client::registration::register;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::Story;
use crate::cli::demo::paddle;
use crate::cli::output::text_of;
use crate::clock::Clock;

impl Story {
    /// A second agent is one too many, until she has paid.
    pub(super) fn payment(&mut self) -> anyhow::Result<()> {
        let answer = register(&self.server, Key::generate().as_ref(), "another agent", None, &Clock::system())?;
        let another = json!({ "agent_id": answer.pointer("/agent/id") });
        let claim = || self.overseer("POST", "/v1/agents/claim/initiate").json(&another).send();
        let refused = claim()?;
        ensure!(text_of(&refused.json, "code") == "tier_limit", "a second agent fits");
        let upgrade = self.overseer("POST", "/v1/subscriptions/upgrade").json(&json!({ "target_tier": "BASIC" }));
        let begun = upgrade.send()?.accept()?;
        let now = Clock::system().now();
        for event in self.paddle.pay(text_of(&begun, "transaction_id"), now) {
            self.tell(&event)?;
        }
        ensure!(text_of(&self.mine()?, "tier") == "BASIC", "the payment has led to nothing");
        claim()?.accept()?;
        Ok(())
    }

    /// What was paid for stays until its end.
    pub(super) fn end_of_payment(&mut self) -> anyhow::Result<()> {
        let subscriptions = self.paddle.subscriptions();
        let id = subscriptions.first().context("there is no subscription")?;
        let now = Clock::system().now();
        self.tell(&self.paddle.change(id, "past_due", &json!({ "status": "past_due" }), now + 1))?;
        ensure!(text_of(&self.mine()?, "tier") == "BASIC", "a failed payment takes the tier at once");
        let end = crate::clock::rfc3339(now + 30 * 24 * 60 * 60);
        let planned = json!({ "status": "active", "scheduled_change": { "action": "cancel", "effective_at": end } });
        self.tell(&self.paddle.change(id, "updated", &planned, now + 2))?;
        let mine = self.mine()?;
        ensure!(mine.pointer("/subscription/cancels_at") == Some(&json!(end)), "the end is not known");
        let ended = json!({ "status": "canceled", "scheduled_change": null, "current_billing_period": null });
        self.tell(&self.paddle.change(id, "canceled", &ended, now + 3))?;
        ensure!(text_of(&self.mine()?, "tier") == "FREE", "the end is not the end");
        Ok(())
    }

    /// Whoever pays needs no account, and the agent agrees first.
    pub(super) fn shadow_claim(&mut self) -> anyhow::Result<()> {
        let key = Key::generate();
        let registered = register(&self.server, key.as_ref(), "a lonely agent", None, &Clock::system())?;
        let agent_id = registered.pointer("/agent/id").and_then(Value::as_str).context("the agent has no id")?;
        let claim = self.server.call("POST", &format!("/v1/agents/malice/{agent_id}")).send()?.accept()?;
        let challenge_id = text_of(&claim, "challenge_id");
        let agrees = self.server.call("POST", &format!("/v1/agents/claim/complete/{challenge_id}")).proof(&key);
        agrees.json(&json!({ "overseer_id": claim.get("shadow_overseer_id") })).send()?.accept()?;
        let checkout = format!("/v1/agents/malice/checkout/{challenge_id}");
        let begun = self.server.call("POST", &checkout).send()?.accept()?;
        for event in self.paddle.pay(text_of(&begun, "transaction_id"), Clock::system().now()) {
            self.tell(&event)?;
        }
        let status = format!("/v1/agents/malice/status/{challenge_id}");
        let stands = self.server.call("GET", &status).send()?.accept()?;
        ensure!(text_of(&stands, "status") == "completed", "the payment has led to nothing");
        let overseer = self.server.call("GET", "/v1/agents/me/overseer").proof(&key).send()?.accept()?;
        ensure!(overseer.pointer("/overseer/shadow") == Some(&json!(true)), "nobody has paid for the agent");
        Ok(())
    }

    fn mine(&self) -> anyhow::Result<Value> {
        Ok(self.overseer("GET", "/v1/subscriptions/me").send()?.accept()?)
    }

    fn tell(&self, event: &Value) -> anyhow::Result<()> {
        let status = paddle::tell(self.server.issuer(), event, Clock::system().now())?;
        ensure!(status == 200, "the server does not take what Paddle tells: {status}");
        Ok(())
    }
}
