//! SIGTERM answers what is in flight, then leaves one whole file behind.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use rusqlite::Connection;
use serde_json::json;

use crate::support::{Agent, Process};

const IN_FLIGHT: usize = 8;
const MOST_LOOKS: usize = 1_000_000;

#[test]
fn a_stop_answers_what_is_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let address = process.remote.0.strip_prefix("http://").unwrap().to_owned();
    let requests: Vec<_> = (0..IN_FLIGHT).map(|_| InFlight::begin(&address)).collect();
    process.terminate();
    // It takes no new ones from now on.
    let is_closed = (0..MOST_LOOKS).any(|_| TcpStream::connect(&address).is_err());
    assert!(is_closed, "it still listens");
    let ids: Vec<_> = requests.into_iter().map(InFlight::end).collect();
    assert_eq!(process.wait().code(), Some(0));

    let log = folder.path().join("agentid.db-wal");
    assert!(!log.exists(), "the log was not emptied");
    let database = Connection::open(folder.path().join("agentid.db")).unwrap();
    for id in ids {
        let sql = "SELECT COUNT(*) FROM challenges WHERE id = ?1";
        assert_eq!(database.query_row(sql, [&id], |row| row.get::<_, i64>(0)), Ok(1), "{id}");
    }
}

/// A request whose head the server has read, and whose body it waits for.
struct InFlight {
    stream: BufReader<TcpStream>,
    body: String,
}

impl InFlight {
    fn begin(address: &str) -> Self {
        let body = json!({ "name": "test agent", "public_key": Agent::unregistered().public_key() }).to_string();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "POST /v1/agents/register/initiate HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            body.len()
        )
        .unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        // The server says so when it begins to read the body.
        stream.read_line(&mut line).unwrap();
        assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
        stream.read_line(&mut line).unwrap();
        Self { stream, body }
    }

    /// Sends the body; the id of the challenge that is the answer.
    fn end(mut self) -> String {
        self.stream.get_mut().write_all(self.body.as_bytes()).unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["challenge_id"].as_str().unwrap().to_owned()
    }
}
