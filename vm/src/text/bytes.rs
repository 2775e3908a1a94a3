//! Methods of `bytes` and `bytearray`, in which only ASCII letters have case.

use super::edit;
use super::split::{self, Side, Span};

pub use super::search::{Matches, count_units as count, find_units as find, rfind_units as rfind};
pub use super::split::{rsplit_units as rsplit, split_units as split};

/// White space in the sense of `bytes`: unlike in text, the separators 0x1C to 0x1F are none.
#[inline]
pub fn is_space_byte(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0D)
}

fn all(bytes: &[u8], condition: impl Fn(&u8) -> bool) -> bool {
    !bytes.is_empty() && bytes.iter().all(condition)
}

/// `bytes.isalnum()`.
pub fn is_alnum(bytes: &[u8]) -> bool {
    all(bytes, u8::is_ascii_alphanumeric)
}

/// `bytes.isalpha()`.
pub fn is_alpha(bytes: &[u8]) -> bool {
    all(bytes, u8::is_ascii_alphabetic)
}

/// `bytes.isdigit()`.
pub fn is_digit(bytes: &[u8]) -> bool {
    all(bytes, u8::is_ascii_digit)
}

/// `bytes.isspace()`.
pub fn is_space(bytes: &[u8]) -> bool {
    all(bytes, |b| is_space_byte(*b))
}

/// `bytes.islower()`.
pub fn is_lower(bytes: &[u8]) -> bool {
    bytes.iter().any(u8::is_ascii_lowercase) && !bytes.iter().any(u8::is_ascii_uppercase)
}

/// `bytes.isupper()`.
pub fn is_upper(bytes: &[u8]) -> bool {
    bytes.iter().any(u8::is_ascii_uppercase) && !bytes.iter().any(u8::is_ascii_lowercase)
}

/// `bytes.istitle()`.
pub fn is_title(bytes: &[u8]) -> bool {
    let mut inside_word = false;
    let mut any_cased = false;
    for byte in bytes {
        if (byte.is_ascii_uppercase() && inside_word) || (byte.is_ascii_lowercase() && !inside_word) {
            return false;
        }
        inside_word = byte.is_ascii_alphabetic();
        any_cased |= inside_word;
    }
    any_cased
}

/// `bytes.title()`.
pub fn title(bytes: &[u8]) -> Vec<u8> {
    let mut inside_word = false;
    let cased = |byte: &u8| {
        let new = if inside_word { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
        inside_word = byte.is_ascii_alphabetic();
        new
    };
    bytes.iter().map(cased).collect()
}

/// `bytes.capitalize()`.
pub fn capitalize(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_ascii_lowercase();
    if let Some(first) = out.first_mut() {
        first.make_ascii_uppercase();
    }
    out
}

/// `bytes.swapcase()`.
pub fn swapcase(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|b| if b.is_ascii_alphabetic() { b ^ 0x20 } else { *b }).collect()
}

/// `bytes.split()` at white space.
pub fn split_space(bytes: &[u8], max_splits: Option<usize>) -> Vec<Span> {
    split::split_space_units(bytes, max_splits, is_space_byte)
}

/// `bytes.rsplit()` at white space.
pub fn rsplit_space(bytes: &[u8], max_splits: Option<usize>) -> Vec<Span> {
    split::rsplit_space_units(bytes, max_splits, is_space_byte)
}

/// `bytes.splitlines(keepends)`: lines end at `\n`, `\r` and `\r\n` only.
pub fn split_lines(bytes: &[u8], keep_ends: bool) -> Vec<Span> {
    split::split_lines_units(bytes, keep_ends, |b| matches!(b, b'\n' | b'\r'))
}

/// `bytes.strip()` and its relatives: what remains. `None` strips white space.
pub fn strip(bytes: &[u8], set: Option<&[u8]>, side: Side) -> Span {
    match set {
        None => split::strip_units(bytes, side, is_space_byte),
        Some(set) => split::strip_units(bytes, side, |b| memchr::memchr(b, set).is_some()),
    }
}

