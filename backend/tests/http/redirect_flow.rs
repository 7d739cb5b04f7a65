//! The redirect flow, gone through as it is meant: by an overseer who picks an agent, and by the agent itself.

use agentid::oauth::signing_keys::SOONEST;
use serde_json::{Value, json};

use crate::support::browser::{Browser, answered, between, challenge_of, claims, code, refused, request, with};
use crate::support::flow::{overseen, start, userinfo};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Agent, Answer, Client, TestServer};

/// What the client gets for its code.
fn redeem(server: &TestServer, client: &Client, answer: &Answer, verifier: &str) -> Answer {
    client.redeem(server, &(code(server, answer), verifier.to_owned())).expect(200)
}

#[test]
fn an_overseer_signs_in_and_consents_for_their_agent() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let (parameters, verifier) = request(&client);
    let page = browser.authorize(&parameters).expect(200);
    assert!(page.text.contains("Sign in"), "{page:?}");
    server.clock.advance(7);
    let consent = browser.log_in(&page, &overseer).expect(200);
    assert!(consent.text.contains("test agent") && consent.text.contains(&agent.id), "{consent:?}");
    assert!(consent.text.contains("know its name") && consent.text.contains("app.example"), "{consent:?}");
    server.clock.advance(5);
    let tokens = redeem(&server, &client, &browser.allow(&consent), &verifier);

    let id_token = claims(&tokens.text_of("id_token"));
    assert_eq!(id_token["sub"], agent.id);
    assert_eq!((&id_token["aud"], &id_token["iss"]), (&json!(client.id), &json!(server.url)));
    assert_eq!((&id_token["nonce"], &id_token["amr"]), (&json!("a nonce"), &json!(["pwd"])));
    assert_eq!(id_token["act"], json!({ "sub": overseer.id }));
    assert_eq!(id_token["auth_time"].as_i64().unwrap(), server.clock.now() - 5);
    assert_eq!(claims(&tokens.text_of("access_token"))["act"], json!({ "sub": overseer.id }));
    let info = userinfo(&server, &tokens.text_of("access_token")).expect(200).json();
    assert_eq!(info, json!({ "sub": agent.id, "name": "test agent" }));

    // A refreshed id token tells of the same sign-in, and of no request.
    let refreshed = client.refresh(&server, &tokens.text_of("refresh_token")).expect(200);
    let again = claims(&refreshed.text_of("id_token"));
    assert_eq!((&again["auth_time"], &again["act"]), (&id_token["auth_time"], &id_token["act"]));
    assert_eq!(again["nonce"], Value::Null);
}

#[test]
fn an_agent_signs_itself_in() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let browser = Browser::new(&server);
    let (parameters, verifier) = request(&client);
    let page = browser.authorize(&parameters).expect(200);
    let status = between(&page.text, "data-status=\"", "\"");
    assert_eq!(browser.get(&status).expect(200).json(), json!({ "signed": false }));
    agent.sign_in(&server, &challenge_of(&page)).expect(200);
    assert_eq!(browser.get(&status).expect(200).json(), json!({ "signed": true }));
    let consent = browser.act(&page, "continue", &[]).expect(200);
    let tokens = redeem(&server, &client, &browser.allow(&consent), &verifier);
    let id_token = claims(&tokens.text_of("id_token"));
    assert_eq!((&id_token["sub"], &id_token["amr"]), (&json!(agent.id), &json!(["pop"])));
    assert_eq!((&id_token["act"], &id_token["auth_time"]), (&Value::Null, &json!(server.clock.now())));
}

#[test]
fn the_signed_text_names_what_the_agent_agrees_to() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let browser = Browser::new(&server);
    let (parameters, _) = request(&client);
    let page = browser.authorize(&with(parameters, "resource", "https://api.example")).expect(200);
    let id = challenge_of(&page);
    let asked = server.get(&format!("/v1/oauth/sign-in/{id}/{}", agent.id)).send().expect(200);
    let text: Value = serde_json::from_str(&asked.text_of("challenge_data")).unwrap();
    assert_eq!((&text["purpose"], &text["issuer"]), (&json!("sign-in"), &json!(server.url)));
    assert_eq!((&text["client_id"], &text["redirect_host"]), (&json!(client.id), &json!("app.example")));
    assert_eq!((&text["scopes"], &text["resources"]), (&json!("openid name"), &json!("https://api.example")));
    assert_eq!(text["code"], between(&page.text, "class=\"code\">", "<"));
    assert_eq!(text["agent_id"], agent.id);
    // It tells nobody whether there is such an agent.
    server.get(&format!("/v1/oauth/sign-in/{id}/{}", client.id)).send().expect(200);
}

