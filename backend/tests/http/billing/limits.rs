//! What a tier allows: agents, clients and authorizations, in the subscription's period.

use serde_json::json;

use super::{start, subscribe, tell, with};
use crate::support::flow::pkce;
use crate::support::{Agent, Answer, Client, Overseer, TestServer, flow};

fn authorize(server: &TestServer, agent: &Agent, client: &Client) -> Answer {
    agent.authorize(server, &flow::request(client, &pkce().0))
}

#[test]
fn a_subscription_makes_room_at_once() {
    let (server, paddle) = start();
    let overseer = Overseer::register(&server);
    overseer.oversee(&server, &Agent::register(&server));
    let second = Agent::register(&server);
    let refused = overseer.claim(&server, &second).refused(403, "tier_limit");
    assert!(refused.text_of("error").contains("The tier FREE allows 1 agents, and there are 1."), "{refused:?}");
    for _ in 0..2 {
        Client::register(&server, &overseer, json!({}));
    }
    let more = || {
        Client::registration(
            &server,
            &overseer,
            &json!({ "name": "x", "redirect_uris": ["https://app.example/callback"] }),
        )
        .send()
    };
    let refused = more().refused(403, "client_limit");
    assert!(refused.text_of("error").contains("The tier FREE allows 2 clients"), "{refused:?}");
    subscribe(&server, &paddle, &overseer, "BASIC");
    overseer.oversee(&server, &second);
    more().expect(201);
}

/// With an agent come its clients.
#[test]
fn an_agent_with_clients_beyond_the_tier_is_not_claimed() {
    let (server, paddle) = start();
    let (overseer, agent) = (Overseer::register(&server), Agent::register(&server));
    let claim = overseer.claim(&server, &agent).expect(200).text_of("challenge_id");
    for _ in 0..2 {
        Client::register(&server, &agent, json!({}));
    }
    overseer.claim(&server, &agent).expect(200);
    Client::register(&server, &overseer, json!({}));
    let refused = overseer.claim(&server, &agent).refused(403, "client_limit");
    assert!(refused.text_of("error").contains("with this agent's there would be 3"), "{refused:?}");
    overseer.accept(&server, &agent, &claim).refused(403, "client_limit");
    // One without clients is.
    let other = Agent::register(&server);
    overseer.oversee(&server, &other);
    overseer.call(&server, "POST", &format!("/v1/agents/declaim/{}", other.id)).send().expect(200);
    subscribe(&server, &paddle, &overseer, "BASIC");
    overseer.accept(&server, &agent, &claim).expect(200);
}

#[test]
fn authorizations_are_counted_by_period() {
    let (server, paddle) = with(|_| {});
    server.execute("UPDATE subscription_tiers SET max_oauth_per_period = 3 WHERE tier = 'FREE'");
    server.execute("UPDATE subscription_tiers SET max_oauth_per_period = 5 WHERE tier = 'BASIC'");
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    for _ in 0..3 {
        authorize(&server, &agent, &client).expect(200);
    }
    let refused = authorize(&server, &agent, &client).oauth_refused(403, "access_denied");
    let said = refused.text_of("error_description");
    assert!(
        said.contains("the 3 authorizations") && said.contains("FREE") && said.contains("2026-12-01T00:00:00Z"),
        "{said}"
    );
    // A subscription brings its own period, which begins with it.
    let id = subscribe(&server, &paddle, &overseer, "BASIC");
    for _ in 0..5 {
        authorize(&server, &agent, &client).expect(200);
    }
    let refused = authorize(&server, &agent, &client).oauth_refused(403, "access_denied");
    assert!(refused.text_of("error_description").contains("2026-12-24T06:00:00Z"), "{refused:?}");
    let usage = overseer.call(&server, "GET", "/v1/subscriptions/usage").send().expect(200);
    assert_eq!((usage.get("authorizations"), usage.get("authorizations_limit")), (json!(5), json!(5)));
    // It ends, and what was counted in it counts nothing in the month.
    let ended = json!({ "status": "canceled", "current_billing_period": null });
    tell(&server, &paddle.change(&id, "canceled", &ended, server.clock.now() + 1)).expect(200);
    for _ in 0..3 {
        authorize(&server, &agent, &client).expect(200);
    }
    authorize(&server, &agent, &client).oauth_refused(403, "access_denied");
}

/// Two nodes whose clocks differ by some seconds: around the end of the month none of them begins a period again.
#[test]
fn a_period_begins_once_though_clocks_differ() {
    let (server, _) = start();
    server.execute("UPDATE subscription_tiers SET max_oauth_per_period = 4 WHERE tier = 'FREE'");
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    let december = 1_796_083_200;
    server.clock.advance(december - server.clock.now() - 5);
    let agent = Agent { session: agent.login(&server).expect(200).text_of("session_id"), ..agent };
    let mut taken = 0;
    for turn in 0..12 {
        // Before the month's end, and after it, in turns.
        server.clock.advance(if turn % 2 == 0 { 10 } else { -10 });
        taken += i64::from(authorize(&server, &agent, &client).status == 200);
    }
    assert_eq!(taken, 4);
}

/// What `name` says in a header that is a list: `"authorizations";q=3`.
fn quota(answer: &Answer) -> Option<(String, String)> {
    let of = |name: &str| answer.header(name).map(str::to_owned);
    Some((of("ratelimit-policy")?, of("ratelimit")?))
}

#[test]
fn an_agent_sees_what_is_left() {
    let (server, paddle) = start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let client = Client::register(&server, &overseer, json!({}));
    let policy = "\"authorizations\";q=100".to_owned();
    // Until December.
    let left = |number: i64| format!("\"authorizations\";r={number};t={}", 1_796_083_200 - server.clock.now());
    let expected = |number| Some((policy.clone(), left(number)));
    assert_eq!(quota(&authorize(&server, &agent, &client).expect(200)), expected(99));
    let own = || agent.token(&server, &[]).expect(200);
    assert_eq!(quota(&own()), expected(99));
    let tokens = agent.tokens_for(&server, &client, &json!({}));
    assert_eq!(quota(&tokens), expected(98));
    assert_eq!(quota(&own()), expected(98));
    // A client's own token is nobody's.
    let own_client = json!({ "grant_types": ["client_credentials"] });
    let own_client = Client::register(&server, &overseer, own_client);
    assert_eq!(quota(&own_client.own_token(&server, &[]).expect(200)), None);
    // Without a limit there is nothing to see.
    subscribe(&server, &paddle, &overseer, "PRO");
    assert_eq!(quota(&authorize(&server, &agent, &client).expect(200)), None);
    assert_eq!(quota(&own()), None);
}
