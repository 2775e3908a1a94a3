//! The instruction set of register code.

use std::cell::Cell;

/// An instruction: an operation, three register numbers, and an operand or inline cache.
#[repr(C)]
pub struct Instruction {
    /// The operation.
    pub op: u8,
    /// Which operands are temporaries that the instruction uses up.
    pub uses: u8,
    /// Usually the destination.
    pub a: u16,
    /// Usually the first operand.
    pub b: u16,
    /// Usually the second operand.
    pub c: u16,
    /// A constant, a jump target, or an inline cache.
    pub extra: Cell<u64>,
}
const _: () = assert!(size_of::<Instruction>() == 16);
