//! The bytes of a code object as instructions.

use crate::opcode::{ArgKind, Opcode};

/// One instruction as it stands in `CodeObject::code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its offset in bytes.
    pub offset_bytes: u32,
    /// Its number.
    pub number: u8,
    /// What it is; `None` for a number that Python 3.12 does not use in files.
    pub opcode: Option<Opcode>,
    /// Its oparg, with what preceding `EXTENDED_ARG`s add. 0 where the instruction has none.
    pub oparg: u32,
}

impl Instruction {
    /// How many code units of inline cache follow.
    pub fn cache_units(self) -> usize {
        self.opcode.map_or(0, Opcode::cache_units)
    }

    /// The offset in bytes to which the instruction jumps, if it does and the offset is representable.
    pub fn jump_target_bytes(self) -> Option<i64> {
        let opcode = self.opcode?;
        let next = i64::from(self.offset_bytes) + 2 + 2 * opcode.cache_units() as i64;
        let distance = 2 * i64::from(self.oparg);
        match opcode.arg_kind() {
            ArgKind::Jump => Some(next + distance),
            ArgKind::JumpBackward => Some(next - distance),
            _ => None,
        }
    }
}

/// The instructions of `code`, `EXTENDED_ARG`s included and inline caches left out.
pub fn instructions(code: &[u8]) -> impl Iterator<Item = Instruction> + '_ {
    let mut at = 0;
    let mut extended = 0u32;
    std::iter::from_fn(move || {
        let &[number, arg] = code.get(at..at + 2)? else { return None };
        let opcode = Opcode::from_number(number.into());
        let mut instruction = Instruction { offset_bytes: at as u32, number, opcode, oparg: 0 };
        if u16::from(number) >= Opcode::HAVE_ARGUMENT {
            instruction.oparg = u32::from(arg) | extended;
        }
        extended = if opcode == Some(Opcode::ExtendedArg) { instruction.oparg << 8 } else { 0 };
        at += 2 + 2 * instruction.cache_units();
        Some(instruction)
    })
}
