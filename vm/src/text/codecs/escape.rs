//! `unicode_escape`, `raw_unicode_escape`, and the escapes of bytes literals.

use super::{DecodeHandler, Decoded, Problem, recover};
use crate::text::repr::{push_escape, push_hex};
use crate::text::{MAX_CODE_POINT, StrBuf, StrBuilder, StrRef, TextError, unicode};

/// Text and the first escape in it that Python warns about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unescaped {
    /// The text and how much input it stands for.
    pub decoded: Decoded,
    /// The position after the backslash of the first invalid escape (`\d`, `\777`).
    pub first_invalid: Option<usize>,
}

/// Encodes text with the escapes of string literals, in ASCII.
pub fn encode_unicode_escape(text: StrRef<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for code in text.code_points() {
        match code {
            0x5C => out.extend(b"\\\\"),
            0x09 => out.extend(b"\\t"),
            0x0A => out.extend(b"\\n"),
            0x0D => out.extend(b"\\r"),
            0x20..0x7F => out.push(code as u8),
            _ => push_escape(&mut out, code),
        }
    }
    out
}

/// Encodes text as Latin-1 with `\u` and `\U` for the rest.
pub fn encode_raw_unicode_escape(text: StrRef<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for code in text.code_points() {
        match code {
            0..0x100 => out.push(code as u8),
            0x100..0x1_0000 => {
                out.extend(b"\\u");
                push_hex(&mut out, code, 4);
            }
            _ => {
                out.extend(b"\\U");
                push_hex(&mut out, code, 8);
            }
        }
    }
    out
}

/// Why an escape has no meaning.
struct BadEscape {
    reason: &'static str,
    /// The input ends inside the escape.
    incomplete: bool,
}

/// Reads hexadecimal digits.
fn read_hex(input: &[u8], at: &mut usize, count: usize, reason: &'static str) -> Result<u32, BadEscape> {
    let mut code = 0u32;
    for _ in 0..count {
        let byte = *input.get(*at).ok_or(BadEscape { reason, incomplete: true })?;
        let digit = char::from(byte).to_digit(16).ok_or(BadEscape { reason, incomplete: false })?;
        code = code << 4 | digit;
        *at += 1;
    }
    Ok(code)
}

/// Decodes the escapes of string literals; other bytes are Latin-1.
pub fn decode_unicode_escape<H: DecodeHandler>(
    input: &[u8],
    is_final: bool,
    handler: &mut H,
) -> Result<Unescaped, H::Error> {
    let mut out = StrBuilder::new();
    let mut first_invalid = None;
    let mut at = 0;
    while at < input.len() {
        let plain = memchr::memchr(b'\\', &input[at..]).unwrap_or(input.len() - at);
        if plain > 0 {
            out.push_ascii(&input[at..at + plain]);
            at += plain;
            continue;
        }
        let start = at;
        at += 1;
        let Err(bad) = unicode_escape(input, &mut at, &mut out, &mut first_invalid) else { continue };
        if bad.incomplete && !is_final {
            at = start;
            break;
        }
        let problem = Problem { encoding: "unicodeescape", start, end: at, reason: bad.reason };
        at = recover(handler, input, problem, &mut out)?;
    }
    Ok(Unescaped { decoded: Decoded { text: out.finish(), consumed: at }, first_invalid })
}

/// One escape after its backslash.
fn unicode_escape(
    input: &[u8],
    at: &mut usize,
    out: &mut StrBuilder,
    first_invalid: &mut Option<usize>,
) -> Result<(), BadEscape> {
    let Some(&byte) = input.get(*at) else {
        return Err(BadEscape { reason: "\\ at end of string", incomplete: true });
    };
    *at += 1;
    let code = match byte {
        b'\n' => return Ok(()),
        b'\\' | b'\'' | b'"' => u32::from(byte),
        b'b' => 0x08,
        b'f' => 0x0C,
        b't' => 0x09,
        b'n' => 0x0A,
        b'r' => 0x0D,
        b'v' => 0x0B,
        b'a' => 0x07,
        b'0'..=b'7' => {
            let code = octal(input, at, byte);
            if code > 0xFF {
                first_invalid.get_or_insert(*at - 3);
            }
            code
        }
        b'x' => read_hex(input, at, 2, "truncated \\xXX escape")?,
        b'u' => read_hex(input, at, 4, "truncated \\uXXXX escape")?,
        b'U' => {
            let code = read_hex(input, at, 8, "truncated \\UXXXXXXXX escape")?;
            if code > MAX_CODE_POINT {
                return Err(BadEscape { reason: "illegal Unicode character", incomplete: false });
            }
            code
        }
        b'N' => named(input, at)?,
        _ => {
            first_invalid.get_or_insert(*at - 1);
            out.push(u32::from(b'\\'));
            u32::from(byte)
        }
    };
    out.push(code);
    Ok(())
}

/// Up to three octal digits, the first of which has been read.
fn octal(input: &[u8], at: &mut usize, first: u8) -> u32 {
    let mut code = u32::from(first - b'0');
    for _ in 0..2 {
        let Some(digit @ b'0'..=b'7') = input.get(*at) else { break };
        code = code << 3 | u32::from(digit - b'0');
        *at += 1;
    }
    code
}

