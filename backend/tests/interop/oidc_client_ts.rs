//! A page with `oidc-client-ts` in a real browser: a public client, which calls the server from a page of another origin.
//! Pictures of our pages are left in `target/interop`.

use std::path::Path;

use serde_json::{Value, json};

use super::application::Application;
use super::{built, folder, program, root, start, tools};
use crate::cli::Cli;
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Overseer, TestServer};

/// Runs a story of `tests/interop/oidc_client_ts` to its end. Whatever it starts has this home.
#[track_caller]
fn tell(story: &str, server: &TestServer, overseer: &Overseer, who: Value, home: &Path) {
    let tools = tools("oidc_client_ts");
    // The Node that is installed beside the libraries comes first. The page's command is in the path, too.
    let others = std::env::var_os("PATH").unwrap();
    let first = [tools.join("node_modules/.bin"), built().to_owned()];
    let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&others))).unwrap();
    let mut node = program("node");
    node.arg(folder("oidc_client_ts").join(story));
    node.env("PATH", path).env("HOME", home).env("TMPDIR", home);
    node.env("TOOLS", tools).env("PICTURES", root().join("target/interop"));
    let mut application = Application::start(&mut node);
    application.register(server, overseer, json!({ "token_endpoint_auth_method": "none" }), who);
    application.ends();
}

#[test]
fn an_overseer_signs_in_for_an_agent() {
    let (server, agent, overseer) = start();
    // So that one has to be picked.
    overseer.oversee(&server, &Agent::register(&server));
    let home = tempfile::tempdir().unwrap();
    let who = json!({ "email": overseer.email, "password": PASSWORD, "agent_id": agent.id });
    tell("overseer.mjs", &server, &overseer, who, home.path());
    assert_eq!(server.count("sessions", "browser = TRUE"), 0);
}

#[test]
fn an_agent_signs_itself_in() {
    let (server, _, overseer) = start();
    let cli = Cli::registered(&server);
    tell("agent.mjs", &server, &overseer, json!({ "agent_id": cli.agent_id() }), cli.home.path());
    assert_eq!(server.count("sessions", "browser = TRUE"), 0);
}
