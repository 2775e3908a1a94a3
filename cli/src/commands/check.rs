//! `pvm check`: parses and compiles, and writes nothing.

use super::compile::{Format, Plan, Step, report::error_json};
use crate::source::{self, Output, SourceError};
use crate::{diagnostics, os_error};
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
    /// text, or one JSON object a line: one for each error, then one with the totals
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is wrong with a file.
enum Finding {
    Source(Box<SourceError>, Vec<u8>),
    File(String),
}

pub(super) fn run(args: &Args) -> ExitCode {
    let mut plan = Plan::new(Default::default());
    let mut files = Vec::new();
    for path in &args.paths {
        // A file that is named is checked whatever it is called.
        if path.as_os_str() == "-" || path.is_file() || !path.exists() {
            files.push(path.clone());
        } else {
            plan.add(path);
        }
    }
    files.extend(plan.steps.into_iter().filter_map(|step| match step {
        Step::File(task) => Some(task.path),
        Step::Listing { .. } | Step::Skipped => None,
    }));
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(args.workers).stack_size(super::STACK_BYTES).build();
    let Ok(pool) = pool else {
        eprintln!("pvm check: cannot start threads");
        return ExitCode::FAILURE;
    };
    let findings: Vec<(Option<Finding>, String)> =
        pool.install(|| files.par_iter().map(|p| check(p)).collect());
    let mut out = String::new();
    let mut errors = 0;
    for (path, (finding, warnings)) in files.iter().zip(findings) {
        eprint!("{warnings}");
        let Some(finding) = finding else { continue };
        errors += 1;
        match args.format {
            Format::Text => match finding {
                Finding::Source(error, data) => eprint!("{}", diagnostics::render(&error, &data)),
                Finding::File(text) => eprintln!("{text}"),
            },
            Format::Json => {
                let error = match finding {
                    Finding::Source(error, _) => error_json(&error),
                    Finding::File(text) => json!({ "message": text }),
                };
                out += &json!({ "file": path.to_string_lossy(), "error": error }).to_string();
                out.push('\n');
            }
        }
    }
    if args.format == Format::Json {
        out += &json!({ "summary": { "files": files.len(), "errors": errors } }).to_string();
        out.push('\n');
    }
    super::write_out(&out);
    if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn check(path: &Path) -> (Option<Finding>, String) {
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
            return (Some(Finding::File(text)), String::new());
        }
    };
    let filename = if path.as_os_str() == "-" { "<stdin>".into() } else { source::path_text(path) };
    match source::compile(&data, &filename, 0) {
        Ok(Output { warnings, .. }) => {
            let name = filename.to_string_lossy();
            let shown = warnings.iter().filter(|warning| warning.category == "SyntaxWarning");
            (None, shown.map(|warning| diagnostics::warning_text(warning, &name, &data)).collect())
        }
        Err(error) => (Some(Finding::Source(error, data)), String::new()),
    }
}
