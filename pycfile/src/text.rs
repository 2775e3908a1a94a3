//! Strings that may hold lone surrogates.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An immutable, cheaply cloned Python string, stored as WTF-8: UTF-8 in which lone surrogates are encoded
/// as three bytes, as CPython's `surrogatepass` error handler does.
///
/// A text may be marked as an identifier of the source: CPython interns those whatever their characters, other
/// strings only if they look like ASCII names. The mark shows in marshalled bytes and nowhere else; texts with and
/// without it are equal.
#[derive(Clone)]
pub struct Text {
    /// A whole [`Block`] if the text has no more bytes than that, as most have: how many there are cannot be predicted.
    bytes: Arc<[u8]>,
    /// A hash of the text: texts are compared and looked up much more often than made.
    hash: u32,
    /// 0 for what is no identifier, else its number in the module and one more, or [`UNNUMBERED`].
    identifier: u16,
    /// How many of `bytes` are not the text's: zeros at the end.
    padding: u8,
    /// 0 if all characters are ASCII, else 1. No `bool`: constants would have their tags in it, and take longer to be told apart.
    not_ascii: u8,
}

/// In [`Text::identifier`]: an identifier that has no number, or one that is too large.
const UNNUMBERED: u16 = u16::MAX;

/// Up to 16 bytes, the first one lowest, and zeros.
pub(crate) type Block = u128;

const BLOCK_BYTES: usize = size_of::<Block>();

/// The block of up to 16 bytes: those of 4 and more in the same way, as four pieces of which some overlap.
#[inline]
fn block_of(bytes: &[u8]) -> Block {
    let len = bytes.len();
    if len >= 4 {
        let four =
            |at: usize| bytes[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
        let step = if len >= 8 { 4 } else { 0 };
        let two = |at: usize| Block::from(four(at) | four(at + step) << (8 * step));
        let last = len - 4 - step;
        return two(0) | two(last) << (8 * last);
    }
    // The first one, the one in the middle and the last one are all.
    let byte = |at: usize| Block::from(bytes.get(at).copied().unwrap_or(0)) << (8 * (at & 3));
    byte(0) | byte(len / 2) | byte(len.wrapping_sub(1))
}

/// A hash of bytes, for tables within one process that hold what its user gave it.
///
/// How long a text is cannot be predicted, but most have 4 to 16 bytes: all those are read in the same way, as four pieces
/// of which some overlap.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    let len = bytes.len();
    let (low, high) = match len {
        4..=16 => {
            let four =
                |at: usize| bytes[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
            let step = len / 8 * 4;
            (four(0) | four(step) << 32, four(len - 4 - step) | four(len - 4) << 32)
        }
        0..4 => {
            // The first one, the one in the middle and the last one are all.
            let byte = |at: usize| bytes.get(at).map_or(0, |byte| u64::from(*byte));
            (byte(0) | byte(len / 2) << 8 | byte(len.wrapping_sub(1)) << 16, 0)
        }
        _ => return hash_of_blocks(bytes).0,
    };
    mix(low ^ len as u64, high) as u32
}

/// The hash of more than 16 bytes, and the bits that any of their blocks has.
///
/// How many blocks there are cannot be predicted, how many fours of them can better: up to 64 bytes are one, of which some
/// blocks overlap.
#[inline(always)]
fn hash_of_blocks(bytes: &[u8]) -> (u32, Block) {
    const FOUR_BYTES: usize = 4 * BLOCK_BYTES;
    let len = bytes.len();
    let (mut hash, mut bits) = (len as u64, 0);
    let mut add = |block: &[u8; BLOCK_BYTES]| {
        let block = Block::from_le_bytes(*block);
        hash = mix(hash ^ block as u64, (block >> 64) as u64);
        bits |= block;
    };
    if let Some(last) = bytes.last_chunk::<FOUR_BYTES>() {
        for four in bytes[..len - 1].as_chunks::<FOUR_BYTES>().0 {
            four.as_chunks().0.iter().for_each(&mut add);
        }
        last.as_chunks().0.iter().for_each(add);
    } else {
        let step = if len > 2 * BLOCK_BYTES { BLOCK_BYTES } else { 0 };
        let last = len - BLOCK_BYTES;
        for at in [0, step, last - step, last] {
            add(bytes[at..].first_chunk().unwrap_or(&[0; BLOCK_BYTES]));
        }
    }
    (hash as u32, bits)
}

/// Whether any byte is not ASCII, of a block or of several that were put together: 0 or 1.
#[inline]
fn not_ascii(bits: Block) -> u8 {
    u8::from(bits & Block::from_le_bytes([0x80; BLOCK_BYTES]) != 0)
}

/// Each bit of what comes out depends on all bits of both words.
#[inline]
fn mix(low: u64, high: u64) -> u64 {
    const KEYS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03];
    let product = u128::from(low ^ KEYS[0]) * u128::from(high ^ KEYS[1]);
    product as u64 ^ (product >> 64) as u64
}

impl Text {
    fn of(bytes: &[u8]) -> Text {
        if bytes.len() <= BLOCK_BYTES {
            Text::short(block_of(bytes), bytes.len(), 0)
        } else {
            Text::long(bytes)
        }
    }

    #[inline(never)]
    fn long(bytes: &[u8]) -> Text {
        let (hash, bits) = hash_of_blocks(bytes);
        Text { bytes: Arc::from(bytes), hash, identifier: 0, padding: 0, not_ascii: not_ascii(bits) }
    }

