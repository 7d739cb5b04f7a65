//! One connection, driven by the thread that uses it: no other thread has to be woken for an answer.
//!
//! What only steers the transaction (`BEGIN`, savepoints) is kept back and sent together with the next statement, so
//! it costs no round trip of its own.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use tokio::runtime::{self, Runtime};
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::from_driver;
use crate::db::{Error, Postgres, apart};

/// How much longer than a statement may take is waited for its answer, until the server counts as gone.
const GRACE: Duration = Duration::from_secs(5);

/// How every statement that begins a transaction begins.
const BEGIN: &str = "BEGIN ";

pub(super) struct Connection {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    client: Client,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    capacity: usize,
    patience: Duration,
    /// Statements that steer the transaction and have not been sent.
    pending: RefCell<String>,
    is_lost: Cell<bool>,
}

impl Connection {
    /// Connects. `statement_timeout` holds on the server.
    pub(super) fn open(settings: &Postgres, statement_timeout: Duration) -> Result<Box<Self>, Error> {
        // Whoever opens a database may itself be a task, and a task can not wait for another runtime.
        apart(|| {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Error::Unavailable(error.to_string()))?;
            let connected = runtime.block_on(connect(settings, statement_timeout));
            let client = match connected {
                Ok(client) => client,
                Err(error) => {
                    // Whoever still looks up a name is not waited for.
                    runtime.shutdown_background();
                    return Err(error);
                }
            };
            Ok(Box::new(Self {
                runtime: Some(runtime),
                client,
                statements: RefCell::default(),
                capacity: settings.statements,
                patience: statement_timeout + GRACE,
                pending: RefCell::default(),
                is_lost: Cell::new(false),
            }))
        })
    }

    /// Whether it can not be used any more. Looks whether the server has said goodbye meanwhile.
    pub(super) fn is_lost(&self) -> bool {
        if let Some(runtime) = self.runtime.as_ref().filter(|_| !self.is_lost.get()) {
            runtime.block_on(async {
                for _ in 0..2 {
                    tokio::task::yield_now().await;
                }
            });
            self.is_lost.set(self.client.is_closed());
        }
        self.is_lost.get()
    }

    /// Whether a call has found it lost.
    pub(super) fn is_known_lost(&self) -> bool {
        self.is_lost.get() || self.client.is_closed()
    }

    /// Begins a transaction with the next statement.
    pub(super) fn begin(&self, mode: &str) {
        self.take_pending();
        self.control(&format!("{BEGIN}{mode}"));
    }

    /// Keeps a statement that steers the transaction until the next one that answers something.
    pub(super) fn control(&self, sql: &str) {
        let mut pending = self.pending.borrow_mut();
        pending.push_str(sql);
        pending.push(';');
    }

    /// Ends the transaction without keeping anything of it.
    pub(super) fn roll_back(&self) -> Result<(), Error> {
        // What was kept back was never sent. If the beginning is among it, there is nothing to end.
        if self.take_pending().starts_with(BEGIN) { Ok(()) } else { self.batch("ROLLBACK") }
    }

    fn take_pending(&self) -> String {
        std::mem::take(&mut *self.pending.borrow_mut())
    }

    /// Runs statements without parameters, after those that were kept back.
    pub(super) fn batch(&self, sql: &str) -> Result<(), Error> {
        let script = self.take_pending() + sql;
        self.wait(self.client.batch_execute(&script))
    }

    /// Prepares a statement once, and does with it what is asked, after those that were kept back.
    pub(super) fn with<'a, T, F>(&'a self, sql: &str, run: impl FnOnce(&'a Client, Statement) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>> + 'a,
    {
        let statement = self.statement(sql)?;
        let pending = self.take_pending();
        let running = run(&self.client, statement);
        if pending.is_empty() {
            return self.wait(running);
        }
        self.wait(async {
            // In this order both are sent before either is answered.
            let (before, result) = tokio::join!(biased; self.client.batch_execute(&pending), running);
            before.and(result)
        })
    }

    fn statement(&self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let pending = self.take_pending();
        if !pending.is_empty() {
            self.wait(self.client.batch_execute(&pending))?;
        }
        let statement = self.wait(self.client.prepare(sql))?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= self.capacity {
            statements.clear();
        }
        statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    fn wait<T>(&self, future: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Error> {
        let runtime = self.runtime.as_ref().ok_or_else(unanswered)?;
        // A timer needs the runtime around it.
        let Ok(result) = runtime.block_on(async { timeout(self.patience, future).await }) else {
            self.is_lost.set(true);
            return Err(unanswered());
        };
        result.map_err(|error| {
            let (error, is_lost) = from_driver(&error);
            self.is_lost.set(self.is_lost.get() || is_lost || self.client.is_closed());
            error
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The last handle may be a task's, and a task must not wait for the end of a runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// To the first host that takes writes.
async fn connect(settings: &Postgres, statement_timeout: Duration) -> Result<Client, Error> {
    let mut failure = unanswered();
    for host in settings.url.hosts() {
        // A name can have two addresses, and the driver tries one after the other.
        let connecting = timeout(settings.connect_timeout * 2, connect_to(host, settings, statement_timeout));
        match connecting.await.unwrap_or_else(|_| Err(unanswered())) {
            Ok(client) => return Ok(client),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn connect_to(host: &Config, settings: &Postgres, statement_timeout: Duration) -> Result<Client, Error> {
    let mut config = host.clone();
    config.connect_timeout(settings.connect_timeout).tcp_user_timeout(statement_timeout + GRACE);
    let failed = |error: tokio_postgres::Error| from_driver(&error).0;
    let client = if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        tokio::spawn(connection);
        client
    } else {
        let (trusting, _) = MakeRustlsConnect::with_native_certs().map_err(|_| {
            Error::Unavailable("this machine trusts no certificates, so TLS is not possible".to_owned())
        })?;
        let (client, connection) = config.connect(trusting).await.map_err(failed)?;
        tokio::spawn(connection);
        client
    };
    // A node that hangs must not hold locks for ever. And only a transaction that was begun to write may: were a BEGIN
    // refused, the statement that was sent along with it would be one of its own.
    let milliseconds = statement_timeout.as_millis();
    let settings = format!(
        "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds};
         SET idle_in_transaction_session_timeout = {milliseconds}; SET TIME ZONE 'UTC';
         SET default_transaction_read_only = on"
    );
    client.batch_execute(&settings).await.map_err(failed)?;
    Ok(client)
}

fn unanswered() -> Error {
    Error::Unavailable("PostgreSQL does not answer in time".to_owned())
}
