//! `/v1/overseers`: humans' accounts.

use serde_json::{Value, json};

use crate::support::overseer::PASSWORD;
use crate::support::{Answer, Overseer, TestServer};

fn register(server: &TestServer, email: &str, password: &str) -> Answer {
    let body = json!({ "name": "Ada", "email": email, "password": password });
    server.post("/v1/overseers/register").json(&body).send()
}

fn login(server: &TestServer, email: &str, password: &str) -> Answer {
    server.post("/v1/overseers/login").json(&json!({ "email": email, "password": password })).send()
}

#[test]
fn an_overseer_registers_logs_in_and_out() {
    let server = TestServer::start();
    let registered = register(&server, " Ada@Example.ORG ", PASSWORD).expect(201);
    registered.has_members("", &["success", "overseer", "session_id", "expires_in"]);
    assert_eq!(registered.get("overseer")["email"], "ada@example.org");
    assert_eq!(registered.get("expires_in"), 12 * 60 * 60);
    assert!(!registered.text.contains("argon2"), "{registered:?}");

    let logged_in = login(&server, "ADA@example.org", PASSWORD).expect(200);
    logged_in.has_members("", &["success", "overseer", "session_id", "expires_in"]);
    assert_eq!(logged_in.get("overseer"), registered.get("overseer"));
    let session = logged_in.text_of("session_id");
    assert_ne!(session, registered.text_of("session_id"));
    let me = server.get("/v1/overseers/me").session(&session).send().expect(200);
    assert_eq!(me.get("overseer"), registered.get("overseer"));

    let logout = server.post("/v1/overseers/logout").session(&session).send().expect(200);
    assert_eq!(logout.json(), json!({ "success": true }));
    server.get("/v1/overseers/me").session(&session).send().refused(401, "not_authenticated");
    server.get("/v1/overseers/me").session(&registered.text_of("session_id")).send().expect(200);
    assert_eq!(server.count("overseers", "password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'"), 1);
}

#[test]
fn one_address_is_one_account() {
    let server = TestServer::start();
    register(&server, "ada@example.org", PASSWORD).expect(201);
    for email in ["ada@example.org", "ADA@EXAMPLE.ORG", " ada@example.org\t"] {
        register(&server, email, PASSWORD).refused(409, "email_taken");
    }
    register(&server, "ada@example.com", PASSWORD).expect(201);
    assert_eq!(server.count("overseers", "TRUE"), 2);
    assert_eq!(server.count("sessions", "TRUE"), 2);
}

#[test]
fn an_address_has_the_form_of_one() {
    let server = TestServer::start();
    let longest = format!("{}@example.org", "a".repeat(242));
    for email in ["a@b.c", "ada+tag@sub.example.org", "ädä@exämple.org", longest.as_str()] {
        register(&server, email, PASSWORD).expect(201);
    }
    let too_long = format!("a{longest}");
    for email in [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "ada@.org",
        "ada@example..org",
        "ada@@example.org",
        "a da@example.org",
        "ada@exam\0ple.org",
        "ada@example.org\r\nBcc: eve@example.org",
        &too_long,
    ] {
        register(&server, email, PASSWORD).refused(422, "invalid_field");
    }
    let body = json!({ "name": "", "email": "b@example.org", "password": PASSWORD });
    server.post("/v1/overseers/register").json(&body).send().refused(422, "invalid_field");
}

#[test]
fn a_weak_password_is_refused() {
    let server = TestServer::start();
    for password in [
        "",
        "short",
        "1234567",
        "password",
        "Password",
        "drowssap",
        "12345678",
        "qwertyuiop",
        "iloveyou1",
        "aaaaaaaaaa",
    ] {
        register(&server, "ada@example.org", password).refused(422, "weak_password");
    }
    register(&server, "ada@example.org", &"x1".repeat(513)).refused(422, "weak_password");
    assert_eq!(server.count("overseers", "TRUE"), 0);
    let long = "lantern harbour ".repeat(64);
    assert_eq!(long.len(), 1024);
    for (email, password) in
        [("a@example.org", "mc4Qv7zü"), ("b@example.org", "密码很长很好记吧"), ("c@example.org", &long)]
    {
        register(&server, email, password).expect(201);
        login(&server, email, password).expect(200);
    }
    // Neither trimmed nor cut off.
    login(&server, "c@example.org", long.trim()).refused(401, "wrong_credentials");
}

