//! Made-up files that break each rule, and some that only look as if: the rules can fail, and fail for nothing else.

use std::path::Path;

use super::rules;
use super::source::Source;

/// The rule finds exactly one thing, on this line.
#[track_caller]
fn breaks(rule: fn(&Source) -> Vec<String>, file: &str, text: &str, line: usize) {
    let findings = rule(&Source::parse(file, text));
    let place = format!("{file}:{line}: ");
    assert!(findings.len() == 1 && findings[0].starts_with(&place), "{place} expected, found {findings:?}");
}

#[track_caller]
fn holds(rule: fn(&Source) -> Vec<String>, file: &str, text: &str) {
    assert_eq!(rule(&Source::parse(file, text)), Vec::<String>::new());
}

#[test]
fn an_import_from_above_is_found() {
    breaks(rules::arrows, "identity/agents.rs", "use crate::db::Tx;\nuse crate::oversight::access;", 2);
    breaks(rules::arrows, "identity/agents.rs", "use crate::oauth::scope::Scope;", 1);
    breaks(rules::arrows, "oversight/stop.rs", "use crate::oauth::scope::Scope;", 1);
    breaks(rules::arrows, "oauth/scope.rs", "use crate::http::extract::address;", 1);
    breaks(rules::arrows, "db/mod.rs", "use crate::db::sqlite::Writer;\nuse crate::db::schema::agents;", 2);
    breaks(rules::arrows, "db/schema/agents.rs", "use crate::refusal::Refusal;", 1);
    breaks(rules::arrows, "http/router.rs", "use crate::cli::output;", 1);
    breaks(rules::arrows, "config/server.rs", "use crate::clock::Clock;", 1);
    breaks(rules::arrows, "crypto/jws.rs", "use crate::config::Config;\nuse crate::id::AgentId;", 2);
    breaks(rules::arrows, "server_secret.rs", "use crate::db::Db;", 1);
}

#[test]
fn every_way_to_write_a_path_is_read() {
    breaks(rules::arrows, "identity/agents.rs", "fn f() { let _ = crate::oauth::scope::ALL; }", 1);
    breaks(rules::arrows, "identity/agents.rs", "use crate::{clock, db::Tx,\n oauth::{scope}, id::{self}};", 2);
    breaks(rules::arrows, "identity/agents.rs", "use super::super::oauth::scope::Scope;", 1);
    breaks(rules::arrows, "db/schema/agents.rs", "use super::super::super::http;", 1);
    breaks(rules::arrows, "identity/agents.rs", "macro_rules! m { () => { $crate::http::error::x() } }", 1);
    breaks(rules::arrows, "identity/agents.rs", "fn f(_: &Vec<crate::http::extract::At<u8>>) {}", 1);
    breaks(rules::arrows, "identity/agents.rs", "use crate::cli as c;", 1);
    breaks(rules::arrows, "identity/agents.rs", "use crate::http::*;", 1);
}

#[test]
fn paths_downwards_and_texts_are_left_alone() {
    holds(rules::arrows, "main.rs", "fn main() { agentid::cli::main() }");
    holds(rules::arrows, "cli/serve.rs", "use crate::{background, http};\nuse super::start::{self, Started};");
    holds(rules::arrows, "oversight/claims.rs", "use crate::billing::tiers;\nuse crate::identity::agents;");
    holds(rules::arrows, "db/schema/agents.rs", "use crate::db::{Tx, params};\nuse super::row;\nuse crate::params;");
    holds(rules::arrows, "identity/agents.rs", "//! See [`crate::http`].\n// use crate::http;\n/* use crate::http; */");
    holds(rules::arrows, "identity/agents.rs", "const TEXT: &str = \"use crate::http::error;\";");
    holds(rules::arrows, "lib.rs", "pub mod http;\npub mod cli;");
}

#[test]
fn a_part_without_a_place_is_found() {
    let findings = rules::arrows(&Source::parse("novelty/mod.rs", ""));
    assert_eq!(findings, ["novelty/mod.rs: this part has no place in LAYERS yet"]);
    breaks(rules::arrows, "http/router.rs", "use crate::novelty::Novelty;", 1);
}

#[test]
fn a_framework_outside_its_folder_is_found() {
    breaks(rules::crates, "oauth/error.rs", "use axum::http::StatusCode;", 1);
    breaks(rules::crates, "rate_limit.rs", "\nfn f() -> tower::BoxError { todo!() }", 2);
    breaks(rules::crates, "cli/serve.rs", "use hyper as h;", 1);
    breaks(rules::crates, "cli/serve.rs", "use {::axum::Router};", 1);
    breaks(rules::crates, "cli/serve.rs", "extern crate axum;", 1);
    breaks(rules::crates, "db/mod.rs", "use rusqlite::Connection;", 1);
    breaks(rules::crates, "http/router.rs", "use agentid_client::Key;", 1);
    breaks(rules::crates, "db/schema/agents.rs", "fn f(_: rusqlite::Row<'_>) {}", 1);
    holds(rules::crates, "cli/demo/api.rs", "use agentid_client::Verifier;");
    holds(rules::crates, "http/extract.rs", "use axum::http::Uri;");
    holds(rules::crates, "db/sqlite/writer.rs", "use rusqlite::Connection;");
    holds(rules::crates, "oauth/error.rs", "// axum::Json\nfn f(tower: u8) -> u8 { tower }");
}

#[test]
fn sql_outside_its_folder_is_found() {
    let statement = |sql: &str| format!("fn f() {{\n    g(\"{sql}\");\n}}");
    for sql in [
        "SELECT 1",
        "INSERT INTO agents (id) VALUES ($1)",
        "DELETE FROM agents",
        "UPDATE agents SET name = $1",
        "WHERE id = $1 ",
        "id = $1 ORDER BY id",
        "CREATE TABLE t (id TEXT)",
        "select id from agents",
        "update agents set name = $1",
        "delete from agents",
        "PRAGMA user_version",
    ] {
        breaks(rules::sql, "identity/agents.rs", &statement(sql), 2);
        holds(rules::sql, "db/schema/agents.rs", &statement(sql));
    }
    breaks(rules::sql, "identity/agents.rs", "const A: &str = r#\"SELECT 1\"#;", 1);
    for prose in
        ["DELETE", "Select an agent from the list.", "Update the profile and set a name.", "Whatever you insert"]
    {
        holds(rules::sql, "http/api/claims.rs", &statement(prose));
    }
    holds(rules::sql, "identity/agents.rs", "/// Not `SELECT 1`.\n#[error(\"no SELECT\")]\nstruct A;");
}

#[test]
fn a_long_handler_is_found() {
    let handler =
        |lines: usize| format!("/// It.\npub async fn show(a: A) -> B {{\n{}}}\n", "    f();\n".repeat(lines - 2));
    breaks(rules::handlers, "http/api/claims.rs", &handler(41), 2);
    breaks(rules::handlers, "http/oauth/token.rs", &format!("impl T {{\n{}}}", handler(41)), 3);
    holds(rules::handlers, "http/api/claims.rs", &handler(40));
    holds(rules::handlers, "http/router.rs", &handler(41));
}

#[test]
fn a_long_file_is_found() {
    let (most, more) = ("x\n".repeat(500), "x\n".repeat(501));
    assert_eq!(rules::length(Path::new("a.rs"), &most), None);
    assert_eq!(rules::length(Path::new("a.rs"), &more).as_deref(), Some("a.rs: 501 lines, more than 500"));
}
