//! Comparisons, and operations that choose one of two operands.

use super::env::Env;
use super::number::{Kind, Number};
use super::status::INVALID_OPERATION;
use std::cmp::Ordering;

/// Compares by value; no operand is a NaN.
pub fn compare_values(a: &Number, b: &Number) -> Ordering {
    let sign = |n: &Number| match (n.is_zero(), n.negative) {
        (true, _) => 0,
        (_, true) => -1,
        _ => 1,
    };
    let (x, y) = (sign(a), sign(b));
    if x != y || x == 0 {
        return x.cmp(&y);
    }
    let order = compare_magnitudes(a, b);
    if a.negative { order.reverse() } else { order }
}

/// Compares without signs; no operand is a NaN.
pub fn compare_magnitudes(a: &Number, b: &Number) -> Ordering {
    match (a.is_infinite(), b.is_infinite()) {
        (false, false) => {}
        (x, y) => return x.cmp(&y),
    }
    match (a.is_zero(), b.is_zero()) {
        (false, false) => {}
        (x, y) => return y.cmp(&x),
    }
    if a.exponent == b.exponent {
        return a.coefficient.cmp(&b.coefficient);
    }
    // With the first digits at the same place, the shift is at most the difference of the digits.
    a.adjusted().cmp(&b.adjusted()).then_with(|| {
        let shift = a.exponent - b.exponent;
        if shift > 0 {
            a.coefficient.shifted_left(shift).cmp(&b.coefficient)
        } else {
            a.coefficient.cmp(&b.coefficient.shifted_left(-shift))
        }
    })
}

/// The total order of the specification, which tells apart what is equal by value, and orders NaNs.
pub fn compare_total(a: &Number, b: &Number) -> Ordering {
    if a.negative != b.negative {
        return b.negative.cmp(&a.negative);
    }
    let order = compare_total_magnitudes(a, b);
    if a.negative { order.reverse() } else { order }
}

/// The total order without signs.
pub fn compare_total_magnitudes(a: &Number, b: &Number) -> Ordering {
    let class = |n: &Number| match n.kind {
        Kind::Finite | Kind::Infinite => 0,
        Kind::Signaling => 1,
        Kind::Quiet => 2,
    };
    match class(a).cmp(&class(b)) {
        Ordering::Equal => {}
        order => return order,
    }
    if a.is_nan() {
        return a.coefficient.cmp(&b.coefficient);
    }
    compare_magnitudes(a, b).then(a.exponent.cmp(&b.exponent))
}

fn from_ordering(order: Ordering) -> Number {
    Number::integer(order as i64)
}

/// What `max` and `min` look for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The larger one.
    Max,
    /// The smaller one.
    Min,
}

impl Env {
    /// -1, 0 or 1.
    pub fn compare(&mut self, a: &Number, b: &Number) -> Number {
        match self.check_nans(&[a, b]) {
            Some(nan) => nan,
            None => from_ordering(compare_values(a, b)),
        }
    }

    /// -1, 0 or 1; all NaNs signal.
    pub fn compare_signal(&mut self, a: &Number, b: &Number) -> Number {
        match self.check_nans(&[a, b]) {
            Some(nan) => {
                self.raise(INVALID_OPERATION);
                nan
            }
            None => from_ordering(compare_values(a, b)),
        }
    }

    /// -1, 0 or 1 in the total order.
    pub fn compare_total(&mut self, a: &Number, b: &Number) -> Number {
        from_ordering(compare_total(a, b))
    }

    /// -1, 0 or 1 in the total order of the magnitudes.
    pub fn compare_total_magnitudes(&mut self, a: &Number, b: &Number) -> Number {
        from_ordering(compare_total_magnitudes(a, b))
    }

    /// `max` and `min`; a quiet NaN gives way to a number.
    pub fn choose(&mut self, a: &Number, b: &Number, choice: Choice) -> Number {
        self.choose_by(a, b, choice, compare_values)
    }

    /// `max_mag` and `min_mag`.
    pub fn choose_magnitude(&mut self, a: &Number, b: &Number, choice: Choice) -> Number {
        self.choose_by(a, b, choice, |a, b| compare_magnitudes(a, b).then_with(|| compare_values(a, b)))
    }

    fn choose_by(
        &mut self,
        a: &Number,
        b: &Number,
        choice: Choice,
        compare: impl Fn(&Number, &Number) -> Ordering,
    ) -> Number {
        match (a.kind, b.kind) {
            (Kind::Quiet, Kind::Finite | Kind::Infinite) => return self.finalize(b.clone()),
            (Kind::Finite | Kind::Infinite, Kind::Quiet) => return self.finalize(a.clone()),
            _ => {}
        }
        if let Some(nan) = self.check_nans(&[a, b]) {
            return nan;
        }
        // Where the values are equal, the total order decides.
        let order = compare(a, b).then_with(|| compare_total(a, b));
        let first = if choice == Choice::Max { order == Ordering::Greater } else { order == Ordering::Less };
        let chosen = if first { a } else { b };
        self.finalize(chosen.clone())
    }
}
