//! `pvm ast`: the text of `python3.12 -m ast -a`.

use crate::{diagnostics, source};
use std::path::PathBuf;
use std::process::ExitCode;

/// Print a source's syntax tree, as `python -m ast -a` does
#[derive(clap::Args)]
pub(super) struct Args {
    /// Source file, or `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Leave out the positions, as `python -m ast` without -a does
    #[arg(long)]
    no_attributes: bool,
    /// What the source is
    #[arg(short, long, value_enum, default_value_t)]
    mode: Mode,
    /// Leave out type comments
    #[arg(long)]
    no_type_comments: bool,
    /// By how many spaces to indent
    #[arg(short, long, default_value_t = 3)]
    indent: usize,
}

/// `--mode`
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Mode {
    /// A module.
    #[default]
    Exec,
    /// A statement at a prompt.
    Single,
    /// An expression.
    Eval,
    /// The type comment of a function.
    FuncType,
}

impl From<Mode> for pvm_parser::Mode {
    fn from(mode: Mode) -> pvm_parser::Mode {
        match mode {
            Mode::Exec => pvm_parser::Mode::Module,
            Mode::Single => pvm_parser::Mode::Interactive,
            Mode::Eval => pvm_parser::Mode::Expression,
            Mode::FuncType => pvm_parser::Mode::FunctionType,
        }
    }
}

pub(super) fn run(args: &Args) -> ExitCode {
    let Some(data) = super::read(&args.file) else {
        return ExitCode::FAILURE;
    };
    let filename =
        if args.file.as_os_str() == "-" { "<stdin>".into() } else { source::path_text(&args.file) };
    let options =
        pvm_parser::DumpOptions { include_attributes: !args.no_attributes, indent: Some(args.indent) };
    match source::parse(&data, &filename, args.mode.into(), !args.no_type_comments) {
        Ok(parsed) => super::write_out(&(pvm_parser::dump(&parsed, options) + "\n")),
        Err(error) => {
            eprint!("{}", diagnostics::render(&error, &data));
            ExitCode::FAILURE
        }
    }
}
