//! Register code: what a function's bytecode is translated to at its first call.

use super::instruction::Instruction;
use crate::object::Value;

/// The exception handler of a range of instructions.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// First instruction covered.
    pub start: u32,
    /// One past the last instruction covered.
    pub end: u32,
    /// Where the handler begins.
    pub target: u32,
    /// Temporaries below this one survive; the exception goes after them.
    pub depth: u32,
    /// Whether the place of the raising instruction is pushed before the exception.
    pub push_lasti: bool,
}

/// A code object's register code.
pub struct Prepared {
    /// The instructions.
    pub instructions: Box<[Instruction]>,
    /// By instruction: its offset in bytes in the code object.
    pub offsets: Box<[u32]>,
    /// Handlers, innermost first where ranges overlap.
    pub handlers: Box<[Handler]>,
    /// Registers for variables (fast locals, cells, free variables); temporaries follow.
    pub locals_count: u32,
    /// All registers.
    pub register_count: u32,
    /// Objects that instructions' caches refer to.
    pub cached: std::cell::RefCell<Vec<Value>>,
}
