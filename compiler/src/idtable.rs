//! Names in the order in which they were first added.

use crate::names::NameId;

/// Names and their places, which count from 0. It is made for use by one block after the other.
#[derive(Clone, Debug)]
pub(crate) struct IdTable {
    /// The names, and behind them what is left of earlier ones.
    ids: Vec<NameId>,
    /// How many names there are.
    len: u32,
    /// By a name's index: its place plus `base`. What is less than `base` is from before the table was cleared.
    places: Vec<u32>,
    /// Never 0, which is what `places` has for names that came never.
    base: u32,
}

impl Default for IdTable {
    fn default() -> Self {
        IdTable { ids: Vec::new(), len: 0, places: Vec::new(), base: 1 }
    }
}

impl IdTable {
    /// A name's place.
    #[inline]
    pub fn get(&self, name: NameId) -> Option<u32> {
        let place = self.places.get(name.index())?.wrapping_sub(self.base);
        (place < self.len).then_some(place)
    }

    /// A name's place; a new name goes last.
    #[inline]
    pub fn insert(&mut self, name: NameId) -> u32 {
        loop {
            if let Some(place) = self.insert_in_room(name) {
                return place;
            }
            self.make_room(name);
        }
    }

    /// The same, but nothing if [`Self::make_room`] has to come first.
    #[inline]
    pub fn insert_in_room(&mut self, name: NameId) -> Option<u32> {
        // Whether the name is new cannot be predicted: one that is not is written again.
        let known = self.places.get_mut(name.index())?;
        let place = known.wrapping_sub(self.base).min(self.len);
        *self.ids.get_mut(place as usize)? = name;
        *known = self.base + place;
        self.len += u32::from(place == self.len);
        Some(place)
    }

    /// Makes room for a name and its place.
    #[cold]
    #[inline(never)]
    pub fn make_room(&mut self, name: NameId) {
        const FEW: usize = 32;
        if self.len as usize >= self.ids.len() {
            self.ids.resize((2 * self.ids.len()).max(FEW), NameId::NONE);
        }
        if name.index() >= self.places.len() {
            self.places.resize((2 * name.index() + 1).next_multiple_of(4 * FEW), 0);
        }
    }

    /// Drops all names.
    pub fn clear(&mut self) {
        self.base += self.len;
        self.len = 0;
    }

    /// Whether the name is there.
    pub fn contains(&self, name: NameId) -> bool {
        self.get(name).is_some()
    }

    /// The names in order.
    pub fn ids(&self) -> &[NameId] {
        &self.ids[..self.len as usize]
    }

    /// The numbers of the names in order.
    pub fn numbers(&self) -> Vec<u32> {
        self.ids().iter().map(|id| id.number()).collect()
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Extend<NameId> for IdTable {
    fn extend<I: IntoIterator<Item = NameId>>(&mut self, names: I) {
        for name in names {
            self.insert(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use pvm_parser::Literals;

    #[test]
    fn names_keep_their_places() {
        let mut names = Names::new(&Literals::default());
        let ids: Vec<NameId> = (0..100).map(|number| names.intern(&format!("n{number}"))).collect();
        let mut table = IdTable::default();
        for (id, count) in ids.iter().zip(0..) {
            assert_eq!(table.get(*id), None);
            assert_eq!((table.insert(*id), table.len()), (count, count as usize + 1));
            assert!(ids[..=count as usize].iter().zip(0..).all(|(id, place)| table.insert(*id) == place));
        }
        assert_eq!(table.ids(), ids);
        assert!(table.numbers().into_iter().eq(ids.iter().map(|id| id.number())));
        for _ in 0..2 {
            table.clear();
            assert!(table.is_empty() && !ids.iter().any(|id| table.contains(*id)));
            assert_eq!((table.insert(ids[7]), table.insert(ids[3]), table.insert(ids[7])), (0, 1, 0));
            assert_eq!(table.ids(), [ids[7], ids[3]]);
        }
    }
}
