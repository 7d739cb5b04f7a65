//! A mail server of somebody's: it takes letters, or does not, as it is told, and remembers them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use agentid::config::{Config, MailUrl};
use agentid::identity::letters::send_due;

use super::TestServer;

/// It runs until the test ends.
pub struct Mailbox {
    /// Its port.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What it says to a recipient instead of taking the letter.
    refusal: Option<&'static str>,
    /// What it offers beside taking letters, such as `AUTH PLAIN`.
    offers: &'static str,
    letters: Vec<Letter>,
    /// Every line that a caller has said outside of a letter.
    said: Vec<String>,
}

/// What it has taken.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Whom to, on the envelope.
    pub to: String,
    /// Head and text.
    pub text: String,
}

impl Letter {
    /// What follows `name: ` in the head.
    pub fn header(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("{name}: {head}"))
    }

    /// The token of the link to this page.
    pub fn token(&self, page: &str) -> String {
        let link = self.text.split(&format!("/{page}?token=")).nth(1).unwrap_or_else(|| panic!("{self:?}"));
        link.split_whitespace().next().unwrap().to_owned()
    }
}

impl Mailbox {
    pub fn start() -> Self {
        Self::offering("")
    }

    /// One that offers something beside.
    pub fn offering(offers: &'static str) -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { offers, ..State::default() }));
        let own = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&own);
                std::thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { port, state }
    }

    /// A server that sends its letters here.
    pub fn server(&self) -> TestServer {
        TestServer::with(|config| self.put_into(config))
    }

    /// Has a server send its letters here.
    pub fn put_into(&self, config: &mut Config) {
        config.mail.url = MailUrl::new(&format!("smtp://127.0.0.1:{}", self.port)).unwrap();
        config.mail.from = "Agent ID <id@example.org>".to_owned();
    }

    /// What it says to every recipient from now on instead of taking a letter, such as `550 no such mailbox`.
    pub fn refuses(&self, answer: Option<&'static str>) {
        self.state.lock().unwrap().refusal = answer;
    }

    /// What it was told outside of letters.
    pub fn said(&self) -> Vec<String> {
        self.state.lock().unwrap().said.clone()
    }

    /// Has the server send what is due; what came, the letters to one address only.
    pub fn receive(&self, server: &TestServer, to: &str) -> Vec<Letter> {
        server.block_on(send_due(&server.app.letter_sender().unwrap())).unwrap();
        let mut state = self.state.lock().unwrap();
        let (taken, left) = state.letters.drain(..).partition(|letter| letter.to == to);
        state.letters = left;
        taken
    }

    /// The one letter that has come to an address.
    #[track_caller]
    pub fn one(&self, server: &TestServer, to: &str) -> Letter {
        let letters = self.receive(server, to);
        assert_eq!(letters.len(), 1, "{letters:?}");
        letters.into_iter().next().unwrap()
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let say = |line: &str| (&mut &*stream).write_all(format!("{line}\r\n").as_bytes()).is_ok();
    let (mut to, mut line) = (String::new(), String::new());
    if !say("220 mail.example.org") {
        return;
    }
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        let command = line.trim_end().to_owned();
        line.clear();
        let (refusal, offers) = {
            let mut state = state.lock().unwrap();
            state.said.push(command.clone());
            (state.refusal, state.offers)
        };
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let is_going_on = match verb.as_str() {
            "EHLO" if offers.is_empty() => say("250 mail.example.org"),
            "EHLO" => say(&format!("250-mail.example.org\r\n250 {offers}")),
            "RCPT" if refusal.is_some() => say(refusal.unwrap()),
            "RCPT" => {
                to = command.split(['<', '>']).nth(1).unwrap().to_owned();
                say("250 ok")
            }
            "DATA" => {
                let is_going_on = say("354 go on");
                let mut text = String::new();
                while reader.read_line(&mut text).is_ok_and(|read| read > 0) && !text.ends_with("\r\n.\r\n") {}
                state.lock().unwrap().letters.push(Letter { to: to.clone(), text });
                is_going_on && say("250 taken")
            }
            "AUTH" => say("235 welcome"),
            "QUIT" => return,
            _ => say("250 ok"),
        };
        if !is_going_on {
            return;
        }
    }
}
