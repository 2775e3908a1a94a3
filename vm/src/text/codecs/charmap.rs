//! Encodings given by a table, which the modules in `encodings` use.

use super::{DecodeHandler, EncodeHandler, Problem, Replacement, recover};
use crate::text::{StrBuf, StrBuilder, StrRef};

const UNDEFINED: &str = "character maps to <undefined>";
/// What decoding tables hold for bytes without a meaning.
const NO_CHARACTER: u32 = 0xFFFE;

/// Decodes with a table of characters, one for each byte.
pub fn decode_table<H: DecodeHandler>(
    input: &[u8],
    table: StrRef<'_>,
    handler: &mut H,
) -> Result<StrBuf, H::Error> {
    let lookup = |byte: u8| table.get(usize::from(byte)).filter(|code| *code != NO_CHARACTER);
    decode_with(input, |byte| Ok(lookup(byte).map(StrBuf::from_code_point)), handler)
}

/// Decodes with a function, which says `None` for bytes without a meaning.
pub fn decode_with<H: DecodeHandler>(
    input: &[u8],
    mut lookup: impl FnMut(u8) -> Result<Option<StrBuf>, H::Error>,
    handler: &mut H,
) -> Result<StrBuf, H::Error> {
    let mut out = StrBuilder::new();
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        if let Some(text) = lookup(byte)? {
            out.push_str(text.as_ref());
            at += 1;
            continue;
        }
        let problem = Problem { encoding: "charmap", start: at, end: at + 1, reason: UNDEFINED };
        at = recover(handler, input, problem, &mut out)?;
    }
    Ok(out.finish())
}

/// A decoding table turned around (`codecs.charmap_build`).
#[derive(Clone, Debug)]
pub struct EncodingMap {
    /// Code point and byte, sorted by code point.
    pairs: Vec<(u32, u8)>,
}

impl EncodingMap {
    /// Turns a table of up to 256 characters around; of equal characters the last counts.
    pub fn new(table: StrRef<'_>) -> EncodingMap {
        let mut pairs: Vec<(u32, u8)> =
            (table.code_points().take(256).zip(0..=255)).filter(|(code, _)| *code != NO_CHARACTER).collect();
        pairs.sort_by_key(|(code, byte)| (*code, std::cmp::Reverse(*byte)));
        pairs.dedup_by_key(|(code, _)| *code);
        EncodingMap { pairs }
    }

    /// The byte for a character.
    pub fn get(&self, code: u32) -> Option<u8> {
        let at = self.pairs.binary_search_by_key(&code, |(code, _)| *code).ok()?;
        self.pairs.get(at).map(|(_, byte)| *byte)
    }
}

/// Encodes with a function, which says `None` for characters that cannot be encoded.
pub fn encode_with<H: EncodeHandler>(
    text: StrRef<'_>,
    mut lookup: impl FnMut(u32) -> Result<Option<Vec<u8>>, H::Error>,
    handler: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(code) = text.get(at) {
        if let Some(bytes) = lookup(code)? {
            out.extend(bytes);
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while let Some(code) = text.get(end)
            && lookup(code)?.is_none()
        {
            end += 1;
        }
        let problem = Problem { encoding: "charmap", start: at, end, reason: UNDEFINED };
        let (replacement, next) = handler.unencodable(text, problem)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend(bytes),
            Replacement::Text(in_place) => {
                for code in in_place.as_ref().code_points() {
                    let Some(bytes) = lookup(code)? else { return Err(handler.fail(text, problem)) };
                    out.extend(bytes);
                }
            }
        }
        at = next;
    }
    Ok(out)
}
