//! `agentid agent claim` and `revoke-overseer`: who answers for the agent.

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use super::identity::Identity;
use crate::cli::confirm::confirm;
use crate::cli::output::{Output, text_of};
use crate::cli::target::Target;
use crate::id::{ChallengeId, OverseerId};

/// Agree that an overseer answers for the agent, or decline.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent claim 019ab4c1-… --overseer 019ab4c0-…
  agentid agent claim http://127.0.0.1:8787/v1/agents/claim/complete/019ab4c1-… --overseer 019ab4c0-… --yes
  agentid agent claim 019ab4c1-… --overseer 019ab4c0-… --reject

The overseer tells you both ids: agree to a person, not to a link.")]
pub struct Claim {
    /// The claim's id, or its address.
    #[arg(value_name = "CHALLENGE_ID_OR_URL")]
    claim: String,
    /// Who asks to answer for the agent.
    #[arg(long, value_name = "ID", value_parser = overseer_id)]
    overseer: OverseerId,
    /// Decline.
    #[arg(long)]
    reject: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Leave the overseer, at once.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent revoke-overseer")]
pub struct RevokeOverseer {}

impl Claim {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let identity = Identity::open(target)?;
        let challenge_id = challenge_id(&self.claim, identity.server.issuer())?;
        if !self.reject {
            let who = if self.overseer.is_shadow() {
                "Somebody without an account will pay for"
            } else {
                "An overseer will answer for, and can at any time stop,"
            };
            confirm(&format!("{who} {}: {}.\nAgree?", identity.agent_id, self.overseer), self.yes)?;
        }
        let body = json!({ "overseer_id": self.overseer, "accept": !self.reject });
        let path = format!("/v1/agents/claim/complete/{challenge_id}");
        let answer = identity.call("POST", &path).json(&body).send()?.accept()?;
        let text = match text_of(&answer, "status") {
            "completed" => format!("{} answers for {} now", self.overseer, identity.agent_id),
            "awaiting-payment" => "agreed; the limits are lifted once it is paid".to_owned(),
            status => format!("the claim is {status}"),
        };
        output.print(&text, &answer);
        Ok(())
    }
}

impl RevokeOverseer {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let answer = Identity::open(target)?.call("POST", "/v1/agents/revoke-overseer").send()?.accept()?;
        output.print("nobody answers for the agent now", &answer);
        Ok(())
    }
}

/// The id, or the last part of an address of just this server.
pub(super) fn challenge_id(claim: &str, issuer: &str) -> anyhow::Result<ChallengeId> {
    let id = if claim.contains("://") {
        match claim.strip_prefix(issuer) {
            Some(path) if path.starts_with('/') => path.rsplit('/').next().unwrap_or_default(),
            Some(_) | None => bail!("{claim} is not an address of {issuer}, where the agent is registered"),
        }
    } else {
        claim
    };
    ChallengeId::parse(id).with_context(|| format!("`{id}` is not the id of a claim"))
}

fn overseer_id(text: &str) -> Result<OverseerId, &'static str> {
    OverseerId::parse(text).ok_or("an id is a UUID in lower case")
}
