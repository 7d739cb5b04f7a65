//! `agentid config`: what is in force, and where it came from.

use clap::Args;
use serde_json::{Value, json};

use super::output::Output;
use super::settings::Settings;

/// Print every setting, its value and where it came from.
#[derive(Args)]
#[command(after_help = "\
Examples:
  agentid config
  AGENTID_SERVER_LISTEN=127.0.0.1:9000 agentid config
  agentid --json config

Built-in defaults < agentid.toml < AGENTID_* environment < flags.")]
pub struct Config {
    #[command(flatten)]
    settings: Settings,
    /// Also say what each setting is for.
    #[arg(long)]
    explain: bool,
}

impl Config {
    /// Prints the table.
    pub fn run(self, output: Output) -> anyhow::Result<()> {
        let loaded = self.settings.load([])?;
        let rows = loaded.table();
        let width = |text: fn(&crate::config::Row) -> usize| rows.iter().map(text).max().unwrap_or(0);
        let (keys, values) = (width(|row| row.key.len()), width(|row| row.value.len()));
        let mut text = String::new();
        for row in rows {
            text.push_str(&format!("{:keys$}  {:values$}  {}\n", row.key, row.value, row.origin));
            if self.explain {
                text.push_str(&format!("{:keys$}  {} Default: {}\n", "", row.description, row.default));
            }
        }
        let settings: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({ "key": row.key, "value": row.value, "origin": row.origin.to_string(),
                        "default": row.default, "description": row.description })
            })
            .collect();
        output.print(&text, &json!({ "settings": settings }));
        Ok(())
    }
}
