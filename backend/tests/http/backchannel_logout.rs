//! Back-channel logout: applications are told, once, of whatever signs an agent out.

use agentid::config::Network;
use agentid::oauth::backchannel_logout::send_due;
use serde_json::{Value, json};

use crate::support::browser::{Browser, between, code, request, with};
use crate::support::overseer::PASSWORD;
use crate::support::{Agent, Client, Outside, Overseer, TestServer};

/// A server that may call this machine, an overseen agent, and an application that wants to be told.
struct Scene {
    server: TestServer,
    agent: Agent,
    overseer: Overseer,
    client: Client,
    outside: Outside,
}

/// Sends what is due, and waits for it.
pub fn send(server: &TestServer) -> usize {
    server.block_on(async {
        let sending = send_due(&server.app.logout_sender()).await.unwrap();
        let count = sending.len();
        for notice in sending {
            notice.await.unwrap();
        }
        count
    })
}

impl Scene {
    fn start() -> Self {
        let server = TestServer::with(|config| config.outbound.allow = vec![Network::parse("127.0.0.1").unwrap()]);
        let (agent, overseer, outside) = (Agent::register(&server), Overseer::register(&server), Outside::start());
        overseer.oversee(&server, &agent);
        let more = json!({ "backchannel_logout_uri": format!("{}/logout", outside.url) });
        let client = Client::register(&server, &overseer, more);
        Self { server, agent, overseer, client, outside }
    }

    /// How many notices were due; each is over.
    fn send(&self) -> usize {
        send(&self.server)
    }

    /// A browser of the overseer's, in which the agent has been signed in to the application.
    fn signed_in(&self) -> Browser<'_> {
        let browser = Browser::new(&self.server);
        let consent = browser.log_in(&browser.authorize(&request(&self.client).0), &self.overseer);
        code(&self.server, &browser.allow(&consent));
        browser
    }

    /// The claims of the logout tokens that came so far, each checked.
    #[track_caller]
    fn told(&self) -> Vec<Value> {
        self.outside.asked().iter().map(|asked| self.claims(asked)).collect()
    }

    #[track_caller]
    fn claims(&self, (method, path, body): &(String, String, String)) -> Value {
        assert_eq!((method.as_str(), path.as_str()), ("POST", "/logout"));
        let token = body.strip_prefix("logout_token=").unwrap();
        let jws = agentid::crypto::jws::UnverifiedJws::parse(token).unwrap();
        assert_eq!(jws.header().typ.as_deref(), Some("logout+jwt"));
        let key = self.server.app.signing_keys.find(jws.header().kid.as_deref().unwrap(), self.server.clock.now());
        let claims = Value::Object(jws.verify(&key.unwrap().key.verifying_key()).unwrap());
        assert_eq!(claims["iss"], self.server.url);
        assert_eq!(claims["aud"], self.client.id);
        assert_eq!(claims["sub"], self.agent.id);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
        assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
        assert!(claims.get("nonce").is_none() && claims["jti"].as_str().unwrap().len() > 20);
        claims
    }
}

#[test]
fn whatever_signs_an_agent_out_is_told() {
    let scene = Scene::start();
    let (server, agent, overseer, client) = (&scene.server, &scene.agent, &scene.overseer, &scene.client);
    let mut expected = 0;
    let mut is_told = |what: &str| {
        assert_eq!(scene.send(), 1, "{what}");
        expected += 1;
        assert_eq!(scene.told().len(), expected, "{what}");
        assert_eq!(scene.send(), 0, "{what}");
    };
    assert_eq!(scene.send(), 0);
    drop(agent.code_for(server, client, &json!({})));
    overseer.stop(server, agent).expect(200);
    is_told("stop");
    overseer.resume(server, agent).expect(200);
    let path = |rest: &str| format!("/v1/overseers/agents/{}/{rest}", agent.id);
    overseer.call(server, "POST", &path("block-client")).json(&json!({ "client_id": client.id })).send().expect(200);
    is_told("block");
    overseer.call(server, "DELETE", &path(&format!("block-client/{}", client.id))).send().expect(200);
    overseer.call(server, "DELETE", &path(&format!("tokens/{}", client.id))).send().expect(200);
    is_told("tokens");
    agent.proven(server, "DELETE", &format!("/v1/agents/me/consents/{}", client.id)).send().expect(200);
    is_told("consent");
    // Where nothing was allowed, there is nobody to sign out.
    overseer.stop(server, agent).expect(200);
    overseer.resume(server, agent).expect(200);
    assert_eq!(scene.send(), 0);
}

