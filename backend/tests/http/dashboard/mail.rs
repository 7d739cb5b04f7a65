//! Letters: an address is confirmed, changed, and a forgotten password replaced, by links that come by mail. A real mail server's
//! protocol, over a socket.

use agentid::config::MailUrl;
use agentid::db::schema::mails;
use serde_json::{Value, json};

use super::{act, done, is_page, send, signed_in};
use crate::support::browser::{Browser, between};
use crate::support::client::Answer;
use crate::support::mailbox::Letter;
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Mailbox, Overseer, TestServer};

const NEW: &str = "another harbour with red boats";

fn confirm(server: &TestServer, overseer: &Overseer, token: &str) -> Answer {
    let path = "/v1/overseers/me/email/confirmation";
    overseer.call(server, "PUT", path).json(&json!({ "token": token })).send()
}

fn ask(server: &TestServer, overseer: &Overseer) -> Answer {
    overseer.call(server, "POST", "/v1/overseers/me/email/confirmation").send()
}

fn forgotten(server: &TestServer, email: &str) -> Answer {
    server.post("/v1/overseers/forgotten-password").json(&json!({ "email": email })).send()
}

fn login(server: &TestServer, email: &str, password: &str) -> Answer {
    server.post("/v1/overseers/login").json(&json!({ "email": email, "password": password })).send()
}

fn change(server: &TestServer, overseer: &Overseer, email: &str) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD });
    overseer.call(server, "PUT", "/v1/overseers/me/email").json(&body).send()
}

fn me(server: &TestServer, overseer: &Overseer) -> Value {
    overseer.call(server, "GET", "/v1/overseers/me").send().expect(200).get("overseer")
}

/// An overseer whose address is confirmed.
fn confirmed(server: &TestServer, mailbox: &Mailbox) -> Overseer {
    let overseer = Overseer::register(server);
    let letter = mailbox.one(server, &overseer.email);
    confirm(server, &overseer, &letter.token("confirm-email")).expect(200);
    overseer
}

fn is_overseen(server: &TestServer, agent: &Agent) -> Value {
    agent.introspect(server, &agent.access_token(server)).expect(200).get("overseen")
}

fn subject(letter: &Letter) -> &str {
    letter.header("Subject")
}

#[test]
fn an_address_is_confirmed_by_a_link_and_tokens_say_so() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    let letter = mailbox.one(&server, &overseer.email);
    assert_eq!(letter.header("From"), "\"Agent ID\" <id@example.org>");
    assert_eq!((letter.header("To"), letter.header("Auto-Submitted")), (overseer.email.as_str(), "auto-generated"));
    assert!(!letter.text.contains("Test Overseer"), "{letter:?}");
    // Until then nobody knows whose address it is.
    assert_eq!(me(&server, &overseer)["email_verified"], false);
    assert_eq!(is_overseen(&server, &agent), false);
    let browser = signed_in(&server, &overseer);
    is_page(&browser.get("/agents"), 200, &["Your e-mail address is not confirmed"]);
    // Looking does nothing, also without a session: whoever looks is asked to sign in, and comes back.
    let token = letter.token("confirm-email");
    let path = format!("/confirm-email?token={token}");
    let stranger = Browser::new(&server);
    let sign_in = stranger.follow(stranger.get(&path).expect(303)).expect(200);
    for _ in 0..3 {
        is_page(&browser.get(&path), 200, &["Confirm that you read what is sent to", &overseer.email]);
    }
    assert_eq!(me(&server, &overseer)["email_verified"], false);
    let next = between(&sign_in.text, "name=\"next\" value=\"", "\"");
    let form = [("email", overseer.email.as_str()), ("password", PASSWORD), ("next", &next)];
    let page = stranger.follow(send(&stranger, &sign_in, "/sign-in", &form).expect(303)).expect(200);
    done(&stranger, send(&stranger, &page, "/confirm-email", &[("token", &token)]), "is confirmed");
    // The other browser stays signed in, for the address is the same.
    let page = browser.get("/account").expect(200);
    assert!(page.text.contains("confirmed</span>") && !page.text.contains("is not confirmed"), "{page:?}");
    assert_eq!(me(&server, &overseer)["email_verified"], true);
    assert_eq!(is_overseen(&server, &agent), true);
    // It counts once.
    is_page(&browser.get(&path), 404, &["role=\"alert\""]);
    confirm(&server, &overseer, &token).refused(404, "link_expired");
    ask(&server, &overseer).refused(409, "already_confirmed");
    let log = overseer.call(&server, "GET", "/v1/overseers/me/security-log").send().expect(200).get("events");
    assert!(log.as_array().unwrap().iter().any(|event| event["kind"] == "email_confirmed"), "{log}");
}

