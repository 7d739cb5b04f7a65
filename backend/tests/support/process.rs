//! The real binary as a process of its own, which can be killed, and callers that live longer than it does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use agentid::clock::Clock;
use serde_json::json;
use tempfile::NamedTempFile;

use super::agent::unique;
use super::database;
use super::{Agent, Answer, Call};

/// The same for every process, so that proofs and tokens outlive a restart on another port.
pub const ISSUER: &str = "http://127.0.0.1";

/// Where nodes share a database they share the secret.
pub const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

const NO_LIMITS: [&str; 3] =
    ["limits.registrations_per_minute=0", "limits.logins_per_minute=0", "limits.claims_per_minute=0"];

/// A running `agentid serve`; it is killed when dropped.
pub struct Process {
    /// Where it is called.
    pub remote: Remote,
    child: Child,
    output: BufReader<ChildStdout>,
    log: NamedTempFile,
}

/// A server somewhere else, spoken to with the machine's clock. Cheap to clone.
#[derive(Clone)]
pub struct Remote(pub String);

/// `agentid`, untouched by the settings of whoever runs the tests.
pub fn agentid(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentid"));
    isolate(&mut command);
    command.args(arguments);
    command
}

/// What a finished command said: exit code, standard output, standard error.
pub fn run(mut command: Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A folder's path as an argument.
pub fn argument(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn isolate(command: &mut Command) {
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).stdin(Stdio::null());
}

impl Process {
    /// On this data folder, with limits per address off.
    pub fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    /// With settings besides.
    pub fn with(folder: &Path, settings: &[&str]) -> Self {
        Self::under(&[], folder, settings)
    }

    /// Behind another program, which must make the server its own process: `strace -D …`.
    pub fn under(runner: &[&str], folder: &Path, settings: &[&str]) -> Self {
        let url = database::url_of(folder);
        Self::spawn(runner, folder, url.as_deref(), settings)
    }

    /// A node of the server's database at `url`, with the data folder of its own.
    pub fn node(folder: &Path, url: &str, settings: &[&str]) -> Self {
        Self::spawn(&[], folder, Some(url), settings)
    }

    fn spawn(runner: &[&str], folder: &Path, url: Option<&str>, settings: &[&str]) -> Self {
        let words: Vec<&str> = runner.iter().copied().chain([env!("CARGO_BIN_EXE_agentid"), "serve"]).collect();
        let log = NamedTempFile::new().unwrap();
        let mut command = Command::new(words[0]);
        isolate(&mut command);
        if let Some(url) = url {
            command.env("AGENTID_DATABASE_URL", url).env("AGENTID_SECRET", SECRET);
        }
        command.args(&words[1..]).args(["--data", argument(folder), "--listen", "127.0.0.1:0"]);
        command.args(["--set", &format!("server.issuer={ISSUER}")]);
        for setting in NO_LIMITS.iter().chain(settings) {
            command.args(["--set", setting]);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(log.reopen().unwrap()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let Some(url) = listening(&mut output) else {
            child.wait().unwrap();
            panic!("the server did not start: {}", read(&log));
        };
        Self { remote: Remote(url), child, output, log }
    }

    /// Asks it to stop, as a service manager does.
    pub fn terminate(&self) {
        let status = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for its end, and for the end of whatever it was started behind.
    pub fn wait(mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        self.output.read_to_string(&mut String::new()).unwrap();
        status
    }

    /// Ends it without any notice, as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its number in the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        read(&self.log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address that it prints once it serves; `None` when it ends instead.
fn listening(output: &mut BufReader<ChildStdout>) -> Option<String> {
    let mut lines = output.lines().map(Result::unwrap);
    lines.find_map(|line| line.split_once(" listens on ").map(|(_, url)| url.to_owned()))
}

fn read(log: &NamedTempFile) -> String {
    let mut text = String::new();
    File::open(log.path()).unwrap().read_to_string(&mut text).unwrap();
    text
}

impl Remote {
    pub fn get(&self, path: &str) -> Call {
        Call::new("GET", &self.0, path)
    }

    pub fn post(&self, path: &str) -> Call {
        Call::new("POST", &self.0, path)
    }

    /// Registered and logged in; `None` when the server is gone.
    pub fn try_register(&self) -> Option<Agent> {
        let mut agent = Agent::unregistered();
        let body = json!({ "name": "test agent", "public_key": agent.public_key() });
        let challenge = self.post("/v1/agents/register/initiate").json(&body).try_send().ok()?.expect(200);
        let answer = self.completion(&agent, &challenge).try_send().ok()?.expect(201);
        agent.id = answer.json()["agent"]["id"].as_str().unwrap().to_owned();
        agent.session = answer.text_of("session_id");
        Some(agent)
    }

    /// Registered and logged in.
    pub fn register(&self) -> Agent {
        self.try_register().unwrap()
    }

    /// The second half of a registration.
    pub fn completion(&self, agent: &Agent, challenge: &Answer) -> Call {
        let path = format!("/v1/agents/register/complete/{}", challenge.text_of("challenge_id"));
        self.post(&path).json(&json!({ "signature": agent.sign(&challenge.text_of("challenge_data")) }))
    }

    /// A call with a good proof.
    pub fn proven(&self, agent: &Agent, method: &'static str, path: &str) -> Call {
        let now = Clock::system().now();
        let claims = json!({ "htm": method, "htu": format!("{ISSUER}{path}"), "iat": now, "jti": unique() });
        Call::new(method, &self.0, path).header("dpop", &agent.proof_of(&claims))
    }

    pub fn login(&self, agent: &Agent) -> Call {
        self.proven(agent, "POST", "/v1/agents/login").json(&json!({ "agent_id": agent.id }))
    }

    /// A token in one call.
    pub fn token(&self, agent: &Agent) -> Call {
        self.oauth(agent, "/v1/oauth/token", &[("grant_type", "client_credentials")])
    }

    pub fn introspection(&self, agent: &Agent, token: &str) -> Call {
        self.oauth(agent, "/v1/oauth/introspect", &[("token", token)])
    }

    fn oauth(&self, agent: &Agent, path: &str, more: &[(&str, &str)]) -> Call {
        let now = Clock::system().now();
        let claims = json!({ "iss": agent.id, "sub": agent.id, "aud": ISSUER, "iat": now, "exp": now + 60,
                             "jti": unique() });
        let assertion = agent.assertion_of(&claims);
        let mut parameters = vec![
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
        ];
        parameters.extend(more);
        self.post(path).form(&parameters)
    }
}
