//! `pvm dis`: the text of `python3.12 -m dis`, for sources and for `.pyc` files.

mod graph;
mod json;

use super::compile::Format;
use crate::{diagnostics, source};
use pvm_pycfile::{CodeObject, dis, header, marshal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Disassemble a source or a .pyc file, as `python -m dis` does
#[derive(clap::Args)]
pub(super) struct Args {
    /// Source or .pyc file, or `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Show the entries of inline caches
    #[arg(short = 'C', long)]
    show_caches: bool,
    /// Show each instruction's source position, line:column-line:column
    #[arg(long)]
    positions: bool,
    /// Show each instruction's bytes
    #[arg(long)]
    offsets: bool,
    /// text, or a JSON array of code objects
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show the control-flow graph: text, or dot for Graphviz
    #[arg(long, value_name = "STYLE", value_enum, num_args = 0..=1, default_missing_value = "text", require_equals = true)]
    cfg: Option<graph::Style>,
    /// Optimise the source as -O (1) or -OO (2) does
    #[arg(short = 'O', action = clap::ArgAction::Count)]
    optimize: u8,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let Some(data) = super::read(&args.file) else {
        return ExitCode::FAILURE;
    };
    let code = match super::with_large_stack(|| code_of(&data, &args.file, args.optimize)) {
        Some(Ok(code)) => code,
        Some(Err(message)) => {
            eprint!("{message}");
            return ExitCode::FAILURE;
        }
        None => return ExitCode::FAILURE,
    };
    let options = dis::Options {
        show_caches: args.show_caches,
        show_positions: args.positions,
        show_bytes: args.offsets,
    };
    let text = match (args.cfg, args.format) {
        (Some(style), _) => graph::describe(&code, style),
        (None, Format::Json) => json::describe(&code, options),
        (None, Format::Text) => dis::disassemble(&code, options),
    };
    super::write_out(&text)
}

/// The code of a source or of a `.pyc`, or what to say instead.
pub(super) fn code_of(data: &[u8], path: &Path, optimize: u8) -> Result<Arc<CodeObject>, String> {
    let is_pyc =
        path.extension().is_some_and(|extension| extension == "pyc") || data.get(2..4) == Some(b"\r\n");
    if is_pyc {
        header::Invalidation::parse(data).map_err(|error| format!("{}: {error}\n", path.display()))?;
        let code = data.get(header::SIZE..).unwrap_or_default();
        return marshal::load_code(code).map_err(|error| format!("{}: {error}\n", path.display()));
    }
    let filename = if path.as_os_str() == "-" { "<stdin>".into() } else { source::path_text(path) };
    let output = source::compile(data, &filename, optimize.min(2))
        .map_err(|error| diagnostics::render(&error, data))?;
    for warning in output.warnings.iter().filter(|warning| warning.category == "SyntaxWarning") {
        eprint!("{}", diagnostics::warning_text(warning, &filename.to_string_lossy(), data));
    }
    Ok(Arc::new(output.code))
}
