//! `agentid agent history`: which client asked for what, and the outcome.

use clap::Args;
use serde_json::Value;

use super::identity::Identity;
use crate::cli::output::{Output, text_of};
use crate::cli::target::Target;

/// List who asked for what in the agent's name, newest first.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid agent history
  agentid agent history --limit 10
  agentid agent history --json | jq '.requests[].resource'")]
pub struct History {
    /// How many, 1 to 100.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    /// Go on after this id, which the page before ends with.
    #[arg(long, value_name = "ID")]
    before: Option<String>,
}

impl History {
    pub fn run(self, target: &Target, output: Output) -> anyhow::Result<()> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &self.limit.to_string());
        if let Some(before) = &self.before {
            query.append_pair("before", before);
        }
        let path = format!("/v1/agents/me/oauth-history?{}", query.finish());
        let answer = Identity::open(target)?.call("GET", &path).send()?.accept()?;
        let requests = answer.get("requests").and_then(Value::as_array);
        let mut text: String = requests.into_iter().flatten().map(row).collect();
        if text.is_empty() {
            text.push_str("nobody has asked for anything yet");
        }
        if let Some(next) = answer.get("next").and_then(Value::as_str) {
            text.push_str(&format!("more: --before {next}"));
        }
        output.print(&text, &answer);
        Ok(())
    }
}

fn row(request: &Value) -> String {
    let client = request.get("client").unwrap_or(&Value::Null);
    let name = match text_of(client, "name") {
        "" => text_of(client, "id"),
        name => name,
    };
    let text = |member| text_of(request, member);
    format!("{}  {:8}  {name}  {}  {}\n", text("created_at"), text("status"), text("scopes"), text("resource"))
}