#[test]
fn a_link_is_good_for_its_account_and_a_day() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    let (overseer, other) = (Overseer::register(&server), Overseer::register(&server));
    let first = mailbox.one(&server, &overseer.email).token("confirm-email");
    confirm(&server, &other, &first).refused(404, "link_expired");
    is_page(&signed_in(&server, &other).get(&format!("/confirm-email?token={first}")), 404, &["another account"]);
    confirm(&server, &overseer, "x").refused(404, "link_expired");
    ask(&server, &overseer).expect(200);
    let second = mailbox.one(&server, &overseer.email).token("confirm-email");
    server.clock.advance(24 * 60 * 60);
    let overseer = overseer.again(&server);
    for token in [&first, &second] {
        confirm(&server, &overseer, token).refused(404, "link_expired");
    }
    let browser = signed_in(&server, &overseer);
    done(&browser, act(&browser, "/account", &[("action", "confirm-email")]), "on its way");
    let third = mailbox.one(&server, &overseer.email).token("confirm-email");
    server.clock.advance(24 * 60 * 60 - 1);
    // A newer one does not take it away; one that is used does.
    let overseer = overseer.again(&server);
    ask(&server, &overseer).expect(200);
    let fourth = mailbox.one(&server, &overseer.email).token("confirm-email");
    confirm(&server, &overseer, &third).expect(200);
    confirm(&server, &overseer, &fourth).refused(404, "link_expired");
}

#[test]
fn a_forgotten_password_is_replaced_by_mail() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    let overseer = confirmed(&server, &mailbox);
    let unconfirmed = Overseer::register(&server);
    mailbox.one(&server, &unconfirmed.email);
    // Who asks learns nothing.
    let nobody = "nobody@example.org";
    let answers = [&overseer.email, &unconfirmed.email, nobody].map(|email| forgotten(&server, email).expect(200));
    assert!(answers.iter().all(|answer| answer.text == answers[0].text), "{answers:?}");
    forgotten(&server, "no address").refused(422, "invalid_field");
    let letter = mailbox.one(&server, &overseer.email);
    for email in [&unconfirmed.email, nobody] {
        assert!(mailbox.receive(&server, email).is_empty());
    }
    assert_eq!(server.count("mails", "TRUE"), 0);
    // The page does the same; whoever asks does not take away a link that was sent.
    let browser = Browser::new(&server);
    done(&browser, act(&browser, "/forgotten", &[("email", &overseer.email)]), "If there is an account");
    let newer = mailbox.one(&server, &overseer.email);
    let reset = |letter: &Letter| {
        let body = json!({ "token": letter.token("reset"), "new_password": NEW });
        server.post("/v1/overseers/reset-password").json(&body).send()
    };
    let thief = signed_in(&server, &overseer);
    let log = overseer.call(&server, "GET", "/v1/overseers/me/security-log").send().expect(200).get("events");
    let asked = log.as_array().unwrap().iter().filter(|event| event["kind"] == "password_reset_begun");
    assert_eq!(
        asked.map(|event| event["address"].clone()).collect::<Vec<_>>(),
        [json!("127.0.0.1"), json!("127.0.0.1")]
    );
    reset(&letter).expect(200);
    reset(&newer).refused(404, "link_expired");
    thief.get("/agents").expect(303);
    login(&server, &overseer.email, PASSWORD).refused(401, "wrong_credentials");
    login(&server, &overseer.email, NEW).expect(200);
    assert_eq!(subject(&mailbox.one(&server, &overseer.email)), "Your password was changed");
}

