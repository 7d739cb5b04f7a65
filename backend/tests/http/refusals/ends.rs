//! R06, and the same for codes: when the agent, its overseer or the client's owner has ended it, it is at an end.

use serde_json::json;

use super::{client, granted, refused, start};
use crate::support::ends::{Cast, ENDS};
use crate::support::flow::{METHODS, is_live, pkce, request, userinfo};
use crate::support::{Agent, Answer, Client};

#[test]
fn r06_what_was_ended_is_refused_from_then_on() {
    let (server, bystander, overseer) = start();
    for (method, end) in METHODS.iter().flat_map(|method| ENDS.iter().map(move |end| (method, end))) {
        let (client, agent) = (client(&server, &overseer, method), Agent::register(&server));
        overseer.oversee(&server, &agent);
        let cast = Cast { server: &server, agent: &agent, overseer: &overseer, client: &client };
        let code = agent.code_for(&server, &client, &json!({}));
        let tokens = agent.tokens_for(&server, &client, &json!({}));
        let others = bystander.tokens_for(&server, &client, &json!({}));
        let token = tokens.text_of("refresh_token");
        assert!(is_live(&server, &client, &tokens, None));

        (end.call)(&cast).send().expect(200);
        let is_dead = |tokens: &Answer| {
            userinfo(&server, &tokens.text_of("access_token")).oauth_refused(401, "invalid_token");
        };
        is_dead(&tokens);
        refused(client.redeem(&server, &code), end.code.0, end.code.1);
        refused(client.refresh(&server, &token), end.refresh.0, end.refresh.1);
        if let Some(undo) = end.undo {
            // What has ended does not come back; something new may begin.
            undo(&cast).send().expect(200);
            is_dead(&tokens);
            refused(client.redeem(&server, &code), 400, "invalid_grant");
            refused(client.refresh(&server, &token), 400, "invalid_grant");
            let path = "/v1/oauth/authorize";
            granted(agent.proven(&server, "POST", path).json(&request(&client, &pkce().1)).send());
        }
        // Another agent's go on, unless it is the client that has ended.
        if end.name.starts_with("the client") {
            is_dead(&others);
        } else {
            assert!(is_live(&server, &client, &others, None), "{method}: {}", end.name);
            granted(client.refresh(&server, &others.text_of("refresh_token")));
        }
    }
}

/// An agent must not go on through an application of its own, and what that had does not come back with the agent.
#[test]
fn r06_a_stop_ends_what_the_agent_s_own_clients_hold() {
    let (server, other, overseer) = start();
    for method in METHODS {
        let owner = Agent::register(&server);
        overseer.oversee(&server, &owner);
        let own = Client::register(&server, &owner, json!({ "token_endpoint_auth_method": method }));
        let bystander = client(&server, &overseer, method);
        let codes = [&own, &bystander].map(|client| other.code_for(&server, client, &json!({})));
        let [tokens, others] = [&own, &bystander].map(|client| other.tokens_for(&server, client, &json!({})));
        let token = tokens.text_of("refresh_token");

        let stopped = overseer.stop(&server, &owner).expect(200).get("ended");
        assert_eq!(userinfo(&server, &tokens.text_of("access_token")).status, 401);
        refused(own.redeem(&server, &codes[0]), 400, "unauthorized_client");
        refused(own.refresh(&server, &token), 400, "invalid_grant");
        refused(own.own_token(&server, &[]), 400, "unauthorized_client");
        refused(other.authorize(&server, &request(&own, &pkce().1)), 400, "unauthorized_client");

        overseer.resume(&server, &owner).expect(200);
        assert!(!is_live(&server, &own, &tokens, None));
        refused(own.redeem(&server, &codes[0]), 400, "invalid_grant");
        refused(own.refresh(&server, &token), 400, "invalid_grant");
        other.tokens_for(&server, &own, &json!({}));
        assert!(is_live(&server, &bystander, &others, None));
        granted(bystander.redeem(&server, &codes[1]));
        assert_eq!((&stopped["codes"], &stopped["refresh_tokens"]), (&json!(1), &json!(1)), "{stopped}");
    }
}
