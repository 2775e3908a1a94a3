//! Compiles snippets and tells what comes of each, for comparison with another compiler.
//!
//! Standard input: `MODE SOURCE` records that end in a zero byte, where MODE is `exec`, `single` or `eval`. Standard output: a
//! line each, with the warnings and then `ok` and the marshalled code in hexadecimal, or the error.

use pvm_compiler::{ErrorKind, Options};
use pvm_parser::Mode;
use pvm_pycfile::{Text, marshal};
use std::fmt::Write as _;
use std::io::{Read, Write};

fn compile(mode: Mode, source: &str) -> String {
    let mut parsed = match pvm_parser::parse(source, mode, &pvm_parser::Options::default()) {
        Ok(parsed) => parsed,
        Err(error) => return format!("parser {}: {}", error.class.name(), error.message),
    };
    let options =
        Options { optimize: 0, flags: 0, filename: Text::from("snippet.py"), depth: parsed.depth() };
    let mut out = String::new();
    match pvm_compiler::compile(&mut parsed.module, &parsed.literals, &parsed.line_starts, &options) {
        Ok(compiled) => {
            for warning in &compiled.warnings {
                let _ = write!(out, "warning {} {} | ", warning.location.lineno, warning.message);
            }
            match marshal::dump_code(&compiled.code) {
                Ok(bytes) => {
                    out.push_str("ok ");
                    for byte in bytes {
                        let _ = write!(out, "{byte:02x}");
                    }
                }
                Err(error) => out.push_str(&format!("marshal {error:?}")),
            }
        }
        Err(error) if error.kind == ErrorKind::Syntax => {
            let location = error.location;
            let _ = write!(
                out,
                "syntax {} {} {} {} {}",
                location.lineno,
                location.col_offset + 1,
                location.end_lineno,
                location.end_col_offset + 1,
                error.message
            );
        }
        Err(error) => {
            let _ = write!(out, "{:?} {}", error.kind, error.message);
        }
    }
    out.replace('\n', "\\n")
}

fn main() -> std::io::Result<()> {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let mut output = std::io::stdout().lock();
    for record in input.split_terminator('\0') {
        let (mode, source) = record.split_once(' ').unwrap_or((record, ""));
        let mode = match mode {
            "single" => Mode::Interactive,
            "eval" => Mode::Expression,
            _ => Mode::Module,
        };
        writeln!(output, "{}", compile(mode, source))?;
    }
    Ok(())
}
