//! String literals, and the text of f-strings (PEP 701).

use crate::chunk;
use crate::error::{LexErrorKind, LexWarning, LexWarningKind, line_number};
use crate::lexer::{Lexer, Mode, Purpose, RawToken, span};
use crate::token::{Span, TokenKind};

/// F-strings can nest this deep, counting the ordinary tokens around them as one.
const MAX_FSTRINGS: usize = 150;
/// A format specification can hold fields, which can have format specifications: this deep.
const MAX_FIELDS: i8 = 3;

/// What the letters before a quote make of a string.
#[derive(Clone, Copy)]
pub(crate) enum StringPrefix {
    FString { raw: bool },
    Other,
}

impl StringPrefix {
    /// The meaning of a prefix; `None` if it is none, so that it is a name next to a string.
    pub(crate) fn of(text: &[u8]) -> Option<StringPrefix> {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        match *text {
            [a] => match lower(a) {
                b'f' => Some(StringPrefix::FString { raw: false }),
                b'r' | b'b' | b'u' => Some(StringPrefix::Other),
                _ => None,
            },
            [a, b] => match (lower(a), lower(b)) {
                (b'f', b'r') | (b'r', b'f') => Some(StringPrefix::FString { raw: true }),
                (b'b', b'r') | (b'r', b'b') => Some(StringPrefix::Other),
                _ => None,
            },
            _ => None,
        }
    }
}

/// An f-string that is being lexed.
#[derive(Clone)]
pub(crate) struct FString {
    quote: u8,
    triple: bool,
    raw: bool,
    /// Its first token.
    start: Span,
    /// How many brackets are open in it, the braces of its fields included.
    pub(crate) bracket_depth: i32,
    /// How many fields are open in it, less one.
    pub(crate) field_depth: i8,
    /// The expression of the outermost field is over: what follows is a conversion or a format specification.
    pub(crate) past_expression: bool,
}

impl FString {
    fn in_format_spec(&self) -> bool {
        self.past_expression && self.field_depth >= 0
    }
}

/// How a piece of an f-string's text ends.
enum TextEnd {
    /// At a brace or line end that ordinary tokens begin with.
    Field {
        opens: bool,
    },
    /// At the closing quotes.
    Quotes,
    /// (`tokenize` only) With some bytes that belong to no token.
    Skip(usize),
    Unterminated,
}

