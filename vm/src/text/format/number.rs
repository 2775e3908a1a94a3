//! Applying a format specification to numbers.
//!
//! A number comes here as text in ASCII; this adds sign, prefix, separators and fill.

use super::spec::{Align, FormatSpec, Grouping, Sign};
use crate::number::format::{FloatFormat, FloatOptions, format_float};
use crate::text::{Kind, StrBuf, StrBuilder, StrRef, TextError};

/// How a locale writes numbers (`localeconv`), for the presentation type `n`.
#[derive(Clone, Debug)]
pub struct Locale {
    /// The decimal point.
    pub decimal_point: StrBuf,
    /// What separates groups of digits.
    pub thousands_separator: StrBuf,
    /// Group sizes from the right; the last repeats, 127 ends grouping.
    pub grouping: Vec<u8>,
}

impl Default for Locale {
    /// The `C` locale, without groups.
    fn default() -> Self {
        Locale {
            decimal_point: StrBuf::from("."),
            thousands_separator: StrBuf::default(),
            grouping: Vec::new(),
        }
    }
}

/// What a presentation type makes of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntPresentation {
    /// `c`: the character with that code point.
    Character,
    /// Digits in a base.
    Digits(u32),
    /// As a float.
    Float,
}

/// The parts of a formatted number, all ASCII but what the locale adds.
struct Parts<'a> {
    negative: bool,
    prefix: &'a [u8],
    /// Digits before the point, which are grouped.
    digits: &'a [u8],
    has_point: bool,
    /// What follows: fraction, exponent, percent sign, or text that is no number.
    rest: StrRef<'a>,
}

