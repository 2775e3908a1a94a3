//! Powers, as libmpdec computes them: integer ones by squaring, others as `e^(y ln(x))`. Both have digits to
//! spare before the last rounding, but are not correctly rounded, and the same digits here give the same results.

use super::super::coefficient::Coefficient;
use super::compare::{compare_magnitudes, compare_values};
use super::env::{Env, MAX_PREC};
use super::number::Number;
use super::status::{ANY_INVALID, CLAMPED, INEXACT, INVALID_OPERATION, MEMORY, ROUNDED};
use std::cmp::Ordering;

/// Exponents beyond those of every context.
const BEYOND: i64 = 2_000_000_000_000_000_001;
/// Digits of the longest exponent.
const EXPONENT_DIGITS: i64 = 19;
/// Conditions that end a computation.
const ERRORS: u32 = ANY_INVALID | super::status::DIVISION_BY_ZERO | MEMORY;

impl Env {
    /// `base ** exponent`
    pub fn power(&mut self, base: &Number, exponent: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[base, exponent]) {
            return nan;
        }
        let integer = exponent.is_integer();
        let negative = base.negative && exponent.is_odd_integer();
        if let Some(result) = self.special_power(base, exponent, integer, negative) {
            return result;
        }
        if let Some(result) = self.power_of_one(base, exponent, integer, negative) {
            return result;
        }
        if let Some(result) = self.power_out_of_range(base, exponent, negative) {
            return result;
        }
        if integer { self.integer_power(base, exponent, negative) } else { self.real_power(base, exponent) }
    }

    /// Powers of and by zeros and infinities.
    fn special_power(
        &mut self,
        base: &Number,
        exponent: &Number,
        integer: bool,
        negative: bool,
    ) -> Option<Number> {
        let vanishing = Number::zero(negative, 0);
        if base.is_zero() {
            return Some(match () {
                () if exponent.is_zero() => self.invalid(INVALID_OPERATION),
                () if exponent.negative => Number::infinity(negative),
                () => vanishing,
            });
        }
        if base.negative && !integer {
            return Some(self.invalid(INVALID_OPERATION));
        }
        let one = Number::integer(1);
        if exponent.is_infinite() {
            let order = compare_values(base, &one);
            return Some(match order {
                Ordering::Equal => {
                    self.raise(INEXACT | ROUNDED);
                    self.padded_one(false, self.prec - 1)
                }
                _ if (order == Ordering::Less) != exponent.negative => vanishing,
                _ => Number::infinity(negative),
            });
        }
        if base.is_infinite() {
            return Some(match () {
                () if exponent.is_zero() => one.with_sign(negative),
                () if exponent.negative => vanishing,
                () => Number::infinity(negative),
            });
        }
        exponent.is_zero().then(|| one.with_sign(negative))
    }

    /// 1 with zeros behind the point.
    fn padded_one(&mut self, negative: bool, zeros: i64) -> Number {
        if self.too_long(zeros + 1) {
            return Number::nan();
        }
        Number::finite(negative, Coefficient::ONE.shifted_left(zeros), -zeros)
    }

    /// A power of a number that is 1 or -1 by value.
    fn power_of_one(
        &mut self,
        base: &Number,
        exponent: &Number,
        integer: bool,
        negative: bool,
    ) -> Option<Number> {
        if compare_magnitudes(base, &Number::integer(1)) != Ordering::Equal {
            return None;
        }
        if !integer {
            self.raise(INEXACT | ROUNDED);
            return Some(self.padded_one(negative, self.prec - 1));
        }
        if exponent.negative {
            return Some(Number::integer(1).with_sign(negative));
        }
        // 1.000 ** 3 is 1.000000000.
        let zeros = match integer_value(exponent) {
            Some(count) => count.saturating_mul(base.exponent.unsigned_abs()),
            None if base.exponent == 0 => 0,
            None => u64::MAX,
        };
        let most = self.prec - 1;
        let zeros = match i64::try_from(zeros) {
            Ok(zeros) if zeros <= most => zeros,
            _ => {
                self.raise(ROUNDED);
                most
            }
        };
        Some(self.padded_one(negative, zeros))
    }

    /// A power that is certain to overflow or to underflow, by bounds on `log10(abs(log10(base)))`.
    fn power_out_of_range(&mut self, base: &Number, exponent: &Number, negative: bool) -> Option<Number> {
        let digits = |value: i64| Coefficient::from(value.unsigned_abs()).digits();
        let adjusted = base.adjusted();
        let base_bound = match adjusted {
            1.. => digits(adjusted) - 1,
            0 | -1 => {
                let difference = Env::widest().subtract(&base.with_sign(false), &Number::integer(1));
                difference.adjusted() - if adjusted == 0 { 2 } else { 1 }
            }
            _ => digits(adjusted + 1) - 1,
        };
        let bound = base_bound + exponent.adjusted();
        let grows = (adjusted < 0) == exponent.negative;
        let (limit, result) =
            if grows { (digits(self.emax), BEYOND) } else { (digits(self.etiny()), self.etiny() - 1) };
        if limit >= bound {
            return None;
        }
        Some(self.finalize(Number::finite(negative, Coefficient::ONE, result)))
    }

    fn integer_power(&mut self, base: &Number, exponent: &Number, negative: bool) -> Number {
        let mut work = Env {
            prec: (self.prec + exponent.digits() + exponent.exponent + 2).min(MAX_PREC),
            rounding: super::round::Rounding::HalfEven,
            clamp: false,
            status: 0,
            ..*self
        };
        let base = if exponent.negative {
            work.prec = (work.prec + 1).min(MAX_PREC);
            let inverse = work.divide(&Number::integer(1), base);
            self.raise(work.status);
            if self.status & ERRORS != 0 {
                return Number::nan();
            }
            work.status = 0;
            inverse
        } else {
            base.clone()
        };
        let result = match integer_value(exponent) {
            Some(count) => work.power_by_bits(&base, count),
            None => work.power_by_halving(&base, exponent),
        };
        self.raise(work.status);
        if result.is_nan() {
            return result;
        }
        // An infinity becomes what the rounding makes of an overflow.
        let result = if result.is_infinite() {
            Number::finite(negative, Coefficient::ONE, BEYOND)
        } else {
            result.with_sign(negative)
        };
        self.finalize(result)
    }

    fn has_settled(&self, result: &Number) -> bool {
        result.is_special() || result.is_zero() && self.status & CLAMPED != 0
    }

    /// Squares and multiplies, from the exponent's highest bit down.
    fn power_by_bits(&mut self, base: &Number, exponent: u64) -> Number {
        let mut result = base.clone();
        for bit in (0..exponent.ilog2()).rev() {
            result = self.multiply(&result, &result);
            if exponent >> bit & 1 == 1 {
                result = self.multiply(&result, base);
            }
            if self.has_settled(&result) {
                break;
            }
        }
        result
    }

    /// The same from the lowest bit up, for an exponent that no word holds.
    fn power_by_halving(&mut self, base: &Number, exponent: &Number) -> Number {
        let mut result = Number::integer(1);
        let mut base = base.clone();
        let (coefficient, zeros) = split(exponent);
        let mut rest = coefficient.shifted_left(zeros);
        while !rest.is_zero() {
            if rest.is_odd() {
                result = self.multiply(&result, &base);
                if self.has_settled(&result) {
                    break;
                }
            }
            base = self.multiply(&base, &base);
            rest = rest.divided_by_u64(2);
        }
        result
    }

    fn real_power(&mut self, base: &Number, exponent: &Number) -> Number {
        let mut work = Env::working(base.digits().max(self.prec) + 4 + EXPONENT_DIGITS);
        let logarithm = work.ln(base);
        let product = work.multiply(&logarithm, exponent);
        let result = work.exp(&product);
        self.raise(work.status & !(INEXACT | ROUNDED) | INEXACT | ROUNDED);
        if !result.is_special() && compare_values(&result, &Number::integer(1)) == Ordering::Equal {
            let one = self.padded_one(false, self.prec - 1);
            return self.finalize(one);
        }
        if result.is_infinite() {
            return self.finalize(Number::finite(false, Coefficient::ONE, BEYOND));
        }
        self.finalize(result)
    }

    /// `base ** exponent % modulus`, of integers.
    pub fn power_modulo(&mut self, base: &Number, exponent: &Number, modulus: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[base, exponent, modulus]) {
            return nan;
        }
        if ![base, exponent, modulus].iter().all(|operand| operand.is_integer())
            || modulus.is_zero()
            || modulus.digits() + modulus.exponent > self.prec
            || exponent.is_zero() && base.is_zero()
        {
            return self.invalid(INVALID_OPERATION);
        }
        let negative = base.negative && exponent.is_odd_integer();
        if exponent.is_zero() {
            let is_one = compare_magnitudes(modulus, &Number::integer(1)) == Ordering::Equal;
            return Number::integer(i64::from(!is_one)).with_sign(negative);
        }
        if exponent.negative {
            return self.invalid(INVALID_OPERATION);
        }
        if base.is_zero() {
            return Number::zero(negative, 0);
        }
        let Some(modulus) = self.whole(modulus) else { return Number::nan() };
        let power = PowerModulo(modulus);
        let (significand, zeros) = split(base);
        let tens = power.raise(&Coefficient::from(10u64), &Coefficient::from(zeros as u64));
        let mut residue = power.multiply(&significand.divided(&power.0).1, &tens);
        let (factor, zeros) = split(exponent);
        for _ in 0..zeros {
            residue = power.raise(&residue, &Coefficient::from(10u64));
        }
        Number::finite(negative, power.raise(&residue, &factor), 0)
    }

    /// An integer's magnitude with exponent 0.
    fn whole(&mut self, number: &Number) -> Option<Coefficient> {
        let (coefficient, zeros) = split(number);
        if self.too_long(coefficient.digits() + zeros) {
            return None;
        }
        Some(coefficient.shifted_left(zeros))
    }
}

