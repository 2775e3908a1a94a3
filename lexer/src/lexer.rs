//! The lexer: one pass over the text, one token at a call, without allocating.
//!
//! It follows the lexical analysis that CPython 3.12 does, in its order, since that order decides which of
//! several errors is reported. Lines are not counted on the way: what needs a line number (messages,
//! positions) finds it in the source by counting.

use std::borrow::Cow;

use crate::error::{LexError, LexErrorKind, LexWarning};
use crate::identifier;
use crate::line_index::{add_line_starts, first_line_start};
use crate::string::{FString, StringPrefix};
use crate::token::{Span, Token, TokenKind};

/// Brackets can nest this deep.
pub(crate) const MAX_BRACKETS: usize = 200;
/// Blocks can nest this deep, the module included.
const MAX_INDENTS: usize = 100;
/// A tab goes to the next multiple of this, in the count that decides nesting.
const TAB_SIZE: u32 = 8;

/// An opening bracket that has not been closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenBracket {
    /// `(`, `[` or `{`; the last also for an f-string's replacement field.
    pub bracket: char,
    /// Where it is.
    pub span: Span,
}

/// The width of an indentation, counted twice: nesting must not depend on how wide a tab is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Indentation {
    /// With tabs going to multiples of eight.
    column: u32,
    /// With tabs one wide.
    alternative: u32,
}

/// What a token can be, as far as its first byte tells.
#[derive(Clone, Copy)]
enum Beginning {
    Other,
    Blank,
    Name,
    LeftParen,
    LeftBracket,
    RightParen,
    RightBracket,
    Comma,
    Dot,
    Colon,
    Equal,
    LineEnd,
    Quote,
    Digit,
    Comment,
    Backslash,
    CarriageReturn,
}

/// By the first byte. One look here and one jump: each comparison before it would be one more that nobody can predict.
static BEGINNINGS: [Beginning; 256] = {
    let mut table = [Beginning::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' | b'\t' | b'\x0c' => Beginning::Blank,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => Beginning::Name,
            b'(' => Beginning::LeftParen,
            b'[' => Beginning::LeftBracket,
            b')' => Beginning::RightParen,
            b']' => Beginning::RightBracket,
            b',' => Beginning::Comma,
            b'.' => Beginning::Dot,
            b':' => Beginning::Colon,
            b'=' => Beginning::Equal,
            b'\n' => Beginning::LineEnd,
            b'"' | b'\'' => Beginning::Quote,
            b'0'..=b'9' => Beginning::Digit,
            b'#' => Beginning::Comment,
            b'\\' => Beginning::Backslash,
            b'\r' => Beginning::CarriageReturn,
            _ => Beginning::Other,
        };
        byte += 1;
    }
    table
};

/// Whom the tokens are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A parser: errors that the lexical grammar allows to notice are reported.
    Parse,
    /// `tokenize`: as CPython's, it passes over unmatched brackets, characters that are in no identifier and
    /// numbers that run into names; takes `\r\n` for a line end; and cuts the text of f-strings at doubled braces.
    Tokenize,
}

/// A token as functions of the lexer return it: in two registers, where a [`Token`] would go through memory. (That
/// took a third of the lexer's time: the caller had to wait for single bytes and words to be put together.)
#[derive(Clone, Copy)]
pub(crate) struct RawToken {
    /// Start in the lower half, end in the upper.
    span: u64,
    kind: TokenKind,
}

impl RawToken {
    #[inline(always)]
    pub(crate) fn new(kind: TokenKind, start: usize, end: usize) -> Self {
        RawToken { span: start as u32 as u64 | (end as u64) << 32, kind }
    }

    #[inline(always)]
    fn unpack(self) -> Token {
        Token { kind: self.kind, span: Span { start: self.span as u32, end: (self.span >> 32) as u32 } }
    }
}

/// What comes next, as far as the tokens before decide it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A token.
    Ordinary,
    /// A line outside brackets, so that its indentation counts.
    LineStart,
    /// Dedents that are still to be emitted, then a token.
    Dedents,
    /// The text of an f-string.
    FStringText,
    /// Nothing: there was an error.
    Failed,
}

