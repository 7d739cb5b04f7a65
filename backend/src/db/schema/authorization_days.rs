//! `authorization_days`: how often an agent was asked for, by day, client and outcome.

use super::oauth_requests::OauthRequest;
use crate::db::{Error, Row, Tx, params};
use crate::id::{AgentId, ClientId};

/// How many rows of a client's are added up, at most: each agent makes one a day.
const MOST_OF_CLIENT: i64 = 20_000;
const DAY: i64 = 24 * 60 * 60;

/// The requests of a day that ended alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requests {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// The outcome, as in the history.
    pub status: String,
    /// How many.
    pub requests: i64,
}

/// The day of a moment, in days since 1970-01-01, UTC.
pub fn day_of(unix_seconds: i64) -> i64 {
    unix_seconds.div_euclid(DAY)
}

/// Counts a request that was just written into the history.
pub fn count(tx: &mut Tx<'_>, request: &OauthRequest) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO authorization_days (agent_id, day, client_id, status, requests) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (agent_id, day, client_id, status)
         DO UPDATE SET requests = authorization_days.requests + 1",
        params![&request.agent_id, day_of(request.created_at), &request.client_id, &request.status],
    )?;
    Ok(())
}

/// What came of the requests to an agent, from a day on.
pub fn of_agent(tx: &mut Tx<'_>, agent_id: &AgentId, from: i64) -> Result<Vec<Requests>, Error> {
    let sql = "SELECT day, status, CAST(SUM(requests) AS BIGINT) FROM authorization_days
               WHERE agent_id = $1 AND day >= $2 GROUP BY day, status ORDER BY day, status";
    tx.query_all(sql, params![agent_id, from])?.iter().map(requests).collect()
}

/// What came of the requests of a client, from a day on; of the latest 20,000 agents and days.
pub fn of_client(tx: &mut Tx<'_>, client_id: &ClientId, from: i64) -> Result<Vec<Requests>, Error> {
    let sql = "SELECT day, status, CAST(SUM(requests) AS BIGINT)
               FROM (SELECT day, status, requests FROM authorization_days
                     WHERE client_id = $1 AND day >= $2 ORDER BY day DESC LIMIT $3) latest
               GROUP BY day, status ORDER BY day, status";
    tx.query_all(sql, params![client_id, from, MOST_OF_CLIENT])?.iter().map(requests).collect()
}

fn requests(row: &Row) -> Result<Requests, Error> {
    Ok(Requests { day: row.get(0)?, status: row.get(1)?, requests: row.get(2)? })
}

/// Deletes a batch of days before the one of this moment; how many rows it was.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM authorization_days WHERE (agent_id, day, client_id, status) IN
                   (SELECT agent_id, day, client_id, status FROM authorization_days WHERE day < $1 ORDER BY day LIMIT $2)";
    tx.execute(sql, params![day_of(before), limit])
}
