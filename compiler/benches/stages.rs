//! Times the way from source text to marshalled code, stage by stage, in processor time.
//!
//! Usage: `cargo bench -p pvm-compiler --bench stages -- PATH…`, with files and folders of Python source. Without any,
//! it compiles a few lines, so that running all benches shows that this one still works.

use pvm_compiler::Options;
use pvm_compiler::names::WELL_KNOWN;
use pvm_parser::Mode;
use pvm_pycfile::{Text, marshal};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: pvm_allocator::Allocator = pvm_allocator::Allocator;

const STAGES: [&str; 4] = ["parse", "compile", "marshal", "drop"];

/// Of so many rounds the fastest counts.
const ROUNDS: usize = 5;

/// The processor time of this process so far.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn main() -> std::io::Result<()> {
    // Cargo passes options of its own.
    let paths: Vec<PathBuf> =
        std::env::args_os().skip(1).map(PathBuf::from).filter(|path| path.exists()).collect();
    let mut sources = Vec::new();
    for path in &paths {
        collect(path, &mut sources)?;
    }
    if sources.is_empty() {
        sources.push(("<sample>".to_owned(), "def f(x):\n    return [y + 1 for y in x]\n".to_owned()));
    }
    let rounds = (0..ROUNDS).map(|_| round(&sources));
    let (times, bytes) = rounds.min_by_key(|(times, _)| times.iter().sum::<Duration>()).unwrap_or_default();
    let source_bytes: usize = sources.iter().map(|(_, source)| source.len()).sum();
    println!("{} files, {source_bytes} bytes of source, {bytes} bytes of code", sources.len());
    for (stage, time) in STAGES.iter().zip(times) {
        println!("{stage:8} {:8.1} ms", time.as_secs_f64() * 1e3);
    }
    println!("{:8} {:8.1} ms", "total", times.iter().sum::<Duration>().as_secs_f64() * 1e3);
    Ok(())
}

/// The Python sources at and below a path that are UTF-8.
fn collect(path: &Path, sources: &mut Vec<(String, String)>) -> std::io::Result<()> {
    if path.is_dir() {
        let mut entries =
            std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| collect(entry, sources));
    }
    if path.extension().is_some_and(|extension| extension == "py")
        && let Ok(source) = std::fs::read_to_string(path)
    {
        sources.push((path.to_string_lossy().into_owned(), source));
    }
    Ok(())
}

/// Compiles everything once: the time of each stage, and the size of what came out.
fn round(sources: &[(String, String)]) -> ([Duration; 4], usize) {
    let mut times = [Duration::ZERO; 4];
    let mut bytes = 0;
    for (path, source) in sources {
        bytes += compile(path, source, &mut times);
    }
    (times, bytes)
}

/// Compiles a source, adds the time of each stage, and returns the size of what came out; 0 for nothing.
fn compile(path: &str, source: &str, times: &mut [Duration; 4]) -> usize {
    let mut before = now();
    let mut lap = |stage: usize| {
        let after = now();
        times[stage] += after.saturating_sub(std::mem::replace(&mut before, after));
    };
    let mut code = Vec::with_capacity(source.len() * 2);
    let run = |code: &mut Vec<u8>| {
        let options = pvm_parser::Options { first_names: Some(WELL_KNOWN), ..Default::default() };
        let parsed = pvm_parser::parse(source, Mode::Module, &options);
        lap(0);
        let Ok(mut parsed) = parsed else { return (0, None) };
        let filename = Text::from(path);
        let options = Options { optimize: 0, flags: 0, filename, depth: parsed.depth() };
        let compiled =
            pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options);
        lap(1);
        let Ok(compiled) = compiled else { return (0, None) };
        let marshalled = marshal::append_compiled(code, &compiled.code, compiled.identifiers.as_slice());
        lap(2);
        let len = if marshalled.is_ok() { code.len() } else { 0 };
        let was_here = parsed.is_shallow() && pvm_compiler::stays_in_thread(parsed.depth());
        let garbage = (parsed, compiled, options);
        (len, Some(garbage).filter(|_| was_here))
    };
    // As `pvm compile` does.
    // SAFETY: all else that was made is a number.
    let len = unsafe { pvm_allocator::discarding(&mut code, run) };
    drop(code);
    lap(3);
    len
}