impl FormatSpec {
    /// Which digits of an integer are wanted; an error if the type is unknown.
    pub fn int_presentation(&self, type_name: &str) -> Result<IntPresentation, TextError> {
        let ascii = self.presentation.and_then(|code| u8::try_from(code).ok());
        Ok(match ascii {
            Some(b'd' | b'n') => IntPresentation::Digits(10),
            Some(b'b') => IntPresentation::Digits(2),
            Some(b'o') => IntPresentation::Digits(8),
            Some(b'x' | b'X') => IntPresentation::Digits(16),
            Some(b'c') => IntPresentation::Character,
            Some(b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%') => IntPresentation::Float,
            _ => return Err(self.unknown_presentation(type_name)),
        })
    }

    fn is(&self, presentation: u8) -> bool {
        self.presentation == Some(u32::from(presentation))
    }

    /// Refuses what no integer can have. Call this before converting to digits.
    pub fn check_for_int(&self) -> Result<(), TextError> {
        if self.precision.is_some() {
            return Err(TextError::value("Precision not allowed in integer format specifier"));
        }
        if self.no_negative_zero {
            return Err(TextError::value(
                "Negative zero coercion (z) not allowed in integer format specifier",
            ));
        }
        if self.is(b'c') && self.sign.is_some() {
            return Err(TextError::value("Sign not allowed with integer format specifier 'c'"));
        }
        if self.is(b'c') && self.alternate {
            return Err(TextError::value("Alternate form (#) not allowed with integer format specifier 'c'"));
        }
        Ok(())
    }

    /// An integer given as the digits of its magnitude in the base of [`int_presentation`](Self::int_presentation),
    /// lower case, without prefix.
    pub fn apply_to_digits(
        &self,
        negative: bool,
        digits: &[u8],
        locale: &Locale,
    ) -> Result<StrBuf, TextError> {
        self.check_for_int()?;
        let upper = self.is(b'X');
        let digits = if upper { digits.to_ascii_uppercase() } else { digits.to_vec() };
        let prefix: &[u8] = match self.presentation.and_then(char::from_u32) {
            Some('b') if self.alternate => b"0b",
            Some('o') if self.alternate => b"0o",
            Some('x') if self.alternate => b"0x",
            Some('X') if self.alternate => b"0X",
            _ => b"",
        };
        let parts = Parts { negative, prefix, digits: &digits, has_point: false, rest: StrRef::EMPTY };
        Ok(self.lay_out(&parts, locale))
    }

    /// An integer as the character with that code point; `None` stands for one too large for a C `long`.
    pub fn apply_to_character(&self, code: Option<i64>) -> Result<StrBuf, TextError> {
        self.check_for_int()?;
        let code = code.ok_or_else(|| TextError::overflow("Python int too large to convert to C long"))?;
        let code = u32::try_from(code)
            .ok()
            .filter(|code| *code <= crate::text::MAX_CODE_POINT)
            .ok_or_else(|| TextError::overflow("%c arg not in range(0x110000)"))?;
        let character = StrBuf::from_code_point(code);
        let rest = character.as_ref();
        let parts = Parts { negative: false, prefix: b"", digits: b"", has_point: false, rest };
        Ok(self.lay_out(&parts, &Locale::default()))
    }

    /// `format(value, spec)` for a float, or an integer converted to one.
    pub fn apply_to_float(&self, value: f64, type_name: &str, locale: &Locale) -> Result<StrBuf, TextError> {
        let text = self.float_text(value, type_name, true)?;
        Ok(self.lay_out(&split_number(text.as_bytes()), locale))
    }

    /// `format(value, spec)` for a complex number.
    pub fn apply_to_complex(&self, real: f64, imaginary: f64, locale: &Locale) -> Result<StrBuf, TextError> {
        if self.is(b'%') {
            return Err(self.unknown_presentation("complex"));
        }
        if self.precision.is_some_and(|precision| precision > i32::MAX as usize) {
            return Err(TextError::value("precision too big"));
        }
        // An unknown presentation type is reported before bad fill.
        let imaginary = self.float_text(imaginary, "complex", false)?;
        if self.fill == u32::from(b'0') {
            return Err(TextError::value("Zero padding is not allowed in complex format specifier"));
        }
        if self.align == Align::AfterSign {
            return Err(TextError::value("'=' alignment flag is not allowed in complex format specifier"));
        }
        let plain = self.presentation.is_none();
        let skip_real = plain && real == 0.0 && real.is_sign_positive();
        let mut inner = FormatSpec { fill: u32::from(b' '), align: Align::Left, width: None, ..*self };
        let mut out = StrBuilder::new();
        if plain && !skip_real {
            out.push_ascii(b"(");
        }
        if !skip_real {
            let real = self.float_text(real, "complex", false)?;
            out.push_str(inner.lay_out(&split_number(real.as_bytes()), locale).as_ref());
            inner.sign = Some(Sign::Plus);
        }
        out.push_str(inner.lay_out(&split_number(imaginary.as_bytes()), locale).as_ref());
        out.push_ascii(if plain && !skip_real { b"j)" } else { b"j" });
        let (left, right) = self.margins(out.len());
        Ok(crate::text::edit::pad(out.as_ref(), left, right, self.fill))
    }

    /// The number's text before it is laid out: `-12.50%`, `inf`, `1e+30`.
    fn float_text(&self, value: f64, type_name: &str, is_real: bool) -> Result<String, TextError> {
        let code = match self.presentation {
            None => b'\0',
            Some(code) => u8::try_from(code).unwrap_or(b'?'),
        };
        // The largest precision is checked before the type is.
        let known =
            matches!(code.to_ascii_lowercase(), b'\0' | b'e' | b'f' | b'g') || code == b'n' || code == b'%';
        if !known {
            return Err(self.unknown_presentation(type_name));
        }
        if self.precision.is_some_and(|precision| precision > i32::MAX as usize) {
            return Err(TextError::value("precision too big"));
        }
        let precision = self.precision.unwrap_or(6);
        let format = match code.to_ascii_lowercase() {
            b'e' => FloatFormat::Exponent(precision),
            b'f' => FloatFormat::Fixed(precision),
            b'%' => FloatFormat::Percent(precision),
            b'\0' if self.precision.is_none() => FloatFormat::Repr,
            _ => FloatFormat::General(precision),
        };
        let options = FloatOptions {
            alternate: self.alternate,
            add_point_zero: is_real && code == b'\0',
            upper_case: code.is_ascii_uppercase(),
            ..FloatOptions::default()
        };
        let mut text = format_float(value, format, options);
        if self.no_negative_zero && text.starts_with('-') && is_zero(&text) {
            text.remove(0);
        }
        Ok(text)
    }

    /// Puts the parts together: fill, sign, prefix, fill, digits in groups, point, rest, fill.
    fn lay_out(&self, parts: &Parts<'_>, locale: &Locale) -> StrBuf {
        let sign: &[u8] = match (self.sign, parts.negative) {
            (_, true) => b"-",
            (Some(Sign::Plus), _) => b"+",
            (Some(Sign::Space), _) => b" ",
            _ => b"",
        };
        let (point, separator, group_sizes): (StrRef<'_>, StrRef<'_>, &[u8]) = match self.grouping {
            _ if self.is(b'n') => {
                (locale.decimal_point.as_ref(), locale.thousands_separator.as_ref(), &locale.grouping)
            }
            None => (StrRef::Ascii(b"."), StrRef::EMPTY, &[]),
            Some(Grouping::Comma) => (StrRef::Ascii(b"."), StrRef::Ascii(b","), &[3]),
            Some(Grouping::Underscore) => {
                let every = if self.is(b'b') || self.is(b'o') || self.is(b'x') || self.is(b'X') {
                    &[4]
                } else {
                    &[3]
                };
                (StrRef::Ascii(b"."), StrRef::Ascii(b"_"), every)
            }
        };
        let width = self.width.unwrap_or(0);
        let point_len = if parts.has_point { point.len() } else { 0 };
        let other = sign.len() + parts.prefix.len() + point_len + parts.rest.len();
        // Zeros as fill after the sign are grouped like digits.
        let zero_fill = self.fill == u32::from(b'0') && self.align == Align::AfterSign;
        let min_digits_width = if zero_fill { width.saturating_sub(other) } else { 0 };
        let digits = if parts.digits.is_empty() {
            StrBuf::default()
        } else {
            group_digits(parts.digits, min_digits_width, separator, group_sizes)
        };
        let fill = width.saturating_sub(other + digits.len());
        let (left, middle, right) = match self.align {
            Align::Left => (0, 0, fill),
            Align::Right => (fill, 0, 0),
            Align::AfterSign => (0, fill, 0),
            Align::Center => (fill / 2, 0, fill - fill / 2),
        };
        let mut out = StrBuilder::with_capacity(Kind::of(self.fill), other + digits.len() + fill);
        out.push_repeated(self.fill, left);
        out.push_ascii(sign);
        out.push_ascii(parts.prefix);
        out.push_repeated(self.fill, middle);
        out.push_str(digits.as_ref());
        if parts.has_point {
            out.push_str(point);
        }
        out.push_str(parts.rest);
        out.push_repeated(self.fill, right);
        out.finish()
    }
}

/// Whether the digits before any exponent are all zero.
fn is_zero(text: &str) -> bool {
    let digits = text.trim_start_matches('-');
    let mantissa = digits.split(['e', 'E']).next().unwrap_or(digits);
    mantissa.bytes().any(|b| b.is_ascii_digit()) && mantissa.bytes().all(|b| matches!(b, b'0' | b'.' | b'%'))
}

/// Takes a float's text apart.
fn split_number(text: &[u8]) -> Parts<'_> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let n_digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(n_digits);
    let (has_point, rest) = match rest {
        [b'.', rest @ ..] => (true, rest),
        _ => (false, rest),
    };
    Parts { negative, prefix: b"", digits, has_point, rest: StrRef::Ascii(rest) }
}

