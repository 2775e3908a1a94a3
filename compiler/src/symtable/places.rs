//! Where the names of a block stand among its symbols.

use crate::names::NameId;
use rustc_hash::FxHashMap;
use std::hint::select_unpredictable;

/// Names and their places, which count from 0. Most have few names.
#[derive(Debug, Default)]
pub(super) struct Places {
    ids: Padded,
    /// The [`NameId::bit`]s of the names: most names that are not there are known by them.
    bits: u64,
    /// Made when a linear search would take long.
    index: Option<Box<FxHashMap<NameId, u32>>>,
}

const LINEAR_SEARCH_LIMIT: usize = 32;

impl Places {
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
                index.extend(self.ids.groups.as_flattened()[..self.ids.len].iter().copied().zip(0..));
                self.index = Some(Box::new(index));
            }
        }
    }
}

/// So many names are compared at once: where in a table a name stands cannot be predicted.
const GROUP: usize = 8;

/// A list whose last group is filled up with what is no name.
#[derive(Debug, Default)]
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
        let mut places = Places::default();
        for (id, place) in ids.iter().zip(0..) {
            assert_eq!(places.get(*id), None);
            assert_eq!(places.push(*id), place);
            assert!(ids[..=place as usize].iter().zip(0..).all(|(id, place)| places.get(*id) == Some(place)));
        }
    }
}
