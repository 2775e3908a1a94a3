//! Neighbours, exponents and classes of numbers.

use super::super::coefficient::Coefficient;
use super::compare::compare_values;
use super::env::Env;
use super::number::{Kind, Number};
use super::round::Rounding;
use super::status::{CLAMPED, DIVISION_BY_ZERO, INEXACT, OVERFLOW, ROUNDED, SUBNORMAL, UNDERFLOW};
use std::cmp::Ordering;

impl Env {
    /// The largest number below `a`.
    pub fn next_minus(&mut self, a: &Number) -> Number {
        self.neighbour(a, true)
    }

    /// The smallest number above `a`.
    pub fn next_plus(&mut self, a: &Number) -> Number {
        self.neighbour(a, false)
    }

    fn neighbour(&mut self, a: &Number, down: bool) -> Number {
        if let Some(nan) = self.check_nans(&[a]) {
            return nan;
        }
        if a.is_infinite() {
            return if a.negative == down { a.clone() } else { self.largest(a.negative) };
        }
        let mut env =
            Env { rounding: if down { Rounding::Floor } else { Rounding::Ceiling }, status: 0, ..*self };
        let rounded = env.finalize(a.clone());
        if rounded.is_infinite() || env.status & INEXACT != 0 {
            self.status |= env.status & super::status::MEMORY;
            return rounded;
        }
        let tiny = Number::finite(down, Coefficient::ONE, self.etiny() - 1);
        let result = env.add(a, &tiny);
        self.status |= env.status & super::status::MEMORY;
        result
    }

    /// The neighbour of `a` in the direction of `b`.
    pub fn next_toward(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a, b]) {
            return nan;
        }
        let result = match compare_values(a, b) {
            Ordering::Equal => return a.with_sign(b.negative),
            Ordering::Less => self.next_plus(a),
            Ordering::Greater => self.next_minus(a),
        };
        if result.is_infinite() {
            self.raise(OVERFLOW | ROUNDED | INEXACT);
        } else if result.adjusted() < self.emin {
            self.raise(UNDERFLOW | SUBNORMAL | ROUNDED | INEXACT);
            if result.is_zero() {
                self.raise(CLAMPED);
            }
        }
        result
    }

    /// The exponent of the first digit.
    pub fn logb(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a]) {
            return nan;
        }
        if a.is_infinite() {
            return Number::infinity(false);
        }
        if a.is_zero() {
            self.raise(DIVISION_BY_ZERO);
            return Number::infinity(true);
        }
        self.finalize(Number::integer(a.adjusted()))
    }

    /// Whether it is finite, not zero and not subnormal.
    pub fn is_normal(&self, a: &Number) -> bool {
        a.is_finite() && !a.is_zero() && a.adjusted() >= self.emin
    }

    /// Whether it is finite, not zero and below the smallest normal number.
    pub fn is_subnormal(&self, a: &Number) -> bool {
        a.is_finite() && !a.is_zero() && a.adjusted() < self.emin
    }

    /// The class of a number, as the specification names it.
    pub fn number_class(&self, a: &Number) -> &'static str {
        let pick = |positive, negative| if a.negative { negative } else { positive };
        match a.kind {
            Kind::Quiet => "NaN",
            Kind::Signaling => "sNaN",
            Kind::Infinite => pick("+Infinity", "-Infinity"),
            Kind::Finite if a.is_zero() => pick("+Zero", "-Zero"),
            Kind::Finite if self.is_subnormal(a) => pick("+Subnormal", "-Subnormal"),
            Kind::Finite => pick("+Normal", "-Normal"),
        }
    }
}
