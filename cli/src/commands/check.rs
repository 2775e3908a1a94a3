//! `pvm check`: parses and compiles, and writes nothing.

use super::compile::{Format, Plan, Step};
use crate::source::{self, SourceError, SourceWarning};
use crate::warning_filter::{WarningArgs, WarningFilters};
use crate::{diagnostics, os_error};
use pvm_pycfile::Text;
use rayon::prelude::*;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Report the syntax errors of all files, and write nothing
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files and folders; `-` for standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How many threads; 0, as the default, for one a core
    #[arg(short = 'j', long, default_value_t = 0)]
    workers: usize,
    /// text, or one JSON object a line: one for each warning and error, then one with the totals
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    warnings: WarningArgs,
}

/// What there is to say of a file.
#[derive(Default)]
struct Report {
    data: Vec<u8>,
    warnings: Vec<SourceWarning>,
    error: Option<Finding>,
}

/// What is wrong with a file.
enum Finding {
    Source(Box<SourceError>),
    File(String),
}

pub(super) fn run(args: &Args) -> ExitCode {
    // A file that is named is checked whatever it is called.
    let is_file = |path: &PathBuf| path.as_os_str() == "-" || path.is_file() || !path.exists();
    let (mut files, folders): (Vec<PathBuf>, Vec<PathBuf>) = args.paths.iter().cloned().partition(is_file);
    if !folders.is_empty() {
        Plan::new(Default::default()).find(&folders, &mut |step| match step {
            Step::File(task) if !task.repeated => files.push(task.path),
            Step::File(_) | Step::Listing { .. } | Step::Skipped => {}
        });
    }
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(args.workers).stack_size(super::STACK_BYTES).build();
    let Ok(pool) = pool else {
        eprintln!("pvm check: cannot start threads");
        return ExitCode::FAILURE;
    };
    let filters = WarningFilters::new(&args.warnings);
    let reports: Vec<Report> = pool.install(|| files.par_iter().map(|path| check(path, &filters)).collect());
    let mut out = String::new();
    let mut totals = (0, 0);
    for (path, report) in files.iter().zip(&reports) {
        totals.0 += usize::from(report.error.is_some());
        totals.1 += report.warnings.len();
        match args.format {
            Format::Text => print_text(path, report),
            Format::Json => print_json(path, report, &mut out),
        }
    }
    if args.format == Format::Json {
        let summary = json!({ "files": files.len(), "errors": totals.0, "warnings": totals.1 });
        out += &format!("{}\n", json!({ "summary": summary }));
    }
    super::write_out(&out);
    if totals.0 > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn print_text(path: &Path, report: &Report) {
    let name = shown_name(path).to_string_lossy();
    for warning in &report.warnings {
        eprint!("{}", diagnostics::warning_text(warning, &name, &report.data));
    }
    match &report.error {
        Some(Finding::Source(error)) => eprint!("{}", diagnostics::render_with_file(error, &report.data)),
        Some(Finding::File(text)) => eprintln!("{text}"),
        None => {}
    }
}

fn print_json(path: &Path, report: &Report, out: &mut String) {
    let file = path.to_string_lossy();
    for warning in &report.warnings {
        let warning = diagnostics::warning_json(warning, &report.data);
        *out += &format!("{}\n", json!({ "file": file, "warning": warning }));
    }
    let error = match &report.error {
        Some(Finding::Source(error)) => diagnostics::error_json(error, &report.data),
        Some(Finding::File(text)) => json!({ "message": text }),
        None => return,
    };
    *out += &format!("{}\n", json!({ "file": file, "error": error }));
}

fn shown_name(path: &Path) -> Text {
    if path.as_os_str() == "-" { "<stdin>".into() } else { source::path_text(path) }
}

fn check(path: &Path, filters: &WarningFilters) -> Report {
    let read = if path.as_os_str() == "-" {
        let mut data = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut data).map(|_| data)
    } else {
        std::fs::read(path)
    };
    let data = match read {
        Ok(data) => data,
        Err(error) => {
            let text = format!("{}: {}", os_error::class(&error), os_error::text(&error, path));
            return Report { error: Some(Finding::File(text)), ..Report::default() };
        }
    };
    let filename = shown_name(path);
    let result = source::compile(&data, &filename, 0);
    let warnings = result.as_ref().map_or_else(|error| &error.warnings, |output| &output.warnings);
    let (shown, as_error) = filters.apply(warnings, &filename);
    let warnings = shown.into_iter().cloned().collect();
    let error = as_error.or(result.err()).map(Finding::Source);
    // The bytes are for showing what is found.
    let data = if error.is_some() || !Vec::is_empty(&warnings) { data } else { Vec::new() };
    Report { data, warnings, error }
}
