//! Coefficients as decimal digits.

use super::limbs::{BASE, LIMB_DIGITS, divide_wide};
use super::{Coefficient, SMALL_DIGITS};

impl Coefficient {
    /// From digits in ASCII.
    pub fn from_digits(digits: &[u8]) -> Coefficient {
        let value =
            |digits: &[u8]| digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        if digits.len() <= LIMB_DIGITS {
            return Coefficient::from(value(digits));
        }
        if digits.len() <= SMALL_DIGITS {
            let (high, low) = digits.split_at(digits.len() - LIMB_DIGITS);
            return Coefficient::from(
                u128::from(value(high)) * 10u128.pow(LIMB_DIGITS as u32) + u128::from(value(low)),
            );
        }
        Coefficient::from_limbs(digits.rchunks(LIMB_DIGITS).map(value).collect())
    }

    /// Appends the digits in ASCII.
    pub fn write_digits(&self, out: &mut Vec<u8>) {
        let mut buffer = [0; 2];
        let limbs = self.limbs(&mut buffer);
        let Some((top, rest)) = limbs.split_last() else { return out.push(b'0') };
        let start = out.len();
        write_limb(*top, out);
        let zeros = out[start..].iter().take_while(|digit| **digit == b'0').count();
        out.drain(start..start + zeros);
        rest.iter().rev().for_each(|limb| write_limb(*limb, out));
    }

    /// Hands the digits in ASCII to a function, without memory of their own where they are few.
    pub fn with_digits<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        let Some(small) = self.small() else { return f(&self.to_digits()) };
        let mut digits = [b'0'; SMALL_DIGITS];
        let mut start = SMALL_DIGITS;
        let (high, low) = if small < u128::from(BASE) { (0, small as u64) } else { divide_wide(small) };
        let mut write = |mut limb: u64, last: usize| {
            let mut at = last;
            while limb > 0 {
                at -= 1;
                digits[at] = b'0' + (limb % 10) as u8;
                limb /= 10;
            }
            start = start.min(at);
        };
        write(low, SMALL_DIGITS);
        if high > 0 {
            write(high, LIMB_DIGITS);
        }
        f(&digits[start.min(SMALL_DIGITS - 1)..])
    }

    /// The digits in ASCII.
    pub fn to_digits(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.digits() as usize + LIMB_DIGITS);
        self.write_digits(&mut out);
        out
    }
}

/// All digits of a limb, leading zeros included.
fn write_limb(mut limb: u64, out: &mut Vec<u8>) {
    let mut digits = [b'0'; LIMB_DIGITS];
    for place in digits.iter_mut().rev() {
        if limb == 0 {
            break;
        }
        *place = b'0' + (limb % 10) as u8;
        limb /= 10;
    }
    out.extend_from_slice(&digits);
}
