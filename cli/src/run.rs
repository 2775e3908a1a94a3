//! Running a program.

use crate::config::{Config, Target};
use std::process::ExitCode;

/// Runs a program and gives its exit status.
pub fn run(config: Config, target: Target) -> ExitCode {
    let _ = (config, target);
    eprintln!("pvm: this build has no virtual machine to run programs with");
    ExitCode::from(2)
}
