//! Quotients: by hand (Knuth's algorithm D), and recursively for long operands (Burnikel and Ziegler).

use super::limbs::{BASE, add, compare, divide_limb, divide_wide, multiply_limb, subtract, trim, trimmed};
use super::multiply::product;
use std::cmp::Ordering;

/// Limbs of the divisor, and of the quotient, from which recursion pays.
const RECURSIVE: usize = 80;

/// Quotient and remainder. The divisor must not be 0.
pub fn divide(a: &[u64], b: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let (a, b) = (trimmed(a), trimmed(b));
    if compare(a, b) == Ordering::Less {
        return (Vec::new(), a.to_vec());
    }
    if let [limb] = *b {
        let mut quotient = a.to_vec();
        let rest = divide_limb(&mut quotient, limb);
        return (quotient, vec![rest]);
    }
    // Scaled so that the divisor's highest limb is at least half of the base.
    let top = b.last().copied().unwrap_or(1);
    let scale = BASE / (top + 1);
    let mut divisor = b.to_vec();
    multiply_limb(&mut divisor, scale);
    let mut dividend = a.to_vec();
    let carry = multiply_limb(&mut dividend, scale);
    dividend.push(carry);
    let (quotient, mut remainder) = if b.len() < RECURSIVE || a.len() - b.len() < RECURSIVE {
        let quotient = by_hand(&mut dividend, &divisor);
        (quotient, dividend)
    } else {
        in_blocks(&dividend, &divisor)
    };
    divide_limb(&mut remainder, scale);
    (quotient, remainder)
}

/// Divides scaled numbers; the dividend, which is longer, becomes the remainder.
fn by_hand(dividend: &mut [u64], divisor: &[u64]) -> Vec<u64> {
    let n = divisor.len();
    let count = dividend.len().saturating_sub(n);
    let mut quotient = vec![0; count];
    let (top, second) = (divisor[n - 1], divisor[n - 2]);
    for j in (0..count).rev() {
        let high = u128::from(dividend[j + n]) * u128::from(BASE) + u128::from(dividend[j + n - 1]);
        let (mut guess, mut rest) = (high / u128::from(top), high % u128::from(top));
        while guess >= u128::from(BASE)
            || guess * u128::from(second) > rest * u128::from(BASE) + u128::from(dividend[j + n - 2])
        {
            guess -= 1;
            rest += u128::from(top);
            if rest >= u128::from(BASE) {
                break;
            }
        }
        let mut guess = guess as u64;
        if subtract_multiple(&mut dividend[j..=j + n], divisor, guess) {
            guess -= 1;
            let row = &mut dividend[j..=j + n];
            // The carry out makes up for the borrow.
            add(row, divisor);
        }
        quotient[j] = guess;
    }
    quotient
}

/// `row -= divisor * factor` modulo the row's length; whether it went below zero.
fn subtract_multiple(row: &mut [u64], divisor: &[u64], factor: u64) -> bool {
    let (mut carry, mut borrow) = (0u64, false);
    let n = divisor.len();
    for (x, y) in row[..n].iter_mut().zip(divisor) {
        let (high, low) = divide_wide(u128::from(*y) * u128::from(factor) + u128::from(carry));
        carry = high;
        let (difference, wrapped) = x.overflowing_sub(low + u64::from(borrow));
        borrow = wrapped;
        *x = if borrow { difference.wrapping_add(BASE) } else { difference };
    }
    let (difference, wrapped) = row[n].overflowing_sub(carry + u64::from(borrow));
    row[n] = if wrapped { difference.wrapping_add(BASE) } else { difference };
    wrapped
}

/// Divides scaled numbers block by block, each as long as the divisor, from the top.
fn in_blocks(dividend: &[u64], divisor: &[u64]) -> (Vec<u64>, Vec<u64>) {
    // The divisor gets zeros below, so that it can be halved until it is short.
    let mut unit = 1;
    while divisor.len().div_ceil(unit) >= RECURSIVE {
        unit *= 2;
    }
    let n = divisor.len().div_ceil(unit) * unit;
    let padding = n - divisor.len();
    let pad = |limbs: &[u64]| {
        let mut padded = vec![0; padding];
        padded.extend_from_slice(limbs);
        padded
    };
    let (divisor, dividend) = (pad(divisor), pad(dividend));
    let mut quotient = vec![0; dividend.len()];
    let mut rest: Vec<u64> = Vec::new();
    let blocks = dividend.len().div_ceil(n);
    for i in (0..blocks).rev() {
        let block = &dividend[i * n..dividend.len().min((i + 1) * n)];
        let mut current = block.to_vec();
        current.resize(n, 0);
        current.extend_from_slice(&rest);
        let (part, remainder) = two_by_one(&current, &divisor);
        quotient[i * n..].iter_mut().zip(&part).for_each(|(place, limb)| *place = *limb);
        rest = remainder;
        trim(&mut rest);
    }
    rest.resize(rest.len().max(padding), 0);
    (quotient, rest.split_off(padding))
}

/// Divides up to `2n` limbs by `n`, where the quotient has at most `n`.
fn two_by_one(dividend: &[u64], divisor: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let n = divisor.len();
    if n % 2 == 1 || n < RECURSIVE {
        let mut rest = dividend.to_vec();
        rest.resize(rest.len().max(n) + 1, 0);
        let quotient = by_hand(&mut rest, divisor);
        return (quotient, rest);
    }
    let half = n / 2;
    let dividend = trimmed(dividend);
    let (low, high) = dividend.split_at(half.min(dividend.len()));
    let (upper, rest) = three_by_two(high, divisor);
    let mut current = low.to_vec();
    current.resize(half, 0);
    current.extend_from_slice(trimmed(&rest));
    let (mut quotient, rest) = three_by_two(&current, divisor);
    trim(&mut quotient);
    quotient.resize(half, 0);
    quotient.extend_from_slice(trimmed(&upper));
    (quotient, rest)
}

/// Divides up to three halves by the two halves of the divisor, where the quotient has at most one.
fn three_by_two(dividend: &[u64], divisor: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let half = divisor.len() / 2;
    let (low_divisor, high_divisor) = divisor.split_at(half);
    let dividend = trimmed(dividend);
    let (low, high) = dividend.split_at(half.min(dividend.len()));
    let top = high.get(half..).unwrap_or(&[]);
    let (mut quotient, rest) = if compare(top, high_divisor) == Ordering::Less {
        two_by_one(high, high_divisor)
    } else {
        // The guess is the largest number of that many limbs: high - (B^half - 1) * divisor.
        let mut rest = high.to_vec();
        rest.push(0);
        add(&mut rest, high_divisor);
        subtract(&mut rest[half..], high_divisor);
        (vec![BASE - 1; half], rest)
    };
    let mut current = low.to_vec();
    current.resize(half, 0);
    current.extend_from_slice(&rest);
    current.push(0);
    let taken = product(&quotient, low_divisor);
    while compare(&current, &taken) == Ordering::Less {
        subtract(&mut quotient, &[1]);
        if current.len() < divisor.len() + 1 {
            current.resize(divisor.len() + 1, 0);
        }
        add(&mut current, divisor);
    }
    subtract(&mut current, &taken);
    (quotient, current)
}
