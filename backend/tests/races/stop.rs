//! A stop is final from the moment that it is answered.

use serde_json::json;

use super::storm::around;
use super::{MANY, at_once};
use crate::support::{Agent, Answer, Call, Overseer, TestServer};

/// How often the one moment is tried at which a stop and a request can miss each other.
const ROUNDS: usize = 10;

#[test]
fn a_stop_ends_what_a_storm_of_requests_got() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    overseer.oversee(&server, &agent);
    for _ in 0..ROUNDS {
        stop_in_a_storm(&server, &agent, &overseer);
    }
}

fn stop_in_a_storm(server: &TestServer, agent: &Agent, overseer: &Overseer) {
    let ask = |caller: usize| match caller % 2 {
        0 => (true, agent.token(server, &[])),
        _ => (false, agent.login(server)),
    };
    let storm = around(ask, || drop(overseer.stop(server, agent).expect(200)));

    let (mut tokens, mut sessions) = (vec![], vec![]);
    for around in storm {
        match around.answer {
            (is_token, answer) if answer.status == 200 => {
                assert!(!around.is_after, "got after the stop was answered: {answer:?}");
                let (list, member) =
                    if is_token { (&mut tokens, "access_token") } else { (&mut sessions, "session_id") };
                list.push(answer.text_of(member));
            }
            (true, answer) => drop(answer.oauth_refused(400, "unauthorized_client")),
            (false, answer) => drop(answer.refused(403, "agent_stopped")),
        }
    }
    assert!(!tokens.is_empty() && !sessions.is_empty(), "the storm got nothing");
    overseer.resume(server, agent).expect(200);
    for token in &tokens {
        assert_eq!(agent.introspect(server, token).expect(200).json(), json!({ "active": false }));
    }
    for session in sessions.iter().chain([&agent.session]) {
        server.get("/v1/agents/me").session(session).send().refused(401, "not_authenticated");
    }
    let token = agent.token(server, &[]).expect(200).text_of("access_token");
    assert_eq!(agent.introspect(server, &token).get("active"), true);
}

#[test]
fn of_a_stop_and_a_revocation_of_the_overseer_one_comes_first() {
    let server = TestServer::start();
    let (agents, overseer) = overseen_agents(&server);
    let path = "/v1/agents/revoke-overseer";
    let pairs = race(&server, &overseer, &agents, |agent| agent.proven(&server, "POST", path));
    for (agent, (stop, revocation)) in agents.iter().zip(pairs) {
        if stop.status == 200 {
            revocation.refused(403, "agent_stopped");
        } else {
            stop.refused(403, "not_your_agent");
            revocation.expect(200);
        }
        let own = agent.proven(&server, "GET", "/v1/agents/me/overseer").send().expect(200);
        let is_stopped = agent.token(&server, &[]).status != 200;
        assert_eq!(own.json()["overseer"].is_object(), is_stopped, "{own:?}");
    }
}

#[test]
fn letting_an_agent_go_does_not_lift_a_stop() {
    let server = TestServer::start();
    let (agents, overseer) = overseen_agents(&server);
    let declaim = |agent: &Agent| overseer.call(&server, "POST", &format!("/v1/agents/declaim/{}", agent.id));
    let pairs = race(&server, &overseer, &agents, declaim);
    for (agent, (stop, declaim)) in agents.iter().zip(pairs) {
        declaim.expect(200);
        if stop.status == 200 {
            agent.token(&server, &[]).oauth_refused(400, "unauthorized_client");
            overseer.resume(&server, agent).expect(200);
        } else {
            stop.refused(403, "not_your_agent");
        }
        agent.token(&server, &[]).expect(200);
    }
}

fn overseen_agents(server: &TestServer) -> (Vec<Agent>, Overseer) {
    let (agents, overseer) = ((0..MANY / 2).map(|_| Agent::register(server)), Overseer::register(server));
    let agents: Vec<_> = agents.inspect(|agent| overseer.oversee(server, agent)).collect();
    (agents, overseer)
}

/// For each agent the answers to a stop and to another call, which came at the same moment.
fn race(
    server: &TestServer,
    overseer: &Overseer,
    agents: &[Agent],
    other: impl Fn(&Agent) -> Call,
) -> Vec<(Answer, Answer)> {
    let stop = |agent: &Agent| overseer.call(server, "POST", &format!("/v1/overseers/agents/{}/stop", agent.id));
    let mut answers = at_once(agents.iter().flat_map(|agent| [stop(agent), other(agent)])).into_iter();
    std::iter::from_fn(|| Some((answers.next()?, answers.next()?))).collect()
}
