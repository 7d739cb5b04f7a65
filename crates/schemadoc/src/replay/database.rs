//! The database that migrations are applied in: in memory, without reach to any file, with foreign keys off (else
//! rebuilding a parent table would empty its children), and with stand-ins for functions that only an application has.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Error};

/// What a statement changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Touched {
    /// A table or view was made, dropped, or got or lost a column, an index or a trigger.
    Table(String),
    /// Likewise, and its name may have changed, and with it what other tables say of it.
    Altered(String),
}

/// What came of a statement.
pub(super) enum Ran {
    /// The schema is what it was.
    Same,
    /// The schema has changed.
    Changed {
        /// Each once, in the order of the statement. Empty when SQLite does not tell, as for ROLLBACK.
        touched: Vec<Touched>,
    },
}

/// The database.
pub(super) struct Database {
    connection: Connection,
    touched: Arc<Mutex<Vec<Touched>>>,
    version: i64,
}

impl Database {
    pub(super) fn open() -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.set_prepared_statement_cache_capacity(64);
        let touched = Arc::default();
        let notes = Arc::clone(&touched);
        connection.authorizer(Some(move |context: AuthContext<'_>| authorize(context, &notes)))?;
        Ok(Self { connection, touched, version: 0 })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs one statement. `Err` are SQLite's own words.
    pub(super) fn run(&mut self, sql: &str, warn: &mut impl FnMut(String)) -> Result<Ran, String> {
        loop {
            self.touched.lock().unwrap_or_else(PoisonError::into_inner).clear();
            match self.step(sql) {
                Ok(()) => break,
                Err(error) => {
                    let message = message(&error);
                    // A file may hold a transaction of its own, or the end of one that its tool begins.
                    if message.contains("no transaction is active") || message.contains("within a transaction") {
                        break;
                    }
                    let what = self.stand_in(&message).ok_or(message)?;
                    warn(what);
                }
            }
        }
        let touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        let version = self.schema_version().map_err(|error| message(&error))?;
        let is_changed = std::mem::replace(&mut self.version, version) != version;
        Ok(if is_changed { Ran::Changed { touched: unique(touched) } } else { Ran::Same })
    }

    /// Ends a transaction that was left open. Whether there was one.
    pub(super) fn end_transaction(&self) -> bool {
        !self.connection.is_autocommit() && self.connection.execute_batch("COMMIT").is_ok()
    }

    fn step(&self, sql: &str) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }

    fn schema_version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0))
    }

    /// Makes what the message says is missing, if that can be made: a function or a collation.
    fn stand_in(&self, message: &str) -> Option<String> {
        // The second way is what SQLite says of a default's expression.
        let function = message.strip_prefix("no such function: ");
        if let Some(name) = function.or_else(|| message.strip_prefix("unknown function: ")?.strip_suffix("()")) {
            let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
            self.connection.create_scalar_function(name, -1, flags, |_| Ok(None::<i64>)).ok()?;
            return Some(format!("SQLite has no function `{name}`: it stands for NULL here."));
        }
        let name = message.strip_prefix("no such collation sequence: ")?;
        self.connection.create_collation(name, |one: &str, other: &str| one.cmp(other)).ok()?;
        Some(format!("SQLite has no collation `{name}`: texts are compared byte by byte here."))
    }
}

/// SQLite's own words, without the driver's.
pub(super) fn message(error: &Error) -> String {
    let text = if let Error::SqlInputError { msg, .. } | Error::SqliteFailure(_, Some(msg)) = error {
        msg.clone()
    } else {
        error.to_string()
    };
    match text.as_str() {
        "incomplete input" => "the statement has no end".to_owned(),
        "not authorized" | "authorization denied" => "not authorized: a replay opens no file".to_owned(),
        _ => text,
    }
}

fn unique(touched: Vec<Touched>) -> Vec<Touched> {
    let mut kept: Vec<Touched> = Vec::new();
    for one in touched {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// What a migration can not set: `foreign_keys`, for a rebuild would empty other tables; `writable_schema`, without which
/// SQLite refuses a statement that changes the schema as if it were data; and where files are.
const IGNORED_PRAGMAS: [&str; 4] = ["foreign_keys", "writable_schema", "temp_store_directory", "data_store_directory"];

/// SQLite says what a statement is about when it is prepared (<https://sqlite.org/c3ref/set_authorizer.html>).
fn authorize(context: AuthContext<'_>, touched: &Mutex<Vec<Touched>>) -> Authorization {
    use AuthAction as A;
    // Nothing outside of this database is read or written. (VACUUM attaches a database without a name.)
    if let A::Attach { filename } = context.action
        && !filename.is_empty()
    {
        return Authorization::Deny;
    }
    if let A::Function { function_name: "load_extension" } = context.action {
        return Authorization::Deny;
    }
    if let A::Pragma { pragma_name, pragma_value: Some(_) } = context.action
        && IGNORED_PRAGMAS.iter().any(|name| name.eq_ignore_ascii_case(pragma_name))
    {
        return Authorization::Ignore;
    }
    let what = if let A::AlterTable { table_name, .. } = context.action {
        Touched::Altered(table_name.to_owned())
    } else if let A::CreateTable { table_name: name }
    | A::DropTable { table_name: name }
    | A::CreateVtable { table_name: name, .. }
    | A::DropVtable { table_name: name, .. }
    | A::CreateIndex { table_name: name, .. }
    | A::DropIndex { table_name: name, .. }
    | A::CreateTrigger { table_name: name, .. }
    | A::DropTrigger { table_name: name, .. }
    | A::CreateView { view_name: name }
    | A::DropView { view_name: name } = context.action
    {
        Touched::Table(name.to_owned())
    } else {
        return Authorization::Allow;
    };
    touched.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    Authorization::Allow
}
