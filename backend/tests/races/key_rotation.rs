//! A key is replaced once, and with it ends what the old key began.

use serde_json::json;

use super::storm::around;
use super::{MANY, at_once, number, split};
use crate::support::{Agent, Answer, Call, TestServer};

#[test]
fn of_many_rotations_one_succeeds() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let rotations: Vec<_> = (0..MANY).map(|_| initiate(&server, &agent)).collect();
    let answers = at_once(rotations.iter().map(|rotation| complete(&server, &agent, rotation)));
    one_replaces_the_key(&server, answers);
}

#[test]
fn of_many_answers_to_one_rotation_one_counts() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let rotation = initiate(&server, &agent);
    let answers = at_once((0..MANY).map(|_| complete(&server, &agent, &rotation)));
    one_replaces_the_key(&server, answers);
}

/// How often the one moment is tried at which a rotation and a request can miss each other.
const ROUNDS: usize = 5;

#[test]
fn a_rotation_ends_what_a_storm_of_requests_got_with_the_old_key() {
    let server = TestServer::start();
    let mut agent = Agent::register(&server);
    for _ in 0..ROUNDS {
        agent = rotate_in_a_storm(&server, &agent);
    }
}

fn rotate_in_a_storm(server: &TestServer, old: &Agent) -> Agent {
    let (new, challenge) = initiate(server, old);
    let new = Agent { id: old.id.clone(), ..new };
    let ask = |caller: usize| match caller % 3 {
        0 => (Kind::Token, old.token(server, &[])),
        1 => (Kind::Session, old.login(server)),
        _ => (Kind::NewToken, new.token(server, &[])),
    };
    let mut session = String::new();
    let rotate = || session = completion(server, old, &new, &challenge).send().expect(200).text_of("session_id");
    let storm = around(ask, rotate);

    let (mut tokens, mut new_tokens, mut sessions) = (vec![], vec![], vec![old.session.clone()]);
    for around in storm {
        let (kind, answer) = around.answer;
        match (kind, answer.status) {
            (Kind::NewToken, 200) => new_tokens.push(answer.text_of("access_token")),
            (Kind::NewToken, _) if around.is_after => panic!("the new key is refused: {answer:?}"),
            (_, 200) if around.is_after => panic!("the old key is taken: {answer:?}"),
            (Kind::Token, 200) => tokens.push(answer.text_of("access_token")),
            (Kind::Session, 200) => sessions.push(answer.text_of("session_id")),
            (Kind::Token | Kind::NewToken, _) => drop(answer.oauth_refused(401, "invalid_client")),
            (Kind::Session, _) => drop(answer.refused(401, "not_authenticated")),
        }
    }
    assert!(!tokens.is_empty() && !new_tokens.is_empty() && sessions.len() > 1, "the storm got nothing");
    for token in &tokens {
        assert_eq!(new.introspect(server, token).expect(200).json(), json!({ "active": false }));
    }
    for token in &new_tokens {
        assert_eq!(new.introspect(server, token).expect(200).get("active"), true);
    }
    for session in &sessions {
        server.get("/v1/agents/me").session(session).send().refused(401, "not_authenticated");
    }
    Agent { session, ..new }
}

#[derive(Clone, Copy)]
enum Kind {
    Token,
    Session,
    NewToken,
}

/// The agent with a new key, logged in.
pub fn rotate(server: &TestServer, agent: &Agent) -> Agent {
    let (new, challenge) = initiate(server, agent);
    let answer = completion(server, agent, &new, &challenge).send().expect(200);
    Agent { id: agent.id.clone(), session: answer.text_of("session_id"), ..new }
}

/// A new key, and the challenge that it signs.
fn initiate(server: &TestServer, agent: &Agent) -> (Agent, Answer) {
    let new = Agent::unregistered();
    let body = json!({ "new_public_key": new.public_key() });
    let call = server.post("/v1/agents/rotate-key/initiate").session(&agent.session).json(&body);
    (new, call.send().expect(200))
}

fn complete(server: &TestServer, agent: &Agent, (new, challenge): &(Agent, Answer)) -> Call {
    completion(server, agent, new, challenge)
}

fn completion(server: &TestServer, old: &Agent, new: &Agent, challenge: &Answer) -> Call {
    let path = format!("/v1/agents/rotate-key/complete/{}", challenge.text_of("challenge_id"));
    let signature = new.sign(&challenge.text_of("challenge_data"));
    old.proven(server, "POST", &path).json(&json!({ "signature": signature }))
}

/// The losers' proofs are by a key that is no agent's any more, or their challenges are gone.
#[track_caller]
fn one_replaces_the_key(server: &TestServer, answers: Vec<Answer>) {
    let (winners, losers) = split(answers, 200);
    assert_eq!(winners.len(), 1, "{winners:?}");
    for loser in losers {
        match loser.status {
            401 => loser.refused(401, "not_authenticated"),
            _ => loser.refused(404, "challenge_not_found"),
        };
    }
    server.get("/v1/agents/me").session(&winners[0].text_of("session_id")).send().expect(200);
    assert_eq!(number(server, "SELECT COUNT(*) FROM retired_keys"), 1);
    assert_eq!(number(server, "SELECT COUNT(*) FROM sessions"), 1);
}
