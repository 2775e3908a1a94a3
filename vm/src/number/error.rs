//! Why a numeric operation failed, in the words of the exception that Python programs see.

use std::borrow::Cow;
use std::fmt;

/// Which exception class a [`NumberError`] becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// `ZeroDivisionError`.
    ZeroDivision,
    /// `OverflowError`.
    Overflow,
    /// `OverflowError` with two arguments, the number and the text of C's `ERANGE`.
    Range,
    /// `ValueError`.
    Value,
    /// `TypeError`.
    Type,
    /// `MemoryError`.
    Memory,
}

/// A numeric operation that has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberError {
    /// The class of exception to raise.
    pub kind: ErrorKind,
    /// The exception's only argument; empty for `MemoryError`, which has none.
    pub message: Cow<'static, str>,
}

impl NumberError {
    /// A `ZeroDivisionError`.
    #[cold]
    pub fn zero_division(message: &'static str) -> Self {
        Self { kind: ErrorKind::ZeroDivision, message: Cow::Borrowed(message) }
    }

    /// An `OverflowError`.
    #[cold]
    pub fn overflow(message: &'static str) -> Self {
        Self { kind: ErrorKind::Overflow, message: Cow::Borrowed(message) }
    }

    /// `OverflowError(34, 'Numerical result out of range')`, which powers of floats raise.
    #[cold]
    pub fn range() -> Self {
        Self { kind: ErrorKind::Range, message: Cow::Borrowed("Numerical result out of range") }
    }

    /// A `ValueError`.
    #[cold]
    pub fn value(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: ErrorKind::Value, message: message.into() }
    }

    /// A `TypeError`.
    #[cold]
    pub fn type_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: ErrorKind::Type, message: message.into() }
    }

    /// A `MemoryError`: the result would be larger than [`MAX_BITS`](super::big::MAX_BITS).
    #[cold]
    pub fn memory() -> Self {
        Self { kind: ErrorKind::Memory, message: Cow::Borrowed("") }
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NumberError {}

/// What every fallible function of this module returns.
pub type Result<T> = std::result::Result<T, NumberError>;
