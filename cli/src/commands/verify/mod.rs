//! `pvm verify`: does each `.pyc` hold exactly the code that its source compiles to?

mod archive;
mod judge;

use super::compile::Format;
use super::compile::cache_path::{cache_path, prefix_from_environment, source_path};
use rayon::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) use judge::{State, Verdict};

/// Check that .pyc files hold exactly the code that their sources compile to
///
/// Compiles each source anew, with the level and under the file name that the .pyc has, and compares. Ends in 1
/// if a file is in a state other than ok and unchecked that is not allowed.
#[derive(clap::Args)]
pub(super) struct Args {
    /// .pyc files, sources, folders, wheels and zip files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Do not fail for files in this state; may be repeated
    #[arg(long, value_enum, value_delimiter = ',')]
    allow: Vec<State>,
    /// Fail also for .pyc files that are never compared with their source, even if they are right
    #[arg(long)]
    deny_unchecked: bool,
    /// Print a line for each file, not just for those that are not ok
    #[arg(short, long)]
    verbose: bool,
    /// Where the tree of .pyc files apart from their sources is; overrides PYTHONPYCACHEPREFIX
    #[arg(long, value_name = "DIR")]
    cache_prefix: Option<PathBuf>,
    /// How many threads; 0, as the default, for one a core
    #[arg(short = 'j', long, default_value_t = 0)]
    workers: usize,
    /// text, or one JSON object a line: one for each file, then one with the totals
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A `.pyc` to judge.
struct Case {
    /// What to call it: a path, or `ARCHIVE/MEMBER`.
    name: String,
    place: Place,
}

enum Place {
    File(PathBuf),
    Member { data: Vec<u8>, source: Option<Vec<u8>>, name: String },
    Unreadable(String),
}

/// Which `.pyc` belongs to which source.
struct Tree {
    prefix: Option<PathBuf>,
    current_folder: PathBuf,
}

impl Tree {
    fn source_of(&self, cache: &Path) -> Option<PathBuf> {
        source_path(cache, self.prefix.as_deref(), &self.current_folder)
    }

    /// The `.pyc` files of Python 3.12 that a source has, beside it and below the prefix.
    fn caches_of(&self, source: &Path) -> Vec<PathBuf> {
        let roots = [None, self.prefix.as_deref()];
        let roots = &roots[..1 + usize::from(self.prefix.is_some())];
        let mut found: Vec<PathBuf> = (0..=2)
            .flat_map(|level| roots.iter().map(move |root| (level, *root)))
            .map(|(level, root)| cache_path(source, level, root, &self.current_folder))
            .collect();
        found.push(source.with_extension("pyc"));
        found.retain(|path| path.is_file());
        found
    }

    /// Where the `.pyc` files of a folder's sources are, apart from the folder itself.
    fn cache_folder_of(&self, folder: &Path) -> Option<PathBuf> {
        let folder = self.current_folder.join(folder);
        let folder = self.prefix.as_ref()?.join(folder.strip_prefix("/").unwrap_or(&folder));
        folder.is_dir().then_some(folder)
    }
}

pub(super) fn run(args: &Args) -> ExitCode {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(args.workers).stack_size(super::STACK_BYTES).build();
    let Ok(pool) = pool else {
        eprintln!("pvm verify: cannot start threads");
        return ExitCode::FAILURE;
    };
    let tree = Tree {
        prefix: args.cache_prefix.clone().or_else(prefix_from_environment),
        current_folder: std::env::current_dir().unwrap_or_default(),
    };
    let mut cases = Vec::new();
    for path in &args.paths {
        find(path, &tree, &mut cases);
    }
    let verdicts: Vec<Verdict> =
        pool.install(|| cases.par_iter().map(|case| judge_case(case, &tree)).collect());
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut out = String::new();
    let mut failed = false;
    for (case, verdict) in cases.iter().zip(&verdicts) {
        let state = verdict.state;
        *counts.entry(state.name()).or_default() += 1;
        let tolerated = state == State::Ok || state == State::Unchecked && !args.deny_unchecked;
        failed |= !tolerated && !args.allow.contains(&state);
        match args.format {
            Format::Text if state == State::Ok && !args.verbose => {}
            Format::Text => {
                out += &format!("{}: {}", case.name, state.name());
                if !verdict.reason.is_empty() {
                    out += &format!(": {}", verdict.reason);
                }
                out.push('\n');
            }
            Format::Json => {
                let mut value = json!({ "file": case.name, "state": state.name(), "reason": verdict.reason });
                if let Some(difference) = &verdict.difference {
                    value["difference"] = json!({
                        "function": difference.qualname,
                        "line": difference.line,
                        "offset": difference.offset_bytes,
                        "field": difference.field,
                        "found": difference.first,
                        "expected": difference.second,
                    });
                }
                out += &format!("{value}\n");
            }
        }
    }
    let total = cases.len();
    match args.format {
        Format::Json => out += &format!("{}\n", json!({ "summary": { "files": total, "states": counts } })),
        Format::Text => {
            let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {state}")).collect();
            out += &format!(
                "{total} files: {}\n",
                if counts.is_empty() { "-".to_owned() } else { counts.join(", ") }
            );
        }
    }
    super::write_out(&out);
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn judge_case(case: &Case, tree: &Tree) -> Verdict {
    match &case.place {
        Place::File(path) => judge::file(path, tree),
        Place::Member { data, source, name } => judge::member(data, source.as_deref(), name),
        Place::Unreadable(why) => Verdict::new(State::Damaged, why.clone()),
    }
}

/// Finds the `.pyc` files that a path means.
fn find(path: &Path, tree: &Tree, cases: &mut Vec<Case>) {
    let has_extension = |wanted: &[&str]| {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        extension.is_some_and(|extension| wanted.contains(&extension.as_str()))
    };
    if path.is_dir() {
        let mut found = caches_below(path);
        if let Some(folder) = tree.cache_folder_of(path).filter(|folder| !folder.starts_with(path)) {
            found.extend(caches_below(&folder));
        }
        cases.extend(found.into_iter().map(case_of));
    } else if has_extension(&["whl", "zip", "egg", "pyz"]) {
        archive::find(path, cases);
    } else if has_extension(&["py"]) {
        cases.extend(tree.caches_of(path).into_iter().map(case_of));
    } else {
        cases.push(case_of(path.to_owned()));
    }
}

fn case_of(path: PathBuf) -> Case {
    Case { name: path.display().to_string(), place: Place::File(path) }
}

/// All `.pyc` files below a folder, in order.
fn caches_below(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                _ if path.extension().is_some_and(|extension| extension == "pyc") => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
