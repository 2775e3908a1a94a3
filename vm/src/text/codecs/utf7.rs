//! UTF-7 (RFC 2152).

use super::{DecodeHandler, Decoded, Problem, recover};
use crate::text::{StrBuilder, StrRef};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_value(byte: u8) -> Option<u32> {
    BASE64.iter().position(|digit| *digit == byte).map(|value| value as u32)
}

/// Whether a character stands for itself outside of base 64. RFC 2152's optional characters do, white space does not.
fn is_direct(code: u32) -> bool {
    match u8::try_from(code) {
        Ok(b'+' | b'\\' | b'~') => false,
        Ok(byte) => byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
        Err(_) => false,
    }
}

/// Encodes text as UTF-7; there is nothing it cannot encode.
pub fn encode(text: StrRef<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut shifted = false;
    let (mut buffer, mut n_bits) = (0u32, 0u32);
    for code in text.code_points() {
        if is_direct(code) {
            let byte = code as u8;
            if shifted {
                if n_bits > 0 {
                    out.push(BASE64[(buffer << (6 - n_bits) & 0x3F) as usize]);
                }
                (shifted, buffer, n_bits) = (false, 0, 0);
                // Other characters end the section by themselves.
                if base64_value(byte).is_some() || byte == b'-' {
                    out.push(b'-');
                }
            }
            out.push(byte);
            continue;
        }
        if !shifted {
            if code == u32::from(b'+') {
                out.extend(b"+-");
                continue;
            }
            out.push(b'+');
            shifted = true;
        }
        let mut push_unit = |unit: u32| {
            buffer = (buffer & 0x3F) << 16 | unit;
            n_bits += 16;
            while n_bits >= 6 {
                n_bits -= 6;
                out.push(BASE64[(buffer >> n_bits & 0x3F) as usize]);
            }
        };
        if code < 0x1_0000 {
            push_unit(code);
        } else {
            push_unit(0xD800 + ((code - 0x1_0000) >> 10));
            push_unit(0xDC00 + (code & 0x3FF));
        }
    }
    if n_bits > 0 {
        out.push(BASE64[(buffer << (6 - n_bits) & 0x3F) as usize]);
    }
    if shifted {
        out.push(b'-');
    }
    out
}

/// The state inside a base 64 section.
#[derive(Clone, Copy, Default)]
struct Section {
    buffer: u32,
    n_bits: u32,
    /// A high surrogate waiting for its partner.
    lead: Option<u32>,
}

impl Section {
    fn push(&mut self, value: u32, out: &mut StrBuilder) {
        self.buffer = self.buffer << 6 | value;
        self.n_bits += 6;
        if self.n_bits < 16 {
            return;
        }
        self.n_bits -= 16;
        let unit = self.buffer >> self.n_bits;
        self.buffer &= (1 << self.n_bits) - 1;
        if let Some(lead) = self.lead.take() {
            if (0xDC00..0xE000).contains(&unit) {
                out.push(0x1_0000 + ((lead & 0x3FF) << 10) + (unit & 0x3FF));
                return;
            }
            out.push(lead);
        }
        if (0xD800..0xDC00).contains(&unit) {
            self.lead = Some(unit);
        } else {
            out.push(unit);
        }
    }
}

/// Decodes UTF-7.
pub fn decode<H: DecodeHandler>(input: &[u8], is_final: bool, handler: &mut H) -> Result<Decoded, H::Error> {
    let mut out = StrBuilder::new();
    let mut section: Option<Section> = None;
    let mut section_out_len = 0;
    let mut start = 0;
    let mut at = 0;
    loop {
        while let Some(&byte) = input.get(at) {
            let reason = if let Some(state) = &mut section {
                if let Some(value) = base64_value(byte) {
                    state.push(value, &mut out);
                    at += 1;
                    continue;
                }
                let state = *state;
                section = None;
                if state.n_bits >= 6 {
                    "partial character in shift sequence"
                } else if state.n_bits > 0 && state.buffer != 0 {
                    "non-zero padding bits in shift sequence"
                } else {
                    if let Some(lead) = state.lead.filter(|_| byte < 0x80 && byte != b'+') {
                        out.push(lead);
                    }
                    at += usize::from(byte == b'-');
                    continue;
                }
            } else if byte == b'+' {
                start = at;
                match input.get(at + 1) {
                    Some(b'-') => {
                        out.push(u32::from(b'+'));
                        at += 2;
                        continue;
                    }
                    Some(next) if base64_value(*next).is_none() => {
                        at += 1;
                        "ill-formed sequence"
                    }
                    _ => {
                        section = Some(Section::default());
                        section_out_len = out.len();
                        at += 1;
                        continue;
                    }
                }
            } else if byte < 0x80 {
                out.push(u32::from(byte));
                at += 1;
                continue;
            } else {
                start = at;
                "unexpected special character"
            };
            at += 1;
            let problem = Problem { encoding: "utf7", start, end: at, reason };
            at = recover(handler, input, problem, &mut out)?;
        }
        let Some(state) = section.filter(|_| is_final) else { break };
        section = None;
        if state.lead.is_some() || state.n_bits >= 6 || (state.n_bits > 0 && state.buffer != 0) {
            let problem =
                Problem { encoding: "utf7", start, end: input.len(), reason: "unterminated shift sequence" };
            at = recover(handler, input, problem, &mut out)?;
        }
    }
    if section.is_some() {
        // The section is decoded again when more input has come.
        let text = out.as_ref().slice(0..section_out_len);
        return Ok(Decoded { text, consumed: start });
    }
    Ok(Decoded { text: out.finish(), consumed: at })
}
