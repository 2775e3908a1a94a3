//! Names: where they end, which of them are keywords, which characters they may have.

use crate::chunk;
use crate::token::{KEYWORDS, TokenKind};
use crate::unicode::{is_identifier_continue, is_identifier_start};

/// Bytes that a name can have; those beyond ASCII are judged later, by character.
const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let ascii = byte as u8;
        table[byte] = ascii.is_ascii_alphanumeric() || ascii == b'_' || byte >= 0x80;
        byte += 1;
    }
    table
};

/// Whether names can have this byte.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES[byte as usize]
}

/// Eight times the same byte.
const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of each of eight bytes that no name has.
#[inline(always)]
const fn not_name_bytes(word: u64) -> u64 {
    // Sums of seven-bit numbers do not carry into the next byte.
    let low = word & repeat(0x7F);
    let lower_case = low | repeat(0x20);
    let letter = (lower_case + repeat(0x80 - b'a')) & !(lower_case + repeat(0x7F - b'z'));
    let digit = (low + repeat(0x80 - b'0')) & !(low + repeat(0x7F - b'9'));
    let not_underscore = (low ^ repeat(b'_')) + repeat(0x7F);
    !(letter | digit | !not_underscore | word) & repeat(0x80)
}

/// How many of these bytes at the beginning can be in a name of ASCII.
#[inline(always)]
fn count_name_bytes(chunk: &[u8; chunk::LEN]) -> usize {
    chunk::position(chunk, |byte| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let is_digit = byte.wrapping_sub(b'0') < 10;
        !(is_letter | is_digit | (byte == b'_'))
    })
}

/// Where the name that begins at an offset ends and what it is, unless it is long or not ASCII, or what comes next may go on
/// with it or have it for a prefix.
///
/// Names are short, and how long they are cannot be predicted: so sixteen bytes are looked at in one go, and a keyword,
/// none of which is longer than eight, is recognized by comparing one number.
#[inline(always)]
pub(crate) fn short_name(bytes: &[u8], start: usize) -> Option<(usize, TokenKind)> {
    let chunk: &[u8; chunk::LEN + 1] = bytes.get(start..)?.first_chunk()?;
    let len = count_name_bytes(chunk.first_chunk()?);
    if GOES_ON[usize::from(chunk[len])] {
        return None;
    }
    // 0 is no name's number.
    let word = u64::from_le_bytes(*chunk.first_chunk()?) & KEYWORD_MASKS[len];
    Some((start + len, keyword_of_word(word)))
}

/// Bytes that go on with a name, or have it for a prefix.
static GOES_ON: [bool; 256] = {
    let mut table = NAME_BYTES;
    table[b'"' as usize] = true;
    table[b'\'' as usize] = true;
    table
};

/// The bits of eight bytes that belong to a name of each length; none if it is too long for a keyword.
static KEYWORD_MASKS: [u64; chunk::LEN + 1] = {
    let mut masks = [0; chunk::LEN + 1];
    let mut len = 0;
    while len < 8 {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks[8] = u64::MAX;
    masks
};

/// Where the name that begins at an offset ends, and whether it is ASCII.
pub(crate) fn scan(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut end = start;
    let mut union = 0;
    while let Some(chunk) = bytes.get(end..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let stops = not_name_bytes(word);
        if stops != 0 {
            union |= word & repeat(0x80) & (stops - 1);
            end += stops.trailing_zeros() as usize / 8;
            return (end, union == 0);
        }
        union |= word & repeat(0x80);
        end += 8;
    }
    while let Some(&byte) = bytes.get(end)
        && is_name_byte(byte)
    {
        union |= u64::from(byte & 0x80);
        end += 1;
    }
    (end, union == 0)
}

/// The first character that may not stand where it stands in this name, with its offset.
#[cold]
pub(crate) fn first_invalid(text: &str) -> Option<(usize, char)> {
    text.char_indices()
        .find(|&(at, c)| !if at == 0 { is_identifier_start(c) } else { is_identifier_continue(c) })
}

/// The kind of an ASCII name: a keyword's or `Name`.
pub(crate) fn keyword(text: &[u8]) -> TokenKind {
    if text.len() > 8 {
        return TokenKind::Name;
    }
    keyword_of_word(word_of(text))
}

/// Up to eight bytes of text as a number, zeros behind them.
const fn word_of(text: &[u8]) -> u64 {
    let mut word = 0;
    let mut at = 0;
    while at < text.len() {
        word |= (text[at] as u64) << (at * 8);
        at += 1;
    }
    word
}

#[inline(always)]
fn keyword_of_word(word: u64) -> TokenKind {
    let (keyword, kinds) = &KEYWORD_TABLE[keyword_slot(word, KEYWORD_FACTOR)];
    kinds[usize::from(*keyword == word)]
}

const KEYWORD_SLOTS: usize = 128;

const fn keyword_slot(word: u64, factor: u64) -> usize {
    (word.wrapping_mul(factor) >> (64 - KEYWORD_SLOTS.trailing_zeros())) as usize
}

/// A factor that sends each keyword to a slot of its own.
const KEYWORD_FACTOR: u64 = {
    let mut factor: u64 = 0x9E37_79B9_7F4A_7C15;
    while !is_perfect(factor) {
        factor = factor.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(2);
    }
    factor
};

const fn is_perfect(factor: u64) -> bool {
    let mut taken = 0u128;
    let mut at = 0;
    while at < KEYWORDS.len() {
        let slot = 1 << keyword_slot(word_of(KEYWORDS[at].0.as_bytes()), factor);
        if taken & slot != 0 {
            return false;
        }
        taken |= slot;
        at += 1;
    }
    true
}

/// A keyword's number, and what a name of the same slot is that has another number, or that one.
static KEYWORD_TABLE: [(u64, [TokenKind; 2]); KEYWORD_SLOTS] = {
    // No name is empty, so that 0 is no name's number.
    let mut table = [(0, [TokenKind::Name; 2]); KEYWORD_SLOTS];
    let mut at = 0;
    while at < KEYWORDS.len() {
        let word = word_of(KEYWORDS[at].0.as_bytes());
        table[keyword_slot(word, KEYWORD_FACTOR)] = (word, [TokenKind::Name, KEYWORDS[at].1]);
        at += 1;
    }
    table
};
