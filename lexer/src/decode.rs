//! Bytes of a source file to text: byte order mark, coding line (PEP 263), line ends.
//!
//! Python decodes sources in two places that complain differently: `compile()` of bytes, through which imports and
//! `compileall` go, and the reading of a script. [`Reading`] says which one is meant.

use std::borrow::Cow;
use std::fmt;

use crate::error::{Columns, ErrorLocation};
use crate::lexer::normalize_newlines;
use crate::tokenize::{TokenizeError, write_repr};

mod charmaps;
mod malformed;
mod multibyte;

pub use malformed::{Malformed, Utf8Error};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// As what CPython reads the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Reading {
    /// Bytes in memory: `compile(data, …)`, imports, `py_compile`.
    #[default]
    Bytes,
    /// Bytes in memory that are no module: `compile(data, …, "eval")` and `"single"`. CPython does not add the line end that
    /// they may lack, and finds no coding in a line that has none.
    Fragment,
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
    /// The bytes, if they should be UTF-8 and are not. Whether that is an error depends on where the wrong ones are, and on
    /// what other errors there are: it is for the parser to say.
    pub malformed: Option<Box<Malformed>>,
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

    /// What a codec of Python has made of a source's bytes that declare an encoding: see [`input_of_codec`].
    ///
    /// # Errors
    /// If it is too long.
    pub fn from_codec(mut text: String, encoding: String) -> Result<Source<'a>, DecodeError> {
        // The source is a C string then.
        if let Some(null) = memchr::memchr(0, text.as_bytes()) {
            text.truncate(null);
        }
        Source::new(with_normal_newlines(Cow::Owned(text)), Some(encoding))
    }

    fn new(text: Cow<'a, str>, encoding: Option<String>) -> Result<Source<'a>, DecodeError> {
        // Spans are 32 bits wide.
        if u32::try_from(text.len()).is_err() {
            return Err(DecodeErrorKind::TooLong.into());
        }
        let columns = if encoding.is_some() { Columns::CodePoints } else { Columns::Bytes };
        Ok(Source { text, encoding, columns, malformed: None })
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
/// Bytes that are not UTF-8, where they should be, are no error yet: see [`Source::malformed`]. A script that declares no
/// encoding is an exception, as CPython checks its lines.
///
/// # Errors
/// If the encoding is unknown or contradicts the byte order mark, if it does not have the bytes, or if there are
/// null characters.
pub fn decode(bytes: &[u8], reading: Reading) -> Result<Source<'_>, DecodeError> {
    if reading != Reading::File && memchr::memchr(0, bytes).is_some() {
        return Err(DecodeErrorKind::NullBytesInString.into());
    }
    let has_bom = bytes.starts_with(BOM);
    let body = if has_bom { &bytes[BOM.len()..] } else { bytes };
    let declared = match reading {
        // Of what comes behind the last line end nothing is declared.
        Reading::Fragment => {
            declared_encoding(&body[..memchr::memrchr(b'\n', body).map_or(0, |end| end + 1)])
        }
        Reading::Bytes | Reading::File => declared_encoding(body),
    };
    if let Some(name) = declared.as_deref().filter(|&name| has_bom && name != "utf-8") {
        let kind = DecodeErrorKind::BomMismatch(name.to_owned());
        return Err(nowhere(kind, reading));
    }
    let encoding = declared.or_else(|| has_bom.then(|| "utf-8".to_owned()));
    let text = match encoding.as_deref() {
        None | Some("utf-8") => match std::str::from_utf8(body) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => return malformed::decode(body, encoding, reading),
        },
        Some(name) => match decode_lines(body, name, reading) {
            Ok(text) => text,
            Err(_) if reading == Reading::File => {
                return Err(DecodeErrorKind::EncodingProblem(name.to_owned()).into());
            }
            Err(CodecError::Unknown) => {
                return Err(nowhere(DecodeErrorKind::UnknownEncoding(name.to_owned()), reading));
            }
            Err(CodecError::NotText) => {
                let message = format!(
                    "'{name}' is not a text encoding; use codecs.decode() to handle arbitrary codecs"
                );
                return Err(nowhere(DecodeErrorKind::Codec(message), reading));
            }
            Err(CodecError::Malformed(message)) => {
                return Err(nowhere(DecodeErrorKind::Codec(message), reading));
            }
        },
    };
    if reading == Reading::File
        && let Some(null) = memchr::memchr(0, text.as_bytes())
    {
        let at = ErrorLocation::at(&text, null, Columns::CodePoints);
        let location = Some(ErrorLocation { offset: 0, end_offset: 0, ..at });
        return Err(DecodeError { kind: DecodeErrorKind::NullBytesInFile, location });
    }
    Source::new(with_normal_newlines(text), encoding)
}

