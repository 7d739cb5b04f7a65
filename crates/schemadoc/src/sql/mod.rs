//! Reading SQL as text, for what SQLite's PRAGMAs do not say. SQLite has accepted every statement that is read here.

pub mod constraints;
pub mod postgres;
pub mod tokens;
