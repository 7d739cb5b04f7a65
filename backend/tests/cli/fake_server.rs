//! A server that answers whatever the test likes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

/// A request as it came.
pub struct Heard {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What is answered. `None` instead of it: nothing, ever.
pub struct Reply {
    pub status: u16,
    /// Lines of the head, each with its line break.
    pub headers: String,
    pub body: Value,
}

impl Reply {
    pub fn new(status: u16, body: Value) -> Option<Self> {
        Some(Self { status, headers: String::new(), body })
    }
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A free port, before anybody listens there.
pub struct FreePort {
    listener: TcpListener,
    pub url: String,
}

impl FreePort {
    pub fn find() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// Answers until the test ends. Who it is, it says truly.
    pub fn serve(self, mut answer: impl FnMut(&Heard) -> Option<Reply> + Send + 'static) {
        std::thread::spawn(move || {
            let mut unanswered = Vec::new();
            for stream in self.listener.incoming() {
                let stream = stream.unwrap();
                let Some(heard) = read(&stream) else { continue };
                let reply = match heard.path.as_str() {
                    "/" => Reply::new(200, json!({ "issuer": self.url })),
                    _ => answer(&heard),
                };
                match reply {
                    Some(reply) => write(&stream, &reply),
                    None => unanswered.push(stream),
                }
            }
        });
    }
}

fn read(stream: &TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Heard { method, path, headers, body })
}

fn write(mut stream: &TcpStream, reply: &Reply) {
    let body = reply.body.to_string();
    let head =
        format!("HTTP/1.1 {} X\r\n{}connection: close\r\ncontent-length: {}", reply.status, reply.headers, body.len());
    // The caller may have gone.
    let _ = write!(stream, "{head}\r\n\r\n{body}");
}