/// Reads tokens off a source text whose line ends are `\n` (see [`normalize_newlines`](crate::normalize_newlines)).
#[derive(Clone)]
pub struct Lexer<'a> {
    pub(crate) source: &'a str,
    pub(crate) bytes: &'a [u8],
    /// The next byte to read.
    pub(crate) pos: usize,
    pub(crate) purpose: Purpose,
    /// Where the last line begins that was reached by a line end, rather than within a token or after a backslash:
    /// CPython's buffer begins there.
    pub(crate) line_start: usize,
    /// The text ended unexpectedly, and the end was met within a token, so that CPython's buffer still holds
    /// all from `line_start`.
    pub(crate) ended_within_token: bool,
    /// What comes next.
    pub(crate) mode: Mode,
    /// The line so far holds no token that belongs to a statement.
    blank_line: bool,
    /// The text does not end in a line end, and the one that Python takes it to have is not emitted yet.
    pub(crate) lacks_line_end: bool,
    /// Dedents to emit before the next token.
    pending_dedents: u32,
    /// The enclosing blocks. The first one is the module.
    indents: Vec<Indentation>,
    pub(crate) brackets: Vec<OpenBracket>,
    pub(crate) fstrings: Vec<FString>,
    /// Set once; every later call repeats it.
    error: Option<LexError>,
    warnings: Vec<LexWarning>,
    lines: LineLog,
    /// The last string that is no f-string has a backslash in it.
    pub(crate) string_has_backslash: bool,
    /// A token may have spanned lines since the last line end that was a token.
    pub(crate) spans_lines: bool,
}

/// Where lines begin, as far as the lexer has come.
struct LineLog {
    starts: Vec<u32>,
}

impl Clone for LineLog {
    /// An empty one: copies of a lexer look ahead, and then the lexer comes to the same lines itself.
    fn clone(&self) -> LineLog {
        LineLog { starts: Vec::new() }
    }
}

impl<'a> Lexer<'a> {
    /// A lexer for a parser, at the start of a text.
    ///
    /// Of a text of 4 GiB or more only the first 4 GiB can be addressed; the callers in this crate
    /// refuse such a text.
    pub fn new(source: &'a str) -> Self {
        Lexer::with_purpose(source, Purpose::Parse)
    }

    pub(crate) fn with_purpose(source: &'a str, purpose: Purpose) -> Self {
        let mut indents = Vec::with_capacity(MAX_INDENTS);
        indents.push(Indentation::default());
        Lexer {
            source,
            bytes: source.as_bytes(),
            pos: 0,
            purpose,
            line_start: 0,
            ended_within_token: false,
            mode: Mode::LineStart,
            blank_line: true,
            lacks_line_end: source.as_bytes().last().is_some_and(|&last| last != b'\n'),
            pending_dedents: 0,
            indents,
            brackets: Vec::with_capacity(MAX_BRACKETS),
            fstrings: Vec::new(),
            error: None,
            warnings: Vec::new(),
            lines: LineLog { starts: first_line_start(source) },
            string_has_backslash: false,
            spans_lines: false,
        }
    }

    /// Goes on where an earlier copy of this lexer stood.
    pub fn go_back(&mut self, earlier: Lexer<'a>) {
        let mut lines = std::mem::replace(&mut self.lines, LineLog { starts: Vec::new() });
        *self = earlier;
        let known = lines.starts.partition_point(|start| *start as usize <= self.pos);
        lines.starts.truncate(known);
        self.lines = lines;
    }