#[test]
fn a_challenge_counts_once_for_five_minutes_and_for_the_agent_that_signs() {
    let (server, agent, overseer) = start();
    let client = Client::register(&server, &overseer, json!({}));
    let other = Agent::register(&server);
    let browser = Browser::new(&server);
    let page = browser.authorize(&request(&client).0).expect(200);
    let id = challenge_of(&page);
    let path = format!("/v1/oauth/sign-in/{id}");
    let text = |agent: &Agent| server.get(&format!("{path}/{}", agent.id)).send().expect(200).text_of("challenge_data");
    let foreign = other.key.sign(text(&agent).as_bytes()).to_string();
    let own = agent.key.sign(text(&agent).as_bytes()).to_string();
    let send = |agent_id: &str, signature: &str| {
        server.post(&path).json(&json!({ "agent_id": agent_id, "signature": signature })).send()
    };
    send(&agent.id, &foreign).refused(422, "invalid_signature");
    send(&other.id, &own).refused(422, "invalid_signature");
    send(&other.id, &foreign).refused(422, "invalid_signature");
    // The challenge of a registration is none of a sign-in.
    server.post("/v1/agents/register/complete/x").json(&json!({ "signature": own })).send().refused(404, "not_found");
    let register = format!("/v1/agents/register/complete/{id}");
    server.post(&register).json(&json!({ "signature": own })).send().refused(404, "challenge_not_found");
    send(&agent.id, &own).expect(200);
    send(&agent.id, &own).refused(409, "challenge_used");

    let page = browser.authorize(&request(&client).0).expect(200);
    server.clock.advance(299);
    agent.sign_in(&server, &challenge_of(&page)).expect(200);
    let page = browser.authorize(&request(&client).0).expect(200);
    server.clock.advance(300);
    agent.sign_in(&server, &challenge_of(&page)).refused(409, "challenge_expired");
    // The page offers another one.
    let page = browser.authorize(&request(&client).0).expect(200);
    server.clock.advance(301);
    let again = browser.act(&page, "continue", &[]).expect(401);
    assert!(again.text.contains("Get a new code"), "{again:?}");
    let fresh = browser.act(&again, "challenge", &[]).expect(200);
    assert!(browser.sign_in(&fresh, &agent).text.contains("Allow"));
}

#[test]
fn a_consent_is_remembered_for_what_it_was_given() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let ask = |scope: &str, more: &[(&'static str, &str)]| {
        let parameters = with(request(&client).0, "scope", scope);
        browser.authorize(&more.iter().fold(parameters, |all, (name, value)| with(all, name, value)))
    };
    let consent = browser.log_in(&ask("openid name", &[]), &overseer).expect(200);
    code(&server, &browser.allow(&consent));
    code(&server, &ask("openid name", &[]));
    code(&server, &ask("openid", &[]));
    // More than that is asked about, each time until it is allowed.
    let wider = ask("openid name overseer", &[]);
    assert!(wider.text.contains("know who answers for it"), "{wider:?}");
    assert!(ask("openid name", &[("resource", "https://api.example")]).text.contains("https://api.example"));
    assert!(ask("openid name", &[("prompt", "consent")]).text.contains("Allow"));
    code(&server, &browser.allow(&wider));
    code(&server, &ask("openid name overseer", &[]));
    // Another client is another matter.
    let other = Client::register(&server, &overseer, json!({}));
    assert!(browser.authorize(&request(&other).0).text.contains("Allow"));
    // Until it is withdrawn.
    let path = format!("/v1/agents/me/consents/{}", client.id);
    server.delete(&path).session(&agent.session).send().expect(200);
    assert!(ask("openid name", &[]).text.contains("Allow"));
}

