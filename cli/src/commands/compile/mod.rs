//! `pvm compile`: `python -m compileall`, with its options, output and exit status, on all cores.
//!
//! [`plan`] walks the folders and finds the files in compileall's order; [`file`](mod@file) compiles one; the files are
//! compiled in parallel as they are found ([`steps`]), and [`report`] shows the results in the order of the plan.

pub(super) mod cache_path;
mod file;
mod plan;
pub(super) mod report;
mod steps;
#[cfg(target_os = "linux")]
mod unnamed;
mod worker;
pub(super) mod write;

use crate::warning_filter::{WarningArgs, WarningFilters};
use clap::ValueEnum;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use plan::read_list;
pub(super) use plan::{Plan, Step};
use steps::Steps;

/// Compile sources to .pyc files, as `python -m compileall` does
#[derive(clap::Args)]
pub(super) struct Args {
    /// Files and folders; without any, the folders of PYTHONPATH, not recursively
    #[arg(value_name = "FILE|DIR", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    paths: Vec<PathBuf>,
    /// Do not descend into folders
    #[arg(short = 'l')]
    flat: bool,
    /// How deep to descend into folders; takes precedence over -l
    #[arg(short = 'r', value_name = "LEVELS", allow_negative_numbers = true)]
    recursion: Option<i64>,
    /// Compile even what is up to date
    #[arg(short = 'f', long)]
    force: bool,
    /// Print errors only; -qq prints nothing
    #[arg(short = 'q', action = clap::ArgAction::Count)]
    quiet: u8,
    /// Write FILE.pyc beside the source, as Python 2 did
    #[arg(short = 'b')]
    legacy: bool,
    /// Folder to name in tracebacks instead of the given one
    #[arg(short = 'd', value_name = "DESTDIR", conflicts_with_all = ["strip", "prepend"])]
    destination: Option<OsString>,
    /// Part of the path to strip from the left, in tracebacks
    #[arg(short = 's', value_name = "STRIPDIR")]
    strip: Option<OsString>,
    /// Path to prepend, in tracebacks, after stripping
    #[arg(short = 'p', value_name = "PREPENDDIR")]
    prepend: Option<OsString>,
    /// Replace the prefix OLD of paths by NEW, in tracebacks; the last that matches counts
    #[arg(long, value_name = "OLD=NEW")]
    path_prefix_map: Vec<String>,
    /// Skip files whose path this regular expression is found in
    #[arg(short = 'x', value_name = "REGEXP")]
    exclude: Option<String>,
    /// Also compile the files and folders listed in FILE, `-` for standard input
    #[arg(short = 'i', value_name = "FILE")]
    list: Option<PathBuf>,
    /// How many threads; 0, as the default, for one a core
    #[arg(short = 'j', long, default_value_t = 0, allow_negative_numbers = true)]
    workers: i64,
    /// What tells that a .pyc is out of date; checked-hash if SOURCE_DATE_EPOCH is set, else timestamp
    #[arg(long, value_enum)]
    invalidation_mode: Option<Mode>,
    /// Optimisation level, 0 to 2; repeat for several
    #[arg(short = 'o', value_name = "LEVEL", allow_negative_numbers = true)]
    levels: Vec<i64>,
    /// Ignore symbolic links that lead outside of DIR
    #[arg(short = 'e', value_name = "DIR", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    limit_links: Option<PathBuf>,
    /// Make one file of the equal .pyc files of several levels
    #[arg(long)]
    hardlink_dupes: bool,
    /// text, or one JSON object a line: one for each file, then one with the totals
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the .pyc of the only source to this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["legacy", "cache_prefix"])]
    output: Option<PathBuf>,
    /// Write below DIR, in a tree like that of the sources; overrides PYTHONPYCACHEPREFIX
    #[arg(long, value_name = "DIR")]
    cache_prefix: Option<PathBuf>,
    /// Serve requests on standard input, in Bazel's JSON worker protocol
    #[arg(long = "persistent_worker", alias = "persistent-worker")]
    persistent_worker: bool,
    /// Print the totals to standard error even where that is no terminal
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    warnings: WarningArgs,
}

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// `--invalidation-mode`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Modification time and size.
    Timestamp,
    /// The source's hash, compared when imported.
    CheckedHash,
    /// The source's hash, not compared.
    UncheckedHash,
}

