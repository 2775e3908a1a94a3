//! Quotients, remainders and square roots.

use super::super::coefficient::Coefficient;
use super::env::Env;
use super::number::Number;
use super::round::Rounding;
use super::status::{CLAMPED, DIVISION_BY_ZERO, DIVISION_IMPOSSIBLE, DIVISION_UNDEFINED, INVALID_OPERATION};
use std::cmp::Ordering;

/// A precision above which a quotient is first tried for being exact with fewer digits.
const LONG: i64 = 1 << 20;

impl Env {
    /// `a / b`
    pub fn divide(&mut self, a: &Number, b: &Number) -> Number {
        let negative = a.negative != b.negative;
        if a.is_special() || b.is_special() {
            if let Some(nan) = self.check_nans(&[a, b]) {
                return nan;
            }
            if a.is_infinite() && b.is_infinite() {
                return self.invalid(INVALID_OPERATION);
            }
            if a.is_infinite() {
                return Number::infinity(negative);
            }
            self.raise(CLAMPED);
            return Number::zero(negative, self.etiny());
        }
        if b.is_zero() {
            return self.by_zero(a, negative);
        }
        // An exact quotient has few digits more than its operands: each factor 2 or 5 of the divisor adds one.
        let exact_digits = a.digits() + 4 * b.digits();
        let prec = self.prec;
        if prec > LONG && exact_digits < prec {
            let (quotient, exact) = quotient(a, b, exact_digits);
            if exact {
                return self.finalize(quotient);
            }
        }
        if self.too_long(prec.saturating_add(b.digits())) {
            return Number::nan();
        }
        let (quotient, _) = quotient(a, b, prec);
        self.finalize(quotient)
    }

    fn by_zero(&mut self, a: &Number, negative: bool) -> Number {
        if a.is_zero() {
            return self.invalid(DIVISION_UNDEFINED);
        }
        self.raise(DIVISION_BY_ZERO);
        Number::infinity(negative)
    }

    /// `a // b`, towards zero.
    pub fn divide_integer(&mut self, a: &Number, b: &Number) -> Number {
        let negative = a.negative != b.negative;
        if a.is_special() || b.is_special() {
            if let Some(nan) = self.check_nans(&[a, b]) {
                return nan;
            }
            return match (a.is_infinite(), b.is_infinite()) {
                (true, true) => self.invalid(INVALID_OPERATION),
                (true, false) => Number::infinity(negative),
                _ => Number::zero(negative, 0),
            };
        }
        if b.is_zero() {
            return self.by_zero(a, negative);
        }
        match self.integer_quotient(a, b) {
            Some((quotient, _)) => self.finalize(quotient),
            None => Number::nan(),
        }
    }

    /// `a % b`, with the sign of `a`.
    pub fn remainder(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(result) = self.special_remainder(a, b) {
            return result;
        }
        match self.integer_quotient(a, b) {
            Some((_, remainder)) => self.finalize(remainder),
            None => Number::nan(),
        }
    }

    fn special_remainder(&mut self, a: &Number, b: &Number) -> Option<Number> {
        if let Some(nan) = self.check_nans(&[a, b]) {
            return Some(nan);
        }
        if a.is_infinite() {
            return Some(self.invalid(INVALID_OPERATION));
        }
        if b.is_infinite() {
            return Some(self.finalize(a.clone()));
        }
        if b.is_zero() {
            let condition = if a.is_zero() { DIVISION_UNDEFINED } else { INVALID_OPERATION };
            return Some(self.invalid(condition));
        }
        None
    }

    /// `divmod(a, b)`
    pub fn divmod(&mut self, a: &Number, b: &Number) -> (Number, Number) {
        let negative = a.negative != b.negative;
        if let Some(nan) = self.check_nans(&[a, b]) {
            return (nan.clone(), nan);
        }
        if a.is_infinite() {
            let quotient = if b.is_infinite() { Number::nan() } else { Number::infinity(negative) };
            return (quotient, self.invalid(INVALID_OPERATION));
        }
        if b.is_infinite() {
            return (Number::zero(negative, 0), self.finalize(a.clone()));
        }
        if b.is_zero() {
            if a.is_zero() {
                return (Number::nan(), self.invalid(DIVISION_UNDEFINED));
            }
            self.raise(DIVISION_BY_ZERO | INVALID_OPERATION);
            return (Number::infinity(negative), Number::nan());
        }
        match self.integer_quotient(a, b) {
            Some((quotient, remainder)) => (self.finalize(quotient), self.finalize(remainder)),
            None => (Number::nan(), Number::nan()),
        }
    }

    /// Integer quotient and remainder of finite numbers. `None`, with a condition, where the quotient is too long.
    fn integer_quotient(&mut self, a: &Number, b: &Number) -> Option<(Number, Number)> {
        let negative = a.negative != b.negative;
        let ideal = a.exponent.min(b.exponent);
        if a.is_zero() {
            return Some((Number::zero(negative, 0), Number::zero(a.negative, ideal)));
        }
        let difference = a.adjusted() - b.adjusted();
        if difference < 0 {
            if self.too_long(a.digits() + (a.exponent - ideal)) {
                return None;
            }
            let rest = a.coefficient.shifted_left(a.exponent - ideal);
            return Some((Number::zero(negative, 0), Number::finite(a.negative, rest, ideal)));
        }
        if difference > self.prec {
            self.raise(DIVISION_IMPOSSIBLE);
            return None;
        }
        let (quotient, remainder) = self.aligned_quotient(a, b, ideal)?;
        if quotient.digits() > self.prec {
            self.raise(DIVISION_IMPOSSIBLE);
            return None;
        }
        Some((Number::finite(negative, quotient, 0), Number::finite(a.negative, remainder, ideal)))
    }

