//! Sources that should be UTF-8 and are not.
//!
//! CPython does not decode such a source as a whole but only its names and strings, as it comes to them. So wrong
//! bytes in comments pass in silence (unless a script is read, line by line), and those behind another error do not
//! matter.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::{DecodeError, DecodeErrorKind, Reading, Source};
use crate::error::{LexErrorKind, line_number};
use crate::identifier;
use crate::lexer::Lexer;
use crate::token::Span;

/// The character that stands in the text of a source for a byte that is not UTF-8. It takes one byte, so that offsets
/// into the text are offsets into the bytes; and no name can have it.
const STAND_IN: char = '\x01';

/// A source's bytes, some of which are not UTF-8. In the [text](Source::text) U+0001 stands for each of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Without byte order mark, line ends all `\n`.
    bytes: Vec<u8>,
    /// The offsets of the wrong ones, in order.
    wrong: Vec<u32>,
}

impl Malformed {
    fn new(bytes: Vec<u8>) -> (Malformed, String) {
        let mut text = String::with_capacity(bytes.len());
        let mut wrong = Vec::new();
        let mut rest = &bytes[..];
        while let Err(error) = std::str::from_utf8(rest) {
            let valid = error.valid_up_to();
            text.push_str(&String::from_utf8_lossy(&rest[..valid]));
            wrong.push(text.len() as u32);
            text.push(STAND_IN);
            rest = &rest[valid + 1..];
        }
        text.push_str(&String::from_utf8_lossy(rest));
        (Malformed { bytes, wrong }, text)
    }

    /// The bytes that a span of the text stands for.
    pub fn bytes(&self, span: Range<u32>) -> &[u8] {
        self.bytes.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// These bytes as they are shown: with U+FFFD for each sequence that is not UTF-8.
    pub fn shown(&self, span: Range<u32>) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(span))
    }

    /// The first wrong byte within a span.
    pub fn first_within(&self, span: Range<u32>) -> Option<u32> {
        let at = self.wrong.partition_point(|&wrong| wrong < span.start);
        self.wrong.get(at).copied().filter(|&wrong| wrong < span.end)
    }

    /// The name with wrong bytes around or right behind an offset, if there is one: of all bytes beyond ASCII CPython
    /// first takes them to belong to a name. It begins at `earliest` or later.
    pub fn name_around(&self, at: u32, earliest: u32) -> Option<Span> {
        let is_part = |byte: &&u8| identifier::is_name_byte(**byte);
        let before = self.bytes(earliest..at).iter().rev().take_while(is_part).count() as u32;
        let behind = self.bytes(at..self.bytes.len() as u32).iter().take_while(is_part).count() as u32;
        let name = Span { start: at - before, end: at + behind };
        self.first_within(name.start..name.end).map(|_| name)
    }

    /// What Python's UTF-8 codec says of the wrong byte at an offset, when it decodes the bytes of a span.
    pub fn error(&self, wrong: u32, span: Range<u32>) -> Utf8Error {
        Utf8Error::of(self.bytes(0..span.end), wrong as usize, span.start as usize)
    }

    /// What CPython decodes together with a wrong byte of a string that is not raw: where there are escapes, what lies beyond
    /// ASCII piece by piece.
    pub fn decoded_with(&self, wrong: u32, contents: Range<u32>) -> Range<u32> {
        let Range { start, end } = contents;
        if !self.bytes(start..end).contains(&b'\\') {
            return start..end;
        }
        let is_part = |byte: &&u8| !byte.is_ascii();
        let before = self.bytes(start..wrong).iter().rev().take_while(is_part).count() as u32;
        let behind = self.bytes(wrong..end).iter().take_while(is_part).count() as u32;
        wrong - before..wrong + behind
    }
}

/// Why bytes are not UTF-8, in the words of Python's codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Utf8Error {
    first_byte: u8,
    /// Where the bytes are that begin no character.
    position: usize,
    last: usize,
    reason: &'static str,
}

impl Utf8Error {
    /// About the malformed sequence at an offset; positions are counted from another.
    pub(super) fn of(bytes: &[u8], at: usize, from: usize) -> Utf8Error {
        let rest = &bytes[at..];
        let first_byte = rest.first().copied().unwrap_or(0);
        let wanted = match first_byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 0,
        };
        // How many bytes begin a sequence that could still become a character.
        let mut valid = 1;
        while valid < wanted {
            let allowed = match (first_byte, valid) {
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
        Utf8Error { first_byte, position, last: position + valid - 1, reason }
    }
}

impl fmt::Display for Utf8Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Utf8Error { first_byte, position, last, reason } = *self;
        if last == position {
            write!(f, "'utf-8' codec can't decode byte 0x{first_byte:02x} in position {position}: {reason}")
        } else {
            write!(f, "'utf-8' codec can't decode bytes in position {position}-{last}: {reason}")
        }
    }
}

impl std::error::Error for Utf8Error {}

/// Text with stand-ins for the bytes that are not UTF-8.
#[cold]
pub(super) fn decode(
    bytes: &[u8],
    encoding: Option<String>,
    reading: Reading,
) -> Result<Source<'_>, DecodeError> {
    let (malformed, text) = Malformed::new(normalize_newlines(bytes).into_owned());
    if let (Reading::File, None, Some(&wrong)) = (reading, &encoding, malformed.wrong.first()) {
        let wrong = wrong as usize;
        if !has_error_before_line(&text, wrong) {
            let line = line_number(&text, wrong);
            return Err(DecodeErrorKind::Undeclared { byte: malformed.bytes[wrong], line }.into());
        }
    }
    let source = Source::new(Cow::Owned(text), encoding)?;
    Ok(Source { malformed: Some(Box::new(malformed)), ..source })
}

/// Whether the lexer stops before the line that holds an offset, and not only because the lines before it are not all.
fn has_error_before_line(text: &str, at: usize) -> bool {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let error = Lexer::new(&text[..line_start]).into_iter().find_map(Result::err);
    error.is_some_and(|error| {
        !matches!(
            error.kind,
            LexErrorKind::NeverClosed(_)
                | LexErrorKind::UnexpectedEndOfFile
                | LexErrorKind::UnterminatedTripleQuotedString { .. }
                | LexErrorKind::UnterminatedTripleQuotedFString { .. }
        )
    })
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
