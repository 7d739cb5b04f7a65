//! What the tests share, and the examples too.

pub mod server;
