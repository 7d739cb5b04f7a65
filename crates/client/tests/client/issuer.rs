//! An issuer that signs and answers whatever the test likes.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use agentid_client::{Claims, Clock, Verifier, VerifyError};
use agentid_jose::ed25519::SigningKey;
use agentid_jose::random::Random;
use agentid_jose::{base64url, jwk, jws};
use serde_json::{Value, json};

use super::{API, BEGINNING};

pub const JWKS: &str = "/.well-known/jwks.json";

/// Everything that was asked, and what is answered, by path with query.
#[derive(Default)]
struct Desk {
    answers: HashMap<String, (u16, String, String)>,
    heard: Vec<String>,
}

/// A listening issuer with one key and a clock of its own.
pub struct Issuer {
    pub url: String,
    pub key: SigningKey,
    pub clock: Clock,
    desk: Arc<Mutex<Desk>>,
}

impl Issuer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Mutex::new(Desk::default()));
        let shared = Arc::clone(&desk);
        std::thread::spawn(move || listener.incoming().for_each(|stream| serve(&stream.unwrap(), &shared)));
        let issuer = Self { url, key: new_key(), clock: Clock::manual(BEGINNING), desk };
        issuer.publish(&[&issuer.key], "max-age=300");
        issuer
    }

    /// From now on, this path is answered like this; `headers` are lines, each with its line break.
    pub fn answer(&self, path: &str, status: u16, headers: &str, body: &str) {
        let answer = (status, headers.to_owned(), body.to_owned());
        self.desk.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// From now on, these are the published keys.
    pub fn publish(&self, keys: &[&SigningKey], cache_control: &str) {
        let keys: Vec<Value> = keys.iter().map(|key| public_jwk(key)).collect();
        self.answer(JWKS, 200, &format!("cache-control: {cache_control}\r\n"), &json!({ "keys": keys }).to_string());
    }

    /// The heads of the requests for paths that begin like this.
    pub fn heard(&self, path: &str) -> Vec<String> {
        let desk = self.desk.lock().unwrap();
        let is_for = |head: &&String| head.split(' ').nth(1).unwrap().starts_with(path);
        desk.heard.iter().filter(is_for).cloned().collect()
    }

    /// The claims of a good token, for a test to spoil.
    pub fn claims(&self) -> Value {
        let now = self.clock.now();
        json!({
            "iss": self.url, "sub": "agent-1", "client_id": "agent-1", "aud": API, "scope": "id name", "iat": now,
            "exp": now + 900, "jti": unique(), "entity_type": "agent", "overseen": true,
        })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as("at+jwt", claims)
    }

    /// Any JWT with these claims.
    pub fn sign_as(&self, typ: &str, claims: &Value) -> String {
        sign_with(&self.key, typ, claims)
    }

    /// A good token with some claims changed; a null takes a claim away.
    pub fn token(&self, change: &Value) -> String {
        let mut claims = self.claims();
        let members = claims.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        self.sign(&claims)
    }

    /// A verifier for the API, by the issuer's clock.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(&self.url, API).unwrap().with_clock(self.clock.clone())
    }

    /// What a new verifier says to a token.
    pub fn verify(&self, token: &str) -> Result<Claims, VerifyError> {
        self.verifier().verify(token)
    }
}

pub fn new_key() -> SigningKey {
    SigningKey::generate(Random::system())
}

/// A text that was never used before.
pub fn unique() -> String {
    base64url::encode(Random::system().bytes::<16>())
}

/// A JWT that names its key as our servers do.
pub fn sign_with(key: &SigningKey, typ: &str, claims: &Value) -> String {
    let header = json!({ "alg": "EdDSA", "typ": typ, "kid": jwk::thumbprint(&key.public_key()) });
    jws::sign(&header, claims, key)
}

fn public_jwk(key: &SigningKey) -> Value {
    let mut jwk = jwk::to_jwk(&key.public_key());
    jwk["kid"] = json!(jwk::thumbprint(&key.public_key()));
    jwk["use"] = json!("sig");
    jwk
}

fn serve(stream: &TcpStream, desk: &Mutex<Desk>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        // Whoever hangs up early is no concern of the next one.
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    reader.read_exact(&mut vec![0; length.map_or(0, |length| length.parse().unwrap())]).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let mut desk = desk.lock().unwrap();
    desk.heard.push(head);
    let answer = desk.answers.get(&path).cloned();
    drop(desk);
    let (status, headers, body) = answer.unwrap_or((404, String::new(), "{}".to_owned()));
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\n{headers}connection: close\r\ncontent-length: {length}");
    let mut stream = stream;
    let _ = write!(stream, "{head}\r\n\r\n{body}");
}
