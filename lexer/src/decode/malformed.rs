//! Sources that should be UTF-8 and are not.
//!
//! CPython does not decode such a source as a whole but only its names and strings, as it comes to them. So wrong
//! bytes in comments pass in silence, unless a script is read, line by line.

use std::borrow::Cow;
use std::ops::Range;

use super::{DecodeError, DecodeErrorKind, Reading, Source};
use crate::error::{Columns, ErrorLocation, LexErrorKind, line_number};
use crate::identifier;
use crate::lexer::Lexer;
use crate::token::{Span, TokenKind};

/// A text made of bytes, each wrong one replaced by U+FFFD.
struct Replaced {
    bytes: Vec<u8>,
    text: String,
    /// Offsets of the wrong bytes in `text` and in `bytes`, in order.
    wrong: Vec<(usize, usize)>,
}

impl Replaced {
    fn new(bytes: Vec<u8>) -> Self {
        let mut text = String::with_capacity(bytes.len() + 16);
        let mut wrong = Vec::new();
        let mut rest = &bytes[..];
        while let Err(error) = std::str::from_utf8(rest) {
            let valid = error.valid_up_to();
            text.push_str(&String::from_utf8_lossy(&rest[..valid]));
            wrong.push((text.len(), bytes.len() - rest.len() + valid));
            text.push(char::REPLACEMENT_CHARACTER);
            rest = &rest[valid + 1..];
        }
        text.push_str(&String::from_utf8_lossy(rest));
        Replaced { bytes, text, wrong }
    }

    /// The wrong bytes within a span of the text.
    fn wrong_in(&self, start: usize, end: usize) -> Option<usize> {
        self.wrong.iter().find(|(in_text, _)| (start..end).contains(in_text)).map(|&(_, in_bytes)| in_bytes)
    }

    /// The offset in the bytes of an offset in the text: a wrong byte takes three bytes there.
    fn in_bytes(&self, in_text: usize) -> usize {
        in_text - 2 * self.wrong.iter().filter(|&&(wrong, _)| wrong < in_text).count()
    }
}

/// Text in which each byte that is not UTF-8 became U+FFFD, if all of them are where CPython does not look.
#[cold]
pub(super) fn decode(
    bytes: &[u8],
    encoding: Option<String>,
    reading: Reading,
) -> Result<Source<'_>, DecodeError> {
    let replaced = Replaced::new(normalize_newlines(bytes).into_owned());
    if let (Reading::File, None, Some(&(in_text, in_bytes))) = (reading, &encoding, replaced.wrong.first()) {
        let line = line_number(&replaced.text, in_text);
        return Err(DecodeErrorKind::Undeclared { byte: replaced.bytes[in_bytes], line }.into());
    }
    let columns = if encoding.is_some() { Columns::CodePoints } else { Columns::Bytes };
    match first_error(&replaced, columns) {
        Some(error) => Err(error),
        None => Source::new(Cow::Owned(replaced.text), encoding),
    }
}

pub(super) fn normalize_newlines(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\r', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut normal = Vec::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => {}
            b'\r' => normal.push(b'\n'),
            _ => normal.push(byte),
        }
    }
    Cow::Owned(normal)
}

/// The error about the first token, other than a comment, that has wrong bytes. There is none if the text has another
/// error before it, which is then the one to report.
fn first_error(replaced: &Replaced, columns: Columns) -> Option<DecodeError> {
    let mut lexer = Lexer::new(&replaced.text);
    let mut last_end = 0;
    loop {
        match lexer.next_token() {
            Ok(token) => {
                let Span { start, end } = token.span;
                let (start, end) = (start as usize, end as usize);
                match token.kind {
                    TokenKind::EndOfFile => return None,
                    TokenKind::Comment => {}
                    _ => {
                        last_end = end;
                        if let Some(wrong) = replaced.wrong_in(start, end) {
                            let quoted = token.kind == TokenKind::String;
                            return Some(string_error(replaced, columns, start..end, quoted, wrong));
                        }
                    }
                }
            }
            Err(error) if matches!(error.kind, LexErrorKind::InvalidCharacter(_)) => {
                let text = replaced.text.as_bytes();
                let at = error.span.start as usize;
                // A number may end where the name begins.
                let before = text[last_end..at].iter().rev();
                let start = at - before.take_while(|&&byte| identifier::is_name_byte(byte)).count();
                let (end, _) = identifier::scan(text, start);
                let wrong = replaced.wrong_in(start, end)?;
                return Some(name_error(replaced, columns, start, end, wrong));
            }
            Err(_) => return None,
        }
    }
}

