//! The names of a source as numbers, for a compiler: it compares and hashes those instead of texts.
//!
//! A parser that numbers names ([`Options::first_names`](crate::Options::first_names)) leaves the texts of `Name.id` and
//! `Attribute.attr`, which are most of all names, empty in the tree. What they are is found by where they end in the source.

use rustc_hash::FxHasher;
use rustpython_ast::text_size::TextSize;
use std::hash::Hasher;

/// Names and their numbers, which count from 0 in the order in which the names came.
#[derive(Clone, Debug)]
pub struct NameTable {
    /// Open addressing. At most half of the slots are in use, and there is always a power of two of them.
    slots: Vec<Slot>,
    /// The texts one after the other.
    texts: String,
    /// By number, where the text ends.
    ends: Vec<u32>,
}

/// A place for a name in the table. What it holds decides on names of up to 16 bytes, which nearly all have: they are
/// found without a look at their text.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    words: Words,
    len: u32,
    /// The name's number plus one; 0 in an empty slot.
    number: u32,
}

/// A name of up to 16 bytes, with zeros behind it. Of a longer one, a hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Words {
    low: u64,
    high: u64,
}

/// Names of up to so many bytes are equal if their lengths and their [`Words`] are.
const SHORT: usize = 16;

/// The bits of the bytes that belong to a name of each length.
static MASKS: [Words; SHORT + 1] = {
    let mut masks = [Words { low: u64::MAX, high: u64::MAX }; SHORT + 1];
    let mut len = 0;
    while len < SHORT {
        masks[len] = if len < 8 {
            Words { low: (1 << (8 * len)) - 1, high: 0 }
        } else {
            Words { low: u64::MAX, high: (1 << (8 * (len - 8))) - 1 }
        };
        len += 1;
    }
    masks
};

impl Words {
    /// Of a text of any length.
    #[inline]
    fn of(text: &[u8]) -> Words {
        let len = text.len();
        if len > SHORT {
            let mut hasher = FxHasher::default();
            hasher.write(text);
            return Words { low: hasher.finish(), high: 0 };
        }
        if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            let (low, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            return Words { low, high: last.checked_shr(8 * (16 - len as u32)).unwrap_or(0) };
        }
        let low = match (text.first_chunk(), text.last_chunk(), text) {
            (Some(first), Some(last), _) => {
                let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
                u64::from(first) | u64::from(last) << (8 * (len - 4))
            }
            // Up to three bytes: the first one, the one in the middle and the last one are all.
            (_, _, [first, .., last]) => {
                u64::from(*first)
                    | u64::from(text[len / 2]) << (8 * (len / 2))
                    | u64::from(*last) << (8 * (len - 1))
            }
            (_, _, [only]) => u64::from(*only),
            _ => 0,
        };
        Words { low, high: 0 }
    }

    /// Of the first `len` bytes.
    #[inline]
    fn of_short(bytes: &[u8; SHORT], len: usize) -> Words {
        let bytes = u128::from_le_bytes(*bytes);
        let mask = MASKS[len];
        Words { low: bytes as u64 & mask.low, high: (bytes >> 64) as u64 & mask.high }
    }

    fn is_ascii(self) -> bool {
        (self.low | self.high) & u64::from_le_bytes([0x80; 8]) == 0
    }

    #[inline]
    fn hash(self, len: u32) -> usize {
        // Each bit of the upper half of a product depends on all bits of the factors.
        const KEYS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03];
        let factors = [self.low ^ KEYS[0], self.high ^ KEYS[1] ^ u64::from(len)];
        let product = u128::from(factors[0]) * u128::from(factors[1]);
        (product as u64 ^ (product >> 64) as u64) as usize
    }
}

/// So many names a table has space for at first; a power of two.
const INITIAL_CAPACITY: usize = 256;

impl NameTable {
    /// A table in which these names have the first numbers. They are different ones.
    pub fn new(first: &[&str]) -> NameTable {
        let mut table = NameTable {
            slots: vec![Slot::default(); 2 * INITIAL_CAPACITY],
            texts: String::with_capacity(8 * INITIAL_CAPACITY),
            ends: Vec::with_capacity(INITIAL_CAPACITY),
        };
        for name in first {
            table.number(name);
        }
        table
    }

    /// The number of a name, which is added if it is not there.
    pub fn number(&mut self, name: &str) -> u32 {
        self.number_of(Words::of(name.as_bytes()), name)
    }

