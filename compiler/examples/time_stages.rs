//! Times the way from source text to marshalled code, stage by stage.
//!
//! Usage: `time_stages < LIST_OF_PATHS`

use pvm_compiler::Options;
use pvm_parser::Mode;
use pvm_pycfile::{Text, marshal};
use std::io::BufRead;
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let mut sources = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let path = line?;
        if let Ok(source) = std::fs::read_to_string(&path) {
            sources.push((path, source));
        }
    }
    for _ in 0..3 {
        let mut stages = [Duration::ZERO; 4];
        let mut bytes = 0;
        for (path, source) in &sources {
            let start = Instant::now();
            let parsed = pvm_parser::parse(source, Mode::Module, &pvm_parser::Options::default());
            stages[0] += start.elapsed();
            let Ok(mut parsed) = parsed else { continue };
            let options =
                Options { optimize: 0, flags: 0, filename: Text::from(path.as_str()), depth: parsed.depth() };
            let start = Instant::now();
            let compiled =
                pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options);
            stages[1] += start.elapsed();
            let Ok(compiled) = compiled else { continue };
            let start = Instant::now();
            bytes += marshal::dump_code(&compiled.code).map_or(0, |bytes| bytes.len());
            stages[2] += start.elapsed();
            let start = Instant::now();
            drop((parsed, compiled));
            stages[3] += start.elapsed();
        }
        let total: Duration = stages.iter().sum();
        println!(
            "{} files, {bytes} bytes: parse {:.0?} compile {:.0?} marshal {:.0?} drop {:.0?} total {total:.0?}",
            sources.len(),
            stages[0],
            stages[1],
            stages[2],
            stages[3]
        );
    }
    Ok(())
}
