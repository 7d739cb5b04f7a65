//! PostgreSQL: first starts, secrets, and a server that goes away and comes back.

mod connections;
mod faults;
mod start;
