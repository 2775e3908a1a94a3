//! Products by a number-theoretic transform.
//!
//! The operands are cut into digits in base 10^6. Their convolution is computed modulo the prime
//! p = 2^64 - 2^32 + 1, whose multiplicative group has a subgroup of order 2^32. No sum of products reaches p as long
//! as the shorter operand has fewer than p / 10^12 digits, so one prime is enough.

use super::limbs::LIMB_DIGITS;

const PRIME: u64 = 0xFFFF_FFFF_0000_0001;
/// Generates the multiplicative group.
const GENERATOR: u64 = 7;
const DIGIT: u64 = 1_000_000;
const DIGIT_PLACES: usize = 6;

/// The most limbs that both operands may have together: sums stay below the prime.
pub const MAX_LIMBS: usize = 1 << 22;

fn add(a: u64, b: u64) -> u64 {
    let (sum, wrapped) = a.overflowing_add(b);
    if wrapped || sum >= PRIME { sum.wrapping_sub(PRIME) } else { sum }
}

fn subtract(a: u64, b: u64) -> u64 {
    let (difference, wrapped) = a.overflowing_sub(b);
    if wrapped { difference.wrapping_add(PRIME) } else { difference }
}

/// The product modulo the prime: 2^64 = 2^32 - 1 and 2^96 = -1 there.
fn multiply_mod(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let (low, high) = (product as u64, (product >> 64) as u64);
    let (top, middle) = (high >> 32, high & 0xFFFF_FFFF);
    add(subtract(if low >= PRIME { low - PRIME } else { low }, top), middle * 0xFFFF_FFFF)
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply_mod(result, base);
        }
        base = multiply_mod(base, base);
        exponent >>= 1;
    }
    result
}

/// Powers of a root of unity, for the transforms of one length.
fn roots(len: usize, inverse: bool) -> Vec<u64> {
    let mut root = power(GENERATOR, (PRIME - 1) / len as u64);
    if inverse {
        root = power(root, PRIME - 2);
    }
    let mut all = Vec::with_capacity(len / 2);
    let mut current = 1;
    for _ in 0..len / 2 {
        all.push(current);
        current = multiply_mod(current, root);
    }
    all
}

/// Decimation in frequency: natural order to bit-reversed order.
fn forward(values: &mut [u64], roots: &[u64]) {
    let mut size = values.len();
    while size >= 2 {
        let (half, step) = (size / 2, values.len() / size);
        for block in values.chunks_exact_mut(size) {
            let (low, high) = block.split_at_mut(half);
            for (i, (x, y)) in low.iter_mut().zip(high).enumerate() {
                let difference = subtract(*x, *y);
                *x = add(*x, *y);
                *y = multiply_mod(difference, roots[i * step]);
            }
        }
        size = half;
    }
}

/// Decimation in time: bit-reversed order to natural order.
fn backward(values: &mut [u64], roots: &[u64]) {
    let mut size = 2;
    while size <= values.len() {
        let (half, step) = (size / 2, values.len() / size);
        for block in values.chunks_exact_mut(size) {
            let (low, high) = block.split_at_mut(half);
            for (i, (x, y)) in low.iter_mut().zip(high).enumerate() {
                let turned = multiply_mod(*y, roots[i * step]);
                (*x, *y) = (add(*x, turned), subtract(*x, turned));
            }
        }
        size *= 2;
    }
}

/// Digits in base 10^6, lowest first.
fn digits(limbs: &[u64], len: usize) -> Vec<u64> {
    let mut out = Vec::with_capacity(len);
    let (mut held, mut places, mut unit) = (0u128, 0, 1u128);
    for limb in limbs {
        held += u128::from(*limb) * unit;
        places += LIMB_DIGITS;
        while places >= DIGIT_PLACES {
            out.push((held % u128::from(DIGIT)) as u64);
            held /= u128::from(DIGIT);
            places -= DIGIT_PLACES;
        }
        unit = 10u128.pow(places as u32);
    }
    out.push(held as u64);
    out.resize(len, 0);
    out
}

/// Limbs from sums at the places of digits in base 10^6.
fn limbs(sums: &[u64], result: &mut [u64]) {
    let (mut carry, mut held, mut places, mut filled) = (0u64, 0u128, 0u32, 0);
    let mut next = sums.iter();
    while filled < result.len() {
        // A sum is below the prime, and the carry below 2^64 / 10^6.
        let value = u128::from(next.next().copied().unwrap_or(0)) + u128::from(carry);
        carry = (value / u128::from(DIGIT)) as u64;
        held += value % u128::from(DIGIT) * 10u128.pow(places);
        places += DIGIT_PLACES as u32;
        if places >= LIMB_DIGITS as u32 {
            let unit = 10u128.pow(LIMB_DIGITS as u32);
            result[filled] = (held % unit) as u64;
            held /= unit;
            places -= LIMB_DIGITS as u32;
            filled += 1;
        }
    }
}

/// `result = a * b`. The result has as many limbs as both together.
pub fn multiply(result: &mut [u64], a: &[u64], b: &[u64]) {
    let len = (result.len() * LIMB_DIGITS).div_ceil(DIGIT_PLACES) + 1;
    let len = len.next_power_of_two();
    let forward_roots = roots(len, false);
    let mut x = digits(a, len);
    forward(&mut x, &forward_roots);
    let mut y = digits(b, len);
    forward(&mut y, &forward_roots);
    drop(forward_roots);
    let scale = power(len as u64, PRIME - 2);
    for (x, y) in x.iter_mut().zip(&y) {
        *x = multiply_mod(multiply_mod(*x, *y), scale);
    }
    drop(y);
    backward(&mut x, &roots(len, true));
    limbs(&x, result);
}
