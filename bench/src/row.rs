//! What one durable row costs: about 300 bytes with a primary key and three indexes, among 20,000 others, in groups
//! of 64 that are on the disk before the next begins. The columns are those of an issued token.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::costs::thread_time;

const PRELOADED: u64 = 20_000;
const GROUP: u64 = 64;
const AGENTS: u64 = 1000;
const CLIENTS: u64 = 100;

/// Seconds for a row.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Row {
    /// On the core.
    pub core: f64,
    /// By the clock, which also waits for the disk.
    pub clock: f64,
}

/// Writes `groups` groups and says what a row took.
pub fn measure(folder: &Path, groups: usize) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir_in(folder)?;
    let connection = Connection::open(folder.path().join("row.db"))?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE tokens (id TEXT NOT NULL PRIMARY KEY, agent_id TEXT NOT NULL, client_id TEXT NOT NULL,
                              hash TEXT NOT NULL, scopes TEXT NOT NULL, resource TEXT NOT NULL,
                              expires_at BIGINT NOT NULL);
         CREATE INDEX tokens_agent ON tokens (agent_id);
         CREATE INDEX tokens_client ON tokens (client_id);
         CREATE INDEX tokens_expires ON tokens (expires_at);",
    )?;
    insert(&connection, 0..PRELOADED)?;
    let ranges: Vec<_> = (0..groups as u64).map(|group| PRELOADED + group * GROUP).collect();
    let (began, before) = (Instant::now(), thread_time());
    for first in ranges {
        insert(&connection, first..first + GROUP)?;
    }
    let rows = (groups as u64 * GROUP) as f64;
    Ok(Row { core: (thread_time() - before) / rows, clock: began.elapsed().as_secs_f64() / rows })
}

/// One transaction.
fn insert(connection: &Connection, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    {
        let sql = "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let mut statement = transaction.prepare_cached(sql)?;
        for number in numbers {
            statement.execute(params![
                id(number),
                id(scatter(number) % AGENTS),
                id(scatter(number) % CLIENTS),
                TEXT,
                "id name",
                "https://api.example.org/",
                (1_800_000_000 + number / 1000).cast_signed()
            ])?;
        }
    }
    Ok(transaction.commit()?)
}

/// Ascending, as UUIDv7 is, and as long.
fn id(number: u64) -> String {
    format!("019c0000-0000-7000-8000-{number:012x}")
}

/// Spreads numbers evenly (Fibonacci hashing).
fn scatter(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
}

/// Fills the row up to 300 bytes.
const TEXT: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890123";