#[test]
fn an_overseer_picks_among_their_agents() {
    let (server, agent, overseer, client) = overseen();
    let (second, stopped, foreign) = (Agent::register(&server), Agent::register(&server), Agent::register(&server));
    overseer.oversee(&server, &second);
    overseer.oversee(&server, &stopped);
    overseer.stop(&server, &stopped).expect(200);
    let browser = Browser::new(&server);
    let (parameters, verifier) = request(&client);
    let pick = browser.log_in(&browser.authorize(&parameters), &overseer).expect(200);
    assert!(pick.text.contains(&agent.id) && pick.text.contains(&second.id), "{pick:?}");
    assert!(!pick.text.contains(&stopped.id) && !pick.text.contains(&foreign.id), "{pick:?}");
    for not_theirs in [&stopped, &foreign] {
        let again = browser.act(&pick, "pick", &[("agent_id", &not_theirs.id)]).expect(200);
        assert!(again.text.contains("Your agents"), "{again:?}");
    }
    let consent = browser.act(&pick, "pick", &[("agent_id", &second.id)]).expect(200);
    let tokens = redeem(&server, &client, &browser.allow(&consent), &verifier);
    assert_eq!(claims(&tokens.text_of("id_token"))["sub"], second.id);
    // A hint spares the question; `select_account` asks it all the same.
    let (parameters, _) = request(&client);
    code(&server, &browser.authorize(&with(parameters.clone(), "login_hint", &second.id)));
    code(&server, &browser.authorize(&with(parameters.clone(), "id_token_hint", &tokens.text_of("id_token"))));
    let hinted = with(with(parameters, "login_hint", &second.id), "prompt", "select_account");
    assert!(browser.authorize(&hinted).text.contains("Your agents"));
}

#[test]
fn whoever_declines_says_so_to_the_client_and_to_the_history() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer).expect(200);
    let agent_id = between(&consent.text, "name=\"agent_id\" value=\"", "\"");
    refused(&server, &browser.act(&consent, "deny", &[("agent_id", &agent_id)]), "access_denied");
    assert_eq!(server.count("oauth_requests", "status = 'denied'"), 1);
    assert_eq!((server.count("consents", "TRUE"), server.count("interactions", "TRUE")), (0, 0));
}

#[test]
fn an_answer_can_be_posted() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let (parameters, verifier) = request(&client);
    let page = browser.authorize(&with(parameters, "response_mode", "form_post"));
    let consent = browser.log_in(&page, &overseer);
    let form = browser.allow(&consent).expect(200);
    assert!(form.text.contains(&format!("action=\"{REDIRECT_URI}\"")), "{form:?}");
    assert!(form.header("content-security-policy").unwrap().contains("form-action 'self' https://app.example https:;"));
    let code = between(&form.text, "name=\"code\" value=\"", "\"");
    client.redeem(&server, &(code, verifier)).expect(200);
}

#[test]
fn a_posted_request_is_the_same_request() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let (parameters, verifier) = request(&client);
    let form: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let posted = browser.call(server.post("/v1/oauth/authorize").form(&form));
    let consent = browser.log_in(&browser.follow(posted), &overseer);
    redeem(&server, &client, &browser.allow(&consent), &verifier);
}

#[test]
fn signing_out_ends_the_session() {
    let (server, _, overseer) = start();
    let agent = Agent::register(&server);
    overseer.oversee(&server, &agent);
    let after = "https://app.example/signed-out";
    let client = Client::register(&server, &overseer, json!({ "post_logout_redirect_uris": [after] }));
    let browser = Browser::new(&server);
    let sign_in = || {
        let (parameters, verifier) = request(&client);
        let page = browser.authorize(&with(parameters, "prompt", "consent"));
        let consent = if page.text.contains("Password") { browser.log_in(&page, &overseer) } else { page };
        redeem(&server, &client, &browser.allow(&consent), &verifier).text_of("id_token")
    };
    let id_token = sign_in();
    // With the id token of the one who is signed in, nobody is asked.
    let uri = after.replace(':', "%3A").replace('/', "%2F");
    let answer =
        browser.get(&format!("/v1/oauth/logout?id_token_hint={id_token}&post_logout_redirect_uri={uri}&state=x"));
    assert_eq!((answer.status, answer.header("location").unwrap()), (303, &*format!("{after}?state=x")));
    assert!(browser.authorize(&request(&client).0).text.contains("Password"));
    assert_eq!(server.count("sessions", "browser = TRUE"), 0);
    // Without it, somebody is.
    sign_in();
    let path = format!("/v1/oauth/logout?client_id={}&post_logout_redirect_uri={uri}", client.id);
    let question = browser.get(&path).expect(200);
    assert!(question.text.contains("Sign out?"), "{question:?}");
    assert_eq!(server.count("sessions", "browser = TRUE"), 1);
    let stay = browser.act(&question, "stay", &[]).expect(200);
    assert!(stay.text.contains("still signed in"), "{stay:?}");
    assert_eq!(server.count("sessions", "browser = TRUE"), 1);
    let more = [("client_id", client.id.as_str()), ("post_logout_redirect_uri", after)];
    let answer = browser.act(&question, "sign_out", &more);
    assert_eq!((answer.status, answer.header("location")), (303, Some(after)));
    assert_eq!(server.count("sessions", "browser = TRUE"), 0);
    // Whoever was never signed in is just sent on.
    let answer = Browser::new(&server).get(&path);
    assert_eq!((answer.status, answer.header("location")), (303, Some(after)));
}

