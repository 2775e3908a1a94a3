//! The error modes that come with Python.

use super::{DecodeHandler, EncodeHandler, Problem, Replacement};
use crate::text::repr::push_escape;
use crate::text::{StrBuf, StrBuilder, StrRef, unicode};

/// An error mode, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Raise the exception.
    Strict,
    /// Skip.
    Ignore,
    /// `?` or U+FFFD.
    Replace,
    /// Bytes from 0x80 on are U+DC80 and up.
    SurrogateEscape,
    /// Encode surrogates like other characters.
    SurrogatePass,
    /// `\xhh`, `\uhhhh`, `\Uhhhhhhhh`.
    BackslashReplace,
    /// `&#1234;`
    XmlCharRefReplace,
    /// `\N{…}`
    NameReplace,
}

/// A problem that no replacement was found for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The encoding.
    pub encoding: String,
    /// Where the problem begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// What is wrong.
    pub reason: String,
}

impl From<Problem<'_>> for Failure {
    fn from(problem: Problem<'_>) -> Failure {
        Failure {
            encoding: problem.encoding.to_owned(),
            start: problem.start,
            end: problem.end,
            reason: problem.reason.to_owned(),
        }
    }
}

/// How `surrogatepass` finds surrogates in the bytes of an encoding.
#[derive(Clone, Copy)]
enum Standard {
    Utf8,
    Utf16(bool),
    Utf32(bool),
}

impl Standard {
    /// Recognises the names `surrogatepass` knows; others are not supported by it.
    fn from_name(encoding: &str) -> Option<Standard> {
        let rest = encoding.get(..3).filter(|utf| utf.eq_ignore_ascii_case("utf")).map(|_| &encoding[3..])?;
        let rest = rest.strip_prefix(['-', '_']).unwrap_or(rest);
        let order =
            |rest: &str| match rest.strip_prefix(['-', '_']).unwrap_or(rest).to_ascii_lowercase().as_str() {
                "" => Some(cfg!(target_endian = "big")),
                "le" => Some(false),
                "be" => Some(true),
                _ => None,
            };
        if rest == "8" {
            Some(Standard::Utf8)
        } else if let Some(rest) = rest.strip_prefix("16") {
            order(rest).map(Standard::Utf16)
        } else {
            rest.strip_prefix("32").and_then(order).map(Standard::Utf32)
        }
    }

    fn encode(self, surrogate: u32, out: &mut Vec<u8>) {
        let unit = surrogate as u16;
        match self {
            Standard::Utf8 => crate::text::push_wtf8(out, surrogate),
            Standard::Utf16(false) => out.extend(unit.to_le_bytes()),
            Standard::Utf16(true) => out.extend(unit.to_be_bytes()),
            Standard::Utf32(false) => out.extend(surrogate.to_le_bytes()),
            Standard::Utf32(true) => out.extend(surrogate.to_be_bytes()),
        }
    }

    /// The surrogate at the beginning of the bytes, and its length.
    fn decode(self, bytes: &[u8]) -> Option<(u32, usize)> {
        let (code, len) = match (self, bytes) {
            (Standard::Utf8, [a, b, c, ..]) if a & 0xF0 == 0xE0 && b & 0xC0 == 0x80 && c & 0xC0 == 0x80 => {
                (u32::from(a & 0x0F) << 12 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F), 3)
            }
            (Standard::Utf16(big), [a, b, ..]) => {
                let unit = [*a, *b];
                (u32::from(if big { u16::from_be_bytes(unit) } else { u16::from_le_bytes(unit) }), 2)
            }
            (Standard::Utf32(big), [a, b, c, d, ..]) => {
                let unit = [*a, *b, *c, *d];
                (if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) }, 4)
            }
            _ => return None,
        };
        is_surrogate(code).then_some((code, len))
    }
}

fn is_surrogate(code: u32) -> bool {
    (0xD800..0xE000).contains(&code)
}

impl Builtin {
    /// The mode of that name.
    pub fn from_name(name: &str) -> Option<Builtin> {
        Some(match name {
            "strict" => Builtin::Strict,
            "ignore" => Builtin::Ignore,
            "replace" => Builtin::Replace,
            "surrogateescape" => Builtin::SurrogateEscape,
            "surrogatepass" => Builtin::SurrogatePass,
            "backslashreplace" => Builtin::BackslashReplace,
            "xmlcharrefreplace" => Builtin::XmlCharRefReplace,
            "namereplace" => Builtin::NameReplace,
            _ => return None,
        })
    }

