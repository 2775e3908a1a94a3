//! The program `pvm`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pvm::main(std::env::args_os().collect())
}
