//! What Python's `float` computes: arithmetic with Python's signs, conversion to integers and ratios, hashing, rounding.
//!
//! [`text`] reads and writes decimal and hexadecimal literals; [`crate::number::format`] has the general formatter.

mod hex;
mod round;
pub mod text;

use super::big::{self, BigInt};
use super::complex::Complex;
use super::error::{NumberError, Result};
use super::integer::{HASH_BITS, HASH_MODULUS, Integer, ldexp};

pub use hex::{from_hex, to_hex};
pub use round::{round_to_digits, round_to_integer};
pub use text::{parse, repr};

/// `hash(float("inf"))`, `sys.hash_info.inf`.
pub const HASH_INFINITY: i64 = 314_159;

/// `hash(float)`; `None` for not-a-number, which is hashed by identity.
pub fn hash(float: f64) -> Option<i64> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 { HASH_INFINITY } else { -HASH_INFINITY });
    }
    // Whole numbers below the modulus, the common case, are their own hash.
    let whole = float as i64;
    if whole as f64 == float && whole.unsigned_abs() < HASH_MODULUS {
        return Some(if whole == -1 { -2 } else { whole });
    }
    let (mantissa, exponent) = frexp(float.abs());
    // A mantissa in [0.5, 1) times 2**53 is whole; the exponent then counts modulo 61, since 2**61 is 1 modulo the prime.
    let residue = ldexp(mantissa, 53) as u64 % HASH_MODULUS;
    let shift = (i64::from(exponent) - 53).rem_euclid(i64::from(HASH_BITS)) as u32;
    let rotated = (residue << shift) & HASH_MODULUS | residue.checked_shr(HASH_BITS - shift).unwrap_or(0);
    let hash = if float < 0.0 { -(rotated as i64) } else { rotated as i64 };
    Some(if hash == -1 { -2 } else { hash })
}

/// Splits into a mantissa whose magnitude is in [0.5, 1) and a power of two; zero and non-finite values have exponent 0.
pub fn frexp(float: f64) -> (f64, i32) {
    if float == 0.0 || !float.is_finite() {
        return (float, 0);
    }
    let bits = float.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    if exponent == 0 {
        // Subnormal: 2**54 makes it normal.
        let (mantissa, exponent) = frexp(float * 18_014_398_509_481_984.0);
        return (mantissa, exponent - 54);
    }
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent - 1022)
}

/// `numerator / denominator`.
///
/// # Errors
/// `ZeroDivisionError`.
pub fn divide(numerator: f64, denominator: f64) -> Result<f64> {
    if denominator == 0.0 {
        return Err(NumberError::zero_division("float division by zero"));
    }
    Ok(numerator / denominator)
}

/// `numerator % denominator`: the result has the denominator's sign.
///
/// # Errors
/// `ZeroDivisionError`.
pub fn modulo(numerator: f64, denominator: f64) -> Result<f64> {
    if denominator == 0.0 {
        return Err(NumberError::zero_division("float modulo"));
    }
    Ok(floor_modulo(numerator, denominator))
}

fn floor_modulo(numerator: f64, denominator: f64) -> f64 {
    let remainder = numerator % denominator;
    if remainder == 0.0 {
        0f64.copysign(denominator)
    } else if (denominator < 0.0) != (remainder < 0.0) {
        remainder + denominator
    } else {
        remainder
    }
}

fn floor_divide(numerator: f64, denominator: f64) -> (f64, f64) {
    let remainder = numerator % denominator;
    let quotient = (numerator - remainder) / denominator;
    let modulo = floor_modulo(numerator, denominator);
    let quotient =
        if remainder != 0.0 && (denominator < 0.0) != (remainder < 0.0) { quotient - 1.0 } else { quotient };
    if quotient == 0.0 {
        return (0f64.copysign(numerator / denominator), modulo);
    }
    // The quotient is within rounding of a whole number; go to the nearest.
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, modulo)
}

/// `numerator // denominator`.
///
/// # Errors
/// `ZeroDivisionError`.
pub fn floor_div(numerator: f64, denominator: f64) -> Result<f64> {
    if denominator == 0.0 {
        return Err(NumberError::zero_division("float floor division by zero"));
    }
    Ok(floor_divide(numerator, denominator).0)
}

