//! `int.to_bytes` and `int.from_bytes`.

use super::{Int, Integer};
use crate::number::big::{self, BigInt, BigUint, Sign};
use crate::number::error::{NumberError, Result};

/// The order of an integer's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Int<'_> {
    /// `self.to_bytes(length, order, signed=signed)`.
    ///
    /// # Errors
    /// `OverflowError` when the value is negative without `signed`, or wider than `length` bytes.
    pub fn to_bytes(self, length: usize, order: ByteOrder, signed: bool) -> Result<Vec<u8>> {
        let negative = self.is_negative();
        if negative && !signed {
            return Err(NumberError::overflow("can't convert negative int to unsigned"));
        }
        let too_big = || NumberError::overflow("int too big to convert");
        let mut bytes = match self {
            Self::Small(value) => value.to_le_bytes().to_vec(),
            Self::Big(value) => {
                let mut bytes = big::words_to_le_bytes(value.as_sign_words().1);
                if negative {
                    negate(&mut bytes);
                    // The sign bit of two's complement may need a byte of its own.
                    bytes.push(if bytes.iter().all(|&byte| byte == 0) { 0 } else { 0xff });
                }
                bytes
            }
        };
        let fill = if negative { 0xff } else { 0 };
        if bytes.len() > length && bytes[length..].iter().any(|&byte| byte != fill) {
            return Err(too_big());
        }
        bytes.resize(length, fill);
        // As in CPython, not only 0 but also -1 fits no bytes at all.
        if signed && length > 0 && bytes.last().is_none_or(|&byte| (byte & 0x80 != 0) != negative) {
            return Err(too_big());
        }
        if order == ByteOrder::Big {
            bytes.reverse();
        }
        Ok(bytes)
    }
}

impl Integer {
    /// `int.from_bytes(bytes, order, signed=signed)`.
    pub fn from_bytes(bytes: &[u8], order: ByteOrder, signed: bool) -> Self {
        let mut little: Vec<u8> = match order {
            ByteOrder::Little => bytes.to_vec(),
            ByteOrder::Big => bytes.iter().rev().copied().collect(),
        };
        let negative = signed && little.last().is_some_and(|byte| byte & 0x80 != 0);
        if negative {
            negate(&mut little);
        }
        let sign = if negative { Sign::Negative } else { Sign::Positive };
        BigInt::from_parts(sign, BigUint::from_le_bytes(&little)).into()
    }
}

/// Two's complement of little-endian bytes, in place.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        let (negated, overflowed) = (!*byte).overflowing_add(u8::from(carry));
        *byte = negated;
        carry = overflowed;
    }
}
