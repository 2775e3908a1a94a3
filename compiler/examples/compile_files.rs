//! Compiles files and writes their marshalled code, for comparison with another compiler.
//!
//! Usage: `compile_files LEVEL OUTPUT_DIR < LIST_OF_PATHS`. The n-th path's code goes to `OUTPUT_DIR/n.bin`, or what
//! is wrong with it to `OUTPUT_DIR/n.err`.

use pvm_compiler::Options;
use pvm_parser::Mode;
use pvm_pycfile::{Text, marshal};
use std::io::{BufRead, Write};
use std::path::Path;

fn compile(path: &str, optimize: u8) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let source = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut parsed = pvm_parser::parse(&source, Mode::Module, &pvm_parser::Options::default())
        .map_err(|error| format!("{}: {} {:?}", error.class.name(), error.message, error.position))?;
    let options = Options { optimize, flags: 0, filename: Text::from(path), depth: parsed.depth() };
    let compiled = pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options)
        .map_err(|error| format!("{error:?}"))?;
    marshal::dump_code(&compiled.code).map_err(|error| format!("{error:?}"))
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let optimize = arguments.next().and_then(|level| level.parse().ok()).unwrap_or(0);
    let output = arguments.next().unwrap_or_else(|| ".".to_owned());
    let start = std::time::Instant::now();
    let mut failed = 0;
    for (index, line) in std::io::stdin().lock().lines().enumerate() {
        let path = line?;
        let (suffix, content) = match compile(&path, optimize) {
            Ok(code) => ("bin", code),
            Err(message) => {
                failed += 1;
                ("err", message.into_bytes())
            }
        };
        std::fs::write(Path::new(&output).join(format!("{index}.{suffix}")), content)?;
    }
    writeln!(std::io::stderr(), "{:.2?}, {failed} failed", start.elapsed())
}