    #[inline]
    fn short(block: Block, len: usize, identifier: u16) -> Text {
        let hash = mix(block as u64 ^ len as u64, (block >> 64) as u64) as u32;
        let padding = (BLOCK_BYTES - len) as u8;
        Text { bytes: Arc::new(block.to_le_bytes()), hash, identifier, padding, not_ascii: not_ascii(block) }
    }

    /// The text as a block, and its length, if it has no more bytes than that.
    #[inline]
    pub(crate) fn block(&self) -> Option<(&[u8; BLOCK_BYTES], usize)> {
        let block = self.bytes.as_array()?;
        Some((block, BLOCK_BYTES - usize::from(self.padding)))
    }

    /// An identifier of the source.
    pub fn identifier(name: &str) -> Text {
        Text { identifier: UNNUMBERED, ..Text::from(name) }
    }

    /// As [`Text::identifier`], of UTF-8, for a caller that numbers the identifiers of a module from 0.
    pub fn numbered_identifier(name: &[u8], number: u32) -> Text {
        Text { identifier: identifier_of(number), ..Text::of(name) }
    }

    /// As [`Text::numbered_identifier`], of the first `len` bytes, behind which there are zeros.
    #[inline]
    pub fn short_numbered_identifier(name: [u8; BLOCK_BYTES], len: usize, number: u32) -> Text {
        Text::short(Block::from_le_bytes(name), len, identifier_of(number))
    }

    /// The text's place among the identifiers of its module, if it is one of these.
    #[inline]
    pub(crate) fn place_in(&self, identifiers: &[Text]) -> Option<usize> {
        let number = usize::from(self.identifier).wrapping_sub(1);
        identifiers.get(number).filter(|known| Arc::ptr_eq(&known.bytes, &self.bytes)).map(|_| number)
    }

    /// A hash of the text.
    #[inline]
    pub fn hash_value(&self) -> u32 {
        self.hash
    }

    /// Whether the text is an identifier of the source. Not known of all that are.
    #[inline]
    pub fn is_identifier(&self) -> bool {
        self.identifier != 0
    }

    /// From WTF-8 bytes; `None` where they are not well-formed.
    pub fn from_wtf8(bytes: &[u8]) -> Option<Text> {
        let text = Text::of(bytes);
        if text.is_ascii() || std::str::from_utf8(bytes).is_ok() || is_wtf8(bytes) {
            Some(text)
        } else {
            None
        }
    }

    /// From code points, surrogates allowed. Values above 0x10FFFF are replaced by U+FFFD.
    pub fn from_code_points(points: impl IntoIterator<Item = u32>) -> Text {
        let mut bytes = Vec::new();
        for point in points {
            push_code_point(&mut bytes, point);
        }
        Text::of(&bytes)
    }

    /// The WTF-8 bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.bytes.len() - usize::from(self.padding)]
    }

    /// The string, if it has no lone surrogates.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }

    /// The string with lone surrogates replaced by U+FFFD.
    pub fn to_string_lossy(&self) -> String {
        self.code_points().map(|c| char::from_u32(c).unwrap_or('\u{fffd}')).collect()
    }

    /// The code points, surrogates included.
    pub fn code_points(&self) -> impl Iterator<Item = u32> + '_ {
        let mut rest = self.as_bytes();
        std::iter::from_fn(move || {
            let (point, len) = decode(rest)?;
            rest = &rest[len..];
            Some(point)
        })
    }

    /// Whether all characters are ASCII.
    #[inline]
    pub fn is_ascii(&self) -> bool {
        self.not_ascii == 0
    }
}

fn identifier_of(number: u32) -> u16 {
    number.saturating_add(1).min(UNNUMBERED.into()) as u16
}

/// Appends one code point as WTF-8.
fn push_code_point(bytes: &mut Vec<u8>, point: u32) {
    if (0xD800..0xE000).contains(&point) {
        bytes.extend([
            0xE0 | (point >> 12) as u8,
            0x80 | (point >> 6 & 0x3F) as u8,
            0x80 | (point & 0x3F) as u8,
        ]);
    } else {
        let c = char::from_u32(point).unwrap_or('\u{fffd}');
        bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// The first code point of well-formed WTF-8 and its length; `None` at the end or where it is malformed.
fn decode(bytes: &[u8]) -> Option<(u32, usize)> {
    let continuation = |i: usize| bytes.get(i).filter(|b| **b & 0xC0 == 0x80).map(|b| u32::from(b & 0x3F));
    let first = u32::from(*bytes.first()?);
    match first {
        0..0x80 => Some((first, 1)),
        0xC2..0xE0 => Some(((first & 0x1F) << 6 | continuation(1)?, 2)),
        0xE0..0xF0 => {
            let point = (first & 0x0F) << 12 | continuation(1)? << 6 | continuation(2)?;
            (point >= 0x800).then_some((point, 3))
        }
        0xF0..0xF5 => {
            let point =
                (first & 0x07) << 18 | continuation(1)? << 12 | continuation(2)? << 6 | continuation(3)?;
            (0x10000..0x110000).contains(&point).then_some((point, 4))
        }
        _ => None,
    }
}

fn is_wtf8(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match decode(bytes) {
            Some((_, len)) => bytes = &bytes[len..],
            None => return false,
        }
    }
    true
}

impl PartialEq for Text {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && (Arc::ptr_eq(&self.bytes, &other.bytes)
                || self.padding == other.padding && self.bytes == other.bytes)
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.hash);
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::of(text.as_bytes())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string_lossy())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}
