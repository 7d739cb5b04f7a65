//! What a command prints: text for people, or one JSON object for programs.

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};

/// How a command prints.
#[derive(Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// `json`: one JSON object instead of text.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints the result: `text` for people, `value` for programs.
    pub fn print(self, text: &str, value: &Value) {
        if self.json {
            line(&format!("{value:#}"));
        } else {
            line(text.trim_end_matches('\n'));
        }
    }

    /// Prints why a command failed, to standard error, and gives its exit code.
    pub fn failure(self, error: &anyhow::Error) -> ExitCode {
        if self.json {
            line(&format!("{:#}", json!({ "success": false, "error": format!("{error:#}") })));
        } else {
            eprintln!("error: {error:#}");
        }
        ExitCode::FAILURE
    }
}

/// A line to standard output. Whoever reads it may have gone (`agentid config | head`); that is no failure.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
