//! The subcommands.

mod ast;
mod check;
mod compile;
mod dis;
mod pyc;
mod tokens;
mod verify;

use clap::{Parser, Subcommand, error::ErrorKind};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Python 3.12: compile, inspect and run.
#[derive(Parser)]
#[command(name = "pvm", version, about, disable_help_subcommand = true)]
struct Commands {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one")]
enum Command {
    Compile(compile::Args),
    Dis(dis::Args),
    Tokens(tokens::Args),
    Ast(ast::Args),
    Pyc(pyc::Args),
    Check(check::Args),
    Verify(verify::Args),
}

/// The names of the subcommands, which the first argument is compared with.
const NAMES: [&str; 7] = ["compile", "dis", "tokens", "ast", "pyc", "check", "verify"];

/// Runs the subcommand that the arguments begin with; `None` if they begin with none.
pub fn run(args: &[OsString]) -> Option<ExitCode> {
    if !NAMES.iter().any(|name| args.get(1).is_some_and(|arg| arg == name)) {
        return None;
    }
    Some(match Commands::try_parse_from(args) {
        Ok(commands) => match commands.command {
            Command::Compile(args) => compile::run(args),
            Command::Dis(args) => dis::run(&args),
            Command::Tokens(args) => tokens::run(&args),
            Command::Ast(args) => ast::run(&args),
            Command::Pyc(args) => pyc::run(&args),
            Command::Check(args) => check::run(&args),
            Command::Verify(args) => verify::run(&args),
        },
        Err(error) => {
            // Nothing is left to do if the terminal is gone.
            let _ = error.print();
            let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            ExitCode::from(if is_help { 0 } else { 2 })
        }
    })
}

/// A file's bytes, or standard input's for `-`; complains on standard error.
fn read(path: &Path) -> Option<Vec<u8>> {
    let read = if path.as_os_str() == "-" {
        let mut data = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut data).map(|_| data)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| eprintln!("pvm: {}", crate::os_error::text(&error, path))).ok()
}

/// Writes to standard output; a reader that has gone away is no error.
fn write_out(text: &str) -> ExitCode {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("pvm: cannot write: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Where the `.pyc` of a source goes.
pub(crate) fn cache_path(source: &Path, level: u8, prefix: Option<&Path>) -> std::path::PathBuf {
    compile::cache_path::cache_path(source, level, prefix, &std::env::current_dir().unwrap_or_default())
}

/// Writes a `.pyc` for a source with this metadata.
pub(crate) fn write_cached(target: &Path, data: &[u8], source: &std::fs::Metadata) -> std::io::Result<()> {
    compile::write::write_atomically(target, data, compile::write::mode_of(source))
}

/// Runs a part that may nest deeply, on a thread with room for it.
fn with_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run).ok()?;
        thread.join().ok()
    })
}

/// Room for the deepest source that CPython accepts.
const STACK_BYTES: usize = 256 << 20;
