//! Failures of this module's functions.

use std::fmt;

/// Which exception a [`TextError`] becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `OverflowError`
    Overflow,
    /// `IndexError`
    Index,
    /// `MemoryError`
    Memory,
}

/// An exception to raise, with CPython's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    /// The class.
    pub kind: ErrorKind,
    /// The message.
    pub message: String,
}

impl TextError {
    /// A `ValueError`.
    #[cold]
    pub fn value(message: impl Into<String>) -> TextError {
        TextError { kind: ErrorKind::Value, message: message.into() }
    }

    /// A `TypeError`.
    #[cold]
    pub fn type_error(message: impl Into<String>) -> TextError {
        TextError { kind: ErrorKind::Type, message: message.into() }
    }

    /// An `OverflowError`.
    #[cold]
    pub fn overflow(message: impl Into<String>) -> TextError {
        TextError { kind: ErrorKind::Overflow, message: message.into() }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TextError {}
