//! What is ended on one node is refused by the other at its next request.

use serde_json::json;

use crate::nodes::two;
use crate::support::ends::{Cast, ENDS};
use crate::support::flow::{client, is_live};
use crate::support::{Agent, Overseer};

#[test]
fn whatever_ends_a_client_s_rights_on_one_node_ends_them_on_the_other() {
    let (here, there) = two();
    for end in &ENDS {
        let (agent, overseer) = (Agent::register(&here), Overseer::register(&here));
        overseer.oversee(&here, &agent);
        let client = client(&here, &overseer, "private_key_jwt");
        // The other node knows them all.
        let tokens = agent.tokens_for(&there, &client, &json!({}));
        assert!(is_live(&there, &client, &tokens, None), "{}", end.name);
        let code = agent.code_for(&there, &client, &json!({}));

        let cast = Cast { server: &here, agent: &agent, overseer: &overseer, client: &client };
        (end.call)(&cast).send().expect(200);

        client.redeem(&there, &code).oauth_refused(end.code.0, end.code.1);
        client.refresh(&there, &tokens.text_of("refresh_token")).oauth_refused(end.refresh.0, end.refresh.1);
        crate::support::flow::userinfo(&there, &tokens.text_of("access_token")).expect(401);
    }
}

#[test]
fn a_stop_on_one_node_holds_on_the_other_and_so_does_its_end() {
    let (here, there) = two();
    let (agent, overseer) = (Agent::register(&here), Overseer::register(&here));
    overseer.oversee(&here, &agent);
    let token = agent.token(&there, &[]).expect(200).text_of("access_token");
    assert!(agent.is_active(&there, &token));
    overseer.stop(&here, &agent).expect(200);
    agent.token(&there, &[]).oauth_refused(400, "unauthorized_client");
    assert!(!agent.is_active(&there, &token));
    overseer.resume(&there, &agent).expect(200);
    agent.token(&here, &[]).expect(200);
}
