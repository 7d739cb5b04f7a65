//! What strangers do to connections: requests cut off, too large, never finished. Others are served meanwhile.

use crate::support::{Agent, TestServer};

const INITIATE: &str = "/v1/agents/register/initiate";

fn is_well(server: &TestServer) {
    server.get("/health").send().expect(200);
    Agent::register(server);
}

#[test]
fn a_large_body_is_413_with_a_length_and_in_chunks() {
    let server = TestServer::start();
    let json = "Content-Type: application/json";
    let large = "a".repeat(10 * 1024 * 1024);
    let head = server.head("POST", INITIATE, &[json, "Connection: close", &format!("Content-Length: {}", large.len())]);
    assert_eq!(server.connect().send(head).send(&large).status(), 413);
    // Refused by what the length says, without waiting for what may never come.
    let head = server.head("POST", INITIATE, &[json, "Content-Length: 65537", "Connection: close"]);
    assert_eq!(server.connect().send(head).status(), 413);

    let chunked = server.head("POST", INITIATE, &[json, "Transfer-Encoding: chunked", "Connection: close"]);
    let chunk = format!("8000\r\n{}\r\n", "a".repeat(0x8000));
    assert_eq!(server.connect().send(&chunked).send(chunk.repeat(3)).status(), 413);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let chunked_form =
        server.head("POST", "/v1/oauth/token", &[form, "Transfer-Encoding: chunked", "Connection: close"]);
    let answer = server.connect().send(chunked_form).send(chunk.repeat(3)).rest();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"invalid_request\""), "{answer}");
    // Its accepted twin: chunks that make a small body.
    let body = format!(r#"{{"name":"in chunks","public_key":"{}"}}"#, Agent::unregistered().public_key());
    let pieces: String = body.chars().map(|piece| format!("1\r\n{piece}\r\n")).collect();
    assert_eq!(server.connect().send(&chunked).send(pieces).send("0\r\n\r\n").status(), 200);
    is_well(&server);
}

#[test]
fn a_request_that_is_cut_off_harms_nobody() {
    let server = TestServer::start();
    let head = server.head("POST", INITIATE, &["Content-Type: application/json", "Content-Length: 100"]);
    let mut waiting = Vec::new();
    for beginning in
        ["", "G", "GET / HT", "POST /v1/agents/login HTTP/1.1\r\nHost: 127", &format!("{head}{{\"na"), &head]
    {
        let mut connection = server.connect();
        connection.send(beginning);
        waiting.push(connection);
    }
    is_well(&server);
    for mut connection in waiting {
        let status = connection.finish().status();
        assert!([0, 400].contains(&status), "{status}");
    }
    is_well(&server);
}

#[test]
fn what_is_no_http_is_refused() {
    let server = TestServer::start();
    for rubbish in [
        "rubbish\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /\0 HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nDPoP: a\0b\r\n\r\n",
        "POST /v1/oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        "POST /v1/oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST /v1/oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: rubbish\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01",
    ] {
        let status = server.connect().send(rubbish).finish().status();
        assert!([0, 400].contains(&status), "{rubbish:?}: {status}");
    }
    is_well(&server);
}

/// A body with both a length and chunks is read one way by a proxy and another way by the server (RFC 9112
/// section 6.3): the second request in it must never be answered.
#[test]
fn a_smuggled_request_is_not_answered() {
    let server = TestServer::start();
    let form = "Content-Type: application/x-www-form-urlencoded";
    let head = server.head("POST", "/v1/oauth/token", &[form, "Content-Length: 5", "Transfer-Encoding: chunked"]);
    let answer = server.connect().send(head).send("0\r\n\r\n").send(server.head("GET", "/health", &[])).finish().rest();
    assert!(!answer.contains("\"ok\""), "{answer}");
    is_well(&server);
}

#[test]
fn headers_and_addresses_have_bounds() {
    let server = TestServer::start();
    let long = |name: &str, size: usize| format!("{name}: {}", "a".repeat(size));
    for (more, expected) in [
        (vec![long("X-Long", 8 * 1024)], 200),
        (vec![long("X-Long", 128 * 1024)], 431),
        (vec![long("X-Long", 1024 * 1024)], 431),
        ((0..99).map(|number| format!("X-{number}: x")).collect(), 431),
        ((0..10_000).map(|number| format!("X-{number}: x")).collect(), 431),
    ] {
        let more: Vec<&str> = more.iter().map(String::as_str).chain(["Connection: close"]).collect();
        assert_eq!(server.connect().send(server.head("GET", "/health", &more)).status(), expected);
    }
    let address = |size: usize| format!("/{}", "a".repeat(size));
    let close = ["Connection: close"];
    assert_eq!(server.connect().send(server.head("GET", &address(8_000), &close)).status(), 404);
    let status = server.connect().send(server.head("GET", &address(100_000), &close)).status();
    assert!([414, 431].contains(&status), "{status}");
    is_well(&server);
}

#[test]
fn huge_credentials_are_refused() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let huge = "A".repeat(16 * 1024);
    server.get("/v1/agents/me").header("dpop", &huge).send().refused(401, "invalid_dpop_proof");
    server.get("/v1/agents/me").session(&huge).send().refused(401, "not_authenticated");
    agent.introspect(&server, &huge).expect(200);
    for bytes in [b"\xff\xfe".as_slice(), b"a\xffb"] {
        let mut head = b"GET /v1/agents/me HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nDPoP: ".to_vec();
        head.extend_from_slice(bytes);
        head.extend_from_slice(b"\r\n\r\n");
        assert_eq!(server.connect().send(head).status(), 400);
    }
    agent.proven(&server, "GET", "/v1/agents/me").send().expect(200);
}

/// One connection carries many requests, and a refused one in between does not end it.
#[test]
fn a_connection_stays_usable_after_a_refusal() {
    let server = TestServer::start();
    let mut connection = server.connect();
    connection.send(server.head("GET", "/nothing", &[]));
    connection.send(server.head("POST", "/v1/agents/logout", &["Content-Length: 0"]));
    let json = ["Content-Type: application/json", "Content-Length: 1"];
    connection.send(server.head("POST", "/v1/overseers/login", &json)).send("{");
    connection.send(server.head("GET", "/health", &["Connection: close"]));
    let answers = connection.rest();
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["404", "401", "400", "200"]);
}
