//! What can be wrong with the text of a program, with CPython's words and CPython's positions.

use std::fmt;

use crate::Span;
use crate::unicode::is_printable;

/// The class of exception that CPython raises for an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// `SyntaxError`
    Syntax,
    /// `IndentationError`, a kind of `SyntaxError`
    Indentation,
    /// `TabError`, a kind of `IndentationError`
    Tab,
}

impl ErrorClass {
    /// The name of the exception's type.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorClass::Syntax => "SyntaxError",
            ErrorClass::Indentation => "IndentationError",
            ErrorClass::Tab => "TabError",
        }
    }
}

/// The base of a numeric literal, as messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// Digits, with or without fraction and exponent.
    Decimal,
    /// `0x…`
    Hexadecimal,
    /// `0o…`
    Octal,
    /// `0b…`
    Binary,
    /// Ends in `j`.
    Imaginary,
}

impl NumberKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            NumberKind::Decimal => "decimal",
            NumberKind::Hexadecimal => "hexadecimal",
            NumberKind::Octal => "octal",
            NumberKind::Binary => "binary",
            NumberKind::Imaginary => "imaginary",
        }
    }
}

/// Why the lexer stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LexErrorKind {
    /// A `'…'` string that meets the end of its line.
    UnterminatedString {
        /// The line, from 1, on which it was noticed.
        detected: u32,
    },
    /// A `'''…'''` string that meets the end of the source.
    UnterminatedTripleQuotedString {
        /// The last line.
        detected: u32,
    },
    /// As [`UnterminatedString`](Self::UnterminatedString), of an f-string.
    UnterminatedFString {
        /// The line, from 1, on which it was noticed.
        detected: u32,
    },
    /// As [`UnterminatedTripleQuotedString`](Self::UnterminatedTripleQuotedString), of an f-string.
    UnterminatedTripleQuotedFString {
        /// The last line.
        detected: u32,
    },
    /// A string without end inside a replacement field, with the quotes of the f-string around it: most
    /// likely the field lacks its brace.
    FStringExpectingBrace,
    /// A `}` in the text of an f-string.
    FStringSingleBrace,
    /// A closing bracket that closes nothing inside its replacement field.
    FStringUnmatched(char),
    /// Replacement fields in format specifications in replacement fields, too deep.
    FStringNestedTooDeeply,
    /// F-strings within f-strings, too deep.
    TooManyNestedFStrings,
    /// A numeric literal that breaks off or runs into a letter.
    InvalidNumber(NumberKind),
    /// A digit that the literal's base does not have.
    InvalidDigit {
        /// The digit.
        digit: char,
        /// The literal.
        number: NumberKind,
    },
    /// A decimal literal such as `0777`.
    LeadingZeros,
    /// A character that no token has.
    InvalidCharacter(char),
    /// Something other than a line end after a backslash.
    UnexpectedAfterLineContinuation {
        /// Offset of the first of the lines that backslashes (or a string) join into this one: CPython's
        /// column counts from there.
        line_start: u32,
    },
    /// The source ends after a backslash.
    UnexpectedEndOfFile,
    /// The source ends inside this bracket.
    NeverClosed(char),
    /// A closing bracket without an opening one.
    Unmatched(char),
    /// A closing bracket of another sort than the innermost open one.
    MismatchedBracket {
        /// The closing bracket.
        closing: char,
        /// The bracket that is open.
        opening: char,
        /// Its line, where that is another.
        opening_line: Option<u32>,
    },
    /// Brackets within brackets, too deep.
    TooManyNestedBrackets,
    /// A line indented less than the one before, but as no line before it.
    UnindentMismatch,
    /// Indentation that means different things for different widths of a tab.
    InconsistentTabs,
    /// Blocks within blocks, too deep.
    TooDeep,
}

impl LexErrorKind {
    /// The class of exception that it is.
    pub const fn class(&self) -> ErrorClass {
        match self {
            LexErrorKind::UnindentMismatch | LexErrorKind::TooDeep => ErrorClass::Indentation,
            LexErrorKind::InconsistentTabs => ErrorClass::Tab,
            _ => ErrorClass::Syntax,
        }
    }
}

