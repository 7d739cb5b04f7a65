//! HTTP byte by byte, for what a well-behaved client never sends.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::TestServer;

/// A connection that says whatever the test says.
pub struct Raw(TcpStream);

impl TestServer {
    pub fn connect(&self) -> Raw {
        let stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        // A bound, so that a server that never answers fails the test instead of hanging it.
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        Raw(stream)
    }

    /// The head of a request to this server, with one more line of headers for each of `more`.
    pub fn head(&self, method: &str, path: &str, more: &[&str]) -> String {
        let host = self.url.strip_prefix("http://").unwrap();
        let more: String = more.iter().map(|line| format!("{line}\r\n")).collect();
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
    }
}

impl Raw {
    /// Sends; the server may have closed already, which the answer then tells.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.0.write_all(bytes.as_ref());
        self
    }

    /// Says that nothing more will come. The server then need not answer: it takes the caller for gone.
    pub fn finish(&mut self) -> &mut Self {
        let _ = self.0.shutdown(Shutdown::Write);
        self
    }

    /// Everything that comes until the server closes, as text.
    pub fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = self.0.read(&mut piece) {
            bytes.extend_from_slice(&piece[..length]);
        }
        String::from_utf8(bytes).unwrap()
    }

    /// The status of the one answer; 0 when the connection ends without any.
    pub fn status(&mut self) -> u16 {
        let answer = self.rest();
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}