#[test]
fn another_address_is_theirs_once_its_link_is_followed() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    let overseer = confirmed(&server, &mailbox);
    let (new, taken) = ("new@example.org", Overseer::register(&server).email);
    mailbox.one(&server, &taken);
    let answer = change(&server, &overseer, new).expect(200);
    assert_eq!(answer.get("changed"), false);
    // Nothing is changed, and nobody is told, until then.
    assert!(mailbox.receive(&server, &overseer.email).is_empty());
    let token = mailbox.one(&server, new).token("confirm-email");
    login(&server, &overseer.email, PASSWORD).expect(200);
    login(&server, new, PASSWORD).refused(401, "wrong_credentials");
    let (browser, other) = (signed_in(&server, &overseer), signed_in(&server, &overseer));
    let path = format!("/confirm-email?token={token}");
    is_page(&browser.get(&path), 200, &[new, "All other sessions end"]);
    done(&browser, act(&browser, &path, &[("token", &token)]), "is confirmed");
    other.get("/agents").expect(303);
    overseer.call(&server, "GET", "/v1/overseers/me").send().refused(401, "not_authenticated");
    login(&server, &overseer.email, PASSWORD).refused(401, "wrong_credentials");
    let session = login(&server, new, PASSWORD).expect(200).text_of("session_id");
    let told = mailbox.one(&server, &overseer.email);
    assert_eq!(subject(&told), "Your account has another e-mail address");
    assert!(!told.text.contains(new), "{told:?}");
    let overseer = Overseer { session, email: new.to_owned(), ..overseer };
    assert_eq!(me(&server, &overseer)["email_verified"], true);
    // Somebody else's address stays theirs.
    change(&server, &overseer, &taken).expect(200);
    let token = mailbox.one(&server, &taken).token("confirm-email");
    confirm(&server, &overseer, &token).refused(409, "email_taken");
    assert_eq!(me(&server, &overseer)["email"], new);
    // By page.
    let form = [("action", "email"), ("email", "third@example.org"), ("password", PASSWORD)];
    let browser = signed_in(&server, &overseer);
    done(&browser, act(&browser, "/account", &form), "on its way");
    let token = mailbox.one(&server, "third@example.org").token("confirm-email");
    confirm(&server, &overseer, &token).expect(200);
    assert_eq!(me(&server, &overseer)["email"], "third@example.org");
}

/// Somebody who had the password begins to change the address; its owner changes the password.
#[test]
fn a_new_password_takes_back_links_to_other_addresses() {
    for is_sent in [false, true] {
        let mailbox = Mailbox::start();
        let server = mailbox.server();
        let overseer = confirmed(&server, &mailbox);
        let thief = "thief@example.org";
        change(&server, &overseer, thief).expect(200);
        let token = is_sent.then(|| mailbox.one(&server, thief).token("confirm-email"));
        let body = json!({ "password": PASSWORD, "new_password": NEW });
        overseer.call(&server, "PUT", "/v1/overseers/me/password").json(&body).send().expect(200);
        match token {
            Some(token) => {
                confirm(&server, &overseer, &token).refused(404, "link_expired");
            }
            None => assert!(mailbox.receive(&server, thief).is_empty()),
        }
        assert_eq!(me(&server, &overseer)["email"], overseer.email.as_str());
        forgotten(&server, &overseer.email).expect(200);
        let body = json!({ "password": NEW, "new_password": PASSWORD });
        let session = login(&server, &overseer.email, NEW).expect(200).text_of("session_id");
        server.put("/v1/overseers/me/password").session(&session).json(&body).send().expect(200);
        // A link that was asked for before is not sent either.
        let told = mailbox.receive(&server, &overseer.email);
        assert_eq!(told.iter().map(subject).collect::<Vec<_>>(), ["Your password was changed"; 2]);
    }
}

