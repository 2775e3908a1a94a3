//! What Python's `complex` computes.

use std::ops::{Add, Mul, Neg, Sub};

use super::error::{NumberError, Result};
use super::float::{self, text};
use super::format::{FloatFormat, FloatOptions, format_float};

/// A complex number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Complex {
    /// The real part.
    pub re: f64,
    /// The imaginary part.
    pub im: f64,
}

/// Why a text is not a complex number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseComplexError {
    /// An underscore that does not stand between digits: `could not convert string to complex: REPR`.
    Underscore,
    /// Anything else: `complex() arg is a malformed string`.
    Malformed,
}

impl Add for Complex {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }
}

impl Sub for Complex {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.re - other.re, self.im - other.im)
    }
}

impl Mul for Complex {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

impl Neg for Complex {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}

impl From<f64> for Complex {
    fn from(re: f64) -> Self {
        Self::new(re, 0.0)
    }
}

impl Complex {
    /// A number from its parts.
    pub const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }

    /// Whether both parts are finite.
    pub fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    /// `self.conjugate()`.
    pub fn conjugate(self) -> Self {
        Self::new(self.re, -self.im)
    }

    /// `abs(self)`.
    ///
    /// # Errors
    /// `OverflowError` when finite parts have a magnitude beyond the range of floats.
    pub fn abs(self) -> Result<f64> {
        if !self.is_finite() {
            // C99: an infinite part wins over not-a-number.
            return Ok(if self.re.is_infinite() || self.im.is_infinite() { f64::INFINITY } else { f64::NAN });
        }
        let magnitude = self.re.hypot(self.im);
        if magnitude.is_finite() {
            Ok(magnitude)
        } else {
            Err(NumberError::overflow("absolute value too large"))
        }
    }

    /// `self / other` by Smith's method, which avoids needless overflow; `None` for a zero divisor.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let (re, im) = (other.re.abs(), other.im.abs());
        if re >= im {
            if re == 0.0 {
                return None;
            }
            let ratio = other.im / other.re;
            let denominator = other.re + other.im * ratio;
            Some(Self::new(
                (self.re + self.im * ratio) / denominator,
                (self.im - self.re * ratio) / denominator,
            ))
        } else if im >= re {
            let ratio = other.re / other.im;
            let denominator = other.re * ratio + other.im;
            Some(Self::new(
                (self.re * ratio + self.im) / denominator,
                (self.im * ratio - self.re) / denominator,
            ))
        } else {
            // At least one part of the divisor is not a number.
            Some(Self::new(f64::NAN, f64::NAN))
        }
    }

    /// `self / other`.
    ///
    /// # Errors
    /// `ZeroDivisionError`.
    pub fn divide(self, other: Self) -> Result<Self> {
        self.checked_div(other).ok_or_else(|| NumberError::zero_division("complex division by zero"))
    }

    /// `self ** exponent`.
    ///
    /// # Errors
    /// `ZeroDivisionError` for a negative or complex power of zero; `OverflowError`.
    pub fn pow(self, exponent: Self) -> Result<Self> {
        let small_whole =
            exponent.im == 0.0 && exponent.re == exponent.re.floor() && exponent.re.abs() <= 100.0;
        let power = if small_whole { self.pow_whole(exponent.re as i32) } else { self.pow_general(exponent) };
        let power = power.ok_or_else(|| NumberError::zero_division("0.0 to a negative or complex power"))?;
        if power.re.is_infinite() || power.im.is_infinite() {
            return Err(NumberError::overflow("complex exponentiation"));
        }
        Ok(power)
    }

    fn pow_whole(self, exponent: i32) -> Option<Self> {
        let mut result = Self::new(1.0, 0.0);
        let mut square = self;
        let mut rest = exponent.unsigned_abs();
        while rest > 0 {
            if rest & 1 == 1 {
                result = result * square;
            }
            square = square * square;
            rest >>= 1;
        }
        if exponent > 0 { Some(result) } else { Self::new(1.0, 0.0).checked_div(result) }
    }

    fn pow_general(self, exponent: Self) -> Option<Self> {
        if exponent.re == 0.0 && exponent.im == 0.0 {
            return Some(Self::new(1.0, 0.0));
        }
        if self.re == 0.0 && self.im == 0.0 {
            return (exponent.im == 0.0 && exponent.re >= 0.0).then_some(Self::default());
        }
        let magnitude = self.re.hypot(self.im);
        let angle = self.im.atan2(self.re);
        let mut length = magnitude.powf(exponent.re);
        let mut phase = angle * exponent.re;
        if exponent.im != 0.0 {
            length /= (angle * exponent.im).exp();
            phase += exponent.im * magnitude.ln();
        }
        // CPython takes C's domain error, for the cosine of an infinite angle, for a failure of the whole.
        (!phase.is_infinite()).then(|| Self::new(length * phase.cos(), length * phase.sin()))
    }

    /// `hash(self)`; `None` when a part is not a number, which is hashed by identity.
    pub fn hash(self) -> Option<i64> {
        const IMAGINARY: i64 = 1_000_003;
        let hash = float::hash(self.re)?.wrapping_add(float::hash(self.im)?.wrapping_mul(IMAGINARY));
        Some(if hash == -1 { -2 } else { hash })
    }

    /// `repr(self)`.
    pub fn repr(self) -> String {
        let part = |value: f64, always_sign: bool| {
            format_float(value, FloatFormat::Repr, FloatOptions { always_sign, ..Default::default() })
        };
        if self.re == 0.0 && self.re.is_sign_positive() {
            return format!("{}j", part(self.im, false));
        }
        format!("({}{}j)", part(self.re, false), part(self.im, true))
    }

    /// Reads a complex number as `complex(text)` does, in ASCII: the caller has replaced other decimal digits and spaces.
    pub fn parse(text: &[u8]) -> std::result::Result<Self, ParseComplexError> {
        let text = text::strip_underscores(text).ok_or(ParseComplexError::Underscore)?;
        Self::parse_plain(&text).ok_or(ParseComplexError::Malformed)
    }

    fn parse_plain(text: &[u8]) -> Option<Self> {
        let mut rest = trim(text);
        if let [b'(', inner @ .., b')'] = rest {
            rest = trim(inner);
        }
        if let Some((first, after)) = text::take_float(rest) {
            return match after {
                [] => Some(Self::new(first, 0.0)),
                [b'j' | b'J'] => Some(Self::new(0.0, first)),
                [b'+' | b'-', ..] => Some(Self::new(first, take_imaginary(after)?)),
                _ => None,
            };
        }
        take_imaginary(rest).map(|im| Self::new(0.0, im))
    }
}

/// Reads all of `FLOATj`, `+j`, `-j` or `j`.
fn take_imaginary(text: &[u8]) -> Option<f64> {
    match text {
        [b'j' | b'J'] | [b'+', b'j' | b'J'] => Some(1.0),
        [b'-', b'j' | b'J'] => Some(-1.0),
        _ => match text::take_float(text)? {
            (value, [b'j' | b'J']) => Some(value),
            _ => None,
        },
    }
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !text::is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|&byte| !text::is_space(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}