impl fmt::Display for LexErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            LexErrorKind::UnterminatedString { detected } => {
                write!(f, "unterminated string literal (detected at line {detected})")
            }
            LexErrorKind::UnterminatedTripleQuotedString { detected } => {
                write!(f, "unterminated triple-quoted string literal (detected at line {detected})")
            }
            LexErrorKind::UnterminatedFString { detected } => {
                write!(f, "unterminated f-string literal (detected at line {detected})")
            }
            LexErrorKind::UnterminatedTripleQuotedFString { detected } => {
                write!(f, "unterminated triple-quoted f-string literal (detected at line {detected})")
            }
            LexErrorKind::FStringExpectingBrace => f.write_str("f-string: expecting '}'"),
            LexErrorKind::FStringSingleBrace => f.write_str("f-string: single '}' is not allowed"),
            LexErrorKind::FStringUnmatched(c) => write!(f, "f-string: unmatched '{c}'"),
            LexErrorKind::FStringNestedTooDeeply => f.write_str("f-string: expressions nested too deeply"),
            LexErrorKind::TooManyNestedFStrings => f.write_str("too many nested f-strings"),
            LexErrorKind::InvalidNumber(number) => write!(f, "invalid {} literal", number.name()),
            LexErrorKind::InvalidDigit { digit, number } => {
                write!(f, "invalid digit '{digit}' in {} literal", number.name())
            }
            LexErrorKind::LeadingZeros => f.write_str(
                "leading zeros in decimal integer literals are not permitted; \
                 use an 0o prefix for octal integers",
            ),
            LexErrorKind::InvalidCharacter(c) if is_printable(c) => {
                write!(f, "invalid character '{c}' (U+{:04X})", u32::from(c))
            }
            LexErrorKind::InvalidCharacter(c) => {
                write!(f, "invalid non-printable character U+{:04X}", u32::from(c))
            }
            LexErrorKind::UnexpectedAfterLineContinuation { .. } => {
                f.write_str("unexpected character after line continuation character")
            }
            LexErrorKind::UnexpectedEndOfFile => f.write_str("unexpected EOF while parsing"),
            LexErrorKind::NeverClosed(c) => write!(f, "'{c}' was never closed"),
            LexErrorKind::Unmatched(c) => write!(f, "unmatched '{c}'"),
            LexErrorKind::MismatchedBracket { closing, opening, opening_line } => {
                write!(f, "closing parenthesis '{closing}' does not match opening parenthesis '{opening}'")?;
                opening_line.map_or(Ok(()), |line| write!(f, " on line {line}"))
            }
            LexErrorKind::TooManyNestedBrackets => f.write_str("too many nested parentheses"),
            LexErrorKind::UnindentMismatch => {
                f.write_str("unindent does not match any outer indentation level")
            }
            LexErrorKind::InconsistentTabs => {
                f.write_str("inconsistent use of tabs and spaces in indentation")
            }
            LexErrorKind::TooDeep => f.write_str("too many levels of indentation"),
        }
    }
}

/// An error with the text that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LexError {
    /// What is wrong.
    pub kind: LexErrorKind,
    /// Where: `start` is the place that CPython reports, `end` the end of the text that explains it.
    pub span: Span,
}

