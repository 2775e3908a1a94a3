//! `round(float)` and `round(float, digits)`, correctly rounded in decimal, ties to even.

use super::super::big::BigUint;
use super::super::error::{NumberError, Result};
use super::super::integer::Integer;
use super::whole_magnitude;

/// More digits after the point than this never change a float.
const MAX_DIGITS: i64 = 323;
/// Rounding to a larger power of ten than this always gives zero.
const MIN_DIGITS: i64 = -308;

/// `round(float)`: the nearest integer, ties to even.
///
/// # Errors
/// `OverflowError` for an infinity, `ValueError` for not-a-number.
pub fn round_to_integer(float: f64) -> Result<Integer> {
    Integer::from_f64(float.round_ties_even())
}

/// `round(float, n_digits)`.
///
/// # Errors
/// `OverflowError` when the rounded value is beyond the range of floats.
pub fn round_to_digits(float: f64, n_digits: i64) -> Result<f64> {
    if !float.is_finite() || n_digits > MAX_DIGITS || float == 0.0 {
        return Ok(float);
    }
    if n_digits < MIN_DIGITS {
        return Ok(0f64.copysign(float));
    }
    let rounded = if n_digits >= 0 {
        // The formatter rounds the exact decimal expansion, ties to even, and reading it back is correctly rounded.
        format!("{:.*}", n_digits as usize, float.abs()).parse().unwrap_or(f64::NAN)
    } else {
        round_to_power(float.abs(), n_digits.unsigned_abs() as usize)
    };
    if rounded.is_infinite() {
        return Err(NumberError::overflow("rounded value too large to represent"));
    }
    Ok(rounded.copysign(float))
}

/// Rounds a magnitude to a multiple of 10**exponent.
fn round_to_power(magnitude: f64, exponent: usize) -> f64 {
    let power = BigUint::from(10u8).pow(exponent);
    let (quotient, remainder) = dashu_int::ops::DivRem::div_rem(whole_magnitude(magnitude), &power);
    let has_fraction = magnitude.fract() != 0.0;
    let up = match (remainder * 2u8).cmp(&power) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => {
            has_fraction || quotient.as_words().first().is_some_and(|word| word & 1 == 1)
        }
    };
    let multiple = if up { quotient + 1u8 } else { quotient };
    Integer::from(multiple * power).as_int().to_f64().unwrap_or(f64::INFINITY)
}
