//! Clients that work without pause, and remember what they were told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::support::Agent;
use crate::support::process::Remote;

/// What the server has answered, so it must know it from then on.
#[derive(Clone)]
pub struct Known {
    agent: Arc<Agent>,
    what: What,
}

#[derive(Clone)]
enum What {
    Session(String),
    Token(String),
}

/// Clients at work. They end by themselves when the server is gone.
pub struct Load {
    known: Arc<Mutex<Vec<Known>>>,
    answers: Receiver<()>,
    is_over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Option<()>>>,
}

impl Load {
    /// Each client registers agents, logs them in and gets them tokens.
    pub fn start(remote: &Remote, clients: usize) -> Self {
        let (answered, answers) = channel();
        let (known, is_over) = (Arc::default(), Arc::default());
        let start = |_| {
            let client = Client {
                remote: remote.clone(),
                known: Arc::clone(&known),
                answered: answered.clone(),
                is_over: Arc::clone(&is_over),
            };
            thread::spawn(move || client.work())
        };
        let clients = (0..clients).map(start).collect();
        Self { known, answers, is_over, clients }
    }

    /// Returns when this many more answers have come.
    pub fn wait_for(&self, answers: usize) {
        assert_eq!(self.answers.iter().take(answers).count(), answers, "the clients have ended");
    }

    /// What was answered until now.
    pub fn known(&self) -> Vec<Known> {
        self.known.lock().unwrap().clone()
    }

    /// Ends the clients, if they have not ended yet; everything that was answered.
    pub fn finish(self) -> Vec<Known> {
        self.is_over.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.join().unwrap();
        }
        self.known.lock().unwrap().clone()
    }
}

struct Client {
    remote: Remote,
    known: Arc<Mutex<Vec<Known>>>,
    answered: Sender<()>,
    is_over: Arc<AtomicBool>,
}

impl Client {
    /// `None`: the server is gone.
    fn work(&self) -> Option<()> {
        while !self.is_over.load(Ordering::SeqCst) {
            let agent = Arc::new(self.remote.try_register()?);
            self.remember(&agent, What::Session(agent.session.clone()));
            for _ in 0..3 {
                let token = self.remote.token(&agent).try_send().ok()?.expect(200);
                self.remember(&agent, What::Token(token.text_of("access_token")));
                let login = self.remote.login(&agent).try_send().ok()?.expect(200);
                self.remember(&agent, What::Session(login.text_of("session_id")));
            }
        }
        Some(())
    }

    fn remember(&self, agent: &Arc<Agent>, what: What) {
        self.known.lock().unwrap().push(Known { agent: Arc::clone(agent), what });
        // Nobody counts any more at the end.
        let _ = self.answered.send(());
    }
}

/// Fails unless the server knows all of it: sessions are logged in, tokens are active.
pub fn assert_all_known(remote: &Remote, known: &[Known]) {
    let lost: Vec<String> = known.iter().filter_map(|known| known.lost(remote)).collect();
    assert!(lost.is_empty(), "{} of {} answers are lost: {lost:?}", lost.len(), known.len());
}

impl Known {
    /// What the server says instead, when it does not know this.
    fn lost(&self, remote: &Remote) -> Option<String> {
        let Self { agent, what } = self;
        match what {
            What::Session(session) => {
                let answer = remote.get("/v1/agents/me").session(session).send();
                let is_known = answer.status == 200 && answer.json()["agent"]["id"] == agent.id.as_str();
                (!is_known).then(|| format!("session: {answer:?}"))
            }
            What::Token(token) => {
                let answer = remote.introspection(agent, token).send();
                let is_known = answer.status == 200 && answer.get("active") == true;
                (!is_known).then(|| format!("token: {answer:?}"))
            }
        }
    }
}
