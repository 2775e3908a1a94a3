//! What the compiler rejects.

use pvm_pycfile::Location;
use std::fmt;

use crate::CompileWarning;

/// The Python exception that a [`CompileError`] becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `SyntaxError`
    Syntax,
    /// `RecursionError`: the program is nested too deeply.
    Recursion,
    /// `OverflowError`: too many constants, names, or instructions.
    Overflow,
    /// `ValueError`: a tree that no source text can yield.
    Value,
    /// `SystemError`: an instruction sequence that no compiler should make.
    System,
}

/// Why a tree cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// The exception's class.
    pub kind: ErrorKind,
    /// The exception's message, as CPython words it.
    pub message: String,
    /// Where in the source, or [`Location::NONE`].
    pub location: Location,
    /// What CPython warns of before it comes to the error.
    pub warnings: Vec<CompileWarning>,
}

impl CompileError {
    /// A `SyntaxError` at a place in the source.
    pub fn syntax(message: impl Into<String>, location: Location) -> CompileError {
        CompileError { kind: ErrorKind::Syntax, message: message.into(), location, warnings: Vec::new() }
    }

    /// An error of any kind that has no place in the source.
    pub fn without_location(kind: ErrorKind, message: impl Into<String>) -> CompileError {
        CompileError { kind, message: message.into(), location: Location::NONE, warnings: Vec::new() }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}
