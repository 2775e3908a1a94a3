//! The error that a parse ends in.

use rustpython_ast::text_size::TextRange;

use crate::parsed::SyntaxWarning;

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
    /// `UnicodeDecodeError`, for what is not UTF-8 in an f-string or behind another error; it has no position, but a range.
    UnicodeDecodeError,
}

impl ErrorClass {
    /// Whether it is `SyntaxError` or a subclass, which have a position.
    pub const fn is_syntax_error(self) -> bool {
        !matches!(self, ErrorClass::MemoryError | ErrorClass::UnicodeDecodeError)
    }

    /// The name of the Python class.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorClass::SyntaxError => "SyntaxError",
            ErrorClass::IndentationError => "IndentationError",
            ErrorClass::TabError => "TabError",
            ErrorClass::MemoryError => "MemoryError",
            ErrorClass::UnicodeDecodeError => "UnicodeDecodeError",
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
    /// What CPython warns of before it comes to the error.
    pub warnings: Vec<SyntaxWarning>,
}

impl SyntaxError {
    /// The error of a source that is nested too deeply. It has no position.
    pub(crate) fn too_deep() -> SyntaxError {
        SyntaxError {
            class: ErrorClass::MemoryError,
            message: "Parser stack overflowed - Python source too complex to parse".to_owned(),
            range: TextRange::default(),
            position: Box::default(),
            warnings: Vec::new(),
        }
    }
}

/// The error of a source that cannot be read at all.
pub(crate) fn unreadable(source: &str) -> Option<SyntaxError> {
    let message = if memchr::memchr(0, source.as_bytes()).is_some() {
        "source code string cannot contain null bytes"
    } else if u32::try_from(source.len()).is_err() {
        "source code is too long"
    } else {
        return None;
    };
    Some(SyntaxError {
        class: ErrorClass::SyntaxError,
        message: message.to_owned(),
        range: TextRange::default(),
        position: Box::default(),
        warnings: Vec::new(),
    })
}

/// How many characters the first bytes of a line hold, counting one that is cut off; beyond the line's end it
/// counts one more, no matter how far.
pub(crate) fn characters(line: &str, n_bytes: i64) -> i64 {
    if n_bytes <= 0 {
        return n_bytes;
    }
    let n_bytes = (n_bytes as usize).min(line.len() + 1);
    let inside = line.bytes().take(n_bytes).filter(|byte| byte & 0xC0 != 0x80).count();
    (inside + n_bytes.saturating_sub(line.len())) as i64
}
