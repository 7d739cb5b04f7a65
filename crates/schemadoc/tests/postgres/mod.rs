//! `--engine postgres`, on a real server. `./scripts/test postgres` starts one; elsewhere these tests are ignored.

mod catalog;
mod command;
mod history;
mod portable;
mod server;
mod statements;
mod values;
