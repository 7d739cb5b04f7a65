//! The operator, on the database of a running server.

use serde_json::json;

use super::Cli;
use crate::support::{Agent, Client, Overseer, TestServer};

#[test]
fn an_operator_stops_and_resumes_while_the_server_runs() {
    let server = TestServer::in_real_time();
    let agent = Agent::register(&server);
    let overseer = Overseer::register(&server);
    overseer.oversee(&server, &agent);
    let cli = Cli::new(&server.url);
    let data = server.folder().to_str().unwrap();

    cli.ok(&["admin", "stop", &agent.id, "--data", data]).says("1 sessions");
    agent.token(&server, &[]).oauth_refused(400, "unauthorized_client");
    overseer.resume(&server, &agent).refused(403, "stop_not_yours");
    cli.ok(&["admin", "agents", "--data", data]).says("stopped by operator");
    cli.ok(&["admin", "resume", &agent.id, "--data", data]);
    agent.token(&server, &[]).expect(200);
    cli.ok(&["admin", "overseers", "--data", data]).says(&overseer.email);

    let nobody = "01a20c76-6cef-7070-b576-2f2f070d4e87";
    cli.run(&["admin", "stop", nobody, "--data", data]).exits(1).says("agent_not_found");
    cli.run(&["admin", "stop", "ADA", "--data", data]).exits(2);
}

#[test]
fn an_operator_prints_a_link_for_a_new_password() {
    let server = TestServer::in_real_time();
    let overseer = Overseer::register(&server);
    let cli = Cli::new(&server.url);
    let data = server.folder().to_str().unwrap();
    let command =
        ["admin", "reset-password", &overseer.email, "--data", data, "--set", &format!("server.issuer={}", server.url)];
    let link = cli.ok(&command).stdout.trim().to_owned();
    let token = link.strip_prefix(&format!("{}/reset?token=", server.url)).unwrap();
    let body = json!({ "token": token, "new_password": "another harbour with red boats" });
    server.post("/v1/overseers/reset-password").json(&body).send().expect(200);
    server.post("/v1/overseers/reset-password").json(&body).send().refused(404, "link_expired");
    cli.run(&["admin", "reset-password", "nobody@example.org", "--data", data]).exits(1).says("overseer_not_found");
    cli.run(&["admin", "reset-password", "no address", "--data", data]).exits(1).says("invalid_field");
}

#[test]
fn lists_come_in_pages() {
    let server = TestServer::in_real_time();
    let mut ids: Vec<String> = (0..3).map(|_| Agent::register(&server).id).collect();
    ids.sort();
    let cli = Cli::new(&server.url);
    let data = server.folder().to_str().unwrap();
    let page = |after: &str| cli.json(&["admin", "agents", "--data", data, "--limit", "2", "--after", after]);
    let first = page("");
    assert_eq!(
        (&first["agents"][0]["id"], &first["agents"][1]["id"]),
        (&ids[0].clone().into(), &ids[1].clone().into())
    );
    assert_eq!(first["next"], ids[1].as_str());
    let second = page(&ids[1]);
    assert_eq!(second["agents"][0]["id"], ids[2].as_str());
    assert_eq!(second["agents"].as_array().unwrap().len(), 1);
    assert!(second["next"].is_null(), "{second}");
}

#[test]
fn a_folder_without_a_database_is_not_made_one() {
    let cli = Cli::new("http://127.0.0.1:1");
    let folder = cli.home.path().join("nothing");
    cli.run(&["admin", "agents", "--data", folder.to_str().unwrap()]).exits(1).says("there is no database");
    assert!(!folder.exists());
}

#[test]
fn an_operator_allows_a_resource_that_stays_when_no_client_names_it() {
    let server = TestServer::in_real_time();
    let (owner, other) = (Overseer::register(&server), Agent::register(&server));
    let cli = Cli::new(&server.url);
    let data = server.folder().to_str().unwrap();
    let allow = |owner: &str, uri: &str| cli.run(&["admin", "allow-resource", owner, uri, "--data", data]);
    let (api, free) = ("https://api.example.org/v1", "https://app.example/free");
    let naming = |uri: &str| json!({ "resources": [uri] });
    Client::registration(&server, &owner, &naming(api)).send().refused(422, "invalid_field");
    let name = format!("overseer:{}", owner.id);
    for _ in 0..2 {
        allow(&name, api).exits(0).says(api);
    }
    let client = Client::register(&server, &owner, naming(api));
    Client::registration(&server, &owner, &naming("https://api.example.org/v2")).send().refused(422, "invalid_field");
    owner.call(&server, "DELETE", &client.path("")).send().expect(200);
    assert_eq!(server.count("resource_owners", "allowed_by_operator = TRUE"), 1);
    let agent = format!("agent:{}", other.id);
    allow(&agent, api).exits(1).says("resource_taken").says(&owner.id);

    // What the owner had by themselves stays from then on, too.
    let client = Client::register(&server, &owner, naming(free));
    allow(&name, free).exits(0);
    client.change(&server, &owner, &json!({ "resources": [] })).expect(200);
    Client::registration(&server, &other, &naming(free)).send().refused(409, "resource_taken");

    allow(&agent, "http://api.example.org").exits(1).says("invalid_field");
    allow("overseer:01a20c76-6cef-7070-b576-2f2f070d4e87", free).exits(1).says("overseer_not_found");
    allow("agent:01a20c76-6cef-7070-b576-2f2f070d4e87", free).exits(1).says("agent_not_found");
    for bad in [&owner.id, "robot:01a20c76-6cef-7070-b576-2f2f070d4e87", "agent:ADA", "agent:", ":"] {
        allow(bad, api).exits(2);
    }
    // The other agent's own, and its end.
    let theirs = "https://api.example.net";
    allow(&agent, theirs).exits(0);
    Client::register(&server, &other, naming(theirs));
    let path = "/v1/agents/me";
    other.proven(&server, "DELETE", path).send().expect(200);
    assert_eq!(server.count("resource_owners", &format!("owner_id = '{}'", other.id)), 0);
}
