//! No secret in a log: whatever the servers in this process log, at every level, is searched for every secret that
//! the tests send to them or get from them. The search is done both ways round, for a secret may be logged before
//! its holder has it. A server that ends fails its test when one was found, in whichever test.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, LazyLock, Mutex, Once};

use serde_json::Value;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Members and parameters whose values nobody else may know.
const NAMES: [&str; 11] = [
    "session_id",
    "access_token",
    "refresh_token",
    "token",
    "code",
    "authorization_code",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "password",
    "signature",
];

/// Shorter words are no secrets of ours, which have 256 bits.
const SHORTEST: usize = 20;

/// The watch over this process.
static WATCH: LazyLock<Watch> = LazyLock::new(Watch::default);

/// What was logged, and what must not have been. Cheap to clone.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Found>>);

#[derive(Default)]
struct Found {
    secrets: HashSet<String>,
    /// Passwords of several words.
    phrases: HashSet<String>,
    /// Every long word that was logged, and its line.
    logged: HashMap<String, Arc<str>>,
    leaks: Vec<String>,
}

/// Listens to what this process logs from now on.
pub fn watch() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        tracing::subscriber::set_global_default(WATCH.subscriber()).unwrap();
    });
}

/// A header that is sent.
pub fn sent_header(name: &str, value: &str) {
    if ["authorization", "dpop", "cookie"].contains(&name) {
        WATCH.keep(value);
    }
}

/// A parameter of a form.
pub fn sent_parameter(name: &str, value: &str) {
    if NAMES.contains(&name) {
        WATCH.keep(value);
    }
}

/// A JSON body, sent or received: its own members.
pub fn passed(body: &Value) {
    for (name, value) in body.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str() {
            sent_parameter(name, text);
        }
    }
}

/// Whether the word was logged by a server of this process.
pub fn is_watching(word: &str) -> bool {
    WATCH.0.lock().unwrap().logged.contains_key(word)
}

/// Fails the test if a secret was logged.
pub fn check() {
    if let Some(leak) = WATCH.first_leak() {
        panic!("{leak}");
    }
}

impl Watch {
    /// Remembers a secret. Of a JWT or a refresh token the last part alone would be too much; whatever is an
    /// identifier besides is none.
    pub fn keep(&self, secret: &str) {
        let last = secret.rsplit('.').next().unwrap_or_default();
        let mut found = self.0.lock().unwrap();
        if secret.len() >= SHORTEST && secret.matches(' ').count() > 1 {
            found.phrases.insert(secret.to_owned());
        }
        for word in words(last).filter(|word| !is_uuid(word)) {
            if let Some(line) = found.logged.get(word).cloned() {
                found.leaks.push(format!("the log holds a secret: {line}"));
            }
            found.secrets.insert(word.to_owned());
        }
    }

    /// The first secret that was logged.
    pub fn first_leak(&self) -> Option<String> {
        self.0.lock().unwrap().leaks.first().cloned()
    }

    /// What hands every line to the watch.
    pub fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false).with_writer(self.clone()).finish()
    }

    fn read(&self, line: &str) {
        let shared: Arc<str> = line.into();
        let mut found = self.0.lock().unwrap();
        if found.phrases.iter().any(|phrase| line.contains(phrase)) {
            found.leaks.push(format!("the log holds a password: {line}"));
        }
        for word in words(line) {
            if found.secrets.contains(word) {
                found.leaks.push(format!("the log holds a secret: {line}"));
            }
            found.logged.insert(word.to_owned(), Arc::clone(&shared));
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    text.split(move |character| !is_part(character)).filter(|word| word.len() >= SHORTEST)
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.bytes().filter(|&byte| byte == b'-').count() == 4
}

/// One line at a time, as the formatter writes.
impl io::Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.read(std::str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Watch {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
