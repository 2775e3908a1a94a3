//! Numbers as text.

use super::super::coefficient::Coefficient;
use super::number::{Kind, Number};
use smallvec::SmallVec;

/// The exponents beyond which text is out of any context's range. Wider than what a context allows, so that
/// `Decimal(…)` can tell what does not fit.
const EXPONENT_LIMIT: i64 = 3_000_000_000_000_000_000;

/// What text gives.
pub enum Parsed {
    /// A number, whose exponent no context may hold.
    Number(Number),
    /// No number.
    Syntax,
}

/// Parses a numeric string of the specification.
pub fn parse(text: &[u8]) -> Parsed {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let parsed = match rest.first() {
        Some(b'0'..=b'9' | b'.') => parse_finite(rest),
        _ => parse_special(rest),
    };
    match parsed {
        Some(number) => Parsed::Number(Number { negative, ..number }),
        None => Parsed::Syntax,
    }
}

fn parse_special(text: &[u8]) -> Option<Number> {
    if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        return Some(Number::infinity(false));
    }
    let (kind, rest) = match text {
        [b's' | b'S', rest @ ..] => (Kind::Signaling, rest),
        rest => (Kind::Quiet, rest),
    };
    let (name, payload) = rest.split_at_checked(3)?;
    if !name.eq_ignore_ascii_case(b"nan") || !payload.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let start = payload.iter().take_while(|digit| **digit == b'0').count();
    Some(Number { kind, coefficient: Coefficient::from_digits(&payload[start..]), ..Number::nan() })
}

fn parse_finite(text: &[u8]) -> Option<Number> {
    let end = text.iter().position(|c| matches!(c, b'e' | b'E')).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(end);
    let exponent = match exponent {
        [] => 0,
        [_, rest @ ..] => parse_exponent(rest)?,
    };
    let point = mantissa.iter().position(|c| *c == b'.');
    let (whole, fraction) = match point {
        Some(point) => (&mantissa[..point], &mantissa[point + 1..]),
        None => (mantissa, &[][..]),
    };
    if whole.len() + fraction.len() == 0 || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let coefficient = if fraction.is_empty() {
        digits(whole)
    } else if whole.iter().all(|digit| *digit == b'0') {
        digits(fraction)
    } else {
        digits(&[whole, fraction].concat())
    };
    let exponent = exponent.saturating_sub(fraction.len() as i64);
    Some(Number::finite(false, coefficient, exponent.clamp(-EXPONENT_LIMIT, EXPONENT_LIMIT)))
}

fn digits(text: &[u8]) -> Coefficient {
    let start = text.iter().take_while(|digit| **digit == b'0').count();
    Coefficient::from_digits(&text[start..])
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit - b'0')).min(EXPONENT_LIMIT)
    });
    Some(if negative { -value } else { value })
}

/// Text in ASCII, with room for the usual number.
pub type Ascii = SmallVec<[u8; 56]>;

impl Number {
    /// `str(number)`
    pub fn to_text(&self, capitals: bool) -> String {
        text(&self.to_ascii(capitals))
    }

    /// `str(number)`, as ASCII.
    pub fn to_ascii(&self, capitals: bool) -> Ascii {
        self.to_notation(capitals, false)
    }

    /// In engineering notation: the exponent is a multiple of three.
    pub fn to_engineering_text(&self, capitals: bool) -> String {
        text(&self.to_notation(capitals, true))
    }

    fn to_notation(&self, capitals: bool, engineering: bool) -> Ascii {
        let mut out = Ascii::new();
        if self.negative {
            out.push(b'-');
        }
        if self.is_special() {
            self.write_special(&mut out);
        } else {
            self.coefficient.with_digits(|digits| self.write_digits(digits, capitals, engineering, &mut out));
        }
        out
    }

    fn write_digits(&self, digits: &[u8], capitals: bool, engineering: bool, out: &mut Ascii) {
        let point = digits.len() as i64 + self.exponent;
        // The number of digits before the point as it is shown.
        let shown = if self.exponent <= 0 && point > -6 {
            point
        } else if !engineering {
            1
        } else if self.is_zero() {
            (point + 1).rem_euclid(3) - 1
        } else {
            (point - 1).rem_euclid(3) + 1
        };
        write_with_point(digits, shown, out);
        if shown != point {
            out.push(if capitals { b'E' } else { b'e' });
            out.extend_from_slice(format!("{:+}", point - shown).as_bytes());
        }
    }

    fn write_special(&self, out: &mut Ascii) {
        out.extend_from_slice(match self.kind {
            Kind::Infinite => b"Infinity",
            Kind::Signaling => b"sNaN",
            _ => b"NaN",
        });
        if !self.coefficient.is_zero() {
            self.coefficient.with_digits(|digits| out.extend_from_slice(digits));
        }
    }
}

/// Digits with a decimal point behind the first `shown`, and the zeros that it takes.
fn write_with_point(digits: &[u8], shown: i64, out: &mut Ascii) {
    let len = digits.len() as i64;
    let zeros = |count: i64| std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or(0));
    if shown <= 0 {
        out.extend_from_slice(b"0.");
        out.extend(zeros(-shown));
        out.extend_from_slice(digits);
    } else if shown < len {
        let (whole, fraction) = digits.split_at(shown as usize);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(digits);
        out.extend(zeros(shown - len));
    }
}

fn text(ascii: &[u8]) -> String {
    String::from_utf8_lossy(ascii).into_owned()
}
