//! The choice of big-integer crate, behind one name.
//!
//! Measured on this project's machine type (release build, medians, nanoseconds; CPython 3.12.1 for comparison):
//!
//! | operation | `num-bigint` 0.4 | `dashu-int` 0.6 | CPython |
//! | --- | --- | --- | --- |
//! | 20 digits + 20 digits | 22 | 9 | 29 |
//! | 20 digits * 20 digits | 33 | 25 | 60 |
//! | 40 digits divmod 20 digits | 198 | 43 | 95 |
//! | 1,000-digit multiplication | 2,160 | 1,740 | 8,470 |
//! | 1,000-digit `pow(a, b, m)` | 19.5 ms | 11.7 ms | 45 ms |
//! | 10,000-digit multiplication | 107 µs | 71 µs | 363 µs |
//! | 100,000-digit multiplication | 3.1 ms | 4.3 ms | 13 ms |
//! | 100,000 digits / 50,000 digits | 4.2 ms | 2.0 ms | 11 ms |
//! | 100,000 digits from a decimal string | 9.8 ms | 3.9 ms | – |
//! | `7 ** 100_000` | 1.9 ms | 0.7 ms | 4.1 ms |
//! | 1,000 digits of pi | 24.9 ms | 15.0 ms | – |
//!
//! `dashu-int` keeps 128 bits inline, so integers just past the tagged range need no allocation of their own.

use dashu_int::IBig;
use dashu_int::ops::BitTest;

/// An integer of any size.
pub type BigInt = IBig;

/// The magnitude of a [`BigInt`].
pub type BigUint = dashu_int::UBig;

pub use dashu_int::Sign;

/// Results with more bits than this are refused with a `MemoryError` before they are computed: 8 GiB of digits.
pub const MAX_BITS: u64 = 1 << 36;

/// Converts a constant as `pvm-pycfile` stores it.
pub fn from_constant(constant: &num_bigint::BigInt) -> BigInt {
    let (sign, bytes) = constant.to_bytes_le();
    let sign = if sign == num_bigint::Sign::Minus { Sign::Negative } else { Sign::Positive };
    BigInt::from_parts(sign, BigUint::from_le_bytes(&bytes))
}

/// Converts to the form in which `pvm-pycfile` stores constants.
pub fn to_constant(value: &BigInt) -> num_bigint::BigInt {
    let (sign, words) = value.as_sign_words();
    let sign = if sign == Sign::Negative { num_bigint::Sign::Minus } else { num_bigint::Sign::Plus };
    num_bigint::BigInt::from_bytes_le(sign, &words_to_le_bytes(words))
}

/// The number of bits of the magnitude; 0 for 0.
pub fn bit_length(value: &BigInt) -> u64 {
    value.bit_len() as u64
}

/// Whether the value is below zero.
pub fn is_negative(value: &BigInt) -> bool {
    value.sign() == Sign::Negative
}

/// The magnitude, without copying the digits of an owned value.
pub fn magnitude(value: BigInt) -> BigUint {
    value.into_parts().1
}

/// The words of a magnitude as bytes, least significant first, with up to a word's worth of zeros at the end.
pub(super) fn words_to_le_bytes(words: &[dashu_int::Word]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A word as 64 bits, also where words are narrower.
#[allow(clippy::unnecessary_cast, reason = "a word's width is the target's")]
pub(super) fn widen(word: dashu_int::Word) -> u64 {
    word as u64
}
