//! Documents a database from its SQL migrations: replays them in an in-memory SQLite, or on a PostgreSQL server, reads back
//! what came of them, and remembers which line each part comes from. The program is in `main.rs`; `schemadoc --help` says how it is used.

pub mod finding;
pub mod folder;
pub mod lint;
pub mod model;
pub mod notes;
pub mod objects;
pub mod pages;
pub mod relations;
pub mod relative;
pub mod render;
pub mod replay;
pub mod semantic;
pub mod settings;
pub mod sql;
