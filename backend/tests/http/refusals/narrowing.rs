//! T12, T13, R03: scope and resource only ever get less than what was granted, and come back to it.

use serde_json::{Value, json};

use super::{RUBBISH, client, granted, refused, start};
use crate::http::token::verify_offline;
use crate::support::flow::{METHODS, TOKEN, pkce, request};
use crate::support::{Answer, Client, TestServer};

const A: &str = "https://a.example/api";
const B: &str = "https://b.example/api";
const C: &str = "https://c.example/api";

/// The audience and the scope that the token says.
fn says(server: &TestServer, tokens: &Answer) -> (Value, String) {
    let claims = verify_offline(server, &tokens.text_of("access_token"));
    assert_eq!(claims["scope"], tokens.text_of("scope"));
    (claims["aud"].clone(), tokens.text_of("scope"))
}

#[test]
fn t12_a_client_asks_for_no_more_than_it_is_registered_for() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({ "scope": "id description" }));
    let ask = |scope: &str| {
        let mut request = request(&client, &pkce().1);
        request["scope"] = json!(scope);
        agent.authorize(&server, &request)
    };
    for wide in ["name", "id name", "id description overseer", "openid", "nonsense", RUBBISH] {
        refused(ask(wide), 400, "invalid_scope");
        refused(client.own_token(&server, &[("scope", wide)]), 400, "invalid_scope");
    }
    for (scope, got) in [("id", "id"), ("description id id", "description id"), ("", "id")] {
        assert_eq!(ask(scope).expect(200).text_of("scope"), got);
        assert_eq!(granted(client.own_token(&server, &[("scope", scope)])).text_of("scope"), got);
    }
    // One that is registered for none in particular may ask for any.
    let any = self::client(&server, &overseer, "client_secret_post");
    granted(any.own_token(&server, &[("scope", "id name overseer openid")]));
    refused(any.own_token(&server, &[("scope", "id nonsense")]), 400, "invalid_scope");
}

#[test]
fn t12_r03_a_scope_narrows_and_the_next_refresh_is_back_to_the_full_set() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let code = agent.code_for(&server, &client, &json!({ "scope": "id name description" }));
        let redeem = |scope: &str| {
            let mut form = Client::redemption(&code);
            form.push(("scope", scope.to_owned()));
            client.oauth(&server, TOKEN, form).send()
        };
        for wide in ["overseer", "id overseer", "id name description overseer", "nonsense", RUBBISH] {
            refused(redeem(wide), 400, "invalid_scope");
        }
        let mut tokens = granted(redeem("name id"));
        assert_eq!(says(&server, &tokens).1, "name id");
        for (scope, got) in [("description", "description"), ("", "id name description"), ("id", "id")] {
            let token = tokens.text_of("refresh_token");
            let refresh =
                |scope: &str| client.oauth(&server, TOKEN, Client::refreshing(&token, &[("scope", scope)])).send();
            for wide in ["overseer", "description overseer", RUBBISH] {
                refused(refresh(wide), 400, "invalid_scope");
            }
            tokens = granted(refresh(scope));
            assert_eq!(says(&server, &tokens).1, got, "{method}");
        }
    }
}

#[test]
fn t13_a_resource_narrows_and_the_next_refresh_is_back_to_all() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let code = agent.code_for(&server, &client, &json!({ "resource": [A, B] }));
        let ask = |mut form: crate::support::flow::Form<'static>, resources: &[&str]| {
            form.extend(resources.iter().map(|resource| ("resource", (*resource).to_owned())));
            client.oauth(&server, TOKEN, form).send()
        };
        let issuer = server.url.as_str();
        let near = format!("{A}/");
        let wide: [&[&str]; 8] =
            [&[C], &[A, C], &[A, B, C], &[issuer], &[&near], &["HTTPS://a.example/api"], &["/api"], &[RUBBISH]];
        for wide in wide {
            refused(ask(Client::redemption(&code), wide), 400, "invalid_target");
        }
        let mut tokens = granted(ask(Client::redemption(&code), &[B]));
        assert_eq!(says(&server, &tokens).0, B);
        let narrower: [(&[&str], Value); 4] =
            [(&[A], json!(A)), (&[], json!([A, B])), (&[B, A], json!([B, A])), (&[A, A], json!(A))];
        for (resources, got) in narrower {
            let token = tokens.text_of("refresh_token");
            for wide in wide {
                refused(ask(Client::refreshing(&token, &[]), wide), 400, "invalid_target");
            }
            tokens = granted(ask(Client::refreshing(&token, &[]), resources));
            assert_eq!(says(&server, &tokens).0, got, "{method}");
        }
    }
}

/// Without a resource the token is for our own endpoints, and for no API that is named later.
#[test]
fn t13_no_resource_is_the_issuer_alone() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "none");
    let code = agent.code_for(&server, &client, &json!({}));
    let mut form = Client::redemption(&code);
    form.push(("resource", A.to_owned()));
    refused(client.oauth(&server, TOKEN, form).send(), 400, "invalid_target");
    let tokens = granted(client.redeem(&server, &code));
    assert_eq!(says(&server, &tokens).0, server.url.as_str());
    let token = tokens.text_of("refresh_token");
    let refresh = |resource: &str| client.oauth(&server, TOKEN, Client::refreshing(&token, &[("resource", resource)]));
    refused(refresh(A).send(), 400, "invalid_target");
    assert_eq!(says(&server, &granted(refresh(&server.url).send())).0, server.url.as_str());
}
