//! Hashes of constants, for tables of them.

use crate::code::{CodeObject, Constant};
use crate::text::hash_bytes;

impl Constant {
    /// A hash that equal constants share, also sets that are equal in another order. That of a string is
    /// [`Text::hash_value`](crate::Text::hash_value).
    pub fn hash_value(&self) -> u32 {
        match self {
            Constant::None => 1,
            Constant::Bool(value) => 2 + u32::from(*value),
            Constant::Ellipsis => 4,
            Constant::Int(value) => mix(*value as u64),
            Constant::BigInt(value) => {
                value.iter_u64_digits().fold(0, |hash, digit| mix(digit ^ u64::from(hash)))
            }
            Constant::Float(value) => mix(value.to_bits()),
            Constant::Complex(real, imag) => mix(real.to_bits() ^ u64::from(mix(imag.to_bits()))),
            Constant::Str(text) => text.hash_value(),
            Constant::Bytes(bytes) => hash_bytes(bytes),
            Constant::Tuple(items) => hash_of_all(items.iter().map(Constant::hash_value)),
            // Sets are equal in any order.
            Constant::FrozenSet(items) => items.iter().map(Constant::hash_value).fold(0, u32::wrapping_add),
            Constant::Code(code) => hash_of_code(code),
        }
    }
}

/// The hash of a tuple by those of its members.
pub(crate) fn hash_of_all(hashes: impl Iterator<Item = u32>) -> u32 {
    let hash = hashes.fold(0, |all: u64, hash| all.wrapping_add(u64::from(hash)).wrapping_mul(FACTOR));
    (hash >> 32) as u32
}

fn hash_of_code(code: &CodeObject) -> u32 {
    // Equal code objects are rare (a `finally` body is compiled twice). A line may have thousands of lambdas, which differ in
    // their columns.
    let end = code.linetable.last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
    mix(end ^ u64::from(mix(code.firstlineno as u64)) ^ u64::from(code.name.hash_value()) << 32)
}

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

#[inline]
fn mix(word: u64) -> u32 {
    let product = u128::from(word ^ 0x243F_6A88_85A3_08D3) * u128::from(FACTOR);
    (product as u64 ^ (product >> 64) as u64) as u32
}