impl LexError {
    /// The position that CPython's exception carries, given the source that was lexed and how CPython counts
    /// its columns.
    pub fn location(&self, source: &str, columns: Columns) -> ErrorLocation {
        let at = (self.span.start as usize).min(source.len());
        match self.kind {
            LexErrorKind::LeadingZeros => {
                // Here CPython forgets to turn bytes into characters.
                let (line_start, lineno) = line_of(source, at);
                let offset = (at - line_start) as i64 + 1;
                let end_offset = offset + i64::from(self.span.end - self.span.start) - 1;
                ErrorLocation { lineno, offset, end_lineno: lineno, end_offset }
            }
            LexErrorKind::UnexpectedAfterLineContinuation { line_start } => {
                let joined = source.as_bytes().get(line_start as usize..at).unwrap_or_default();
                let offset = columns.count(joined) + 1;
                ErrorLocation { offset, end_offset: 0, ..ErrorLocation::at(source, at, columns) }
            }
            LexErrorKind::NeverClosed(_) => {
                ErrorLocation { end_offset: 0, ..ErrorLocation::at(source, at, columns) }
            }
            LexErrorKind::InconsistentTabs | LexErrorKind::TooDeep => {
                ErrorLocation { offset: 1, end_offset: 0, ..ErrorLocation::at(source, at, columns) }
            }
            // CPython has read the whole line by then, and points behind it and its line end.
            LexErrorKind::UnindentMismatch => ErrorLocation::at_line_end(source, at, columns),
            LexErrorKind::UnexpectedEndOfFile => {
                ErrorLocation::at_line_end(source, source.trim_end_matches('\n').len(), columns)
            }
            // CPython counts these itself, in characters at all times.
            _ => ErrorLocation::at(source, at, Columns::CodePoints),
        }
    }
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for LexError {}

/// In what CPython counts the columns of most syntax errors.
///
/// Its parser counts bytes, and turns them into characters only if it knows the source's encoding: for a `str`, and
/// for bytes with a BOM or a coding line. For bytes without either, bytes are what programs get to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Columns {
    /// Characters.
    #[default]
    CodePoints,
    /// Bytes of UTF-8.
    Bytes,
}

impl Columns {
    /// The width of a piece of a line.
    pub fn count(self, text: &[u8]) -> i64 {
        match self {
            Columns::CodePoints => code_points(text),
            Columns::Bytes => text.len() as i64,
        }
    }
}

/// Where an exception says that the error is: the attributes of `SyntaxError`, with their quirks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorLocation {
    /// Line, from 1.
    pub lineno: u32,
    /// Column in code points, from 1; 0 or -1 where CPython knows no better.
    pub offset: i64,
    /// Last line, from 1.
    pub end_lineno: u32,
    /// Column after the last, in code points, from 1; 0 or -1 where CPython knows no better.
    pub end_offset: i64,
}

impl ErrorLocation {
    /// A point in the source.
    pub fn at(source: &str, byte: usize, columns: Columns) -> ErrorLocation {
        let (line_start, lineno) = line_of(source, byte);
        let offset = columns.count(&source.as_bytes()[line_start..byte]) + 1;
        ErrorLocation { lineno, offset, end_lineno: lineno, end_offset: offset }
    }

    /// Behind the line end of the line that holds a byte.
    fn at_line_end(source: &str, byte: usize, columns: Columns) -> ErrorLocation {
        let (line_start, lineno) = line_of(source, byte);
        let rest = &source.as_bytes()[line_start..];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        ErrorLocation { lineno, offset: columns.count(line) + 1, end_lineno: lineno, end_offset: -1 }
    }
}

/// The start of the line that holds a byte, and its number.
fn line_of(source: &str, byte: usize) -> (usize, u32) {
    let before = &source.as_bytes()[..byte];
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    (start, line_number(source, byte))
}

/// The number, from 1, of the line that holds a byte.
pub(crate) fn line_number(source: &str, byte: usize) -> u32 {
    memchr::memchr_iter(b'\n', &source.as_bytes()[..byte]).count() as u32 + 1
}

/// How many code points begin in these bytes of UTF-8.
fn code_points(bytes: &[u8]) -> i64 {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as i64
}

/// What CPython warns of while it reads tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LexWarningKind {
    /// A numeric literal with a keyword right after it, as `1if`: SyntaxWarning.
    NumberBeforeKeyword(NumberKind),
    /// `\{` or `\}` in an f-string: SyntaxWarning.
    InvalidEscape(char),
}

impl fmt::Display for LexWarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            LexWarningKind::NumberBeforeKeyword(number) => write!(f, "invalid {} literal", number.name()),
            LexWarningKind::InvalidEscape(c) => write!(f, "invalid escape sequence '\\{c}'"),
        }
    }
}

/// A `SyntaxWarning` with the text that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LexWarning {
    /// What it warns of.
    pub kind: LexWarningKind,
    /// The place: where that is an error instead, CPython reports `start` as it does for a [`LexError`].
    pub span: Span,
}
