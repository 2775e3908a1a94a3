//! The templates of `str.format`: literal text with replacement fields.
//!
//! ```text
//!   "a{0.name[key]!r:>{width}}b"
//!      ^ ^^^^^^^^^ ^ ^^^^^^^^
//!  first accessors conversion  specification, which may hold fields itself
//! ```

use std::ops::Range;

use super::parse_integer;
use crate::text::{StrRef, TextError};

/// How deep specifications may nest in replacement fields.
pub const MAX_NESTING: u32 = 2;

/// The error for specifications nested deeper than [`MAX_NESTING`].
#[cold]
pub fn nested_too_deep() -> TextError {
    TextError::value("Max string recursion exceeded")
}

/// A stretch of literal text and the replacement field after it, if one follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The literal text.
    pub literal: Range<usize>,
    /// The field.
    pub field: Option<Field>,
}

/// A replacement field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name with its accessors.
    pub name: Range<usize>,
    /// The character after `!`.
    pub conversion: Option<u32>,
    /// The format specification, empty if there is none.
    pub spec: Range<usize>,
    /// Whether the specification has replacement fields itself.
    pub spec_has_fields: bool,
}

/// Takes a template apart, from the left, so that what comes before an error has been seen.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    text: StrRef<'a>,
    at: usize,
}

const OPEN: u32 = b'{' as u32;
const CLOSE: u32 = b'}' as u32;

impl<'a> Template<'a> {
    /// Ranges in pieces are positions in `text`.
    pub fn new(text: StrRef<'a>) -> Self {
        Template { text, at: 0 }
    }

    fn peek(&self) -> Option<u32> {
        self.text.get(self.at)
    }

    fn bump(&mut self) -> Option<u32> {
        let code = self.peek()?;
        self.at += 1;
        Some(code)
    }

    fn next_piece(&mut self) -> Result<Option<Piece>, TextError> {
        let start = self.at;
        if self.peek().is_none() {
            return Ok(None);
        }
        let brace = loop {
            match self.bump() {
                Some(code @ (OPEN | CLOSE)) => break code,
                Some(_) => {}
                None => return Ok(Some(Piece { literal: start..self.at, field: None })),
            }
        };
        let brace_at = self.at - 1;
        if self.peek() == Some(brace) {
            // Doubled: the first belongs to the literal, the second is dropped.
            self.at += 1;
            return Ok(Some(Piece { literal: start..brace_at + 1, field: None }));
        }
        if brace == CLOSE {
            return Err(TextError::value("Single '}' encountered in format string"));
        }
        if self.peek().is_none() {
            return Err(TextError::value("Single '{' encountered in format string"));
        }
        let field = self.field()?;
        Ok(Some(Piece { literal: start..brace_at, field: Some(field) }))
    }

    /// A field after its opening brace.
    fn field(&mut self) -> Result<Field, TextError> {
        let start = self.at;
        let missing_close = || TextError::value("expected '}' before end of string");
        let end = loop {
            match self.bump().and_then(char::from_u32) {
                Some('{') => return Err(TextError::value("unexpected '{' in field name")),
                Some('[') => {
                    while self.peek().is_some_and(|code| code != u32::from(b']')) {
                        self.at += 1;
                    }
                }
                Some(end @ ('}' | ':' | '!')) => break end,
                None if self.at >= self.text.len() => return Err(missing_close()),
                _ => {}
            }
        };
        let name = start..self.at - 1;
        let mut field = Field { name, conversion: None, spec: 0..0, spec_has_fields: false };
        if end == '}' {
            return Ok(field);
        }
        if end == '!' {
            let none = || TextError::value("end of string while looking for conversion specifier");
            field.conversion = Some(self.bump().ok_or_else(none)?);
            match self.bump() {
                Some(CLOSE) => return Ok(field),
                None => {}
                Some(code) if code == u32::from(b':') => {}
                Some(_) => return Err(TextError::value("expected ':' after conversion specifier")),
            }
        }
        let start = self.at;
        let mut depth = 1u32;
        loop {
            match self.bump() {
                Some(OPEN) => {
                    field.spec_has_fields = true;
                    depth += 1;
                }
                Some(CLOSE) => {
                    depth -= 1;
                    if depth == 0 {
                        field.spec = start..self.at - 1;
                        return Ok(field);
                    }
                }
                Some(_) => {}
                None => return Err(TextError::value("unmatched '{' in format spec")),
            }
        }
    }
}