#[test]
fn a_browser_that_signs_out_signs_out_of_what_it_led_to() {
    let scene = Scene::start();
    let quiet = Client::register(&scene.server, &scene.overseer, json!({}));
    let browser = scene.signed_in();
    let consent = browser.authorize(&request(&quiet).0);
    code(&scene.server, &browser.allow(&consent));
    assert_eq!(scene.server.count("session_clients", "TRUE"), 1);
    let other = scene.signed_in_again();
    let page = browser.get("/v1/oauth/logout").expect(200);
    browser.act(&page, "sign_out", &[]);
    assert_eq!(scene.send(), 1);
    assert_eq!(scene.told().len(), 1);
    // The other browser is signed in as before.
    code(&scene.server, &other.authorize(&request(&scene.client).0));
    assert_eq!(scene.server.count("session_clients", "TRUE"), 1);
}

impl Scene {
    /// Another browser; what was allowed before is not asked about again.
    fn signed_in_again(&self) -> Browser<'_> {
        let browser = Browser::new(&self.server);
        code(&self.server, &browser.log_in(&browser.authorize(&request(&self.client).0), &self.overseer));
        browser
    }
}

#[test]
fn whoever_signs_in_anew_is_not_signed_out() {
    let scene = Scene::start();
    let browser = scene.signed_in();
    for name in ["prompt", "max_age"] {
        let value = if name == "prompt" { "login" } else { "0" };
        let page = browser.authorize(&with(request(&scene.client).0, name, value)).expect(200);
        code(&scene.server, &browser.log_in(&page, &scene.overseer));
    }
    assert_eq!(scene.send(), 0);
    assert_eq!(scene.server.count("session_clients", "TRUE"), 1);
    // Nor is who comes back when the session is over and not purged yet.
    scene.server.clock.advance(12 * 3600);
    let page = browser.authorize(&request(&scene.client).0).expect(200);
    code(&scene.server, &browser.log_in(&page, &scene.overseer));
    assert_eq!(scene.send(), 0);
    // A form that is posted twice signs in twice: the first of the two sessions is in no browser.
    let page = browser.authorize(&with(request(&scene.client).0, "prompt", "login")).expect(200);
    let before = browser.cookies.borrow().clone();
    let token = between(&page.text, "name=\"form_token\" value=\"", "\"");
    let path = between(&page.text, "<form method=\"post\" action=\"", "\"");
    let form =
        [("form_token", &*token), ("action", "login"), ("email", &*scene.overseer.email), ("password", PASSWORD)];
    browser.post(&path, &form).expect(303);
    *browser.cookies.borrow_mut() = before;
    code(&scene.server, &browser.follow(browser.post(&path, &form).expect(303)));
    assert_eq!(scene.send(), 0);
    assert_eq!(scene.server.count("session_clients", "TRUE"), 1);
    // Somebody else who signs in in the same browser signs the first one out.
    let other = Overseer::register(&scene.server);
    let page = browser.authorize(&with(request(&scene.client).0, "prompt", "login")).expect(200);
    browser.log_in(&page, &other).expect(200);
    assert_eq!(scene.send(), 1);
    assert_eq!(scene.told().len(), 1);
}

