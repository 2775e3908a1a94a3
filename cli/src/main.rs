//! The program `pvm`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: pvm_allocator::Allocator = pvm_allocator::Allocator;

fn main() -> ExitCode {
    pvm::main(std::env::args_os().collect())
}
