//! Decimal numbers.

use super::super::coefficient::Coefficient;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `coefficient * 10^exponent`
    Finite,
    /// Infinity.
    Infinite,
    /// A quiet NaN; the coefficient is its payload.
    Quiet,
    /// A signaling NaN; the coefficient is its payload.
    Signaling,
}

/// A decimal number.
#[derive(Clone, Debug)]
pub struct Number {
    /// The digits, or a NaN's payload; 0 for infinities.
    pub coefficient: Coefficient,
    /// The exponent; 0 for special values.
    pub exponent: i64,
    /// What it is.
    pub kind: Kind,
    /// The sign.
    pub negative: bool,
}

impl Number {
    /// A finite number.
    pub fn finite(negative: bool, coefficient: Coefficient, exponent: i64) -> Number {
        Number { coefficient, exponent, kind: Kind::Finite, negative }
    }

    /// A zero.
    pub fn zero(negative: bool, exponent: i64) -> Number {
        Number::finite(negative, Coefficient::ZERO, exponent)
    }

    /// A small integer.
    pub fn integer(value: i64) -> Number {
        Number::finite(value < 0, Coefficient::from(value.unsigned_abs()), 0)
    }

    /// An infinity.
    pub fn infinity(negative: bool) -> Number {
        Number { kind: Kind::Infinite, ..Number::zero(negative, 0) }
    }

    /// The quiet NaN without payload.
    pub fn nan() -> Number {
        Number { kind: Kind::Quiet, ..Number::zero(false, 0) }
    }

    /// Whether it is infinite or a NaN.
    #[inline]
    pub fn is_special(&self) -> bool {
        self.kind != Kind::Finite
    }

    /// Whether it is finite.
    #[inline]
    pub fn is_finite(&self) -> bool {
        self.kind == Kind::Finite
    }

    /// Whether it is infinite.
    pub fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinite
    }

    /// Whether it is a NaN.
    pub fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::Quiet | Kind::Signaling)
    }

    /// Whether it is a signaling NaN.
    pub fn is_signaling(&self) -> bool {
        self.kind == Kind::Signaling
    }

    /// Whether it is a finite zero.
    #[inline]
    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.coefficient.is_zero()
    }

    /// The number of digits.
    #[inline]
    pub fn digits(&self) -> i64 {
        self.coefficient.digits()
    }

    /// The exponent of the first digit.
    #[inline]
    pub fn adjusted(&self) -> i64 {
        self.exponent + self.digits() - 1
    }

    /// Whether it is a finite integer.
    pub fn is_integer(&self) -> bool {
        self.is_finite()
            && (self.exponent >= 0
                || self.coefficient.is_zero()
                || self.coefficient.trailing_zeros() >= self.exponent.saturating_neg())
    }

    /// Whether it is an odd integer.
    pub fn is_odd_integer(&self) -> bool {
        self.is_integer() && self.exponent <= 0 && self.coefficient.digit(-self.exponent) % 2 == 1
    }

    /// The same with the other sign.
    pub fn negated(&self) -> Number {
        Number { negative: !self.negative, ..self.clone() }
    }

    /// The same with a sign.
    pub fn with_sign(&self, negative: bool) -> Number {
        Number { negative, ..self.clone() }
    }
}