#[test]
fn every_algorithm_that_is_offered_signs() {
    let (server, agent, overseer) = start();
    let offered = server.get("/.well-known/openid-configuration").send().expect(200).json();
    for algorithm in offered["id_token_signing_alg_values_supported"].as_array().unwrap() {
        let metadata = json!({
            "id_token_signed_response_alg": algorithm, "userinfo_signed_response_alg": algorithm,
        });
        let client = Client::register(&server, &overseer, metadata);
        assert_eq!(client.view["id_token_signed_response_alg"], *algorithm);
        // Where other nodes have to publish a new key first, it signs a little later.
        server.clock.advance(SOONEST);
        let tokens = agent.tokens_for(&server, &client, &json!({ "scope": "openid name" }));
        let info = userinfo(&server, &tokens.text_of("access_token")).expect(200);
        assert_eq!(info.header("content-type"), Some("application/jwt"));
        let keys = server.get("/.well-known/jwks.json").send().expect(200).json();
        for jwt in [tokens.text_of("id_token"), info.text.clone()] {
            let header = header_of(&jwt);
            assert_eq!(header["alg"], *algorithm);
            let of_kid = |key: &&Value| key["kid"] == header["kid"] && key["alg"] == header["alg"];
            assert_eq!(keys["keys"].as_array().unwrap().iter().filter(of_kid).count(), 1, "{keys}");
            assert_eq!((&claims(&jwt)["aud"], &claims(&jwt)["sub"]), (&json!(client.id), &json!(agent.id)));
        }
    }
}

fn header_of(jwt: &str) -> Value {
    let header = agentid::crypto::base64url::decode(jwt.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&header).unwrap()
}

#[test]
fn silent_requests_are_answered_at_once() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let silent = || with(request(&client).0, "prompt", "none");
    refused(&server, &browser.authorize(&silent()), "login_required");
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer);
    refused(&server, &browser.authorize(&silent()), "consent_required");
    code(&server, &browser.allow(&consent));
    let answer = browser.authorize(&silent());
    assert!(answered(&answer).contains_key("code"));
    // An overseer of several agents has to say which.
    let second = Agent::register(&server);
    overseer.oversee(&server, &second);
    refused(&server, &browser.authorize(&silent()), "account_selection_required");
    code(&server, &browser.authorize(&with(silent(), "login_hint", &agent.id)));
}

/// What was allowed at one API was not allowed at another.
#[test]
fn a_consent_is_remembered_for_each_api() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let ask =
        |scope: &str, api: &str| browser.authorize(&with(with(request(&client).0, "scope", scope), "resource", api));
    let first = browser.log_in(&ask("openid name overseer", "https://a.example"), &overseer);
    code(&server, &browser.allow(&first));
    code(&server, &browser.allow(&ask("openid description", "https://b.example")));
    assert!(ask("openid overseer", "https://b.example").text.contains("Allow"));
    code(&server, &ask("openid overseer", "https://a.example"));
    code(&server, &ask("description", "https://b.example"));
}

