//! Rubbish at every route: always the right 4xx with a sentence, never a 5xx (B10 of the negative cases).

use serde_json::{Value, json};

use super::routes::{Body, Caller, Callers, ROUTES, Route, path_of};
use crate::support::{Answer, TestServer};

/// An id that nothing has.
const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a route answers to a body, as whoever may call it.
fn post(server: &TestServer, callers: &Callers, route: &Route, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let (method, template, caller, _) = *route;
    let call = callers.call(server, caller, method, &path_of(template, NOBODY));
    call.header("content-type", content_type).bytes(body).send()
}

/// A refusal in the form of its kind, with a sentence that is not as long as what was sent.
#[track_caller]
fn is_refused(answer: &Answer, statuses: &[u16], what: &str) {
    assert!(statuses.contains(&answer.status), "{what}: {answer:?}");
    let body = answer.json();
    let sentence = if body["error_description"].is_string() { &body["error_description"] } else { &body["error"] };
    let sentence = sentence.as_str().unwrap_or_else(|| panic!("{what}: {answer:?}"));
    assert!(sentence.ends_with('.') && sentence.len() < 600, "{what}: {answer:?}");
}

fn with_json() -> impl Iterator<Item = (&'static Route, &'static [&'static str])> {
    ROUTES.iter().filter_map(|route| if let Body::Json(fields) = route.3 { Some((route, fields)) } else { None })
}

fn with_form() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| matches!(route.3, Body::Form(_)))
}

#[test]
fn nobody_gets_in_without_a_credential() {
    let server = TestServer::start();
    for (method, template, caller, body) in
        ROUTES.iter().filter(|route| !matches!(route.2, Caller::Anybody | Caller::Token))
    {
        let path = path_of(template, NOBODY);
        let call = || crate::support::Call::new(method, &server.url, &path).json(&json!({}));
        call().send().refused(401, "not_authenticated");
        // Whose session it is, is known only in the transaction; the body is read before.
        let answer = call().session(&"A".repeat(43)).send();
        match (caller, body) {
            (Caller::ProvenAgent, _) => answer.refused(403, "proof_required"),
            (_, Body::OauthJson) => answer.oauth_refused(400, "invalid_request"),
            (_, Body::Json([_, ..])) => answer.expect(if *method == "PATCH" { 401 } else { 422 }),
            _ => answer.refused(401, "not_authenticated"),
        };
        call().header("dpop", "rubbish").send().expect(401);
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    let deep = |open: &str, close: &str| format!("{{\"x\":{}{}}}", open.repeat(20_000), close.repeat(20_000));
    let malformed: Vec<Vec<u8>> = vec![
        vec![],
        b" ".to_vec(),
        b"{".to_vec(),
        b"{}x".to_vec(),
        b"{} {}".to_vec(),
        b"{'a':1}".to_vec(),
        b"{\"a\":1,}".to_vec(),
        b"{\"a\":NaN}".to_vec(),
        b"{\"a\":\"\\ud800\"}".to_vec(),
        b"{\"a\":\"\x00\"}".to_vec(),
        b"{\"a\":\"\xff\"}".to_vec(),
        b"\xff\xfe{\x00}\x00".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\x00".to_vec(),
        b"a=b".to_vec(),
        deep("[", "]").into_bytes(),
        deep("[", "").into_bytes(),
        b"{\"x\":1,\"x\":2}".to_vec(),
        b"{\"x\":{\"y\":1,\"y\":1}}".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"7".to_vec(),
        b"\"text\"".to_vec(),
    ];
    for (route, _) in with_json() {
        for body in &malformed {
            let what = format!("{route:?} {:?}", String::from_utf8(body.iter().copied().take(40).collect()));
            is_refused(&post(&server, &callers, route, JSON, body.clone()), &[400], &what);
        }
    }
}

/// serde reads a struct from an array of its fields too; the API takes objects and nothing else.
#[test]
fn an_array_in_the_order_of_the_fields_is_no_object() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    let body = json!([callers.agent.id]);
    let path = "/v1/agents/login";
    callers.agent.proven(&server, "POST", path).json(&body).send().refused(400, "malformed_json");
    callers.agent.login(&server).expect(200);
}

#[test]
fn a_field_of_the_wrong_type_or_twice_is_refused() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    for (route, fields) in with_json() {
        for field in fields {
            for value in [json!(7), json!(-1.5e300), json!([]), json!({ "a": 1 }), json!("\u{0}"), json!("a\u{0}b")] {
                let what = format!("{route:?} {field} {value}");
                let body = json!({ *field: value }).to_string();
                is_refused(&post(&server, &callers, route, JSON, body), &[422], &what);
            }
            let twice = format!(r#"{{"{field}":"a","{field}":"a"}}"#);
            is_refused(&post(&server, &callers, route, JSON, twice), &[400], &format!("{route:?} {field} twice"));
            let long = json!({ *field: "a".repeat(60_000) }).to_string();
            let what = format!("{route:?} {field} long");
            is_refused(&post(&server, &callers, route, JSON, long), &[401, 403, 404, 422], &what);
        }
    }
}

