//! The embedded engine: SQLite through rusqlite. Only this folder names the driver.

mod checkpointer;
mod connection;
mod copy;
mod error;
mod placeholder;
mod readers;
mod session;
mod writer;

pub(crate) use copy::copy;
pub(crate) use readers::Readers;
pub(crate) use session::Session;
pub(crate) use writer::Writer;
