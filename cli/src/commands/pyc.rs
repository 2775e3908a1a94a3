//! `pvm pyc`: what a `.pyc` says of itself.

use super::compile::cache_path::{prefix_from_environment, source_path};
use pvm_pycfile::header::{self, HeaderError, Invalidation};
use pvm_pycfile::{marshal, verify};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

/// Tell what a .pyc file says of itself, and whether it is fresh
#[derive(clap::Args)]
pub(super) struct Args {
    /// .pyc files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// text, or one JSON object a line
    #[arg(long, value_enum, default_value_t)]
    format: super::compile::Format,
}

/// What is known of a file.
struct Report {
    version: Option<&'static str>,
    header: Result<Invalidation, HeaderError>,
    source: Option<PathBuf>,
    freshness: &'static str,
    code: Result<String, String>,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let mut status = ExitCode::SUCCESS;
    let mut out = String::new();
    for path in &args.files {
        let Some(data) = super::read(path) else {
            status = ExitCode::FAILURE;
            continue;
        };
        let report = examine(path, &data);
        if report.code.is_err() || report.header.is_err() {
            status = ExitCode::FAILURE;
        }
        match args.format {
            super::compile::Format::Text => out += &text(path, &report),
            super::compile::Format::Json => out += &(json(path, &report).to_string() + "\n"),
        }
    }
    super::write_out(&out);
    status
}

fn examine(path: &Path, data: &[u8]) -> Report {
    let header = Invalidation::parse(data);
    let version = data.first_chunk().and_then(|magic| header::python_version(*magic));
    let prefix = prefix_from_environment();
    let current_folder = std::env::current_dir().unwrap_or_default();
    let source = source_path(path, prefix.as_deref(), &current_folder).filter(|source| source.is_file());
    let freshness = match (&header, &source) {
        (Err(_), _) => "unusable",
        (_, None) => "orphaned",
        (Ok(header), Some(source)) => freshness(*header, source),
    };
    let code = match &header {
        Err(error) => Err(error.to_string()),
        Ok(_) => marshal::load_code(data.get(header::SIZE..).unwrap_or_default())
            .map_err(|error| error.to_string())
            .and_then(|code| {
                verify::verify(&code).map_err(|error| error.to_string())?;
                Ok(code.filename.to_string_lossy())
            }),
    };
    Report { version, header, source, freshness, code }
}

/// Whether the source is the one that the header says.
pub(super) fn freshness(header: Invalidation, source: &Path) -> &'static str {
    match header {
        Invalidation::Timestamp { mtime, size } => {
            let Ok(metadata) = source.metadata() else { return "orphaned" };
            let seconds = metadata.modified().map(seconds).unwrap_or_default();
            if seconds as u32 == mtime && metadata.len() as u32 == size { "fresh" } else { "stale" }
        }
        Invalidation::CheckedHash(hash) | Invalidation::UncheckedHash(hash) => match std::fs::read(source) {
            Ok(data) if header::source_hash(&data) == hash => "fresh",
            Ok(_) => "stale",
            Err(_) => "orphaned",
        },
    }
}

/// Whole seconds since 1970, rounded down as `int(st_mtime)` does for later times.
pub(super) fn seconds(time: std::time::SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as i64,
        // `int` rounds towards zero.
        Err(before) => -(before.duration().as_secs() as i64),
    }
}

/// The mode's name, as `--invalidation-mode` has it, and its facts.
fn mode(header: Invalidation) -> (&'static str, String) {
    let hex = |hash: [u8; 8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match header {
        Invalidation::Timestamp { mtime, size } => {
            ("timestamp", format!("mtime {mtime}, source size {size}"))
        }
        Invalidation::CheckedHash(hash) => ("checked-hash", format!("source hash {}", hex(hash))),
        Invalidation::UncheckedHash(hash) => ("unchecked-hash", format!("source hash {}", hex(hash))),
    }
}

fn text(path: &Path, report: &Report) -> String {
    let mut out = format!("{}:\n", path.display());
    out +=
        &format!("  version: {}\n", report.version.map_or("unknown".to_owned(), |v| format!("Python {v}")));
    match &report.header {
        Ok(header) => {
            let (mode, facts) = mode(*header);
            out += &format!("  invalidation mode: {mode} ({facts})\n");
        }
        Err(error) => out += &format!("  header: {error}\n"),
    }
    match &report.code {
        Ok(filename) => out += &format!("  compiled from: {filename}\n"),
        Err(error) if report.header.is_ok() => out += &format!("  code: {error}\n"),
        Err(_) => {}
    }
    if let Some(source) = &report.source {
        out += &format!("  source: {}\n", source.display());
    }
    out += &format!("  state: {}\n", report.freshness);
    out
}

fn json(path: &Path, report: &Report) -> serde_json::Value {
    let header = report.header.as_ref().ok().map(|header| mode(*header));
    let mut value = json!({
        "file": path.to_string_lossy(),
        "version": report.version,
        "mode": header.as_ref().map(|(mode, _)| mode),
        "facts": header.as_ref().map(|(_, facts)| facts),
        "source": report.source.as_ref().map(|source| source.to_string_lossy()),
        "state": report.freshness,
        "compiled_from": report.code.as_ref().ok(),
    });
    let error = report.header.as_ref().err().map(ToString::to_string);
    if let Some(error) = error.or_else(|| report.code.as_ref().err().cloned()) {
        value["error"] = error.into();
    }
    value
}
