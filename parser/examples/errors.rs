//! Reads sources from standard input, each as its length in bytes on a line, a mode letter (`e`, `s` or `v`, then perhaps `i` and `d` for the prompt's options, `w` to see the warnings)
//! and the bytes; prints each one's error as a line of JSON-like fields, or `ok`.

use std::io::{Read, Write};

use pvm_parser::{Mode, Options, parse, string_repr};

fn main() {
    let mut input = Vec::new();
    if std::io::stdin().read_to_end(&mut input).is_err() {
        return;
    }
    let mut rest = &input[..];
    let mut out = std::io::BufWriter::new(std::io::stdout());
    while let Some(newline) = rest.iter().position(|&byte| byte == b'\n') {
        let header = String::from_utf8_lossy(&rest[..newline]).into_owned();
        let Some((mode, len)) = header.split_once(' ') else { return };
        let options = Options {
            allow_incomplete_input: mode.contains('i'),
            dont_imply_dedent: mode.contains('d'),
            ..Options::default()
        };
        let warns = mode.contains('w');
        let mode = mode.trim_end_matches(['i', 'd', 'w']);
        let len: usize = len.parse().unwrap_or(0);
        let source = String::from_utf8_lossy(&rest[newline + 1..newline + 1 + len]).into_owned();
        rest = &rest[newline + 1 + len..];
        let mode = match mode {
            "s" => Mode::Interactive,
            "v" => Mode::Expression,
            _ => Mode::Module,
        };
        let _ = match parse(&source, mode, &options) {
            Ok(parsed) if warns => {
                let shown = parsed.warnings.iter().map(|warning| {
                    let (line, _) = parsed.line_and_column(warning.range.start().to_u32());
                    format!("\t{:?}:{line}:{}", warning.category, warning.message)
                });
                writeln!(out, "ok{}", shown.collect::<String>())
            }
            Ok(_) => writeln!(out, "ok"),
            Err(error) => {
                let p = &error.position;
                let (name, message) = (error.class.name(), error.message.replace('\n', "\\n"));
                let place = format!("{}\t{}\t{}\t{}", p.lineno, p.offset, p.end_lineno, p.end_offset);
                writeln!(out, "{name}\t{message}\t{place}\t{}", string_repr(p.text.as_deref().unwrap_or("")))
            }
        };
    }
}
