//! Sums of floats with less rounding than one addition after the other: `math.fsum`, `math.sumprod`, `math.hypot`,
//! `math.dist`, and the builtin `sum`.
//!
//! The error-free transformations are those of Ogita, Rump and Oishi, "Accurate Sum and Dot Product"
//! (<https://doi.org/10.1137/030601818>), whose algorithm numbers are named below.

use smallvec::SmallVec;

use crate::number::error::{NumberError, Result};
use crate::number::float::frexp;
use crate::number::integer::ldexp;

/// A sum or product, and what rounding it lost.
struct Exact {
    rounded: f64,
    lost: f64,
}

/// Algorithm 1.1, for magnitudes in descending order.
fn sum_ordered(large: f64, small: f64) -> Exact {
    let rounded = large + small;
    Exact { rounded, lost: (large - rounded) + small }
}

/// Algorithm 3.1.
fn sum(left: f64, right: f64) -> Exact {
    let rounded = left + right;
    let from_right = rounded - left;
    Exact { rounded, lost: (left - (rounded - from_right)) + (right - from_right) }
}

/// Algorithm 3.5.
fn product(left: f64, right: f64) -> Exact {
    let rounded = left * right;
    Exact { rounded, lost: left.mul_add(right, -rounded) }
}

/// What the builtin `sum` keeps for floats: the sum and, by Neumaier's method, the low-order bits it lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompensatedSum {
    sum: f64,
    lost: f64,
}

impl CompensatedSum {
    /// Starts with a value.
    pub fn new(start: f64) -> Self {
        Self { sum: start, lost: 0.0 }
    }

