//! What a command prints: text for people, or one JSON object for programs.

use std::io::Write as _;
use std::process::ExitCode;

pub use agentid_client::http::text_of;
use serde_json::{Value, json};

use super::failure::Failure;

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

    /// Whether a program reads what is printed.
    pub fn is_json(self) -> bool {
        self.json
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
        let failure = Failure::behind(error);
        if self.json {
            let code = failure.as_ref().map_or("failed", |failure| &failure.code);
            line(&format!("{:#}", json!({ "success": false, "code": code, "error": format!("{error:#}") })));
        } else {
            let code = failure.as_ref().map(|failure| format!(" ({})", failure.code)).unwrap_or_default();
            eprintln!("error: {error:#}{code}");
        }
        failure.as_ref().map_or(ExitCode::FAILURE, Failure::exit_code)
    }
}

/// A line to standard output. Whoever reads it may have gone (`agentid config | head`); that is no failure.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Names and values in two columns; a value that is absent is left out.
pub fn fields(fields: &[(&str, Option<&str>)]) -> String {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let shown = fields.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    shown.map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
}
