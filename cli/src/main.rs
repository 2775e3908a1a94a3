//! The program `pvm`.

use std::process::ExitCode;

/// Compiling and running both make many small and short-lived objects, which this allocator is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pvm::main(std::env::args_os().collect())
}
