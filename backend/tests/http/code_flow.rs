//! The code flow, gone through as it is meant, with every way that a client can authenticate.

use serde_json::json;

use crate::support::flow::{self, bound_userinfo, new_key, userinfo};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Agent, Client, Overseer, TestServer};

#[test]
fn every_kind_of_client_redeems_refreshes_and_revokes() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    for method in ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"] {
        let client = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": method }));
        let tokens = agent.tokens_for(&server, &client, &json!({ "scope": "openid name overseer" }));
        tokens.has_members("", &["access_token", "refresh_token", "expires_in", "scope", "token_type"]);
        assert_eq!(
            (tokens.text_of("token_type"), tokens.text_of("scope")),
            ("Bearer".into(), "openid name overseer".into())
        );
        let info = userinfo(&server, &tokens.text_of("access_token")).expect(200).json();
        assert_eq!(info, json!({ "sub": agent.id, "name": "test agent", "overseer": null }), "{method}");
        let refreshed = client.refresh(&server, &tokens.text_of("refresh_token")).expect(200);
        let access_token = refreshed.text_of("access_token");
        userinfo(&server, &access_token).expect(200);
        client.revoke(&server, &refreshed.text_of("refresh_token")).expect(200);
        userinfo(&server, &access_token).oauth_refused(401, "invalid_token");
        client.refresh(&server, &refreshed.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
    }
}

#[test]
fn the_answer_says_where_the_code_belongs() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({}));
    let (_, challenge) = flow::pkce();
    let answer = agent.authorize(&server, &flow::request(&client, &challenge)).expect(200);
    let code = answer.text_of("code");
    assert_eq!(answer.text_of("authorization_code"), code);
    assert_eq!(answer.text_of("redirect_uri"), REDIRECT_URI);
    assert_eq!((answer.text_of("state"), answer.text_of("iss")), ("a state".to_owned(), server.url.clone()));
    assert_eq!((answer.text_of("scope"), answer.get("expires_in")), ("id name".to_owned(), json!(60)));
    let issuer = server.url.replace(':', "%3A").replace('/', "%2F");
    assert_eq!(answer.text_of("redirect_to"), format!("{REDIRECT_URI}?code={code}&state=a+state&iss={issuer}"));
}

#[test]
fn a_bound_token_goes_with_its_key() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let client = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": "none" }));
    let key = new_key();
    let code = agent.code_for(&server, &client, &json!({}));
    let tokens = client.redeem_with(&server, &code, &key).expect(200);
    assert_eq!(tokens.text_of("token_type"), "DPoP");
    let access_token = tokens.text_of("access_token");
    bound_userinfo(&server, &access_token, &key).expect(200);
    userinfo(&server, &access_token).oauth_refused(401, "invalid_token");
    let refreshed = client.refresh_with(&server, &tokens.text_of("refresh_token"), &key).expect(200);
    bound_userinfo(&server, &refreshed.text_of("access_token"), &key).expect(200);
}
