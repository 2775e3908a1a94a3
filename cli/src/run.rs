//! Running a program.

use crate::arguments::Invocation;
use std::process::ExitCode;

/// Runs a program and gives its exit status.
pub fn run(invocation: Invocation) -> ExitCode {
    let _ = invocation;
    eprintln!("pvm: this build has no virtual machine to run programs with");
    ExitCode::from(2)
}
