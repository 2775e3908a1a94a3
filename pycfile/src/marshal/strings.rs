//! Which strings CPython has one object of, and how these come to be.

use crate::code::{CodeObject, Constant, Location};
use crate::instruction::instructions;
use crate::opcode::Opcode;

/// Whether CPython interns this string constant: because it looks like a name, or because every process
/// does so at start-up, for `import *`.
pub(super) fn is_name_like(bytes: &[u8]) -> bool {
    bytes == b"*" || bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Whether a string has one character below U+0100, of which the interpreter has one object each.
pub(super) fn is_latin1_character(bytes: &[u8]) -> bool {
    matches!(bytes, [..0x80] | [0xC2 | 0xC3, _])
}

/// The names of blocks that are static strings of the interpreter, and not interned.
pub(super) fn is_static_name(bytes: &[u8]) -> bool {
    matches!(bytes, b"<genexpr>" | b"<lambda>" | b"<listcomp>" | b"<setcomp>" | b"<dictcomp>" | b"<module>")
}

/// Whether the constant `"%"` is not the interpreter's own string but one that constant folding made, from the `%%` in
/// a template like `'%s%%' % (x,)`. Such a string is loaded without a position, so it has that of the
/// instruction before.
pub(super) fn is_percent_made(code: &CodeObject) -> bool {
    let percent = |constant: &Constant| matches!(constant, Constant::Str(text) if text.as_bytes() == b"%");
    let Some(index) = code.consts.iter().position(percent) else { return false };
    let mut positions = code.positions().peekable();
    let mut position_before = Location::NONE;
    for instruction in instructions(&code.code) {
        if instruction.opcode == Some(Opcode::ExtendedArg) {
            continue;
        }
        let unit = instruction.offset_bytes / 2;
        while positions.next_if(|range| range.end_units <= unit).is_some() {}
        let position = positions.peek().map_or(Location::NONE, |range| range.location);
        if instruction.opcode == Some(Opcode::LoadConst) && instruction.oparg as usize == index {
            return position == Location::NONE || position == position_before;
        }
        position_before = position;
    }
    false
}
