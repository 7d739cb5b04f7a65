//! T01–T04, T11, T14: the token endpoint before it looks at any code or token.

use serde_json::{Value, json};

use super::{RUBBISH, client, granted, is_no_echo, refused, start};
use crate::http::token::verify_offline;
use crate::support::flow::{Form, METHODS, TOKEN, changed};
use crate::support::{Agent, Answer, Call, Client};

#[test]
fn t01_the_request_is_a_posted_form_with_a_grant() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let code = agent.code_for(&server, &client, &json!({}));
        let form = Client::redemption(&code);
        let as_json: Value = form.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let basic = if method == "client_secret_basic" { client.basic() } else { String::new() };
        let send =
            |call: Call| if basic.is_empty() { call.send() } else { call.header("authorization", &basic).send() };
        refused(send(server.post(TOKEN).json(&as_json)), 400, "invalid_request");
        // The very form, under another type.
        for content_type in ["application/json", "text/plain", "multipart/form-data"] {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(&Client::redemption(&code)).append_pair("client_id", &client.id);
            let call = server.post(TOKEN).header("content-type", content_type).bytes(form.finish());
            refused(send(call), 400, "invalid_request");
        }
        for other in ["GET", "PUT", "DELETE", "PATCH"] {
            let answer = send(Call::new(other, &server.url, TOKEN).form(&[("grant_type", "authorization_code")]));
            let headers = ["allow", "cache-control"].map(|name| answer.header(name).unwrap_or_default());
            assert_eq!((answer.status, headers), (405, ["POST", "no-store"]), "{answer:?}");
        }
        for grant in [None, Some("")] {
            let answer = client.oauth(&server, TOKEN, changed(&form, "grant_type", grant)).send();
            refused(answer, 400, "invalid_request");
        }
        granted(client.oauth(&server, TOKEN, form).send());
    }
}

#[test]
fn t02_there_are_no_other_grants() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let form = Client::redemption(&agent.code_for(&server, &client, &json!({})));
        for grant in [
            "password",
            "implicit",
            "Authorization_Code",
            "authorization_code ",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:saml2-bearer",
            RUBBISH,
        ] {
            let answer = client.oauth(&server, TOKEN, changed(&form, "grant_type", Some(grant))).send();
            refused(answer, 400, "unsupported_grant_type");
        }
        granted(client.oauth(&server, TOKEN, form).send());
    }
}

/// The grants of a client, and which of redemption, refresh and own token it then has.
#[test]
fn t03_a_client_has_only_the_grants_that_it_is_registered_for() {
    let (server, agent, overseer) = start();
    let (code, refresh, own) = ("authorization_code", "refresh_token", "client_credentials");
    for grants in [&[code][..], &[code, refresh], &[code, own], &[code, refresh, own]] {
        let client = Client::register(&server, &overseer, json!({ "grant_types": grants }));
        let tokens = agent.tokens_for(&server, &client, &json!({}));
        assert_eq!(tokens.get("refresh_token").is_string(), grants.contains(&refresh), "{grants:?}");
        is_registered(client.own_token(&server, &[]), grants.contains(&own));
    }
    // Without the grant there is no refresh token, so the grant is taken away afterwards; and so with a code.
    let client = Client::register(&server, &overseer, json!({}));
    let token = agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token");
    let unused = agent.code_for(&server, &client, &json!({}));
    client.change(&server, &overseer, &json!({ "grant_types": [code] })).expect(200);
    refused(client.refresh(&server, &token), 400, "unauthorized_client");
    client.change(&server, &overseer, &json!({ "grant_types": [own] })).expect(200);
    refused(client.redeem(&server, &unused), 400, "unauthorized_client");
    client.change(&server, &overseer, &json!({ "grant_types": [code, refresh] })).expect(200);
    granted(client.refresh(&server, &token));
    granted(client.redeem(&server, &unused));
}

/// An agent's id is a client's only for tokens of its own.
#[test]
fn t03_an_agent_redeems_and_refreshes_nothing() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "client_secret_basic");
    let code = agent.code_for(&server, &client, &json!({}));
    let token = agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token");
    for form in [Client::redemption(&code), Client::refreshing(&token, &[])] {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        refused(Agent::oauth(&server, TOKEN, &agent.assertion(&server), &form), 400, "unauthorized_client");
    }
    granted(client.redeem(&server, &code));
    granted(client.refresh(&server, &token));
    granted(agent.token(&server, &[]));
}

