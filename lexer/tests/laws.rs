//! What holds for every text, whether it is Python or not.

use proptest::prelude::*;
use pvm_lexer::{
    Columns, LexError, Lexer, LineIndex, Reading, Token, TokenKind, decode, normalize_newlines, tokenize,
};

/// All tokens, and the error if there is one.
fn lex(source: &str) -> (Vec<Token>, Option<LexError>) {
    let mut lexer = Lexer::new(source);
    let mut tokens = Vec::new();
    loop {
        match lexer.next_token() {
            Ok(token) => {
                tokens.push(token);
                if token.kind == TokenKind::EndOfFile {
                    assert_eq!(lexer.next_token(), Ok(token));
                    return (tokens, None);
                }
            }
            Err(error) => {
                assert_eq!(lexer.next_token(), Err(error), "an error is final");
                return (tokens, Some(error));
            }
        }
    }
}

fn check_laws(source: &str) {
    let (tokens, error) = lex(source);
    let mut end = 0;
    let mut indents = 0;
    let mut fstrings = 0;
    for token in &tokens {
        let start = token.span.start as usize;
        let between = source.get(end..start).expect("tokens are in order");
        let blank = between.replace("\\\n", "");
        assert!(blank.chars().all(|c| " \t\x0c".contains(c)), "{between:?} belongs to no token");
        let text = source.get(start..token.span.end as usize).expect("spans lie within the text");
        match token.kind {
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents -= 1,
            TokenKind::FStringStart => fstrings += 1,
            TokenKind::FStringEnd => fstrings -= 1,
            TokenKind::FStringMiddle => assert!(!text.is_empty()),
            kind if kind.is_keyword() => {
                assert_eq!(kind.text(), text);
                assert_eq!(TokenKind::keyword(text), Some(kind));
            }
            TokenKind::Name => assert_eq!(TokenKind::keyword(text), None),
            TokenKind::NotEqual => assert!(text == "!=" || text == "<>"),
            kind if kind.is_operator() => assert_eq!(kind.text(), text),
            _ => {}
        }
        assert!(indents >= 0 && fstrings >= 0);
        end = token.span.end as usize;
    }
    match error {
        None => {
            assert_eq!((indents, fstrings, end), (0, 0, source.len()));
            let ends = tokens.iter().rev().find(|token| {
                !matches!(
                    token.kind,
                    TokenKind::EndOfFile
                        | TokenKind::Dedent
                        | TokenKind::NonLogicalNewline
                        | TokenKind::Comment
                )
            });
            assert!(
                ends.is_none_or(|token| token.kind == TokenKind::Newline),
                "a statement ends in a newline"
            );
        }
        Some(error) => {
            assert!(error.span.start <= error.span.end && error.span.end as usize <= source.len());
            assert!(!error.to_string().is_empty());
            error.location(source, Columns::CodePoints);
            error.location(source, Columns::Bytes);
        }
    }
}