/// The error about a string with a wrong byte: a whole literal, or a piece of an f-string.
fn string_error(
    replaced: &Replaced,
    columns: Columns,
    string: Range<usize>,
    quoted: bool,
    wrong: usize,
) -> DecodeError {
    let (first, last) = (replaced.in_bytes(string.start), replaced.in_bytes(string.end));
    // What lies between the quotes is decoded by itself.
    let literal = &replaced.text[string];
    let unprefixed = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let (opening, closing) = match unprefixed.as_bytes() {
        _ if !quoted => (0, 0),
        [a, b, c, ..] if a == b && b == c => (literal.len() - unprefixed.len() + 3, 3),
        _ => (literal.len() - unprefixed.len() + 1, 1),
    };
    let (mut from, mut to) = (first + opening, last - closing);
    let prefix = &literal[..literal.len() - unprefixed.len()];
    if quoted && prefix.contains(['b', 'B']) {
        let (lineno, offset) = position(replaced, columns, first, 1);
        let (end_lineno, end_offset) = position(replaced, columns, last, 1);
        let location = Some(ErrorLocation { lineno, offset, end_lineno, end_offset });
        return DecodeError { kind: DecodeErrorKind::BytesNotAscii, location };
    }
    if !prefix.contains(['r', 'R']) && replaced.bytes[from..to].contains(&b'\\') {
        // Where there are escapes, CPython decodes what lies beyond ASCII piece by piece.
        let piece = |byte: &u8| !byte.is_ascii();
        from = wrong - replaced.bytes[from..wrong].iter().rev().take_while(|byte| piece(byte)).count();
        to = wrong + replaced.bytes[wrong..to].iter().take_while(|byte| piece(byte)).count();
    }
    let decoded = &replaced.bytes[..to];
    let (lineno, offset) = position(replaced, columns, first, 1);
    let (end_lineno, end_offset) = position(replaced, columns, last, 1);
    DecodeError {
        kind: DecodeErrorKind::InvalidUtf8(message(decoded, wrong, from)),
        location: Some(ErrorLocation { lineno, offset, end_lineno, end_offset }),
    }
}

fn name_error(replaced: &Replaced, columns: Columns, start: usize, end: usize, wrong: usize) -> DecodeError {
    let (first, last) = (replaced.in_bytes(start), replaced.in_bytes(end));
    let (lineno, offset) = position(replaced, columns, last, 0);
    DecodeError {
        kind: DecodeErrorKind::InvalidUtf8(message(&replaced.bytes[..last], wrong, first)),
        location: Some(ErrorLocation { lineno, offset, end_lineno: lineno, end_offset: -1 }),
    }
}

/// Line, and the column that CPython makes of the number of bytes before an offset plus some: it takes as many bytes
/// off the line as it shows it, where each malformed sequence has become one character of three bytes.
fn position(replaced: &Replaced, columns: Columns, at: usize, more: usize) -> (u32, i64) {
    let before = &replaced.bytes[..at];
    let lineno = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let width = at - line_start + more;
    if columns == Columns::Bytes {
        return (lineno, width as i64);
    }
    let rest = &replaced.bytes[line_start..];
    let line = String::from_utf8_lossy(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())]);
    let shown = &line.as_bytes()[..width.min(line.len())];
    let beyond = i64::from(width > line.len());
    (lineno, columns.count(shown) + beyond)
}

/// What Python's UTF-8 codec says of the malformed sequence at an offset, with positions counted from another.
pub(super) fn message(bytes: &[u8], at: usize, from: usize) -> String {
    let rest = &bytes[at..];
    let first = rest.first().copied().unwrap_or(0);
    let wanted = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 0,
    };
    // How many bytes begin a sequence that could still become a character.
    let mut valid = 1;
    while valid < wanted {
        let allowed = match (first, valid) {
            (0xE0, 1) => 0xA0..=0xBF,
            (0xED, 1) => 0x80..=0x9F,
            (0xF0, 1) => 0x90..=0xBF,
            (0xF4, 1) => 0x80..=0x8F,
            _ => 0x80..=0xBF,
        };
        match rest.get(valid) {
            Some(byte) if allowed.contains(byte) => valid += 1,
            _ => break,
        }
    }
    let reason = if wanted == 0 {
        "invalid start byte"
    } else if valid >= rest.len() {
        "unexpected end of data"
    } else {
        "invalid continuation byte"
    };
    let position = at - from;
    if valid == 1 {
        format!("'utf-8' codec can't decode byte 0x{first:02x} in position {position}: {reason}")
    } else {
        let last = position + valid - 1;
        format!("'utf-8' codec can't decode bytes in position {position}-{last}: {reason}")
    }
}