#[test]
fn t04_no_parameter_comes_twice() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let token = agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token");
        let api = "https://api.example";
        let form = Client::redemption(&agent.code_for(&server, &client, &json!({ "resource": api })));
        let twice = |form: &Form<'static>, name: &'static str, value: &str| {
            let mut form = form.clone();
            form.push((name, value.to_owned()));
            refused(client.oauth(&server, TOKEN, form).send(), 400, "invalid_request");
        };
        for (name, value) in form.clone() {
            twice(&form, name, &value);
            twice(&form, name, "");
        }
        let refreshing = Client::refreshing(&token, &[]);
        twice(&refreshing, "refresh_token", &token);
        twice(&refreshing, "grant_type", "authorization_code");
        let more = [form.clone(), vec![("scope", "id".to_owned()), ("scope", "id".to_owned())]].concat();
        refused(client.oauth(&server, TOKEN, more).send(), 400, "invalid_request");
        // The same as an unknown one would be alone, or one that may repeat (RFC 8707 section 2).
        let more = vec![("unknown", RUBBISH.to_owned()), ("resource", api.to_owned()), ("resource", api.to_owned())];
        granted(client.oauth(&server, TOKEN, [form, more].concat()).send());
        granted(client.refresh(&server, &token));
    }
}

#[test]
fn t11_only_a_client_that_authenticates_has_a_token_of_its_own() {
    let (server, _, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let answer = client.own_token(&server, &[]);
        if method == "none" {
            refused(answer, 400, "unauthorized_client");
            continue;
        }
        let answer = granted(answer);
        assert_eq!(answer.get("refresh_token"), Value::Null);
        let claims = verify_offline(&server, &answer.text_of("access_token"));
        assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(client.id), &json!(client.id)));
        assert_eq!((&claims["entity_type"], &claims["overseen"]), (&json!("client"), &json!(false)));
    }
    // Nor can a public client be registered for it.
    let more = json!({ "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"] });
    Client::registration(&server, &overseer, &more).send().refused(422, "invalid_field");
}

/// Rubbish in the place of each parameter, one after the other.
#[test]
fn t14_no_answer_repeats_what_was_sent() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let code = agent.code_for(&server, &client, &json!({}));
        let token = agent.tokens_for(&server, &client, &json!({})).text_of("refresh_token");
        let names = ["grant_type", "code", "code_verifier", "redirect_uri", "refresh_token", "scope", "resource"];
        for form in [Client::redemption(&code), Client::refreshing(&token, &[])] {
            let fits =
                |name: &&str| form.iter().any(|(other, _)| other == name) || ["scope", "resource"].contains(name);
            for name in names.into_iter().filter(fits) {
                let answer = client.oauth(&server, TOKEN, changed(&form, name, Some(RUBBISH))).send();
                assert_eq!(answer.status, 400, "{method} {name}: {answer:?}");
                let error = answer.text_of("error");
                refused(answer, 400, &error);
            }
        }
        for name in ["client_id", "client_secret", "client_assertion", "client_assertion_type"] {
            not_authenticated(server.post(TOKEN).form(&[("grant_type", "refresh_token"), (name, RUBBISH)]));
        }
        granted(client.redeem(&server, &code));
        granted(client.refresh(&server, &token));
    }
    let form = [("grant_type", "authorization_code")];
    not_authenticated(server.post(TOKEN).form(&form).header("authorization", RUBBISH));
    for path in [format!("{TOKEN}?{RUBBISH}=1"), format!("/v1/oauth/{RUBBISH}")] {
        let path = path.replace(['<', '>', '"'], "'");
        is_no_echo(&server.post(&path).form(&form).send());
    }
}

#[track_caller]
fn not_authenticated(call: Call) {
    let answer = call.send();
    assert!(matches!(answer.status, 400 | 401), "{answer:?}");
    let (status, error) = (answer.status, answer.text_of("error"));
    refused(answer, status, &error);
}

#[track_caller]
fn is_registered(answer: Answer, is_registered: bool) {
    if is_registered {
        granted(answer);
    } else {
        refused(answer, 400, "unauthorized_client");
    }
}
