//! C04–C06 with every algorithm, and G05: keys by value, and keys that the client publishes, which are fetched with care.

use std::io::Write as _;
use std::time::Duration;

use agentid::config::Network;
use serde_json::{Value, json};

use super::{RUBBISH, granted, refused, start};
use crate::support::flow::TOKEN;
use crate::support::{Agent, Answer, Call, Client, ClientKey, Outside, Overseer, TestServer};

const ALGORITHMS: [&str; 5] = ["EdDSA", "Ed25519", "ES256", "PS256", "RS256"];

fn registered(server: &TestServer, overseer: &Overseer, keys: Value) -> Client {
    let mut more = json!({ "token_endpoint_auth_method": "private_key_jwt" });
    for (name, value) in keys.as_object().unwrap() {
        more[name] = value.clone();
    }
    Client::register(server, overseer, more)
}

/// A token for an assertion with this header.
fn token(server: &TestServer, client: &Client, key: &ClientKey, header: &Value) -> Answer {
    let assertion = key.jwt(header, &client.assertion_claims(server));
    Agent::oauth(server, TOKEN, &assertion, &[("grant_type", "client_credentials")])
}

#[test]
fn c04_c05_c06_a_key_signs_with_its_own_algorithm() {
    let (server, _, overseer) = start();
    let keys: Vec<ClientKey> = ALGORITHMS.into_iter().map(ClientKey::generate).collect();
    for (index, key) in keys.iter().enumerate() {
        let client = registered(&server, &overseer, json!({ "jwks": key.jwks() }));
        for typ in [Value::Null, json!("JWT"), json!("client-authentication+jwt")] {
            let header = if typ.is_null() { json!({}) } else { json!({ "typ": typ }) };
            granted(token(&server, &client, key, &header));
        }
        for name in ["none", "HS256", "ES384", "RS512", RUBBISH] {
            refused(token(&server, &client, key, &json!({ "alg": name })), 401, "invalid_client");
        }
        // The signature is good, and of another kind than is said.
        let is_own = |name: &str| name == key.name() || (index < 2 && name.starts_with("Ed"));
        for name in ALGORITHMS.into_iter().filter(|name| !is_own(name)) {
            refused(token(&server, &client, key, &json!({ "alg": name })), 401, "invalid_client");
        }
        let other = ClientKey::generate(key.name());
        refused(token(&server, &client, &other, &json!({})), 401, "invalid_client");
        refused(token(&server, &client, &other, &json!({ "jwk": other.jwk() })), 401, "invalid_client");
        refused(token(&server, &client, key, &json!({ "typ": "at+jwt" })), 401, "invalid_client");
    }
}

#[test]
fn c06_of_several_keys_the_one_that_is_named_counts() {
    let (server, _, overseer) = start();
    let (one, two, three) = (ClientKey::generate("ES256"), ClientKey::generate("ES256"), ClientKey::generate("PS256"));
    let named = |key: &ClientKey, kid: &str| {
        let mut jwk = key.jwk();
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(key.name());
        jwk
    };
    let set = json!({ "keys": [named(&one, "1"), named(&two, "2"), named(&three, "3")] });
    let client = registered(&server, &overseer, json!({ "jwks": set }));
    for (key, kid) in [(&one, "1"), (&two, "2"), (&three, "3")] {
        granted(token(&server, &client, key, &json!({ "kid": kid })));
        granted(token(&server, &client, key, &json!({})));
        refused(token(&server, &client, key, &json!({ "kid": "4" })), 401, "invalid_client");
    }
    refused(token(&server, &client, &one, &json!({ "kid": "2" })), 401, "invalid_client");
    // The key says PS256, so RS256 by the same key does not count.
    let ClientKey::Ps256(_) = &three else { panic!("another kind") };
    refused(token(&server, &client, &three, &json!({ "alg": "RS256" })), 401, "invalid_client");
    // New keys end the old ones at once.
    let fresh = json!({ "jwks": { "keys": [named(&two, "2")] } });
    let changed = overseer.call(&server, "PUT", &client.path("/key")).json(&fresh).send().expect(200);
    assert_eq!(changed.get("client")["jwks"]["keys"][0]["kid"], "2");
    granted(token(&server, &client, &two, &json!({ "kid": "2" })));
    refused(token(&server, &client, &one, &json!({ "kid": "1" })), 401, "invalid_client");
}