#[test]
fn a_missing_field_is_refused_by_name() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    for (route, fields) in with_json() {
        // A change has no field that must be there.
        if route.0 == "PATCH" {
            continue;
        }
        let answer = post(&server, &callers, route, JSON, "{}");
        is_refused(&answer, &[422], &format!("{route:?}"));
        assert!(fields.iter().any(|field| answer.text.contains(field)), "{answer:?}");
    }
}

/// NUL can not be stored on every engine, so it stops at the edge, wherever it stands.
#[test]
fn nul_is_refused_in_every_text_field() {
    let server = TestServer::start();
    let good = |field: &str| match field {
        "name" => json!("Ada"),
        "email" => json!("ada@example.org"),
        "password" => json!("a harbour full of green lanterns"),
        other => panic!("{other}"),
    };
    for spoiled in ["name", "email", "password"] {
        let mut body = json!({});
        for field in ["name", "email", "password"] {
            let text = good(field);
            let text = text.as_str().unwrap();
            body[field] = if field == spoiled { json!(format!("{text}\0x")) } else { json!(text) };
        }
        server.post("/v1/overseers/register").json(&body).send().refused(422, "invalid_field");
    }
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": good("password"), "un\0known": "x" });
    server.post("/v1/overseers/register").json(&body).send().refused(422, "invalid_field");
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": good("password"), "more": ["\0"] });
    server.post("/v1/overseers/register").json(&body).send().refused(422, "invalid_field");
    let body = json!({ "name": "Ada", "email": "ada@example.org", "password": good("password"), "more": ["x"] });
    server.post("/v1/overseers/register").json(&body).send().expect(201);
}

/// What was sent may be secret: a password under the wrong name, a private key.
#[test]
fn a_refused_value_is_not_repeated() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    let secret = "hunter2hunter2";
    for (route, fields) in with_json() {
        for field in fields {
            for value in [json!({ "a": secret }), json!([secret]), json!(format!("{secret}\0")), json!(72_616_161)] {
                let answer = post(&server, &callers, route, JSON, json!({ *field: value }).to_string());
                assert!(!answer.text.contains(secret) && !answer.text.contains("72616161"), "{route:?}: {answer:?}");
            }
        }
    }
}

#[test]
fn a_body_is_declared_as_json() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    for (route, _) in with_json() {
        for content_type in ["text/plain", FORM, "multipart/form-data; boundary=x", "application/jsonp", "", "json"] {
            let answer = post(&server, &callers, route, content_type, "{}");
            answer.refused(415, "unsupported_media_type");
        }
        let (method, template, caller, _) = *route;
        callers
            .call(&server, caller, method, &path_of(template, NOBODY))
            .bytes("{}")
            .send()
            .refused(415, "unsupported_media_type");
        for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
            assert_ne!(post(&server, &callers, route, content_type, "{}").status, 415, "{route:?}");
        }
    }
}

/// What takes no body needs no Content-Type, and does not mind one.
#[test]
fn endpoints_without_a_body_need_no_content_type() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    for (method, template, caller, body) in ROUTES {
        if *body != Body::Nothing {
            continue;
        }
        let path = path_of(template, NOBODY);
        let statuses = [
            callers.call(&server, *caller, method, &path).send().status,
            callers.call(&server, *caller, method, &path).header("content-type", JSON).bytes("{").send().status,
        ];
        for status in statuses {
            assert!(![400, 415, 422].contains(&status) && status < 500, "{method} {template}: {status}");
        }
        if method == &"DELETE" && template == &"/v1/agents/me" {
            return endpoints_after_deletion(&server);
        }
    }
}

/// The rest of the list, for the agent of the first half has deleted itself.
fn endpoints_after_deletion(server: &TestServer) {
    let callers = Callers::new(server);
    for (method, template, caller, body) in ROUTES {
        if *body == Body::Nothing
            && (*method, *template) != ("DELETE", "/v1/agents/me")
            && !template.ends_with("logout")
        {
            let path = path_of(template, NOBODY);
            let status = callers.call(server, *caller, method, &path).send().status;
            assert!([200, 403, 404, 409].contains(&status), "{method} {template}: {status}");
        }
    }
}

