//! Bytes of a source file to text: byte order mark, coding line (PEP 263), line ends.
//!
//! Python decodes sources in two places that complain differently: `compile()` of bytes, through which imports and
//! `compileall` go, and the reading of a script. [`Reading`] says which one is meant.

use std::borrow::Cow;
use std::fmt;

use crate::error::{Columns, ErrorLocation};
use crate::lexer::{Lexer, normalize_newlines};
use crate::token::TokenKind;
use crate::tokenize::{TokenizeError, write_repr};

mod charmaps;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// As what CPython reads the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Reading {
    /// Bytes in memory: `compile(data, …)`, imports, `py_compile`.
    #[default]
    Bytes,
    /// A script: `python FILE`.
    File,
}

/// A decoded source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The text, without byte order mark, its line ends all `\n`.
    pub text: Cow<'a, str>,
    /// The encoding that a coding line or a byte order mark names, as CPython normalises it; none if neither does.
    pub encoding: Option<String>,
    /// How CPython counts columns in errors about it.
    pub columns: Columns,
}

impl<'a> Source<'a> {
    /// Source text that was text from the start, as for `compile()` of a `str`.
    ///
    /// # Errors
    /// If it has null characters or is too long.
    pub fn from_text(text: &'a str) -> Result<Source<'a>, DecodeError> {
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Err(DecodeErrorKind::NullBytesInString.into());
        }
        Source::new(normalize_newlines(text), Some("utf-8".to_owned()))
    }

    fn new(text: Cow<'a, str>, encoding: Option<String>) -> Result<Source<'a>, DecodeError> {
        // Spans are 32 bits wide.
        if u32::try_from(text.len()).is_err() {
            return Err(DecodeErrorKind::TooLong.into());
        }
        let columns = if encoding.is_some() { Columns::CodePoints } else { Columns::Bytes };
        Ok(Source { text, encoding, columns })
    }
}

/// Why bytes are no source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// A coding line that names no encoding, in bytes.
    UnknownEncoding(String),
    /// A coding line that names no encoding, or one that cannot decode the file, in a script.
    EncodingProblem(String),
    /// A byte order mark (of UTF-8) and a coding line that names another encoding.
    BomMismatch(String),
    /// Bytes that the declared encoding does not have: the codec's own message.
    Codec(String),
    /// Bytes that are not UTF-8, within a token: the codec's message.
    InvalidUtf8(String),
    /// A byte that is not UTF-8, in a script that declares no encoding.
    Undeclared {
        /// The byte.
        byte: u8,
        /// Its line.
        line: u32,
    },
    /// A null character in a text or in bytes.
    NullBytesInString,
    /// A null character in a script.
    NullBytesInFile,
    /// 4 GiB or more.
    TooLong,
}

/// An error with its place, where CPython gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The attributes of the `SyntaxError`. CPython's says line 0 and column -1 where a coding line is at fault.
    pub location: Option<ErrorLocation>,
}

impl DecodeError {
    /// CPython's message, which may name the file.
    pub fn message(&self, filename: &str) -> String {
        match &self.kind {
            DecodeErrorKind::UnknownEncoding(name) => format!("unknown encoding: {name}"),
            DecodeErrorKind::EncodingProblem(name) => format!("encoding problem: {name}"),
            DecodeErrorKind::BomMismatch(name) => format!("encoding problem: {name} with BOM"),
            DecodeErrorKind::Codec(message) => message.clone(),
            DecodeErrorKind::InvalidUtf8(message) => format!("(unicode error) {message}"),
            DecodeErrorKind::Undeclared { byte, line } => format!(
                "Non-UTF-8 code starting with '\\x{byte:02x}' in file {filename} on line {line}, but no encoding \
                 declared; see https://peps.python.org/pep-0263/ for details"
            ),
            DecodeErrorKind::NullBytesInString => "source code string cannot contain null bytes".to_owned(),
            DecodeErrorKind::NullBytesInFile => "source code cannot contain null bytes".to_owned(),
            DecodeErrorKind::TooLong => "source code is too long".to_owned(),
        }
    }
}

impl From<DecodeErrorKind> for DecodeError {
    fn from(kind: DecodeErrorKind) -> Self {
        DecodeError { kind, location: None }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message("<string>"))
    }
}

impl std::error::Error for DecodeError {}

