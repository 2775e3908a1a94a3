//! `repr()` and `ascii()` of text and bytes.

use super::{StrBuf, StrBuilder, StrRef, unicode};

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, whichever is the shortest that fits.
pub fn push_escape(out: &mut Vec<u8>, code: u32) {
    let (letter, digits) = match code {
        0..0x100 => (b'x', 2),
        0x100..0x1_0000 => (b'u', 4),
        _ => (b'U', 8),
    };
    out.extend([b'\\', letter]);
    push_hex(out, code, digits);
}

/// Appends a number in hexadecimal with leading zeros.
pub fn push_hex(out: &mut Vec<u8>, code: u32, digits: u32) {
    out.extend((0..digits).rev().map(|i| HEX_DIGITS[(code >> (4 * i) & 0xF) as usize]));
}

/// Single quotes unless the text holds those and no double ones.
fn choose_quote(mut contains: impl FnMut(u8) -> bool) -> u8 {
    if contains(b'\'') && !contains(b'"') { b'"' } else { b'\'' }
}

/// Appends the escaped form of an ASCII character, all that `str` and `bytes` have in common.
fn push_ascii_repr(out: &mut Vec<u8>, byte: u8, quote: u8) {
    match byte {
        b'\\' => out.extend(b"\\\\"),
        b'\t' => out.extend(b"\\t"),
        b'\n' => out.extend(b"\\n"),
        b'\r' => out.extend(b"\\r"),
        _ if byte == quote => out.extend([b'\\', quote]),
        0x20..0x7F => out.push(byte),
        _ => push_escape(out, u32::from(byte)),
    }
}

/// `repr()` of a string.
pub fn repr(text: StrRef<'_>) -> StrBuf {
    repr_with(text, unicode::is_printable)
}

/// `ascii()` of a string.
pub fn ascii(text: StrRef<'_>) -> Vec<u8> {
    match repr_with(text, |_| false) {
        StrBuf::Ascii(bytes) => bytes,
        other => other.as_ref().to_wtf8(),
    }
}

fn repr_with(text: StrRef<'_>, shown: impl Fn(u32) -> bool) -> StrBuf {
    let quote = choose_quote(|quote| text.find_code(u32::from(quote)).is_some());
    if let StrRef::Ascii(bytes) = text {
        return StrBuf::Ascii(repr_ascii(bytes, b"", quote));
    }
    let mut out = StrBuilder::with_capacity(text.kind(), text.len() + 2);
    let mut escape = Vec::with_capacity(10);
    out.push(u32::from(quote));
    for code in text.code_points() {
        if code >= 0x80 && shown(code) {
            out.push(code);
            continue;
        }
        match u8::try_from(code) {
            Ok(byte) if byte < 0x80 => push_ascii_repr(&mut escape, byte, quote),
            _ => push_escape(&mut escape, code),
        }
        out.push_ascii(&escape);
        escape.clear();
    }
    out.push(u32::from(quote));
    out.finish()
}

/// `repr()` of a bytes object.
pub fn repr_bytes(bytes: &[u8]) -> Vec<u8> {
    repr_ascii(bytes, b"b", choose_quote(|quote| memchr::memchr(quote, bytes).is_some()))
}

fn repr_ascii(bytes: &[u8], prefix: &[u8], quote: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(prefix.len() + bytes.len() + 2);
    out.extend_from_slice(prefix);
    out.push(quote);
    let plain = |b: &u8| (0x20..0x7F).contains(b) && *b != quote && *b != b'\\';
    if bytes.iter().all(plain) {
        out.extend_from_slice(bytes);
    } else {
        bytes.iter().for_each(|&byte| push_ascii_repr(&mut out, byte, quote));
    }
    out.push(quote);
    out
}
