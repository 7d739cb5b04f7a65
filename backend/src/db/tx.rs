//! The transaction that a closure sees: the same small interface on every engine.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::engine::Session;
use super::{Error, Row, Value};

/// The transaction of one closure. Placeholders are `$1`, `$2`, …, in any order and as often as needed.
///
/// After an `Err` of any method the transaction is poisoned: every further call is [`Error::Poisoned`], and
/// nothing that the closure wrote is kept, whatever it returns.
pub struct Tx<'a> {
    session: Session<'a>,
    failure: Option<Error>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(session: Session<'a>) -> Self {
        Self { session, failure: None }
    }

    /// What poisoned the transaction.
    pub(super) fn into_failure(self) -> Option<Error> {
        self.failure
    }

    /// Runs `closure`. A panic, or a database error that it swallowed, becomes its error.
    pub(super) fn run<T, E: From<Error>>(&mut self, closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let result = catch_unwind(AssertUnwindSafe(|| closure(self))).unwrap_or_else(|_| Err(Error::Panicked.into()));
        match &self.failure {
            Some(failure) if result.is_ok() => Err(failure.clone().into()),
            Some(_) | None => result,
        }
    }

    /// Runs one statement that answers no rows. Returns how many rows an INSERT, UPDATE or DELETE touched.
    pub fn execute(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, Error> {
        self.guarded(|session| session.execute(sql, parameters))
    }

    /// The only row of the answer; [`Error::Row`] when there are none or several.
    pub fn query_one(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<Row, Error> {
        self.guarded(|session| one(session, sql, parameters)?.ok_or_else(|| Error::Row("no row".to_owned())))
    }

    /// The only row of the answer, if there is one; [`Error::Row`] when there are several.
    pub fn query_opt(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<Option<Row>, Error> {
        self.guarded(|session| one(session, sql, parameters))
    }

    /// Every row of the answer.
    pub fn query_all(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        self.guarded(|session| session.query(sql, parameters, usize::MAX))
    }

    /// Runs several statements without parameters, one after the other: for migrations.
    pub fn execute_batch(&mut self, sql: &str) -> Result<(), Error> {
        self.guarded(|session| session.execute_batch(sql))
    }

    /// Runs `part` so that its `Err` undoes what it wrote, but not what was written before it. For a refusal that
    /// must leave something behind: a spent proof stays spent when the action that it was for is refused.
    ///
    /// The outer `Err` is a database error; it poisons the whole transaction, also when `part` swallowed it.
    pub fn attempt<T, E>(&mut self, part: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<Result<T, E>, Error> {
        // Savepoints of one name nest: each engine takes the innermost.
        self.control("SAVEPOINT attempt")?;
        let result = part(self);
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if result.is_err() {
            self.control("ROLLBACK TO SAVEPOINT attempt")?;
        }
        self.control("RELEASE SAVEPOINT attempt")?;
        Ok(result)
    }

    /// Sets a savepoint, goes back to it or lets it go.
    pub(super) fn control(&mut self, sql: &'static str) -> Result<(), Error> {
        self.guarded(|session| session.control(sql))
    }

    /// Whether there is a table of that name.
    pub(super) fn has_table(&mut self, name: &str) -> Result<bool, Error> {
        self.guarded(|session| session.has_table(name))
    }

    /// [`Error::Constraint`] when a row refers to one that is not there.
    pub(super) fn check_references(&mut self) -> Result<(), Error> {
        self.guarded(Session::check_references)
    }

    fn guarded<T>(&mut self, call: impl FnOnce(&Session<'a>) -> Result<T, Error>) -> Result<T, Error> {
        if self.failure.is_some() {
            return Err(Error::Poisoned);
        }
        call(&self.session).inspect_err(|error| self.failure = Some(error.clone()))
    }
}

fn one(session: &Session<'_>, sql: &str, parameters: &[Value<'_>]) -> Result<Option<Row>, Error> {
    let mut rows = session.query(sql, parameters, 2)?;
    if rows.len() > 1 { Err(Error::Row("more than one row".to_owned())) } else { Ok(rows.pop()) }
}
