//! The embedded engine: SQLite through rusqlite. Only this folder names the driver.

mod checkpointer;
mod connection;
mod copy;
mod error;
mod migration;
mod reader;
mod restore;
mod session;
mod writer;

pub(crate) use copy::copy;
pub(crate) use migration::Migrator;
pub(crate) use reader::Reader;
pub(crate) use restore::restore;
pub(crate) use session::Session;
pub(crate) use writer::Writer;
