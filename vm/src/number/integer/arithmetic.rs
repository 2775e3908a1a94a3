//! Sums, products, quotients and powers.
//!
//! Python divides towards minus infinity: the remainder has the divisor's sign.

use std::ops::{Add, Mul, Neg, Sub};

use dashu_int::fast_div::ConstDivisor;
use dashu_int::ops::DivRem;

use super::{Int, Integer};
use crate::number::big::{self, BigInt, BigUint, MAX_BITS};
use crate::number::error::{NumberError, Result};

const DIVISION_BY_ZERO: &str = "integer division or modulo by zero";
const MODULO_BY_ZERO: &str = "integer modulo by zero";

impl Add for Int<'_> {
    type Output = Integer;

    #[inline]
    fn add(self, other: Self) -> Integer {
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => match left.checked_add(right) {
                Some(sum) => Integer::Small(sum),
                None => (i128::from(left) + i128::from(right)).into(),
            },
            (Self::Big(left), Self::Big(right)) => (left + right).into(),
            (Self::Small(small), Self::Big(large)) | (Self::Big(large), Self::Small(small)) => {
                (large + small).into()
            }
        }
    }
}

impl Sub for Int<'_> {
    type Output = Integer;

    #[inline]
    fn sub(self, other: Self) -> Integer {
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => match left.checked_sub(right) {
                Some(difference) => Integer::Small(difference),
                None => (i128::from(left) - i128::from(right)).into(),
            },
            (Self::Big(left), Self::Big(right)) => (left - right).into(),
            (Self::Big(left), Self::Small(right)) => (left - right).into(),
            (Self::Small(left), Self::Big(right)) => (BigInt::from(left) - right).into(),
        }
    }
}

impl Mul for Int<'_> {
    type Output = Integer;

    #[inline]
    fn mul(self, other: Self) -> Integer {
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => match left.checked_mul(right) {
                Some(product) => Integer::Small(product),
                None => (i128::from(left) * i128::from(right)).into(),
            },
            // The same object twice is squared, which costs about two thirds of a product.
            (Self::Big(left), Self::Big(right)) if std::ptr::eq(left, right) => left.sqr().into(),
            (Self::Big(left), Self::Big(right)) => (left * right).into(),
            (Self::Small(small), Self::Big(large)) | (Self::Big(large), Self::Small(small)) => {
                (large * small).into()
            }
        }
    }
}

impl Neg for Int<'_> {
    type Output = Integer;

    #[inline]
    fn neg(self) -> Integer {
        match self {
            Self::Small(value) => match value.checked_neg() {
                Some(negated) => Integer::Small(negated),
                None => (-i128::from(value)).into(),
            },
            Self::Big(value) => (-value).into(),
        }
    }
}

