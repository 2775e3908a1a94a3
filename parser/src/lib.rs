//! Python 3.12 tokens to a syntax tree.
//!
//! In: source text. Out: a [`Parsed`] with the tree of the crate `rustpython_ast`, whose ranges are byte
//! offsets into the source, and what that tree cannot say: strings with lone surrogates ([`Literals`]),
//! where lines start, and warnings. A source that CPython rejects gives a [`SyntaxError`] with CPython's
//! message and position.
//!
//! ```
//! use pvm_parser::{DumpOptions, Mode, Options, ast, dump, parse, unparse};
//!
//! let parsed = parse("x = 1 +2\n", Mode::Module, &Options::default())?;
//! let ast::Mod::Module(module) = &parsed.module else { unreachable!("the mode is that of modules") };
//! assert!(matches!(module.body[..], [ast::Stmt::Assign(_)]));
//! assert_eq!(unparse(&parsed), "x = 1 + 2");
//! assert!(dump(&parsed, DumpOptions::default()).starts_with("Module(body=[Assign(targets=[Name(id='x', ctx=Store())]"));
//!
//! let error = parse("f(a b)\n", Mode::Module, &Options::default()).unwrap_err();
//! assert_eq!(error.message, "invalid syntax. Perhaps you forgot a comma?");
//! assert_eq!((error.position.lineno, error.position.offset, error.position.end_offset), (1, 3, 6));
//! # Ok::<(), pvm_parser::SyntaxError>(())
//! ```
//!
//! The bytes of a file are decoded first ([`pvm_lexer::decode()`]); [`parse_source`] knows the places where CPython looks
//! whether they are UTF-8:
//!
//! ```
//! use pvm_lexer::{Reading, decode};
//! use pvm_parser::{Mode, Options, parse_source, unparse};
//!
//! let source = decode(b"# coding: latin-1\nname = 'caf\xe9'\n", Reading::Bytes)?;
//! let parsed = parse_source(&source, Mode::Module, &Options::default())?;
//! assert_eq!(unparse(&parsed), "name = 'caf\u{e9}'");
//!
//! let source = decode(b"# caf\xe9\nname = 'caf\xe9'\n", Reading::Bytes)?;
//! let error = parse_source(&source, Mode::Module, &Options::default()).unwrap_err();
//! assert!(error.message.starts_with("(unicode error) 'utf-8' codec can't decode byte 0xe9 in position 3"));
//! assert_eq!(error.position.lineno, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way through the crate: [`parse`] and [`parse_source`] run the parser proper (`parser/`), which knows valid
//! programs only and is fast; where it gives up, the diagnosis (`errors/`) finds CPython's error for the source. `literal/` has the values
//! of literals. [`reflect`] views the tree as Python's module `ast` does; [`dump`] and [`unparse`] write it as text.
//!
//! There is no global state but a table of the grammar that is made once, and all types here can go to another thread. No
//! input makes the parser panic, and none exhausts the stack: deep ones are parsed on a thread of their own.
//!
//! # Stability
//! Of a version 0.x, the following changes only with x: [`parse`], [`parse_source`] and the types in their signatures,
//! [`dump`], [`unparse`], and the version of `rustpython_ast`, whose tree this is. Messages and places of errors follow CPython 3.12's, and
//! change when they turn out to differ from those. What [`reflect`] offers may still change.
//!
//! Line ends are `\n` here: offsets are into what [`pvm_lexer::normalize_newlines`] makes of the source.
#![forbid(unsafe_code)]

mod dismantle;
mod dump;
mod error;
mod errors;
mod literal;
pub mod names;
mod parsed;
mod parser;
pub mod reflect;
mod repr;
mod type_comment;
mod unparse;
pub mod uses;

use std::borrow::Cow;

use pvm_lexer::Malformed;

pub use dump::{DumpOptions, dump};
pub use error::{ErrorClass, ErrorPosition, SyntaxError};
pub use parsed::{Literals, Mode, Options, Parsed, SyntaxWarning, WarningCategory};
pub use rustpython_ast as ast;
pub use unparse::unparse;

/// The `repr` of a string, as Python writes it.
pub fn string_repr(text: &str) -> String {
    let mut out = String::new();
    repr::write_str(&mut out, text);
    out
}

use parser::{DepthLimits, Parser};

/// Sources that nest up to so deep are parsed on the caller's stack: any is good for that, even without optimisation.
const SHALLOW_NESTING: u32 = 60;

const SHALLOW: DepthLimits = DepthLimits { nesting: SHALLOW_NESTING, chain: 400 };

/// As deep as CPython goes, or near it.
const DEEP: DepthLimits = DepthLimits { nesting: 6000, chain: u32::MAX };

/// Parses a source text.
///
/// # Errors
/// What CPython's parser would raise for it.
pub fn parse(source: &str, mode: Mode, options: &Options) -> Result<Parsed, SyntaxError> {
    let source: Cow<'_, str> = pvm_lexer::normalize_newlines(source);
    if let Some(error) = error::unreadable(&source) {
        return Err(error);
    }
    parse_text(&source, None, mode, options)
}