    /// Adds a float.
    pub fn add(&mut self, value: f64) {
        let total = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - total) + value
        } else {
            (value - total) + self.sum
        };
        self.sum = total;
    }

    /// Adds without compensation, as `sum` does for integers.
    pub fn add_plain(&mut self, value: f64) {
        self.sum += value;
    }

    /// The sum.
    pub fn finish(self) -> f64 {
        // A zero must not change the sum's sign, and an infinite correction would make it not a number.
        if self.lost != 0.0 && self.lost.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// `math.fsum`: Shewchuk's algorithm, which keeps the exact sum as floats that do not overlap, in ascending magnitude.
#[derive(Clone, Debug, Default)]
pub struct ExactSum {
    partials: SmallVec<[f64; 32]>,
    special: f64,
    infinite: f64,
}

impl ExactSum {
    /// Adds a float.
    ///
    /// # Errors
    /// `OverflowError` when finite values add up beyond the range of floats.
    pub fn add(&mut self, value: f64) -> Result<()> {
        let mut carried = value;
        let mut n_kept = 0;
        for index in 0..self.partials.len() {
            let partial = self.partials[index];
            let (large, small) =
                if carried.abs() < partial.abs() { (partial, carried) } else { (carried, partial) };
            let rounded = large + small;
            let lost = small - (rounded - large);
            if lost != 0.0 {
                self.partials[n_kept] = lost;
                n_kept += 1;
            }
            carried = rounded;
        }
        self.partials.truncate(n_kept);
        if carried == 0.0 {
            return Ok(());
        }
        if carried.is_finite() {
            self.partials.push(carried);
            return Ok(());
        }
        if value.is_finite() {
            return Err(NumberError::overflow("intermediate overflow in fsum"));
        }
        if value.is_infinite() {
            self.infinite += value;
        }
        self.special += value;
        self.partials.clear();
        Ok(())
    }

    /// The sum, rounded once.
    ///
    /// # Errors
    /// `ValueError` when infinities of both signs were added.
    pub fn finish(mut self) -> Result<f64> {
        if self.special != 0.0 {
            return if self.infinite.is_nan() {
                Err(NumberError::value("-inf + inf in fsum"))
            } else {
                Ok(self.special)
            };
        }
        let Some(mut high) = self.partials.pop() else {
            return Ok(0.0);
        };
        let mut lost = 0.0;
        while let Some(partial) = self.partials.pop() {
            let rounded = high + partial;
            lost = partial - (rounded - high);
            high = rounded;
            if lost != 0.0 {
                break;
            }
        }
        // Half of a unit in the last place was rounded to even; what is left below may break that tie the other way.
        let same_sign = |below: &f64| lost < 0.0 && *below < 0.0 || lost > 0.0 && *below > 0.0;
        if self.partials.last().is_some_and(same_sign) {
            let doubled = lost * 2.0;
            let adjusted = high + doubled;
            if adjusted - high == doubled {
                high = adjusted;
            }
        }
        Ok(high)
    }
}

/// The float part of `math.sumprod`: a sum of products in three times the precision (algorithm 5.10).
#[derive(Clone, Copy, Debug, Default)]
pub struct ProductSum {
    high: f64,
    low: f64,
    tiny: f64,
}

impl ProductSum {
    /// The sum with a product added; `None` when that is not finite, and the caller goes on in plain floats.
    #[must_use]
    pub fn add(self, left: f64, right: f64) -> Option<Self> {
        let product = product(left, right);
        let high = sum(self.high, product.rounded);
        let low = sum(self.low, product.lost);
        let middle = sum(low.rounded, high.lost);
        let total =
            Self { high: high.rounded, low: middle.rounded, tiny: self.tiny + low.lost + middle.lost };
        total.high.is_finite().then_some(total)
    }

    /// The sum, rounded.
    pub fn finish(self) -> f64 {
        let last = sum(self.low, self.high);
        self.tiny + last.lost + last.rounded
    }
}

/// `math.hypot`: the Euclidean norm. The coordinates are used as scratch space.
pub fn hypot(coordinates: &mut [f64]) -> f64 {
    let mut largest = 0.0;
    let mut seen_nan = false;
    for coordinate in &mut *coordinates {
        *coordinate = coordinate.abs();
        seen_nan |= coordinate.is_nan();
        if *coordinate > largest {
            largest = *coordinate;
        }
    }
    if largest.is_infinite() {
        return largest;
    }
    if seen_nan {
        return f64::NAN;
    }
    vector_norm(coordinates, largest)
}

/// `math.dist` of points with as many coordinates each; uses the first as scratch space.
///
/// # Errors
/// `ValueError` for a different number of coordinates.
pub fn dist(from: &mut [f64], to: &[f64]) -> Result<f64> {
    if from.len() != to.len() {
        return Err(NumberError::value("both points must have the same number of dimensions"));
    }
    for (left, right) in from.iter_mut().zip(to) {
        *left -= right;
    }
    Ok(hypot(from))
}

/// The norm of finite magnitudes: scaled by a power of two to below 1, squared and summed with the lost bits kept apart,
/// and the root corrected by one step of Newton's method from the exact residue.
fn vector_norm(magnitudes: &mut [f64], largest: f64) -> f64 {
    if largest == 0.0 || magnitudes.len() <= 1 {
        return largest;
    }
    let (_, exponent) = frexp(largest);
    if exponent < -1023 {
        // The scale itself would overflow: make subnormals normal first.
        for magnitude in &mut *magnitudes {
            *magnitude /= f64::MIN_POSITIVE;
        }
        return f64::MIN_POSITIVE * vector_norm(magnitudes, largest / f64::MIN_POSITIVE);
    }
    let scale = ldexp(1.0, i64::from(-exponent));
    // Starting from 1 keeps the running sum the larger term of every addition.
    let (mut total, mut lost_products, mut lost_sums) = (1.0, 0.0, 0.0);
    let mut add = |term: Exact| {
        let added = sum_ordered(total, term.rounded);
        total = added.rounded;
        lost_products += term.lost;
        lost_sums += added.lost;
        total - 1.0 + (lost_products + lost_sums)
    };
    let mut square = 0.0;
    for magnitude in magnitudes {
        let scaled = *magnitude * scale;
        square = add(product(scaled, scaled));
    }
    let root = square.sqrt();
    let residue = add(product(-root, root));
    (root + residue / (2.0 * root)) / scale
}
