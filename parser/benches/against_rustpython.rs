//! Lexing and parsing beside the crate `rustpython-parser`, in one run: `cargo bench -p pvm-parser -- FOLDER [ROUNDS]`.
//!
//! Files are measured one after the other, by all candidates in turn; a file's time is the best of all rounds, which
//! leaves out what else the machine was doing. Then one source of growing size, for linearity, and the greatest memory
//! that the tree of the largest file takes. Without a folder it takes a small source
//! that it makes up, so that the benchmark can run as a test.

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
    let rounds = arguments.get(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let sources = match arguments.first() {
        Some(folder) => {
            let mut sources = Vec::new();
            collect(Path::new(folder), &mut sources);
            sources
        }
        None => vec![made_up(20_000)],
    };
    let Some(largest) = sources.iter().max_by_key(|source| source.len()) else {
        eprintln!("no sources");
        return;
    };
    rates(&sources, rounds);
    let sizes: &[usize] =
        if arguments.is_empty() { &[10_000, 20_000] } else { &[1 << 20, 10 << 20, 100 << 20] };
    for size in sizes {
        let source = made_up(*size);
        let start = Instant::now();
        own_parser(&source);
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "parse, pvm, {:.1} MB in one file: {:.1} MB/s",
            source.len() as f64 / 1e6,
            source.len() as f64 / 1e6 / seconds
        );
    }
    for (name, candidate) in &CANDIDATES[2..] {
        println!("{name}: at most {:.1} bytes in use for each byte of source", peak(candidate, largest));
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

/// The most memory in use while a function runs, for each byte of its source.
fn peak(candidate: &fn(&str), source: &str) -> f64 {
    IN_USE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    IS_COUNTED.store(true, Relaxed);
    candidate(source);
    IS_COUNTED.store(false, Relaxed);
    PEAK.load(Relaxed) as f64 / source.len() as f64
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
