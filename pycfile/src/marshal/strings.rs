//! Which strings CPython has one object of, and how these come to be.

use crate::code::{CodeObject, Constant, Location};
use crate::instruction::instructions;
use crate::opcode::Opcode;

/// Whether CPython interns this string constant: because it looks like a name, or because every process
/// does so at start-up, for `import *`.
pub(super) fn is_name_like(bytes: &[u8]) -> bool {
    bytes == b"*" || all_words(bytes, are_name_characters)
}

/// As [`slice::is_ascii`], but see [`all_words`].
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    all_words(bytes, are_ascii)
}

/// Whether a test of eight bytes at once holds for all bytes of a string. How long it is cannot be predicted, but most have 4
/// to 16 bytes: all those are read in the same way, as four pieces of which some overlap.
#[inline]
fn all_words(bytes: &[u8], test: impl Fn(u64) -> bool) -> bool {
    let len = bytes.len();
    match len {
        4..=16 => {
            let four =
                |at: usize| bytes[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
            let step = len / 8 * 4;
            test(four(0) | four(step) << 32) & test(four(len - 4 - step) | four(len - 4) << 32)
        }
        0..4 => {
            // The first one, the one in the middle and the last one are all.
            let byte = |at: usize| bytes.get(at).copied().unwrap_or(b'_');
            let [first, middle, last] = [byte(0), byte(len / 2), byte(len.wrapping_sub(1))];
            test(u64::from_le_bytes([first, middle, last, first, first, first, first, first]))
        }
        _ => {
            let both = |chunk: &[u8; 16]| {
                let both = u128::from_le_bytes(*chunk);
                test(both as u64) & test((both >> 64) as u64)
            };
            bytes.as_chunks().0.iter().all(both) && bytes.last_chunk().is_some_and(both)
        }
    }
}

const HIGH: u64 = repeat(0x80);

const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

fn are_ascii(word: u64) -> bool {
    word & HIGH == 0
}

/// Whether the bytes are letters, digits and underscores of ASCII.
fn are_name_characters(word: u64) -> bool {
    // The high bit of each byte that is in a range, for bytes below 0x80.
    let within =
        |word: u64, first: u8, last: u8| (word + repeat(0x80 - first)) & !(word + repeat(0x7F - last));
    let ascii = word & !HIGH;
    let letters = within(ascii | repeat(0x20), b'a', b'z');
    let all = letters | within(ascii, b'0', b'9') | within(ascii, b'_', b'_');
    all & !word & HIGH == HIGH
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
            assert!(is_ascii(&bytes) && is_name_like(&bytes), "{len}");
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    bytes[at] = byte;
                    assert_eq!(is_ascii(&bytes), byte < 0x80, "{byte} at {at} of {len}");
                    let name_like = byte.is_ascii_alphanumeric() || byte == b'_' || bytes == b"*";
                    assert_eq!(is_name_like(&bytes), name_like, "{byte} at {at} of {len}");
                }
                bytes[at] = b'n';
            }
        }
    }
}