/// Decodes a source.
///
/// Bytes that are not UTF-8 within comments are, as in CPython, no error when [`Reading::Bytes`]: each becomes U+FFFD.
///
/// # Errors
/// If the encoding is unknown or contradicts the byte order mark, if it does not have the bytes, or if there are
/// null characters.
pub fn decode(bytes: &[u8], reading: Reading) -> Result<Source<'_>, DecodeError> {
    if reading == Reading::Bytes && memchr::memchr(0, bytes).is_some() {
        return Err(DecodeErrorKind::NullBytesInString.into());
    }
    let has_bom = bytes.starts_with(BOM);
    let body = if has_bom { &bytes[BOM.len()..] } else { bytes };
    let declared = declared_encoding(body);
    if let Some(name) = declared.as_deref().filter(|&name| has_bom && name != "utf-8") {
        let kind = DecodeErrorKind::BomMismatch(name.to_owned());
        return Err(nowhere(kind, reading));
    }
    let encoding = declared.or_else(|| has_bom.then(|| "utf-8".to_owned()));
    let text = match encoding.as_deref() {
        None | Some("utf-8") => match std::str::from_utf8(body) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => return decode_bad_utf8(body, encoding, reading),
        },
        Some(name) => match decode_with_codec(body, name) {
            Ok(text) => text,
            Err(_) if reading == Reading::File => {
                return Err(DecodeErrorKind::EncodingProblem(name.to_owned()).into());
            }
            Err(CodecError::Unknown) => {
                return Err(nowhere(DecodeErrorKind::UnknownEncoding(name.to_owned()), reading));
            }
            Err(CodecError::Malformed(message)) => {
                return Err(nowhere(DecodeErrorKind::Codec(message), reading));
            }
        },
    };
    if let Some(null) = memchr::memchr(0, text.as_bytes()) {
        let at = ErrorLocation::at(&text, null, Columns::CodePoints);
        let location = Some(ErrorLocation { offset: 0, end_offset: 0, ..at });
        return Err(DecodeError { kind: DecodeErrorKind::NullBytesInFile, location });
    }
    let text = match text {
        Cow::Borrowed(text) => normalize_newlines(text),
        Cow::Owned(text) => match normalize_newlines(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(normal) => Cow::Owned(normal),
        },
    };
    Source::new(text, encoding)
}

/// An error with the place that CPython gives before it has read a line.
fn nowhere(kind: DecodeErrorKind, reading: Reading) -> DecodeError {
    let before = ErrorLocation { lineno: 0, offset: -1, end_lineno: 0, end_offset: -1 };
    DecodeError { kind, location: (reading == Reading::Bytes).then_some(before) }
}

/// The encoding that one of the first two lines names, if they have but a comment: normalised as CPython does.
pub fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes;
    for _ in 0..2 {
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        let blank = line.iter().take_while(|&byte| matches!(byte, b' ' | b'\t' | b'\x0c')).count();
        match line.get(blank) {
            None => {}
            Some(b'#') => {
                if let Some(name) = encoding_in_comment(&line[blank..]) {
                    return Some(normal_encoding_name(name));
                }
            }
            // Code: the next line cannot declare anything.
            Some(_) => return None,
        }
        let line_end = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + line_end..)?;
    }
    None
}

/// What `coding[:=][ \t]*([-_.a-zA-Z0-9]+)` finds.
fn encoding_in_comment(comment: &[u8]) -> Option<&str> {
    for at in memchr::memmem::find_iter(comment, b"coding") {
        let rest = &comment[at + b"coding".len()..];
        let [b':' | b'=', rest @ ..] = rest else { continue };
        let blank = rest.iter().take_while(|&byte| matches!(byte, b' ' | b'\t')).count();
        let name = &rest[blank..];
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let length = name.iter().take_while(is_name).count();
        if length > 0 {
            return std::str::from_utf8(&name[..length]).ok();
        }
    }
    None
}

/// The names that CPython's tokenizer knows by heart, under one spelling; others as they are.
fn normal_encoding_name(name: &str) -> String {
    let start: String =
        name.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    let is =
        |known: &str| start.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    if is("utf-8") {
        "utf-8".to_owned()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".to_owned()
    } else {
        name.to_owned()
    }
}

/// Why a codec does not decode.
enum CodecError {
    /// There is no such codec here.
    Unknown,
    /// CPython's message about the bytes.
    Malformed(String),
}

/// The codec that goes by a name: lower case, runs of other characters than letters, digits and points as `_`.
fn codec_name(encoding: &str) -> String {
    let mut name = String::with_capacity(encoding.len());
    for c in encoding.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let find = |name: &str| {
        let at = charmaps::ALIASES.binary_search_by_key(&name, |&(alias, _)| alias).ok()?;
        Some(charmaps::ALIASES[at].1.to_owned())
    };
    find(&name).or_else(|| find(&name.replace('.', "_"))).unwrap_or(name)
}

