//! The `agentid` program. Everything is in the library.

/// A token makes some hundred small allocations in one thread that another frees, at which glibc's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    agentid::cli::main()
}