    fn aligned_quotient(
        &mut self,
        a: &Number,
        b: &Number,
        exponent: i64,
    ) -> Option<(Coefficient, Coefficient)> {
        let (a_shift, b_shift) = (a.exponent - exponent, b.exponent - exponent);
        if self.too_long((a.digits() + a_shift).max(b.digits() + b_shift)) {
            return None;
        }
        Some(a.coefficient.shifted_left(a_shift).divided(&b.coefficient.shifted_left(b_shift)))
    }

    /// `a - b * n`, where `n` is the integer nearest to `a / b`.
    pub fn remainder_near(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(result) = self.special_remainder(a, b) {
            return result;
        }
        let ideal = a.exponent.min(b.exponent);
        if a.is_zero() {
            return self.finalize(Number::zero(a.negative, ideal));
        }
        let difference = a.adjusted() - b.adjusted();
        if difference > self.prec {
            return self.invalid(DIVISION_IMPOSSIBLE);
        }
        if difference < -1 {
            if self.too_long(a.digits() + (a.exponent - ideal)) {
                return Number::nan();
            }
            let rest = a.coefficient.shifted_left(a.exponent - ideal);
            return self.finalize(Number::finite(a.negative, rest, ideal));
        }
        let Some((quotient, remainder)) = self.aligned_quotient(a, b, ideal) else { return Number::nan() };
        let divisor = b.coefficient.shifted_left(b.exponent - ideal);
        let other = divisor.minus(&remainder);
        let up = match remainder.cmp(&other) {
            Ordering::Greater => true,
            Ordering::Equal => quotient.is_odd(),
            Ordering::Less => false,
        };
        let whole = if up { quotient.plus(&Coefficient::ONE) } else { quotient };
        if whole.digits() > self.prec {
            return self.invalid(DIVISION_IMPOSSIBLE);
        }
        let (negative, rest) = if up { (!a.negative, other) } else { (a.negative, remainder) };
        self.finalize(Number::finite(negative, rest, ideal))
    }

    /// The square root.
    pub fn square_root(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a]) {
            return nan;
        }
        let ideal = a.exponent.div_euclid(2);
        if a.is_zero() {
            return self.finalize(Number::zero(a.negative, ideal));
        }
        if a.negative {
            return self.invalid(INVALID_OPERATION);
        }
        if a.is_infinite() {
            return Number::infinity(false);
        }
        // The operation is defined to round to the nearest.
        let rounding = std::mem::replace(&mut self.rounding, Rounding::HalfEven);
        let result = self.finite_root(a, ideal);
        self.rounding = rounding;
        result
    }

    fn finite_root(&mut self, a: &Number, ideal: i64) -> Number {
        let prec = self.prec + 1;
        if prec > LONG {
            // An exact root has at most half of the digits.
            let (root, exact) = root(a, ideal, a.digits() / 2 + 2);
            if exact {
                return self.finalize(root);
            }
        }
        if self.too_long(prec) {
            return Number::nan();
        }
        let (root, _) = root(a, ideal, prec);
        self.finalize(root)
    }
}

/// A quotient with one digit more than `prec` or two, and whether it is exact. An inexact one does not end in 0 or 5, so
/// that rounding it gives what rounding the true quotient would.
fn quotient(a: &Number, b: &Number, prec: i64) -> (Number, bool) {
    let negative = a.negative != b.negative;
    let ideal = a.exponent - b.exponent;
    if a.is_zero() {
        return (Number::zero(negative, ideal), true);
    }
    let shift = (b.digits() - a.digits()) + prec + 1;
    let (quotient, rest) = if shift >= 0 {
        a.coefficient.shifted_left(shift).divided(&b.coefficient)
    } else {
        a.coefficient.divided(&b.coefficient.shifted_left(-shift))
    };
    let exponent = ideal - shift;
    if !rest.is_zero() {
        let sticky = matches!(quotient.last_digit(), 0 | 5);
        let quotient = if sticky { quotient.plus(&Coefficient::ONE) } else { quotient };
        return (Number::finite(negative, quotient, exponent), false);
    }
    (strip(negative, quotient, exponent, ideal), true)
}

/// Takes zeros off the end while the exponent is below `ideal`.
fn strip(negative: bool, coefficient: Coefficient, exponent: i64, ideal: i64) -> Number {
    if exponent >= ideal {
        return Number::finite(negative, coefficient, exponent);
    }
    let zeros = coefficient.trailing_zeros().min(ideal - exponent);
    Number::finite(negative, coefficient.shifted_right(zeros), exponent + zeros)
}

/// A square root with at least `prec` digits, and whether it is exact.
fn root(a: &Number, ideal: i64, prec: i64) -> (Number, bool) {
    // The coefficient gets an even exponent and at least 2 * prec digits.
    let odd = a.exponent.rem_euclid(2);
    let digits = a.digits() + odd;
    let extra = (prec - (digits + 1) / 2).max(0);
    let shifted = a.coefficient.shifted_left(odd + 2 * extra);
    let root = shifted.square_root();
    let exponent = ideal - extra;
    if root.times(&root) == shifted {
        return (strip(false, root, exponent, ideal), true);
    }
    let sticky = matches!(root.last_digit(), 0 | 5);
    let root = if sticky { root.plus(&Coefficient::ONE) } else { root };
    (Number::finite(false, root, exponent), false)
}
