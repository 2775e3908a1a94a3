//! What holds for every text, whether it is Python or not.

use proptest::prelude::*;
use pvm_lexer::{Reading, decode};
use pvm_parser::{
    DumpOptions, ErrorClass, Mode, Options, Parsed, dump, parse, parse_source, unparse, warnings_as_errors,
};

const MODES: [Mode; 4] = [Mode::Module, Mode::Interactive, Mode::Expression, Mode::FunctionType];

fn tree(parsed: &Parsed) -> String {
    dump(parsed, DumpOptions::default())
}

/// Parses in all modes; whatever comes out must be sound.
fn check_laws(source: &str) {
    for mode in MODES {
        for prompt in [false, true] {
            let options = Options {
                allow_incomplete_input: prompt,
                dont_imply_dedent: prompt,
                type_comments: prompt,
                ..Options::default()
            };
            match parse(source, mode, &options) {
                Ok(parsed) => {
                    let with_places = DumpOptions { include_attributes: true, indent: Some(1) };
                    assert!(!dump(&parsed, with_places).is_empty());
                    assert_eq!(parsed.line_starts[0], 0);
                }
                Err(error) => {
                    // A panic while the error is sought would look like this.
                    assert_ne!(error.class, ErrorClass::MemoryError, "{source:?}");
                    assert!(!error.message.is_empty());
                    assert!(error.range.end().to_usize() <= source.len());
                    assert!(source.contains('\r') || source.is_char_boundary(error.range.start().to_usize()));
                }
            }
        }
    }
    if let Ok(parsed) = parse(source, Mode::Module, &Options::default()) {
        let text = unparse(&parsed);
        match parse(&text, Mode::Module, &Options::default()) {
            // CPython's `unparse` has no form for some texts within f-strings either.
            Err(_) if source.contains(['f', 'F']) => {}
            Err(error) => panic!("{source:?} became {text:?}: {error}"),
            Ok(again) if source.contains(['f', 'F']) => drop(again),
            Ok(again) => assert_eq!(tree(&again), tree(&parsed), "{source:?} became {text:?}"),
        }
    }
}

const PIECES: &[&str] = &[
    "a",
    "b",
    "_",
    "match",
    "case",
    "type",
    "print",
    "é",
    "x1",
    "0",
    "1",
    "1.5",
    "2j",
    "0x_f",
    "'s'",
    "\"t\\n\"",
    "b'y'",
    "f'",
    "f\"",
    "'",
    "\"",
    "'''",
    "rb'",
    "u'",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    ",",
    ";",
    ".",
    "...",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "%",
    "@",
    "|",
    "&",
    "^",
    "~",
    "<",
    ">",
    "=",
    "==",
    "!=",
    "<=",
    ":=",
    "+=",
    "->",
    "!",
    "!r",
    " ",
    " ",
    " ",
    "\n",
    "\n",
    "\n    ",
    "\n  ",
    "\t",
    "\\\n",
    "# c\n",
    "# type: int\n",
    "and ",
    " or ",
    "not ",
    " in ",
    " is ",
    "if ",
    " else ",
    "elif ",
    "for ",
    "while ",
    "def ",
    "class ",
    "return ",
    "yield ",
    "from ",
    "import ",
    " as ",
    "lambda ",
    "async ",
    "await ",
    "try:\n ",
    "except ",
    "finally:",
    "with ",
    "del ",
    "global ",
    "assert ",
    "raise ",
    "pass",
    "break",
    "None",
    "True",
    "def f(a, /, b=1, *c, d, **e): pass\n",
    "if a:\n  b\n",
    "match a:\n  case [b, *_]: pass\n",
    "x = 1\n",
    "f(a, b=c)",
    "[a for b in c]",
    "$",
    "?",
    "\u{0}",
    "\u{20ac}",
    "\\d",
    "\\N{DASH}",
    "\\x",
    "\r\n",
];

fn python_like() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn python_like_texts_obey_the_laws(text in python_like()) {
        check_laws(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn all_texts_obey_the_laws(text in any::<String>()) {
        check_laws(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn malformed_bytes_parse_or_fail(
        text in python_like(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        wrong in prop::sample::select(&[0xFFu8, 0x82, 0xC3, 0xE2, 0xF0][..]),
        declared in any::<bool>(),
    ) {
        let mut bytes = if declared { b"# coding: utf-8\n".to_vec() } else { Vec::new() };
        bytes.extend(text.into_bytes());
        for place in places {
            bytes.insert(place.index(bytes.len() + 1), wrong);
        }
        for mode in MODES {
            let Ok(source) = decode(&bytes, Reading::Bytes) else { continue };
            let (options, len) = (Options::default(), source.text.len());
            let warnings = match parse_source(&source, mode, &options) {
                Ok(parsed) => parsed.warnings.clone(),
                Err(error) => {
                    prop_assert_ne!(error.class, ErrorClass::MemoryError);
                    prop_assert!(error.range.end().to_usize() <= len);
                    error.warnings
                }
            };
            let errors = warnings_as_errors(&source, mode, &options, &warnings);
            prop_assert_eq!(errors.len(), warnings.len());
        }
    }
}

#[test]
fn sizes_of_nodes() {
    // Growth is a decision: trees are mostly made of these.
    assert!(size_of::<pvm_parser::ast::Expr>() <= 80);
    assert!(size_of::<pvm_parser::ast::Stmt>() <= 168);
}

#[test]
fn lone_surrogates_are_in_the_side_table() {
    let parsed = parse("x = '\\ud800\\udc00' 'a'\n", Mode::Module, &Options::default()).expect("it is valid");
    assert!(!parsed.literals.is_empty());
    assert!(tree(&parsed).contains("'\\ud800\\udc00a'"));
}

/// Checked by the compiler: what the interface takes and hands out can go to other threads, and be used by several.
#[test]
fn all_public_types_are_send_and_sync() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<(Parsed, pvm_parser::ast::Mod, pvm_parser::Literals, Mode, Options, DumpOptions)>();
    is_shared::<(pvm_parser::SyntaxError, pvm_parser::ErrorPosition, ErrorClass)>();
    is_shared::<(pvm_parser::SyntaxWarning, pvm_parser::WarningCategory)>();
    is_shared::<(pvm_parser::reflect::View<'_>, pvm_parser::reflect::Node<'_>, pvm_parser::reflect::Value<'_>)>(
    );
}

/// What fuzzing the target `parse` kept.
const FUZZED_PARSE: &[&[u8]] = &include!("fuzzed/parse.in");

#[test]
fn what_fuzzing_kept_obeys_the_laws() {
    for input in FUZZED_PARSE {
        check_laws(std::str::from_utf8(input).expect("the target takes text"));
    }
}
