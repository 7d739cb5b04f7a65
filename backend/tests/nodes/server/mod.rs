//! PostgreSQL: first starts, secrets, and a server that goes away and comes back.

mod faults;
mod start;
