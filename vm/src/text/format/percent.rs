//! The `%` operator of `str` and `bytes`: taking templates apart and laying out converted values.

use std::ops::Range;

use crate::number::format::{FloatFormat, FloatOptions, format_float};
use crate::text::{Kind, StrBuf, StrBuilder, StrRef, TextError};

/// Whether a template is text or bytes (handed over as Latin-1), which changes a few messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// `str`
    Text,
    /// `bytes` and `bytearray`
    Bytes,
}

/// A conversion: `%(key)-+ #0*.*d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// `-`: fill on the right.
    pub left: bool,
    /// `+`: always a sign.
    pub plus: bool,
    /// A space stands for the plus sign.
    pub space: bool,
    /// `#`: the alternate form.
    pub alternate: bool,
    /// `0`: fill numbers with zeros.
    pub zero: bool,
    /// The least width.
    pub width: usize,
    /// The precision.
    pub precision: Option<usize>,
    /// The conversion's letter.
    pub letter: u32,
    /// Where the letter stands.
    pub letter_at: usize,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text to copy.
    Literal(Range<usize>),
    /// A value to convert.
    Conversion(Conversion),
}

/// What the parser needs while it is inside a conversion, so that errors come in CPython's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A key follows: fail if the arguments are no mapping. The answer is ignored.
    Mapping,
    /// `(key)`: take this item of the mapping as the value. The answer is ignored.
    Key(Range<usize>),
    /// `*` as the width: the next argument, an integer (or "* wants int").
    Width,
    /// `*` as the precision: the next argument, an integer that fits a C `int`.
    Precision,
}

/// Takes a template apart, from the left.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    text: StrRef<'a>,
    flavor: Flavor,
    at: usize,
}

impl<'a> Template<'a> {
    /// Ranges in pieces are positions in `text`.
    pub fn new(text: StrRef<'a>, flavor: Flavor) -> Self {
        Template { text, flavor, at: 0 }
    }

    /// The next character, or the error for a template that ends inside a conversion.
    fn bump(&mut self) -> Result<char, TextError> {
        let code = self.text.get(self.at).ok_or_else(|| TextError::value("incomplete format"))?;
        self.at += 1;
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The next part; `answer` is asked for what only the caller knows.
    pub fn next_piece<E: From<TextError>>(
        &mut self,
        mut answer: impl FnMut(Request) -> Result<isize, E>,
    ) -> Result<Option<Piece>, E> {
        let len = self.text.len();
        if self.at >= len {
            return Ok(None);
        }
        let rest = self.text.view(self.at..len);
        let literal = rest.find_code(u32::from(b'%')).unwrap_or(rest.len());
        if literal > 0 {
            let start = self.at;
            self.at += literal;
            return Ok(Some(Piece::Literal(start..self.at)));
        }
        self.at += 1;
        if self.text.get(self.at) == Some(u32::from(b'%')) {
            // Only doubled signs with nothing in between stand for one.
            self.at += 1;
            return Ok(Some(Piece::Literal(self.at - 1..self.at)));
        }
        self.conversion(&mut answer).map(|conversion| Some(Piece::Conversion(conversion)))
    }

    fn conversion<E: From<TextError>>(
        &mut self,
        answer: &mut impl FnMut(Request) -> Result<isize, E>,
    ) -> Result<Conversion, E> {
        let mut conversion = Conversion::default();
        if self.text.get(self.at) == Some(u32::from(b'(')) {
            answer(Request::Mapping)?;
            answer(Request::Key(self.key()?))?;
        }
        let mut next = self.bump()?;
        loop {
            match next {
                '-' => conversion.left = true,
                '+' => conversion.plus = true,
                ' ' => conversion.space = true,
                '#' => conversion.alternate = true,
                '0' => conversion.zero = true,
                _ => break,
            }
            next = self.bump()?;
        }
        if next == '*' {
            let width = answer(Request::Width)?;
            conversion.left |= width < 0;
            conversion.width = width.unsigned_abs();
            next = self.bump()?;
        } else if next.is_ascii_digit() {
            (conversion.width, next) = self.number(next, isize::MAX as usize, "width too big")?;
        }
        if next == '.' {
            conversion.precision = Some(0);
            next = self.bump()?;
            if next == '*' {
                let precision = answer(Request::Precision)?;
                conversion.precision = Some(usize::try_from(precision).unwrap_or(0));
                next = self.bump()?;
            } else if next.is_ascii_digit() {
                let message = match self.flavor {
                    Flavor::Text => "precision too big",
                    Flavor::Bytes => "prec too big",
                };
                let (precision, after) = self.number(next, i32::MAX as usize, message)?;
                conversion.precision = Some(precision);
                next = after;
            }
        }
        if matches!(next, 'h' | 'l' | 'L') {
            self.bump()?;
        }
        conversion.letter_at = self.at - 1;
        conversion.letter = self.text.get(conversion.letter_at).unwrap_or(0);
        Ok(conversion)
    }

    /// The range between the parentheses, which nest.
    fn key(&mut self) -> Result<Range<usize>, TextError> {
        self.at += 1;
        let start = self.at;
        let mut depth = 1u32;
        while depth > 0 {
            match self.text.get(self.at) {
                Some(0x28) => depth += 1,
                Some(0x29) => depth -= 1,
                Some(_) => {}
                None => return Err(TextError::value("incomplete format key")),
            }
            self.at += 1;
        }
        Ok(start..self.at - 1)
    }

    /// A number whose first digit has been read, and the character after it.
    fn number(&mut self, first: char, max: usize, too_big: &str) -> Result<(usize, char), TextError> {
        let mut value = 0usize;
        let mut next = first;
        while let Some(digit) = next.to_digit(10) {
            let digit = digit as usize;
            if value > (max - digit) / 10 {
                return Err(TextError::value(too_big));
            }
            value = value * 10 + digit;
            next = self.bump()?;
        }
        Ok((value, next))
    }

    /// The error for a letter that is no conversion.
    #[cold]
    pub fn unsupported(&self, conversion: &Conversion) -> TextError {
        let code = conversion.letter;
        let after_number = (conversion.width > 0 || conversion.precision.is_some())
            && conversion
                .letter_at
                .checked_sub(1)
                .and_then(|at| self.text.get(at))
                .is_some_and(|c| matches!(c, 0x30..=0x39));
        if self.flavor == Flavor::Bytes && code >= 0x80 && !after_number {
            // CPython takes the byte for a negative number unless it has just read digits, and cannot show it.
            return TextError::overflow("character argument not in range(0x110000)");
        }
        let shown = match char::from_u32(code) {
            Some(c @ '\x1f'..='~') => c,
            Some(c) if self.flavor == Flavor::Bytes => c,
            _ => '?',
        };
        let at = conversion.letter_at;
        TextError::value(format!("unsupported format character '{shown}' (0x{code:x}) at index {at}"))
    }
}

impl Conversion {
    /// The letter if it is ASCII.
    pub fn letter(&self) -> Option<char> {
        char::from_u32(self.letter).filter(char::is_ascii)
    }

