//! The names of a module's source, to be found by what they are.

use crate::text::Text;

/// Identifiers, each of which is there once, in chains by their hashes: built in much less time than a hash table, and
/// searched seldom, as most texts that are identifiers know their places.
#[derive(Default)]
pub(super) struct Identifiers<'a> {
    texts: &'a [Text],
    /// By the low bits of the hash, the place of an identifier, or [`NONE`]. As many as a power of two.
    heads: Vec<u32>,
    /// By place, that of another identifier with the same low bits, or [`NONE`].
    next: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl<'a> Identifiers<'a> {
    pub(super) fn new(texts: &'a [Text]) -> Identifiers<'a> {
        let mut heads = vec![NONE; texts.len().next_power_of_two()];
        let mask = heads.len() - 1;
        let chain = |(place, text): (u32, &Text)| {
            std::mem::replace(&mut heads[text.hash_value() as usize & mask], place)
        };
        let next = (0..).zip(texts).map(chain).collect();
        Identifiers { texts, heads, next }
    }

    #[inline]
    pub(super) fn texts(&self) -> &'a [Text] {
        self.texts
    }

    /// The place of the identifier that is equal to a text.
    pub(super) fn find(&self, text: &Text) -> Option<usize> {
        text.place_in(self.texts).or_else(|| self.search(text))
    }

    fn search(&self, text: &Text) -> Option<usize> {
        // There are none if there is no identifier.
        let mask = self.heads.len().wrapping_sub(1);
        let mut place = *self.heads.get(text.hash_value() as usize & mask)? as usize;
        while let Some(known) = self.texts.get(place) {
            if known == text {
                return Some(place);
            }
            place = self.next[place] as usize;
        }
        None
    }
}
