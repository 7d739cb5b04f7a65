//! Rows that are put into a server's database directly: issuing so many tokens would take longer than measuring.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use rusqlite::{Connection, Transaction, params};
use uuid::{NoContext, Timestamp, Uuid};

use crate::sign::{hash, unique};

/// Rows in one transaction.
const GROUP: usize = 20_000;
/// How long ago the oldest of the rows was made, in seconds: as long as a token lives.
const SPAN: u64 = 900;

/// A server's database, beside the server.
pub struct Database(Connection);

impl Database {
    /// Opens it. A writing server is waited for.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        Ok(Self(connection))
    }

    /// How many bytes are in use.
    pub fn bytes(&self) -> anyhow::Result<u64> {
        let number = |sql: &str| self.0.query_row(sql, [], |row| row.get::<_, i64>(0));
        let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
        Ok(u64::try_from(pages * number("PRAGMA page_size")?)?)
    }

    /// How many access tokens the purge will delete that have expired by `now`; by an index, for a load runs beside.
    pub fn expired(&self, now: u64) -> anyhow::Result<u64> {
        let column = if self.has_keep_until()? { "keep_until" } else { "expires_at" };
        let sql = format!("SELECT count(*) FROM access_tokens WHERE {column} <= ?1");
        Ok(u64::try_from(self.0.query_row(&sql, [now.cast_signed()], |row| row.get::<_, i64>(0))?)?)
    }

    /// Adds access tokens of the agents that are there, made in the last 15 minutes before `until` in even steps,
    /// and expiring 15 minutes and `extra` seconds later.
    pub fn add_tokens(&self, count: u64, until: u64, extra: i64) -> anyhow::Result<()> {
        let agents = self.agents()?;
        let sql = self.insertion()?;
        let mut tokens = tokens(&agents, count, until, extra)?.peekable();
        while tokens.peek().is_some() {
            let transaction = self.0.unchecked_transaction()?;
            for token in tokens.by_ref().take(GROUP) {
                add(&transaction, &sql, &token)?;
            }
            transaction.commit()?;
        }
        self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn agents(&self) -> anyhow::Result<Vec<String>> {
        let mut statement = self.0.prepare("SELECT id FROM agents LIMIT 1000")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Later versions of the server purge by this column.
    fn has_keep_until(&self) -> anyhow::Result<bool> {
        let sql = "SELECT count(*) FROM pragma_table_info('access_tokens') WHERE name = 'keep_until'";
        Ok(self.0.query_row(sql, [], |row| row.get::<_, i64>(0))? == 1)
    }

    fn insertion(&self) -> anyhow::Result<String> {
        let (column, value) = if self.has_keep_until()? { (", keep_until", ", ?5") } else { ("", "") };
        Ok(format!(
            "INSERT INTO access_tokens
                 (id, agent_id, client_id, scopes, access_token_hash, expires_at, created_at, revoked, resource{column})
             VALUES (?1, ?2, ?2, 'id name', ?3, ?5, ?4, FALSE, 'http://127.0.0.1'{value})"
        ))
    }
}

fn add(transaction: &Transaction<'_>, sql: &str, token: &Token<'_>) -> anyhow::Result<()> {
    let mut statement = transaction.prepare_cached(sql)?;
    statement.execute(params![token.id, token.agent, token.hash, token.created, token.expires])?;
    Ok(())
}

/// One access token, as every engine is given it.
pub(super) struct Token<'a> {
    pub(super) id: String,
    pub(super) agent: &'a str,
    pub(super) hash: String,
    pub(super) created: i64,
    pub(super) expires: i64,
}

/// As many tokens of these agents, made in the last 15 minutes before `until` in even steps.
pub(super) fn tokens(
    agents: &[String],
    count: u64,
    until: u64,
    extra: i64,
) -> anyhow::Result<impl Iterator<Item = Token<'_>>> {
    ensure!(!agents.is_empty(), "there are no agents");
    Ok((0..count).map(move |number| {
        let created = until - SPAN + number * SPAN / count;
        let agent = &agents[(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize % agents.len()];
        let id = Uuid::new_v7(Timestamp::from_unix(NoContext, created, 0)).to_string();
        let expires = (created + SPAN).cast_signed() + extra;
        Token { id, agent, hash: hash(&unique()), created: created.cast_signed(), expires }
    }))
}
