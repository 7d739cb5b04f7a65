//! A client that goes away in the midst leaves a request that is done or was never made, and nobody waits for it.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;

use agentid::db::Error;
use agentid::params;
use serde_json::json;

use super::MANY;
use crate::support::process::Remote;
use crate::support::{Agent, Answer, TestServer};

/// How many clients each of [`MANY`] threads plays.
const EACH: usize = 5;
/// How many never read: more than the server has threads.
const DEAF: usize = 10;

/// What of a registration is stored: the agent, its session, the answered challenge.
const NOTHING: [i64; 3] = [0; 3];
const EVERYTHING: [i64; 3] = [1; 3];

#[test]
fn a_request_whose_client_has_gone_is_done_or_was_never_made() {
    let server = TestServer::start();
    let agents = begun(&server);
    send_all(&server, &agents, |stream, request| {
        stream.write_all(request).unwrap();
        None
    });
    for (agent, challenge) in &agents {
        let stored = stored(&server, agent, challenge);
        assert!([NOTHING, EVERYTHING].contains(&stored), "half: {stored:?}");
    }
    complete_all(&server, &agents);
}

#[test]
fn a_request_of_which_half_came_was_never_made() {
    let server = TestServer::start();
    let agents = begun(&server);
    send_all(&server, &agents, |stream, request| {
        stream.write_all(&request[..request.len() - 40]).unwrap();
        None
    });
    for (agent, challenge) in &agents {
        Remote(server.url.clone()).completion(agent, challenge).send().expect(201);
        assert_eq!(stored(&server, agent, challenge), EVERYTHING);
    }
}

#[test]
fn clients_that_never_read_hold_nobody_up() {
    let server = TestServer::start();
    let agents = begun(&server);
    // Each asks for far more than the server can send to somebody who does not read.
    let more = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(1000);
    let deaf = send_all(&server, &agents[..DEAF], |stream, request| {
        stream.write_all(request).unwrap();
        stream.write_all(&more).unwrap();
        stream.try_clone().ok()
    });
    assert_eq!(deaf.len(), DEAF);
    thread::scope(|scope| {
        for _ in 0..MANY {
            scope.spawn(|| Agent::register(&server).token(&server, &[]).expect(200));
        }
    });
    complete_all(&server, &agents[..DEAF]);
    drop(deaf);
}

/// Agents whose registrations wait for their second half.
fn begun(server: &TestServer) -> Vec<(Agent, Answer)> {
    let agents = (0..MANY * EACH).map(|_| Agent::unregistered());
    agents
        .map(|agent| (agent.initiate(server).expect(200), agent))
        .map(|(challenge, agent)| (agent, challenge))
        .collect()
}

/// Sends the second halves from many threads. `send` decides how much, and which connections stay open.
fn send_all(
    server: &TestServer,
    agents: &[(Agent, Answer)],
    send: impl Fn(&mut TcpStream, &[u8]) -> Option<TcpStream> + Sync,
) -> Vec<TcpStream> {
    let address = server.url.strip_prefix("http://").unwrap();
    let play = |(agent, challenge): &(Agent, Answer)| {
        let mut stream = TcpStream::connect(address).unwrap();
        send(&mut stream, request(agent, challenge).as_bytes())
    };
    thread::scope(|scope| {
        let threads =
            agents.chunks(EACH).map(|agents| scope.spawn(|| agents.iter().filter_map(play).collect::<Vec<_>>()));
        let threads: Vec<_> = threads.collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn request(agent: &Agent, challenge: &Answer) -> String {
    let body = json!({ "signature": agent.sign(&challenge.text_of("challenge_data")) }).to_string();
    format!(
        "POST /v1/agents/register/complete/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        challenge.text_of("challenge_id"),
        body.len()
    )
}

/// Whoever never got an answer asks again, and learns which of the two it was.
fn complete_all(server: &TestServer, agents: &[(Agent, Answer)]) {
    for (agent, challenge) in agents {
        let answer = Remote(server.url.clone()).completion(agent, challenge).send();
        if answer.status != 201 {
            answer.refused(409, "challenge_used");
        }
        assert_eq!(stored(server, agent, challenge), EVERYTHING);
        agent.proven(server, "GET", "/v1/agents/me").send().expect(200);
    }
}

/// In one snapshot.
fn stored(server: &TestServer, agent: &Agent, challenge: &Answer) -> [i64; 3] {
    let (key, id) = (agent.public_key(), challenge.text_of("challenge_id"));
    let read = server.app.db.read(move |tx| {
        let sql = "SELECT (SELECT COUNT(*) FROM agents WHERE public_key = $1),
                          (SELECT COUNT(*) FROM sessions JOIN agents ON agents.id = sessions.entity_id
                           WHERE public_key = $1),
                          (SELECT COUNT(*) FROM challenges WHERE id = $2 AND outcome = 'completed')";
        let row = tx.query_one(sql, params![&key, &id])?;
        Ok::<_, Error>([row.get(0)?, row.get(1)?, row.get(2)?])
    });
    server.block_on(read).unwrap()
}
