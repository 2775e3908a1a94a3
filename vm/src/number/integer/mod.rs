//! What Python's `int` computes.
//!
//! [`Int`] is an operand and [`Integer`] a result. Both are either a machine integer or a [`BigInt`], and most operations have a
//! fast path for machine integers. An operand may well be a big integer that would fit a machine integer (the object
//! layer's tagged range is narrower than 64 bits); a result never is: what fits [`Integer::Small`] is `Small`.

mod arithmetic;
mod bits;
mod bytes;
mod decimal;
mod real;
mod text;
mod theory;

use std::borrow::Cow;
use std::cmp::Ordering;

pub use bytes::ByteOrder;
pub use real::{HASH_BITS, HASH_MODULUS, ldexp, true_divide};
pub use text::{DEFAULT_MAX_STR_DIGITS, MIN_MAX_STR_DIGITS, ParseIntError, parse};
pub use theory::{comb, factorial, perm};

use super::big::{self, BigInt};

/// An integer operand.
#[derive(Clone, Copy, Debug)]
pub enum Int<'a> {
    /// A machine integer.
    Small(i64),
    /// A big integer, of any magnitude.
    Big(&'a BigInt),
}

/// An integer result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integer {
    /// Any value that fits 64 bits.
    Small(i64),
    /// A value that does not fit 64 bits.
    Big(BigInt),
}

impl<'a> Int<'a> {
    /// The value as a big integer; a machine integer becomes one without allocating.
    pub fn to_big(self) -> Cow<'a, BigInt> {
        match self {
            Self::Small(value) => Cow::Owned(BigInt::from(value)),
            Self::Big(value) => Cow::Borrowed(value),
        }
    }

    /// The value if it fits 64 bits.
    pub fn to_i64(self) -> Option<i64> {
        match self {
            Self::Small(value) => Some(value),
            Self::Big(value) => i64::try_from(value).ok(),
        }
    }

    /// The value if it is neither negative nor wider than 64 bits.
    pub fn to_u64(self) -> Option<u64> {
        match self {
            Self::Small(value) => u64::try_from(value).ok(),
            Self::Big(value) => u64::try_from(value).ok(),
        }
    }

    /// A copy that owns its digits.
    pub fn to_owned(self) -> Integer {
        match self {
            Self::Small(value) => Integer::Small(value),
            Self::Big(value) => match i64::try_from(value) {
                Ok(small) => Integer::Small(small),
                Err(_) => Integer::Big(value.clone()),
            },
        }
    }

    /// Whether the value is below zero.
    pub fn is_negative(self) -> bool {
        match self {
            Self::Small(value) => value < 0,
            Self::Big(value) => big::is_negative(value),
        }
    }

    /// Whether the value is zero.
    pub fn is_zero(self) -> bool {
        match self {
            Self::Small(value) => value == 0,
            Self::Big(value) => value.is_zero(),
        }
    }

    /// Whether the lowest bit is set.
    pub fn is_odd(self) -> bool {
        match self {
            Self::Small(value) => value & 1 == 1,
            Self::Big(value) => value.as_sign_words().1.first().is_some_and(|word| word & 1 == 1),
        }
    }
}

impl Integer {
    /// The value 0.
    pub const ZERO: Self = Self::Small(0);
    /// The value 1.
    pub const ONE: Self = Self::Small(1);

    /// Borrows the value as an operand.
    pub fn as_int(&self) -> Int<'_> {
        match self {
            Self::Small(value) => Int::Small(*value),
            Self::Big(value) => Int::Big(value),
        }
    }

    /// The value as a big integer.
    pub fn into_big(self) -> BigInt {
        match self {
            Self::Small(value) => BigInt::from(value),
            Self::Big(value) => value,
        }
    }
}

impl From<BigInt> for Integer {
    fn from(value: BigInt) -> Self {
        match i64::try_from(&value) {
            Ok(small) => Self::Small(small),
            Err(_) => Self::Big(value),
        }
    }
}

impl From<big::BigUint> for Integer {
    fn from(value: big::BigUint) -> Self {
        BigInt::from(value).into()
    }
}

impl From<i128> for Integer {
    fn from(value: i128) -> Self {
        match i64::try_from(value) {
            Ok(small) => Self::Small(small),
            Err(_) => Self::Big(BigInt::from(value)),
        }
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self::Small(value)
    }
}

impl From<u64> for Integer {
    fn from(value: u64) -> Self {
        i128::from(value).into()
    }
}

impl From<usize> for Integer {
    fn from(value: usize) -> Self {
        (value as u64).into()
    }
}

impl<'a> From<&'a Integer> for Int<'a> {
    fn from(value: &'a Integer) -> Self {
        value.as_int()
    }
}

impl<'a> From<&'a BigInt> for Int<'a> {
    fn from(value: &'a BigInt) -> Self {
        Self::Big(value)
    }
}

impl From<i64> for Int<'_> {
    fn from(value: i64) -> Self {
        Self::Small(value)
    }
}

impl PartialEq for Int<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Int<'_> {}

impl PartialOrd for Int<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Int<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Small(left), Self::Small(right)) => left.cmp(right),
            (Self::Big(left), Self::Big(right)) => left.cmp(right),
            (Self::Small(left), Self::Big(right)) => BigInt::from(*left).cmp(right),
            (Self::Big(left), Self::Small(right)) => (*left).cmp(&BigInt::from(*right)),
        }
    }
}
