//! Decimal digits of integers of a few words, where a general conversion costs more than the digits.

/// The most words that are written here; about as many digits as fit a line.
pub(super) const MAX_WORDS: usize = 10;

/// Digits are split off in chunks of 19, the most that fit 64 bits. The chunk's highest bit is set, as the division needs.
const CHUNK: u64 = 10_000_000_000_000_000_000;
const CHUNK_DIGITS: usize = 19;
/// `(2**128 - 1) / CHUNK - 2**64`.
const RECIPROCAL: u64 = (u128::MAX / CHUNK as u128 - (1 << 64)) as u64;

/// Divides two words by [`CHUNK`], the upper one being less than it: quotient and remainder.
///
/// By Möller and Granlund, "Improved division by invariant integers", algorithm 4.
fn divide(upper: u64, lower: u64) -> (u64, u64) {
    let guess = u128::from(RECIPROCAL) * u128::from(upper) + (u128::from(upper) << 64 | u128::from(lower));
    let mut quotient = ((guess >> 64) as u64).wrapping_add(1);
    let mut remainder = lower.wrapping_sub(quotient.wrapping_mul(CHUNK));
    if remainder > guess as u64 {
        quotient = quotient.wrapping_sub(1);
        remainder = remainder.wrapping_add(CHUNK);
    }
    if remainder >= CHUNK {
        quotient = quotient.wrapping_add(1);
        remainder -= CHUNK;
    }
    (quotient, remainder)
}

/// Writes the digits of at most [`MAX_WORDS`] words, least significant first and the last of them not zero.
pub(super) fn write(words: &[u64], negative: bool) -> String {
    let mut rest = [0u64; MAX_WORDS];
    rest[..words.len()].copy_from_slice(words);
    let mut n_words = words.len();
    let mut buffer = [b'0'; MAX_WORDS * 20 + 1];
    let mut start = buffer.len();
    while n_words > 0 {
        let mut chunk = 0;
        for word in rest[..n_words].iter_mut().rev() {
            (*word, chunk) = divide(chunk, *word);
        }
        if rest[n_words - 1] == 0 {
            n_words -= 1;
        }
        let end = start;
        while chunk > 0 {
            start -= 1;
            buffer[start] = b'0' + (chunk % 10) as u8;
            chunk /= 10;
        }
        if n_words > 0 {
            start = end - CHUNK_DIGITS;
        }
    }
    if negative {
        start -= 1;
        buffer[start] = b'-';
    }
    String::from_utf8_lossy(&buffer[start..]).into_owned()
}
