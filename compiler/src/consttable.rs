//! Constants in the order in which they were first added.

use pvm_pycfile::Constant;
use std::hash::{Hash, Hasher};

/// A constant as a key: equal when the compiler may merge the two (CPython's `_PyCode_ConstantKey`).
#[derive(Clone, Debug)]
pub(crate) struct ConstantKey(pub(crate) Constant);

impl PartialEq for ConstantKey {
    fn eq(&self, other: &Self) -> bool {
        may_merge(&self.0, &other.0)
    }
}

impl Eq for ConstantKey {}

impl Hash for ConstantKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.0.hash_value());
    }
}

/// Whether the compiler may make one constant of two. Not a number equals nothing, as each evaluation makes another object.
#[inline(never)]
fn may_merge(a: &Constant, b: &Constant) -> bool {
    a == b && !holds_nan(a)
}

fn holds_nan(constant: &Constant) -> bool {
    match constant {
        Constant::Float(value) => value.is_nan(),
        Constant::Complex(real, imag) => real.is_nan() || imag.is_nan(),
        Constant::Tuple(items) | Constant::FrozenSet(items) => items.iter().any(holds_nan),
        _ => false,
    }
}

/// The constants of one code unit. It is made for use by one unit after the other.
#[derive(Clone, Debug)]
pub(crate) struct ConstantTable {
    items: Vec<Constant>,
    /// The place of `None`, which most units use and which is not looked for in the slots.
    none: Option<u32>,
    /// Open addressing by hash. There is a power of two of them, or none yet.
    slots: Vec<Slot>,
    /// Never 0, which empty slots have.
    base: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// The constant's place and the table's `base`. What is less than `base` is from before the table was cleared.
    place: u32,
    hash: u32,
}

impl Default for ConstantTable {
    fn default() -> Self {
        ConstantTable { items: Vec::new(), none: None, slots: Vec::new(), base: 1 }
    }
}

impl ConstantTable {
    /// The index of `None`, which is added if it is not there.
    #[inline]
    pub fn insert_none(&mut self) -> u32 {
        match self.none {
            Some(place) => place,
            None => self.add_none(),
        }
    }

    #[inline(never)]
    fn add_none(&mut self) -> u32 {
        let place = self.add(Constant::None);
        self.none = Some(place);
        place
    }

    /// The index of a constant, which is added if none is equal to it by type and value.
    #[inline]
    pub fn insert(&mut self, constant: Constant) -> u32 {
        match constant {
            Constant::None => self.insert_none(),
            constant => self.insert_other(constant),
        }
    }

    #[inline(never)]
    fn insert_other(&mut self, constant: Constant) -> u32 {
        // Nearly every constant is in the first slot where it is looked for, or that one is empty.
        const SLOTS_PER_CONSTANT: usize = 4;
        let hash = constant.hash_value();
        if SLOTS_PER_CONSTANT * self.items.len() >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while let slot = self.slots[at]
            && let place = slot.place.wrapping_sub(self.base)
            && let Some(known) = self.items.get(place as usize)
        {
            if slot.hash == hash && may_merge(known, &constant) {
                return place;
            }
            at = (at + 1) & mask;
        }
        let place = self.add(constant);
        self.slots[at] = Slot { place: self.base + place, hash };
        place
    }

    /// Adds a constant that is not there.
    #[inline]
    fn add(&mut self, constant: Constant) -> u32 {
        const FEW: usize = 16;
        if self.items.len() == self.items.capacity() {
            self.items.reserve(FEW);
        }
        self.items.push(constant);
        self.items.len() as u32 - 1
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        const FIRST_SLOTS: usize = 128;
        self.slots = vec![Slot::default(); (2 * self.slots.len()).max(FIRST_SLOTS)];
        let mask = self.slots.len() - 1;
        for (place, constant) in (self.base..).zip(&self.items) {
            let hash = constant.hash_value();
            let mut at = hash as usize & mask;
            while self.slots[at].place != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = Slot { place, hash };
        }
    }

    /// The constants in order.
    pub fn items(&self) -> &[Constant] {
        &self.items
    }

    /// Takes the constants out, and leaves the table empty.
    pub fn take_items(&mut self) -> Vec<Constant> {
        let items = std::mem::take(&mut self.items);
        self.base += items.len() as u32;
        self.none = None;
        items
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.base += self.items.len() as u32;
        self.items.clear();
        self.none = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_keep_their_places() {
        let mut table = ConstantTable::default();
        let tuple = |value| Constant::Tuple([Constant::Int(value), Constant::None].into());
        for _ in 0..3 {
            for value in 0..100 {
                assert_eq!(table.insert(Constant::Int(value)), 2 * value as u32);
                assert_eq!(table.insert(tuple(value)), 2 * value as u32 + 1);
                assert_eq!(table.insert(Constant::Int(value)), 2 * value as u32);
            }
            assert_eq!((table.insert(Constant::None), table.insert_none()), (200, 200));
            assert_eq!((table.insert(tuple(7)), table.insert(Constant::Float(7.0))), (15, 201));
            let nan = || Constant::Float(f64::NAN);
            assert_eq!((table.insert(nan()), table.insert(nan()), table.items().len()), (202, 203, 204));
            assert_eq!(table.take_items().len(), 204);
            assert_eq!((table.insert(Constant::Int(99)), table.insert_none()), (0, 1));
            table.clear();
            assert!(table.items().is_empty());
        }
    }
}
