//! The operator, on the database of a running server.

use super::Cli;
use crate::support::{Agent, Overseer, TestServer};

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
