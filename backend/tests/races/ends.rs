//! A block, a stop, a withdrawal or the end of a client that lands between a code and its token: whichever comes
//! first, nothing is good once the end has been answered.

use serde_json::json;

use super::storm::around;
use super::{MANY, at_once};
use crate::support::ends::{Cast, ENDS, End};
use crate::support::flow::{TOKEN, pkce, request, userinfo};
use crate::support::{Agent, Answer, Call, Client, Overseer, TestServer};

/// How often the one moment is tried at which an end and a redemption can miss each other.
const ROUNDS: usize = 3;

/// An agent whose overseer owns the client.
fn with_cast<T>(server: &TestServer, overseer: &Overseer, method: &str, play: impl Fn(&Cast) -> T) -> T {
    let agent = Agent::register(server);
    overseer.oversee(server, &agent);
    let client = Client::register(server, overseer, json!({ "token_endpoint_auth_method": method }));
    play(&Cast { server, agent: &agent, overseer, client: &client })
}

#[test]
fn t06_an_end_between_code_and_token_leaves_no_token_alive() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    for end in &ENDS {
        for round in 0..ROUNDS {
            let method = ["client_secret_basic", "private_key_jwt", "none"][round % 3];
            with_cast(&server, &overseer, method, |cast| redeem_around(cast, end));
        }
    }
}

fn redeem_around(cast: &Cast, end: &End) {
    let (server, client) = (cast.server, cast.client);
    let forms: Vec<_> = (0..MANY)
        .map(|turn| {
            let code = cast.agent.code_for(server, client, &json!({}));
            if turn % 2 == 0 {
                return (Client::redemption(&code), end.code);
            }
            let tokens = client.redeem(server, &code).expect(200);
            (Client::refreshing(&tokens.text_of("refresh_token"), &[]), end.refresh)
        })
        .collect();
    let mut calls: Vec<Call> = forms.iter().map(|(form, _)| client.oauth(server, TOKEN, form.clone())).collect();
    calls.insert(MANY / 2, (end.call)(cast));
    let mut answers = at_once(calls);
    answers.remove(MANY / 2).expect(200);
    for (answer, (_, refusal)) in answers.into_iter().zip(&forms) {
        if answer.status == 200 {
            is_dead(cast, &answer, end.name);
            continue;
        }
        // A refresh that was read before the client was disabled is refused as a redemption is.
        let error = answer.text_of("error");
        assert!([refusal.1, end.code.1].contains(&error.as_str()), "{}: {answer:?}", end.name);
        let status = answer.status;
        answer.oauth_refused(status, &error);
    }
}

/// Nothing of it can be used, and it does not come back when the end is taken back.
#[track_caller]
fn is_dead(cast: &Cast, tokens: &Answer, how: &str) {
    let answer = userinfo(cast.server, &tokens.text_of("access_token"));
    assert_eq!(answer.status, 401, "{how}: {answer:?}");
    let answer = cast.client.refresh(cast.server, &tokens.text_of("refresh_token"));
    assert!(matches!(answer.status, 400 | 401), "{how}: {answer:?}");
}

/// Those that can be taken back forbid what is new as well, as long as they stand.
#[test]
fn nothing_is_authorized_or_redeemed_once_a_lasting_end_is_answered() {
    let server = TestServer::start();
    let overseer = Overseer::register(&server);
    for end in ENDS.iter().filter(|end| end.undo.is_some()) {
        with_cast(&server, &overseer, "none", |cast| {
            let storm = around(|_| authorize_and_redeem(cast), || drop((end.call)(cast).send().expect(200)));
            (end.undo.unwrap())(cast).send().expect(200);
            let mut got = Vec::new();
            for around in storm {
                let Some(tokens) = around.answer else { continue };
                assert!(!around.is_after, "{}: got after it was answered: {tokens:?}", end.name);
                got.push(tokens);
            }
            assert!(!got.is_empty(), "the storm got nothing");
            got.iter().for_each(|tokens| is_dead(cast, tokens, end.name));
            assert!(authorize_and_redeem(cast).is_some(), "{} was taken back", end.name);
        });
    }
}

/// By proof, for a stop ends sessions.
fn authorize_and_redeem(cast: &Cast) -> Option<Answer> {
    let (verifier, challenge) = pkce();
    let call = cast.agent.proven(cast.server, "POST", "/v1/oauth/authorize");
    let answer = call.json(&request(cast.client, &challenge)).send();
    if answer.status != 200 {
        assert!(matches!(answer.status, 400 | 403), "{answer:?}");
        return None;
    }
    let answer = cast.client.redeem(cast.server, &(answer.text_of("code"), verifier));
    assert!(matches!(answer.status, 200 | 400), "{answer:?}");
    (answer.status == 200).then_some(answer)
}
