//! Python 3.12 syntax tree to code object.
#![forbid(unsafe_code)]

mod assemble;
mod error;
mod flowgraph;
pub mod unit;

pub use error::{CompileError, ErrorKind};
