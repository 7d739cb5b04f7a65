//! An agent signs itself into a browser: only where it was told, or where somebody has said yes.

use serde_json::json;

use super::Cli;
use crate::support::browser::{Browser, between, challenge_of, request};
use crate::support::{Client, Overseer, TestServer};

#[test]
fn an_agent_signs_in_to_the_application_that_it_was_told() {
    let server = TestServer::in_real_time();
    let (cli, overseer) = (Cli::registered(&server), Overseer::register(&server));
    let (client, other) =
        (Client::register(&server, &overseer, json!({})), Client::register(&server, &overseer, json!({})));
    let browser = Browser::new(&server);
    let page = browser.authorize(&request(&client).0).expect(200);
    let address = between(&page.text, "agentid agent sign-in ", "<");
    let code = between(&page.text, "class=\"code\">", "<");
    // Without anybody to ask, it signs nothing; nor for another application than it was told.
    cli.run(&["agent", "sign-in", &address]).exits(1).says("nobody is here to ask");
    cli.run(&["agent", "sign-in", &address, "--client", &other.id])
        .exits(1)
        .says("another application")
        .says("test app");
    cli.run(&["agent", "sign-in", &address, "--client", "test app"]).exits(2).says("UUID");
    assert!(browser.act(&page, "continue", &[]).text.contains("has not signed"));
    cli.ok(&["agent", "sign-in", &address, "--client", &client.id]).says(&code);
    assert!(browser.act(&page, "continue", &[]).text.contains("Allow"));
    cli.run(&["agent", "sign-in", &address, "--client", &client.id]).exits(1).says("challenge_used");
}

#[test]
fn an_address_of_another_server_is_refused() {
    let server = TestServer::in_real_time();
    let (cli, overseer) = (Cli::registered(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let page = Browser::new(&server).authorize(&request(&client).0).expect(200);
    let id = challenge_of(&page);
    for host in ["https://id.example.org".to_owned(), format!("{}.example.org", server.url), format!("{}0", server.url)]
    {
        let address = format!("{host}/v1/oauth/sign-in/{id}");
        cli.run(&["agent", "sign-in", &address, "--client", &client.id]).exits(1).says("is not an address of");
    }
    cli.ok(&["agent", "sign-in", &id, "--client", &client.id]);
}
