//! The command line, run as people and programs run it: the real binary, in a home folder of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what the cases share may fail them too")]

mod admin;
mod agent;
mod announcement;
mod billing;
mod challenges;
mod claims;
mod client;
mod demo;
mod failures;
mod fake_server;
mod help;
mod json;
mod keys;
mod overseer;
mod rotation;
mod sign_in;
mod token;

use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::TestServer;
use crate::support::overseer::PASSWORD;

/// A home folder, and the server that AGENTID_SERVER names there.
pub struct Cli {
    pub home: TempDir,
    server: String,
}

/// What a command did.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Cli {
    pub fn new(server: &str) -> Self {
        Self { home: tempfile::tempdir().unwrap(), server: server.to_owned() }
    }

    /// In its own home folder, with a registered agent.
    pub fn registered(server: &TestServer) -> Self {
        let cli = Self::new(&server.url);
        cli.ok(&["agent", "keygen"]);
        cli.ok(&["agent", "register", "--name", "test agent"]);
        cli
    }

    /// A command with nothing of the test's own environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agentid"));
        command.args(arguments).env_clear().stdin(Stdio::null());
        command.env("HOME", self.home.path()).env("TMPDIR", self.home.path());
        command.env("AGENTID_SERVER", &self.server).env("AGENTID_PASSWORD", PASSWORD);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments))
    }

    /// Fails the test unless the command is done.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Run {
        self.run(arguments).exits(0)
    }

    /// What a command prints for programs.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.ok(&[arguments, &["--json"]].concat()).json()
    }

    /// The id of the registered agent.
    #[track_caller]
    pub fn agent_id(&self) -> String {
        self.json(&["agent", "whoami"])["agent"]["id"].as_str().unwrap().to_owned()
    }

    /// A file of the default profile.
    pub fn profile(&self, file: &str) -> PathBuf {
        self.home.path().join(".local/share/agentid/profiles/default").join(file)
    }

    /// What `profile.json` holds.
    pub fn state(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.profile("profile.json")).unwrap()).unwrap()
    }

    /// Writes a private file of the default profile.
    pub fn write(&self, file: &str, text: &str) {
        use std::io::Write as _;
        fs::create_dir_all(self.profile("")).unwrap();
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(self.profile(file)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub fn mode(&self, file: &str) -> u32 {
        fs::metadata(self.profile(file)).unwrap().permissions().mode() & 0o777
    }
}

impl Run {
    pub fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Fails the test unless the command says this, to a person.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "{text} is not in {self:?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
