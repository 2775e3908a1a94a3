//! What a compiled Python module is and how it is stored.
//!
//! In: code objects from the compiler, or bytes of a `.pyc`. Out: bytes, code objects, disassembly.
//! This crate knows nothing of source text, of the compiler or of the virtual machine.
//!
//! ```
//! use pvm_pycfile::{header, marshal};
//!
//! /// The code object in a `.pyc`.
//! fn code_of(pyc: &[u8]) -> Option<std::sync::Arc<pvm_pycfile::CodeObject>> {
//!     header::Invalidation::parse(pyc).ok()?;
//!     marshal::load_code(&pyc[header::SIZE..]).ok()
//! }
//! assert!(code_of(b"not one").is_none());
//! ```
//!
//! # Stability
//! Of a version 0.x, [`CodeObject`], [`NameList`], [`Opcode`], [`Text`], and the functions of [`header`], [`marshal`], [`verify`] and
//! [`dis`] change only with x. Images ([`image`], [`stored`]) are read by the version that wrote them.
#![forbid(unsafe_code)]

pub mod code;
mod hash;
pub mod names;
pub mod opcode;
pub mod text;

pub mod exceptiontable;
pub mod instruction;
pub mod linetable;

pub mod header;
pub mod image;
pub mod marshal;
pub mod stored;

pub mod cfg;
pub mod dis;
pub mod repr;

pub mod difference;
pub mod verify;

pub use code::{CodeObject, Constant, Location};
pub use names::{ModuleNames, NameList};
pub use opcode::Opcode;
pub use text::Text;
