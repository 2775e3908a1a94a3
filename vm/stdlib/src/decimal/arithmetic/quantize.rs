//! Operations that choose an exponent.

use super::super::coefficient::{Coefficient, Tail};
use super::env::Env;
use super::number::Number;
use super::status::{INEXACT, INVALID_OPERATION, MEMORY, ROUNDED};

impl Env {
    /// `a` with the exponent of `b`.
    pub fn quantize(&mut self, a: &Number, b: &Number) -> Number {
        if a.is_special() || b.is_special() {
            if let Some(nan) = self.check_nans(&[a, b]) {
                return nan;
            }
            if a.is_infinite() && b.is_infinite() {
                return a.clone();
            }
            return self.invalid(INVALID_OPERATION);
        }
        if b.exponent > self.emax || b.exponent < self.etiny() {
            return self.invalid(INVALID_OPERATION);
        }
        let before = self.status;
        let result = self.rescale(a, b.exponent);
        if result.is_special()
            || !result.is_zero() && (result.digits() > self.prec || result.adjusted() > self.emax)
        {
            self.status = before | self.status & MEMORY;
            return self.invalid(INVALID_OPERATION);
        }
        self.finalize(result)
    }

    /// `a` with an exponent, rounded; the conditions say what was lost. A NaN where there are too many digits.
    fn rescale(&mut self, a: &Number, exponent: i64) -> Number {
        if a.is_zero() {
            return Number::zero(a.negative, exponent);
        }
        let shift = a.exponent - exponent;
        if shift >= 0 {
            if shift + a.digits() > self.prec || self.too_long(a.digits() + shift) {
                return Number::nan();
            }
            return Number::finite(a.negative, a.coefficient.shifted_left(shift), exponent);
        }
        let (coefficient, tail) = self.rounded(a, -shift);
        if shift < 0 {
            self.raise(ROUNDED);
        }
        if tail != Tail::Zero {
            self.raise(INEXACT);
        }
        Number::finite(a.negative, coefficient, exponent)
    }

    /// A finite number's coefficient without its last digits, rounded.
    fn rounded(&self, a: &Number, count: i64) -> (Coefficient, Tail) {
        let (coefficient, tail) = a.coefficient.cut(count);
        let up = self.rounding.goes_up(a.negative, &coefficient, tail);
        (if up { coefficient.plus(&Coefficient::ONE) } else { coefficient }, tail)
    }

    /// Rounds to an integer, without conditions for what is lost.
    pub fn integral_value(&mut self, a: &Number) -> Number {
        let before = self.status;
        let result = self.integral_exact(a);
        self.status = before | self.status & !(INEXACT | ROUNDED);
        result
    }

    /// Rounds to an integer.
    pub fn integral_exact(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a]) {
            return nan;
        }
        if a.is_infinite() || a.exponent >= 0 {
            return a.clone();
        }
        if a.is_zero() {
            return Number::zero(a.negative, 0);
        }
        let (coefficient, tail) = self.rounded(a, -a.exponent);
        self.raise(ROUNDED);
        if tail != Tail::Zero {
            self.raise(INEXACT);
        }
        Number::finite(a.negative, coefficient, 0)
    }

    /// Without zeros at the end.
    pub fn normalize(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a]) {
            return nan;
        }
        let result = self.finalize(a.clone());
        if result.is_special() {
            return result;
        }
        if result.is_zero() {
            return Number::zero(result.negative, 0);
        }
        let top = if self.clamp { self.etop() } else { self.emax };
        let zeros = result.coefficient.trailing_zeros().min(top - result.exponent).max(0);
        Number {
            coefficient: result.coefficient.shifted_right(zeros),
            exponent: result.exponent + zeros,
            ..result
        }
    }

    /// Whether two numbers have the same exponent.
    pub fn same_quantum(a: &Number, b: &Number) -> bool {
        match (a.is_finite(), b.is_finite()) {
            (true, true) => a.exponent == b.exponent,
            (false, false) => a.is_nan() == b.is_nan(),
            _ => false,
        }
    }
}
