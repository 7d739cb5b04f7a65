//! An application that signs agents in with the crate `openidconnect`, as its documentation does it.
//!
//! It prints where it listens, and reads from standard input, as JSON, as whom it is registered there.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is how it speaks with the test")]

mod relying_party;
mod web;

use std::io::stdin;
use std::net::TcpListener;

use relying_party::{RelyingParty, Settings};
use web::Answer;

fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let origin = format!("http://{}", listener.local_addr()?);
    println!("{origin}");
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let settings: Settings = serde_json::from_str(&line)?;
    let mut relying_party = RelyingParty::discover(settings, origin)?;
    web::serve(&listener, |address| {
        let query: Vec<_> = address.query_pairs().into_owned().collect();
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match address.path() {
            "/sign-in" => relying_party.sign_in().map(Answer::Redirect),
            "/callback" => relying_party.callback(get("code"), get("state")).map(Answer::Json),
            "/refresh" => relying_party.refresh().map(Answer::Json),
            "/sign-out" => relying_party.sign_out().map(Answer::Redirect),
            "/signed-out" => relying_party.signed_out(get("state")).map(Answer::Json),
            path => anyhow::bail!("there is no {path}"),
        }
    })
}
