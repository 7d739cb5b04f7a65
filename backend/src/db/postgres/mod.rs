//! PostgreSQL, and databases that speak its protocol, through tokio-postgres. Only this folder names the driver.

mod connection;
mod error;
mod migration;
mod reader;
mod reconnecting;
mod session;
mod url;
mod value;
mod writer;

pub(super) use migration::Migrator;
pub(super) use reader::Reader;
pub(super) use session::Session;
pub use url::{Url, UrlError};
pub(super) use writer::Writer;
