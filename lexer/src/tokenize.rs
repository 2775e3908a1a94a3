//! Tokens as the module `tokenize` has them, for `pvm tokens` and for the `_tokenize` module of a vm.
//!
//! Since 3.12 CPython's `tokenize` is its own tokenizer in a tolerant mode, with positions made from its buffers.
//! This follows it in all that can be seen, quirks included.

use std::fmt::{self, Write as _};

use crate::decode::{self, SourceEncoding};
use crate::error::{Columns, LexError, LexErrorKind, line_number};
use crate::lexer::{Lexer, Purpose};
use crate::token::TokenKind;
use crate::unicode::is_printable;

/// A line, from 1, and a column in code points, from 0.
pub type Position = (u32, u32);

/// A token as `tokenize.TokenInfo` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenInfo<'a> {
    /// The kind; none for the `ENCODING` token, which comes first.
    pub kind: Option<TokenKind>,
    /// Its text.
    pub string: &'a str,
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// The physical lines that it is on.
    pub line: &'a str,
}

impl TokenInfo<'_> {
    /// The name of `type`.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Some(kind) if kind.is_operator() || kind == TokenKind::Unknown => "OP",
            _ => self.exact_type_name(),
        }
    }

    /// The name of `exact_type`.
    pub fn exact_type_name(&self) -> &'static str {
        match self.kind {
            None => "ENCODING",
            // The one spelling of an operator that `token.EXACT_TOKEN_TYPES` lacks.
            Some(TokenKind::NotEqual) if self.string == "<>" => "OP",
            Some(kind) => kind.cpython_name(),
        }
    }
}

/// Why a source cannot be tokenized: what `python -m tokenize` prints behind the file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenizeError {
    /// The words.
    pub message: String,
    /// Line and column, if it has a place.
    pub location: Option<(u32, i64)>,
}

impl fmt::Display for TokenizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TokenizeError {}

/// A source's tokens, one by one.
pub struct Tokenizer<'a> {
    lexer: Lexer<'a>,
    line: LineCursor<'a>,
    done: bool,
}

impl<'a> Tokenizer<'a> {
    /// Tokenizes decoded text, whose line ends stand as in the file. There is no `ENCODING` token.
    pub fn new(text: &'a str) -> Self {
        Tokenizer {
            lexer: Lexer::with_purpose(text, Purpose::Tokenize),
            line: LineCursor { text, start: 0, number: 1, column_at: (0, 0) },
            done: false,
        }
    }

    fn token_info(&mut self) -> Result<TokenInfo<'a>, TokenizeError> {
        let text = self.lexer.source();
        let token = self.lexer.next_token().map_err(|error| tokenize_error(&error, &self.lexer))?;
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        let string = &text[start..end];
        self.done = token.kind == TokenKind::EndOfFile;
        if self.done || (token.kind == TokenKind::Dedent && start == text.len()) {
            let lines = text.lines().count() as u32;
            let position = (lines + 1, 0);
            return Ok(TokenInfo {
                kind: Some(token.kind),
                string,
                start: position,
                end: position,
                line: "",
            });
        }
        self.line.advance(start);
        let first = self.line;
        let start_position = (first.number, self.line.column(start));
        let end_position = match token.kind {
            TokenKind::Newline | TokenKind::NonLogicalNewline => {
                let width = if string == "\r" { 2 } else { string.len().max(1) };
                (first.number, start_position.1 + width as u32)
            }
            _ => {
                self.line.advance(end);
                let column = if self.line.number == first.number {
                    self.line.column(end)
                } else {
                    // CPython cuts as many bytes off the token's first line as it has on its last.
                    let cut = first.start + (end - self.line.start);
                    Columns::CodePoints.count(&text.as_bytes()[first.start..cut]) as u32
                };
                (self.line.number, column)
            }
        };
        let line = &text[first.start..self.line.end()];
        Ok(TokenInfo { kind: Some(token.kind), string, start: start_position, end: end_position, line })
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Result<TokenInfo<'a>, TokenizeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let token = self.token_info();
        self.done |= token.is_err();
        Some(token)
    }
}

/// The line that holds an offset, for offsets that only grow.
#[derive(Clone, Copy)]
struct LineCursor<'a> {
    text: &'a str,
    start: usize,
    number: u32,
    /// An offset on the line and its column.
    column_at: (usize, u32),
}