fn decode_with_codec<'a>(bytes: &'a [u8], encoding: &str) -> Result<Cow<'a, str>, CodecError> {
    let codec = codec_name(encoding);
    match codec.as_str() {
        "utf_8" | "utf_8_sig" => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err(CodecError::Malformed(utf8_message(bytes, error.valid_up_to(), 0))),
        },
        "latin_1" => Ok(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect())),
        "ascii" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => Ok(String::from_utf8_lossy(bytes)),
            Some(at) => Err(CodecError::Malformed(format!(
                "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)",
                bytes[at]
            ))),
        },
        _ => {
            let Ok(found) = charmaps::CHARMAPS.binary_search_by_key(&codec.as_str(), |&(name, _)| name)
            else {
                return Err(CodecError::Unknown);
            };
            decode_charmap(bytes, charmaps::CHARMAPS[found].1).map(Cow::Owned)
        }
    }
}

fn decode_charmap(bytes: &[u8], upper_half: &str) -> Result<String, CodecError> {
    let upper_half: Vec<char> = upper_half.chars().collect();
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 4);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte.checked_sub(0x80) {
            None => text.push(char::from(byte)),
            Some(index) => match upper_half.get(index as usize) {
                Some(&c) if c != char::REPLACEMENT_CHARACTER => text.push(c),
                _ => {
                    return Err(CodecError::Malformed(format!(
                        "'charmap' codec can't decode byte 0x{byte:02x} in position {at}: character maps to <undefined>"
                    )));
                }
            },
        }
    }
    Ok(text)
}

/// What Python's UTF-8 codec says of the malformed sequence at an offset, with positions counted from another.
fn utf8_message(bytes: &[u8], at: usize, from: usize) -> String {
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
        let low_high = match (first, valid) {
            (0xE0, 1) => (0xA0, 0xBF),
            (0xED, 1) => (0x80, 0x9F),
            (0xF0, 1) => (0x90, 0xBF),
            (0xF4, 1) => (0x80, 0x8F),
            _ => (0x80, 0xBF),
        };
        match rest.get(valid) {
            Some(byte) if (low_high.0..=low_high.1).contains(byte) => valid += 1,
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

/// What becomes of a source that should be UTF-8 and is not.
///
/// CPython does not decode such a source as a whole but the tokens that are strings or names, so that wrong
/// bytes in comments pass in silence unless a file is read line by line.
#[cold]
fn decode_bad_utf8(
    bytes: &[u8],
    encoding: Option<String>,
    reading: Reading,
) -> Result<Source<'_>, DecodeError> {
    // One character for each wrong byte, as `errors="replace"` would not have it, but so that each can be found.
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut wrong: Vec<(usize, usize)> = Vec::new();
    let mut rest = bytes;
    while let Err(error) = std::str::from_utf8(rest) {
        let valid = error.valid_up_to();
        text.push_str(&String::from_utf8_lossy(&rest[..valid]));
        wrong.push((text.len(), bytes.len() - rest.len() + valid));
        text.push(char::REPLACEMENT_CHARACTER);
        rest = &rest[valid + 1..];
    }
    text.push_str(&String::from_utf8_lossy(rest));
    if reading == Reading::File
        && encoding.is_none()
        && let Some(&(in_text, in_bytes)) = wrong.first()
    {
        let kind = DecodeErrorKind::Undeclared {
            byte: bytes[in_bytes],
            line: ErrorLocation::at(&text, in_text, Columns::Bytes).lineno,
        };
        return Err(kind.into());
    }
    if let Some(error) = first_bad_token(&text, bytes, &wrong, encoding.is_some()) {
        return Err(error);
    }
    let text = normalize_newlines(&text).into_owned();
    Source::new(Cow::Owned(text), encoding)
}

/// The error about the first token, other than a comment, that has wrong bytes. `wrong` has their offsets in the
/// text and in the bytes.
fn first_bad_token(
    text: &str,
    bytes: &[u8],
    wrong: &[(usize, usize)],
    declared: bool,
) -> Option<DecodeError> {
    let mut lexer = Lexer::for_undecodable(text);
    loop {
        let token = lexer.next_token().ok()?;
        if token.kind == TokenKind::EndOfFile {
            return None;
        }
        if token.kind == TokenKind::Comment {
            continue;
        }
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        let Some(&(in_text, in_bytes)) = wrong.iter().find(|(at, _)| (start..end).contains(at)) else {
            continue;
        };
        // Each wrong byte takes three bytes of the text.
        let token_start_in_bytes = in_bytes - (in_text - start);
        // A string is decoded without its prefix and quotes.
        let quotes = match token.kind {
            TokenKind::String => string_opening(&text[start..end]),
            _ => 0,
        };
        let wrong_in_token = wrong.iter().filter(|(at, _)| (start..end).contains(at)).count();
        let token_end_in_bytes = token_start_in_bytes + (end - start) - 2 * wrong_in_token;
        let decoded_end = if quotes > 0 {
            token_end_in_bytes - quote_length(&text[start..end])
        } else {
            token_end_in_bytes
        };
        let message = utf8_message(&bytes[..decoded_end], in_bytes, token_start_in_bytes + quotes);
        let line_start = memchr::memrchr(b'\n', &text.as_bytes()[..start]).map_or(0, |newline| newline + 1);
        let at = ErrorLocation::at(text, start, if declared { Columns::CodePoints } else { Columns::Bytes });
        let location = if quotes > 0 {
            let width = (token_end_in_bytes - token_start_in_bytes) as i64;
            ErrorLocation { end_offset: at.offset + width, ..at }
        } else {
            // Names are checked as they are read, and the place is where reading stopped.
            let width = Columns::CodePoints.count(&text.as_bytes()[line_start..end]);
            ErrorLocation { offset: width, end_offset: -1, ..at }
        };
        return Some(DecodeError { kind: DecodeErrorKind::InvalidUtf8(message), location: Some(location) });
    }
}

/// The length of a string literal's prefix and opening quotes.
fn string_opening(literal: &str) -> usize {
    literal.find(['"', '\'']).unwrap_or(0) + quote_length(literal)
}

fn quote_length(literal: &str) -> usize {
    let quotes = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    if quotes.len() >= 6 && (quotes.starts_with("\"\"\"") || quotes.starts_with("'''")) { 3 } else { 1 }
}

/// A text as `tokenize` gets it, and what the `ENCODING` token calls its encoding.
pub(crate) struct SourceEncoding<'a> {
    pub(crate) name: String,
    pub(crate) text: Cow<'a, str>,
}

