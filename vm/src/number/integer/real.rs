//! Between integers and floats: conversion both ways, comparison, true division, and the hash that equal numbers share.

use std::cmp::Ordering;

use dashu_int::Word;

use super::{Int, Integer};
use crate::number::big::{self, BigInt};
use crate::number::error::{NumberError, Result};

/// Numbers are hashed modulo this Mersenne prime, `sys.hash_info.modulus`.
pub const HASH_MODULUS: u64 = (1 << HASH_BITS) - 1;
/// The width of [`HASH_MODULUS`].
pub const HASH_BITS: u32 = 61;

const MANTISSA_BITS: i64 = f64::MANTISSA_DIGITS as i64;

impl Int<'_> {
    /// `hash(self)`.
    pub fn hash(self) -> i64 {
        let (negative, residue) = match self {
            // Most are their own residue, and a division is slow.
            Self::Small(value) if value.unsigned_abs() < HASH_MODULUS => (value < 0, value.unsigned_abs()),
            Self::Small(value) => (value < 0, value.unsigned_abs() % HASH_MODULUS),
            Self::Big(value) => {
                let (_, words) = value.as_sign_words();
                // 2**61 is 1 modulo 2**61 - 1, so a shift left is a rotation of 61 bits.
                let scale = (1u128 << Word::BITS) % u128::from(HASH_MODULUS);
                let residue = words.iter().rev().fold(0u64, |hash, &word| {
                    ((u128::from(hash) * scale + u128::from(word)) % u128::from(HASH_MODULUS)) as u64
                });
                (big::is_negative(value), residue)
            }
        };
        let hash = if negative { -(residue as i64) } else { residue as i64 };
        // -1 tells CPython's callers of a failure, so no object hashes to it.
        if hash == -1 { -2 } else { hash }
    }

    /// `float(self)`, rounded half to even.
    ///
    /// # Errors
    /// `OverflowError` beyond the range of floats.
    pub fn to_f64(self) -> Result<f64> {
        let too_large = || NumberError::overflow("int too large to convert to float");
        match self {
            Self::Small(value) => Ok(value as f64),
            Self::Big(value) => {
                let (top, shift) = top_bits(value);
                let magnitude = ldexp(top as f64, shift.min(1 << 20) as i64);
                if magnitude.is_infinite() {
                    return Err(too_large());
                }
                Ok(if big::is_negative(value) { -magnitude } else { magnitude })
            }
        }
    }

    /// The value as `mantissa * 2**exponent` with a mantissa in [0.5, 1), correctly rounded; (0, 0) for zero.
    ///
    /// Unlike [`Int::to_f64`] this works for any magnitude, which logarithms need.
    pub fn to_mantissa_exponent(self) -> (f64, u64) {
        let value = self.to_big();
        if value.is_zero() {
            return (0.0, 0);
        }
        let (top, shift) = top_bits(&value);
        let n_bits = i64::from(u64::BITS - top.leading_zeros());
        let (mut mantissa, mut exponent) = (ldexp(top as f64, -n_bits), shift + n_bits as u64);
        if mantissa >= 1.0 {
            mantissa /= 2.0;
            exponent += 1;
        }
        (if self.is_negative() { -mantissa } else { mantissa }, exponent)
    }

    /// Compares exactly with a float; `None` for not-a-number.
    pub fn compare_f64(self, float: f64) -> Option<Ordering> {
        if let Self::Small(value) = self
            && value.unsigned_abs() <= 1 << MANTISSA_BITS
        {
            return (value as f64).partial_cmp(&float);
        }
        if float.is_nan() {
            return None;
        }
        if float.is_infinite() {
            return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        let whole = float.trunc();
        let order = self.cmp(&finite_to_integer(whole).as_int());
        // When the whole parts agree, the float's fraction decides.
        Some(order.then_with(|| {
            if float > whole {
                Ordering::Less
            } else if float < whole {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        }))
    }
}

impl Integer {
    /// `int(float)`: truncates towards zero.
    ///
    /// # Errors
    /// `OverflowError` for an infinity, `ValueError` for not-a-number.
    pub fn from_f64(float: f64) -> Result<Self> {
        if float.is_nan() {
            return Err(NumberError::value("cannot convert float NaN to integer"));
        }
        if float.is_infinite() {
            return Err(NumberError::overflow("cannot convert float infinity to integer"));
        }
        Ok(finite_to_integer(float))
    }
}

fn finite_to_integer(float: f64) -> Integer {
    // 2**63 is a float, so the comparison is exact.
    if float.abs() < 9_223_372_036_854_775_808.0 {
        return Integer::Small(float as i64);
    }
    let bits = float.to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let shift = (bits >> 52 & 0x7ff) - 1075;
    let magnitude = BigInt::from(mantissa) << shift as usize;
    if float < 0.0 { -magnitude } else { magnitude }.into()
}

/// The magnitude's top 64 bits with any lower ones folded into the last bit, and how far they were shifted.
///
/// That last bit is below what a float's mantissa holds, so rounding the result rounds the whole value correctly.
fn top_bits(value: &BigInt) -> (u64, u64) {
    let n_bits = big::bit_length(value);
    let words = value.as_sign_words().1;
    let Some(shift) = n_bits.checked_sub(64) else {
        return (
            words
                .iter()
                .rev()
                .fold(0u64, |top, &word| top.checked_shl(Word::BITS).unwrap_or(0) | big::widen(word)),
            0,
        );
    };
    let word_bits = u64::from(Word::BITS);
    let (skipped, offset) = ((shift / word_bits) as usize, shift % word_bits);
    let tail = words[skipped..].iter().rev().fold(0u128, |tail, &word| tail << word_bits | u128::from(word));
    let inexact = tail & ((1 << offset) - 1) != 0 || words[..skipped].iter().any(|&word| word != 0);
    ((tail >> offset) as u64 | u64::from(inexact), shift)
}

/// `float * 2**exponent`, rounded once, infinite on overflow.
pub fn ldexp(float: f64, exponent: i64) -> f64 {
    let power = |exponent: i64| f64::from_bits(((exponent + 1023) as u64) << 52);
    let (mut float, mut exponent) = (float, exponent);
    if exponent > 1023 {
        for _ in 0..2 {
            if exponent > 1023 {
                float *= power(1023);
                exponent -= 1023;
            }
        }
        exponent = exponent.min(1023);
    } else if exponent < -1022 {
        // Stepping by less than the full range keeps the intermediate values normal, so that only the last step rounds.
        for _ in 0..2 {
            if exponent < -1022 {
                float *= power(-1022 + 53);
                exponent += 1022 - 53;
            }
        }
        exponent = exponent.max(-1022);
    }
    float * power(exponent)
}

/// `numerator / denominator`, correctly rounded.
///
/// # Errors
/// `ZeroDivisionError`; `OverflowError` when the quotient is beyond the range of floats.
pub fn true_divide(numerator: Int<'_>, denominator: Int<'_>) -> Result<f64> {
    if let (Int::Small(a), Int::Small(b)) = (numerator, denominator)
        && b != 0
        && a != 0
        && a.unsigned_abs() <= 1 << MANTISSA_BITS
        && b.unsigned_abs() <= 1 << MANTISSA_BITS
    {
        return Ok(a as f64 / b as f64);
    }
    if denominator.is_zero() {
        return Err(NumberError::zero_division("division by zero"));
    }
    let negative = numerator.is_negative() != denominator.is_negative();
    let signed = |magnitude: f64| if negative { -magnitude } else { magnitude };
    let too_large = || NumberError::overflow("integer division result too large for a float");
    if numerator.is_zero() {
        return Ok(signed(0.0));
    }
    let magnitude_bits = numerator.bit_length() as i64 - denominator.bit_length() as i64;
    if magnitude_bits > i64::from(f64::MAX_EXP) {
        return Err(too_large());
    }
    if magnitude_bits < i64::from(f64::MIN_EXP) - MANTISSA_BITS - 1 {
        return Ok(signed(0.0));
    }
    // Scale so that the integer quotient has at least two bits more than the mantissa, or ends two bits below the
    // smallest subnormal; then one rounding, here, is exact.
    let shift = magnitude_bits.max(i64::from(f64::MIN_EXP)) - MANTISSA_BITS - 2;
    let (mut a, mut b) =
        (big::magnitude(numerator.to_big().into_owned()), big::magnitude(denominator.to_big().into_owned()));
    if shift <= 0 {
        a <<= shift.unsigned_abs() as usize;
    } else {
        b <<= shift as usize;
    }
    let (quotient, remainder) = dashu_int::ops::DivRem::div_rem(a, b);
    // At most 56 bits.
    let quotient = u64::try_from(quotient).unwrap_or(u64::MAX) | u64::from(!remainder.is_zero());
    let n_bits = i64::from(u64::BITS - quotient.leading_zeros());
    let extra_bits = n_bits.max(i64::from(f64::MIN_EXP) - shift) - MANTISSA_BITS;
    let half = 1u64 << (extra_bits - 1);
    let rounded =
        if quotient & half != 0 && quotient & (3 * half - 1) != 0 { quotient + half } else { quotient };
    let magnitude = ldexp((rounded & !(2 * half - 1)) as f64, shift);
    if magnitude.is_infinite() {
        return Err(too_large());
    }
    Ok(signed(magnitude))
}
