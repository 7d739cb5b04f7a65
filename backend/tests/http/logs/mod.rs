//! No secret in the logs: the program itself runs the story with everything logged.

mod flow;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use agentid::clock::Clock;
use serde_json::{Value, json};

use crate::support::agent::unique;
use crate::support::flow::TOKEN;
use crate::support::leaks::{self, Watch};
use crate::support::{Agent, Answer, Call, TestServer};

/// The program, serving; killed when dropped.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn serve(folder: &std::path::Path) -> Self {
        let settings = ["serve", "--listen", "127.0.0.1:0", "--set", "log.level=trace", "--set", "log.format=json"];
        let mut child = Command::new(env!("CARGO_BIN_EXE_agentid"))
            .args(settings)
            .args(["--data".as_ref(), folder.as_os_str()])
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("listens on ")).unwrap();
        let url = line.split("listens on ").nth(1).unwrap().to_owned();
        // The rest of what it prints goes nowhere, but the pipe stays open.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    /// Stops it, and everything that it has logged.
    fn log(mut self) -> String {
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        log
    }

    fn post(&self, path: &str) -> Call {
        Call::new("POST", &self.url, path)
    }

    /// A call by an overseer or agent.
    fn posted_by(&self, session: &str, path: &str, body: &Value) -> Answer {
        self.post(path).session(session).json(body).send()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Collects every secret on the way.
struct Story<'a> {
    program: &'a Program,
    agent: Agent,
    secrets: Vec<String>,
    /// Of answers.
    headers: Vec<String>,
}

impl Story<'_> {
    fn secret(&mut self, text: String) -> String {
        self.secrets.push(text.clone());
        text
    }

    fn register(&mut self) {
        let body = json!({ "name": "logged", "public_key": self.agent.public_key() });
        let challenge = self.program.post("/v1/agents/register/initiate").json(&body).send().expect(200);
        let path = format!("/v1/agents/register/complete/{}", challenge.text_of("challenge_id"));
        let body = json!({ "signature": self.agent.sign(&challenge.text_of("challenge_data")) });
        let answer = self.program.post(&path).json(&body).send().expect(201);
        self.agent.id = answer.json()["agent"]["id"].as_str().unwrap().to_owned();
        self.agent.session = self.secret(answer.text_of("session_id"));
    }

    fn proof(&mut self, method: &str, path: &str) -> String {
        let htu = format!("{}{path}", self.program.url);
        let claims = json!({ "htm": method, "htu": htu, "iat": Clock::system().now(), "jti": unique() });
        let proof = self.agent.proof_of(&claims);
        self.secret(proof)
    }

    fn oauth(&mut self, path: &str, parameter: (&str, &str)) -> Answer {
        let (id, exp) = (&self.agent.id, Clock::system().now() + 60);
        let claims = json!({ "iss": id, "sub": id, "aud": self.program.url, "exp": exp, "jti": unique() });
        let assertion = self.agent.assertion_of(&claims);
        let assertion = self.secret(assertion);
        let type_ = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let form = [parameter, ("client_assertion_type", type_), ("client_assertion", &assertion)];
        let answer = self.program.post(path).form(&form).send();
        self.answered(answer)
    }

    fn register_clients(&mut self, session: &str) {
        let body = json!({ "name": "app", "redirect_uris": ["https://app.example/callback"] });
        let call = |path: &str| self.program.post(path).session(session);
        let first = call("/v1/clients/register/overseer").json(&body).send().expect(201);
        let id = first.get("client")["id"].as_str().unwrap().to_owned();
        let second = call(&format!("/v1/clients/{id}/secret")).send().expect(200);
        // A private key where the public one belongs.
        let body = json!({ "name": "app", "public_key": { "kty": "OKP", "crv": "Ed25519", "d": unique() } });
        let private = body["public_key"]["d"].as_str().unwrap().to_owned();
        call("/v1/clients/register/overseer").json(&body).send().refused(422, "invalid_key");
        for secret in [first.text_of("client_secret"), second.text_of("client_secret"), private] {
            self.secret(secret);
        }
    }

    fn overseer(&mut self) -> String {
        let password = self.secret(format!("password {}", unique()));
        let body = json!({ "name": "Ada", "email": "ada@example.org", "password": password });
        let answer = self.program.post("/v1/overseers/register").json(&body).send().expect(201);
        self.secret(answer.text_of("session_id"));
        let wrong = self.secret(format!("wrong {}", unique()));
        let mut body = json!({ "email": "ada@example.org", "password": wrong });
        self.program.post("/v1/overseers/login").json(&body).send().refused(401, "wrong_credentials");
        body["password"] = json!(password);
        let session = self.program.post("/v1/overseers/login").json(&body).send().expect(200).text_of("session_id");
        let session = self.secret(session);
        self.register_clients(&session);
        // Under the wrong type, and as a body that is cut off.
        let malformed = format!(r#"{{"email":"ada@example.org","password":["{password}"]}}"#);
        for body in [&malformed, &malformed[..malformed.len() - 3]] {
            let call = self.program.post("/v1/overseers/login").header("content-type", "application/json");
            assert!([400, 422].contains(&call.bytes(body.as_bytes()).send().status));
        }
        session
    }
}