fn with_normal_newlines(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => normalize_newlines(text),
        Cow::Owned(text) => match normalize_newlines(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(normal) => Cow::Owned(normal),
        },
    }
}

/// What CPython hands the codec that a source in memory declares: its bytes with other line ends and, those of a module,
/// one at the end. The codec counts in those.
pub fn input_of_codec(bytes: &[u8], reading: Reading) -> Vec<u8> {
    let mut bytes = malformed::normalize_newlines(bytes.strip_prefix(BOM).unwrap_or(bytes)).into_owned();
    if reading == Reading::Bytes && bytes.last().is_some_and(|&last| last != b'\n') {
        bytes.push(b'\n');
    }
    bytes
}

/// An error with the place that CPython gives before it has read a line.
fn nowhere(kind: DecodeErrorKind, reading: Reading) -> DecodeError {
    let before = ErrorLocation { lineno: 0, offset: -1, end_lineno: 0, end_offset: -1 };
    DecodeError { kind, location: (reading != Reading::File).then_some(before) }
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
    /// There is one in Python, but it does not make text.
    NotText,
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

fn decode_lines<'a>(bytes: &'a [u8], encoding: &str, reading: Reading) -> Result<Cow<'a, str>, CodecError> {
    let lacks_line_end = bytes.last().is_some_and(|&last| last != b'\n');
    if lacks_line_end || memchr::memchr(b'\r', bytes).is_some() {
        let bytes = input_of_codec(bytes, reading);
        let mut text = decode_with_codec(&bytes, encoding)?.into_owned();
        if reading == Reading::Bytes && lacks_line_end {
            text.pop();
        }
        return Ok(Cow::Owned(text));
    }
    decode_with_codec(bytes, encoding)
}

fn decode_with_codec<'a>(bytes: &'a [u8], encoding: &str) -> Result<Cow<'a, str>, CodecError> {
    let codec = codec_name(encoding);
    match codec.as_str() {
        "utf_8" | "utf_8_sig" => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => {
                let error = Utf8Error::of(bytes, error.valid_up_to(), 0);
                Err(CodecError::Malformed(error.to_string()))
            }
        },
        "latin_1" => Ok(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect())),
        "ascii" => match bytes.iter().position(|byte| !byte.is_ascii()) {
            None => Ok(String::from_utf8_lossy(bytes)),
            Some(at) => Err(CodecError::Malformed(format!(
                "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)",
                bytes[at]
            ))),
        },
        "base64" | "base64_codec" | "base_64" | "bz2" | "bz2_codec" | "hex" | "hex_codec" | "quopri"
        | "quopri_codec" | "quoted_printable" | "quotedprintable" | "rot13" | "rot_13" | "uu"
        | "uu_codec" | "zip" | "zlib" | "zlib_codec" => Err(CodecError::NotText),
        _ => {
            if let Some(text) = multibyte::decode(bytes, &codec) {
                return text.map(Cow::Owned);
            }
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
        Err(CodecError::Unknown | CodecError::NotText) => {
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