/// `\N{…}` after the N.
fn named(input: &[u8], at: &mut usize) -> Result<u32, BadEscape> {
    const MALFORMED: &str = "malformed \\N character escape";
    match input.get(*at) {
        None => return Err(BadEscape { reason: MALFORMED, incomplete: true }),
        Some(b'{') => *at += 1,
        Some(_) => return Err(BadEscape { reason: MALFORMED, incomplete: false }),
    }
    let start = *at;
    let Some(len) = memchr::memchr(b'}', &input[start..]) else {
        *at = input.len();
        return Err(BadEscape { reason: MALFORMED, incomplete: true });
    };
    *at = start + len;
    if len == 0 {
        return Err(BadEscape { reason: MALFORMED, incomplete: false });
    }
    *at += 1;
    let name = std::str::from_utf8(&input[start..start + len]).ok();
    name.and_then(unicode::lookup)
        .ok_or(BadEscape { reason: "unknown Unicode character name", incomplete: false })
}

/// Decodes `\u` and `\U`; other bytes are Latin-1, backslashes too.
pub fn decode_raw_unicode_escape<H: DecodeHandler>(
    input: &[u8],
    is_final: bool,
    handler: &mut H,
) -> Result<Decoded, H::Error> {
    let mut out = StrBuilder::new();
    let mut at = 0;
    while at < input.len() {
        let start = at;
        at += 1;
        let escape = match (input[start], input.get(at)) {
            (b'\\', Some(b'u')) => (4, "truncated \\uXXXX escape"),
            (b'\\', Some(b'U')) => (8, "truncated \\UXXXXXXXX escape"),
            (b'\\', Some(other)) => {
                out.push(u32::from(b'\\'));
                out.push(u32::from(*other));
                at += 1;
                continue;
            }
            (b'\\', None) if !is_final => {
                at = start;
                break;
            }
            (byte, _) => {
                out.push(u32::from(byte));
                continue;
            }
        };
        at += 1;
        let bad = match read_hex(input, &mut at, escape.0, escape.1) {
            Ok(code) if code <= MAX_CODE_POINT => {
                out.push(code);
                continue;
            }
            Ok(_) => BadEscape { reason: "\\Uxxxxxxxx out of range", incomplete: false },
            Err(bad) => bad,
        };
        if bad.incomplete && !is_final {
            at = start;
            break;
        }
        let problem = Problem { encoding: "rawunicodeescape", start, end: at, reason: bad.reason };
        at = recover(handler, input, problem, &mut out)?;
    }
    Ok(Decoded { text: out.finish(), consumed: at })
}

/// What `codecs.escape_decode` does about a malformed `\x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesErrors {
    /// Raise `ValueError`.
    Strict,
    /// Put a question mark.
    Replace,
    /// Skip it.
    Ignore,
}

/// Decodes the escapes of bytes literals. The position of the first invalid escape comes with it.
pub fn decode_bytes_escape(input: &[u8], errors: BytesErrors) -> Result<(Vec<u8>, Option<usize>), TextError> {
    let mut out = Vec::with_capacity(input.len());
    let mut first_invalid = None;
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(&byte) = input.get(at) else {
            return Err(TextError::value("Trailing \\ in string"));
        };
        at += 1;
        match byte {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(byte),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0C),
            b't' => out.push(0x09),
            b'n' => out.push(0x0A),
            b'r' => out.push(0x0D),
            b'v' => out.push(0x0B),
            b'a' => out.push(0x07),
            b'0'..=b'7' => {
                let code = octal(input, &mut at, byte);
                if code > 0xFF {
                    first_invalid.get_or_insert(at - 3);
                }
                out.push(code as u8);
            }
            b'x' => {
                let start = at;
                match read_hex(input, &mut at, 2, "") {
                    Ok(code) => out.push(code as u8),
                    Err(_) => {
                        match errors {
                            BytesErrors::Strict => {
                                let position = start - 2;
                                return Err(TextError::value(format!(
                                    "invalid \\x escape at position {position}"
                                )));
                            }
                            BytesErrors::Replace => out.push(b'?'),
                            BytesErrors::Ignore => {}
                        }
                        // One digit belongs to the malformed escape if there is one.
                        at = start + usize::from(input.get(start).is_some_and(u8::is_ascii_hexdigit));
                    }
                }
            }
            _ => {
                first_invalid.get_or_insert(at - 1);
                out.extend([b'\\', byte]);
            }
        }
    }
    Ok((out, first_invalid))
}

/// Encodes bytes with escapes (`codecs.escape_encode`): `repr` without quotes.
pub fn encode_bytes_escape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\\' | b'\'' => out.extend([b'\\', byte]),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            0x20..0x7F => out.push(byte),
            _ => push_escape(&mut out, u32::from(byte)),
        }
    }
    out
}

/// The text of a decoder's result, for callers without interest in the rest.
impl From<Unescaped> for StrBuf {
    fn from(unescaped: Unescaped) -> StrBuf {
        unescaped.decoded.text
    }
}