/// Pieces that programs are made of, so that random texts get far into the lexer.
fn python_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "(", ")", "[", "]", "{", "}", "'", "\"", "'''", "\"\"\"", "f'", "rf\"", "f'''", "b'", "\\", "\\\n",
        "\n", "\n    ", "\n\t", " ", "  ", "\x0c", ":", ":=", "!", "!r", "!=", "=", "==", "{{", "}}", "\\N{",
        "\\{", "#", "# c\n", "if x:\n", "if", "else", "match", "nonlocal", "lambda", "é", "ﬁ", "€", "\u{a0}",
        "\u{301}", "𝒳", "x", "_", "0", "1", "0x", "0o8", "1_", "1e", "1e+", "1j", ".", "...", "07", "$", "?",
        "<>", "->", "**=", "\r", "\r\n", "\u{fffd}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn python_like_texts_obey_the_laws(text in python_like()) {
        check_laws(&normalize_newlines(&text));
        let _ = tokenize::Tokenizer::new(&text).count();
    }

    #[test]
    fn all_texts_obey_the_laws(text in any::<String>()) {
        check_laws(&text);
        let _ = tokenize::Tokenizer::new(&text).count();
    }

    #[test]
    fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..200), declared in any::<bool>()) {
        let mut source = if declared { b"# coding: gb18030\n".to_vec() } else { Vec::new() };
        source.extend(bytes);
        for reading in [Reading::Bytes, Reading::File] {
            if let Ok(source) = decode(&source, reading) {
                check_laws(&source.text);
            }
        }
        let _ = tokenize::listing(&source, "file.py", true);
    }

    #[test]
    fn malformed_utf8_in_programs_decodes_or_fails(text in python_like(), at in any::<prop::sample::Index>(), byte in 0x80u8..) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len() + 1);
        bytes.insert(at, byte);
        for reading in [Reading::Bytes, Reading::Fragment, Reading::File] {
            let Ok(source) = decode(&bytes, reading) else { continue };
            check_laws(&source.text);
            if let Some(malformed) = source.malformed {
                let all = 0..source.text.len() as u32;
                prop_assert_eq!(malformed.bytes(all.clone()).len(), source.text.len());
                prop_assert!(malformed.first_within(all).is_some());
            }
        }
    }

    #[test]
    fn line_index_there_and_back(text in python_like(), at in any::<prop::sample::Index>()) {
        let index = LineIndex::new(&text);
        let at = text.floor_char_boundary(at.index(text.len() + 1)) as u32;
        for columns in [Columns::Bytes, Columns::CodePoints] {
            let position = index.position_in(&text, at, columns);
            prop_assert_eq!(index.offset_in(&text, position, columns), Some(at));
        }
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for (piece, count) in [("(", 100_000), ("f'{", 100_000), ("f'''{x:", 100_000)] {
        let (_, error) = lex(&piece.repeat(count));
        assert!(error.is_some(), "{piece}");
    }
    let staircase: String = (0..200).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
    assert_eq!(
        lex(&staircase).1.map(|error| error.to_string()).as_deref(),
        Some("too many levels of indentation")
    );
}

#[test]
fn tokens_stay_small() {
    assert_eq!(size_of::<Token>(), 12);
    assert!(size_of::<Result<Token, LexError>>() <= 32);
}

/// Checked by the compiler: what the interface hands out can go to other threads, and be used by several.
#[test]
fn all_public_types_are_send_and_sync() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<(pvm_lexer::Source<'_>, pvm_lexer::DecodeError, pvm_lexer::DecodeErrorKind, Reading)>();
    is_shared::<(pvm_lexer::Malformed, pvm_lexer::Utf8Error)>();
    is_shared::<(Lexer<'_>, pvm_lexer::Tokens<'_>, Token, TokenKind, pvm_lexer::Span, pvm_lexer::OpenBracket)>(
    );
    is_shared::<(LexError, pvm_lexer::LexErrorKind, pvm_lexer::LexWarning, pvm_lexer::LexWarningKind)>();
    is_shared::<(pvm_lexer::ErrorLocation, pvm_lexer::ErrorClass, Columns, pvm_lexer::NumberKind)>();
    is_shared::<(LineIndex, pvm_lexer::LineColumn)>();
    is_shared::<(tokenize::Tokenizer<'_>, tokenize::TokenInfo<'_>, tokenize::TokenizeError)>();
}

/// What fuzzing the target `tokens` kept.
const FUZZED_TOKENS: &[&[u8]] = &include!("fuzzed/tokens.in");

/// What fuzzing the target `decode` kept.
const FUZZED_DECODE: &[&[u8]] = &include!("fuzzed/decode.in");

/// What `python_like` made for a bug, since it does not make the same again.
const FOUND: &[&str] = &["f'\\{)\n    :"];

#[test]
fn what_was_found_obeys_the_laws() {
    for text in FOUND {
        check_laws(text);
        let _ = tokenize::Tokenizer::new(text).count();
    }
}

#[test]
fn what_fuzzing_kept_obeys_the_laws() {
    for input in FUZZED_TOKENS {
        let text = std::str::from_utf8(input).expect("the target takes text");
        check_laws(&normalize_newlines(text));
        let _ = tokenize::Tokenizer::new(text).count();
    }
    for input in FUZZED_DECODE {
        for reading in [Reading::Bytes, Reading::File] {
            if let Ok(source) = decode(input, reading) {
                check_laws(&source.text);
            }
        }
        let _ = tokenize::listing(input, "file.py", true);
    }
}
