//! Arithmetic on runs of limbs in base 10^19, lowest first.

use std::cmp::Ordering;

/// The base: the largest power of ten that a word holds. Its highest bit is set.
pub const BASE: u64 = 10_000_000_000_000_000_000;
/// Decimal digits of a limb.
pub const LIMB_DIGITS: usize = 19;

static POWERS: [u64; LIMB_DIGITS + 1] = {
    let mut powers = [1u64; LIMB_DIGITS + 1];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// `10^exponent`, up to 10^19.
pub fn power_of_ten(exponent: usize) -> u64 {
    POWERS[exponent]
}

/// `floor((2^128 - 1) / BASE) - 2^64`
const RECIPROCAL: u64 = (u128::MAX / BASE as u128 - (1 << 64)) as u64;

/// Quotient and remainder by the base of a number below `BASE << 64`.
///
/// With the divisor's highest bit set, a multiplication by its reciprocal gives the quotient up to one
/// (Möller and Granlund, "Improved division by invariant integers", 2011).
#[inline(always)]
pub fn divide_wide(value: u128) -> (u64, u64) {
    let (high, low) = ((value >> 64) as u64, value as u64);
    let estimate = (u128::from(RECIPROCAL) * u128::from(high)).wrapping_add(value);
    let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(BASE));
    if remainder > estimate as u64 {
        quotient = quotient.wrapping_sub(1);
        remainder = remainder.wrapping_add(BASE);
    }
    if remainder >= BASE {
        quotient = quotient.wrapping_add(1);
        remainder -= BASE;
    }
    (quotient, remainder)
}

/// Quotient and remainder of any number by the base.
pub fn divide_u128(value: u128) -> (u128, u64) {
    let base = u128::from(BASE);
    (value / base, (value % base) as u64)
}

/// Removes zeros at the top.
pub fn trim(limbs: &mut Vec<u64>) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}

/// The run without zeros at the top.
pub fn trimmed(limbs: &[u64]) -> &[u64] {
    let len = limbs.iter().rposition(|limb| *limb != 0).map_or(0, |i| i + 1);
    &limbs[..len]
}

/// Compares; zeros at the top do not count.
pub fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let (a, b) = (trimmed(a), trimmed(b));
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `a + b`
pub fn sum(a: &[u64], b: &[u64]) -> Vec<u64> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut result = Vec::with_capacity(long.len() + 1);
    result.extend_from_slice(long);
    let carry = add(&mut result, short);
    if carry {
        result.push(1);
    }
    result
}

/// `a += b`, which must not be longer; whether a carry is left over.
pub fn add(a: &mut [u64], b: &[u64]) -> bool {
    let mut carry = false;
    let (low, high) = a.split_at_mut(b.len());
    for (x, y) in low.iter_mut().zip(b) {
        let (sum, wrapped) = x.overflowing_add(*y + u64::from(carry));
        carry = wrapped || sum >= BASE;
        *x = if carry { sum.wrapping_sub(BASE) } else { sum };
    }
    for x in high {
        if !carry {
            return false;
        }
        carry = *x == BASE - 1;
        *x = if carry { 0 } else { *x + 1 };
    }
    carry
}

/// `a -= b`, which must not be more. Zeros at the top of `b` may reach beyond `a`.
pub fn subtract(a: &mut [u64], b: &[u64]) {
    let b = trimmed(b);
    let mut borrow = false;
    let (low, high) = a.split_at_mut(b.len().min(a.len()));
    for (x, y) in low.iter_mut().zip(b) {
        let (difference, wrapped) = x.overflowing_sub(*y + u64::from(borrow));
        borrow = wrapped;
        *x = if borrow { difference.wrapping_add(BASE) } else { difference };
    }
    for x in high {
        if !borrow {
            return;
        }
        borrow = *x == 0;
        *x = if borrow { BASE - 1 } else { *x - 1 };
    }
}

/// `a *= factor`; the carry that is left over.
pub fn multiply_limb(a: &mut [u64], factor: u64) -> u64 {
    let mut carry = 0;
    for x in a {
        let (high, low) = divide_wide(u128::from(*x) * u128::from(factor) + u128::from(carry));
        *x = low;
        carry = high;
    }
    carry
}

/// `a /= divisor`; the remainder.
pub fn divide_limb(a: &mut [u64], divisor: u64) -> u64 {
    let mut rest = 0;
    for x in a.iter_mut().rev() {
        let value = u128::from(rest) * u128::from(BASE) + u128::from(*x);
        *x = (value / u128::from(divisor)) as u64;
        rest = (value % u128::from(divisor)) as u64;
    }
    rest
}
