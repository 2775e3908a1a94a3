//! The names of a source as numbers, for a compiler: it compares and hashes those instead of texts.
//!
//! A parser that numbers names ([`Options::first_names`](crate::Options::first_names)) leaves the texts of `Name.id` and
//! `Attribute.attr`, which are most of all names, empty in the tree. What they are is found by where they end in the source.

use crate::literal;
use crate::uses::{Use, Uses};
use rustc_hash::FxHasher;
use rustpython_ast::text_size::TextSize;
use std::hash::Hasher;

/// Names and their numbers, which count from 0 in the order in which the names came.
#[derive(Debug)]
pub struct NameTable {
    /// Open addressing: the name's number plus one; 0 in an empty slot. There is always a power of two of them.
    slots: Vec<u32>,
    /// By number.
    names: Vec<Name>,
    /// The long names one after the other.
    long: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    /// Up to [`SHORT`] bytes, which nearly all names have, with zeros behind them. Of a long name, a hash and zeros.
    bytes: [u8; SHORT],
    len: u32,
    /// Where a long name is in [`NameTable::long`].
    start: u32,
}

/// The [`Name::bytes`] as a number.
type Word = u128;

/// Names of up to so many bytes are equal if their lengths and their bytes are.
const SHORT: usize = size_of::<Word>();

