//! Prints what `python3.12 -m ast -a FILE` prints; with `--sums`, a checksum and the length of that for
//! each file of a list on standard input; with `--unparse` first, the same of `ast.unparse`.

use std::io::BufRead;

use pvm_parser::{DumpOptions, Mode, Options, Parsed, dump, parse, unparse};

fn main() {
    let options = DumpOptions { include_attributes: true, indent: Some(3) };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_unparse = arguments.first().is_some_and(|first| first == "--unparse");
    if arguments.last().is_some_and(|last| last == "--sums") {
        for path in std::io::stdin().lock().lines().map_while(Result::ok) {
            match read(&path, !is_unparse) {
                Ok(parsed) => {
                    let text = if is_unparse { unparse(&parsed) } else { dump(&parsed, options) };
                    println!("{path} {} {}", crc32(text.as_bytes()), text.len());
                }
                Err(error) => println!("{path} error {error}"),
            }
        }
        return;
    }
    for path in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        match read(path, !is_unparse) {
            Ok(parsed) if is_unparse => println!("{}", unparse(&parsed)),
            Ok(parsed) => println!("{}", dump(&parsed, options)),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
}

/// Parses a file as `python -m ast` does: type comments are kept.
fn read(path: &str, type_comments: bool) -> Result<Parsed, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let options = Options { type_comments, ..Options::default() };
    parse(text.strip_prefix('\u{feff}').unwrap_or(&text), Mode::Module, &options)
        .map_err(|error| error.to_string())
}

fn crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256u32)
        .map(|byte| (0..8).fold(byte, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 }))
        .collect();
    !bytes.iter().fold(!0, |crc, &byte| table[((crc ^ u32::from(byte)) & 0xFF) as usize] ^ (crc >> 8))
}
