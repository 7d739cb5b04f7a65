//! C01–C03: a client authenticates by the one method that it is registered with, at every OAuth endpoint.

use agentid::random::Random;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{RUBBISH, client, granted, refused, start};
use crate::support::flow::{METHODS, TOKEN, new_key};
use crate::support::{Answer, Client, Overseer, TestServer};

/// The endpoints that want to know the client, each with a form of its own.
const ENDPOINTS: [(&str, (&str, &str)); 3] = [
    (TOKEN, ("grant_type", "client_credentials")),
    ("/v1/oauth/introspect", ("token", "x")),
    ("/v1/oauth/revoke", ("token", "x")),
];

const TYPE: (&str, &str) = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// The client with another secret and key than it is registered with.
fn impostor(of: &Client, id: &str) -> Client {
    let secret = agentid::crypto::base64url::encode(Random::system().bytes::<32>());
    Client { id: id.to_owned(), secret: Some(secret), key: Some(new_key()), view: of.view.clone() }
}

/// An answer's words, and how it asks to authenticate.
fn words(answer: &Answer) -> (String, Option<String>) {
    (answer.text.clone(), answer.header("www-authenticate").map(str::to_owned))
}

#[test]
fn c01_unknown_and_wrong_look_alike() {
    let (server, agent, overseer) = start();
    for method in &METHODS[..3] {
        let client = client(&server, &overseer, method);
        for (path, form) in ENDPOINTS {
            let send = |client: &Client| client.oauth(&server, path, vec![(form.0, form.1.to_owned())]).send();
            let mut seen = Vec::new();
            let nobody = "01900000-0000-7000-8000-000000000000";
            for id in [&client.id, nobody, &overseer.id, &agent.id, "x", RUBBISH, &client.id.to_uppercase()] {
                let answer = refused(send(&impostor(&client, id)), 401, "invalid_client");
                assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "), "{answer:?}");
                seen.push(words(&answer));
            }
            assert!(seen.iter().all(|words| *words == seen[0]), "{seen:?}");
            granted(send(&client));
        }
    }
}

#[test]
fn c01_a_secret_is_compared_to_its_last_character() {
    let (server, _, overseer) = start();
    for method in &METHODS[..2] {
        let client = client(&server, &overseer, method);
        let secret = client.secret.clone().unwrap();
        let hash = agentid::secret::TokenHash::of(&secret).as_str().to_owned();
        for wrong in [&secret[1..], &format!("{secret}A"), &format!(" {secret}"), &secret.to_uppercase(), "%", &hash] {
            let with =
                Client { secret: Some(wrong.to_owned()), key: None, id: client.id.clone(), view: client.view.clone() };
            refused(with.own_token(&server, &[]), 401, "invalid_client");
        }
        granted(client.own_token(&server, &[]));
    }
}

#[test]
fn c01_the_header_is_basic_and_readable() {
    let (server, _, overseer) = start();
    let client = client(&server, &overseer, "client_secret_basic");
    let secret = client.secret.clone().unwrap();
    let send = |header: &str, more: &[(&str, &str)]| {
        let form = [&[("grant_type", "client_credentials")], more].concat();
        server.post(TOKEN).form(&form).header("authorization", header).send()
    };
    let good = client.basic();
    let encoded = good.strip_prefix("Basic ").unwrap();
    let no_colon = format!("Basic {}", STANDARD.encode(&client.id));
    let not_text = format!("Basic {}", STANDARD.encode([0xff, b':', 0xff]));
    let bearer = format!("Bearer {encoded}");
    let unpadded = format!("Basic {}", agentid::crypto::base64url::encode(format!("{}:é", client.id)));
    for wrong in ["Basic", "Basic ", "Basic \u{7e}", encoded, &no_colon, &not_text, &bearer, &unpadded, RUBBISH] {
        refused(send(wrong, &[]), 401, "invalid_client");
    }
    // The parameter may say the same again, and nothing else.
    refused(send(&good, &[("client_id", &overseer.id)]), 401, "invalid_client");
    granted(send(&good, &[("client_id", &client.id)]));
    // The scheme is no matter of case (RFC 9110 section 11.1), and both halves are encoded as in a form.
    granted(send(&good.replacen("Basic", "bAsIc", 1), &[]));
    granted(send(&basic(&client.id.replace('-', "%2D"), &secret), &[]));
}

