//! The `schemadoc` program. Exit 0: fine; 1: findings; 2: it could not run.

mod arguments;
mod commands;
mod stop;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match commands::run(arguments::Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // Without a place to say it the exit code has to do.
            drop(commands::note(&format!("error: {error}")));
            ExitCode::from(2)
        }
    }
}