    /// The base of an integer conversion.
    pub fn base(&self) -> Option<u32> {
        match self.letter()? {
            'd' | 'i' | 'u' => Some(10),
            'o' => Some(8),
            'x' | 'X' => Some(16),
            _ => None,
        }
    }

    /// Text converted by `%s`, `%r`, `%a`: cut to the precision and filled to the width.
    pub fn apply_to_str(&self, text: StrRef<'_>) -> StrBuf {
        let len = self.precision.unwrap_or(usize::MAX).min(text.len());
        let mut out = StrBuilder::with_capacity(text.kind(), len.max(self.width));
        self.lay_out(&mut out, "", "", text.view(0..len), false);
        out.finish()
    }

    /// A single character converted by `%c`, which has no precision.
    pub fn apply_to_character(&self, character: StrRef<'_>) -> StrBuf {
        Conversion { precision: None, ..*self }.apply_to_str(character)
    }

    /// An integer, given as the digits of its magnitude in [`base`](Self::base), lower case.
    pub fn apply_to_digits(&self, negative: bool, digits: &str) -> Result<StrBuf, TextError> {
        let precision = self.precision.unwrap_or(0);
        if precision > i32::MAX as usize - 3 {
            return Err(TextError::overflow("precision too large"));
        }
        let upper = self.letter() == Some('X');
        let prefix = match self.letter() {
            Some('o') if self.alternate => "0o",
            Some('x') if self.alternate => "0x",
            Some('X') if self.alternate => "0X",
            _ => "",
        };
        let mut body = "0".repeat(precision.saturating_sub(digits.len()));
        body.push_str(digits);
        if upper {
            body.make_ascii_uppercase();
        }
        let mut out = StrBuilder::with_capacity(Kind::Ascii, body.len().max(self.width) + 3);
        self.lay_out(&mut out, self.sign(negative), prefix, StrRef::Ascii(body.as_bytes()), self.zero);
        Ok(out.finish())
    }

    /// A float converted by `%e`, `%f`, `%g` and their upper-case forms.
    pub fn apply_to_float(&self, value: f64) -> StrBuf {
        let precision = self.precision.unwrap_or(6);
        let letter = self.letter().unwrap_or('g');
        let format = match letter.to_ascii_lowercase() {
            'e' => FloatFormat::Exponent(precision),
            'f' => FloatFormat::Fixed(precision),
            _ => FloatFormat::General(precision),
        };
        let options = FloatOptions {
            alternate: self.alternate,
            upper_case: letter.is_ascii_uppercase(),
            ..FloatOptions::default()
        };
        let text = format_float(value, format, options);
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, &*text),
        };
        let mut out = StrBuilder::with_capacity(Kind::Ascii, text.len().max(self.width) + 1);
        self.lay_out(&mut out, self.sign(negative), "", StrRef::Ascii(body.as_bytes()), self.zero);
        out.finish()
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    fn lay_out(&self, out: &mut StrBuilder, sign: &str, prefix: &str, body: StrRef<'_>, zeros: bool) {
        let fill = self.width.saturating_sub(sign.len() + prefix.len() + body.len());
        let before = if self.left { 0 } else { fill };
        if !zeros {
            out.push_repeated(u32::from(b' '), before);
        }
        out.push_ascii(sign.as_bytes());
        out.push_ascii(prefix.as_bytes());
        if zeros {
            out.push_repeated(u32::from(b'0'), before);
        }
        out.push_str(body);
        out.push_repeated(u32::from(b' '), fill - before);
    }
}