#[test]
fn a_letter_that_is_not_taken_is_sent_again() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    mailbox.refuses(Some("451 not now"));
    let overseer = Overseer::register(&server);
    for wait in [0, 9, 1] {
        server.clock.advance(wait);
        assert!(mailbox.receive(&server, &overseer.email).is_empty());
    }
    let tries = || mailbox.said().iter().filter(|line| line.starts_with("RCPT")).count();
    assert_eq!((tries(), server.count("mails", "attempts = 2")), (2, 1));
    mailbox.refuses(None);
    server.clock.advance(30);
    let letter = mailbox.one(&server, &overseer.email);
    confirm(&server, &overseer, &letter.token("confirm-email")).expect(200);
    assert_eq!(server.count("mails", "TRUE"), 0);
    // Whatever it says, for it may be about our settings; in a day it is given up.
    for refusal in ["550 no such mailbox", "535 wrong password"] {
        mailbox.refuses(Some(refusal));
        let other = Overseer::register(&server);
        assert!(mailbox.receive(&server, &other.email).is_empty());
        for hours in [1, 1, 1, 1, 1, 3, 6, 12] {
            assert_eq!(server.count("mails", "TRUE"), 1);
            server.clock.advance(hours * 60 * 60);
            assert!(mailbox.receive(&server, &other.email).is_empty());
        }
        assert_eq!(server.count("mails", "TRUE"), 0);
    }
}

#[test]
fn letters_that_nobody_sends_are_forgotten() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    Overseer::register(&server);
    for (wait, left) in [(48 * 60 * 60, 1), (1, 0)] {
        server.clock.advance(wait);
        server.block_on(agentid::background::purge_expired(&server.app)).unwrap();
        assert_eq!(server.count("mails", "TRUE"), left);
    }
}

#[test]
fn an_address_is_nothing_but_an_address() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    for email in [
        "\"http://evil.example/login\"<victim@example.org>",
        "a<victim@example.org>",
        "\"victim\"@example.org",
        "victim(x)@example.org",
        "a:victim@example.org",
        "victim@example.org,",
    ] {
        let body = json!({ "name": "x", "email": email, "password": PASSWORD });
        server.post("/v1/overseers/register").json(&body).send().refused(422, "invalid_field");
    }
    let body = json!({ "name": "x", "email": "o'hara+x@example.org", "password": PASSWORD });
    server.post("/v1/overseers/register").json(&body).send().expect(201);
    assert_eq!(mailbox.one(&server, "o'hara+x@example.org").header("To"), "o'hara+x@example.org");
}

#[test]
fn what_waits_lets_nobody_in_and_is_sent_once() {
    let mailbox = Mailbox::start();
    let server = mailbox.server();
    let node = server.another_node();
    let overseers: Vec<Overseer> = (0..4).map(|_| Overseer::register(&server)).collect();
    assert_eq!((server.count("mails", "TRUE"), server.count("email_confirmations", "TRUE")), (4, 0));
    // Both have read what is due before either has taken it.
    let mail = server.block_on(server.app.db.read(|tx| mails::due(tx, &["confirm_email"], i64::MAX, 1))).unwrap();
    let take = |node: &TestServer| {
        let mail = mail[0].clone();
        node.block_on(node.app.db.write(move |tx| mails::take(tx, &mail, mail.due_at + 1))).unwrap()
    };
    assert_eq!([take(&server), take(&node)], [true, false]);
    server.clock.advance(1);
    std::thread::scope(|scope| {
        for node in [&server, &node] {
            let mailbox = &mailbox;
            scope.spawn(move || mailbox.receive(node, "nobody@example.org"));
        }
    });
    for overseer in &overseers {
        let letter = mailbox.one(&server, &overseer.email);
        confirm(&server, overseer, &letter.token("confirm-email")).expect(200);
    }
}