/// Parses what [`pvm_lexer::decode()`] has made of bytes. Columns of errors count what they do in the source, whatever the
/// options say, and what is not UTF-8 is an error where CPython looks at it.
///
/// # Errors
/// What CPython's parser would raise for it.
pub fn parse_source(
    source: &pvm_lexer::Source<'_>,
    mode: Mode,
    options: &Options,
) -> Result<Parsed, SyntaxError> {
    let options = Options { columns: source.columns, ..*options };
    let Some(malformed) = source.malformed.as_deref() else { return parse(&source.text, mode, &options) };
    parse_text(&source.text, Some(malformed), mode, &options)
}

/// The errors that a source's warnings become where warnings are errors (`-W error`), one for each.
pub fn warnings_as_errors(
    source: &pvm_lexer::Source<'_>,
    mode: Mode,
    options: &Options,
    warnings: &[SyntaxWarning],
) -> Vec<SyntaxError> {
    if warnings.is_empty() {
        return Vec::new();
    }
    let options = Options { columns: source.columns, ..*options };
    errors::of_warnings(&source.text, source.malformed.as_deref(), mode, &options, warnings)
}

fn parse_text(
    source: &str,
    malformed: Option<&Malformed>,
    mode: Mode,
    options: &Options,
) -> Result<Parsed, SyntaxError> {
    let mut outcome = parse_within(source, mode, options, SHALLOW);
    if outcome.as_ref().is_err_and(|stopped| stopped.is_too_deep) {
        // A chain has no more links than half the bytes of the source, and dropping a link takes less than this.
        const DROP_BYTES_PER_SOURCE_BYTE: usize = 400;
        let stack_size = DEEP_STACK + source.len().saturating_mul(DROP_BYTES_PER_SOURCE_BYTE).min(4 << 30);
        // Without memory for the stack this is as good as too deep.
        outcome = on_stack_of(stack_size, || parse_within(source, mode, options, DEEP)).unwrap_or(outcome);
    }
    // The parser proper knows neither the line ends of a prompt nor what bytes there were, and one version of the language.
    let is_partial = mode == Mode::Interactive || malformed.is_some() || options.feature_version.is_some();
    if is_partial && outcome.is_ok() {
        let check = || errors::check(source, malformed, mode, options);
        if let Some(error) =
            on_stack_of(DIAGNOSIS_STACK, check).unwrap_or_else(|| Some(SyntaxError::too_deep()))
        {
            return Err(error);
        }
    }
    outcome.map_err(|stopped| {
        if stopped.is_too_deep {
            return SyntaxError::too_deep();
        }
        // The parser proper has passed over strings that are not UTF-8, and over what is too new.
        let all_is_unknown = malformed.is_some() || options.feature_version.is_some();
        let statement_start = if all_is_unknown { 0 } else { stopped.statement_start };
        let diagnose = || errors::diagnose(source, malformed, mode, options, statement_start);
        let error = on_stack_of(DIAGNOSIS_STACK, diagnose).unwrap_or_else(SyntaxError::too_deep);
        let mut warnings = stopped.warnings;
        warnings.retain(|warning| mode == Mode::Module && warning.range.start().to_u32() < statement_start);
        warnings.extend(error.warnings);
        SyntaxError { warnings, ..error }
    })
}

type ParseResult = Result<Parsed, Stopped>;

/// Where the parser gave up, and why.
struct Stopped {
    /// The source is nested deeper than the stack at hand allows. If not, it is not valid Python.
    is_too_deep: bool,
    statement_start: u32,
    warnings: Vec<SyntaxWarning>,
}

fn parse_within(source: &str, mode: Mode, options: &Options, limits: DepthLimits) -> ParseResult {
    let mut parser = Parser::new(source, options, limits);
    match parser.parse(mode) {
        Ok(module) => Ok(Parsed::new(module, source, parser)),
        Err(_) => Err(Stopped {
            is_too_deep: parser.is_too_deep,
            statement_start: parser.statement_start,
            warnings: parser.take_warnings(),
        }),
    }
}

/// What the diagnosis may need at its greatest depth, without optimisation.
const DIAGNOSIS_STACK: usize = 256 << 20;

const DEEP_STACK: usize = 64 << 20;

/// Runs what recurses over a tree of this depth, on a thread with a large stack if it must be.
fn on_stack_for<T: Send + Default>(depth: u32, run: impl FnOnce() -> T + Send) -> T {
    if depth <= 100 {
        return run();
    }
    const BYTES_PER_LEVEL: usize = 4096;
    on_stack_of(DEEP_STACK + (depth as usize).saturating_mul(BYTES_PER_LEVEL).min(8 << 30), run)
        .unwrap_or_default()
}

/// Runs a function on a thread with a stack of this size; `None` if there can be none.
fn on_stack_of<T: Send>(stack_size: usize, run: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(stack_size)
            .spawn_scoped(scope, run)
            .ok()
            .and_then(|thread| thread.join().ok())
    })
}