/// The bits of the bytes that belong to a name of each length.
static MASKS: [Word; SHORT + 1] = {
    let mut masks = [Word::MAX; SHORT + 1];
    let mut len = 0;
    while len < SHORT {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

/// Of a text of any length. How long it is cannot be predicted, so that 4 to 16 bytes take the same way.
#[inline]
fn word_of(text: &[u8]) -> Word {
    let len = text.len();
    match len {
        4..=SHORT => {
            let four =
                |at: usize| text[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
            let second = (len - 4).min(4);
            let low = four(0) | four(second) << (8 * second);
            let last = four(len.saturating_sub(8)) | four(len - 4) << 32;
            let high = last.checked_shr(8 * (SHORT - len) as u32).unwrap_or(0);
            Word::from(low) | Word::from(high) << 64
        }
        // The first one, the one in the middle and the last one are all.
        1..4 => {
            let byte = |at: usize| Word::from(text[at]) << (8 * at);
            byte(0) | byte(len / 2) | byte(len - 1)
        }
        0 => 0,
        _ => {
            let mut hasher = FxHasher::default();
            hasher.write(text);
            hasher.finish().into()
        }
    }
}

#[inline]
fn hash(word: Word, len: u32) -> usize {
    // Each bit of the upper half of a product depends on all bits of the factors.
    const KEYS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03];
    let factors = [word as u64 ^ KEYS[0], (word >> 64) as u64 ^ KEYS[1] ^ u64::from(len)];
    let product = u128::from(factors[0]) * u128::from(factors[1]);
    (product as u64 ^ (product >> 64) as u64) as usize
}

/// So many slots there are at least for each name: one that is not in the first slot where it is looked for costs more than
/// the memory.
const SLOTS_PER_NAME: usize = 4;

impl Clone for NameTable {
    /// The same with as much room for more names.
    fn clone(&self) -> NameTable {
        let mut copy = NameTable {
            slots: self.slots.clone(),
            names: Vec::with_capacity(self.names.capacity()),
            long: Vec::with_capacity(self.long.capacity()),
        };
        copy.names.extend_from_slice(&self.names);
        copy.long.extend_from_slice(&self.long);
        copy
    }
}

impl NameTable {
    /// A table in which these names have the first numbers. They are different ones.
    pub fn new(first: &[&str]) -> NameTable {
        NameTable::with_capacity(first, 2 * first.len())
    }

    fn with_capacity(first: &[&str], capacity: usize) -> NameTable {
        let slots = vec![0; (SLOTS_PER_NAME * capacity).next_power_of_two()];
        // Twice as many as the slots are enough for: what is not used takes no time.
        let most = 2 * slots.len() / SLOTS_PER_NAME;
        let (names, long) = (Vec::with_capacity(most), Vec::with_capacity(SHORT * most));
        let mut table = NameTable { slots, names, long };
        for name in first {
            table.number(name);
        }
        table
    }

    /// The number of a name, which is added if it is not there.
    pub fn number(&mut self, name: &str) -> u32 {
        let (word, len) = (word_of(name.as_bytes()), name.len() as u32);
        if name.len() <= SHORT {
            return self.number_of(word, len);
        }
        match self.find(word, len, |known| self.bytes_of(known) == name.as_bytes()) {
            Ok(number) => number,
            Err(slot) => {
                let start = self.long.len() as u32;
                self.long.extend_from_slice(name.as_bytes());
                self.add(word, len, start, slot)
            }
        }
    }

    /// The number of the name in a source from `start` to `end`, normalised as Python compares names.
    #[inline]
    pub(crate) fn number_in(&mut self, source: &str, start: usize, end: usize) -> u32 {
        const NOT_ASCII: u64 = u64::from_le_bytes([0x80; 8]);
        let len = end - start;
        if let Some(chunk) = source.as_bytes().get(start..).and_then(<[u8]>::first_chunk)
            && len <= SHORT
        {
            let word = Word::from_le_bytes(*chunk) & MASKS[len];
            if (word as u64 | (word >> 64) as u64) & NOT_ASCII == 0 {
                return self.number_of(word, len as u32);
            }
        }
        self.number_of_other(&source[start..end])
    }

    #[inline(never)]
    fn number_of_other(&mut self, text: &str) -> u32 {
        if literal::is_ascii(text) {
            self.number(text)
        } else {
            self.number(&pvm_lexer::identifier_name(text))
        }
    }

    /// The number of a short name. Nearly always it is in the first slot or nowhere, and the rest is left to a
    /// function of its own: this one then needs few registers.
    #[inline]
    fn number_of(&mut self, word: Word, len: u32) -> u32 {
        let slot = hash(word, len) & (self.slots.len() - 1);
        let number = self.slots[slot].wrapping_sub(1);
        match self.names.get(number as usize) {
            Some(known) if known.is(word, len) => number,
            Some(_) => self.number_elsewhere(word, len),
            None => self.add(word, len, 0, slot),
        }
    }

    #[inline(never)]
    fn number_elsewhere(&mut self, word: Word, len: u32) -> u32 {
        match self.find(word, len, |_| true) {
            Ok(number) => number,
            Err(slot) => self.add(word, len, 0, slot),
        }
    }

    /// The number of a name, or else the empty slot that it is to have. The names given to `is_it` have this word and length.
    #[inline(always)]
    fn find(&self, word: Word, len: u32, is_it: impl Fn(&Name) -> bool) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash(word, len) & mask;
        loop {
            let number = self.slots[at].wrapping_sub(1);
            let Some(known) = self.names.get(number as usize) else { return Err(at) };
            if known.is(word, len) && is_it(known) {
                return Ok(number);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a name that is not there, at an empty slot.
    #[inline(never)]
    fn add(&mut self, word: Word, len: u32, start: u32, slot: usize) -> u32 {
        let number = self.names.len() as u32;
        self.names.push(Name { bytes: word.to_le_bytes(), len, start });
        self.slots[slot] = number + 1;
        if SLOTS_PER_NAME * self.names.len() > self.slots.len() {
            self.grow();
        }
        number
    }

    #[cold]
    fn grow(&mut self) {
        self.slots = vec![0; 2 * self.slots.len()];
        let mask = self.slots.len() - 1;
        for (number, name) in (1..).zip(&self.names) {
            let mut at = hash(name.word(), name.len) & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = number;
        }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The UTF-8 of the name of a number; nothing if it has none.
    pub fn bytes(&self, number: u32) -> &[u8] {
        self.names.get(number as usize).map_or(&[], |name| self.bytes_of(name))
    }

    /// The same and zeros behind it, and its length, if it is short.
    #[inline]
    pub fn short(&self, number: u32) -> Option<([u8; SHORT], usize)> {
        let name = self.names.get(number as usize).filter(|name| name.len as usize <= SHORT)?;
        Some((name.bytes, name.len as usize))
    }

    /// The same as `str`.
    pub fn text(&self, number: u32) -> &str {
        std::str::from_utf8(self.bytes(number)).unwrap_or_default()
    }

    fn bytes_of<'a>(&'a self, name: &'a Name) -> &'a [u8] {
        let len = name.len as usize;
        if len <= SHORT { &name.bytes[..len] } else { &self.long[name.start as usize..][..len] }
    }
}

impl Name {
    fn word(&self) -> Word {
        Word::from_le_bytes(self.bytes)
    }

    /// Whether it has this word and this length.
    #[inline]
    fn is(&self, word: Word, len: u32) -> bool {
        (self.word() ^ word) | Word::from(self.len ^ len) == 0
    }
}

/// The names of a source, and which of them stands where.
#[derive(Clone, Debug)]
pub struct Names {
    /// The names.
    pub table: NameTable,
    /// Those of expressions, in order.
    pub uses: Uses,
    /// By half of the offset at which it ends, a name's number. Two names have at least two bytes from end to end.
    numbers: Vec<u16>,
}

impl Names {
    pub(crate) fn new(first: &[&str], source: &str) -> Names {
        // Few sources have more names.
        const BYTES_PER_NAME: usize = 100;
        Names {
            table: NameTable::with_capacity(first, first.len() + source.len() / BYTES_PER_NAME),
            uses: Uses::new(source),
            numbers: Vec::with_capacity(source.len() / 2 + MORE_NUMBERS),
        }
    }

    /// Numbers the name in the source from `start` to `end`; false if there are too many names for that. `is_expression`
    /// says whether it is one by itself, not that of an attribute.
    #[inline]
    pub(crate) fn add(&mut self, source: &str, start: usize, end: usize, is_expression: bool) -> bool {
        let Ok(number) = u16::try_from(self.table.number_in(source, start, end)) else { return false };
        let name = Use { end: TextSize::new(end as u32), number, is_target: false };
        match self.numbers.get_mut(end / 2) {
            Some(entry) if self.uses.has_room() => {
                *entry = number;
                self.uses.add(name, is_expression);
            }
            _ => self.append(name, is_expression),
        }
        true
    }

    /// On its own, so that [`Names::add`] has few registers to save.
    #[inline(never)]
    fn append(&mut self, name: Use, is_expression: bool) {
        let place = name.end.to_usize() / 2;
        if place >= self.numbers.len() {
            self.numbers.resize(place + MORE_NUMBERS, 0);
        }
        if !self.uses.has_room() {
            self.uses.make_room();
        }
        self.numbers[place] = name.number;
        self.uses.add(name, is_expression);
    }

    /// The number of the name that ends at an offset, of those whose text is not in the tree.
    #[inline]
    pub fn ending_at(&self, end: TextSize) -> u32 {
        self.numbers.get(end.to_usize() / 2).map_or(0, |number| u32::from(*number))
    }
}

/// So many elements the list of numbers grows by: what is cleared now is still in the cache when it is written.
const MORE_NUMBERS: usize = 512;

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

    #[test]
    fn a_name_that_is_one_too_many_is_left_to_the_tree() {
        let mut source = String::new();
        let mut spans = Vec::new();
        for many in 0..0x10002 {
            let start = source.len();
            source += &format!("n{many:x}");
            spans.push((start, source.len()));
            source.push(';');
        }
        let mut names = Names::new(&["first"], &source);
        for (many, (start, end)) in spans.into_iter().enumerate() {
            let number = many as u32 + 1;
            assert_eq!(names.add(&source, start, end, true), number < 0x10000);
            assert_eq!(names.table.text(number), &source[start..end]);
            let found = names.ending_at(TextSize::new(end as u32));
            assert_eq!(found, if number < 0x10000 { number } else { 0 });
        }
    }
}
