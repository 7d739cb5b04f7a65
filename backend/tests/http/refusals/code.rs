//! T05–T09: what a code is good for, and for whom.

use agentid::background::purge_expired;
use serde_json::json;

use super::{RUBBISH, client, granted, refused, start};
use crate::support::agent::unique;
use crate::support::flow::{METHODS, TOKEN, changed, is_live, pkce, request};
use crate::support::oauth_client::REDIRECT_URI;
use crate::support::{Agent, Client, TestServer};

const DAY: i64 = 24 * 60 * 60;

#[test]
fn t05_a_code_counts_once_and_its_second_use_ends_what_the_first_got() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let code = agent.code_for(&server, &client, &json!({}));
        let other = agent.tokens_for(&server, &client, &json!({}));
        let first = granted(client.redeem(&server, &code));
        let second = granted(client.refresh(&server, &first.text_of("refresh_token")));
        assert!([&first, &second].iter().all(|tokens| is_live(&server, &client, tokens, None)));

        refused(client.redeem(&server, &code), 400, "invalid_grant");
        assert!(![&first, &second].iter().any(|tokens| is_live(&server, &client, tokens, None)), "{method}");
        refused(client.refresh(&server, &second.text_of("refresh_token")), 400, "invalid_grant");
        refused(client.redeem(&server, &code), 400, "invalid_grant");
        // What came from another code goes on.
        assert!(is_live(&server, &client, &other, None));
        granted(client.refresh(&server, &other.text_of("refresh_token")));
    }
}

/// A code stands in browsers' histories and in logs. Whoever finds one there must not end anything with it.
#[test]
fn t05_a_used_code_alone_ends_nothing() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let (client, thief) = (client(&server, &overseer, method), client(&server, &overseer, method));
        let code = agent.code_for(&server, &client, &json!({}));
        let tokens = granted(client.redeem(&server, &code));
        let form = Client::redemption(&code);
        refused(thief.redeem(&server, &code), 400, "invalid_grant");
        let wrong = [("code_verifier", pkce().0), ("redirect_uri", "https://evil.example/".to_owned())];
        for (name, value) in wrong {
            let answer = client.oauth(&server, TOKEN, changed(&form, name, Some(&value))).send();
            refused(answer, 400, "invalid_grant");
        }
        if method != "none" {
            let mut form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            form.push(("client_id", &client.id));
            refused(server.post(TOKEN).form(&form).send(), 401, "invalid_client");
        }
        assert!(is_live(&server, &client, &tokens, None));
        refused(client.redeem(&server, &code), 400, "invalid_grant");
        assert!(!is_live(&server, &client, &tokens, None), "{method}");
    }
}

/// The code is remembered as long as anything that came from it can be used, whatever is purged meanwhile.
#[test]
fn t05_a_code_is_remembered_while_its_family_lives() {
    for second_use in [20, 59] {
        let (server, agent, overseer) = start();
        let client = client(&server, &overseer, "client_secret_basic");
        let code = agent.code_for(&server, &client, &json!({}));
        let mut tokens = granted(client.redeem(&server, &code));
        for day in 1..=second_use {
            server.clock.advance(DAY);
            purge(&server);
            if day % 15 == 0 || day == second_use {
                tokens = granted(client.refresh(&server, &tokens.text_of("refresh_token")));
            }
        }
        assert!(is_live(&server, &client, &tokens, None));
        refused(client.redeem(&server, &code), 400, "invalid_grant");
        assert!(!is_live(&server, &client, &tokens, None), "after {second_use} days");
        refused(client.refresh(&server, &tokens.text_of("refresh_token")), 400, "invalid_grant");
        // Then there is nothing left to remember it for.
        server.clock.advance(31 * DAY);
        purge(&server);
        assert_eq!((server.count("authorization_codes", "TRUE"), server.count("access_tokens", "TRUE")), (0, 0));
    }
}

#[test]
fn t06_a_code_lives_for_a_minute() {
    let (server, agent, overseer) = start();
    for (age, is_good) in [(59, true), (60, false), (61, false)] {
        let client = client(&server, &overseer, "client_secret_post");
        let code = agent.code_for(&server, &client, &json!({}));
        server.clock.advance(age);
        let answer = client.redeem(&server, &code);
        if is_good {
            granted(answer)
        } else {
            refused(answer, 400, "invalid_grant")
        };
    }
}

