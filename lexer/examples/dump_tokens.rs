//! Prints the tokens of a file as the parser sees them, or the error.

use std::io::{Read, Write};

use pvm_lexer::{Columns, Lexer, TokenKind, normalize_newlines};

fn main() -> std::io::Result<()> {
    let mut text = String::new();
    match std::env::args().nth(1) {
        Some(path) => text = std::fs::read_to_string(path)?,
        None => _ = std::io::stdin().read_to_string(&mut text)?,
    }
    let source = normalize_newlines(&text);
    let mut lexer = Lexer::new(&source);
    let mut out = std::io::stdout().lock();
    loop {
        match lexer.next_token() {
            Ok(token) => {
                let text = &source[token.span.start as usize..token.span.end as usize];
                writeln!(out, "{:?} {}..{} {text:?}", token.kind, token.span.start, token.span.end)?;
                if token.kind == TokenKind::EndOfFile {
                    break;
                }
            }
            Err(error) => {
                let at = error.location(&source, Columns::CodePoints);
                writeln!(
                    out,
                    "{}: {error} ({}, {}, {}, {})",
                    error.kind.class().name(),
                    at.lineno,
                    at.offset,
                    at.end_lineno,
                    at.end_offset
                )?;
                break;
            }
        }
    }
    for warning in lexer.warnings() {
        writeln!(out, "SyntaxWarning: {} {:?}", warning.kind, warning.span)?;
    }
    Ok(())
}
