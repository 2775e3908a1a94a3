//! Sums and products.

use super::super::coefficient::Coefficient;
use super::env::Env;
use super::number::Number;
use super::round::Rounding;
use super::status::INVALID_OPERATION;
use std::cmp::Ordering;

impl Env {
    /// `a + b`
    pub fn add(&mut self, a: &Number, b: &Number) -> Number {
        self.add_signed(a, b, b.negative)
    }

    /// `a - b`
    pub fn subtract(&mut self, a: &Number, b: &Number) -> Number {
        self.add_signed(a, b, !b.negative)
    }

    fn add_signed(&mut self, a: &Number, b: &Number, negative: bool) -> Number {
        if a.is_special() || b.is_special() {
            return self.add_special(a, b, negative);
        }
        let sum = self.sum(a, b, negative);
        self.finalize(sum)
    }

    #[cold]
    fn add_special(&mut self, a: &Number, b: &Number, negative: bool) -> Number {
        if let Some(nan) = self.check_nans(&[a, b]) {
            return nan;
        }
        if a.is_infinite() && b.is_infinite() && a.negative != negative {
            return self.invalid(INVALID_OPERATION);
        }
        Number::infinity(if a.is_infinite() { a.negative } else { negative })
    }

    /// The sum of finite numbers, exact as far as rounding can tell.
    fn sum(&mut self, a: &Number, b: &Number, b_negative: bool) -> Number {
        if a.exponent == b.exponent {
            return self.sum_aligned((a.negative, &a.coefficient), (b_negative, &b.coefficient), a.exponent);
        }
        let swap = a.exponent < b.exponent;
        let ((high, high_negative), (low, low_negative)) =
            if swap { ((b, b_negative), (a, a.negative)) } else { ((a, a.negative), (b, b_negative)) };
        if high.coefficient.is_zero() {
            return self.sum_aligned(
                (high_negative, &Coefficient::ZERO),
                (low_negative, &low.coefficient),
                low.exponent,
            );
        }
        // A number that is far below the other one's last digit counts only by its sign.
        let digits = high.digits();
        let far = high.exponent - 1 + if digits > self.prec { 0 } else { digits - self.prec - 1 };
        let tiny;
        let (low_coefficient, exponent) = if low.adjusted() < far {
            tiny = if low.coefficient.is_zero() { Coefficient::ZERO } else { Coefficient::ONE };
            (&tiny, far)
        } else {
            (&low.coefficient, low.exponent)
        };
        let shift = high.exponent - exponent;
        if self.too_long(digits + shift) {
            return Number::nan();
        }
        let aligned = high.coefficient.shifted_left(shift);
        self.sum_aligned((high_negative, &aligned), (low_negative, low_coefficient), exponent)
    }

    fn sum_aligned(&self, a: (bool, &Coefficient), b: (bool, &Coefficient), exponent: i64) -> Number {
        if a.0 == b.0 {
            return Number::finite(a.0, a.1.plus(b.1), exponent);
        }
        match a.1.cmp(b.1) {
            Ordering::Greater => Number::finite(a.0, a.1.minus(b.1), exponent),
            Ordering::Less => Number::finite(b.0, b.1.minus(a.1), exponent),
            Ordering::Equal => Number::zero(self.rounding == Rounding::Floor, exponent),
        }
    }

    /// `a * b`
    pub fn multiply(&mut self, a: &Number, b: &Number) -> Number {
        if a.is_special() || b.is_special() {
            return match self.check_nans(&[a, b]) {
                Some(nan) => nan,
                None => self.infinite_product(a, b),
            };
        }
        let product = self.product(a, b);
        self.finalize(product)
    }

    #[cold]
    fn infinite_product(&mut self, a: &Number, b: &Number) -> Number {
        if a.is_zero() || b.is_zero() {
            return self.invalid(INVALID_OPERATION);
        }
        Number::infinity(a.negative != b.negative)
    }

    fn product(&mut self, a: &Number, b: &Number) -> Number {
        if self.too_long(a.digits() + b.digits()) {
            return Number::nan();
        }
        let coefficient = a.coefficient.times(&b.coefficient);
        Number::finite(a.negative != b.negative, coefficient, a.exponent + b.exponent)
    }

    /// `a * b + c`, rounded once.
    pub fn fma(&mut self, a: &Number, b: &Number, c: &Number) -> Number {
        // Infinity times zero goes before a NaN that is only added.
        if a.is_infinite() && b.is_zero() || a.is_zero() && b.is_infinite() {
            return self.invalid(INVALID_OPERATION);
        }
        if let Some(nan) = self.check_nans(&[a, b, c]) {
            return nan;
        }
        if a.is_special() || b.is_special() {
            let product = self.infinite_product(a, b);
            return self.add(&product, c);
        }
        let product = self.product(a, b);
        self.add(&product, c)
    }

    /// `+a`
    pub fn plus(&mut self, a: &Number) -> Number {
        self.signed_copy(a, a.negative)
    }

    /// `-a`
    pub fn minus(&mut self, a: &Number) -> Number {
        self.signed_copy(a, !a.negative)
    }

    /// `abs(a)`
    pub fn abs(&mut self, a: &Number) -> Number {
        self.signed_copy(a, false)
    }

    fn signed_copy(&mut self, a: &Number, negative: bool) -> Number {
        if let Some(nan) = self.check_nans(&[a]) {
            return nan;
        }
        // As a sum with zero: no negative zero but where rounding goes down.
        let negative = negative && (!a.is_zero() || self.rounding == Rounding::Floor);
        self.finalize(a.with_sign(negative))
    }
}
