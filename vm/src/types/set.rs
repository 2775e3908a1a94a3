//! `set` and `frozenset` objects: the storage. Methods are in `types/set_methods`.
//!
//! The order in which a set is walked can be seen, and programs are compared by their output; so the table works as
//! CPython's does: open addressing with short linear probes, grown at three fifths full. Comparing elements can
//! run Python code that changes the set; no reference to the table is held meanwhile (see `types/dict`).

use crate::interp;
use crate::object::{Ref, Value};
use crate::types::dict::plain_equal;
use crate::vm::{PyResult, Vm};
use std::cell::{Cell, UnsafeCell};

const MIN_SIZE: usize = 8;
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

struct Entry {
    hash: i64,
    /// `UNBOUND` where there is none.
    key: Value,
}

impl Entry {
    const EMPTY: Entry = Entry { hash: 0, key: Value::UNBOUND };

    fn is_active(&self) -> bool {
        !self.key.is_unbound()
    }

    /// Never used, as opposed to what a removed element leaves behind.
    fn is_empty(&self) -> bool {
        self.key.is_unbound() && self.hash == 0
    }
}

struct Table {
    /// A power of two; none at all stands for eight empty ones.
    entries: Vec<Entry>,
    /// Active entries and those that removed elements left behind.
    fill: usize,
    used: usize,
    /// Where `pop` looks first.
    finger: usize,
}

impl Table {
    const EMPTY: Table = Table { entries: Vec::new(), fill: 0, used: 0, finger: 0 };

    fn mask(&self) -> usize {
        self.entries.len().max(MIN_SIZE) - 1
    }

    /// The entries in which to look for a hash, in order.
    #[inline(always)]
    fn probes(mask: usize, hash: i64) -> impl Iterator<Item = usize> {
        let mut perturb = hash as u64 as usize;
        let mut start = perturb & mask;
        let mut step = 0;
        std::iter::from_fn(move || {
            let at = start + step;
            if step < LINEAR_PROBES && start + LINEAR_PROBES <= mask {
                step += 1;
            } else {
                step = 0;
                perturb >>= PERTURB_SHIFT;
                start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
            }
            Some(at)
        })
    }

    /// Looks for a key, past the first `skip` candidates that had to be compared.
    fn probe(&self, key: &Value, hash: i64, mut skip: usize) -> Probe {
        if self.entries.is_empty() {
            return Probe::Absent(hash as u64 as usize & self.mask());
        }
        for at in Table::probes(self.mask(), hash) {
            let entry = &self.entries[at];
            if entry.is_empty() {
                return Probe::Absent(at);
            }
            if entry.hash == hash && entry.is_active() {
                if entry.key.is(key) {
                    return Probe::Found(at);
                }
                match plain_equal(&entry.key, key) {
                    Some(true) => return Probe::Found(at),
                    Some(false) => {}
                    None if skip > 0 => skip -= 1,
                    None => return Probe::Compare(at, entry.key.clone()),
                }
            }
        }
        Probe::Absent(0)
    }

    fn insert_clean(entries: &mut [Entry], entry: Entry) {
        for at in Table::probes(entries.len() - 1, entry.hash) {
            if !entries[at].is_active() {
                entries[at] = entry;
                return;
            }
        }
    }

    fn resize(&mut self, least: usize) {
        let mut size = MIN_SIZE;
        while size <= least {
            size *= 2;
        }
        let old = std::mem::take(&mut self.entries);
        self.entries.resize_with(size, || Entry::EMPTY);
        for entry in old {
            if entry.is_active() {
                Table::insert_clean(&mut self.entries, entry);
            }
        }
        self.fill = self.used;
    }

    fn grow(&mut self) {
        self.resize(if self.used > 50_000 { self.used * 2 } else { self.used * 4 });
    }

    /// Adds a key that is not there, at the place that the search ended.
    fn insert(&mut self, at: usize, key: Value, hash: i64) {
        if self.entries.is_empty() {
            self.entries.resize_with(MIN_SIZE, || Entry::EMPTY);
        }
        self.entries[at] = Entry { hash, key };
        self.fill += 1;
        self.used += 1;
        if self.fill * 5 >= self.mask() * 3 {
            self.grow();
        }
    }

    fn remove(&mut self, at: usize) -> Value {
        self.used -= 1;
        let entry = &mut self.entries[at];
        entry.hash = -1;
        std::mem::replace(&mut entry.key, Value::UNBOUND)
    }

    fn reserve(&mut self, more: usize) {
        if (self.fill + more) * 5 >= self.mask() * 3 {
            self.resize((self.used + more) * 2);
        }
    }
}

/// Where a lookup ended.
enum Probe {
    Found(usize),
    Absent(usize),
    /// Same hash, other object: the keys must be compared by Python's rules.
    Compare(usize, Value),
}

/// A set.
pub struct Set {
    table: UnsafeCell<Table>,
    /// Counts insertions, deletions and rebuilds.
    changes: Cell<u64>,
    /// A frozenset's hash, -1 where it was not computed yet.
    pub hash: Cell<i64>,
}

crate::payload!(Set, "set", |set, visit| set.table().entries.iter().for_each(|e| visit(&e.key)), |set| set
    .clear());

impl Set {
    /// The payload, for instances of subclasses.
    pub fn payload() -> Set {
        Set { table: UnsafeCell::new(Table::EMPTY), changes: Cell::new(0), hash: Cell::new(-1) }
    }

    /// An empty set.
    pub fn new() -> Ref<Set> {
        Ref::new(Set::payload(), &interp::current().types().set)
    }

    /// A frozenset of these elements.
    pub fn frozen(vm: &mut Vm, items: Vec<Value>) -> PyResult<Ref<Set>> {
        let set = Ref::new(Set::payload(), &interp::current().types().frozenset);
        for item in items {
            set.add(vm, item)?;
        }
        Ok(set)
    }

