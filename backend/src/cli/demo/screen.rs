//! How the demo shows a step: its title, each call with status and time, and the fields that matter.

use std::io::IsTerminal as _;

use serde_json::{Map, Value, json};

use crate::cli::api_client::Exchange;
use crate::cli::output::{Output, line};

/// How wide the column of addresses is; a longer value is cut there.
const WIDTH: usize = 66;

/// Shows the story, or collects it for a program.
pub struct Screen {
    output: Output,
    has_colours: bool,
    /// The server's address is left out of what is shown, for nearly all calls go there.
    issuer: String,
    steps: Vec<Value>,
}

impl Screen {
    /// Colours are for a terminal alone, and not for those who ask for none (<https://no-color.org>).
    pub fn new(output: Output, issuer: &str) -> Self {
        let has_colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { output, has_colours, issuer: issuer.to_owned(), steps: Vec::new() }
    }

    /// The story begins.
    pub fn begin(&self, api: &str) {
        self.line(&format!("{}  server {}, API {api}", self.paint("1", "Agent ID"), self.issuer));
    }

    /// A step begins.
    pub fn title(&mut self, title: &str) {
        self.steps.push(json!({ "title": title, "calls": [] }));
        let number = self.steps.len();
        self.line(&format!("\n{number:2}  {}", self.paint("1", title)));
    }

    /// A call of the step; `shown` are JSON pointers into what was sent and received, without the first slash.
    pub fn exchange(&mut self, exchange: &Exchange, shown: &[&str]) {
        let took = exchange.took.as_secs_f64() * 1000.0;
        let address = exchange.address.strip_prefix(&self.issuer).unwrap_or(&exchange.address);
        let status = self.paint(if exchange.status < 400 { "32" } else { "33" }, &exchange.status.to_string());
        let time = self.paint("2", &format!("{took:7.1} ms"));
        self.line(&format!("    {:6} {:WIDTH$}  {status}  {time}", exchange.method, cut(address)));
        let (sent, received) = (body(&exchange.sent), &exchange.received);
        let mut fields = Map::new();
        for (arrow, value) in [("→", &sent), ("←", received)] {
            for pointer in shown {
                let Some(value) = value.pointer(&format!("/{pointer}")) else { continue };
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.line(&format!("           {arrow} {:22} {}", pointer.replace('/', "."), cut(&text)));
                fields.insert((*pointer).to_owned(), value.clone());
            }
        }
        let call = json!({ "method": exchange.method, "address": exchange.address, "status": exchange.status,
                           "took_ms": took, "fields": fields });
        if let Some(calls) = self.steps.last_mut().and_then(|step| step.get_mut("calls")).and_then(Value::as_array_mut)
        {
            calls.push(call);
        }
    }

    /// The story is over.
    pub fn end(self, api: &str) {
        let text = format!("\n{} Every step went as told.", self.paint("32", "Done."));
        let value = json!({ "success": true, "issuer": self.issuer, "api": api, "steps": self.steps });
        self.output.print(&text, &value);
    }

    fn line(&self, text: &str) {
        if !self.output.is_json() {
            line(text);
        }
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.has_colours { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    text.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// What was sent, as an object: JSON or a form.
fn body(sent: &[u8]) -> Value {
    let form = || form_urlencoded::parse(sent).map(|(name, value)| (name.into_owned(), value.into_owned().into()));
    serde_json::from_slice(sent).unwrap_or_else(|_| Value::Object(form().collect()))
}
