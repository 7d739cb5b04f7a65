//! A relying party as a process of its own: it prints where it listens, and reads as whom it is registered.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{Answer, Call, Client, Overseer, TestServer};

/// A running application; it is ended when dropped.
pub struct Application {
    origin: String,
    child: Child,
}

impl Application {
    /// Starts it. What it complains of goes where the test's own complaints go.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; ./scripts/test interop makes what it needs"));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("http://"), "{command:?} does not listen");
        Self { origin: line.trim_end().to_owned(), child }
    }

    /// Registers it with the server, as its metadata says, and tells it so, and more.
    #[track_caller]
    pub fn register(&mut self, server: &TestServer, overseer: &Overseer, metadata: Value, mut more: Value) {
        let client = self.registered(server, overseer, metadata);
        more["issuer"] = json!(server.url);
        more["client_id"] = json!(client.id);
        more["client_secret"] = json!(client.secret);
        self.tell(&more);
    }

    /// Registers it with the server, as its metadata says.
    #[track_caller]
    pub fn registered(&self, server: &TestServer, overseer: &Overseer, mut metadata: Value) -> Client {
        metadata["redirect_uris"] = json!([format!("{}/callback", self.origin)]);
        metadata["post_logout_redirect_uris"] = json!([format!("{}/signed-out", self.origin)]);
        Client::register(server, overseer, metadata)
    }

    /// Tells it what it waits for. Once.
    pub fn tell(&mut self, what: &Value) {
        writeln!(self.child.stdin.take().unwrap(), "{what}").unwrap();
    }

    /// A browser goes to one of its addresses. Cookies do not tell its port from the server's.
    pub fn get(&self, browser: &Browser<'_>, address: &str) -> Answer {
        let path = address.strip_prefix(&self.origin).unwrap_or(address);
        browser.call(Call::new("GET", &self.origin, path))
    }

    /// Waits until it ends by itself, which it must do well.
    #[track_caller]
    pub fn ends(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}; what it complained of stands above");
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