    /// The number of the name in a source from `start` to `end`, normalised as Python compares names.
    #[inline]
    pub(crate) fn number_in(&mut self, source: &str, start: usize, end: usize) -> u32 {
        let len = end - start;
        if let Some(chunk) = source.as_bytes().get(start..).and_then(<[u8]>::first_chunk)
            && len <= SHORT
        {
            let words = Words::of_short(chunk, len);
            if words.is_ascii() {
                return self.number_of(words, &source[start..end]);
            }
        }
        self.number_of_other(&source[start..end])
    }

    #[inline(never)]
    fn number_of_other(&mut self, text: &str) -> u32 {
        if text.is_ascii() { self.number(text) } else { self.number(&pvm_lexer::identifier_name(text)) }
    }

    /// The number of a name that has these words.
    #[inline]
    fn number_of(&mut self, words: Words, name: &str) -> u32 {
        let len = name.len() as u32;
        let mask = self.slots.len() - 1;
        let mut at = words.hash(len) & mask;
        loop {
            let slot = &self.slots[at];
            if slot.number == 0 {
                return self.add(words, name, at);
            }
            let number = slot.number - 1;
            if slot.words == words && slot.len == len && (name.len() <= SHORT || self.text(number) == name) {
                return number;
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a name that is not there, at an empty slot.
    #[inline(never)]
    fn add(&mut self, words: Words, name: &str, slot: usize) -> u32 {
        let number = self.ends.len() as u32;
        self.texts.push_str(name);
        self.ends.push(self.texts.len() as u32);
        self.slots[slot] = Slot { words, len: name.len() as u32, number: number + 1 };
        if 2 * self.ends.len() > self.slots.len() {
            self.grow();
        }
        number
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![Slot::default(); 2 * old.len()];
        let mask = self.slots.len() - 1;
        for slot in old.into_iter().filter(|slot| slot.number != 0) {
            let mut at = slot.words.hash(slot.len) & mask;
            while self.slots[at].number != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The name of a number; nothing if it has none.
    pub fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends.get(number).map_or("", |end| &self.texts[start as usize..*end as usize])
    }
}

/// The names of a source, and which of them stands where.
#[derive(Clone, Debug)]
pub struct Names {
    /// The names.
    pub table: NameTable,
    /// By half of the offset at which it ends, a name's number. Two names have at least two bytes from end to end.
    numbers: Vec<u32>,
}

impl Names {
    pub(crate) fn new(first: &[&str], source: &str) -> Names {
        Names { table: NameTable::new(first), numbers: vec![0; source.len() / 2 + 1] }
    }

    /// Numbers the name in the source from `start` to `end`.
    #[inline]
    pub(crate) fn add(&mut self, source: &str, start: usize, end: usize) {
        let number = self.table.number_in(source, start, end);
        if let Some(place) = self.numbers.get_mut(end / 2) {
            *place = number;
        }
    }

    /// The number of the name that ends at an offset, of those whose text is not in the tree.
    #[inline]
    pub fn ending_at(&self, end: TextSize) -> u32 {
        self.numbers.get(end.to_usize() / 2).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_lengths_are_told_apart() {
        let mut table = NameTable::new(&["first", "second"]);
        assert_eq!((table.number("second"), table.number("first")), (1, 0));
        let long = "abcdefghijklmnopqrstuvwxyzäöü";
        let names: Vec<&str> = long.char_indices().map(|(at, _)| &long[..at]).collect();
        let numbers: Vec<u32> = names.iter().map(|name| table.number(name)).collect();
        for (name, number) in names.iter().zip(&numbers) {
            assert_eq!((table.number(name), table.text(*number)), (*number, *name));
        }
        for many in 0..2000 {
            let name = format!("n{many}");
            let number = table.number(&name);
            assert_eq!(table.text(number), name);
            assert_eq!(table.number(&name), number);
        }
        assert_eq!(table.len(), 2 + names.len() + 2000);
        assert_eq!(table.text(table.len() as u32), "");
    }

    #[test]
    fn a_name_has_one_number_wherever_it_stands() {
        let mut table = NameTable::new(&[]);
        for name in ["x", "self", "sixteen_letters_", "seventeen_letters", "ﬁ", "naïve"] {
            let number = table.number(&pvm_lexer::identifier_name(name));
            for (before, after) in [("", ""), ("a.", ""), ("", ".é = 1  # and more of it"), ("é;", "(0)")] {
                let source = [before, name, after].concat();
                assert_eq!(
                    table.number_in(&source, before.len(), before.len() + name.len()),
                    number,
                    "{source}"
                );
            }
        }
    }
}
