//! `[log]`: what the server logs, and how it is written.

use tracing_subscriber::EnvFilter;

use super::error::Rule;
use super::section::{choice, section};

section! {
    /// What the server logs, and how it is written.
    "log" => Log {
        /// The directives that select what is logged, such as `info` or `warn,agentid=debug`.
        level: String = "info".to_owned();
        /// How a line is written: `text` for people, `json` for programs.
        format: LogFormat = LogFormat::Text;
    }
}

choice! {
    /// How a log line is written.
    LogFormat, "text or json" {
        /// For people.
        Text = "text",
        /// For programs: one JSON object per line.
        Json = "json",
    }
}

impl Log {
    pub(super) fn check(&self) -> Result<(), Rule> {
        match EnvFilter::try_new(&self.level) {
            Ok(_) if !self.level.is_empty() => Ok(()),
            _ => Err(Rule::new("log.level", "log directives, such as `info` or `warn,agentid=debug`")),
        }
    }
}
