//! Numeric literals.

use crate::error::{LexErrorKind, LexWarning, LexWarningKind, NumberKind};
use crate::identifier;
use crate::lexer::{Lexer, Purpose, RawToken, span};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// A number, at a digit or at a point before a digit.
    #[inline(never)]
    pub(crate) fn number(&mut self, start: usize) -> Option<RawToken> {
        let next = self.byte(start + 1);
        // Most have one digit.
        if self.bytes[start] != b'.' && next != b'.' && !identifier::is_name_byte(next) {
            self.pos = start + 1;
            return self.token(TokenKind::Int, start);
        }
        if self.bytes[start] == b'0' {
            return self.number_from_zero(start);
        }
        let mut at = start;
        if self.bytes[start] != b'.' {
            at = self.digits(start)?;
        }
        self.after_integer_part(start, at)
    }

    fn number_from_zero(&mut self, start: usize) -> Option<RawToken> {
        match self.byte(start + 1) {
            b'x' | b'X' => {
                return self.radix_number(start, NumberKind::Hexadecimal, |b| b.is_ascii_hexdigit());
            }
            b'o' | b'O' => return self.radix_number(start, NumberKind::Octal, |b| matches!(b, b'0'..=b'7')),
            b'b' | b'B' => return self.radix_number(start, NumberKind::Binary, |b| matches!(b, b'0' | b'1')),
            _ => {}
        }
        let mut at = start + 1;
        loop {
            if self.byte(at) == b'_' {
                at += 1;
                if !self.byte(at).is_ascii_digit() {
                    return self.fail_before(LexErrorKind::InvalidNumber(NumberKind::Decimal), at);
                }
            }
            if self.byte(at) != b'0' {
                break;
            }
            at += 1;
        }
        let zeros_end = at;
        if self.byte(at).is_ascii_digit() {
            at = self.digits(at)?;
            let goes_on = matches!(self.byte(at), b'.' | b'e' | b'E' | b'j' | b'J');
            if !goes_on && self.purpose == Purpose::Parse {
                return self.fail(LexErrorKind::LeadingZeros, start, zeros_end + 1);
            }
        }
        self.after_integer_part(start, at)
    }

    /// A literal with a letter for its base.
    fn radix_number(
        &mut self,
        start: usize,
        number: NumberKind,
        is_digit: impl Fn(u8) -> bool,
    ) -> Option<RawToken> {
        let mut at = start + 2;
        loop {
            if self.byte(at) == b'_' {
                at += 1;
            }
            if !is_digit(self.byte(at)) {
                return self.bad_digit(number, at);
            }
            while is_digit(self.byte(at)) {
                at += 1;
            }
            if self.byte(at) != b'_' {
                break;
            }
        }
        if self.byte(at).is_ascii_digit() {
            return self.bad_digit(number, at);
        }
        self.finish_number(start, at, TokenKind::Int, number)
    }

    #[cold]
    fn bad_digit(&mut self, number: NumberKind, at: usize) -> Option<RawToken> {
        let byte = self.byte(at);
        if byte.is_ascii_digit() {
            let kind = LexErrorKind::InvalidDigit { digit: char::from(byte), number };
            return self.fail(kind, at, at + 1);
        }
        self.fail_before(LexErrorKind::InvalidNumber(number), at)
    }

    /// Decimal digits with single underscores between them; where they end.
    #[inline]
    fn digits(&mut self, start: usize) -> Option<usize> {
        let mut at = start;
        loop {
            while self.byte(at).is_ascii_digit() {
                at += 1;
            }
            if self.byte(at) != b'_' {
                return Some(at);
            }
            at += 1;
            if !self.byte(at).is_ascii_digit() {
                self.fail_before(LexErrorKind::InvalidNumber(NumberKind::Decimal), at);
                return None;
            }
        }
    }

    /// The rest of a number after the digits before its point.
    #[inline]
    fn after_integer_part(&mut self, start: usize, integer_end: usize) -> Option<RawToken> {
        let mut at = integer_end;
        let mut kind = TokenKind::Int;
        if self.byte(at) == b'.' {
            kind = TokenKind::Float;
            at += 1;
            if self.byte(at).is_ascii_digit() {
                at = self.digits(at)?;
            }
        }
        if matches!(self.byte(at), b'e' | b'E') {
            let exponent = at;
            at += 1;
            let signed = matches!(self.byte(at), b'+' | b'-');
            if signed {
                at += 1;
            }
            if !self.byte(at).is_ascii_digit() {
                if signed {
                    return self.fail_before(LexErrorKind::InvalidNumber(NumberKind::Decimal), at);
                }
                // No exponent, then, but perhaps `else`.
                return self.finish_number(start, exponent, kind, NumberKind::Decimal);
            }
            at = self.digits(at)?;
            kind = TokenKind::Float;
        }
        if matches!(self.byte(at), b'j' | b'J') {
            return self.finish_number(start, at + 1, TokenKind::Imaginary, NumberKind::Imaginary);
        }
        self.finish_number(start, at, kind, NumberKind::Decimal)
    }

    /// The token, if what follows may follow a number.
    #[inline]
    fn finish_number(
        &mut self,
        start: usize,
        end: usize,
        kind: TokenKind,
        number: NumberKind,
    ) -> Option<RawToken> {
        self.pos = end;
        let next = self.byte(end);
        if (next.is_ascii_alphanumeric() || next == b'_') && self.purpose == Purpose::Parse {
            self.check_number_end(end, number)?;
        }
        self.token(kind, start)
    }

    #[cold]
    fn check_number_end(&mut self, end: usize, number: NumberKind) -> Option<()> {
        let rest = &self.bytes[end..];
        let before_keyword = match rest {
            // Of these CPython looks at no more than two letters: `1ifx` passes.
            [b'i', b'f' | b'n' | b's', ..] => true,
            _ => {
                let name = &rest[..identifier::scan(rest, 0).0];
                matches!(name, b"and" | b"else" | b"for" | b"or" | b"not")
            }
        };
        if before_keyword {
            self.warn(LexWarning {
                kind: LexWarningKind::NumberBeforeKeyword(number),
                span: span(end - 1, end),
            });
            return Some(());
        }
        self.fail_before(LexErrorKind::InvalidNumber(number), end);
        None
    }
}
