//! Number theory: common divisors, roots, and the combinatorial functions of `math`.

use dashu_int::ops::{Gcd, SquareRoot};

use super::{Int, Integer};
use crate::number::big::{self, BigInt, BigUint, MAX_BITS};
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

/// The product of all integers from `low` to `high`, both included.
///
/// Multiplying halves of about the same size keeps the fast algorithms for long factors busy.
fn range_product(low: u64, high: u64) -> BigUint {
    const LEAF: u64 = 16;
    if low > high {
        return BigUint::ONE;
    }
    if high - low < LEAF {
        let mut product = BigUint::ONE;
        let mut word = 1u64;
        for factor in low..=high {
            match word.checked_mul(factor) {
                Some(next) => word = next,
                None => {
                    product *= word;
                    word = factor;
                }
            }
        }
        return product * word;
    }
    let middle = low + (high - low) / 2;
    range_product(low, middle) * range_product(middle + 1, high)
}

/// Refuses a product of so many factors of so many bits when it would not fit.
fn check_size(n_factors: u64, factor_bits: u64) -> Result<()> {
    // Most factors of a factorial are nearly as long as the largest; half of that is a safe bound from below.
    if n_factors.saturating_mul(factor_bits) / 2 > MAX_BITS { Err(NumberError::memory()) } else { Ok(()) }
}

/// `math.factorial(n)`.
///
/// # Errors
/// `ValueError` for a negative argument, `OverflowError` or `MemoryError` for one that is too large.
pub fn factorial(n: Int<'_>) -> Result<Integer> {
    if n.is_negative() {
        return Err(NumberError::value("factorial() not defined for negative values"));
    }
    let Some(count) = n.to_i64() else {
        return Err(NumberError::overflow("factorial() argument should not exceed 9223372036854775807"));
    };
    let count = count as u64;
    if count <= 20 {
        return Ok((1..=count as i64).product::<i64>().into());
    }
    check_size(count, n.bit_length() - 1)?;
    Ok(odd_factorial(count).into())
}

/// `n!`, from the odd parts of its factors: with P(k) the product of the odd numbers up to k,
/// `n! = 2**(n - ones(n)) * P(n) * P(n/2) * P(n/4) ...`.
fn odd_factorial(n: u64) -> BigUint {
    let mut odd_part = BigUint::ONE;
    let mut running = BigUint::ONE;
    let mut previous = 1;
    for level in (0..64 - n.leading_zeros()).rev() {
        let limit = n >> level;
        // The odd numbers in (previous, limit]: each level needs only those that the one before did not have.
        running *= odd_product((previous + 1) | 1, limit);
        odd_part *= &running;
        previous = limit;
    }
    odd_part << (n - u64::from(n.count_ones())) as usize
}

/// The product of the odd numbers from `low`, which is odd, to at most `high`.
fn odd_product(low: u64, high: u64) -> BigUint {
    const LEAF: u64 = 32;
    if low > high {
        return BigUint::ONE;
    }
    if high - low < LEAF {
        let mut product = BigUint::ONE;
        let mut word = 1u64;
        for factor in (low..=high).step_by(2) {
            match word.checked_mul(factor) {
                Some(next) => word = next,
                None => {
                    product *= word;
                    word = factor;
                }
            }
        }
        return product * word;
    }
    let middle = (low + (high - low) / 2) | 1;
    odd_product(low, middle - 2) * odd_product(middle, high)
}

fn check_arguments(n: Int<'_>, k: Int<'_>) -> Result<()> {
    if n.is_negative() {
        return Err(NumberError::value("n must be a non-negative integer"));
    }
    if k.is_negative() {
        return Err(NumberError::value("k must be a non-negative integer"));
    }
    Ok(())
}

/// `math.perm(n, k)`: the number of ways to arrange k of n things.
///
/// # Errors
/// `ValueError` for a negative argument, `OverflowError` or `MemoryError` for one that is too large.
pub fn perm(n: Int<'_>, k: Int<'_>) -> Result<Integer> {
    check_arguments(n, k)?;
    if n < k {
        return Ok(Integer::ZERO);
    }
    let Some(k) = k.to_i64() else {
        return Err(NumberError::overflow("k must not exceed 9223372036854775807"));
    };
    falling_product(n, k as u64)
}

/// `n * (n - 1) * ...`, so many factors.
fn falling_product(n: Int<'_>, n_factors: u64) -> Result<Integer> {
    check_size(n_factors, n.bit_length())?;
    if n_factors == 0 {
        return Ok(Integer::ONE);
    }
    if let Some(n) = n.to_u64() {
        return Ok(range_product(n - n_factors + 1, n).into());
    }
    // So long a number is multiplied few times: the check above has seen to it.
    let n = big::magnitude(n.to_big().into_owned());
    let factors: Vec<BigUint> = (0..n_factors).map(|less| &n - less).collect();
    Ok(product(&factors).into())
}

fn product(factors: &[BigUint]) -> BigUint {
    match factors {
        [] => BigUint::ONE,
        [factor] => factor.clone(),
        _ => {
            let (left, right) = factors.split_at(factors.len() / 2);
            product(left) * product(right)
        }
    }
}

/// `math.comb(n, k)`: the number of ways to choose k of n things.
///
/// # Errors
/// `ValueError` for a negative argument, `OverflowError` or `MemoryError` for one that is too large.
pub fn comb(n: Int<'_>, k: Int<'_>) -> Result<Integer> {
    check_arguments(n, k)?;
    if n < k {
        return Ok(Integer::ZERO);
    }
    let rest = n - k;
    let k = if rest.as_int() < k { rest.as_int() } else { k };
    let Some(k) = k.to_i64() else {
        return Err(NumberError::overflow("min(n - k, k) must not exceed 9223372036854775807"));
    };
    let k = k as u64;
    if let Some(n) = n.to_u64()
        && let Some(count) = small_comb(n, k)
    {
        return Ok(count.into());
    }
    let (numerator, denominator) = (falling_product(n, k)?, odd_factorial(k));
    Ok((numerator.into_big() / BigInt::from(denominator)).into())
}

/// The same while every intermediate value fits 64 bits.
fn small_comb(n: u64, k: u64) -> Option<u64> {
    (0..k).try_fold(1u64, |count, i| {
        // A product of i + 1 neighbors is divisible by (i + 1)!, so each division is exact.
        let product = u128::from(count) * u128::from(n - i) / u128::from(i + 1);
        u64::try_from(product).ok()
    })
}
