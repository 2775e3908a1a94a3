//! `pvm tokens`: the text of `python3.12 -m tokenize -e`.

use std::path::PathBuf;
use std::process::ExitCode;

/// Print a source's tokens, as `python -m tokenize -e` does
#[derive(clap::Args)]
pub(super) struct Args {
    /// Source file, or `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Print the generic kind (OP) of operators, as `python -m tokenize` without -e does
    #[arg(long)]
    generic: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let Some(data) = super::read(&args.file) else {
        return ExitCode::FAILURE;
    };
    let filename = if args.file.as_os_str() == "-" { "<stdin>".into() } else { args.file.to_string_lossy() };
    match pvm_lexer::tokenize::listing(&data, &filename, !args.generic) {
        Ok(text) => super::write_out(&text),
        Err(error) => {
            match error.location {
                Some((line, column)) => {
                    eprintln!("{filename}:{line}:{column}: error: {}", error.message);
                }
                None => eprintln!("{filename}: error: {}", error.message),
            }
            ExitCode::FAILURE
        }
    }
}