impl Lexer<'_> {
    /// A string literal with its prefix at `start` and its first quote at `quote_at`. Most are short and have no backslash.
    #[inline(never)]
    pub(crate) fn string(&mut self, start: usize, quote_at: usize) -> Option<RawToken> {
        let quote = self.bytes[quote_at];
        let text = quote_at + 1;
        if let Some(chunk) = self.bytes[text..].first_chunk()
            && let length @ 1.. = chunk::position(chunk, |byte| is_stop(byte, quote))
            && chunk.get(length) == Some(&quote)
        {
            self.string_has_backslash = false;
            self.pos = text + length + 1;
            return self.token(TokenKind::String, start);
        }
        self.other_string(start, quote_at)
    }

    #[inline(never)]
    fn other_string(&mut self, start: usize, quote_at: usize) -> Option<RawToken> {
        let quote = self.bytes[quote_at];
        let mut at = quote_at + 1;
        self.string_has_backslash = false;
        if self.byte(at) == quote {
            if self.byte(at + 1) == quote {
                return self.triple_quoted_string(start, at + 2, quote);
            }
            self.pos = at + 1;
            return self.token(TokenKind::String, start);
        }
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let Some(found) = chunk::position_in(rest, |byte| is_stop(byte, quote)) else {
                return self.unterminated_string(start, self.bytes.len(), quote, false);
            };
            at += found;
            match self.bytes[at] {
                b'\\' => {
                    self.string_has_backslash = true;
                    self.spans_lines |= matches!(self.byte(at + 1), b'\n' | b'\r');
                    at = self.after_escape(at);
                }
                b'\n' => return self.unterminated_string(start, at, quote, false),
                _ => break,
            }
        }
        self.pos = at + 1;
        self.token(TokenKind::String, start)
    }

    fn triple_quoted_string(&mut self, start: usize, text: usize, quote: u8) -> Option<RawToken> {
        self.spans_lines = true;
        let mut at = text;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let Some(found) = memchr::memchr2(quote, b'\\', rest) else {
                return self.unterminated_string(start, self.bytes.len(), quote, true);
            };
            at += found;
            if self.bytes[at] == b'\\' {
                self.string_has_backslash = true;
                at = self.after_escape(at);
            } else if self.byte(at + 1) == quote && self.byte(at + 2) == quote {
                break;
            } else {
                at += 1;
            }
        }
        self.pos = at + 3;
        self.token(TokenKind::String, start)
    }

    /// After a backslash and the character that it escapes.
    fn after_escape(&self, backslash: usize) -> usize {
        let carriage_return = self.purpose == Purpose::Tokenize && self.byte(backslash + 1) == b'\r';
        backslash + if carriage_return { 3 } else { 2 }
    }

    #[cold]
    fn unterminated_string(&mut self, start: usize, end: usize, quote: u8, triple: bool) -> Option<RawToken> {
        let detected = self.detection_line(end);
        let kind = match self.fstrings.last() {
            Some(fstring) if fstring.quote == quote && fstring.triple == triple => {
                LexErrorKind::FStringExpectingBrace
            }
            _ if triple => LexErrorKind::UnterminatedTripleQuotedString { detected },
            _ => LexErrorKind::UnterminatedString { detected },
        };
        self.fail(kind, start, start + 1)
    }

    /// The number of the line at whose end (or at the text's) a string's end was missed.
    fn detection_line(&self, end: usize) -> u32 {
        let at_end_of_text = end >= self.bytes.len() && self.bytes.last() == Some(&b'\n');
        line_number(self.source, if at_end_of_text { self.bytes.len() - 1 } else { end })
    }

    /// The prefix and quotes of an f-string.
    #[inline(never)]
    pub(crate) fn fstring_start(&mut self, start: usize, quote_at: usize, raw: bool) -> Option<RawToken> {
        let quote = self.bytes[quote_at];
        let triple = self.byte(quote_at + 1) == quote && self.byte(quote_at + 2) == quote;
        self.pos = quote_at + if triple { 3 } else { 1 };
        if self.fstrings.len() + 1 >= MAX_FSTRINGS {
            return self.fail_before(LexErrorKind::TooManyNestedFStrings, self.pos);
        }
        self.fstrings.push(FString {
            quote,
            triple,
            raw,
            start: span(start, self.pos),
            bracket_depth: 0,
            field_depth: -1,
            past_expression: false,
        });
        self.mode = Mode::FStringText;
        self.token(TokenKind::FStringStart, start)
    }

    /// The next token where an f-string's text may stand: text, or what ends it.
    #[inline(never)]
    pub(crate) fn fstring_text(&mut self) -> Option<RawToken> {
        let start = self.pos;
        let (end, how) = self.scan_fstring_text(start);
        let tokenize = self.purpose == Purpose::Tokenize;
        match how {
            TextEnd::Field { opens } => {
                if opens {
                    let fstring = self.fstrings.last_mut()?;
                    fstring.field_depth += 1;
                    if fstring.field_depth >= MAX_FIELDS {
                        return self.fail_before(LexErrorKind::FStringNestedTooDeeply, end);
                    }
                }
                self.mode = Mode::Ordinary;
                self.pos = end;
                // CPython emits empty text where it does not see a field at once.
                let defers = opens && self.byte(start + 1) != b'{';
                if end > start || (tokenize && !defers) {
                    return self.token(TokenKind::FStringMiddle, start);
                }
                self.lex()
            }
            TextEnd::Quotes if end > start => {
                self.pos = end;
                self.token(TokenKind::FStringMiddle, start)
            }
            TextEnd::Quotes => {
                let fstring = self.fstrings.pop()?;
                self.mode = Mode::Ordinary;
                self.pos = start + if fstring.triple { 3 } else { 1 };
                self.token(TokenKind::FStringEnd, start)
            }
            TextEnd::Skip(count) => {
                self.pos = end + count;
                Some(RawToken::new(TokenKind::FStringMiddle, start, end))
            }
            TextEnd::Unterminated => {
                let detected = self.detection_line(end);
                let fstring = self.fstrings.last()?;
                let at = fstring.start.start as usize;
                let kind = if fstring.triple {
                    LexErrorKind::UnterminatedTripleQuotedFString { detected }
                } else {
                    LexErrorKind::UnterminatedFString { detected }
                };
                self.fail(kind, at, at + 1)
            }
        }
    }

    /// Where the text from an offset ends, and how.
    fn scan_fstring_text(&mut self, start: usize) -> (usize, TextEnd) {
        let Some(&FString { quote, triple, raw, bracket_depth, .. }) = self.fstrings.last() else {
            return (start, TextEnd::Unterminated);
        };
        let in_format_spec = self.fstrings.last().is_some_and(FString::in_format_spec);
        self.spans_lines |= triple;
        let tokenize = self.purpose == Purpose::Tokenize;
        let mut in_character_name = false;
        let mut at = start;
        while at < self.bytes.len() {
            let byte = self.bytes[at];
            match byte {
                b'{' if self.byte(at + 1) == b'{' && !in_format_spec => {
                    if tokenize {
                        return (at + 1, TextEnd::Skip(1));
                    }
                    in_character_name = false;
                    at += 2;
                }
                b'{' => return (at, TextEnd::Field { opens: true }),
                b'}' if in_character_name => {
                    if tokenize {
                        return (at + 1, TextEnd::Skip(0));
                    }
                    in_character_name = false;
                    at += 1;
                }
                b'}' if self.byte(at + 1) == b'}' && !in_format_spec && bracket_depth == 0 => {
                    if tokenize {
                        return (at + 1, TextEnd::Skip(1));
                    }
                    at += 2;
                }
                b'}' => return (at, TextEnd::Field { opens: false }),
                b'\n' if !triple => {
                    let end =
                        if in_format_spec { TextEnd::Field { opens: false } } else { TextEnd::Unterminated };
                    return (at, end);
                }
                b'\\' => at = self.fstring_escape(at, raw, &mut in_character_name),
                _ if byte == quote
                    && (!triple || (self.byte(at + 1) == quote && self.byte(at + 2) == quote)) =>
                {
                    return (at, TextEnd::Quotes);
                }
                _ => at += 1,
            }
        }
        // The line end that the text lacks would end the format specification.
        let ends_field = in_format_spec && !triple && self.lacks_line_end;
        (self.bytes.len(), if ends_field { TextEnd::Field { opens: false } } else { TextEnd::Unterminated })
    }

    /// After a backslash in the text of an f-string and what it escapes.
    fn fstring_escape(&mut self, backslash: usize, raw: bool, in_character_name: &mut bool) -> usize {
        self.spans_lines = true;
        match self.byte(backslash + 1) {
            // A backslash does not escape a brace.
            brace @ (b'{' | b'}') => {
                if !raw {
                    self.warn(LexWarning {
                        kind: LexWarningKind::InvalidEscape(char::from(brace)),
                        span: span(backslash, backslash + 2),
                    });
                }
                backslash + 1
            }
            b'N' if !raw && self.byte(backslash + 2) == b'{' => {
                *in_character_name = true;
                backslash + 3
            }
            b'\r' if self.purpose == Purpose::Tokenize => backslash + 3,
            _ => backslash + 2,
        }
    }
}

/// Whether the text of a string between single quotes may end with this byte.
#[inline(always)]
fn is_stop(byte: u8, quote: u8) -> bool {
    (byte == quote) | (byte == b'\\') | (byte == b'\n')
}
