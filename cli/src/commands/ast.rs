//! `pvm ast`: the text of `python3.12 -m ast -a`.

use std::path::PathBuf;
use std::process::ExitCode;

/// Print a source's syntax tree, as `python -m ast -a` does
#[derive(clap::Args)]
pub(super) struct Args {
    /// Source file, or `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
}

pub(super) fn run(args: &Args) -> ExitCode {
    if super::read(&args.file).is_none() {
        return ExitCode::FAILURE;
    }
    eprintln!("pvm: this build cannot print syntax trees");
    ExitCode::from(2)
}
