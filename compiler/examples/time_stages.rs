//! Times the way from source text to marshalled code, stage by stage, in processor time.
//!
//! Usage: `time_stages [ROUNDS] < LIST_OF_PATHS`

use pvm_compiler::Options;
use pvm_parser::Mode;
use pvm_pycfile::{Text, marshal};
use rustix::time::{ClockId, clock_gettime};
use std::io::BufRead;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The processor time of this process so far.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn main() -> std::io::Result<()> {
    let mut sources = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let path = line?;
        if let Ok(source) = std::fs::read_to_string(&path) {
            sources.push((path, source));
        }
    }
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    for _ in 0..rounds {
        let mut stages = [Duration::ZERO; 4];
        let mut bytes = 0;
        for (path, source) in &sources {
            let start = now();
            let parsed = pvm_parser::parse(source, Mode::Module, &pvm_parser::Options::default());
            stages[0] += now().saturating_sub(start);
            let Ok(mut parsed) = parsed else { continue };
            let options =
                Options { optimize: 0, flags: 0, filename: Text::from(path.as_str()), depth: parsed.depth() };
            let start = now();
            let compiled =
                pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options);
            stages[1] += now().saturating_sub(start);
            let Ok(compiled) = compiled else { continue };
            let start = now();
            let mut pyc = Vec::with_capacity(source.len() * 3 / 2);
            let _ = marshal::append_compiled(&mut pyc, &compiled.code, &compiled.identifiers);
            bytes += pyc.len();
            stages[2] += now().saturating_sub(start);
            let start = now();
            drop((parsed, compiled, pyc));
            stages[3] += now().saturating_sub(start);
        }
        let total: Duration = stages.iter().sum();
        println!(
            "{} files, {bytes} bytes: parse {:.2?} compile {:.2?} marshal {:.2?} drop {:.2?} total {total:.2?}",
            sources.len(),
            stages[0],
            stages[1],
            stages[2],
            stages[3]
        );
    }
    Ok(())
}