/// What every other test here rests on: see [`crate::support::leaks`].
#[test]
fn a_secret_that_is_logged_is_found() {
    let secret = unique() + &unique();
    let refresh_token = format!("01900000-0000-7000-8000-000000000000.{secret}");
    for is_logged_first in [true, false] {
        let watch = Watch::default();
        tracing::subscriber::with_default(watch.subscriber(), || {
            if !is_logged_first {
                watch.keep(&refresh_token);
            }
            tracing::trace!(id = "01900000-0000-7000-8000-000000000000", "harmless");
            assert_eq!(watch.first_leak(), None);
            tracing::trace!(value = ?Some(&secret), "leaking");
            watch.keep(&refresh_token);
        });
        assert!(watch.first_leak().unwrap().contains("leaking"));
    }
    let server = TestServer::start();
    let path = format!("/v1/clients/{}", "x".repeat(50));
    server.get(&path).send().refused(404, "not_found");
    assert!(leaks::is_watching(&"x".repeat(50)), "the servers of this process are listened to at every level");
}

#[test]
fn no_secret_is_ever_logged() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(folder.path());
    let mut story = Story { program: &program, agent: Agent::unregistered(), secrets: Vec::new(), headers: Vec::new() };
    story.register();
    let proof = story.proof("POST", "/v1/agents/login");
    let login = || program.post("/v1/agents/login").header("dpop", &proof).json(&json!({ "agent_id": story.agent.id }));
    let session = login().send().expect(200).text_of("session_id");
    login().send().refused(401, "proof_replayed");
    story.secret(session);
    let token = story.oauth(TOKEN, ("grant_type", "client_credentials")).expect(200).text_of("access_token");
    story.secret(token.clone());
    assert_eq!(story.oauth("/v1/oauth/introspect", ("token", &token)).expect(200).get("active"), true);
    story.oauth(TOKEN, ("grant_type", "password")).oauth_refused(400, "unsupported_grant_type");
    story.oauth("/v1/oauth/revoke", ("token", &token)).expect(200);
    let overseer_session = story.overseer();
    story.client(&overseer_session);
    // Something that is logged, so that the test can see that it sees.
    let mut stream = std::net::TcpStream::connect(program.url.strip_prefix("http://").unwrap()).unwrap();
    std::io::Write::write_all(&mut stream, format!("GET / HTTP/1.1\r\nDPoP: {proof}\0\r\n\r\n").as_bytes()).unwrap();
    std::io::Read::read_to_end(&mut stream, &mut Vec::new()).unwrap();
    let session = story.agent.session.clone();
    Call::new("GET", &program.url, "/v1/agents/me").session(&session).send().expect(200);

    let (secrets, headers) = (story.secrets, story.headers.concat());
    assert!(secrets.len() > 40 && headers.len() > 1000);
    let file = std::fs::read_to_string(folder.path().join("secret")).unwrap();
    let server_secrets = file.lines().filter(|line| !line.starts_with('#')).map(str::to_owned);
    let log = program.log();
    for seen in ["connection ended", "/v1/overseers/login", "/v1/oauth/token"] {
        assert!(log.contains(seen), "little was logged, so little was shown: {log}");
    }
    for secret in secrets.into_iter().chain(server_secrets) {
        assert!(!log.contains(&secret), "the log holds {secret}");
        // Of a JWT the signature alone would be too much, too.
        let tail = secret.rsplit('.').next().unwrap();
        assert!(!log.contains(tail), "the log holds {tail}");
        assert!(!headers.contains(tail), "the header of an answer holds {tail}");
    }
}
