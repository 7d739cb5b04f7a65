//! The `agentid` program. Everything is in the library.

fn main() -> std::process::ExitCode {
    agentid::cli::main()
}