/// A picked agent that is gone is not replaced by the only one that is left.
#[test]
fn nobody_is_granted_for_an_agent_that_was_not_picked() {
    let (server, agent, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer);
    code(&server, &browser.allow(&consent));
    let second = Agent::register(&server);
    overseer.oversee(&server, &second);
    let pick = browser.authorize(&request(&client).0);
    let consent = browser.act(&pick, "pick", &[("agent_id", &second.id)]);
    assert!(consent.text.contains(&second.id), "{consent:?}");
    overseer.stop(&server, &second).expect(200);
    let again = browser.allow(&consent);
    assert!(again.text.contains("Your agents") && again.text.contains(&agent.id), "{again:?}");
    overseer.resume(&server, &second).expect(200);
    code(&server, &browser.allow(&consent));
}

/// Core section 3.1.2.1: whoever signs in for the request and is somebody else is not asked again for ever.
#[test]
fn a_hint_that_nobody_meets_is_answered() {
    let (server, agent, overseer, client) = overseen();
    let stranger = Agent::register(&server);
    let hint = stranger.tokens_for(&server, &client, &json!({ "scope": "openid" })).text_of("id_token");
    let hinted = || with(request(&client).0, "id_token_hint", &hint);
    let browser = Browser::new(&server);
    let page = browser.authorize(&hinted()).expect(200);
    refused(&server, &browser.log_in(&page, &overseer), "login_required");
    let browser = Browser::new(&server);
    let page = browser.authorize(&hinted()).expect(200);
    refused(&server, &browser.sign_in(&page, &agent), "login_required");
    let page = browser.authorize(&hinted()).expect(200);
    assert!(browser.sign_in(&page, &stranger).text.contains(&stranger.id));
    // A hint that can not be read says nothing: a key that signed it may be gone.
    let browser = Browser::new(&server);
    let page = browser.authorize(&with(request(&client).0, "id_token_hint", "x.y.z"));
    assert!(browser.log_in(&page, &overseer).text.contains("Allow"));
}

#[test]
fn an_overseers_session_goes_on_while_it_is_used() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    let consent = browser.log_in(&browser.authorize(&request(&client).0), &overseer);
    code(&server, &browser.allow(&consent));
    for _ in 0..3 {
        server.clock.advance(11 * 60 * 60);
        code(&server, &browser.authorize(&request(&client).0));
    }
    server.clock.advance(12 * 60 * 60);
    assert!(browser.authorize(&request(&client).0).text.contains("Password"));
}

#[test]
fn a_posted_sign_out_is_posted_once_more_from_here() {
    let (server, _, overseer, client) = overseen();
    let browser = Browser::new(&server);
    browser.log_in(&browser.authorize(&request(&client).0), &overseer).expect(200);
    let form = [("client_id", client.id.as_str()), ("state", "x")];
    let page = browser.call(server.post("/v1/oauth/logout").form(&form).header("sec-fetch-site", "cross-site"));
    assert!(page.text.contains("action=\"/v1/oauth/logout\"") && page.text.contains(&client.id), "{page:?}");
    let question = browser.post("/v1/oauth/logout", &form).expect(200);
    assert!(question.text.contains("Sign out?"), "{question:?}");
}

/// What an agent signs names one request: whoever sits at the browser can not allow more in its place.
#[test]
fn an_agent_signs_for_each_request_that_it_has_not_allowed() {
    let (server, agent, overseer) = start();
    let (client, other) =
        (Client::register(&server, &overseer, json!({})), Client::register(&server, &overseer, json!({})));
    let browser = Browser::new(&server);
    let consent = browser.sign_in(&browser.authorize(&request(&client).0), &agent);
    code(&server, &browser.allow(&consent));
    // The same again needs nobody, more of it and another application the agent's key.
    code(&server, &browser.authorize(&request(&client).0));
    let wider = with(request(&client).0, "scope", "openid name overseer");
    for parameters in [&wider, &request(&other).0, &with(request(&client).0, "prompt", "consent")] {
        let page = browser.authorize(parameters);
        assert!(page.text.contains("You are the agent") && !page.text.contains("Allow"), "{page:?}");
        assert_eq!(browser.act(&page, "allow", &[("agent_id", &agent.id)]).header("location"), None);
    }
    refused(&server, &browser.authorize(&with(wider.clone(), "prompt", "none")), "login_required");
    let consent = browser.sign_in(&browser.authorize(&wider), &agent);
    code(&server, &browser.allow(&consent));
    code(&server, &browser.authorize(&wider));
}