impl Int<'_> {
    /// `abs(self)`.
    pub fn abs(self) -> Integer {
        if self.is_negative() { -self } else { self.to_owned() }
    }

    /// `self // other`.
    #[inline]
    pub fn floor_div(self, other: Self) -> Result<Integer> {
        if other.is_zero() {
            return Err(NumberError::zero_division(DIVISION_BY_ZERO));
        }
        if let (Self::Small(left), Self::Small(right)) = (self, other)
            && let (Some(quotient), Some(remainder)) = (left.checked_div(right), left.checked_rem(right))
        {
            let below = remainder != 0 && (remainder < 0) != (right < 0);
            return Ok(Integer::Small(quotient - i64::from(below)));
        }
        Ok(self.big_divmod(other).0.into())
    }

    /// `self % other`.
    #[inline]
    pub fn modulo(self, other: Self) -> Result<Integer> {
        if other.is_zero() {
            return Err(NumberError::zero_division(MODULO_BY_ZERO));
        }
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => Ok(Integer::Small(small_modulo(left, right))),
            (Self::Big(left), Self::Small(right)) => {
                let remainder = left % BigInt::from(right);
                // Smaller in magnitude than the divisor, so the conversion cannot fail.
                let remainder = i64::try_from(&remainder).unwrap_or(0);
                let other_sign = remainder != 0 && (remainder < 0) != (right < 0);
                Ok(Integer::Small(if other_sign { remainder + right } else { remainder }))
            }
            _ => {
                let divisor = other.to_big();
                let remainder = &*self.to_big() % &*divisor;
                let other_sign = !remainder.is_zero() && big::is_negative(&remainder) != other.is_negative();
                Ok(if other_sign { remainder + &*divisor } else { remainder }.into())
            }
        }
    }

    /// `divmod(self, other)`.
    #[inline]
    pub fn divmod(self, other: Self) -> Result<(Integer, Integer)> {
        if other.is_zero() {
            return Err(NumberError::zero_division(DIVISION_BY_ZERO));
        }
        if let (Self::Small(left), Self::Small(right)) = (self, other)
            && let (Some(quotient), Some(remainder)) = (left.checked_div(right), left.checked_rem(right))
        {
            return Ok(if remainder != 0 && (remainder < 0) != (right < 0) {
                (Integer::Small(quotient - 1), Integer::Small(remainder + right))
            } else {
                (Integer::Small(quotient), Integer::Small(remainder))
            });
        }
        let (quotient, remainder) = self.big_divmod(other);
        Ok((quotient.into(), remainder.into()))
    }

    /// Floor division on the general path; the divisor is not zero.
    fn big_divmod(self, other: Self) -> (BigInt, BigInt) {
        let divisor = other.to_big();
        let (quotient, remainder) = (&*self.to_big()).div_rem(&*divisor);
        if !remainder.is_zero() && big::is_negative(&remainder) != other.is_negative() {
            (quotient - 1, remainder + &*divisor)
        } else {
            (quotient, remainder)
        }
    }

    /// `self ** exponent` for an exponent that is not negative (a negative one is a matter of floats).
    ///
    /// # Errors
    /// `MemoryError` when the result would not fit.
    pub fn pow(self, exponent: Self) -> Result<Integer> {
        if let Some(base @ -1..=1) = self.to_i64() {
            return Ok(match base {
                _ if exponent.is_zero() => Integer::ONE,
                -1 if !exponent.is_odd() => Integer::ONE,
                base => Integer::Small(base),
            });
        }
        let Some(exponent) = exponent.to_u64() else {
            return Err(NumberError::memory());
        };
        if let Self::Small(base) = self
            && let Ok(exponent) = u32::try_from(exponent)
            && let Some(power) = base.checked_pow(exponent)
        {
            return Ok(Integer::Small(power));
        }
        let least_bits = (self.bit_length() - 1).saturating_mul(exponent);
        let exponent = usize::try_from(exponent).map_err(|_| NumberError::memory())?;
        if least_bits > MAX_BITS {
            return Err(NumberError::memory());
        }
        Ok(self.to_big().pow(exponent).into())
    }

    /// `pow(self, exponent, modulus)`.
    ///
    /// # Errors
    /// `ValueError` when the modulus is zero, or when the exponent is negative and the base has no inverse.
    pub fn pow_mod(self, exponent: Self, modulus: Self) -> Result<Integer> {
        if modulus.is_zero() {
            return Err(NumberError::value("pow() 3rd argument cannot be 0"));
        }
        let divisor = modulus.abs();
        let residue = match divisor.as_int() {
            Int::Small(1) => return Ok(Integer::ZERO),
            Int::Small(divisor) => {
                let base = match self.modulo(Int::Small(divisor))? {
                    Integer::Small(base) => base,
                    Integer::Big(_) => 0,
                };
                let base = if exponent.is_negative() { small_inverse(base, divisor)? } else { base };
                Integer::Small(small_pow_mod(base, exponent, divisor))
            }
            Int::Big(divisor) => {
                let base = big::magnitude(self.modulo(Int::Big(divisor))?.into_big());
                big_pow_mod(base, exponent, big::magnitude(divisor.clone()))?.into()
            }
        };
        Ok(if modulus.is_negative() && residue != Integer::ZERO {
            residue.as_int() + modulus
        } else {
            residue
        })
    }
}

fn small_modulo(left: i64, right: i64) -> i64 {
    let remainder = left.wrapping_rem(right);
    if remainder != 0 && (remainder < 0) != (right < 0) { remainder + right } else { remainder }
}

#[cold]
fn not_invertible() -> NumberError {
    NumberError::value("base is not invertible for the given modulus")
}

/// The inverse of `base` modulo `divisor`, where 0 <= base < divisor.
fn small_inverse(base: i64, divisor: i64) -> Result<i64> {
    let (mut old_remainder, mut remainder) = (i128::from(base), i128::from(divisor));
    let (mut old_factor, mut factor) = (1i128, 0i128);
    while remainder != 0 {
        let quotient = old_remainder / remainder;
        (old_remainder, remainder) = (remainder, old_remainder - quotient * remainder);
        (old_factor, factor) = (factor, old_factor - quotient * factor);
    }
    if old_remainder != 1 {
        return Err(not_invertible());
    }
    // Between 0 and the divisor, which is 64 bits wide.
    Ok(old_factor.rem_euclid(i128::from(divisor)) as i64)
}

/// `base ** abs(exponent) % divisor`, where 0 <= base < divisor and divisor > 1.
fn small_pow_mod(base: i64, exponent: Int<'_>, divisor: i64) -> i64 {
    let divisor = divisor as u128;
    let step = |result: u128, bit: bool| {
        let squared = result * result % divisor;
        if bit { squared * base as u128 % divisor } else { squared }
    };
    let bits_of = |result: u128, word: u64, n_bits: u32| {
        (0..n_bits).rev().fold(result, |r, i| step(r, word >> i & 1 == 1))
    };
    let result = match exponent {
        Int::Small(exponent) => {
            let exponent = exponent.unsigned_abs();
            bits_of(1, exponent, u64::BITS - exponent.leading_zeros())
        }
        Int::Big(exponent) => {
            let (_, words) = exponent.as_sign_words();
            words
                .iter()
                .rev()
                .fold(1, |result, &word| bits_of(result, big::widen(word), dashu_int::Word::BITS))
        }
    };
    result as i64
}

/// `base ** exponent % divisor`, where 0 <= base < divisor and divisor > 1.
fn big_pow_mod(base: BigUint, exponent: Int<'_>, divisor: BigUint) -> Result<BigUint> {
    let ring = ConstDivisor::new(divisor);
    let mut base = ring.reduce(base);
    if exponent.is_negative() {
        base = base.inv().ok_or_else(not_invertible)?;
    }
    Ok(base.pow(&big::magnitude(exponent.to_big().into_owned())).residue())
}