#[test]
fn without_a_mail_server_there_are_no_letters() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    assert_eq!((server.count("mails", "TRUE"), is_overseen(&server, &agent)), (0, json!(true)));
    forgotten(&server, &overseer.email).refused(409, "no_mail");
    ask(&server, &overseer).refused(409, "no_mail");
    assert_eq!(change(&server, &overseer, "new@example.org").expect(200).get("changed"), true);
    assert_eq!(server.count("mails", "TRUE"), 0);
}

#[test]
fn nobody_fills_a_mailbox() {
    let mailbox = Mailbox::start();
    let server = TestServer::with(|config| {
        mailbox.put_into(config);
        config.limits.letters_per_hour = 3;
    });
    let overseer = confirmed(&server, &mailbox);
    let came = (0..5).map(|_| {
        // Whether it is one too many, nobody is told; one that waits still is replaced.
        forgotten(&server, &overseer.email).expect(200);
        mailbox.receive(&server, &overseer.email).len()
    });
    assert_eq!(came.sum::<usize>(), 3);
    for _ in 0..3 {
        change(&server, &overseer, "victim@example.org").expect(200);
    }
    // Neither by the same account, nor by another, nor by one that comes to be.
    change(&server, &overseer, "other@example.org").refused(429, "too_many_requests");
    let other = confirmed(&server, &mailbox);
    change(&server, &other, "victim@example.org").refused(429, "too_many_requests");
    let body = json!({ "name": "x", "email": "victim@example.org", "password": PASSWORD });
    server.post("/v1/overseers/register").json(&body).send().refused(429, "too_many_requests");
    server.clock.advance(20 * 60);
    server.post("/v1/overseers/register").json(&body).send().expect(201);
    mailbox.receive(&server, "victim@example.org");
    // Nobody is told of each password of an account that was registered with their address.
    let session = login(&server, "victim@example.org", PASSWORD).expect(200).text_of("session_id");
    let body = json!({ "password": PASSWORD, "new_password": NEW });
    server.put("/v1/overseers/me/password").session(&session).json(&body).send().expect(200);
    assert!(mailbox.receive(&server, "victim@example.org").is_empty());
}

#[test]
fn the_mail_server_knows_us_by_a_password_and_nobody_else_hears_it() {
    let mailbox = Mailbox::offering("AUTH PLAIN");
    let at = |host: &str| {
        TestServer::with(|config| {
            mailbox.put_into(config);
            let url = format!("smtp://us%40example.org:pass%26w+rd@{host}:{}", mailbox.port);
            config.mail.url = MailUrl::new(&url).unwrap();
        })
    };
    let server = at("localhost");
    mailbox.one(&server, &Overseer::register(&server).email);
    // base64 of NUL us@example.org NUL pass&w+rd
    let said = mailbox.said();
    assert!(said.iter().any(|line| line == "AUTH PLAIN AHVzQGV4YW1wbGUub3JnAHBhc3MmdytyZA=="), "{said:?}");
    // Another machine gets neither password nor letter without TLS, which this one does not offer.
    let server = at(&own_address());
    assert!(mailbox.receive(&server, &Overseer::register(&server).email).is_empty());
    let more = mailbox.said().split_off(said.len());
    assert_eq!(more.iter().filter(|line| !line.starts_with("EHLO") && *line != "QUIT").count(), 0, "{more:?}");
    assert!(!more.is_empty());
}

/// An address of this machine that other machines use.
fn own_address() -> String {
    // Nothing is sent by this; the system says which address it would take.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").unwrap();
    socket.local_addr().unwrap().ip().to_string()
}

#[test]
fn settings_that_can_not_be_used_are_named_at_start() {
    let refusal = |url: &str, from: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (url, from) = (MailUrl::new(url).unwrap(), from.to_owned());
        TestServer::refusal_to_start(folder.path(), None, |config| {
            config.mail.url = url;
            config.mail.from = from;
        })
    };
    assert!(refusal("smtp://localhost", "not <an address").contains("mail.from"));
    for url in ["smtp://user@localhost", "https://localhost", "smtp://localhost/x", "smtp://", "localhost:25"] {
        assert!(MailUrl::new(url).is_none(), "{url}");
    }
}
