//! Exponential and logarithms, correctly rounded to the nearest.
//!
//! Each is computed with some digits more than asked for. Where the error bounds on both sides do not round to the
//! same result, it is computed again with more (Ziv's strategy).

use super::super::coefficient::Coefficient;
use super::env::Env;
use super::fixed::Fixed;
use super::number::Number;
use super::round::Rounding;
use super::status::INVALID_OPERATION;

/// Exponents beyond those of every context.
const BEYOND: i64 = 4_000_000_000_000_000_000;

/// What lies within `noise` units around a computed value.
struct Estimate {
    negative: bool,
    value: Coefficient,
    noise: Coefficient,
    exponent: i64,
}

impl Env {
    /// `e^a`
    pub fn exp(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a]) {
            return nan;
        }
        if a.is_infinite() {
            return if a.negative { Number::zero(false, 0) } else { Number::infinity(false) };
        }
        if a.is_zero() {
            return Number::integer(1);
        }
        self.rounding_to_nearest(|env| env.exp_finite(a))
    }

    /// Runs an operation that is defined to round to the nearest.
    fn rounding_to_nearest(&mut self, operation: impl FnOnce(&mut Env) -> Number) -> Number {
        let rounding = std::mem::replace(&mut self.rounding, Rounding::HalfEven);
        let result = operation(self);
        self.rounding = rounding;
        result
    }

    fn exp_finite(&mut self, a: &Number) -> Number {
        let adjusted = a.adjusted();
        if adjusted >= 19 {
            let exponent = if a.negative { -BEYOND } else { BEYOND };
            return self.finalize(Number::finite(false, Coefficient::ONE, exponent));
        }
        if self.too_long(self.prec) {
            return Number::nan();
        }
        if adjusted < -(self.prec + 1) {
            // One, and a little more or less.
            let places = self.prec + 2;
            let one = Coefficient::ONE.shifted_left(places);
            let near = if a.negative { one.minus(&Coefficient::ONE) } else { one.plus(&Coefficient::ONE) };
            return self.finalize(Number::finite(false, near, -places));
        }
        self.with_enough_digits(|digits| exp_estimate(a, digits))
    }

    /// The natural logarithm.
    pub fn ln(&mut self, a: &Number) -> Number {
        if let Some(result) = self.special_logarithm(a) {
            return result;
        }
        if is_power_of_ten(a) && a.adjusted() == 0 {
            return Number::zero(false, 0);
        }
        self.rounding_to_nearest(|env| {
            if env.too_long(env.prec) {
                return Number::nan();
            }
            env.with_enough_digits(|digits| ln_estimate(a, digits, false))
        })
    }

    /// The logarithm to the base 10.
    pub fn log10(&mut self, a: &Number) -> Number {
        if let Some(result) = self.special_logarithm(a) {
            return result;
        }
        self.rounding_to_nearest(|env| {
            if is_power_of_ten(a) {
                return env.finalize(Number::integer(a.adjusted()));
            }
            if env.too_long(env.prec) {
                return Number::nan();
            }
            env.with_enough_digits(|digits| ln_estimate(a, digits, true))
        })
    }

    fn special_logarithm(&mut self, a: &Number) -> Option<Number> {
        if let Some(nan) = self.check_nans(&[a]) {
            return Some(nan);
        }
        if a.is_zero() {
            return Some(Number::infinity(true));
        }
        if a.negative {
            return Some(self.invalid(INVALID_OPERATION));
        }
        a.is_infinite().then(|| Number::infinity(false))
    }

    /// Rounds an estimate, made with more and more digits until the result is certain.
    fn with_enough_digits(&mut self, estimate: impl Fn(i64) -> Estimate) -> Number {
        let mut guard = 4;
        loop {
            let Estimate { negative, value, noise, exponent } = estimate(self.prec + guard);
            if value > noise {
                let (mut below, mut above) = (self.clone(), self.clone());
                let low = below.finalize(Number::finite(negative, value.minus(&noise), exponent));
                let high = above.finalize(Number::finite(negative, value.plus(&noise), exponent));
                let same = low.kind == high.kind
                    && low.coefficient == high.coefficient
                    && low.exponent == high.exponent
                    && below.status == above.status;
                if same {
                    self.status = above.status;
                    return high;
                }
            }
            guard = 2 * guard + 8;
        }
    }
}

fn is_power_of_ten(a: &Number) -> bool {
    a.coefficient.trailing_zeros() == a.digits() - 1 && a.coefficient.digit(a.digits() - 1) == 1
}

fn power_of_ten(exponent: i64) -> Coefficient {
    Coefficient::ONE.shifted_left(exponent)
}

/// `e^a` with so many good digits: `10^q e^r` with `0 <= r < ln(10)`.
fn exp_estimate(a: &Number, digits: i64) -> Estimate {
    let fixed = Fixed::new(digits + Fixed::new(digits).noise());
    // The multiple of ln(10) that is taken off magnifies its error.
    let wide = Fixed::new(fixed.scale() + (a.adjusted() + 2).max(1));
    let ln10 = wide.ln10();
    let (quotient, rest) = wide.magnitude(a).divided(&ln10);
    let quotient = i64::try_from(quotient.to_u64().unwrap_or(0)).unwrap_or(i64::MAX);
    let (exponent, rest) = if a.negative { (-quotient - 1, ln10.minus(&rest)) } else { (quotient, rest) };
    let value = fixed.exp(&rest.shifted_right(wide.scale() - fixed.scale()));
    Estimate {
        negative: false,
        value,
        noise: power_of_ten(fixed.noise() + 1),
        exponent: exponent - fixed.scale(),
    }
}

/// A logarithm with so many good digits.
fn ln_estimate(a: &Number, digits: i64, base_ten: bool) -> Estimate {
    let exponent = a.adjusted();
    // Near one, the result begins with zeros.
    let (difference, zeros) = match exponent {
        0 | -1 => {
            let one = power_of_ten(-a.exponent);
            let difference =
                if exponent == 0 { a.coefficient.minus(&one) } else { one.minus(&a.coefficient) };
            let zeros = -(difference.digits() + a.exponent);
            (difference, zeros.max(0))
        }
        _ => (Coefficient::ZERO, 0),
    };
    let weight = Coefficient::from(exponent.unsigned_abs()).digits();
    let places = digits + zeros + 2;
    let fixed = Fixed::new(places + weight + Fixed::new(places + weight).noise());
    let value = if zeros > 4 && zeros * 50 > fixed.scale() {
        // t / (2 + t) with t = a - 1.
        let sum = power_of_ten(-a.exponent).plus(&a.coefficient);
        fixed.ln_near_one(&fixed.divide(&difference, &sum))
    } else {
        let mantissa = fixed.scaled(&a.coefficient, 1 - a.digits());
        let whole = fixed.ln10().times(&Coefficient::from(exponent.unsigned_abs()));
        let part = fixed.ln(&mantissa);
        if exponent >= 0 { whole.plus(&part) } else { whole.minus(&part) }
    };
    let value = if base_ten { fixed.divide(&value, &fixed.ln10()) } else { value };
    Estimate {
        negative: exponent < 0,
        value,
        noise: power_of_ten(fixed.noise() + weight + 1),
        exponent: -fixed.scale(),
    }
}