impl Iterator for Template<'_> {
    type Item = Result<Piece, TextError>;
    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.next_piece();
        if piece.is_err() {
            self.at = self.text.len();
        }
        piece.transpose()
    }
}

/// Which argument a field begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// A positional argument.
    Index(usize),
    /// A keyword argument, by its name's range in the template.
    Keyword(Range<usize>),
    /// The next positional argument: the name is empty.
    Next,
}

/// A step from the first argument to the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accessor {
    /// `.name`
    Attribute(Range<usize>),
    /// `[number]`
    Index(usize),
    /// `[anything else]`
    Key(Range<usize>),
}

/// Splits a field's name into its first part and the accessors after it.
pub fn split_name(text: StrRef<'_>, name: Range<usize>) -> Result<(First, Accessors<'_>), TextError> {
    let is_accessor = |code: u32| matches!(code, 0x2E | 0x5B);
    let len = text.view(name.clone()).code_points().take_while(|code| !is_accessor(*code)).count();
    let first = name.start..name.start + len;
    let index = whole_integer(text, &first)?;
    let first = match index {
        Some(index) => First::Index(index),
        None if len == 0 => First::Next,
        None => First::Keyword(first),
    };
    Ok((first, Accessors { text, at: name.start + len, end: name.end }))
}

/// The range as a number if it is nothing but digits.
fn whole_integer(text: StrRef<'_>, range: &Range<usize>) -> Result<Option<usize>, TextError> {
    let mut at = range.start;
    let value = parse_integer(text, &mut at, range.end)?;
    Ok(value.filter(|_| at == range.end))
}

/// The accessors of a field, from the left.
#[derive(Clone, Debug)]
pub struct Accessors<'a> {
    text: StrRef<'a>,
    at: usize,
    end: usize,
}

impl Accessors<'_> {
    fn next_accessor(&mut self) -> Result<Accessor, TextError> {
        let opening = self.text.get(self.at);
        self.at += 1;
        let start = self.at;
        let rest = self.text.view(start..self.end);
        let empty = || TextError::value("Empty attribute in format string");
        match opening.and_then(char::from_u32) {
            Some('.') => {
                let len = rest.code_points().take_while(|code| !matches!(code, 0x2E | 0x5B)).count();
                self.at = start + len;
                if len == 0 {
                    return Err(empty());
                }
                Ok(Accessor::Attribute(start..self.at))
            }
            Some('[') => {
                let close = rest.find_code(u32::from(b']'));
                let len = close.ok_or_else(|| TextError::value("Missing ']' in format string"))?;
                self.at = start + len + 1;
                let key = start..start + len;
                if let Some(index) = whole_integer(self.text, &key)? {
                    return Ok(Accessor::Index(index));
                }
                if len == 0 {
                    return Err(empty());
                }
                Ok(Accessor::Key(key))
            }
            _ => Err(TextError::value("Only '.' or '[' may follow ']' in format field specifier")),
        }
    }
}

impl Iterator for Accessors<'_> {
    type Item = Result<Accessor, TextError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let accessor = self.next_accessor();
        if accessor.is_err() {
            self.at = self.end;
        }
        Some(accessor)
    }
}

/// Gives numbers to the fields that have none, and refuses mixtures.
#[derive(Clone, Copy, Debug, Default)]
pub struct AutoNumber {
    state: Option<Numbering>,
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    Automatic,
    Manual,
}

impl AutoNumber {
    /// Replaces [`First::Next`] by a number.
    pub fn resolve(&mut self, first: First) -> Result<First, TextError> {
        let numbering = match first {
            First::Keyword(_) => return Ok(first),
            First::Next => Numbering::Automatic,
            First::Index(_) => Numbering::Manual,
        };
        match (*self.state.get_or_insert(numbering), numbering) {
            (Numbering::Manual, Numbering::Automatic) => Err(TextError::value(
                "cannot switch from manual field specification to automatic field numbering",
            )),
            (Numbering::Automatic, Numbering::Manual) => Err(TextError::value(
                "cannot switch from automatic field numbering to manual field specification",
            )),
            (_, Numbering::Manual) => Ok(first),
            (_, Numbering::Automatic) => {
                self.next += 1;
                Ok(First::Index(self.next - 1))
            }
        }
    }
}

/// The error for a conversion other than `r`, `s` and `a`.
#[cold]
pub fn unknown_conversion(conversion: u32) -> TextError {
    TextError::value(match char::from_u32(conversion) {
        Some(c @ '!'..='~') => format!("Unknown conversion specifier {c}"),
        _ => format!("Unknown conversion specifier \\x{conversion:x}"),
    })
}