/// How to compile each file.
pub(super) struct Settings {
    pub(super) force: bool,
    pub(super) legacy: bool,
    pub(super) mode: Mode,
    /// Sorted, without duplicates.
    pub(super) levels: Vec<u8>,
    pub(super) hardlink_dupes: bool,
    pub(super) prefix_map: Vec<(String, String)>,
    pub(super) pycache_prefix: Option<PathBuf>,
    /// Where the only `.pyc` goes, if it is said.
    pub(super) output: Option<PathBuf>,
    pub(super) current_folder: PathBuf,
    pub(super) warnings: WarningFilters,
    pub(super) umask: u32,
}

pub(super) fn run(args: Args) -> ExitCode {
    let pool = match pool(args.workers) {
        Ok(pool) => pool,
        Err((message, status)) => {
            eprintln!("pvm compile: error: {message}");
            return ExitCode::from(status);
        }
    };
    if args.persistent_worker {
        return worker::serve(&pool);
    }
    ExitCode::from(run_in(&pool, args, None))
}

/// Compiles on the threads of a pool, and reports to `collected` if that is given.
fn run_in(pool: &rayon::ThreadPool, mut args: Args, mut collected: Option<&mut Vec<u8>>) -> u8 {
    match prepare(&mut args, collected.as_deref_mut()) {
        Ok((settings, plan)) => execute(pool, &args, &settings, plan, collected),
        // What was wrong has been said.
        Err((message, status)) if message.is_empty() => status,
        Err((message, status)) => {
            let text = format!("pvm compile: error: {message}\n");
            match collected {
                Some(collected) => collected.extend_from_slice(text.as_bytes()),
                None => eprint!("{text}"),
            }
            status
        }
    }
}

fn pool(workers: i64) -> Result<rayon::ThreadPool, Refusal> {
    let workers = match workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => usize::try_from(n).map_err(|_| ("workers must be greater or equal to 0".to_owned(), 1))?,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).stack_size(super::STACK_BYTES).build();
    pool.map_err(|error| (format!("cannot start threads: {error}"), 1))
}

/// A message for standard error, which may be empty, and the exit status.
type Refusal = (String, u8);

fn prepare(args: &mut Args, collected: Option<&mut Vec<u8>>) -> Result<(Settings, Plan), Refusal> {
    let mut levels = Vec::new();
    for level in &args.levels {
        match level {
            -1 => levels.push(default_level()),
            0..=2 => levels.push(*level as u8),
            _ => return Err((format!("invalid optimisation level: {level}"), 2)),
        }
    }
    if args.levels.is_empty() {
        levels.push(default_level());
    }
    levels.sort_unstable();
    levels.dedup();
    if args.hardlink_dupes && args.levels.len() < 2 {
        let message =
            "Hardlinking of duplicated bytecode makes sense only for more than one optimization level.";
        return Err((message.to_owned(), 2));
    }
    let mut prefix_map = Vec::new();
    for map in &args.path_prefix_map {
        let (old, new) = map.split_once('=').ok_or_else(|| (format!("{map:?} is not OLD=NEW"), 2))?;
        prefix_map.push((old.to_owned(), new.to_owned()));
    }
    let exclude = args.exclude.as_deref().map(fancy_regex::Regex::new).transpose();
    let exclude = exclude.map_err(|error| (format!("-x: {error}"), 2))?;
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let mode = args.invalidation_mode.unwrap_or_else(|| match variable("SOURCE_DATE_EPOCH") {
        Some(_) => Mode::CheckedHash,
        None => Mode::Timestamp,
    });
    let settings = Settings {
        force: args.force,
        legacy: args.legacy,
        mode,
        levels,
        hardlink_dupes: args.hardlink_dupes,
        prefix_map,
        pycache_prefix: args
            .cache_prefix
            .take()
            .or_else(|| variable("PYTHONPYCACHEPREFIX").map(PathBuf::from)),
        output: args.output.take(),
        current_folder: std::env::current_dir().unwrap_or_default(),
        warnings: WarningFilters::new(&args.warnings),
        umask: write::umask(),
    };
    let choice = plan::Choice {
        levels: args.recursion.or(args.flat.then_some(0)),
        exclude,
        limit_links: args.limit_links.take().filter(|folder| !folder.as_os_str().is_empty()),
        destination: args.destination.take(),
        strip: args.strip.take(),
        prepend: args.prepend.take(),
    };
    if let Some(list) = &args.list {
        match read_list(list) {
            Ok(paths) => args.paths.extend(paths),
            Err(_) => {
                if args.quiet < 2 {
                    let text = format!("Error reading file list {}\n", list.display());
                    match collected {
                        Some(collected) => collected.extend_from_slice(text.as_bytes()),
                        None => print!("{text}"),
                    }
                }
                return Err((String::new(), 1));
            }
        }
    }
    if settings.output.is_some() {
        let mut sources = 0;
        Plan::new(choice.clone()).find(&args.paths, &mut |step| {
            sources += usize::from(matches!(step, Step::File(_)));
        });
        if sources != 1 || settings.levels.len() != 1 {
            return Err(("--output wants exactly one source and one level".to_owned(), 2));
        }
    }
    Ok((settings, Plan::new(choice)))
}

