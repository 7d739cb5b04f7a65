//! The server's settings: layers, rules, and what a refusal says.
#![expect(clippy::unwrap_used, reason = "what the cases share may fail them too")]

mod layers;
mod network;
mod refusals;
mod rules;

use std::path::PathBuf;

use agentid::config::{self, ConfigError, Loaded, Row, Sources};
use tempfile::TempDir;

/// The layers of one case; `HOME` is an empty folder of its own.
struct Layers {
    home: TempDir,
    file: Option<PathBuf>,
    environment: Vec<(String, String)>,
    flags: Vec<(String, String)>,
}

impl Layers {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let environment = vec![("HOME".to_owned(), home.path().to_str().unwrap().to_owned())];
        Self { home, file: None, environment, flags: Vec::new() }
    }

    fn file(mut self, text: &str) -> Self {
        self.file = Some(self.write("agentid.toml", text));
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, key: &str, value: &str) -> Self {
        self.flags.push((key.to_owned(), value.to_owned()));
        self
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        config::load(&Sources::new(self.file.clone(), self.environment.clone(), self.flags.clone()))
    }

    /// The message of the refusal, with the case's own folder taken out.
    fn refusal(&self) -> String {
        let message = self.load().unwrap_err().to_string();
        message.replace(&format!("{}/", self.home.path().display()), "")
    }

    fn row(&self, key: &str) -> Row {
        self.load().unwrap().table().iter().find(|row| row.key == key).unwrap().clone()
    }

    /// The value in force, and whence.
    fn in_force(&self, key: &str) -> (String, String) {
        let row = self.row(key);
        let origin = row.origin.to_string();
        (row.value, origin.replace(&format!("{}/", self.home.path().display()), ""))
    }
}

/// Flags alone.
fn with(flags: &[(&str, &str)]) -> Layers {
    flags.iter().fold(Layers::new(), |layers, (key, value)| layers.flag(key, value))
}

#[track_caller]
fn accepted(flags: &[(&str, &str)]) {
    with(flags).load().unwrap();
}

/// Refused, by a message that opens with this setting and holds this text.
#[track_caller]
fn refused(flags: &[(&str, &str)], key: &str, text: &str) {
    let message = with(flags).refusal();
    assert!(message.starts_with(&format!("{key}, set by ")) && message.contains(text), "{message}");
}