/// B08: who guesses does not learn whether the account exists.
#[test]
fn a_wrong_password_and_an_unknown_account_look_alike() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    let wrong = login(&server, &overseer.email, "another password").refused(401, "wrong_credentials");
    let unknown = login(&server, "nobody@example.org", PASSWORD).refused(401, "wrong_credentials");
    let malformed = login(&server, "no address", PASSWORD).refused(401, "wrong_credentials");
    assert_eq!(wrong.text, unknown.text);
    assert_eq!(wrong.text, malformed.text);
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&wrong), names(&unknown));
    for password in [PASSWORD.to_uppercase(), format!("{PASSWORD} "), String::new()] {
        login(&server, &overseer.email, &password).refused(401, "wrong_credentials");
    }
    login(&server, &overseer.email, PASSWORD).expect(200);
}

/// An account without a password, as a shadow overseer's is, has none that fits.
#[test]
fn an_account_without_a_password_has_no_login() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    server.execute("UPDATE overseers SET password_hash = NULL");
    for password in ["", PASSWORD] {
        login(&server, &overseer.email, password).refused(401, "wrong_credentials");
    }
}

#[test]
fn an_overseer_sees_their_agents_and_nobody_else_s() {
    let server = TestServer::start();
    let (ada, bob) = (Overseer::register(&server), Overseer::register(&server));
    let agent = crate::support::Agent::register(&server);
    ada.oversee(&server, &agent);
    let mine = ada.call(&server, "GET", "/v1/overseers/me/agents").send().expect(200);
    assert_eq!(mine.get("agents").as_array().unwrap().len(), 1);
    let shown = &mine.get("agents")[0];
    assert_eq!((&shown["id"], &shown["overseer_id"]), (&json!(agent.id), &json!(ada.id)));
    assert_eq!((&shown["since"], &shown["marked_for_cancellation"]), (&json!("2026-11-24T06:00:00Z"), &json!(false)));
    let path = format!("/v1/overseers/{}/agents", ada.id);
    assert_eq!(ada.call(&server, "GET", &path).send().expect(200).json(), mine.json());
    bob.call(&server, "GET", &path).send().refused(403, "not_your_account");
    server.get(&path).send().refused(401, "not_authenticated");
    ada.call(&server, "GET", "/v1/overseers/nobody/agents").send().refused(403, "not_your_account");
    let none = bob.call(&server, "GET", "/v1/overseers/me/agents").send().expect(200);
    assert_eq!(none.json(), json!({ "agents": [] }));
}

#[test]
fn an_overseer_marks_an_agent_to_be_let_go() {
    let server = TestServer::start();
    let (ada, bob) = (Overseer::register(&server), Overseer::register(&server));
    let (agent, stranger) = (crate::support::Agent::register(&server), crate::support::Agent::register(&server));
    ada.oversee(&server, &agent);
    let path = |overseer: &Overseer, agent: &crate::support::Agent| {
        format!("/v1/overseers/{}/agents/{}/cancellation", overseer.id, agent.id)
    };
    let put = |caller: &Overseer, path: &str, marked: Value| {
        caller.call(&server, "PUT", path).json(&json!({ "marked_for_cancellation": marked })).send()
    };
    for marked in [true, true, false] {
        let done = put(&ada, &path(&ada, &agent), json!(marked)).expect(200);
        assert_eq!(done.json(), json!({ "success": true }));
        let list = ada.call(&server, "GET", "/v1/overseers/me/agents").send().expect(200);
        assert_eq!(list.get("agents")[0]["marked_for_cancellation"], marked);
    }
    put(&bob, &path(&ada, &agent), json!(true)).refused(403, "not_your_account");
    put(&bob, &path(&bob, &agent), json!(true)).refused(403, "not_your_agent");
    put(&ada, &path(&ada, &stranger), json!(true)).refused(403, "not_your_agent");
    put(&ada, &path(&ada, &agent), json!("yes")).refused(422, "invalid_field");
    let body = json!({ "marked_for_cancellation": true });
    server.put(&path(&ada, &agent)).json(&body).send().refused(401, "not_authenticated");
    let nobody = format!("/v1/overseers/{}/agents/{}/cancellation", ada.id, ada.id);
    put(&ada, &nobody, json!(true)).refused(404, "agent_not_found");
    assert_eq!(server.count("oversights", "marked_for_cancellation = TRUE"), 0);
}