/// An integer's magnitude as a coefficient and a power of ten.
fn split(integer: &Number) -> (Coefficient, i64) {
    if integer.exponent >= 0 {
        (integer.coefficient.clone(), integer.exponent)
    } else {
        (integer.coefficient.shifted_right(-integer.exponent), 0)
    }
}

/// An integer's magnitude, where it fits.
fn integer_value(integer: &Number) -> Option<u64> {
    let (coefficient, zeros) = split(integer);
    if zeros > EXPONENT_DIGITS && !coefficient.is_zero() {
        return None;
    }
    coefficient.shifted_left(zeros).to_u64()
}

/// Powers modulo a number.
struct PowerModulo(Coefficient);

impl PowerModulo {
    fn multiply(&self, a: &Coefficient, b: &Coefficient) -> Coefficient {
        a.times(b).divided(&self.0).1
    }

    fn raise(&self, base: &Coefficient, exponent: &Coefficient) -> Coefficient {
        let mut result = Coefficient::ONE.divided(&self.0).1;
        let mut base = base.divided(&self.0).1;
        let mut rest = exponent.clone();
        while !rest.is_zero() {
            if rest.is_odd() {
                result = self.multiply(&result, &base);
            }
            base = self.multiply(&base, &base);
            rest = rest.divided_by_u64(2);
        }
        result
    }
}
