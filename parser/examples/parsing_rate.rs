//! How fast sources in memory are parsed: `parsing_rate DIR [ROUNDS]`, for every `.py` file below a directory.
//!
//! The time of a file is the best of all rounds, which leaves out what else the machine was doing.

use std::path::Path;
use std::time::Instant;

use pvm_parser::{Mode, Options, parse};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn collect(directory: &Path, sources: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("site-packages") {
                collect(&path, sources);
            }
        } else if path.extension().is_some_and(|extension| extension == "py")
            && let Ok(source) = std::fs::read_to_string(&path)
            && parse(&source, Mode::Module, &Options::default()).is_ok()
        {
            sources.push(source);
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| ".".to_owned());
    let rounds: u32 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut sources = Vec::new();
    collect(Path::new(&directory), &mut sources);
    let bytes: usize = sources.iter().map(String::len).sum();
    let mut parsing = vec![f64::MAX; sources.len()];
    let mut both = vec![f64::MAX; sources.len()];
    for _ in 0..rounds {
        for (index, source) in sources.iter().enumerate() {
            let start = Instant::now();
            let parsed = parse(source, Mode::Module, &Options::default());
            let middle = start.elapsed().as_secs_f64();
            drop(std::hint::black_box(parsed));
            let end = start.elapsed().as_secs_f64();
            parsing[index] = parsing[index].min(middle);
            both[index] = both[index].min(end);
        }
    }
    let rate = |times: Vec<f64>| bytes as f64 / 1e6 / times.iter().sum::<f64>();
    println!(
        "{} files, {:.1} MB: parse {:.1} MB/s, parse and drop {:.1} MB/s",
        sources.len(),
        bytes as f64 / 1e6,
        rate(parsing),
        rate(both)
    );
}