    #[inline(always)]
    fn table(&self) -> &Table {
        // SAFETY: no method of this type runs foreign code while it holds a reference to the table.
        unsafe { &*self.table.get() }
    }

    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the table is a cell; see the module's documentation")]
    fn table_mut(&self) -> &mut Table {
        self.changes.set(self.changes.get() + 1);
        // SAFETY: as for `table`; and the lock keeps other threads out.
        unsafe { &mut *self.table.get() }
    }

    /// The number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.table().used
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of slots of the table, for `__sizeof__`.
    pub fn capacity(&self) -> usize {
        self.table().mask() + 1
    }

    /// The place of a key, or where it belongs.
    fn find(&self, vm: &mut Vm, key: &Value, hash: i64) -> PyResult<Result<usize, usize>> {
        'restart: loop {
            let mut compared = 0;
            loop {
                match self.table().probe(key, hash, compared) {
                    Probe::Found(at) => return Ok(Ok(at)),
                    Probe::Absent(at) => return Ok(Err(at)),
                    Probe::Compare(at, candidate) => {
                        let before = self.changes.get();
                        let equal = vm.equals(&candidate, key)?;
                        if self.changes.get() != before {
                            continue 'restart;
                        }
                        if equal {
                            return Ok(Ok(at));
                        }
                        compared += 1;
                    }
                }
            }
        }
    }

    /// Adds an element; one that is equal stays.
    #[inline]
    pub fn add(&self, vm: &mut Vm, item: Value) -> PyResult<()> {
        let hash = vm.hash(&item)?;
        self.add_hashed(vm, item, hash).map(drop)
    }

    /// Adds an element whose hash is known; whether it was not there.
    pub fn add_hashed(&self, vm: &mut Vm, item: Value, hash: i64) -> PyResult<bool> {
        match self.find(vm, &item, hash)? {
            Ok(_) => Ok(false),
            Err(at) => {
                self.table_mut().insert(at, item, hash);
                Ok(true)
            }
        }
    }

    /// Whether an element is there.
    #[inline]
    pub fn contains(&self, vm: &mut Vm, item: &Value) -> PyResult<bool> {
        let hash = vm.hash(item)?;
        self.contains_hashed(vm, item, hash)
    }

    /// Whether an element whose hash is known is there.
    #[inline]
    pub fn contains_hashed(&self, vm: &mut Vm, item: &Value, hash: i64) -> PyResult<bool> {
        Ok(self.find(vm, item, hash)?.is_ok())
    }

    /// Removes an element whose hash is known; whether it was there.
    pub fn discard_hashed(&self, vm: &mut Vm, item: &Value, hash: i64) -> PyResult<bool> {
        match self.find(vm, item, hash)? {
            Ok(at) => {
                drop(self.table_mut().remove(at));
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }

    /// Takes some element out.
    pub fn pop(&self) -> Option<Value> {
        if self.is_empty() {
            return None;
        }
        let table = self.table_mut();
        let mask = table.mask();
        let start = table.finger & mask;
        let at = (0..=mask).map(|i| (start + i) & mask).find(|i| table.entries[*i].is_active())?;
        let key = table.remove(at);
        table.finger = at + 1;
        Some(key)
    }

    /// Removes everything.
    pub fn clear(&self) {
        let old = std::mem::replace(self.table_mut(), Table::EMPTY);
        drop(old);
    }

    /// Makes room for so many more elements.
    pub fn reserve(&self, more: usize) {
        self.table_mut().reserve(more);
    }

    /// Rebuilds the table if removed elements take up much of it.
    pub fn tidy(&self) {
        let table = self.table_mut();
        if table.fill - table.used > table.mask() / 4 {
            table.grow();
        }
    }

    /// Adds all elements of another set.
    pub fn merge(&self, vm: &mut Vm, other: &Set) -> PyResult<()> {
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        self.reserve(other.len());
        if self.table().fill == 0 {
            let source = other.table();
            let table = self.table_mut();
            let copy = |e: &Entry| Entry { hash: e.hash, key: e.key.clone() };
            if table.entries.is_empty() {
                table.entries.resize_with(MIN_SIZE, || Entry::EMPTY);
            }
            if table.entries.len() == source.entries.len() && source.fill == source.used {
                table.entries = source.entries.iter().map(copy).collect();
            } else {
                for entry in source.entries.iter().filter(|e| e.is_active()) {
                    Table::insert_clean(&mut table.entries, copy(entry));
                }
            }
            table.used = source.used;
            table.fill = source.used;
            return Ok(());
        }
        let mut position = 0;
        while let Some((next, key, hash)) = other.next_element(position) {
            self.add_hashed(vm, key, hash)?;
            position = next;
        }
        Ok(())
    }

    /// Exchanges the elements of two sets.
    pub fn swap(&self, other: &Set) {
        std::mem::swap(self.table_mut(), other.table_mut());
    }

    /// The first element at or after a position with its hash, and the position after it.
    #[inline]
    pub fn next_element(&self, position: usize) -> Option<(usize, Value, i64)> {
        let rest = self.table().entries.get(position..)?;
        let skip = rest.iter().position(Entry::is_active)?;
        let entry = &rest[skip];
        Some((position + skip + 1, entry.key.clone(), entry.hash))
    }

    /// Copies of all elements.
    pub fn to_vec(&self) -> Vec<Value> {
        self.table().entries.iter().filter(|e| e.is_active()).map(|e| e.key.clone()).collect()
    }

    /// The hashes of all elements.
    pub fn hashes(&self) -> Vec<i64> {
        self.table().entries.iter().filter(|e| e.is_active()).map(|e| e.hash).collect()
    }
}
