//! Products: by hand, by Karatsuba's method, and by a number-theoretic transform for very long operands.

use super::limbs::{add, divide_wide, subtract, sum, trimmed};
use super::transform;

/// Limbs of the shorter operand from which Karatsuba's method pays.
const KARATSUBA: usize = 32;
/// Limbs of the shorter operand from which the transform pays.
const TRANSFORM: usize = 1200;

/// `a * b`, with as many limbs as both together.
pub fn product(a: &[u64], b: &[u64]) -> Vec<u64> {
    let (a, b) = (trimmed(a), trimmed(b));
    let mut result = vec![0; a.len() + b.len()];
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    multiply_into(&mut result, long, short);
    result
}

/// `result = long * short`. The result has as many limbs as both together, and is zero before.
fn multiply_into(result: &mut [u64], long: &[u64], short: &[u64]) {
    if short.len() < KARATSUBA {
        return by_hand(result, long, short);
    }
    // Pieces of the long operand that are about as long as the short one.
    if long.len() > 2 * short.len() {
        for (i, piece) in long.chunks(short.len()).enumerate() {
            let part = product(piece, short);
            add(&mut result[i * short.len()..], trimmed(&part));
        }
        return;
    }
    if short.len() >= TRANSFORM && long.len() + short.len() <= transform::MAX_LIMBS {
        return transform::multiply(result, long, short);
    }
    karatsuba(result, long, short);
}

fn by_hand(result: &mut [u64], long: &[u64], short: &[u64]) {
    for (i, y) in short.iter().enumerate() {
        let mut carry = 0;
        let (row, rest) = result[i..].split_at_mut(long.len());
        for (x, place) in long.iter().zip(row) {
            let value = u128::from(*x) * u128::from(*y) + u128::from(*place) + u128::from(carry);
            let (high, low) = divide_wide(value);
            *place = low;
            carry = high;
        }
        if let Some(place) = rest.first_mut() {
            *place = carry;
        }
    }
}

/// `(a1 B + a0)(b1 B + b0)` from the three products `a0 b0`, `a1 b1` and `(a0 + a1)(b0 + b1)`.
fn karatsuba(result: &mut [u64], long: &[u64], short: &[u64]) {
    let half = long.len().div_ceil(2);
    if short.len() <= half {
        let (low, high) = long.split_at(half);
        let (part, upper) = (product(low, short), product(high, short));
        result[..part.len()].copy_from_slice(&part);
        add(&mut result[half..], trimmed(&upper));
        return;
    }
    let ((a0, a1), (b0, b1)) = (long.split_at(half), short.split_at(half));
    let (low, high) = (product(a0, b0), product(a1, b1));
    let mut middle = product(&sum(a0, a1), &sum(b0, b1));
    subtract(&mut middle, &low);
    subtract(&mut middle, &high);
    result[..low.len()].copy_from_slice(&low);
    result[2 * half..2 * half + high.len()].copy_from_slice(&high);
    add(&mut result[half..], trimmed(&middle));
}