    /// What [`line_starts`](crate::line_starts) finds in the text, for a lexer that has come to its end; without another look
    /// at the text.
    pub fn take_line_starts(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.lines.starts)
    }

    /// The text that is being lexed.
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// The innermost bracket that is open now. At an error or at the end of the file this is the one that
    /// "was never closed".
    pub fn unclosed_bracket(&self) -> Option<OpenBracket> {
        self.brackets.last().copied()
    }

    /// All brackets that are open now, outermost first.
    pub fn open_brackets(&self) -> &[OpenBracket] {
        &self.brackets
    }

    /// How many f-strings are open now, one within another.
    pub fn fstring_depth(&self) -> usize {
        self.fstrings.len()
    }

    /// Whether the text of an f-string or of a format specification comes next, rather than an expression's tokens.
    pub fn is_in_fstring_text(&self) -> bool {
        self.mode == Mode::FStringText
    }

    /// Whether there is a backslash in the last string so far, not counting f-strings.
    pub fn string_has_backslash(&self) -> bool {
        self.string_has_backslash
    }

    /// The warnings that came up so far, in order.
    pub fn warnings(&self) -> &[LexWarning] {
        &self.warnings
    }

    /// The next token. After `EndOfFile` it is `EndOfFile` again, after an error that error.
    ///
    /// # Errors
    /// Where the text is no token of Python, or its brackets, strings or indentation do not add up.
    #[inline]
    pub fn next_token(&mut self) -> Result<Token, LexError> {
        self.next_valid_token().ok_or_else(|| self.sticky_error())
    }

    /// The same for those who want to know that there is an error, but not which one: that is [`Lexer::next_token`]'s from here on.
    #[inline]
    pub fn next_valid_token(&mut self) -> Option<Token> {
        self.lex().map(RawToken::unpack)
    }

    #[cold]
    fn sticky_error(&mut self) -> LexError {
        let end = self.bytes.len() as u32;
        *self.error.get_or_insert(LexError {
            kind: LexErrorKind::UnexpectedEndOfFile,
            span: Span { start: end, end },
        })
    }

    /// Records an error about the text between two offsets. Always `None`, which is what `lex` returns for one.
    #[cold]
    pub(crate) fn fail(&mut self, kind: LexErrorKind, start: usize, end: usize) -> Option<RawToken> {
        self.error.get_or_insert(LexError { kind, span: span(start, end) });
        self.mode = Mode::Failed;
        None
    }

    /// Records an error about the last character before an offset, which is where CPython reports most.
    #[cold]
    pub(crate) fn fail_before(&mut self, kind: LexErrorKind, end: usize) -> Option<RawToken> {
        let end = end.min(self.bytes.len());
        let mut start = end.saturating_sub(1);
        while !self.source.is_char_boundary(start) {
            start -= 1;
        }
        self.fail(kind, start, end)
    }

    #[cold]
    pub(crate) fn warn(&mut self, warning: LexWarning) {
        if self.purpose == Purpose::Parse {
            self.warnings.push(warning);
        }
    }

    /// The byte at an offset; 0 after the end.
    #[inline(always)]
    pub(crate) fn byte(&self, at: usize) -> u8 {
        if at < self.bytes.len() { self.bytes[at] } else { 0 }
    }

    /// A token from an offset to the current position.
    #[inline(always)]
    pub(crate) fn token(&self, kind: TokenKind, start: usize) -> Option<RawToken> {
        Some(RawToken::new(kind, start, self.pos))
    }

    /// The next token where something else than an ordinary token may come.
    #[inline(never)]
    fn unusual_token(&mut self) -> Option<RawToken> {
        match self.mode {
            Mode::Ordinary => self.lex(),
            Mode::LineStart => self.first_token(),
            Mode::Dedents => self.dedent(),
            Mode::FStringText => self.fstring_text(),
            Mode::Failed => None,
        }
    }

    /// The first token of a line, or what the line's indentation means to the blocks around it.
    #[inline(never)]
    fn first_token(&mut self) -> Option<RawToken> {
        match few_spaces(&self.bytes[self.pos..]) {
            Some(width) => self.first_token_after(width),
            None => self.first_token_far_in(),
        }
    }

    #[inline(never)]
    fn first_token_far_in(&mut self) -> Option<RawToken> {
        self.first_token_after(spaces(&self.bytes[self.pos..]))
    }

    #[inline(always)]
    fn first_token_after(&mut self, width: usize) -> Option<RawToken> {
        self.pos += width;
        let here = Indentation { column: width as u32, alternative: width as u32 };
        match self.byte(self.pos) {
            b'\t' | b'\x0c' | b'\\' | b'\r' | 0 => self.first_token_after_others(here),
            first => self.begin_line(here, (first == b'#') | (first == b'\n')),
        }
    }

    /// The same where more than spaces come before it, or perhaps none comes.
    #[cold]
    fn first_token_after_others(&mut self, spaces: Indentation) -> Option<RawToken> {
        let here = self.unusual_indentation(spaces)?;
        let is_blank = match self.byte(self.pos) {
            b'#' | b'\n' => true,
            b'\r' => self.purpose == Purpose::Tokenize,
            // Blank space before the end of the file is a line without its line end.
            0 => self.pos >= self.bytes.len() && self.lacks_line_end,
            _ => false,
        };
        self.begin_line(here, is_blank)
    }

    #[inline(always)]
    fn begin_line(&mut self, here: Indentation, is_blank: bool) -> Option<RawToken> {
        self.mode = Mode::Ordinary;
        self.blank_line = is_blank;
        let current = self.indents.last().copied().unwrap_or_default();
        if is_blank || here == current { self.lex() } else { self.change_indentation(here, current) }
    }

    /// The rest of an indentation that is not all spaces.
    #[cold]
    fn unusual_indentation(&mut self, before: Indentation) -> Option<Indentation> {
        let mut here = before;
        // A backslash fixes the indentation of what follows to that of the first line that has one.
        let mut continued: Option<u32> = None;
        loop {
            match self.byte(self.pos) {
                b' ' => {
                    here.column += 1;
                    here.alternative += 1;
                }
                b'\t' => {
                    here.column = (here.column / TAB_SIZE + 1) * TAB_SIZE;
                    here.alternative += 1;
                }
                b'\x0c' => here = Indentation::default(),
                b'\\' => {
                    if continued.is_none_or(|column| column == 0) {
                        continued = Some(here.column);
                    }
                    self.continuation_line(false)?;
                    self.line_start = self.pos;
                    continue;
                }
                _ => break,
            }
            self.pos += 1;
        }
        Some(match continued {
            Some(column) if column > 0 => Indentation { column, alternative: column },
            _ => here,
        })
    }

    #[cold]
    fn indentation_error(&mut self, kind: LexErrorKind) -> Option<RawToken> {
        self.fail(kind, self.pos, self.pos)
    }

    /// Opens a block or closes some.
    #[inline(never)]
    fn change_indentation(&mut self, here: Indentation, current: Indentation) -> Option<RawToken> {
        if here.column == current.column {
            return self.indentation_error(LexErrorKind::InconsistentTabs);
        }
        if here.column > current.column {
            if self.indents.len() >= MAX_INDENTS {
                return self.indentation_error(LexErrorKind::TooDeep);
            }
            if here.alternative <= current.alternative {
                return self.indentation_error(LexErrorKind::InconsistentTabs);
            }
            self.indents.push(here);
            // That is not always `self.line_start`, as there may be an f-string around.
            let line_start = memchr::memrchr(b'\n', &self.bytes[..self.pos]).map_or(0, |end| end + 1);
            return self.token(TokenKind::Indent, line_start);
        }
        let mut enclosing = current;
        while here.column < enclosing.column {
            self.indents.pop();
            self.pending_dedents += 1;
            enclosing = self.indents.last().copied().unwrap_or_default();
        }
        if here.column != enclosing.column {
            return self.indentation_error(LexErrorKind::UnindentMismatch);
        }
        if here.alternative != enclosing.alternative {
            return self.indentation_error(LexErrorKind::InconsistentTabs);
        }
        self.dedent()
    }

    /// One of the dedents that are pending.
    fn dedent(&mut self) -> Option<RawToken> {
        self.pending_dedents -= 1;
        self.mode = if self.pending_dedents == 0 { Mode::Ordinary } else { Mode::Dedents };
        self.token(TokenKind::Dedent, self.pos)
    }

    /// Steps over a backslash and the line end after it.
    fn continuation_line(&mut self, within_token: bool) -> Option<()> {
        self.spans_lines = true;
        let mut next = self.pos + 1;
        if self.purpose == Purpose::Tokenize && self.byte(next) == b'\r' {
            next += 1;
        }
        // The line end may be the one that the source lacks.
        if self.byte(next) != b'\n' && next < self.bytes.len() {
            let wrong = self.source[next..].chars().next().map_or(1, char::len_utf8);
            let kind = LexErrorKind::UnexpectedAfterLineContinuation { line_start: self.line_start as u32 };
            self.fail(kind, next, next + wrong);
            return None;
        }
        self.pos = next + 1;
        if self.pos >= self.bytes.len() {
            self.unexpected_end(within_token);
            return None;
        }
        Some(())
    }

    /// The next token. What is called here is called last, so that nothing need be saved for it.
    #[inline(never)]
    pub(crate) fn lex(&mut self) -> Option<RawToken> {
        if self.mode != Mode::Ordinary {
            return self.unusual_token();
        }
        // Mostly there is one space or none, which one cannot predict: step over it without a branch.
        let start = self.pos + usize::from(self.byte(self.pos) == b' ');
        let Some(&first) = self.bytes.get(start) else { return self.end_of_file() };
        self.pos = start + 1;
        let second = |lexer: &Self| lexer.byte(start + 1);
        match BEGINNINGS[usize::from(first)] {
            Beginning::Blank | Beginning::Backslash => self.token_after_space(start),
            Beginning::Name => self.name(start),
            Beginning::LeftParen => self.open(start, TokenKind::LeftParen, '('),
            Beginning::LeftBracket => self.open(start, TokenKind::LeftBracket, '['),
            Beginning::RightParen => self.close(start, TokenKind::RightParen, ')'),
            Beginning::RightBracket => self.close(start, TokenKind::RightBracket, ']'),
            Beginning::Comma => self.token(TokenKind::Comma, start),
            Beginning::Dot if second(self).is_ascii_digit() => self.number(start),
            Beginning::Dot if second(self) == b'.' => self.operator(start, first),
            Beginning::Dot => self.token(TokenKind::Dot, start),
            Beginning::Colon if self.fstrings.is_empty() && second(self) != b'=' => {
                self.token(TokenKind::Colon, start)
            }
            Beginning::Equal => {
                let double = second(self) == b'=';
                self.pos += usize::from(double);
                self.token(if double { TokenKind::EqualEqual } else { TokenKind::Equal }, start)
            }
            Beginning::LineEnd => self.line_end(start),
            Beginning::Quote => self.string(start, start),
            Beginning::Digit => self.number(start),
            Beginning::Comment => self.comment(start),
            Beginning::CarriageReturn if self.purpose == Purpose::Tokenize => self.carriage_return(start),
            Beginning::Colon | Beginning::CarriageReturn | Beginning::Other => self.operator(start, first),
        }
    }

    /// The token after blanks and joined lines.
    #[inline(never)]
    fn token_after_space(&mut self, start: usize) -> Option<RawToken> {
        self.pos = after_blanks(self.bytes, start);
        while self.byte(self.pos) == b'\\' {
            let before = &self.bytes[self.line_start..self.pos];
            let only_blanks = before.iter().all(|b| b" \t\x0c".contains(b));
            self.continuation_line(!only_blanks)?;
            if only_blanks {
                self.line_start = self.pos;
            }
            self.pos = after_blanks(self.bytes, self.pos);
        }
        self.lex()
    }

    #[inline(never)]
    fn name(&mut self, start: usize) -> Option<RawToken> {
        if let Some((end, kind)) = identifier::short_name(self.bytes, start) {
            self.pos = end;
            return self.token(kind, start);
        }
        self.other_name_or_prefixed_string(start)
    }

    #[inline(never)]
    fn other_name_or_prefixed_string(&mut self, start: usize) -> Option<RawToken> {
        let (end, is_ascii) = identifier::scan(self.bytes, start);
        self.pos = end;
        if matches!(self.byte(end), b'"' | b'\'') && end - start <= 2 {
            match StringPrefix::of(&self.bytes[start..end]) {
                Some(StringPrefix::FString { raw }) => return self.fstring_start(start, end, raw),
                Some(StringPrefix::Other) => return self.string(start, end),
                None => {}
            }
        }
        if !is_ascii {
            return self.unicode_name(start, end);
        }
        self.token(identifier::keyword(&self.bytes[start..end]), start)
    }

    #[cold]
    fn unicode_name(&mut self, start: usize, end: usize) -> Option<RawToken> {
        if self.purpose == Purpose::Parse
            && let Some((at, wrong)) = identifier::first_invalid(&self.source[start..end])
        {
            let at = start + at;
            return self.fail(LexErrorKind::InvalidCharacter(wrong), at, at + wrong.len_utf8());
        }
        self.token(TokenKind::Name, start)
    }

    #[inline(never)]
    fn comment(&mut self, start: usize) -> Option<RawToken> {
        let rest = &self.bytes[start..];
        let length = match self.purpose {
            Purpose::Parse => memchr::memchr(b'\n', rest),
            Purpose::Tokenize => memchr::memchr2(b'\n', b'\r', rest),
        };
        self.pos = start + length.unwrap_or(rest.len());
        self.token(TokenKind::Comment, start)
    }

    /// After a line end was stepped over.
    #[inline(never)]
    fn line_end(&mut self, start: usize) -> Option<RawToken> {
        let starts = &mut self.lines.starts;
        if self.spans_lines || starts.len() == starts.capacity() {
            return self.end_of_several_lines(start);
        }
        starts.push(self.pos as u32);
        self.after_line_end(start)
    }

    /// The same where lines have ended that are not noted yet, or there is no room to note one.
    #[inline(never)]
    fn end_of_several_lines(&mut self, start: usize) -> Option<RawToken> {
        if std::mem::take(&mut self.spans_lines) {
            add_line_starts(&mut self.lines.starts, &self.bytes[..self.pos]);
        } else {
            self.lines.starts.push(self.pos as u32);
        }
        self.after_line_end(start)
    }

    #[inline(always)]
    fn after_line_end(&mut self, start: usize) -> Option<RawToken> {
        // CPython keeps all of an f-string in its buffer.
        if self.purpose == Purpose::Parse || self.fstrings.is_empty() {
            self.line_start = self.pos;
        }
        if !self.brackets.is_empty() {
            return self.token(TokenKind::NonLogicalNewline, start);
        }
        self.mode = Mode::LineStart;
        let kind = if self.blank_line { TokenKind::NonLogicalNewline } else { TokenKind::Newline };
        self.token(kind, start)
    }

    /// A `\r`, which `tokenize` sees as it stands in the file.
    #[cold]
    fn carriage_return(&mut self, start: usize) -> Option<RawToken> {
        self.pos = start + 1;
        match self.byte(self.pos) {
            b'\n' => {
                self.pos += 1;
                self.line_end(start)
            }
            0 if self.pos >= self.bytes.len() => {
                self.lacks_line_end = false;
                self.spans_lines = true;
                self.line_end(start)
            }
            // CPython steps over it and takes what comes next for an operator that began here.
            _ => {
                self.pos += self.source[self.pos..].chars().next().map_or(0, char::len_utf8);
                self.token(TokenKind::Unknown, start)
            }
        }
    }

    /// The end of the text, whose last line may lack its line end.
    #[cold]
    fn end_of_file(&mut self) -> Option<RawToken> {
        let end = self.bytes.len();
        self.pos = end;
        if self.lacks_line_end {
            self.lacks_line_end = false;
            // There is no line after it.
            self.spans_lines = true;
            return self.line_end(end);
        }
        if self.brackets.is_empty() {
            return self.token(TokenKind::EndOfFile, end);
        }
        self.unexpected_end(!self.fstrings.is_empty());
        None
    }

    /// Records that the text ends where it must not.
    #[cold]
    fn unexpected_end(&mut self, within_token: bool) {
        self.ended_within_token = within_token;
        let end = self.bytes.len();
        match self.unclosed_bracket() {
            Some(OpenBracket { bracket, span: Span { start, end } }) => {
                self.fail(LexErrorKind::NeverClosed(bracket), start as usize, end as usize)
            }
            None => self.fail(LexErrorKind::UnexpectedEndOfFile, end, end),
        };
    }
}

