//! Measures the lexer over all Python files below a folder: `lexing_rate FOLDER [ROUNDS]`.
//!
//! The time of a file is the best of all rounds, which leaves out what else the machine was doing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pvm_lexer::{Lexer, Reading, TokenKind, decode};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: lexing_rate FOLDER [ROUNDS]");
        std::process::exit(2);
    };
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    let sources = sources_below(Path::new(&folder));
    let mut best = vec![Duration::MAX; sources.len()];
    let mut tokens = 0u64;
    for _ in 0..rounds {
        tokens = 0;
        for (source, best) in sources.iter().zip(&mut best) {
            let start = Instant::now();
            tokens += count_tokens(source);
            *best = start.elapsed().min(*best);
        }
    }
    let seconds = best.iter().sum::<Duration>().as_secs_f64();
    let bytes = sources.iter().map(String::len).sum::<usize>() as f64;
    println!(
        "{} files, {:.1} MB, {tokens} tokens: {:.0} MB/s, {:.1} ns a token",
        sources.len(),
        bytes / 1e6,
        bytes / 1e6 / seconds,
        seconds * 1e9 / tokens as f64
    );
}

fn count_tokens(source: &str) -> u64 {
    let mut lexer = Lexer::new(source);
    let mut count = 0;
    while let Ok(token) = lexer.next_token() {
        count += 1;
        if std::hint::black_box(token).kind == TokenKind::EndOfFile {
            break;
        }
    }
    count
}

fn sources_below(folder: &Path) -> Vec<String> {
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                let bytes = std::fs::read(path).unwrap_or_default();
                sources.extend(decode(&bytes, Reading::Bytes).map(|source| source.text.into_owned()));
            }
        }
    }
    sources
}
