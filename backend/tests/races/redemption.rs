//! T10: a code counts once, however many come with it at the same moment.

use serde_json::json;

use super::{MANY, at_once, one_wins_oauth, split};
use crate::support::flow::{METHODS, TOKEN, changed, client, is_live, new_key, pkce, proof, start};
use crate::support::{Agent, Client, TestServer};

type Code = (String, String);

fn codes(server: &TestServer, agent: &Agent, client: &Client) -> Vec<Code> {
    (0..MANY).map(|_| agent.code_for(server, client, &json!({}))).collect()
}

#[test]
fn t10_of_many_redemptions_of_one_code_one_succeeds_and_the_others_end_it() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let code = agent.code_for(&server, &client, &json!({}));
        let redeem = |_| client.oauth(&server, TOKEN, Client::redemption(&code));
        let winner = one_wins_oauth(at_once((0..MANY).map(redeem)), (400, "invalid_grant"));
        assert!(!is_live(&server, &client, &winner, None), "{method}: it was used a second time");
        client.refresh(&server, &winner.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
        let tokens = agent.tokens_for(&server, &client, &json!({}));
        assert!(is_live(&server, &client, &tokens, None));
    }
}

/// Whoever saw the code alone can neither take it nor end what the client got for it.
#[test]
fn t10_those_who_know_only_the_code_do_not_disturb_the_client() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let (client, thief) = (client(&server, &overseer, method), client(&server, &overseer, method));
        let code = agent.code_for(&server, &client, &json!({}));
        let form = Client::redemption(&code);
        let redeem = |turn| match turn % 4 {
            0 if turn == 8 => client.oauth(&server, TOKEN, form.clone()),
            0 | 1 => thief.oauth(&server, TOKEN, form.clone()),
            2 => client.oauth(&server, TOKEN, changed(&form, "redirect_uri", Some("https://evil.example/"))),
            _ => client.oauth(&server, TOKEN, changed(&form, "code_verifier", Some(&pkce().0))),
        };
        let winner = one_wins_oauth(at_once((0..MANY).map(redeem)), (400, "invalid_grant"));
        assert!(is_live(&server, &client, &winner, None), "{method}");
    }
}

/// A proof is worth one code; the codes that came too late with it are not spent.
#[test]
fn of_many_codes_with_one_proof_one_is_redeemed() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let (client, key) = (client(&server, &overseer, method), new_key());
        let codes = codes(&server, &agent, &client);
        let one_proof = proof(&server, &key, "POST", TOKEN, None);
        let redeem = |code: &Code| client.oauth(&server, TOKEN, Client::redemption(code)).header("dpop", &one_proof);
        let answers = at_once(codes.iter().map(redeem));
        let late: Vec<&Code> =
            codes.iter().zip(&answers).filter(|(_, got)| got.status != 200).map(|(c, _)| c).collect();
        let winner = one_wins_oauth(answers, (400, "invalid_dpop_proof"));
        assert!(is_live(&server, &client, &winner, Some(&key)));
        for code in late {
            client.redeem_with(&server, code, &key).expect(200);
        }
    }
}

/// The same of an assertion, also when some refresh with it.
#[test]
fn of_many_grants_with_one_assertion_one_is_given() {
    let (server, agent, overseer) = start();
    let client = client(&server, &overseer, "private_key_jwt");
    let forms: Vec<_> = (0..MANY)
        .map(|turn| match turn % 2 {
            0 => Client::redemption(&agent.code_for(&server, &client, &json!({}))),
            _ => {
                let tokens = agent.tokens_for(&server, &client, &json!({}));
                Client::refreshing(&tokens.text_of("refresh_token"), &[])
            }
        })
        .collect();
    let assertion = client.assertion(&server);
    let send = |form: &Vec<(&'static str, String)>| {
        let mut form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        form.push(("client_assertion", &assertion));
        server.post(TOKEN).form(&form)
    };
    let answers = at_once(forms.iter().map(send));
    let late: Vec<_> = forms.iter().zip(&answers).filter(|(_, got)| got.status != 200).map(|(form, _)| form).collect();
    assert_eq!(late.len(), MANY - 1);
    one_wins_oauth(answers, (401, "invalid_client"));
    // Nothing of theirs is spent.
    let again = at_once(late.into_iter().map(|form| client.oauth(&server, TOKEN, form.clone())));
    assert!(split(again, 200).1.is_empty());
}

/// Of a second use and a refresh one comes first; afterwards nothing is left in either order.
#[test]
fn t05_a_second_use_ends_the_family_in_the_midst_of_refreshes() {
    let (server, agent, overseer) = start();
    for method in METHODS {
        let client = client(&server, &overseer, method);
        let families: Vec<_> = codes(&server, &agent, &client)
            .into_iter()
            .map(|code| {
                let tokens = client.redeem(&server, &code).expect(200);
                (code, tokens.text_of("refresh_token"))
            })
            .collect();
        let calls = families.iter().flat_map(|(code, token)| {
            let refresh = client.oauth(&server, TOKEN, Client::refreshing(token, &[]));
            [client.oauth(&server, TOKEN, Client::redemption(code)), refresh]
        });
        let answers = at_once(calls);
        for (turn, answer) in answers.into_iter().enumerate() {
            if turn % 2 == 0 || answer.status != 200 {
                answer.oauth_refused(400, "invalid_grant");
                continue;
            }
            assert!(!is_live(&server, &client, &answer, None), "{method}");
            client.refresh(&server, &answer.text_of("refresh_token")).oauth_refused(400, "invalid_grant");
        }
    }
}