#[test]
fn t06_a_code_is_one_and_its_client_s() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let code = agent.code_for(&server, &client, &json!({}));
        let form = Client::redemption(&code);
        for rubbish in [&unique(), "x", RUBBISH, &format!("{} ", code.0), &code.0[1..], &"A".repeat(10_000)] {
            let answer = client.oauth(&server, TOKEN, changed(&form, "code", Some(rubbish))).send();
            refused(answer, 400, "invalid_grant");
        }
        for missing in [None, Some("")] {
            refused(client.oauth(&server, TOKEN, changed(&form, "code", missing)).send(), 400, "invalid_request");
        }
        let huge = changed(&form, "code", Some(&"A".repeat(100_000)));
        refused(client.oauth(&server, TOKEN, huge).send(), 413, "invalid_request");
        for other in METHODS {
            refused(self::client(&server, &overseer, other).redeem(&server, &code), 400, "invalid_grant");
        }
        granted(client.oauth(&server, TOKEN, form).send());
    }
}

#[test]
fn t07_the_redirect_uri_is_that_of_the_request_or_left_out() {
    let (server, agent, overseer) = start();
    let second = "https://app.example/second";
    let uris = json!({ "redirect_uris": [REDIRECT_URI, second] });
    let client = Client::register(&server, &overseer, uris);
    for right in [Some(REDIRECT_URI), None, Some("")] {
        let form = Client::redemption(&agent.code_for(&server, &client, &json!({})));
        let with = |uri: Option<&str>| client.oauth(&server, TOKEN, changed(&form, "redirect_uri", uri)).send();
        for wrong in [second, "https://app.example/callback/", "https://APP.example/callback", "x", RUBBISH] {
            refused(with(Some(wrong)), 400, "invalid_grant");
        }
        granted(with(right));
    }
}

#[test]
fn t08_the_verifier_is_that_of_the_challenge() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let (verifier, challenge) = pkce();
        let code = agent.authorize(&server, &request(&client, &challenge)).expect(200).text_of("code");
        let form = Client::redemption(&(code, verifier.clone()));
        let other = pkce().0;
        let (short, longer) = (&verifier[..42], format!("{verifier}A"));
        for wrong in [&other, &challenge, short, &longer, &verifier.to_lowercase(), RUBBISH, &"A".repeat(129)] {
            let answer = client.oauth(&server, TOKEN, changed(&form, "code_verifier", Some(wrong))).send();
            refused(answer, 400, "invalid_grant");
        }
        for missing in [None, Some("")] {
            let answer = client.oauth(&server, TOKEN, changed(&form, "code_verifier", missing)).send();
            refused(answer, 400, "invalid_request");
        }
        granted(client.oauth(&server, TOKEN, form).send());
    }
}

/// RFC 9700 section 2.1.1: a verifier without a challenge can not come about, for there is no code without one.
#[test]
fn t09_there_is_no_code_without_a_challenge() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "client_secret_basic");
    let mut without = request(&client, "");
    without["code_challenge"].take();
    refused(agent.authorize(&server, &without), 400, "invalid_request");
    assert_eq!(server.count("authorization_codes", "TRUE"), 0);
    agent.tokens_for(&server, &client, &json!({}));
}

/// RFC 9449 section 10: a code that names a key is worth nothing without it.
#[test]
fn a_bound_code_is_for_the_holder_of_the_key() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let (key, other) = (crate::support::flow::new_key(), crate::support::flow::new_key());
        let more = json!({ "dpop_jkt": crate::support::flow::jkt(&key) });
        let code = agent.code_for(&server, &client, &more);
        refused(client.redeem(&server, &code), 400, "invalid_grant");
        refused(client.redeem_with(&server, &code, &other), 400, "invalid_grant");
        granted(client.redeem_with(&server, &code, &key));
    }
}

fn purge(server: &TestServer) {
    server.block_on(purge_expired(&server.app)).unwrap();
}

/// Also when the agent itself asks with what its client was given.
#[test]
fn t06_an_agent_is_no_client_of_its_own_code() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "none");
    let code = agent.code_for(&server, &client, &json!({}));
    let mut form: Vec<_> = Client::redemption(&code);
    form.push(("client_id", agent.id.clone()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    refused(server.post(TOKEN).form(&form).send(), 401, "invalid_client");
    refused(Agent::oauth(&server, TOKEN, &agent.assertion(&server), &form), 400, "unauthorized_client");
    granted(client.redeem(&server, &code));
}
