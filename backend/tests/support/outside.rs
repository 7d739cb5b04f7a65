//! A machine of somebody else's that the server calls: it answers as it is told, and remembers what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// It runs until the test ends.
pub struct Outside {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answer: (u16, String, Vec<(String, String)>),
    /// How long it takes to answer.
    delay: Duration,
    /// Method, path and body.
    asked: Vec<(String, String, String)>,
    /// Connections, whatever came of them.
    reached: usize,
}

impl Outside {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let own = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                own.lock().unwrap().reached += 1;
                let state = Arc::clone(&own);
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        let outside = Self { url, state };
        outside.answers(200, "{}");
        outside
    }

    /// What it answers from now on.
    pub fn answers(&self, status: u16, body: &str) {
        self.state.lock().unwrap().answer = (status, body.to_owned(), Vec::new());
    }

    /// The same, sending the caller on.
    pub fn redirects(&self, to: &str) {
        self.state.lock().unwrap().answer = (302, String::new(), vec![("location".to_owned(), to.to_owned())]);
    }

    /// How long it takes to answer from now on.
    pub fn takes(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// Whether anybody has connected so far.
    pub fn was_reached(&self) -> bool {
        self.state.lock().unwrap().reached > 0
    }

    /// What it was asked so far: method, path and body.
    pub fn asked(&self) -> Vec<(String, String, String)> {
        self.state.lock().unwrap().asked.clone()
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    if reader.read_line(&mut first).is_err() {
        return;
    }
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let ((status, text, headers), delay) = {
        let mut state = state.lock().unwrap();
        state.asked.push((method, path, String::from_utf8(body).unwrap()));
        (state.answer.clone(), state.delay)
    };
    std::thread::park_timeout(delay);
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n", text.len());
    let _ = (&mut &*stream).write_all(format!("{head}{text}").as_bytes());
}
