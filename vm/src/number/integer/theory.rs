//! Number theory: common divisors, roots, and the combinatorial functions of `math`.

use dashu_int::ops::{Gcd, SquareRoot};

use super::{Int, Integer};
use crate::number::big;
use crate::number::error::{NumberError, Result};

impl Int<'_> {
    /// `math.gcd(self, other)`.
    pub fn gcd(self, other: Self) -> Integer {
        if let (Self::Small(left), Self::Small(right)) = (self, other) {
            return small_gcd(left.unsigned_abs(), right.unsigned_abs()).into();
        }
        if self.is_zero() {
            return other.abs();
        }
        if other.is_zero() {
            return self.abs();
        }
        (&*self.to_big()).gcd(&*other.to_big()).into()
    }

    /// `math.lcm(self, other)`.
    pub fn lcm(self, other: Self) -> Result<Integer> {
        if self.is_zero() || other.is_zero() {
            return Ok(Integer::ZERO);
        }
        let divided = self.floor_div(self.gcd(other).as_int())?;
        Ok((divided.as_int() * other).as_int().abs())
    }

    /// `math.isqrt(self)`.
    ///
    /// # Errors
    /// `ValueError` for a negative value.
    pub fn isqrt(self) -> Result<Integer> {
        if self.is_negative() {
            return Err(NumberError::value("isqrt() argument must be nonnegative"));
        }
        Ok(match self {
            Self::Small(value) => Integer::Small(value.isqrt()),
            Self::Big(value) => big::magnitude(value.clone()).sqrt().into(),
        })
    }
}

fn small_gcd(mut left: u64, mut right: u64) -> u64 {
    if left == 0 || right == 0 {
        return left | right;
    }
    // Stein's algorithm: shifts and subtractions only.
    let shift = (left | right).trailing_zeros();
    left >>= left.trailing_zeros();
    loop {
        right >>= right.trailing_zeros();
        if left > right {
            (left, right) = (right, left);
        }
        right -= left;
        if right == 0 {
            return left << shift;
        }
    }
}