/// `bytes.replace(old, new, count)`; `None` when nothing changes.
pub fn replace(bytes: &[u8], old: &[u8], new: &[u8], max_count: Option<usize>) -> Option<Vec<u8>> {
    edit::replace_units(bytes, old, new, max_count.unwrap_or(usize::MAX))
}

/// `bytes.translate(table, delete)`; a table has 256 entries.
pub fn translate(bytes: &[u8], table: Option<&[u8; 256]>, delete: &[u8]) -> Vec<u8> {
    let mut deleted = [false; 256];
    delete.iter().for_each(|b| deleted[usize::from(*b)] = true);
    let kept = bytes.iter().filter(|b| !deleted[usize::from(**b)]);
    match table {
        Some(table) => kept.map(|b| table[usize::from(*b)]).collect(),
        None => kept.copied().collect(),
    }
}

/// `left` fill bytes, the bytes, `right` fill bytes.
pub fn pad(bytes: &[u8], left: usize, right: usize, fill: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(left + bytes.len() + right);
    out.resize(left, fill);
    out.extend_from_slice(bytes);
    out.resize(out.len() + right, fill);
    out
}

/// `bytes.zfill(width)`.
pub fn zfill(bytes: &[u8], width: usize) -> Vec<u8> {
    let zeros = width.saturating_sub(bytes.len());
    let mut out = pad(bytes, zeros, 0, b'0');
    if zeros > 0
        && let Some(sign @ (b'+' | b'-')) = bytes.first()
    {
        out[zeros] = b'0';
        out[0] = *sign;
    }
    out
}

/// `bytes.expandtabs(tabsize)`; `None` when the result is longer than `max_len`.
pub fn expand_tabs(bytes: &[u8], tab_size: usize, max_len: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut column = 0usize;
    for &byte in bytes {
        match byte {
            b'\t' if tab_size == 0 => {}
            b'\t' => {
                let spaces = tab_size - column % tab_size;
                if spaces > max_len.saturating_sub(out.len()) {
                    return None;
                }
                out.resize(out.len() + spaces, b' ');
                column += spaces;
            }
            _ => {
                out.push(byte);
                column = if matches!(byte, b'\n' | b'\r') { 0 } else { column + 1 };
            }
        }
    }
    (out.len() <= max_len).then_some(out)
}

/// `separator.join(parts)`.
pub fn join<'a>(separator: &[u8], parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(part);
    }
    out
}

/// `bytes.hex(sep, bytes_per_sep)`: separators are counted from the right if `group` is positive, else from the left.
pub fn hex(bytes: &[u8], separator: Option<u8>, group: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    let size = usize::try_from(group.unsigned_abs()).unwrap_or(usize::MAX);
    for (index, byte) in bytes.iter().enumerate() {
        let done = if group > 0 { bytes.len() - index } else { index };
        if let Some(separator) = separator
            && index > 0
            && size > 0
            && done.is_multiple_of(size)
        {
            out.push(separator);
        }
        super::repr::push_hex(&mut out, u32::from(*byte), 2);
    }
    out
}

/// `bytes.fromhex(text)`; the error is the position of the first character that does not belong.
pub fn from_hex(text: super::StrRef<'_>) -> Result<Vec<u8>, usize> {
    let Some(text) = text.as_ascii() else {
        let index = text.code_points().position(|code| code >= 0x80).unwrap_or(0);
        // A malformed pair before the first non-ASCII character is not noticed, as in CPython.
        return Err(index);
    };
    let value = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16)).ok_or(at);
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while at < text.len() {
        if is_space_byte(text[at]) {
            at += 1;
            continue;
        }
        out.push((value(at)? << 4 | value(at + 1)?) as u8);
        at += 2;
    }
    Ok(out)
}
