//! Objects by content: what has been written, to be found when it is met again.
//!
//! Not by our own pointers, so that the bytes that are written depend on nothing but the content.

use crate::code::Constant;
use crate::hash::hash_of_all;
use crate::names::NameList;
use crate::text::Text;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// The ids of objects of one kind.
pub(super) struct Table<K>(HashTable<Known<K>>);

struct Known<K> {
    key: K,
    hash: u32,
    id: u32,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Table(HashTable::new())
    }
}

impl<K: Copy> Table<K> {
    pub(super) fn with_capacity(objects: usize) -> Self {
        Table(HashTable::with_capacity(objects))
    }

    /// The table takes seven bits of a hash for one thing and the low ones for another.
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(K) -> bool) -> Option<u32> {
        let is_it = |known: &Known<K>| known.hash == hash && is_it(known.key);
        self.0.find(Self::spread(hash), is_it).map(|known| known.id)
    }

    /// The id of an object: the one that is given if it has none yet.
    #[inline]
    pub(super) fn id_or_insert(&mut self, hash: u32, key: K, id: u32, is_it: impl Fn(K) -> bool) -> u32 {
        let is_it = |known: &Known<K>| known.hash == hash && is_it(known.key);
        match self.0.entry(Self::spread(hash), is_it, |known| Self::spread(known.hash)) {
            Entry::Occupied(entry) => entry.get().id,
            Entry::Vacant(entry) => entry.insert(Known { key, hash, id }).get().id,
        }
    }
}

/// A tuple of constants may be the same object as one of names.
#[derive(Clone, Copy)]
pub(super) enum Tuple<'a> {
    Names(&'a NameList),
    Constants(&'a [Constant]),
}

impl Tuple<'_> {
    pub(super) fn is_same(self, other: Tuple) -> bool {
        match (self, other) {
            (Tuple::Names(a), Tuple::Names(b)) => a == b,
            (Tuple::Constants(a), Tuple::Constants(b)) => a == b,
            (Tuple::Names(names), Tuple::Constants(items))
            | (Tuple::Constants(items), Tuple::Names(names)) => {
                let same =
                    |(item, name): (&Constant, &Text)| matches!(item, Constant::Str(text) if text == name);
                items.len() == names.len() && items.iter().zip(names).all(same)
            }
        }
    }

    /// Of tuples all that there is, as of bytes: tables of data may differ in the middle.
    pub(super) fn hash(self) -> u32 {
        match self {
            Tuple::Names(names) => hash_of_all(names.iter().map(Text::hash_value)),
            Tuple::Constants(items) => hash_of_all(items.iter().map(Constant::hash_value)),
        }
    }
}

/// Whether two constants are the same object, which are neither strings nor bytes nor tuples.
pub(super) fn is_same(a: &Constant, b: &Constant) -> bool {
    match (a, b) {
        // The compiler never merges constants that are not equal to themselves.
        (Constant::Complex(real, imag), Constant::Complex(..)) => a == b && !real.is_nan() && !imag.is_nan(),
        (Constant::FrozenSet(a), Constant::FrozenSet(b)) => {
            a == b || a.len() == b.len() && a.iter().all(|item| b.contains(item))
        }
        _ => a == b,
    }
}
