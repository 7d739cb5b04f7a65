//! `POST /v1/clients/register/{owner_type}`.

use serde_json::json;

use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Agent, Client, Overseer, TestServer};

#[test]
fn an_agent_and_an_overseer_register_clients_of_their_own() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let of_agent = Client::register(&server, &agent, json!({}));
    let of_overseer = Client::register(&server, &overseer, json!({}));
    for (client, owner_type, owner_id) in [(&of_agent, "agent", &agent.id), (&of_overseer, "overseer", &overseer.id)] {
        assert_eq!(
            client.view,
            json!({
                "id": client.id, "name": "test app", "redirect_uris": [REDIRECT_URI], "scope": null,
                "owner_type": owner_type, "owner_id": owner_id, "token_endpoint_auth_method": "client_secret_basic",
                "application_type": "web", "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
                "public_key": null, "resources": [], "dpop_bound_access_tokens": false, "disabled_at": null,
                "disabled_reason": null, "marked_for_cancellation": false, "created_at": "2026-11-24T06:00:00Z",
                "updated_at": "2026-11-24T06:00:00Z",
            })
        );
    }
    // By proof as well as by session.
    let path = "/v1/clients/register/agent";
    let body = json!({ "name": "by proof", "redirect_uris": [REDIRECT_URI] });
    agent.proven(&server, "POST", path).json(&body).send().expect(201);
    server.post(path).json(&body).send().refused(401, "not_authenticated");
}
