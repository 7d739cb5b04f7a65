//! What the end of a period takes away, and a payment gives back.

use agentid::background::settle_all;
use agentid::cli::demo::paddle::StandIn;
use agentid::clock::rfc3339;
use agentid::settlement::NOTICE;
use serde_json::{Value, json};

use super::{start, subscribe, tell, with};
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Client, Mailbox, Overseer, TestServer};

const DAY: i64 = 24 * 60 * 60;

fn settle(server: &TestServer) {
    server.block_on(settle_all(&server.app)).unwrap();
}

/// So many agents that the overseer answers for, the oldest first.
fn agents(server: &TestServer, overseer: &Overseer, number: usize) -> Vec<Agent> {
    let one = |_| {
        server.clock.advance(1);
        let agent = Agent::register(server);
        overseer.oversee(server, &agent);
        agent
    };
    (0..number).map(one).collect()
}

fn clients(server: &TestServer, overseer: &Overseer, number: usize) -> Vec<Client> {
    let one = |_| {
        server.clock.advance(1);
        Client::register(server, overseer, json!({}))
    };
    (0..number).map(one).collect()
}

/// The ids of the agents that the overseer answers for, in the order of `agents`.
fn left(server: &TestServer, agents: &[Agent]) -> Vec<usize> {
    let is_overseen =
        |agent: &Agent| server.count("oversights", &format!("agent_id = '{}' AND active = TRUE", agent.id)) == 1;
    (0..agents.len()).filter(|index| is_overseen(&agents[*index])).collect()
}

fn on(server: &TestServer, clients: &[Client]) -> Vec<usize> {
    let is_on =
        |client: &Client| server.count("oauth_clients", &format!("id = '{}' AND disabled_at IS NULL", client.id)) == 1;
    (0..clients.len()).filter(|index| is_on(&clients[*index])).collect()
}

fn mark(server: &TestServer, overseer: &Overseer, what: &str, id: &str) {
    let path = format!("/v1/overseers/me/{what}/{id}/cancellation");
    overseer.call(server, "PUT", &path).json(&json!({ "marked_for_cancellation": true })).send().expect(200);
}

/// The next period begins now.
fn renew(server: &TestServer, paddle: &StandIn, id: &str) {
    let now = server.clock.now();
    let period = json!({ "starts_at": rfc3339(now), "ends_at": rfc3339(now + 30 * DAY) });
    let renewed = paddle.change(id, "updated", &json!({ "current_billing_period": period }), now);
    tell(server, &renewed).expect(200);
}

fn ended() -> Value {
    json!({ "status": "canceled", "current_billing_period": null })
}

#[test]
fn with_a_subscription_go_the_marked_and_then_the_newest_and_clients_come_back() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    let agents = agents(&server, &overseer, 3);
    let clients = clients(&server, &overseer, 4);
    // FREE has room for one agent and two clients. The oldest agent and the second client may go first.
    mark(&server, &overseer, "agents", &agents[0].id);
    mark(&server, &overseer, "clients", &clients[1].id);
    settle(&server);
    assert_eq!((left(&server, &agents).len(), on(&server, &clients).len()), (3, 4));
    let token = agents[2].tokens_for(&server, &clients[3], &json!({})).text_of("access_token");
    tell(&server, &paddle.change(&id, "canceled", &ended(), server.clock.now())).expect(200);
    assert_eq!((left(&server, &agents), on(&server, &clients)), (vec![1], vec![0, 2]));
    crate::support::flow::userinfo(&server, &token).oauth_refused(401, "invalid_token");
    let view = overseer.call(&server, "GET", &format!("/v1/clients/{}", clients[3].id)).send().expect(200);
    assert_eq!(view.get("client")["disabled_reason"], "It is beyond what the tier allows.");
    let log = overseer.call(&server, "GET", "/v1/overseers/me/security-log").send().expect(200).get("events");
    let count = |kind: &str| log.as_array().unwrap().iter().filter(|event| event["kind"] == kind).count();
    assert_eq!((count("agent_released"), count("client_over_limit")), (2, 2));
    // Again, it does nothing more; and nobody switches on what there is no room for.
    settle(&server);
    assert_eq!((left(&server, &agents), on(&server, &clients)), (vec![1], vec![0, 2]));
    let enable = |client: &Client| {
        let path = format!("/v1/clients/{}/disabled", client.id);
        overseer.call(&server, "PUT", &path).json(&json!({ "disabled": false })).send()
    };
    for client in [&clients[1], &clients[3]] {
        enable(client).refused(403, "client_limit");
        // Switching it off once more leads around nothing.
        let path = format!("/v1/clients/{}/disabled", client.id);
        overseer.call(&server, "PUT", &path).json(&json!({ "disabled": client.id == clients[1].id })).send();
        enable(client).refused(403, "client_limit");
    }
    // A payment brings clients back, but for one that its owner has switched off meanwhile.
    let path = format!("/v1/clients/{}/disabled", clients[1].id);
    overseer.call(&server, "PUT", &path).json(&json!({ "disabled": true })).send().expect(200);
    subscribe(&server, &paddle, &overseer, "BASIC");
    assert_eq!((left(&server, &agents), on(&server, &clients)), (vec![1], vec![0, 2, 3]));
    enable(&clients[1]).expect(200);
}

