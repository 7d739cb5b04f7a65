//! The schema: what the seed document demands, and what the rules of the tables rest on.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod portable;
mod seed;
mod tables;

use agentid::clock::Clock;
use agentid::db::migrate::{self, Backup, MIGRATIONS};
use rusqlite::Connection;
use tempfile::TempDir;

/// A freshly migrated database.
pub struct Migrated {
    pub connection: Connection,
    _folder: TempDir,
}

pub fn migrated() -> Migrated {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agentid.db");
    migrate::migrate(&agentid::db::Engine::file(&path), MIGRATIONS, Backup::None, &Clock::system()).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    Migrated { connection, _folder: folder }
}

impl Migrated {
    /// The first column of every row.
    pub fn texts(&self, sql: &str, parameter: &str) -> Vec<String> {
        let mut statement = self.connection.prepare(sql).unwrap();
        let rows = statement.query_map([parameter], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub fn columns(&self, table: &str) -> Vec<String> {
        self.texts("SELECT name FROM pragma_table_info(?1) ORDER BY cid", table)
    }

    fn index_columns(&self, index: &str) -> Vec<String> {
        self.texts("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", index)
    }

    /// Whether the table has a unique index, with this condition, on just these columns.
    fn is_unique(&self, table: &str, columns: &[&str], partial: bool) -> bool {
        let sql =
            format!("SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 AND partial = {}", i32::from(partial));
        self.texts(&sql, table).iter().any(|index| self.index_columns(index) == columns)
    }
}
