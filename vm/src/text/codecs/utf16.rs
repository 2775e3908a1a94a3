//! UTF-16 and UTF-32.

use super::{DecodeHandler, Decoded, EncodeHandler, Problem, Replacement, recover};
use crate::text::{StrBuf, StrBuilder, StrRef};

/// The order of a unit's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// As a byte order mark says, or the machine's own if there is none; encoding writes a mark.
    Marked,
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    fn is_big(self) -> bool {
        match self {
            ByteOrder::Marked => cfg!(target_endian = "big"),
            ByteOrder::Little => false,
            ByteOrder::Big => true,
        }
    }

    /// Resolves a mark at the beginning of the input, which is a unit of so many bytes. Gives what was found and its length.
    fn read_mark(self, input: &[u8], width: usize) -> (ByteOrder, usize) {
        let Some(first) = input.get(..width).filter(|_| self == ByteOrder::Marked) else { return (self, 0) };
        match (first, width) {
            ([0xFF, 0xFE], 2) | ([0xFF, 0xFE, 0, 0], 4) => (ByteOrder::Little, width),
            ([0xFE, 0xFF], 2) | ([0, 0, 0xFE, 0xFF], 4) => (ByteOrder::Big, width),
            _ => (self, 0),
        }
    }
}

fn unit16(bytes: &[u8], at: usize, big: bool) -> Option<u32> {
    let unit = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u32::from(if big { u16::from_be_bytes(*unit) } else { u16::from_le_bytes(*unit) }))
}

fn unit32(bytes: &[u8], at: usize, big: bool) -> Option<u32> {
    let unit = bytes.get(at..)?.first_chunk::<4>()?;
    Some(if big { u32::from_be_bytes(*unit) } else { u32::from_le_bytes(*unit) })
}

/// Decodes UTF-16; gives the byte order as well, which stays [`ByteOrder::Marked`] if there was no mark.
pub fn decode_utf16<H: DecodeHandler>(
    input: &[u8],
    order: ByteOrder,
    is_final: bool,
    handler: &mut H,
) -> Result<(Decoded, ByteOrder), H::Error> {
    let (order, mut at) = order.read_mark(input, 2);
    let big = order.is_big();
    let encoding = if big { "utf-16-be" } else { "utf-16-le" };
    let mut out = StrBuilder::new();
    while at < input.len() {
        let (end, reason) = match unit16(input, at, big) {
            None if !is_final => break,
            None => (input.len(), "truncated data"),
            Some(lead @ 0xD800..0xDC00) => match unit16(input, at + 2, big) {
                Some(trail @ 0xDC00..0xE000) => {
                    out.push(0x1_0000 + ((lead & 0x3FF) << 10) + (trail & 0x3FF));
                    at += 4;
                    continue;
                }
                Some(_) => (at + 2, "illegal UTF-16 surrogate"),
                None if !is_final => break,
                None => (input.len(), "unexpected end of data"),
            },
            Some(0xDC00..0xE000) => (at + 2, "illegal encoding"),
            Some(code) => {
                out.push(code);
                at += 2;
                continue;
            }
        };
        let problem = Problem { encoding, start: at, end, reason };
        at = recover(handler, input, problem, &mut out)?;
    }
    Ok((Decoded { text: out.finish(), consumed: at }, order))
}

/// Decodes UTF-32; gives the byte order as well, which stays [`ByteOrder::Marked`] if there was no mark.
pub fn decode_utf32<H: DecodeHandler>(
    input: &[u8],
    order: ByteOrder,
    is_final: bool,
    handler: &mut H,
) -> Result<(Decoded, ByteOrder), H::Error> {
    let (order, mut at) = order.read_mark(input, 4);
    let big = order.is_big();
    let encoding = if big { "utf-32-be" } else { "utf-32-le" };
    let mut out = StrBuilder::new();
    while at < input.len() {
        let (end, reason) = match unit32(input, at, big) {
            None if !is_final => break,
            None => (input.len(), "truncated data"),
            Some(0xD800..0xE000) => (at + 4, "code point in surrogate code point range(0xd800, 0xe000)"),
            Some(0x11_0000..) => (at + 4, "code point not in range(0x110000)"),
            Some(code) => {
                out.push(code);
                at += 4;
                continue;
            }
        };
        let problem = Problem { encoding, start: at, end, reason };
        at = recover(handler, input, problem, &mut out)?;
    }
    Ok((Decoded { text: out.finish(), consumed: at }, order))
}

/// Encodes text as UTF-16.
pub fn encode_utf16<H: EncodeHandler>(
    text: StrRef<'_>,
    order: ByteOrder,
    handler: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let encoding = match order {
        ByteOrder::Marked => "utf-16",
        ByteOrder::Little => "utf-16-le",
        ByteOrder::Big => "utf-16-be",
    };
    let big = order.is_big();
    encode_units(text, order, encoding, 2, handler, |code, out| {
        let mut push = |unit: u32| {
            let unit = unit as u16;
            out.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        };
        if code < 0x1_0000 {
            push(code);
        } else {
            push(0xD800 + ((code - 0x1_0000) >> 10));
            push(0xDC00 + (code & 0x3FF));
        }
    })
}

/// Encodes text as UTF-32.
pub fn encode_utf32<H: EncodeHandler>(
    text: StrRef<'_>,
    order: ByteOrder,
    handler: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let encoding = match order {
        ByteOrder::Marked => "utf-32",
        ByteOrder::Little => "utf-32-le",
        ByteOrder::Big => "utf-32-be",
    };
    let big = order.is_big();
    encode_units(text, order, encoding, 4, handler, |code, out| {
        out.extend(if big { code.to_be_bytes() } else { code.to_le_bytes() });
    })
}

fn encode_units<H: EncodeHandler>(
    text: StrRef<'_>,
    order: ByteOrder,
    encoding: &str,
    width: usize,
    handler: &mut H,
    push: impl Fn(u32, &mut Vec<u8>),
) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity((text.len() + 1) * width);
    if order == ByteOrder::Marked {
        push(0xFEFF, &mut out);
    }
    let mut at = 0;
    while let Some(code) = text.get(at) {
        if !(0xD800..0xE000).contains(&code) {
            push(code, &mut out);
            at += 1;
            continue;
        }
        let problem = Problem { encoding, start: at, end: at + 1, reason: "surrogates not allowed" };
        let (replacement, next) = handler.unencodable(text, problem)?;
        match replacement {
            Replacement::Bytes(bytes) if bytes.len().is_multiple_of(width) => out.extend(bytes),
            Replacement::Text(StrBuf::Ascii(bytes)) => {
                bytes.iter().for_each(|byte| push(u32::from(*byte), &mut out));
            }
            _ => return Err(handler.fail(text, problem)),
        }
        at = next;
    }
    Ok(out)
}