/// Inserts separators into digits, with leading zeros up to a width. Group sizes count from the right.
fn group_digits(digits: &[u8], min_width: usize, separator: StrRef<'_>, sizes: &[u8]) -> StrBuf {
    // Groups from the right, each as a count of zeros and a range of digits.
    let mut groups: Vec<(usize, &[u8])> = Vec::new();
    let mut remaining = digits;
    let mut width = min_width;
    let mut next_size = 0;
    loop {
        let size = match sizes.get(next_size).or(sizes.last()) {
            Some(127..) | None | Some(0) => usize::MAX,
            Some(size) => usize::from(*size),
        };
        next_size += 1;
        let len = size.min(remaining.len().max(width).max(1));
        let zeros = len.saturating_sub(remaining.len());
        let (rest, group) = remaining.split_at(remaining.len() - (len - zeros));
        groups.push((zeros, group));
        remaining = rest;
        width = width.saturating_sub(len);
        if remaining.is_empty() && width == 0 {
            break;
        }
        width = width.saturating_sub(separator.len());
    }
    let mut out = StrBuilder::with_capacity(separator.kind(), min_width.max(digits.len()));
    for (index, (zeros, group)) in groups.iter().rev().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        out.push_repeated(u32::from(b'0'), *zeros);
        out.push_ascii(group);
    }
    out.finish()
}
