//! Any text: the lexer ends, never panics, and its tokens cover the text in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pvm_lexer::{Columns, Lexer, TokenKind, normalize_newlines, tokenize};

fuzz_target!(|text: &str| {
    let text = normalize_newlines(text);
    let mut lexer = Lexer::new(&text);
    let mut end = 0;
    loop {
        match lexer.next_token() {
            Ok(token) => {
                assert!(end <= token.span.start && token.span.start <= token.span.end);
                assert!(text.get(token.span.start as usize..token.span.end as usize).is_some());
                end = token.span.end;
                if token.kind == TokenKind::EndOfFile {
                    break;
                }
            }
            Err(error) => {
                let _ = (error.to_string(), error.location(&text, Columns::CodePoints));
                break;
            }
        }
    }
    let _ = tokenize::Tokenizer::new(&text).count();
});
