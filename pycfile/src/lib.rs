//! What a compiled Python module is and how it is stored.
//!
//! In: code objects from the compiler, or bytes of a `.pyc`. Out: bytes, code objects, disassembly.
//! This crate knows nothing of source text, of the compiler or of the virtual machine.
#![forbid(unsafe_code)]

pub mod code;
pub mod opcode;
pub mod text;

pub mod header;
pub mod marshal;
pub mod repr;

pub use code::{CodeObject, Constant, Location};
pub use opcode::Opcode;
pub use text::Text;
