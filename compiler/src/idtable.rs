//! Names in the order in which they were first added.

use crate::names::NameId;
use rustc_hash::FxHashMap;
use std::hint::select_unpredictable;

/// Names and their places, which count from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdTable {
    ids: Padded,
    /// The [`NameId::bit`]s of the names: most names that are not there are known by them.
    bits: u64,
    /// Made when a linear search would take long.
    index: Option<Box<FxHashMap<NameId, u32>>>,
}

const LINEAR_SEARCH_LIMIT: usize = 32;

impl IdTable {
    /// A name's place.
    #[inline]
    pub fn get(&self, name: NameId) -> Option<u32> {
        if self.bits & name.bit() == 0 {
            return None;
        }
        match &self.index {
            None => self.ids.position(name),
            Some(index) => index.get(&name).copied(),
        }
    }

    /// A name's place; a new name goes last.
    #[inline]
    pub fn insert(&mut self, name: NameId) -> u32 {
        match self.get(name) {
            Some(place) => place,
            None => self.push(name),
        }
    }

    /// Adds a name that is not there, and returns its place.
    #[inline]
    pub fn push(&mut self, name: NameId) -> u32 {
        let place = self.ids.len as u32;
        self.ids.push(name);
        self.bits |= name.bit();
        if self.ids.len > LINEAR_SEARCH_LIMIT {
            self.push_index(name, place);
        }
        place
    }

    #[inline(never)]
    fn push_index(&mut self, name: NameId, place: u32) {
        match &mut self.index {
            Some(index) => {
                index.insert(name, place);
            }
            None => {
                let mut index =
                    FxHashMap::with_capacity_and_hasher(4 * LINEAR_SEARCH_LIMIT, Default::default());
                index.extend(self.ids().iter().copied().zip(0..));
                self.index = Some(Box::new(index));
            }
        }
    }

    /// Drops all names.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.bits = 0;
        self.index = None;
    }

    /// Whether the name is there.
    pub fn contains(&self, name: NameId) -> bool {
        self.get(name).is_some()
    }

    /// The names in order.
    pub fn ids(&self) -> &[NameId] {
        &self.ids.groups.as_flattened()[..self.ids.len]
    }

    /// The numbers of the names in order.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(GROUP * self.ids.groups.len());
        // In groups, so that how many there are is one branch.
        for group in &self.ids.groups {
            numbers.extend_from_slice(&group.map(NameId::number));
        }
        numbers.truncate(self.ids.len);
        numbers
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.ids.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.len == 0
    }
}

impl Extend<NameId> for IdTable {
    fn extend<I: IntoIterator<Item = NameId>>(&mut self, names: I) {
        for name in names {
            self.insert(name);
        }
    }
}

/// So many names are compared at once: where in a table a name stands cannot be predicted.
const GROUP: usize = 8;

/// A list whose last group is filled up with what is no name.
#[derive(Clone, Debug, Default)]
struct Padded {
    groups: Vec<[NameId; GROUP]>,
    len: usize,
}

impl Padded {
    #[inline]
    fn position(&self, name: NameId) -> Option<u32> {
        for (group, start) in self.groups.iter().zip((0..).step_by(GROUP)) {
            let mut found = None;
            for (id, place) in group.iter().zip(start..) {
                found = select_unpredictable(*id == name, Some(place), found);
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    #[inline]
    fn push(&mut self, name: NameId) {
        if self.len == GROUP * self.groups.len() {
            if self.groups.capacity() == 0 {
                self.groups = Vec::with_capacity(2);
            }
            self.groups.push([NameId::NONE; GROUP]);
        }
        if let Some(place) = self.groups.as_flattened_mut().get_mut(self.len) {
            *place = name;
            self.len += 1;
        }
    }

    fn clear(&mut self) {
        self.groups.clear();
        self.len = 0;
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
        table.clear();
        assert!(table.is_empty() && !ids.iter().any(|id| table.contains(*id)));
        assert_eq!((table.insert(ids[7]), table.ids()), (0, &ids[7..8]));
    }
}
