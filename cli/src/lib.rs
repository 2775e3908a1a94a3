//! The command line of pvm.
//!
//! It composes the stages and owns files, arguments and the terminal: CPython's own arguments in [`arguments`], the
//! subcommands in [`commands`].
#![deny(unsafe_code)]

pub mod arguments;
pub mod commands;
pub mod diagnostics;
mod host;
mod library;
pub mod os_error;
mod prompt;
pub mod run;
pub mod source;
pub mod warning_filter;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with these arguments, its own name first.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let own_name = args.first().cloned().unwrap_or_default();
    let is_python = std::path::Path::new(&own_name)
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"python"));
    if !is_python && let Some(code) = commands::run(&args) {
        return code;
    }
    arguments::main(&args)
}
