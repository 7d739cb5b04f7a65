//! Rows that are put into PostgreSQL directly, the same as into SQLite.

use std::io::Write as _;

use super::fill::tokens;
use crate::postgres::with_client;

/// Adds access tokens of the agents that are there, made in the last 15 minutes before `until`, and expiring 15 minutes
/// and `extra` seconds later. What PostgreSQL would tidy up after so many rows it does now, not in a round.
pub fn add_tokens(url: &str, count: u64, until: u64, extra: i64) -> anyhow::Result<()> {
    with_client(url, |client| {
        let rows = client.query("SELECT id FROM agents LIMIT 1000", &[])?;
        let agents: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let mut copy = client.copy_in(
            "COPY access_tokens
                 (id, agent_id, client_id, scopes, access_token_hash, expires_at, created_at, revoked, resource, keep_until)
             FROM STDIN",
        )?;
        for token in tokens(&agents, count, until, extra)? {
            let (id, agent, hash, created, expires) =
                (&token.id, token.agent, &token.hash, token.created, token.expires);
            // No value has a character that would need an escape.
            writeln!(
                copy,
                "{id}\t{agent}\t{agent}\tid name\t{hash}\t{expires}\t{created}\tf\thttp://127.0.0.1\t{expires}"
            )?;
        }
        copy.finish()?;
        client.batch_execute("VACUUM (ANALYZE)")?;
        Ok(client.batch_execute("CHECKPOINT")?)
    })
}