#[test]
fn g03_a_set_holds_public_keys_for_signatures() {
    let (server, _, overseer) = start();
    let good = ClientKey::generate("ES256").jwk();
    let with = |name: &str, value: Value| crate::support::flow::with(&good, name, value);
    let rsa = |bits: usize| json!({ "kty": "RSA", "e": "AQAB", "n": modulus(bits) });
    let try_keys = |keys: Value| {
        let more = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": keys } });
        Client::registration(&server, &overseer, &more).send()
    };
    for bad in [
        json!([]),
        json!(["x"]),
        json!([{}]),
        json!([with("d", json!("AAAA"))]),
        json!([{ "kty": "oct", "k": "AAAA" }]),
        json!([with("kty", json!("EC2"))]),
        json!([with("crv", json!("P-384"))]),
        json!([with("y", good["x"].clone())]),
        json!([with("x", json!("AAAA"))]),
        json!([with("use", json!("enc"))]),
        json!([with("alg", json!("ES384"))]),
        json!([with("alg", json!("RS256"))]),
        json!([with("key_ops", json!(["encrypt"]))]),
        json!([rsa(1024)]),
        json!([rsa(2040)]),
        json!([rsa(8192)]),
        json!([{ "kty": "RSA", "e": "Aw", "n": modulus(2048) }]),
        json!([with("kid", json!("1")), with("kid", json!("1"))]),
        json!(vec![good.clone(); 11]),
    ] {
        try_keys(bad).refused(422, "invalid_key");
    }
    let both = json!({ "jwks": { "keys": [good] }, "jwks_uri": "https://app.example/jwks.json" });
    Client::registration(&server, &overseer, &both).send().refused(422, "invalid_field");
    for keys in [json!([good]), json!([rsa(2048)]), json!([rsa(4096)]), json!([with("use", json!("sig"))])] {
        try_keys(keys).expect(201);
    }
}

/// The modulus of a key that nobody has: its first and last bit are set.
fn modulus(bits: usize) -> String {
    let mut bytes = vec![0x55; bits / 8];
    bytes[0] |= 0x80;
    *bytes.last_mut().unwrap() |= 1;
    agentid::crypto::base64url::encode(bytes)
}

/// A server that may call this machine.
fn inside() -> TestServer {
    TestServer::with(|config| config.outbound.allow = vec![Network::parse("127.0.0.1").unwrap()])
}

#[test]
fn c06_keys_that_a_client_publishes_are_fetched_and_kept() {
    let (server, outside) = (inside(), Outside::start());
    let overseer = Overseer::register(&server);
    let (one, two) = (ClientKey::generate("ES256"), ClientKey::generate("EdDSA"));
    let set = |keys: &[(&ClientKey, &str)]| {
        let named = keys.iter().map(|(key, kid)| crate::support::flow::with(&key.jwk(), "kid", json!(kid)));
        // What is not for us is passed over.
        let others = [json!({ "kty": "oct", "k": "AAAA" }), json!({ "kty": "EC", "crv": "P-521" })];
        json!({ "keys": others.into_iter().chain(named).collect::<Vec<_>>() }).to_string()
    };
    let address = format!("{}/jwks.json", outside.url);
    let client = registered(&server, &overseer, json!({ "jwks_uri": address }));
    let ask = |key, kid| token(&server, &client, key, &json!({ "kid": kid }));
    outside.answers(200, &set(&[(&one, "1")]));
    for _ in 0..3 {
        granted(ask(&one, "1"));
    }
    assert_eq!(outside.asked().len(), 1);
    // A key that is not among them is looked for once in a while, for anybody can name one.
    outside.answers(200, &set(&[(&two, "2")]));
    refused(ask(&two, "2"), 401, "invalid_client");
    server.clock.advance(30);
    granted(ask(&two, "2"));
    refused(ask(&one, "1"), 401, "invalid_client");
    assert_eq!(outside.asked().len(), 2);
    // What was fetched is good for five minutes, and for an hour when it can not be had again.
    server.clock.advance(300);
    outside.answers(500, "");
    granted(ask(&two, "2"));
    server.clock.advance(3200);
    granted(ask(&two, "2"));
    server.clock.advance(101);
    refused(ask(&two, "2"), 401, "invalid_client");
    outside.answers(200, &set(&[(&two, "2")]));
    server.clock.advance(30);
    granted(ask(&two, "2"));
}

