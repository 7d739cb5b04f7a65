//! `server_values`: single values of the server itself.

use crate::db::{Error, Tx, params};

/// Shows whether the server's secret fits this database.
pub const SECRET_CHECK: &str = "secret_check";

/// The value of this name.
pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, Error> {
    let row = tx.query_opt("SELECT value FROM server_values WHERE name = $1", params![name])?;
    row.map(|row| row.get(0)).transpose()
}

/// The value of this name, which is `value` from now on unless there is one.
pub fn get_or_set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<String, Error> {
    let sql = "INSERT INTO server_values (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    tx.execute(sql, params![name, value])?;
    tx.query_one("SELECT value FROM server_values WHERE name = $1", params![name])?.get(0)
}

/// Sets the value of this name.
pub fn set(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), Error> {
    let sql = "INSERT INTO server_values (name, value) VALUES ($1, $2)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    tx.execute(sql, params![name, value])?;
    Ok(())
}
