//! Latin-1 and ASCII.

use super::{DecodeHandler, Decoded, EncodeHandler, Problem, Replacement, recover};
use crate::text::{StrBuf, StrBuilder, StrRef};

/// Decodes Latin-1, which cannot fail.
pub fn decode_latin1(input: &[u8]) -> StrBuf {
    StrBuf::from_latin1(input.to_vec())
}

/// Decodes ASCII.
pub fn decode_ascii<H: DecodeHandler>(input: &[u8], handler: &mut H) -> Result<StrBuf, H::Error> {
    if input.is_ascii() {
        return Ok(StrBuf::Ascii(input.to_vec()));
    }
    let mut out = StrBuilder::new();
    let mut at = 0;
    while at < input.len() {
        let n_ascii = input[at..].iter().take_while(|b| b.is_ascii()).count();
        out.push_str(StrRef::Ascii(&input[at..at + n_ascii]));
        at += n_ascii;
        if at < input.len() {
            let problem =
                Problem { encoding: "ascii", start: at, end: at + 1, reason: "ordinal not in range(128)" };
            at = recover(handler, input, problem, &mut out)?;
        }
    }
    Ok(Decoded { text: out.finish(), consumed: at }.text)
}

/// Encodes text as Latin-1.
pub fn encode_latin1<H: EncodeHandler>(text: StrRef<'_>, handler: &mut H) -> Result<Vec<u8>, H::Error> {
    if let StrRef::Ascii(bytes) | StrRef::Latin1(bytes) = text {
        return Ok(bytes.to_vec());
    }
    encode_below(text, 0x100, "latin-1", "ordinal not in range(256)", handler)
}

/// Encodes text as ASCII.
pub fn encode_ascii<H: EncodeHandler>(text: StrRef<'_>, handler: &mut H) -> Result<Vec<u8>, H::Error> {
    if let StrRef::Ascii(bytes) = text {
        return Ok(bytes.to_vec());
    }
    encode_below(text, 0x80, "ascii", "ordinal not in range(128)", handler)
}

fn encode_below<H: EncodeHandler>(
    text: StrRef<'_>,
    limit: u32,
    encoding: &str,
    reason: &str,
    handler: &mut H,
) -> Result<Vec<u8>, H::Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(code) = text.get(at) {
        if code < limit {
            out.push(code as u8);
            at += 1;
            continue;
        }
        let run = text.view(at..text.len()).code_points().take_while(|code| *code >= limit).count();
        let problem = Problem { encoding, start: at, end: at + run, reason };
        let (replacement, next) = handler.unencodable(text, problem)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend(bytes),
            Replacement::Text(text_in_place) => {
                for code in text_in_place.as_ref().code_points() {
                    if code >= limit {
                        return Err(handler.fail(text, problem));
                    }
                    out.push(code as u8);
                }
            }
        }
        at = next;
    }
    Ok(out)
}