#[test]
fn c06_published_keys_of_one_name_are_told_apart_by_their_type() {
    let (server, outside) = (inside(), Outside::start());
    let overseer = Overseer::register(&server);
    let (one, two, three) = (ClientKey::generate("ES256"), ClientKey::generate("EdDSA"), ClientKey::generate("ES256"));
    let named = |key: &ClientKey| crate::support::flow::with(&key.jwk(), "kid", json!("1"));
    outside.answers(200, &json!({ "keys": [named(&one), named(&two)] }).to_string());
    let address = format!("{}/jwks.json", outside.url);
    let client = registered(&server, &overseer, json!({ "jwks_uri": address }));
    granted(token(&server, &client, &one, &json!({ "kid": "1" })));
    granted(token(&server, &client, &two, &json!({ "kid": "1" })));
    refused(token(&server, &client, &three, &json!({ "kid": "1" })), 401, "invalid_client");
}

#[test]
fn c06_a_key_that_was_withdrawn_ends_within_minutes() {
    let (server, outside) = (inside(), Outside::start());
    let overseer = Overseer::register(&server);
    let (old, new) = (ClientKey::generate("ES256"), ClientKey::generate("ES256"));
    let client = registered(&server, &overseer, json!({ "jwks_uri": format!("{}/k", outside.url) }));
    outside.answers(200, &old.jwks().to_string());
    granted(token(&server, &client, &old, &json!({})));
    outside.answers(200, &new.jwks().to_string());
    server.clock.advance(299);
    granted(token(&server, &client, &old, &json!({})));
    // The first one that comes after five minutes is held to what is published now.
    server.clock.advance(1);
    refused(token(&server, &client, &old, &json!({})), 401, "invalid_client");
    granted(token(&server, &client, &new, &json!({})));
    assert_eq!(outside.asked().len(), 2);
    // Nor does a clock that was set back keep it.
    outside.answers(200, &old.jwks().to_string());
    server.clock.advance(-7200);
    granted(token(&server, &client, &old, &json!({})));
}

/// Whoever names somebody else's address, and fails to have it fetched, keeps nobody else from it.
#[test]
fn c06_what_one_owner_asks_for_is_no_others() {
    let (server, outside) = (inside(), Outside::start());
    let (overseer, stranger) = (Overseer::register(&server), Overseer::register(&server));
    let key = ClientKey::generate("ES256");
    let address = json!({ "jwks_uri": format!("{}/k", outside.url) });
    let theirs = registered(&server, &stranger, address.clone());
    let client = registered(&server, &overseer, address);
    outside.answers(500, "");
    refused(token(&server, &theirs, &key, &json!({})), 401, "invalid_client");
    outside.answers(200, &key.jwks().to_string());
    granted(token(&server, &client, &key, &json!({})));
    refused(token(&server, &theirs, &key, &json!({})), 401, "invalid_client");
}

#[test]
fn c06_those_who_want_them_at_once_wait_for_one_fetch() {
    let (server, outside) = (inside(), Outside::start());
    let overseer = Overseer::register(&server);
    let key = ClientKey::generate("ES256");
    let client = registered(&server, &overseer, json!({ "jwks_uri": format!("{}/k", outside.url) }));
    outside.answers(200, &key.jwks().to_string());
    outside.takes(Duration::from_millis(300));
    let calls = (0..20).map(|_| {
        let assertion = key.jwt(&json!({}), &client.assertion_claims(&server));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
        ];
        server.post(TOKEN).form(&form)
    });
    let answers = crate::races::at_once_by(Call::send, calls.collect::<Vec<_>>());
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(outside.asked().len(), 1);
}

