//! The generator behind Python's `random`: MT19937, seeded and read as `_random.Random` does.
//!
//! The algorithm is Matsumoto and Nishimura's Mersenne Twister with their initialization by an array.

use super::big::{BigInt, BigUint, Sign};
use super::error::{NumberError, Result};
use super::integer::{ByteOrder, Int, Integer};

const N: usize = 624;
const M: usize = 397;
const UPPER_BIT: u32 = 0x8000_0000;

/// The state of a generator.
#[derive(Clone)]
pub struct MersenneTwister {
    state: [u32; N],
    /// The next word to hand out; [`N`] when the state has to be renewed first.
    index: usize,
}

impl std::fmt::Debug for MersenneTwister {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MersenneTwister").field("index", &self.index).finish_non_exhaustive()
    }
}

impl MersenneTwister {
    /// A generator seeded with words, of which there must be one at least; none is taken as one zero.
    pub fn from_key(key: &[u32]) -> Self {
        let key = if key.is_empty() { &[0] } else { key };
        let mut twister = Self::from_word(19_650_218);
        let state = &mut twister.state;
        let mut at = 1;
        let mixed = |state: &[u32; N], at: usize, factor: u32| {
            let before = state[at - 1];
            state[at] ^ (before ^ before >> 30).wrapping_mul(factor)
        };
        for position in 0..N.max(key.len()) {
            let offset = position % key.len();
            state[at] = mixed(state, at, 1_664_525).wrapping_add(key[offset]).wrapping_add(offset as u32);
            at += 1;
            if at == N {
                state[0] = state[N - 1];
                at = 1;
            }
        }
        for _ in 1..N {
            state[at] = mixed(state, at, 1_566_083_941).wrapping_sub(at as u32);
            at += 1;
            if at == N {
                state[0] = state[N - 1];
                at = 1;
            }
        }
        state[0] = UPPER_BIT;
        twister
    }

    fn from_word(seed: u32) -> Self {
        let mut state = [seed; N];
        for at in 1..N {
            let before = state[at - 1];
            state[at] = (before ^ before >> 30).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        Self { state, index: N }
    }

    /// `Random(seed)` for an integer: its magnitude in words of 32 bits, least significant first.
    pub fn from_seed(seed: Int<'_>) -> Self {
        let magnitude = seed.abs();
        let n_words = magnitude.as_int().bit_length().div_ceil(32).max(1) as usize;
        // A magnitude always fits the bytes of its own length.
        let bytes = magnitude.as_int().to_bytes(n_words * 4, ByteOrder::Little, false).unwrap_or_default();
        let key: Vec<u32> = bytes
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        Self::from_key(&key)
    }

    fn renew(&mut self) {
        let twist = |upper: u32, lower: u32| {
            let joined = upper & UPPER_BIT | lower & !UPPER_BIT;
            joined >> 1 ^ if lower & 1 == 1 { 0x9908_b0df } else { 0 }
        };
        let state = &mut self.state;
        for at in 0..N - M {
            state[at] = state[at + M] ^ twist(state[at], state[at + 1]);
        }
        for at in N - M..N - 1 {
            state[at] = state[at + M - N] ^ twist(state[at], state[at + 1]);
        }
        state[N - 1] = state[M - 1] ^ twist(state[N - 1], state[0]);
        self.index = 0;
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.index >= N {
            self.renew();
        }
        let mut word = self.state[self.index];
        self.index += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    /// `random()`: a float in [0, 1) with 53 random bits.
    pub fn random(&mut self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// `getrandbits(n_bits)`.
    ///
    /// # Errors
    /// `MemoryError` for more bits than fit.
    pub fn random_bits(&mut self, n_bits: u64) -> Result<Integer> {
        match n_bits {
            0 => Ok(Integer::ZERO),
            1..=32 => Ok(Integer::Small(i64::from(self.next_u32() >> (32 - n_bits)))),
            33..=64 => {
                let low = u64::from(self.next_u32());
                Ok((u64::from(self.next_u32() >> (64 - n_bits)) << 32 | low).into())
            }
            _ if n_bits > super::big::MAX_BITS => Err(NumberError::memory()),
            _ => {
                let mut bytes = Vec::with_capacity(n_bits.div_ceil(32) as usize * 4);
                let mut rest = n_bits;
                while rest > 0 {
                    let word = self.next_u32();
                    bytes.extend((if rest < 32 { word >> (32 - rest) } else { word }).to_le_bytes());
                    rest = rest.saturating_sub(32);
                }
                Ok(BigInt::from_parts(Sign::Positive, BigUint::from_le_bytes(&bytes)).into())
            }
        }
    }

    /// `getstate()`: the words, and the index after them.
    pub fn state(&self) -> (&[u32], usize) {
        (&self.state, self.index)
    }

    /// `setstate()`.
    ///
    /// # Errors
    /// `ValueError` for an index out of range or a wrong number of words.
    pub fn from_state(words: &[u32], index: usize) -> Result<Self> {
        match words.try_into() {
            Ok(state) if index <= N => Ok(Self { state, index }),
            Ok(_) => Err(NumberError::value("invalid state")),
            Err(_) => Err(NumberError::value("state vector is the wrong size")),
        }
    }
}
