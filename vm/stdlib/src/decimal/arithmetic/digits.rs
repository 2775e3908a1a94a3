//! Operations on digits: logical ones, shifts and rotations.

use super::super::coefficient::Coefficient;
use super::env::Env;
use super::number::Number;
use super::status::INVALID_OPERATION;

impl Env {
    /// The logical operation on two numbers of digits 0 and 1.
    pub fn logical(&mut self, a: &Number, b: &Number, operation: fn(bool, bool) -> bool) -> Number {
        match (bits(a), bits(b)) {
            (Some(a), Some(b)) => self.combine_bits(&a, &b, operation),
            _ => self.invalid(INVALID_OPERATION),
        }
    }

    /// Inverts the digits of a number of digits 0 and 1, as many as the precision has.
    pub fn logical_invert(&mut self, a: &Number) -> Number {
        if self.too_long(self.prec) {
            return Number::nan();
        }
        match bits(a) {
            Some(mut bits) => {
                bits.resize(bits.len().max(self.prec as usize), false);
                self.combine_bits(&bits, &[], |bit, _| !bit)
            }
            None => self.invalid(INVALID_OPERATION),
        }
    }

    fn combine_bits(&mut self, a: &[bool], b: &[bool], operation: fn(bool, bool) -> bool) -> Number {
        let len = a.len().max(b.len()).min(usize::try_from(self.prec).unwrap_or(usize::MAX));
        let bit = |bits: &[bool], i: usize| bits.get(i).copied().unwrap_or(false);
        let digits: Vec<u8> =
            (0..len).rev().map(|i| b'0' + u8::from(operation(bit(a, i), bit(b, i)))).collect();
        Number::finite(false, Coefficient::from_digits(&digits), 0)
    }

    /// Shifts the digits to the left, or to the right for a negative `b`.
    pub fn shift(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a, b]) {
            return nan;
        }
        let Some(count) = self.count_of(b) else { return self.invalid(INVALID_OPERATION) };
        if a.is_infinite() {
            return a.clone();
        }
        let coefficient = if count >= 0 {
            if self.too_long(if a.is_zero() { 1 } else { self.prec.min(a.digits() + count) }) {
                return Number::nan();
            }
            a.coefficient.low_digits((self.prec - count).max(0)).shifted_left(count)
        } else {
            a.coefficient.low_digits(self.prec).shifted_right(-count)
        };
        Number { coefficient, ..a.clone() }
    }

    /// Rotates the digits, as many as the precision has, to the left, or to the right for a negative `b`.
    pub fn rotate(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a, b]) {
            return nan;
        }
        let Some(count) = self.count_of(b) else { return self.invalid(INVALID_OPERATION) };
        if a.is_infinite() {
            return a.clone();
        }
        let left = if count < 0 { count + self.prec } else { count };
        let digits = a.coefficient.low_digits(self.prec);
        // What goes out on the left comes in on the right.
        let (high, low) = (digits.shifted_right(self.prec - left), digits.low_digits(self.prec - left));
        if self.too_long(if low.is_zero() { 1 } else { low.digits() + left }) {
            return Number::nan();
        }
        let coefficient = low.shifted_left(left).plus(&high);
        Number { coefficient, ..a.clone() }
    }

    /// An integer that is no larger than the precision.
    fn count_of(&self, b: &Number) -> Option<i64> {
        if !b.is_finite() || b.exponent != 0 {
            return None;
        }
        let count = i64::try_from(b.coefficient.to_u64()?).ok()?;
        let signed = if b.negative { -count } else { count };
        (count <= self.prec).then_some(signed)
    }

    /// `a * 10^b`
    pub fn scale_by(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.check_nans(&[a, b]) {
            return nan;
        }
        let limit = 2u64.saturating_mul((self.emax + self.prec) as u64);
        let count = if b.is_finite() && b.exponent == 0 { b.coefficient.to_u64() } else { None };
        let Some(count) = count.filter(|count| *count <= limit) else {
            return self.invalid(INVALID_OPERATION);
        };
        if a.is_infinite() {
            return a.clone();
        }
        let count = count as i64;
        let exponent = a.exponent + if b.negative { -count } else { count };
        self.finalize(Number { exponent, ..a.clone() })
    }
}

/// The digits, lowest first, of a non-negative integer that has no digits but 0 and 1.
fn bits(number: &Number) -> Option<Vec<bool>> {
    if !number.is_finite() || number.negative || number.exponent != 0 {
        return None;
    }
    let digits = number.coefficient.to_digits();
    digits
        .iter()
        .rev()
        .map(|digit| match digit {
            b'0' => Some(false),
            b'1' => Some(true),
            _ => None,
        })
        .collect()
}
