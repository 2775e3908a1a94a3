//! The part of a context that results depend on, and how results are fitted to it.

use super::super::coefficient::{Coefficient, Tail};
use super::number::{Kind, Number};
use super::round::Rounding;
use super::status::*;

/// The largest precision.
pub const MAX_PREC: i64 = 999_999_999_999_999_999;
/// The largest `Emax`.
pub const MAX_EMAX: i64 = 999_999_999_999_999_999;
/// The smallest `Emin`.
pub const MIN_EMIN: i64 = -999_999_999_999_999_999;
/// The exponent of the smallest subnormal number of all contexts.
pub const MIN_ETINY: i64 = MIN_EMIN - (MAX_PREC - 1);

/// No coefficient may become longer: half a GiB of memory, and as much again for each step of printing it.
const MAX_DIGITS: i64 = 1 << 30;

/// Settings, and the conditions that have come up.
#[derive(Clone, Debug)]
pub struct Env {
    /// Digits of results.
    pub prec: i64,
    /// The largest exponent of the first digit.
    pub emax: i64,
    /// The smallest exponent of the first digit of normal numbers.
    pub emin: i64,
    /// How results are rounded.
    pub rounding: Rounding,
    /// Whether exponents are at most `emax - prec + 1`.
    pub clamp: bool,
    /// The conditions.
    pub status: u32,
}

impl Env {
    /// The widest settings.
    pub const fn widest() -> Env {
        Env {
            prec: MAX_PREC,
            emax: MAX_EMAX,
            emin: MIN_EMIN,
            rounding: Rounding::HalfEven,
            clamp: false,
            status: 0,
        }
    }

    /// Wide exponents, a precision, and rounding to the nearest: for intermediate results.
    pub fn working(prec: i64) -> Env {
        Env { prec: prec.min(MAX_PREC), ..Env::widest() }
    }

    /// The exponent of the smallest subnormal number.
    pub fn etiny(&self) -> i64 {
        self.emin - (self.prec - 1)
    }

    /// The largest exponent of a number with all digits.
    pub fn etop(&self) -> i64 {
        self.emax - (self.prec - 1)
    }

    /// Notes a condition.
    pub fn raise(&mut self, condition: u32) {
        self.status |= condition;
    }

    /// A NaN with a condition.
    pub fn invalid(&mut self, condition: u32) -> Number {
        self.raise(condition);
        Number::nan()
    }

    /// The result of an operation on NaNs, if one of the operands is one: signaling ones go first.
    pub fn check_nans(&mut self, operands: &[&Number]) -> Option<Number> {
        let signaling = operands.iter().find(|operand| operand.is_signaling());
        if signaling.is_some() {
            self.raise(INVALID_OPERATION);
        }
        let found = signaling.or_else(|| operands.iter().find(|operand| operand.is_nan()))?;
        let quiet = Number { kind: Kind::Quiet, ..(*found).clone() };
        Some(self.finalize(quiet))
    }

    /// Whether a coefficient of so many digits is refused, with the condition.
    pub fn too_long(&mut self, digits: i64) -> bool {
        if digits > MAX_DIGITS {
            self.raise(MEMORY);
        }
        digits > MAX_DIGITS
    }

    /// Fits an exact result to the settings.
    #[inline]
    pub fn finalize(&mut self, number: Number) -> Number {
        if number.kind == Kind::Finite && !self.clamp {
            let digits = number.digits();
            let adjusted = number.exponent + digits - 1;
            if digits <= self.prec
                && adjusted >= self.emin
                && adjusted <= self.emax
                && !number.coefficient.is_zero()
            {
                return number;
            }
        }
        self.fit(number)
    }

    fn fit(&mut self, mut number: Number) -> Number {
        match number.kind {
            Kind::Infinite => return number,
            Kind::Quiet | Kind::Signaling => {
                let most = self.prec - i64::from(self.clamp);
                number.coefficient = number.coefficient.low_digits(most);
                return number;
            }
            Kind::Finite => {}
        }
        if number.coefficient.is_zero() {
            return self.fit_zero(number);
        }
        let excess = number.digits() - self.prec;
        if number.adjusted() < self.emin {
            number = self.fit_subnormal(number);
        } else if excess > 0 {
            number = self.round_off(number, excess);
        }
        if number.adjusted() > self.emax {
            return self.overflow(number.negative);
        }
        let excess = number.exponent - self.etop();
        if self.clamp && excess > 0 && !number.coefficient.is_zero() {
            if self.too_long(number.digits() + excess) {
                return Number::nan();
            }
            number.coefficient = number.coefficient.shifted_left(excess);
            number.exponent -= excess;
            self.raise(CLAMPED);
        }
        number
    }

    fn fit_zero(&mut self, mut number: Number) -> Number {
        let top = if self.clamp { self.etop() } else { self.emax };
        let exponent = number.exponent.max(self.etiny()).min(top);
        if exponent != number.exponent {
            number.exponent = exponent;
            self.raise(CLAMPED);
        }
        number
    }

    fn fit_subnormal(&mut self, mut number: Number) -> Number {
        self.raise(SUBNORMAL);
        let excess = self.etiny() - number.exponent;
        if excess > 0 {
            let before = self.status;
            self.status &= !INEXACT;
            number = self.round_off(number, excess);
            if self.status & INEXACT != 0 {
                self.raise(UNDERFLOW);
            }
            self.status |= before;
            if number.coefficient.is_zero() {
                self.raise(CLAMPED);
            }
        }
        number
    }

    /// Rounds the last `count` digits off. A carry into a new digit beyond the precision is taken back.
    fn round_off(&mut self, number: Number, count: i64) -> Number {
        let (coefficient, tail) = number.coefficient.cut(count);
        let mut exponent = number.exponent + count;
        self.raise(ROUNDED);
        if tail != Tail::Zero {
            self.raise(INEXACT);
        }
        let mut coefficient = coefficient;
        if self.rounding.goes_up(number.negative, &coefficient, tail) {
            coefficient = coefficient.plus(&Coefficient::ONE);
            if coefficient.digits() > self.prec {
                coefficient = coefficient.divided_by_u64(10);
                exponent += 1;
            }
        }
        Number { coefficient, exponent, ..number }
    }

    fn overflow(&mut self, negative: bool) -> Number {
        self.raise(OVERFLOW | INEXACT | ROUNDED);
        let infinite = match self.rounding {
            Rounding::Down | Rounding::Up05 => false,
            Rounding::Ceiling => !negative,
            Rounding::Floor => negative,
            _ => true,
        };
        if infinite { Number::infinity(negative) } else { self.largest(negative) }
    }

    /// The largest finite number.
    pub fn largest(&mut self, negative: bool) -> Number {
        if self.too_long(self.prec) {
            return Number::nan();
        }
        let nines = Coefficient::ONE.shifted_left(self.prec).minus(&Coefficient::ONE);
        Number::finite(negative, nines, self.etop())
    }
}
