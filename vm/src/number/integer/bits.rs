//! Shifts and bitwise operations, on two's complement of unlimited width.

use std::ops::{BitAnd, BitOr, BitXor, Not};

use super::{Int, Integer};
use crate::number::big::{self, BigInt, MAX_BITS};
use crate::number::error::{NumberError, Result};

impl BitAnd for Int<'_> {
    type Output = Integer;

    #[inline]
    fn bitand(self, other: Self) -> Integer {
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => Integer::Small(left & right),
            _ => (&*self.to_big() & &*other.to_big()).into(),
        }
    }
}

impl BitOr for Int<'_> {
    type Output = Integer;

    #[inline]
    fn bitor(self, other: Self) -> Integer {
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => Integer::Small(left | right),
            _ => (&*self.to_big() | &*other.to_big()).into(),
        }
    }
}

impl BitXor for Int<'_> {
    type Output = Integer;

    #[inline]
    fn bitxor(self, other: Self) -> Integer {
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => Integer::Small(left ^ right),
            _ => (&*self.to_big() ^ &*other.to_big()).into(),
        }
    }
}

impl Not for Int<'_> {
    type Output = Integer;

    #[inline]
    fn not(self) -> Integer {
        match self {
            Self::Small(value) => Integer::Small(!value),
            Self::Big(value) => (!value).into(),
        }
    }
}

#[cold]
fn negative_count() -> NumberError {
    NumberError::value("negative shift count")
}

impl Int<'_> {
    /// `self << count`.
    ///
    /// # Errors
    /// `ValueError` for a negative count; `OverflowError` or `MemoryError` for a result that would not fit.
    #[inline]
    pub fn shift_left(self, count: Self) -> Result<Integer> {
        if count.is_negative() {
            return Err(negative_count());
        }
        if self.is_zero() {
            return Ok(Integer::ZERO);
        }
        let Some(count) = count.to_i64() else {
            return Err(NumberError::overflow("too many digits in integer"));
        };
        if let Self::Small(value) = self
            && count < 64
        {
            // A 64-bit value moved by less than 64 places always fits 128 bits.
            return Ok((i128::from(value) << count).into());
        }
        if self.bit_length() + count as u64 > MAX_BITS {
            return Err(NumberError::memory());
        }
        Ok((&*self.to_big() << count as usize).into())
    }

    /// `self >> count`, rounding towards minus infinity.
    ///
    /// # Errors
    /// `ValueError` for a negative count.
    #[inline]
    pub fn shift_right(self, count: Self) -> Result<Integer> {
        if count.is_negative() {
            return Err(negative_count());
        }
        Ok(match (self, count.to_u64()) {
            (Self::Small(value), Some(count @ 0..64)) => Integer::Small(value >> count),
            (Self::Big(value), Some(count)) if count < big::bit_length(value) => {
                (value >> count as usize).into()
            }
            _ => Integer::Small(-i64::from(self.is_negative())),
        })
    }

    /// `self.bit_length()`: the number of bits of the magnitude.
    pub fn bit_length(self) -> u64 {
        match self {
            Self::Small(value) => u64::from(u64::BITS - value.unsigned_abs().leading_zeros()),
            Self::Big(value) => big::bit_length(value),
        }
    }

    /// `self.bit_count()`: the number of ones in the magnitude.
    pub fn bit_count(self) -> u64 {
        match self {
            Self::Small(value) => u64::from(value.unsigned_abs().count_ones()),
            Self::Big(value) => value.as_sign_words().1.iter().map(|word| u64::from(word.count_ones())).sum(),
        }
    }

    /// The number of zeros below the lowest one; `None` for zero.
    pub fn trailing_zeros(self) -> Option<u64> {
        match self {
            Self::Small(0) => None,
            Self::Small(value) => Some(u64::from(value.trailing_zeros())),
            Self::Big(value) => BigInt::trailing_zeros(value).map(|count| count as u64),
        }
    }
}