/// `divmod(numerator, denominator)`.
///
/// # Errors
/// `ZeroDivisionError`.
pub fn divmod(numerator: f64, denominator: f64) -> Result<(f64, f64)> {
    if denominator == 0.0 {
        return Err(NumberError::zero_division("float divmod()"));
    }
    Ok(floor_divide(numerator, denominator))
}

/// The result of a power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Power {
    /// A float.
    Real(f64),
    /// A negative base with a fractional exponent leaves the real line.
    Complex(Complex),
}

fn is_odd_whole(float: f64) -> bool {
    (float.abs() % 2.0) == 1.0
}

/// `base ** exponent`.
///
/// # Errors
/// `ZeroDivisionError` for a negative power of zero; `OverflowError`.
pub fn pow(base: f64, exponent: f64) -> Result<Power> {
    let real = |value: f64| Ok(Power::Real(value));
    if exponent == 0.0 {
        return real(1.0);
    }
    if base.is_nan() {
        return real(base);
    }
    if exponent.is_nan() {
        return real(if base == 1.0 { 1.0 } else { exponent });
    }
    if exponent.is_infinite() {
        let magnitude = base.abs();
        return real(if magnitude == 1.0 {
            1.0
        } else if (exponent > 0.0) == (magnitude > 1.0) {
            f64::INFINITY
        } else {
            0.0
        });
    }
    let odd = is_odd_whole(exponent);
    if base.is_infinite() {
        return real(match (exponent > 0.0, odd) {
            (true, true) => base,
            (true, false) => f64::INFINITY,
            (false, true) => 0f64.copysign(base),
            (false, false) => 0.0,
        });
    }
    if base == 0.0 {
        if exponent < 0.0 {
            return Err(NumberError::zero_division("0.0 cannot be raised to a negative power"));
        }
        return real(if odd { base } else { 0.0 });
    }
    if base < 0.0 && exponent != exponent.floor() {
        return Complex::new(base, 0.0).pow(Complex::new(exponent, 0.0)).map(Power::Complex);
    }
    let negative = base < 0.0 && odd;
    let magnitude = if base.abs() == 1.0 { 1.0 } else { base.abs().powf(exponent) };
    if magnitude.is_infinite() {
        return Err(NumberError::range());
    }
    real(if negative { -magnitude } else { magnitude })
}

/// `float.is_integer()`.
pub fn is_integer(float: f64) -> bool {
    float.is_finite() && float.floor() == float
}

/// `float.as_integer_ratio()`, in lowest terms.
///
/// # Errors
/// `OverflowError` for an infinity, `ValueError` for not-a-number.
pub fn as_integer_ratio(float: f64) -> Result<(Integer, Integer)> {
    if float.is_nan() {
        return Err(NumberError::value("cannot convert NaN to integer ratio"));
    }
    if float.is_infinite() {
        return Err(NumberError::overflow("cannot convert Infinity to integer ratio"));
    }
    let (mantissa, exponent) = frexp(float);
    let mantissa = ldexp(mantissa, 53) as i64;
    if mantissa == 0 {
        return Ok((Integer::ZERO, Integer::ONE));
    }
    let zeros = mantissa.trailing_zeros();
    let mantissa = mantissa >> zeros;
    let exponent = exponent - 53 + zeros as i32;
    let power = |shift: u32, factor: i64| Integer::from(BigInt::from(factor) << shift as usize);
    Ok(if exponent >= 0 {
        (power(exponent.unsigned_abs(), mantissa), Integer::ONE)
    } else {
        (Integer::Small(mantissa), power(exponent.unsigned_abs(), 1))
    })
}

/// `math.floor(float)`.
///
/// # Errors
/// `OverflowError` for an infinity, `ValueError` for not-a-number.
pub fn floor(float: f64) -> Result<Integer> {
    Integer::from_f64(float.floor())
}

/// `math.ceil(float)`.
///
/// # Errors
/// `OverflowError` for an infinity, `ValueError` for not-a-number.
pub fn ceil(float: f64) -> Result<Integer> {
    Integer::from_f64(float.ceil())
}

/// The magnitude of a whole float as digits, exactly.
fn whole_magnitude(float: f64) -> big::BigUint {
    Integer::from_f64(float.abs().trunc())
        .map_or(big::BigUint::ZERO, |whole| big::magnitude(whole.into_big()))
}
