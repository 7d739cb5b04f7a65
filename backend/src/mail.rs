//! The mail server that takes our letters (RFC 5321), by the `lettre` crate. Letters are plain text.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context as _;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::config;

/// How long a connection to the mail server may take to come to be.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a letter may take: servers that look into a letter first are slow to say that they have it.
const LETTER: Duration = Duration::from_secs(90);

/// The way to the mail server. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host: String,
}

/// A letter to one person.
pub struct Letter<'a> {
    /// The same when it is sent once more, so that a mailbox shows it once.
    pub id: &'a str,
    /// Whom to.
    pub recipient: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// The text: ASCII, with `\n` at the end of a line.
    pub text: String,
}

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It is to no address: another try would end like this one.
    #[error("{0}")]
    Refused(String),
    /// The mail server is not there, or says no. Whether that is about the letter or about how it is set up here, its codes do
    /// not tell.
    #[error("{0}")]
    Failed(String),
}

impl Mailer {
    /// `None` when no mail server is set. `issuer` says who we are to it.
    pub fn new(settings: &config::Mail, issuer: &str) -> anyhow::Result<Option<Self>> {
        let Some(server) = settings.url.expose() else { return Ok(None) };
        let from = settings.from.parse().context("mail.from is not an address, or `Name <address>`")?;
        let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let transport = transport(server, &host).context("mail.url can not be used")?;
        Ok(Some(Self { transport, from, host }))
    }

    /// Hands a letter to the mail server.
    pub async fn send(&self, letter: Letter<'_>) -> Result<(), MailError> {
        let refused = |error: &dyn std::fmt::Display| MailError::Refused(error.to_string());
        // An address alone: with a name beside it, whoever gives the address would have a word in the letter.
        let to = Mailbox::new(None, letter.recipient.parse().map_err(|error| refused(&error))?);
        // As it is (RFC 5322 section 2.1.1 allows lines of 998 characters): quoted-printable would take a link apart for whoever
        // reads the letter as it was sent.
        let text = letter.text.replace('\n', "\r\n").into_bytes();
        let text = Body::dangerous_pre_encoded(text, ContentTransferEncoding::SevenBit);
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject)
            .message_id(Some(format!("<{}@{}>", letter.id, self.host)))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|error| refused(&error))?;
        match tokio::time::timeout(LETTER, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(MailError::Failed(error.to_string())),
            Err(_) => Err(MailError::Failed("it took too long".to_owned())),
        }
    }
}

/// RFC 3207: without TLS nobody but this machine hears a password or a link; a server that does not offer STARTTLS gets none.
fn transport(server: &Url, own_name: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
    let host = server.host_str().unwrap_or_default();
    // An address in brackets is none to connect to.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let builder = match server.scheme() {
        "smtps" => AsyncSmtpTransport::<Tokio1Executor>::relay(host)?,
        _ if is_this_machine(server) => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
        _ => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?,
    };
    let own_name = match own_name.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(own_name.to_owned()),
    };
    let builder = builder.timeout(Some(CONNECT)).hello_name(own_name);
    let builder = server.port().into_iter().fold(builder, |builder, port| builder.port(port));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Ok(match server.password() {
        Some(password) => builder.credentials(Credentials::new(decoded(server.username()), decoded(password))).build(),
        None => builder.build(),
    })
}

fn is_this_machine(server: &Url) -> bool {
    match server.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // A scheme that the URL standard does not know has its addresses as text.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// RFC 3834 section 5: nobody's mailbox answers that its owner is away.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
