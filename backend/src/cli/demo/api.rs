//! The API of the demo: somebody else's service, which lets agents in by their tokens and never asks
//! the server about any of them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use agentid_client::{Claims, Verifier};
use serde_json::{Value, json};

/// How many bytes of a request are read.
const LARGEST_HEAD: u64 = 32 * 1024;
/// How long a caller may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts it on a free port, for as long as the program runs; its address.
pub fn start(issuer: &str) -> anyhow::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("http://{}", listener.local_addr()?);
    let verifier = Verifier::new(issuer, &address)?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A caller who hangs up early is no concern of the next one.
            let _ = answer(stream, &verifier);
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, verifier: &Verifier) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let token = bearer_token(&stream)?;
    let (status, body) = match verifier.verify(&token) {
        Ok(claims) => ("200 OK", welcome(&claims)),
        Err(invalid) => {
            ("401 Unauthorized", json!({ "error": "invalid_token", "error_description": invalid.to_string() }))
        }
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         www-authenticate: Bearer\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn welcome(claims: &Claims) -> Value {
    json!({ "welcome": claims.sub, "overseen": claims.overseen, "scope": claims.scope })
}

/// Reads the head of the request; empty when it has no token.
fn bearer_token(stream: &TcpStream) -> std::io::Result<String> {
    let mut token = String::new();
    for line in BufReader::new(stream.take(LARGEST_HEAD)).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("authorization") {
            token = value.trim().strip_prefix("Bearer ").unwrap_or_default().to_owned();
        }
    }
    Ok(token)
}
