//! Hashes of `str` and `bytes`: SipHash-1-3 over the stored bytes, as CPython computes them.

use super::{StrRef, Unit, with_units};

/// The secret that makes hashes differ from process to process (`_Py_HashSecret`'s first 16 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct HashKey {
    /// First half of the SipHash key.
    pub k0: u64,
    /// Second half of the SipHash key.
    pub k1: u64,
}

impl HashKey {
    /// The key that `PYTHONHASHSEED=seed` gives; 0 switches randomisation off.
    pub fn from_seed(seed: u32) -> HashKey {
        if seed == 0 {
            return HashKey::default();
        }
        let mut state = seed;
        let mut bytes = [0u8; 16];
        for byte in &mut bytes {
            state = state.wrapping_mul(214_013).wrapping_add(2_531_011);
            *byte = (state >> 16) as u8;
        }
        HashKey::from_bytes(bytes)
    }

    /// A key from random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> HashKey {
        let (low, high) = bytes.split_at(8);
        let word = |half: &[u8]| half.iter().rev().fold(0, |word, &b| (word << 8) | u64::from(b));
        HashKey { k0: word(low), k1: word(high) }
    }
}

/// `hash()` of a string.
#[inline]
pub fn hash_str(key: HashKey, text: StrRef<'_>) -> i64 {
    with_units!(text, units => hash_units(key, units))
}

/// `hash()` of a bytes object.
#[inline]
pub fn hash_bytes(key: HashKey, bytes: &[u8]) -> i64 {
    hash_units(key, bytes)
}

fn hash_units<T: Unit>(key: HashKey, units: &[T]) -> i64 {
    if units.is_empty() {
        return 0;
    }
    match siphash13(key, units) as i64 {
        -1 => -2,
        hash => hash,
    }
}

fn siphash13<T: Unit>(key: HashKey, units: &[T]) -> u64 {
    let len_bytes = (units.len() * (8 / T::PER_U64)) as u64;
    let mut state = State {
        v0: key.k0 ^ 0x736f_6d65_7073_6575,
        v1: key.k1 ^ 0x646f_7261_6e64_6f6d,
        v2: key.k0 ^ 0x6c79_6765_6e65_7261,
        v3: key.k1 ^ 0x7465_6462_7974_6573,
    };
    let mut chunks = units.chunks_exact(T::PER_U64);
    for chunk in &mut chunks {
        state.absorb(T::pack_u64(chunk));
    }
    state.absorb((len_bytes << 56) | T::pack_u64(chunks.remainder()));
    state.v2 ^= 0xFF;
    for _ in 0..3 {
        state.round();
    }
    state.v0 ^ state.v1 ^ state.v2 ^ state.v3
}

struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    #[inline]
    fn absorb(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    #[inline]
    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::StrBuf;

    #[test]
    fn as_cpython() {
        // PYTHONHASHSEED=1 python3.12 -c "print(hash('abc'), hash('abcdefghijk'), hash('\u20ac5'), hash('\U0001f600'))"
        let key = HashKey::from_seed(1);
        let of = |text: &str| hash_str(key, StrBuf::from(text).as_ref());
        assert_eq!(
            [of("abc"), of("abcdefghijk"), of("\u{20ac}5"), of("\u{1f600}")],
            [-4667308735975688587, 6541217904329669736, -4333100904420953296, 7663130467274561019]
        );
    }
}
