//! Operators and delimiters, with the accounts of brackets.

use crate::error::{LexErrorKind, line_number};
use crate::lexer::{Lexer, MAX_BRACKETS, Mode, OpenBracket, Purpose, RawToken, span};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// An operator, but for the commonest, which `lex` knows.
    #[inline(never)]
    pub(crate) fn operator(&mut self, start: usize, first: u8) -> Option<RawToken> {
        if matches!(first, b':' | b'}' | b'!' | b'{')
            && !self.fstrings.is_empty()
            && let Some(token) = self.field_punctuation(start, first)
        {
            return Some(token);
        }
        let second = self.byte(start + 1);
        let (kind, length) = match (first, second) {
            (b'{', _) => return self.open(start, TokenKind::LeftBrace, '{'),
            (b'}', _) => return self.close(start, TokenKind::RightBrace, '}'),
            (b'.', b'.') if self.byte(start + 2) == b'.' => (TokenKind::Ellipsis, 3),
            (b'.', _) => (TokenKind::Dot, 1),
            (b':', b'=') => (TokenKind::ColonEqual, 2),
            (b':', _) => (TokenKind::Colon, 1),
            (b';', _) => (TokenKind::Semicolon, 1),
            (b'!', b'=') => (TokenKind::NotEqual, 2),
            (b'!', _) => (TokenKind::Exclamation, 1),
            (b'<', b'<') if self.byte(start + 2) == b'=' => (TokenKind::LeftShiftEqual, 3),
            (b'<', b'<') => (TokenKind::LeftShift, 2),
            (b'<', b'=') => (TokenKind::LessEqual, 2),
            // The spelling that `from __future__ import barry_as_FLUFL` asks for.
            (b'<', b'>') => (TokenKind::NotEqual, 2),
            (b'<', _) => (TokenKind::Less, 1),
            (b'>', b'>') if self.byte(start + 2) == b'=' => (TokenKind::RightShiftEqual, 3),
            (b'>', b'>') => (TokenKind::RightShift, 2),
            (b'>', b'=') => (TokenKind::GreaterEqual, 2),
            (b'>', _) => (TokenKind::Greater, 1),
            (b'+', b'=') => (TokenKind::PlusEqual, 2),
            (b'+', _) => (TokenKind::Plus, 1),
            (b'-', b'=') => (TokenKind::MinusEqual, 2),
            (b'-', b'>') => (TokenKind::Arrow, 2),
            (b'-', _) => (TokenKind::Minus, 1),
            (b'*', b'*') if self.byte(start + 2) == b'=' => (TokenKind::DoubleStarEqual, 3),
            (b'*', b'*') => (TokenKind::DoubleStar, 2),
            (b'*', b'=') => (TokenKind::StarEqual, 2),
            (b'*', _) => (TokenKind::Star, 1),
            (b'/', b'/') if self.byte(start + 2) == b'=' => (TokenKind::DoubleSlashEqual, 3),
            (b'/', b'/') => (TokenKind::DoubleSlash, 2),
            (b'/', b'=') => (TokenKind::SlashEqual, 2),
            (b'/', _) => (TokenKind::Slash, 1),
            (b'%', b'=') => (TokenKind::PercentEqual, 2),
            (b'%', _) => (TokenKind::Percent, 1),
            (b'&', b'=') => (TokenKind::AmpersandEqual, 2),
            (b'&', _) => (TokenKind::Ampersand, 1),
            (b'|', b'=') => (TokenKind::VerticalBarEqual, 2),
            (b'|', _) => (TokenKind::VerticalBar, 1),
            (b'^', b'=') => (TokenKind::CaretEqual, 2),
            (b'^', _) => (TokenKind::Caret, 1),
            (b'@', b'=') => (TokenKind::AtEqual, 2),
            (b'@', _) => (TokenKind::At, 1),
            (b'~', _) => (TokenKind::Tilde, 1),
            (b'$' | b'?' | b'`', _) => (TokenKind::Unknown, 1),
            (control, _) => {
                return self.fail(LexErrorKind::InvalidCharacter(char::from(control)), start, start + 1);
            }
        };
        self.pos = start + length;
        self.token(kind, start)
    }

    /// What `:`, `}`, `!` and `{` mean to the f-string around them. A token where that settles it.
    fn field_punctuation(&mut self, start: usize, first: u8) -> Option<RawToken> {
        let fstring = self.fstrings.last_mut()?;
        if fstring.field_depth < 0 {
            return None;
        }
        let depth = fstring.bracket_depth - i32::from(first != b'{');
        if depth == 0 {
            fstring.past_expression = first != b'{';
        }
        if first == b':' && depth == i32::from(fstring.field_depth) {
            self.mode = Mode::FStringText;
            self.pos = start + 1;
            return self.token(TokenKind::Colon, start);
        }
        None
    }

    #[inline(never)]
    pub(crate) fn open(&mut self, start: usize, kind: TokenKind, bracket: char) -> Option<RawToken> {
        // There is room for as many as may be open, but in a copy of a lexer: what is rare is done elsewhere, so that this saves no
        // registers for it.
        if self.brackets.len() >= self.brackets.capacity().min(MAX_BRACKETS) {
            return self.open_without_room(start, kind, bracket);
        }
        self.pos = start + 1;
        self.brackets.push(OpenBracket { bracket, span: span(start, start + 1) });
        if let Some(fstring) = self.fstrings.last_mut() {
            fstring.bracket_depth += 1;
        }
        self.token(kind, start)
    }

    #[cold]
    fn open_without_room(&mut self, start: usize, kind: TokenKind, bracket: char) -> Option<RawToken> {
        if self.brackets.len() >= MAX_BRACKETS {
            self.pos = start + 1;
            return self.fail(LexErrorKind::TooManyNestedBrackets, start, start + 1);
        }
        self.brackets.reserve_exact(MAX_BRACKETS - self.brackets.len());
        self.open(start, kind, bracket)
    }

    #[inline(never)]
    pub(crate) fn close(&mut self, start: usize, kind: TokenKind, bracket: char) -> Option<RawToken> {
        if let Some(fstring) = self.fstrings.last()
            && fstring.bracket_depth == 0
            && bracket == '}'
        {
            return self.fail(LexErrorKind::FStringSingleBrace, start, start + 1);
        }
        let open = self.brackets.last().map(|open| open.bracket);
        let fits = matches!((open, bracket), (Some('('), ')') | (Some('['), ']') | (Some('{'), '}'));
        if !fits && self.purpose == Purpose::Parse {
            return self.mismatched(start, bracket);
        }
        self.brackets.pop();
        self.pos = start + 1;
        if let Some(fstring) = self.fstrings.last_mut() {
            fstring.bracket_depth -= 1;
            if bracket == '}' && fstring.bracket_depth == i32::from(fstring.field_depth) {
                fstring.field_depth -= 1;
                self.mode = Mode::FStringText;
            }
        }
        self.token(kind, start)
    }

    /// The error about a closing bracket that does not fit the one that was open, which stays open.
    #[cold]
    fn mismatched(&mut self, start: usize, closing: char) -> Option<RawToken> {
        let Some(open) = self.unclosed_bracket() else {
            return self.fail(LexErrorKind::Unmatched(closing), start, start + 1);
        };
        if let Some(fstring) = self.fstrings.last() {
            // The bracket that is open is the field's own brace.
            if open.bracket == '{' && fstring.bracket_depth - 1 == i32::from(fstring.field_depth) {
                return self.fail(LexErrorKind::FStringUnmatched(closing), start, start + 1);
            }
        }
        let opening_line = line_number(self.source, open.span.start as usize);
        let same_line = opening_line == line_number(self.source, start);
        let kind = LexErrorKind::MismatchedBracket {
            closing,
            opening: open.bracket,
            opening_line: (!same_line).then_some(opening_line),
        };
        self.fail(kind, start, start + 1)
    }
}