/// Decodes as `tokenize.detect_encoding` finds the encoding; line ends stay as they are.
pub(crate) fn decode_for_tokenize<'a>(
    bytes: &'a [u8],
    filename: &str,
) -> Result<SourceEncoding<'a>, TokenizeError> {
    let error = |message: String| TokenizeError { message, location: None };
    let has_bom = bytes.starts_with(BOM);
    let body = if has_bom { &bytes[BOM.len()..] } else { bytes };
    // Either line that is looked at must be UTF-8, whatever it says.
    let mut name = "utf-8".to_owned();
    let mut rest = body;
    for _ in 0..2 {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let (line, after) = rest.split_at(end);
        let Ok(line) = std::str::from_utf8(line) else {
            return Err(error(format!("invalid or missing encoding declaration for {}", repr(filename))));
        };
        let code = line.trim_start_matches([' ', '\t', '\x0c']);
        if let Some(found) = code.starts_with('#').then(|| encoding_in_comment(code.as_bytes())).flatten() {
            name = normal_encoding_name(found);
            if !is_known_codec(&name) {
                return Err(error(format!("unknown encoding for {}: {name}", repr(filename))));
            }
            if has_bom && name != "utf-8" {
                return Err(error(format!("encoding problem for {}: utf-8", repr(filename))));
            }
            break;
        }
        if !code.is_empty() && !code.starts_with(['#', '\r', '\n']) {
            break;
        }
        rest = after;
    }
    let text = match decode_with_codec(body, &name) {
        Ok(text) => text,
        Err(CodecError::Unknown) => {
            return Err(error(format!("unknown encoding for {}: {name}", repr(filename))));
        }
        Err(CodecError::Malformed(message)) => return Err(error(message)),
    };
    if let Some(null) = memchr::memchr(0, text.as_bytes()) {
        let line = ErrorLocation::at(&text, null, Columns::CodePoints).lineno;
        let message = "source code cannot contain null bytes".to_owned();
        return Err(TokenizeError { message, location: Some((line, 0)) });
    }
    Ok(SourceEncoding { name, text })
}

fn repr(text: &str) -> String {
    let mut out = String::new();
    write_repr(&mut out, text);
    out
}

fn is_known_codec(encoding: &str) -> bool {
    !matches!(decode_with_codec(b"", encoding), Err(CodecError::Unknown))
}