/// Whoever asks in a client's name and goes away at once must not keep it from its keys.
#[test]
fn c06_a_fetch_goes_on_when_whoever_began_it_has_gone() {
    let (server, outside) = (inside(), Outside::start());
    let overseer = Overseer::register(&server);
    let (key, thief) = (ClientKey::generate("ES256"), ClientKey::generate("ES256"));
    let client = registered(&server, &overseer, json!({ "jwks_uri": format!("{}/k", outside.url) }));
    outside.answers(200, &key.jwks().to_string());
    outside.takes(Duration::from_millis(500));
    let assertion = thief.jwt(&json!({ "kid": "x" }), &client.assertion_claims(&server));
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .append_pair("client_assertion", &assertion)
        .finish();
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    let head = format!(
        "POST {TOKEN} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        server.address,
        form.len()
    );
    stream.write_all(format!("{head}{form}").as_bytes()).unwrap();
    while outside.asked().is_empty() {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    drop(stream);
    granted(token(&server, &client, &key, &json!({})));
    assert_eq!(outside.asked().len(), 1);
}

#[test]
fn g05_the_server_calls_nothing_that_is_not_public() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    let outside = Outside::start();
    let try_uri = |name: &str, uri: &str| {
        let mut more = json!({});
        more[name] = json!(uri);
        Client::registration(&server, &overseer, &more).send()
    };
    let port = outside.url.rsplit(':').next().unwrap();
    for name in ["jwks_uri", "backchannel_logout_uri"] {
        for uri in [
            &format!("http://127.0.0.1:{port}/"),
            &format!("https://127.0.0.1:{port}/"),
            "https://127.1/",
            "https://0x7f000001/",
            "https://0.0.0.0/",
            "https://10.0.0.1/",
            "https://100.64.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://172.31.255.255/",
            "https://192.168.1.1/",
            "https://198.18.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[::]/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[fe80::1]/",
            "https://[fc00::1]/",
            "https://[ff02::1]/",
            "https://[2001:db8::1]/",
            "https://[2002:7f00:1::]/",
            "https://user@app.example/",
            "https://app.example/#x",
            "http://app.example/",
            "ftp://app.example/",
            "file:///etc/passwd",
            "gopher://app.example/",
            "/jwks.json",
            "https://",
            RUBBISH,
            &format!("https://app.example/{}", "x".repeat(600)),
        ] {
            try_uri(name, uri).refused(422, "invalid_field");
        }
        try_uri(name, "https://app.example/x").expect(201);
        try_uri(name, "https://93.184.215.14/x").expect(201);
        try_uri(name, "https://[2606:4700::1111]/x").expect(201);
    }
    assert!(!outside.was_reached());
}

#[test]
fn g05_a_name_that_leads_inside_is_not_called() {
    let (server, outside) = (TestServer::start(), Outside::start());
    let overseer = Overseer::register(&server);
    let key = ClientKey::generate("ES256");
    outside.answers(200, &key.jwks().to_string());
    let port = outside.url.rsplit(':').next().unwrap();
    // It reads well, and this machine's table of hosts says that it is this machine.
    let client = registered(&server, &overseer, json!({ "jwks_uri": format!("https://localhost:{port}/jwks.json") }));
    refused(token(&server, &client, &key, &json!({})), 401, "invalid_client");
    assert!(!outside.was_reached());

    // The twin: the same address, on a server that may. There is nobody to speak TLS, but it is reached.
    let server = TestServer::with(|config| {
        config.outbound.allow = ["127.0.0.1", "::1"].map(|address| Network::parse(address).unwrap()).to_vec();
    });
    let overseer = Overseer::register(&server);
    let client = registered(&server, &overseer, json!({ "jwks_uri": format!("https://localhost:{port}/jwks.json") }));
    refused(token(&server, &client, &key, &json!({})), 401, "invalid_client");
    assert!(outside.was_reached());
    let client = registered(&server, &overseer, json!({ "jwks_uri": format!("{}/jwks.json", outside.url) }));
    granted(token(&server, &client, &key, &json!({})));
}

#[test]
fn g05_what_is_fetched_is_bounded() {
    let (server, outside, other) = (inside(), Outside::start(), Outside::start());
    let overseer = Overseer::register(&server);
    let key = ClientKey::generate("ES256");
    let set = key.jwks().to_string();
    other.answers(200, &set);
    let client = registered(&server, &overseer, json!({ "jwks_uri": format!("{}/jwks.json", outside.url) }));
    let is_refused = || {
        server.clock.advance(30);
        refused(token(&server, &client, &key, &json!({})), 401, "invalid_client");
    };
    outside.redirects(&format!("{}/jwks.json", other.url));
    is_refused();
    assert!(other.asked().is_empty());
    for (status, body) in [
        (404, set.clone()),
        (200, format!("{set}{}", " ".repeat(70_000))),
        (200, "[]".to_owned()),
        (200, "{}".to_owned()),
        (200, "not JSON".to_owned()),
        (200, json!({ "keys": [] }).to_string()),
        (200, "[".repeat(10_000)),
    ] {
        outside.answers(status, &body);
        is_refused();
    }
    outside.answers(200, &set);
    outside.takes(Duration::from_secs(7));
    is_refused();
    outside.takes(Duration::ZERO);
    server.clock.advance(30);
    granted(token(&server, &client, &key, &json!({})));
}