#[test]
fn what_is_marked_goes_with_the_period() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    let agents = agents(&server, &overseer, 2);
    settle(&server);
    mark(&server, &overseer, "agents", &agents[0].id);
    server.clock.advance(30 * DAY - 60);
    settle(&server);
    assert_eq!(left(&server, &agents), [0, 1]);
    server.clock.advance(60);
    renew(&server, &paddle, &id);
    assert_eq!(left(&server, &agents), [1]);
}

#[test]
fn limits_that_nobody_agreed_to_take_a_month_and_a_letter() {
    let mailbox = Mailbox::start();
    let (server, _) = with(|config| {
        mailbox.put_into(config);
        config.billing.default_tier = "BASIC".to_owned();
    });
    let overseer = Overseer::register(&server);
    mailbox.receive(&server, &overseer.email);
    let agents = agents(&server, &overseer, 3);
    settle(&server);
    assert!(mailbox.receive(&server, &overseer.email).is_empty());
    // The operator makes the tier smaller.
    server.execute("UPDATE subscription_tiers SET max_agents = 1 WHERE tier = 'BASIC'");
    settle(&server);
    settle(&server);
    let letters = mailbox.receive(&server, &overseer.email);
    assert_eq!(
        letters.iter().map(|letter| letter.header("Subject")).collect::<Vec<_>>(),
        ["You have more than your tier allows"]
    );
    server.clock.advance(NOTICE - 1);
    settle(&server);
    assert_eq!(left(&server, &agents), [0, 1, 2]);
    server.clock.advance(1);
    settle(&server);
    assert_eq!(left(&server, &agents), [0]);
    let letters = mailbox.receive(&server, &overseer.email);
    assert_eq!(
        letters.iter().map(|letter| letter.header("Subject")).collect::<Vec<_>>(),
        ["Agents or applications were let go"]
    );
    let overseer = overseer.again(&server);
    assert_eq!(overseer.call(&server, "GET", "/v1/subscriptions/usage").send().expect(200).get("agents")["used"], 1);
}

#[test]
fn a_marked_application_stays_off_though_there_is_room() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    let clients = clients(&server, &overseer, 3);
    settle(&server);
    mark(&server, &overseer, "clients", &clients[1].id);
    server.clock.advance(30 * DAY);
    renew(&server, &paddle, &id);
    assert_eq!(on(&server, &clients), [0, 2]);
    settle(&server);
    assert_eq!(on(&server, &clients), [0, 2]);
}

#[test]
fn a_smaller_tier_of_one_s_own_choice_takes_with_the_period() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    let agents = agents(&server, &overseer, 7);
    let smaller = json!({ "items": [{ "price": { "id": "pri_basic" } }] });
    tell(&server, &paddle.change(&id, "updated", &smaller, server.clock.now() + 1)).expect(200);
    settle(&server);
    assert_eq!(left(&server, &agents).len(), 7);
    server.clock.advance(30 * DAY);
    settle(&server);
    assert_eq!(left(&server, &agents), [0, 1, 2, 3, 4]);
}

/// The operator mistypes a price, or leaves one out.
#[test]
fn where_nobody_knows_what_is_paid_for_nothing_goes() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "PRO");
    let agents = agents(&server, &overseer, 3);
    let unknown = json!({ "items": [{ "price": { "id": "pri_new" } }] });
    tell(&server, &paddle.change(&id, "updated", &unknown, server.clock.now() + 1)).expect(200);
    server.clock.advance(60 * DAY);
    settle(&server);
    assert_eq!(left(&server, &agents), [0, 1, 2]);
}

/// Somebody cancelled long ago; then the operator makes the tier smaller.
#[test]
fn an_old_subscription_takes_no_notice_away() {
    let (server, paddle) = start();
    server.execute("UPDATE subscription_tiers SET max_agents = 3 WHERE tier = 'FREE'");
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    let agents = agents(&server, &overseer, 3);
    tell(&server, &paddle.change(&id, "canceled", &ended(), server.clock.now() + 1)).expect(200);
    server.clock.advance(90 * DAY);
    settle(&server);
    server.execute("UPDATE subscription_tiers SET max_agents = 1 WHERE tier = 'FREE'");
    settle(&server);
    assert_eq!(left(&server, &agents), [0, 1, 2]);
    server.clock.advance(NOTICE);
    settle(&server);
    assert_eq!(left(&server, &agents), [0]);
}

#[test]
fn an_account_is_deleted_once_its_subscription_is_ended() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    let delete = || overseer.call(&server, "DELETE", "/v1/overseers/me").json(&json!({ "password": PASSWORD })).send();
    delete().refused(409, "subscription_stands");
    let now = server.clock.now();
    let planned = json!({ "scheduled_change": { "action": "cancel", "effective_at": rfc3339(now + 99) } });
    tell(&server, &paddle.change(&id, "updated", &planned, now + 1)).expect(200);
    delete().expect(200);
}

#[test]
fn where_nobody_is_limited_nothing_goes() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    let agents = agents(&server, &overseer, 3);
    settle(&server);
    server.clock.advance(NOTICE + 1);
    settle(&server);
    assert_eq!((left(&server, &agents), server.count("overseers", "over_limit_since IS NOT NULL")), (vec![0, 1, 2], 0));
}
