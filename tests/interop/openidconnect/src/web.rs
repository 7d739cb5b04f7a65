//! As little of a web server as the application needs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use openidconnect::url::Url;
use serde_json::Value;

/// What a browser is answered.
pub enum Answer {
    /// Go there.
    Redirect(Url),
    /// What the application knows.
    Json(Value),
}

/// Answers one request after the other, until the process is ended.
pub fn serve(listener: &TcpListener, mut answer: impl FnMut(&Url) -> anyhow::Result<Answer>) -> anyhow::Result<()> {
    loop {
        let (mut stream, _) = listener.accept()?;
        let address = requested(&stream)?;
        let (status, header, body) = match answer(&address) {
            Ok(Answer::Redirect(to)) => ("303 See Other", format!("location: {to}\r\n"), String::new()),
            Ok(Answer::Json(value)) => ("200 OK", "content-type: application/json\r\n".to_owned(), value.to_string()),
            Err(error) => {
                eprintln!("{error:?}");
                ("500 Internal Server Error", String::new(), format!("{error:?}"))
            }
        };
        let length = body.len();
        write!(stream, "HTTP/1.1 {status}\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}")?;
    }
}

/// The address in the first line of a request. The rest is read, too, for a connection that is closed before is reset.
fn requested(stream: &TcpStream) -> anyhow::Result<Url> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let target = first.split(' ').nth(1).unwrap_or_default();
    Ok(Url::parse("http://127.0.0.1")?.join(target)?)
}