/// The level of an interpreter in this environment (`PYTHONOPTIMIZE`).
fn default_level() -> u8 {
    let value = std::env::var("PYTHONOPTIMIZE").unwrap_or_default();
    if value.is_empty() { 0 } else { value.parse::<u8>().map_or(1, |level| level.min(2)) }
}

/// So many results are handed over at a time, if they come fast enough.
const BATCH: usize = 64;

/// How long a result is held back at most.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

fn execute(
    pool: &rayon::ThreadPool,
    args: &Args,
    settings: &Settings,
    mut plan: Plan,
    collected: Option<&mut Vec<u8>>,
) -> u8 {
    let mut reporter = report::Reporter::new(args, collected);
    let (sender, receiver) = mpsc::channel();
    let steps = &Steps::default();
    let mut find = || {
        let _complete = steps.complete_at_end();
        plan.find(&args.paths, &mut |step| steps.push(step));
    };
    // With several threads, the first files are compiled while the others are being found.
    let is_parallel = pool.current_num_threads() > 1;
    if !is_parallel {
        find();
    }
    std::thread::scope(|scope| {
        scope.spawn(move || {
            pool.broadcast(|_| {
                let sender = sender.clone();
                // Results are handed over a few at a time, as waking the thread that shows them takes time.
                let mut batch = Vec::new();
                let mut buffers = file::Buffers::default();
                let mut handed_over = Instant::now();
                while let Some((index, step)) = steps.take() {
                    let outcome = match &*step {
                        Step::File(task) if task.repeated => continue,
                        Step::File(task) => file::compile(task, settings, &mut buffers),
                        Step::Listing { .. } | Step::Skipped => file::Outcome::default(),
                    };
                    batch.push((index, step, outcome));
                    if batch.len() < BATCH && handed_over.elapsed() < LONGEST_WAIT {
                        continue;
                    }
                    // The receiver goes away only when this program ends.
                    if sender.send(std::mem::take(&mut batch)).is_err() {
                        break;
                    }
                    handed_over = Instant::now();
                }
                let _ = sender.send(batch);
            });
            // Of what is written twice the last counts, as if all had been done in order.
            pool.install(|| {
                for (index, step) in steps.all().into_iter().enumerate() {
                    if let Step::File(task) = &*step
                        && task.repeated
                    {
                        let outcome = file::compile(task, settings, &mut file::Buffers::default());
                        let _ = sender.send(vec![(index, step, outcome)]);
                    }
                }
            });
        });
        if is_parallel {
            find();
        }
        reporter.expect(steps.len());
        // Results arrive in any order, and are shown in the plan's.
        let mut early = std::collections::BTreeMap::new();
        let mut shown = 0;
        for (index, step, outcome) in receiver.into_iter().flatten() {
            early.insert(index, (step, outcome));
            while let Some((step, outcome)) = early.remove(&shown) {
                reporter.show(&step, &outcome);
                shown += 1;
            }
        }
    });
    reporter.finish()
}