#[test]
fn who_does_not_answer_is_told_again() {
    let scene = Scene::start();
    drop(scene.agent.code_for(&scene.server, &scene.client, &json!({})));
    scene.outside.answers(503, "");
    scene.overseer.stop(&scene.server, &scene.agent).expect(200);
    // At once, and then after these seconds.
    assert_eq!(scene.send(), 1);
    for wait in [10, 30, 120, 600] {
        assert_eq!(scene.send(), 0);
        scene.server.clock.advance(wait - 1);
        assert_eq!(scene.send(), 0);
        scene.server.clock.advance(1);
        assert_eq!(scene.send(), 1);
    }
    // It comes back, also when the server was restarted meanwhile.
    scene.outside.answers(204, "");
    scene.server.clock.advance(3600);
    assert_eq!(scene.send(), 1);
    assert_eq!(scene.told().len(), 6);
    let ids: std::collections::HashSet<_> = scene.told().iter().map(|claims| claims["jti"].to_string()).collect();
    assert_eq!(ids.len(), 6);
    scene.server.clock.advance(24 * 3600);
    assert_eq!(scene.send(), 0);

    // Who never answers is given up.
    scene.outside.answers(400, "");
    // The overseer's session is over, too.
    let login = json!({ "email": scene.overseer.email, "password": PASSWORD });
    let session = scene.server.post("/v1/overseers/login").json(&login).send().expect(200).text_of("session_id");
    let overseer = Overseer { session, id: scene.overseer.id.clone(), email: String::new() };
    overseer.resume(&scene.server, &scene.agent).expect(200);
    overseer.stop(&scene.server, &scene.agent).expect(200);
    let mut tries = 0;
    for _ in 0..40 {
        tries += scene.send();
        scene.server.clock.advance(6 * 3600);
    }
    assert_eq!(tries, 9);
    assert_eq!(scene.server.count("logout_notices", "TRUE"), 0);
}

#[test]
fn whoever_does_not_answer_keeps_others_waiting_no_longer() {
    let scene = Scene::start();
    let (other, silent) = (Overseer::register(&scene.server), Outside::start());
    silent.answers(500, "");
    let more = json!({ "backchannel_logout_uri": format!("{}/logout", silent.url) });
    for _ in 0..70 {
        let client = Client::register(&scene.server, &other, more.clone());
        drop(scene.agent.code_for(&scene.server, &client, &json!({})));
    }
    drop(scene.agent.code_for(&scene.server, &scene.client, &json!({})));
    scene.overseer.stop(&scene.server, &scene.agent).expect(200);
    // A few of that owner's, and the one of the other owner.
    assert_eq!(scene.send(), 4 + 1);
    assert_eq!((silent.asked().len(), scene.told().len()), (4, 1));
    assert_eq!(scene.send(), 4);
    assert_eq!(scene.server.count("logout_notices", "attempts = 0"), 70 - 8);
}

#[test]
fn a_notice_waits_in_the_database() {
    let scene = Scene::start();
    drop(scene.agent.code_for(&scene.server, &scene.client, &json!({})));
    scene.overseer.stop(&scene.server, &scene.agent).expect(200);
    assert_eq!(scene.server.count("logout_notices", "TRUE"), 1);
    // Twice is once.
    scene.overseer.stop(&scene.server, &scene.agent).expect(200);
    assert_eq!(scene.server.count("logout_notices", "TRUE"), 1);
    // An agent that is gone is told of, too.
    scene.overseer.resume(&scene.server, &scene.agent).expect(200);
    scene.agent.proven(&scene.server, "DELETE", "/v1/agents/me").send().expect(200);
    assert_eq!(scene.send(), 1);
    assert_eq!(scene.told().len(), 1);
}

#[test]
fn discovery_says_so() {
    let server = TestServer::start();
    let document = server.get("/.well-known/openid-configuration").send().expect(200).json();
    assert_eq!(document["backchannel_logout_supported"], true);
    assert_eq!(document["backchannel_logout_session_supported"], false);
}
