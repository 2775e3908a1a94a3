//! Marshal, the format of the object in a `.pyc` after its header: reader and writer.
//!
//! [`Reader`] turns bytes into values through a [`Builder`], so that a virtual machine can build its own
//! objects, shared and cyclic references included. [`Writer`] is its counterpart. On top of them,
//! [`load_code`] and [`dump_code`] handle what a `.pyc` holds: a tree of code objects.
//!
//! Source: CPython 3.12 `Python/marshal.c`.

mod code_reader;
mod code_writer;
mod identifiers;
mod origins;
mod reader;
mod strings;
mod writer;

pub use code_reader::{load_code, load_code_as, load_constant};
pub use code_writer::{append_compiled, dump_code, dump_constant, write_code};
pub use reader::{Builder, CodeParts, Reader};
pub use writer::Writer;

use std::borrow::Cow;
use std::fmt;

/// The version that CPython 3.12 writes by default, and writes into a `.pyc`.
pub const VERSION: u32 = 4;

/// The nesting at which reading and writing give up.
pub const MAX_DEPTH: usize = 2000;

/// Type codes: the first byte of each object.
pub(crate) mod code {
    pub const NULL: u8 = b'0';
    pub const NONE: u8 = b'N';
    pub const FALSE: u8 = b'F';
    pub const TRUE: u8 = b'T';
    pub const STOP_ITERATION: u8 = b'S';
    pub const ELLIPSIS: u8 = b'.';
    pub const INT: u8 = b'i';
    pub const LONG: u8 = b'l';
    pub const FLOAT: u8 = b'f';
    pub const BINARY_FLOAT: u8 = b'g';
    pub const COMPLEX: u8 = b'x';
    pub const BINARY_COMPLEX: u8 = b'y';
    pub const STRING: u8 = b's';
    pub const INTERNED: u8 = b't';
    pub const UNICODE: u8 = b'u';
    pub const ASCII: u8 = b'a';
    pub const ASCII_INTERNED: u8 = b'A';
    pub const SHORT_ASCII: u8 = b'z';
    pub const SHORT_ASCII_INTERNED: u8 = b'Z';
    pub const REF: u8 = b'r';
    pub const TUPLE: u8 = b'(';
    pub const SMALL_TUPLE: u8 = b')';
    pub const LIST: u8 = b'[';
    pub const DICT: u8 = b'{';
    pub const CODE: u8 = b'c';
    pub const SET: u8 = b'<';
    pub const FROZENSET: u8 = b'>';

    /// Set in the type code of an object that later [`REF`]s may name.
    pub const FLAG_REF: u8 = 0x80;
}

/// Which Python exception a [`MarshalError`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `EOFError`
    Eof,
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `UnicodeDecodeError`
    Unicode,
}

/// Data that is not marshal's, or an object that it has no form for. The message is CPython's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarshalError {
    /// The exception that Python raises for it.
    pub kind: ErrorKind,
    /// Its message.
    pub message: Cow<'static, str>,
}

impl MarshalError {
    /// An error of any kind.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> MarshalError {
        MarshalError { kind, message: message.into() }
    }

    #[cold]
    pub(crate) fn value(message: &'static str) -> MarshalError {
        MarshalError::new(ErrorKind::Value, message)
    }

    #[cold]
    pub(crate) fn too_short() -> MarshalError {
        MarshalError::new(ErrorKind::Eof, "marshal data too short")
    }
}

impl fmt::Display for MarshalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for MarshalError {}

#[cfg(test)]
mod tests;