/// RFC 6749 section 2.3.
#[test]
fn c02_there_is_one_method_in_a_request() {
    let (server, _, overseer) = start();
    let [of_basic, of_post, of_key, _] = METHODS.map(|method| client(&server, &overseer, method));
    for (path, form) in ENDPOINTS {
        let post = [("client_id", of_post.id.as_str()), ("client_secret", of_post.secret.as_deref().unwrap())];
        let in_two_ways = |header: &str, more: &[(&str, &str)]| {
            let call = server.post(path).form(&[&[form], more].concat());
            let answer = if header.is_empty() { call.send() } else { call.header("authorization", header).send() };
            refused(answer, 400, "invalid_request");
        };
        let assertion = of_key.assertion(&server);
        let signed = [TYPE, ("client_assertion", assertion.as_str())];
        in_two_ways(&of_basic.basic(), &[("client_secret", of_basic.secret.as_deref().unwrap())]);
        in_two_ways(&of_basic.basic(), &post);
        in_two_ways(&basic(&of_post.id, of_post.secret.as_deref().unwrap()), &post);
        in_two_ways(&of_basic.basic(), &signed);
        in_two_ways("Bearer x", &signed);
        in_two_ways("", &[&signed[..], &[("client_secret", RUBBISH)]].concat());
        in_two_ways("", &[&post[..], &[("client_assertion", "x")]].concat());
        let twice = server.post(path).form(&[form]).header("authorization", &of_basic.basic());
        refused(twice.header("authorization", &of_basic.basic()).send(), 400, "invalid_request");

        granted(server.post(path).form(&[form]).header("authorization", &of_basic.basic()).send());
        granted(server.post(path).form(&[&[form], &post[..]].concat()).send());
        // It was in a refused request and is not spent by it.
        granted(server.post(path).form(&[&[form], &signed[..]].concat()).send());
    }
}

/// Every client, with each method that it could also use: what it knows is right, and the way is not its own.
#[test]
fn c03_a_client_uses_its_own_method() {
    let (server, _, overseer) = start();
    for method in METHODS {
        for (path, form) in ENDPOINTS {
            // A public client asks only for the end of its tokens.
            if method == "none" && path != "/v1/oauth/revoke" {
                continue;
            }
            each_method(&server, &overseer, method, |client| {
                client.oauth(&server, path, vec![(form.0, form.1.to_owned())]).send()
            });
        }
    }
}

fn each_method(server: &TestServer, overseer: &Overseer, own: &str, send: impl Fn(&Client) -> Answer) {
    let mut client = client(server, overseer, own);
    let other = impostor(&client, &client.id);
    client.secret = client.secret.or(other.secret);
    client.key = client.key.or(other.key);
    for method in METHODS {
        client.view["token_endpoint_auth_method"] = json!(method);
        let answer = send(&client);
        if method == own {
            granted(answer)
        } else {
            refused(answer, 401, "invalid_client")
        };
    }
}

/// What was replaced does not hold any more from then on.
#[test]
fn c03_a_replaced_secret_or_key_is_a_wrong_one() {
    let (server, _, overseer) = start();
    for method in &METHODS[..3] {
        let mut client = client(&server, &overseer, method);
        granted(client.own_token(&server, &[]));
        let mut renewed = impostor(&client, &client.id);
        if *method == "private_key_jwt" {
            let body = json!({ "public_key": renewed.key.as_ref().unwrap().public_key().to_base64url() });
            overseer.call(&server, "PUT", &client.path("/key")).json(&body).send().expect(200);
        } else {
            let answer = overseer.call(&server, "POST", &client.path("/secret")).send().expect(200);
            renewed.secret = Some(answer.text_of("client_secret"));
        }
        refused(client.own_token(&server, &[]), 401, "invalid_client");
        client = renewed;
        granted(client.own_token(&server, &[]));
    }
}
