//! Applications: registering one, changing it, its credentials, and its end.

use serde_json::json;

use super::{act, done, is_page, signed_in};
use crate::support::browser::{Browser, between};
use crate::support::flow::overseen;
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Client, ClientKey, Overseer};

/// Registers one by the form: its id and what the page shows.
fn register(browser: &Browser<'_>, kind: &str, more: &[(&str, &str)]) -> (String, String) {
    let mut form = vec![("name", "shop"), ("redirect_uris", REDIRECT_URI), ("kind", kind)];
    form.extend(more);
    let answer = act(browser, "/clients/new", &form);
    is_page(&answer, 201, &["The application is registered"]);
    (between(&answer.text, "id=\"client-id\">", "<"), answer.text)
}

#[test]
fn one_registers_by_secret_key_or_nothing() {
    let (server, agent, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    let (id, page) = register(&browser, "secret", &[]);
    let view = overseer.call(&server, "GET", &format!("/v1/clients/{id}")).send().expect(200).get("client");
    let client = Client { id, secret: Some(between(&page, "id=\"client-secret\">", "<")), key: None, view };
    agent.tokens_for(&server, &client, &json!({ "scope": "openid" })).expect(200);
    let key = ClientKey::generate("ES256");
    for typed in [key.jwk().to_string(), json!({ "keys": [key.jwk()] }).to_string(), Agent::unregistered().public_key()]
    {
        let (id, page) = register(&browser, "key", &[("key", &typed), ("scope", "openid name")]);
        assert!(!page.contains("client-secret"));
        let view = overseer.call(&server, "GET", &format!("/v1/clients/{id}")).send().get("client");
        assert_eq!(
            (&view["token_endpoint_auth_method"], &view["scope"]),
            (&json!("private_key_jwt"), &json!("openid name"))
        );
    }
    let (id, page) = register(&browser, "public", &[]);
    assert!(!page.contains("client-secret"));
    is_page(&browser.get(&format!("/clients/{id}")), 200, &["<code>none</code>"]);
    let (id, _) = register(&browser, "key", &[("key", &key.jwk().to_string()), ("profile", "fapi2")]);
    is_page(&browser.get(&format!("/clients/{id}")), 200, &["FAPI 2.0"]);
    is_page(&browser.get("/clients"), 200, &["shop", "test app"]);
}

#[test]
fn what_is_filled_in_wrongly_is_said_and_kept() {
    let (server, _, overseer, _) = overseen();
    let browser = signed_in(&server, &overseer);
    let form = [("name", "shop & co"), ("redirect_uris", "http://app.example/"), ("kind", "secret")];
    is_page(&act(&browser, "/clients/new", &form), 422, &["role=\"alert\"", "shop &#38; co", "http://app.example/"]);
    for (kind, key) in [("key", ""), ("key", "no key"), ("key", "{\"kty\":\"oct\"}"), ("", ""), ("other", "")] {
        let form = [("name", "shop"), ("redirect_uris", REDIRECT_URI), ("kind", kind), ("key", key)];
        is_page(&act(&browser, "/clients/new", &form), 422, &["role=\"alert\""]);
    }
    assert_eq!(server.count("oauth_clients", "name = 'shop'"), 0);
}

#[test]
fn one_is_changed_disabled_and_deleted() {
    let (server, agent, overseer, client) = overseen();
    let browser = signed_in(&server, &overseer);
    let path = format!("/clients/{}", client.id);
    let lines = "https://a.example/cb\r\n\r\n https://b.example/cb ";
    done(
        &browser,
        act(
            &browser,
            &path,
            &[("action", "change"), ("name", "new name"), ("redirect_uris", lines), ("password", PASSWORD)],
        ),
        "saved",
    );
    let view = client.look(&server, &overseer);
    assert_eq!(
        (&view["name"], &view["redirect_uris"]),
        (&json!("new name"), &json!(["https://a.example/cb", "https://b.example/cb"]))
    );
    is_page(
        &act(&browser, &path, &[("action", "change"), ("name", ""), ("redirect_uris", lines), ("password", PASSWORD)]),
        422,
        &["role=\"alert\""],
    );
    done(&browser, act(&browser, &path, &[("action", "disable"), ("reason", "for a <while>")]), "is disabled");
    is_page(&browser.get(&path), 200, &["for a &#60;while&#62;", "Enable"]);
    done(&browser, act(&browser, &path, &[("action", "enable")]), "may ask again");
    is_page(&act(&browser, &path, &[("action", "delete"), ("password", "wrong")]), 403, &["nothing was done"]);
    done(&browser, act(&browser, &path, &[("action", "delete"), ("password", PASSWORD)]), "is deleted");
    is_page(&browser.get(&path), 404, &["nothing here"]);
    assert_eq!(agent.id.len(), 36);
}

#[test]
fn credentials_are_replaced_with_the_password() {
    let (server, _, overseer, client) = overseen();
    let browser = signed_in(&server, &overseer);
    let path = format!("/clients/{}", client.id);
    is_page(&act(&browser, &path, &[("action", "secret"), ("password", "wrong")]), 403, &["nothing was done"]);
    assert_eq!(client.introspect(&server, "x").status, 200);
    let page = act(&browser, &path, &[("action", "secret"), ("password", PASSWORD)]);
    let secret = between(&page.text, "id=\"client-secret\">", "<");
    assert_eq!(client.introspect(&server, "x").status, 401);
    let renewed = Client { secret: Some(secret), ..client };
    assert_eq!(renewed.introspect(&server, "x").status, 200);
    let key = ("key", Agent::unregistered().public_key());
    is_page(
        &act(&browser, &path, &[("action", "key"), (key.0, &key.1), ("password", PASSWORD)]),
        409,
        &["role=\"alert\""],
    );
    let signing = Client::register(&server, &overseer, json!({ "token_endpoint_auth_method": "private_key_jwt" }));
    let path = format!("/clients/{}", signing.id);
    is_page(
        &act(&browser, &path, &[("action", "key"), (key.0, &key.1), ("password", "wrong")]),
        403,
        &["nothing was done"],
    );
    done(&browser, act(&browser, &path, &[("action", "key"), (key.0, &key.1), ("password", PASSWORD)]), "is replaced");
    assert_eq!(signing.look(&server, &overseer)["public_key"], key.1);
}

#[test]
fn an_agent_s_is_looked_at_and_no_more() {
    let (server, agent, overseer, _) = overseen();
    let client = Client::register(&server, &agent, json!({ "name": "the agent's" }));
    let browser = signed_in(&server, &overseer);
    let path = format!("/clients/{}", client.id);
    is_page(&browser.get(&path), 200, &["the agent&#39;s", "your agent's"]);
    is_page(&act(&browser, &path, &[("action", "disable")]), 404, &[]);
    let stranger = signed_in(&server, &Overseer::register(&server));
    is_page(&stranger.get(&path), 404, &["nothing here"]);
}

#[test]
fn a_list_of_many_is_paged() {
    let (server, agent, overseer, first) = overseen();
    let mut ids = vec![first.id, Client::register(&server, &agent, json!({})).id];
    ids.extend((0..50).map(|_| Client::register(&server, &overseer, json!({})).id));
    let browser = signed_in(&server, &overseer);
    let page = browser.get("/clients").expect(200);
    let next = between(&page.text, "/clients?after=", "\"");
    let rest = browser.get(&format!("/clients?after={next}")).expect(200);
    for id in &ids {
        let on = [&page, &rest].map(|page| page.text.contains(&format!("href=\"/clients/{id}\"")));
        assert!(on[0] != on[1], "{id}");
    }
    assert!(!rest.text.contains("More applications"));
}