    /// What a callback looked up by name answers to a `UnicodeDecodeError`; `None` is to raise it.
    ///
    /// `xmlcharrefreplace` and `namereplace` do not know how to handle it (`TypeError`), which is the caller's business.
    pub fn decode(self, input: &[u8], problem: Problem<'_>) -> Option<(StrBuf, usize)> {
        let end = problem.end.min(input.len());
        let bad = input.get(problem.start..end)?;
        match self {
            Builtin::Ignore => Some((StrBuf::default(), problem.end)),
            Builtin::Replace => Some((StrBuf::from_code_point(0xFFFD), problem.end)),
            Builtin::BackslashReplace => {
                let mut out = Vec::with_capacity(bad.len() * 4);
                bad.iter().for_each(|byte| push_escape(&mut out, u32::from(*byte)));
                Some((StrBuf::Ascii(out), problem.end))
            }
            Builtin::SurrogateEscape => {
                // ASCII bytes are never escaped: that would let an attacker smuggle them in.
                let escaped: Vec<u16> =
                    bad.iter().take(4).take_while(|b| **b >= 0x80).map(|b| 0xDC00 + u16::from(*b)).collect();
                let next = problem.start + escaped.len();
                (!escaped.is_empty()).then_some((StrBuf::Ucs2(escaped), next))
            }
            Builtin::SurrogatePass => {
                let (code, len) =
                    Standard::from_name(problem.encoding)?.decode(input.get(problem.start..)?)?;
                Some((StrBuf::from_code_point(code), problem.start + len))
            }
            Builtin::Strict | Builtin::XmlCharRefReplace | Builtin::NameReplace => None,
        }
    }

    /// What a callback looked up by name answers to a `UnicodeEncodeError`; `None` is to raise it.
    pub fn encode(self, text: StrRef<'_>, problem: Problem<'_>) -> Option<(Replacement, usize)> {
        let end = problem.end.min(text.len());
        let bad = text.view(problem.start.min(end)..end);
        let ascii = |bytes| Some((Replacement::Text(StrBuf::Ascii(bytes)), end));
        match self {
            Builtin::Strict => None,
            Builtin::Ignore => ascii(Vec::new()),
            Builtin::Replace => ascii(vec![b'?'; bad.len()]),
            Builtin::BackslashReplace => {
                let mut out = Vec::new();
                bad.code_points().for_each(|code| push_escape(&mut out, code));
                ascii(out)
            }
            Builtin::XmlCharRefReplace => {
                ascii(bad.code_points().flat_map(|code| format!("&#{code};").into_bytes()).collect())
            }
            Builtin::NameReplace => {
                let mut out = Vec::new();
                for code in bad.code_points() {
                    match unicode::name(code) {
                        Some(name) => out.extend(format!("\\N{{{name}}}").into_bytes()),
                        None => push_escape(&mut out, code),
                    }
                }
                ascii(out)
            }
            Builtin::SurrogateEscape => {
                let byte = |code: u32| (0xDC80..0xDD00).contains(&code).then_some(code as u8);
                let bytes: Option<Vec<u8>> = bad.code_points().map(byte).collect();
                Some((Replacement::Bytes(bytes?), end))
            }
            Builtin::SurrogatePass => {
                let standard = Standard::from_name(problem.encoding)?;
                let mut out = Vec::new();
                for code in bad.code_points() {
                    if !is_surrogate(code) {
                        return None;
                    }
                    standard.encode(code, &mut out);
                }
                Some((Replacement::Bytes(out), end))
            }
        }
    }

    /// What the answer to a `UnicodeTranslateError` is.
    pub fn translate(self, text: StrRef<'_>, problem: Problem<'_>) -> Option<(StrBuf, usize)> {
        if self == Builtin::Replace {
            let mut out = StrBuilder::new();
            out.push_repeated(0xFFFD, problem.end.saturating_sub(problem.start));
            return Some((out.finish(), problem.end));
        }
        match self.encode(text, problem)? {
            (Replacement::Text(text), next) => Some((text, next)),
            (Replacement::Bytes(_), _) => None,
        }
    }
}

impl DecodeHandler for Builtin {
    type Error = Failure;
    fn malformed(&mut self, input: &[u8], problem: Problem<'_>) -> Result<(StrBuf, usize), Failure> {
        self.decode(input, problem).ok_or_else(|| problem.into())
    }
}

impl EncodeHandler for Builtin {
    type Error = Failure;
    fn unencodable(
        &mut self,
        text: StrRef<'_>,
        problem: Problem<'_>,
    ) -> Result<(Replacement, usize), Failure> {
        let mut problem = problem;
        let mut escaped = Vec::new();
        if *self == Builtin::SurrogateEscape {
            // Encoders escape as much of a run as they can before they report the rest.
            let run = text.view(problem.start..problem.end).code_points();
            escaped.extend(run.take_while(|code| (0xDC80..0xDD00).contains(code)).map(|code| code as u8));
            problem.start += escaped.len();
        }
        if !escaped.is_empty() {
            return Ok((Replacement::Bytes(escaped), problem.start));
        }
        self.encode(text, problem).ok_or_else(|| problem.into())
    }

    fn fail(&mut self, _: StrRef<'_>, problem: Problem<'_>) -> Failure {
        problem.into()
    }
}
