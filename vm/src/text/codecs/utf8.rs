//! UTF-8.

use super::{DecodeHandler, Decoded, EncodeHandler, Problem, Replacement, recover};
use crate::text::{StrBuf, StrBuilder, StrRef, push_wtf8};

/// What stands at the beginning of the bytes.
enum Sequence {
    /// A character and its length.
    Valid(u32, usize),
    /// The bytes end before the sequence does.
    Incomplete,
    /// So many bytes are malformed.
    Invalid(usize, &'static str),
}

/// Decodes UTF-8. Encoded surrogates are malformed.
pub fn decode<H: DecodeHandler>(input: &[u8], is_final: bool, handler: &mut H) -> Result<Decoded, H::Error> {
    // Nearly all input is valid.
    let valid_len = match std::str::from_utf8(input) {
        Ok(text) => return Ok(Decoded { text: StrBuf::from(text), consumed: input.len() }),
        Err(error) => error.valid_up_to(),
    };
    let mut out = StrBuilder::new();
    if let Ok(valid) = std::str::from_utf8(&input[..valid_len]) {
        out.push_utf8(valid);
    }
    let mut at = valid_len;
    while at < input.len() {
        let rest = &input[at..];
        let (end, reason) = match first_sequence(rest) {
            Sequence::Valid(code, len) => {
                out.push(code);
                at += len;
                continue;
            }
            Sequence::Incomplete if !is_final => break,
            Sequence::Incomplete => (input.len(), "unexpected end of data"),
            // The beginning of an encoded surrogate could still be completed for `surrogatepass`.
            Sequence::Invalid(..) if !is_final && matches!(rest, [0xED, 0xA0..=0xBF]) => break,
            Sequence::Invalid(len, reason) => (at + len, reason),
        };
        let problem = Problem { encoding: "utf-8", start: at, end, reason };
        at = recover(handler, input, problem, &mut out)?;
    }
    Ok(Decoded { text: out.finish(), consumed: at })
}

fn first_sequence(bytes: &[u8]) -> Sequence {
    let Some((&lead, tail)) = bytes.split_first() else { return Sequence::Incomplete };
    // The second byte's range excludes overlong forms, surrogates and what lies beyond Unicode.
    let (len, bits, second) = match lead {
        0..0x80 => return Sequence::Valid(u32::from(lead), 1),
        0xC2..0xE0 => (2, lead & 0x1F, 0x80..=0xBF),
        0xE0 => (3, 0, 0xA0..=0xBF),
        0xED => (3, 0x0D, 0x80..=0x9F),
        0xE1..0xF0 => (3, lead & 0x0F, 0x80..=0xBF),
        0xF0 => (4, 0, 0x90..=0xBF),
        0xF1..0xF4 => (4, lead & 0x07, 0x80..=0xBF),
        0xF4 => (4, 0x04, 0x80..=0x8F),
        _ => return Sequence::Invalid(1, "invalid start byte"),
    };
    let mut code = u32::from(bits);
    for (index, byte) in tail.iter().take(len - 1).enumerate() {
        let continues = if index == 0 { second.contains(byte) } else { byte & 0xC0 == 0x80 };
        if !continues {
            return Sequence::Invalid(index + 1, "invalid continuation byte");
        }
        code = code << 6 | u32::from(byte & 0x3F);
    }
    if tail.len() < len - 1 { Sequence::Incomplete } else { Sequence::Valid(code, len) }
}

/// Encodes text as UTF-8; surrogates cannot be.
pub fn encode<H: EncodeHandler>(text: StrRef<'_>, handler: &mut H) -> Result<Vec<u8>, H::Error> {
    if let Ok(text) = text.to_utf8() {
        return Ok(text.into_owned().into_bytes());
    }
    let is_surrogate = |code: u32| (0xD800..0xE000).contains(&code);
    let mut out = Vec::with_capacity(text.len() * 2);
    let mut at = 0;
    while let Some(code) = text.get(at) {
        if !is_surrogate(code) {
            push_wtf8(&mut out, code);
            at += 1;
            continue;
        }
        let run = text.view(at..text.len()).code_points().take_while(|code| is_surrogate(*code)).count();
        let problem =
            Problem { encoding: "utf-8", start: at, end: at + run, reason: "surrogates not allowed" };
        let (replacement, next) = handler.unencodable(text, problem)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend(bytes),
            Replacement::Text(StrBuf::Ascii(bytes)) => out.extend(bytes),
            Replacement::Text(_) => return Err(handler.fail(text, problem)),
        }
        at = next;
    }
    Ok(out)
}