#[test]
fn a_body_has_a_limit() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    for (route, fields) in with_json() {
        let body = |size: usize| {
            let frame = json!({ fields[0]: "" }).to_string();
            json!({ fields[0]: "a".repeat(size - frame.len()) }).to_string()
        };
        assert_eq!(body(65_536).len(), 65_536);
        is_refused(&post(&server, &callers, route, JSON, body(65_536)), &[401, 403, 404, 422], &format!("{route:?}"));
        post(&server, &callers, route, JSON, body(65_537)).refused(413, "body_too_large");
    }
    for route in with_form() {
        let body = |size: usize| format!("x={}", "a".repeat(size - 2));
        is_refused(&post(&server, &callers, route, FORM, body(65_536)), &[400, 401], &format!("{route:?}"));
        post(&server, &callers, route, FORM, body(65_537)).oauth_refused(413, "invalid_request");
    }
}

#[test]
fn a_form_is_utf_8_without_nul_and_has_few_parameters() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    let many = |number: usize| (0..number).map(|index| format!("{index:x}=")).collect::<Vec<_>>().join("&");
    for route in with_form() {
        for body in [
            b"x=%00".to_vec(),
            b"x=\x00".to_vec(),
            b"%00=x".to_vec(),
            b"x=%FF".to_vec(),
            b"x=\xff".to_vec(),
            b"x=%C0%AF".to_vec(),
            b"x=%ED%A0%80".to_vec(),
            many(65).into_bytes(),
            many(10_000).into_bytes(),
            "resource=x&".repeat(5_000).into_bytes(),
            b"a=1&a=1".to_vec(),
            b"a=1&%61=1".to_vec(),
        ] {
            post(&server, &callers, route, FORM, body).oauth_refused(400, "invalid_request");
        }
        // Well-formed, if odd: what is refused is the caller, not the form.
        for body in [many(63), "%zz=%".to_owned(), "&&&&=&".to_owned(), "x=\u{1F600}".to_owned(), "&".repeat(60_000)] {
            let answer = post(&server, &callers, route, FORM, body);
            is_refused(&answer, &[400, 401], &format!("{route:?}"));
            assert!(answer.status == 401 || answer.text.contains("grant_type"), "{answer:?}");
        }
    }
}

#[test]
fn rubbish_in_an_address_is_404() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    let long = "a".repeat(8_000);
    for (method, template, caller, body) in ROUTES.iter().filter(|route| route.1.contains("id}")) {
        let upper = NOBODY.replace("7000", "7ABC");
        for id in
            ["x", "%00", "%FF", "%C0%AF", "%2e%2e", "%2F", "'", "%22%3E%3Cscript%3E", "%", "%zz", "-1", &upper, &long]
        {
            let path = path_of(template, id);
            let call = callers.call(&server, *caller, method, &path);
            let call = if matches!(body, Body::Json(_)) { call.json(&json!({})) } else { call };
            let answer = call.send();
            // A proof can not name what is no address; then it is the proof that is refused.
            let expected: &[u16] = match caller {
                Caller::Agent | Caller::ProvenAgent => &[401, 404],
                Caller::Overseer if template.contains("{id}") => &[403, 404],
                Caller::Overseer | Caller::Anybody | Caller::Token => &[404],
            };
            is_refused(&answer, expected, &format!("{method} {path}"));
            assert!(!answer.text.contains("script"), "{answer:?}");
        }
    }
}

/// An id that nothing has is 404 or 403, whatever else is right.
#[test]
fn an_unknown_id_names_nothing() {
    let server = TestServer::start();
    let callers = Callers::new(&server);
    let good = |field: &str| match field {
        "signature" => Value::from(callers.agent.sign("")),
        "overseer_id" => Value::from(callers.overseer.id.clone()),
        "agent_id" => Value::from(callers.agent.id.clone()),
        "marked_for_cancellation" | "disabled" => Value::from(true),
        "public_key" => Value::from(callers.agent.public_key()),
        "name" | "reason" => Value::from("Ada"),
        "scope" => Value::from("id"),
        "client_id" => Value::from(NOBODY),
        other => panic!("{other}"),
    };
    for (method, template, caller, body) in ROUTES.iter().filter(|route| route.1.contains("id}")) {
        let call = callers.call(&server, *caller, method, &path_of(template, NOBODY));
        let call = match body {
            Body::Json(fields) => call.json(&fields.iter().map(|field| ((*field).to_owned(), good(field))).collect()),
            Body::Nothing | Body::Form(_) | Body::OauthJson => call,
        };
        let status = if template.contains("{id}") { 403 } else { 404 };
        is_refused(&call.send(), &[status], &format!("{method} {template}"));
    }
}
