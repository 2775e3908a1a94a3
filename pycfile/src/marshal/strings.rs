//! Which strings CPython has one object of, and how these come to be.

use crate::code::{CodeObject, Constant, Location};
use crate::instruction::instructions;
use crate::opcode::Opcode;
use crate::text::Text;

/// Whether CPython interns this string constant: because it looks like a name, or because every process
/// does so at start-up, for `import *`.
pub(super) fn is_name_like(text: &Text) -> bool {
    match text.block() {
        // How long it is cannot be predicted: all those are tested in the same way.
        Some((block, len)) => (name_characters(block) == len) | (text.as_bytes() == b"*"),
        None => {
            let all = |chunk: &[u8; 16]| name_characters(chunk) == chunk.len();
            let bytes = text.as_bytes();
            bytes.as_chunks().0.iter().all(all) && bytes.last_chunk().is_some_and(all)
        }
    }
}

/// How many bytes are letters, digits and underscores of ASCII. All are tested at once.
#[inline]
fn name_characters(block: &[u8; 16]) -> usize {
    let is_one = |byte: u8| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let is_digit = byte.wrapping_sub(b'0') < 10;
        is_letter | is_digit | (byte == b'_')
    };
    usize::from(block.iter().fold(0, |count: u8, byte| count + u8::from(is_one(*byte))))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_at_every_place() {
        for len in 0..40 {
            let mut bytes = vec![b'n'; len];
            assert!(is_name_like(&text(&bytes)), "{len}");
            for at in 0..len {
                for byte in 0..0x80 {
                    bytes[at] = byte;
                    let name_like = byte.is_ascii_alphanumeric() || byte == b'_' || bytes == b"*";
                    assert_eq!(is_name_like(&text(&bytes)), name_like, "{byte} at {at} of {len}");
                }
                bytes[at] = b'n';
                let (before, after) = bytes.split_at(at);
                let other = [before, "\u{fc}".as_bytes(), after].concat();
                assert!(!is_name_like(&text(&other)) && !text(&other).is_ascii(), "{at} of {len}");
            }
        }
    }

    fn text(bytes: &[u8]) -> Text {
        let text = Text::from_wtf8(bytes).expect("is UTF-8");
        assert_eq!(text.as_bytes(), bytes);
        text
    }
}