impl LineCursor<'_> {
    fn advance(&mut self, to: usize) {
        for newline in memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.column_at.0..to]) {
            self.number += 1;
            self.start = self.column_at.0 + newline + 1;
        }
        if self.start > self.column_at.0 {
            self.column_at = (self.start, 0);
        }
    }

    /// The column of an offset, to which it advances.
    fn column(&mut self, at: usize) -> u32 {
        let (from, column) = self.column_at;
        let column = column + Columns::CodePoints.count(&self.text.as_bytes()[from..at]) as u32;
        self.column_at = (at, column);
        column
    }

    fn end(&self) -> usize {
        let rest = &self.text.as_bytes()[self.start..];
        memchr::memchr(b'\n', rest).map_or(self.text.len(), |newline| self.start + newline + 1)
    }
}

fn tokenize_error(error: &LexError, lexer: &Lexer<'_>) -> TokenizeError {
    let text = lexer.source();
    let at = error.location(text, Columns::CodePoints);
    let place = |message: &str, line, column| TokenizeError {
        message: message.to_owned(),
        location: Some((line, column)),
    };
    let last_line = line_number(text, text.strip_suffix('\n').unwrap_or(text).len());
    match error.kind {
        LexErrorKind::UnterminatedTripleQuotedString { .. } => {
            place("EOF in multi-line string", at.lineno, at.offset)
        }
        LexErrorKind::NeverClosed(_) | LexErrorKind::UnexpectedEndOfFile => {
            let lacks_line_end = usize::from(!text.ends_with('\n'));
            let width =
                if lexer.ended_within_token { text.len() - lexer.line_start + lacks_line_end } else { 0 };
            place("unexpected EOF in multi-line statement", last_line, width as i64)
        }
        // CPython has read the line by then and points behind its end, counting from where its buffer begins.
        LexErrorKind::UnexpectedAfterLineContinuation { .. }
        | LexErrorKind::InconsistentTabs
        | LexErrorKind::TooDeep => {
            let rest = &text.as_bytes()[error.span.start as usize..];
            let line_end = error.span.start as usize + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let read = &text.as_bytes()[lexer.line_start..line_end];
            place(&error.to_string(), at.lineno, Columns::CodePoints.count(read) + 1)
        }
        kind => place(&kind.to_string(), at.lineno, at.offset),
    }
}

/// What `python -m tokenize` (with `-e` if `exact`) prints for a source.
///
/// # Errors
/// If it cannot be decoded or tokenized: nothing is printed then.
pub fn listing(bytes: &[u8], filename: &str, exact: bool) -> Result<String, TokenizeError> {
    let SourceEncoding { name, text } = decode::decode_for_tokenize(bytes, filename)?;
    let mut out = String::with_capacity(text.len() * 8);
    let encoding = TokenInfo { kind: None, string: &name, start: (0, 0), end: (0, 0), line: "" };
    write_token(&mut out, &encoding, exact);
    for token in Tokenizer::new(&text) {
        write_token(&mut out, &token?, exact);
    }
    Ok(out)
}

fn write_token(out: &mut String, token: &TokenInfo<'_>, exact: bool) {
    let ((line, column), (end_line, end_column)) = (token.start, token.end);
    let from = out.len();
    // Writing to a `String` does not fail.
    let _ = write!(out, "{line},{column}-{end_line},{end_column}:");
    pad(out, from, 20);
    let from = out.len();
    out.push_str(if exact { token.exact_type_name() } else { token.type_name() });
    pad(out, from, 15);
    let from = out.len();
    write_repr(out, token.string);
    pad(out, from, 15);
    out.push('\n');
}

/// Fills what was written since an offset up to a width in characters.
fn pad(out: &mut String, from: usize, width: usize) {
    for _ in out[from..].chars().count()..width {
        out.push(' ');
    }
}

/// Appends Python's `repr` of a string.
pub fn write_repr(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if c == quote => {
                out.push('\\');
                out.push(c);
            }
            _ if is_printable(c) => out.push(c),
            _ => {
                let _ = match u32::from(c) {
                    code @ 0..=0xFF => write!(out, "\\x{code:02x}"),
                    code @ 0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}
