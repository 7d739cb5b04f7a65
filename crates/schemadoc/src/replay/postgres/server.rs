//! The server: getting there, and a database of our own on it that is gone when the work is done.
//!
//! It is a database and not a schema, because migrations may name a schema (`public.users`), set the search path, or make
//! schemas and extensions: whatever they do to the database that they are in, nothing that was there before can be meant.

use std::error::Error as _;
use std::time;

use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::PostgresError;

/// How long a server may take to answer at all, unless the URL says.
const PATIENCE: time::Duration = time::Duration::from_secs(10);

/// What the rows show must not depend on the server's settings.
pub(super) const SETTINGS: &str = "SET TIME ZONE 'UTC'; SET DateStyle TO 'ISO'; SET IntervalStyle TO 'postgres'";

/// Makes a database with a random name, does the work in it, and drops it, whatever came of the work.
pub(super) fn in_scratch_database<T>(
    url: &str,
    work: impl FnOnce(&mut Client) -> Result<T, PostgresError>,
) -> Result<T, PostgresError> {
    let mut config: Config = url.parse().map_err(|error| PostgresError::Url(in_full(&error)))?;
    config.application_name("schemadoc");
    let mut server = connect(&config)?;
    let name = value(&mut server, "SELECT 'schemadoc_' || replace(gen_random_uuid()::text, '-', '')")?;
    // The template is the one that nobody has put anything into; what texts sort like is the same on every server.
    server
        .batch_execute(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))
        .map_err(|error| not_made(&mut server, &config, &error))?;
    let result = connect(config.clone().dbname(&name)).and_then(|mut client| work(&mut client));
    let dropped = server.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
    let Err(error) = dropped else { return result };
    let before = result.err().map(|first| format!("; before that: {first}")).unwrap_or_default();
    Err(PostgresError::NotDropped { name, message: in_full(&error) + &before })
}

/// The rows that a script answers with, as text.
pub(super) fn rows(client: &mut Client, script: &str) -> Result<Vec<SimpleQueryRow>, postgres::Error> {
    let row = |message| if let SimpleQueryMessage::Row(row) = message { Some(row) } else { None };
    Ok(client.simple_query(script)?.into_iter().filter_map(row).collect())
}

/// The only value of the only row.
pub(super) fn value(client: &mut Client, query: &str) -> Result<String, postgres::Error> {
    let rows = rows(client, query)?;
    Ok(rows.first().and_then(|row| row.get(0)).unwrap_or_default().to_owned())
}

/// What went wrong, with the server's hint, in one line.
pub(super) fn in_full(error: &postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        let more = [error.detail(), error.hint()].into_iter().flatten().map(|text| format!(" ({text})"));
        return format!("{}{}", error.message(), more.collect::<String>());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn connect(config: &Config) -> Result<Client, PostgresError> {
    let mut config = config.clone();
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    let connected = if config.get_ssl_mode() == SslMode::Disable {
        config.connect(NoTls)
    } else {
        let (trusting, _) = MakeRustlsConnect::with_native_certs().map_err(|_| PostgresError::NoCertificates)?;
        config.connect(trusting)
    };
    let mut client = connected.map_err(|error| not_reached(&config, &error))?;
    client.batch_execute(SETTINGS)?;
    Ok(client)
}

fn not_reached(config: &Config, error: &postgres::Error) -> PostgresError {
    let mut message = in_full(error);
    if message.contains("certificate") {
        message.push_str(
            "; this machine must trust it (SSL_CERT_FILE may name others), and sslmode=disable in the URL does without TLS",
        );
    }
    PostgresError::NotReached { server: address(config), message }
}

fn not_made(server: &mut Client, config: &Config, error: &postgres::Error) -> PostgresError {
    if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
        && let Ok(user) = value(server, "SELECT current_user")
    {
        return PostgresError::MayNotMake { user };
    }
    PostgresError::NotReached { server: address(config), message: in_full(error) }
}

/// Without the password.
fn address(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}, port {port}")
}
