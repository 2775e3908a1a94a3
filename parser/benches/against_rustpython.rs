//! Lexing and parsing beside the crate `rustpython-parser`, in one run: `cargo bench -p pvm-parser -- FOLDER [ROUNDS]`.
//!
//! Files are measured one after the other, by all candidates in turn; a file's time is the best of all rounds, which
//! leaves out what else the machine was doing. Then one source of growing size, for linearity, and the greatest memory
//! that each candidate takes for it and for all files. Without a folder it takes a small source that it makes up, so that
//! the benchmark can run as a test.
//!
//! `once CANDIDATE BYTES` in the place of the folder makes a source of this size up and hands it to one candidate, or to none:
//! for tools that count instructions or measure memory from outside.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use pvm_lexer::{Lexer, TokenKind};
use pvm_parser::{Mode, Options};

/// mimalloc, with a count of the bytes in use.
struct Counting(mimalloc::MiMalloc);

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static IS_COUNTED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

// SAFETY: all requests go to mimalloc as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if IS_COUNTED.load(Relaxed) {
            let now = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
            PEAK.fetch_max(now, Relaxed);
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if IS_COUNTED.load(Relaxed) {
            IN_USE.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting(mimalloc::MiMalloc);

fn own_lexer(source: &str) {
    let mut lexer = Lexer::new(source);
    while lexer.next_token().is_ok_and(|token| black_box(token).kind != TokenKind::EndOfFile) {}
}

fn other_lexer(source: &str) {
    for token in rustpython_parser::lexer::lex(source, rustpython_parser::Mode::Module) {
        if black_box(token).is_err() {
            break;
        }
    }
}

fn own_parser(source: &str) {
    drop(black_box(pvm_parser::parse(source, Mode::Module, &Options::default())));
}

fn other_parser(source: &str) {
    drop(black_box(rustpython_parser::parse(source, rustpython_parser::Mode::Module, "bench.py")));
}

const CANDIDATES: [(&str, fn(&str)); 4] = [
    ("lex, pvm", own_lexer),
    ("lex, rustpython-parser", other_lexer),
    ("parse, pvm", own_parser),
    ("parse, rustpython-parser", other_parser),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [mode, candidate, bytes] = &arguments[..]
        && mode == "once"
    {
        let source = made_up(bytes.parse().expect("a number of bytes"));
        match CANDIDATES.iter().find(|(name, _)| name == candidate) {
            Some((_, run)) => run(&source),
            None => _ = black_box(source),
        }
        return;
    }
    let rounds = arguments.get(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let sources = match arguments.first() {
        Some(folder) => {
            let mut sources = Vec::new();
            collect(Path::new(folder), &mut sources);
            sources
        }
        None => vec![made_up(20_000)],
    };
    if sources.is_empty() {
        eprintln!("no sources");
        return;
    }
    rates(&sources, rounds);
    let sizes: &[usize] =
        if arguments.is_empty() { &[10_000, 20_000] } else { &[1 << 20, 10 << 20, 100 << 20] };
    for size in sizes {
        let source = made_up(*size);
        for (name, candidate) in &CANDIDATES {
            let start = Instant::now();
            candidate(&source);
            let rate = source.len() as f64 / 1e6 / start.elapsed().as_secs_f64();
            let peak = peak(candidate, &source) as f64 / source.len() as f64;
            let megabytes = source.len() as f64 / 1e6;
            println!(
                "{name}, {megabytes:.1} MB in one source: {rate:.1} MB/s, at most {peak:.1} bytes a byte"
            );
        }
    }
    let bytes: usize = sources.iter().map(String::len).sum();
    for (name, candidate) in &CANDIDATES[2..] {
        let peaks = sources.iter().map(|source| peak(candidate, source));
        let (sum, worst) = peaks.zip(&sources).fold((0, 0.0_f64), |(sum, worst), (peak, source)| {
            (sum + peak, worst.max(peak as f64 / source.len().max(1000) as f64))
        });
        let mean = sum as f64 / bytes as f64;
        println!(
            "{name}: files need {mean:.1} bytes for each byte of source in the mean, {worst:.1} at most"
        );
    }
}

fn rates(sources: &[String], rounds: u32) {
    let bytes: usize = sources.iter().map(String::len).sum();
    let mut best = vec![[f64::MAX; CANDIDATES.len()]; sources.len()];
    for _ in 0..rounds {
        for (source, best) in sources.iter().zip(&mut best) {
            for ((_, candidate), best) in CANDIDATES.iter().zip(best) {
                let start = Instant::now();
                candidate(source);
                *best = start.elapsed().as_secs_f64().min(*best);
            }
        }
    }
    println!("{} files, {:.1} MB", sources.len(), bytes as f64 / 1e6);
    for (at, (name, _)) in CANDIDATES.iter().enumerate() {
        let seconds: f64 = best.iter().map(|best| best[at]).sum();
        println!("{name}: {:.1} MB/s", bytes as f64 / 1e6 / seconds);
    }
}

/// The most memory in use while a function runs, beyond what was in use before.
fn peak(candidate: &fn(&str), source: &str) -> usize {
    IN_USE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    IS_COUNTED.store(true, Relaxed);
    candidate(source);
    IS_COUNTED.store(false, Relaxed);
    PEAK.load(Relaxed)
}

/// A source of at least this size with a bit of everything.
fn made_up(size: usize) -> String {
    let mut source = String::with_capacity(size + 400);
    let mut number = 0;
    while source.len() < size {
        number += 1;
        source += &format!(
            "class C{number}(Base):\n    \"\"\"Number {number}.\"\"\"\n\n    def method(self, a, b={number}, *rest):\n        # A comment.\n        if a < b and not rest:\n            return [self.f(x, key='v{number}') for x in range(a) if x % 2]\n        self.total += a * (b - {number}) / 3.5\n        raise ValueError('no', {{'a': a, **self.names}})\n\n"
        );
    }
    source
}

/// The sources below a folder that both can read.
fn collect(folder: &Path, sources: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("site-packages") {
                collect(&path, sources);
            }
        } else if path.extension().is_some_and(|extension| extension == "py")
            && let Ok(source) = std::fs::read_to_string(&path)
            && pvm_parser::parse(&source, Mode::Module, &Options::default()).is_ok()
        {
            sources.push(source);
        }
    }
}