/// Where the blanks at an offset end: mostly the indentation of a line within brackets.
#[inline]
fn after_blanks(bytes: &[u8], mut at: usize) -> usize {
    at += spaces(&bytes[at..]);
    while let Some(b' ' | b'\t' | b'\x0c') = bytes.get(at) {
        at += 1;
    }
    at
}

/// How many spaces a text begins with.
#[inline]
fn spaces(text: &[u8]) -> usize {
    let mut count = 0;
    while count + 16 <= text.len() {
        match few_spaces(&text[count..]) {
            Some(few) => return count + few,
            None => count += 16,
        }
    }
    count + text[count..].iter().take_while(|&&byte| byte == b' ').count()
}

/// The same if they are less than sixteen and the text is no shorter: how many they are cannot be predicted.
#[inline(always)]
fn few_spaces(text: &[u8]) -> Option<usize> {
    let others = u128::from_le_bytes(*text.first_chunk()?) ^ u128::from_le_bytes([b' '; 16]);
    if others == 0 { None } else { Some(others.trailing_zeros() as usize / 8) }
}

/// A span between two offsets.
#[inline(always)]
pub(crate) fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

/// A text with its line ends (`\n`, `\r\n` and `\r`) all written `\n`, as Python reads sources. Borrowed where
/// they are already.
pub fn normalize_newlines(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\r', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut normal = String::with_capacity(text.len());
    normal.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
        normal.push_str(&rest[..at]);
        normal.push('\n');
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    normal.push_str(rest);
    Cow::Owned(normal)
}

/// The tokens that a [`Lexer`] has left: up to the end of the file, which is the last, or to an error.
#[derive(Clone)]
pub struct Tokens<'a> {
    lexer: Lexer<'a>,
    is_done: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Result<Token, LexError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let token = self.lexer.next_token();
        self.is_done = token.as_ref().map_or(true, |token| token.kind == TokenKind::EndOfFile);
        Some(token)
    }
}

impl std::iter::FusedIterator for Tokens<'_> {}

impl<'a> IntoIterator for Lexer<'a> {
    type Item = Result<Token, LexError>;
    type IntoIter = Tokens<'a>;

    fn into_iter(self) -> Tokens<'a> {
        Tokens { lexer: self, is_done: false }
    }
}
