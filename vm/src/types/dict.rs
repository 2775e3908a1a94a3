//! `dict` objects: a compact hash table in insertion order. Methods are in `types/dict_methods`.
//!
//! Entries lie in a vector in the order of insertion; an open-addressed table of `u32` holds their indices.
//! A deleted entry stays behind as a hole until the table is rebuilt.
//!
//! Comparing keys can run Python code, which can change the dictionary. So a lookup holds no reference to
//! the table while it compares: it copies the candidate out, compares, and starts over when `changes` says that the
//! table is not the same any more.

use crate::interp;
use crate::object::{Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use std::cell::{Cell, UnsafeCell};

const EMPTY: u32 = u32::MAX;
const DELETED: u32 = u32::MAX - 1;

struct Entry {
    hash: u64,
    /// `UNBOUND` in a hole.
    key: Value,
    value: Value,
}

#[derive(Default)]
struct Table {
    indices: Box<[u32]>,
    entries: Vec<Entry>,
    used: usize,
    /// Index slots that are not empty, those of deleted entries included.
    filled: usize,
    /// Holes at the start of the entries, so that a queue of items stays fast.
    head: usize,
}

/// A dictionary.
pub struct Dict {
    table: UnsafeCell<Table>,
    /// Counts insertions, deletions and rebuilds; not replaced values.
    changes: Cell<u64>,
    /// A number that no other set of keys in the process of change ever had, for inline caches; 0 when not given out.
    keys_version: Cell<u32>,
}

crate::payload!(
    Dict,
    "dict",
    |dict, visit| dict.table().entries.iter().for_each(|e| {
        visit(&e.key);
        visit(&e.value);
    }),
    |dict| dict.clear()
);

/// Where a lookup ended.
enum Probe {
    Found(usize),
    Absent,
    /// Same hash, other object: the keys must be compared by Python's rules.
    Compare(usize, Value),
}

impl Table {
    fn capacity_for(entries: usize) -> usize {
        (entries * 3 / 2 + 1).next_power_of_two().max(8)
    }

    #[inline(always)]
    fn slots(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.indices.len() - 1;
        let mut at = hash as usize & mask;
        let mut perturb = hash;
        std::iter::from_fn(move || {
            let slot = at;
            perturb >>= 5;
            at = at.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1) & mask;
            Some(slot)
        })
    }

    /// The entry of a key that compares by identity or, for strings, by text.
    #[inline]
    fn find_str(&self, key: &Ref<Str>, hash: u64) -> Option<usize> {
        if self.indices.is_empty() {
            return None;
        }
        for slot in self.slots(hash) {
            match self.indices[slot] {
                EMPTY => return None,
                DELETED => {}
                index => {
                    let entry = &self.entries[index as usize];
                    if entry.key.is(key.as_value()) {
                        return Some(index as usize);
                    }
                    if entry.hash == hash
                        && let Some(text) = entry.key.downcast_ref::<Str>()
                        && text.class().is(&interp::current().types().str)
                        && text.equals(key)
                    {
                        return Some(index as usize);
                    }
                }
            }
        }
        None
    }

    /// One step of a general lookup, past the first `skip` candidates that had to be compared.
    #[inline]
    fn probe(&self, key: &Value, hash: u64, mut skip: usize) -> Probe {
        if self.indices.is_empty() {
            return Probe::Absent;
        }
        for slot in self.slots(hash) {
            match self.indices[slot] {
                EMPTY => return Probe::Absent,
                DELETED => {}
                index => {
                    let entry = &self.entries[index as usize];
                    if entry.key.is(key) {
                        return Probe::Found(index as usize);
                    }
                    if entry.hash == hash {
                        match plain_equal(&entry.key, key) {
                            Some(true) => return Probe::Found(index as usize),
                            Some(false) => {}
                            None if skip > 0 => skip -= 1,
                            None => return Probe::Compare(index as usize, entry.key.clone()),
                        }
                    }
                }
            }
        }
        Probe::Absent
    }

    fn rebuild(&mut self, capacity: usize) {
        self.entries.retain(|e| !e.key.is_unbound());
        let mut indices = vec![EMPTY; capacity].into_boxed_slice();
        std::mem::swap(&mut self.indices, &mut indices);
        for (i, entry) in self.entries.iter().enumerate() {
            for slot in self.slots(entry.hash) {
                if self.indices[slot] == EMPTY {
                    self.indices[slot] = i as u32;
                    break;
                }
            }
        }
        self.filled = self.entries.len();
        self.head = 0;
    }

    /// Appends a key that is not there.
    fn insert_new(&mut self, key: Value, hash: u64, value: Value) {
        if (self.entries.len().max(self.filled) + 1) * 3 > self.indices.len() * 2 {
            let capacity =
                Table::capacity_for((self.used + 1) * if self.used > 50_000 { 2 } else { 3 } / 2 + 3);
            self.rebuild(capacity);
        }
        for slot in self.slots(hash) {
            if self.indices[slot] >= DELETED {
                self.filled += usize::from(self.indices[slot] == EMPTY);
                self.indices[slot] = self.entries.len() as u32;
                break;
            }
        }
        self.entries.push(Entry { hash, key, value });
        self.used += 1;
    }

    /// Takes holes at the end off, so that a stack of items (`popitem`) stays fast.
    fn trim(&mut self) {
        while self.entries.last().is_some_and(|e| e.key.is_unbound()) {
            self.entries.pop();
        }
        self.head = self.head.min(self.entries.len());
    }

    fn remove(&mut self, index: usize) -> (Value, Value) {
        let hash = self.entries[index].hash;
        for slot in self.slots(hash) {
            if self.indices[slot] == index as u32 {
                self.indices[slot] = DELETED;
                break;
            }
        }
        self.used -= 1;
        let entry = &mut self.entries[index];
        let pair = (
            std::mem::replace(&mut entry.key, Value::UNBOUND),
            std::mem::replace(&mut entry.value, Value::UNBOUND),
        );
        while self.entries.get(self.head).is_some_and(|e| e.key.is_unbound()) {
            self.head += 1;
        }
        pair
    }
}

/// Equality of keys that needs no Python code; `None` where it might.
#[inline]
pub(crate) fn plain_equal(a: &Value, b: &Value) -> Option<bool> {
    let types = interp::current().types();
    if let (Some(x), Some(y)) = (a.downcast_ref::<Str>(), b.downcast_ref::<Str>())
        && x.class().is(&types.str)
        && y.class().is(&types.str)
    {
        return Some(x.equals(y));
    }
    if let Some((x, y)) = a.both_small_ints(b) {
        return Some(x == y);
    }
    None
}

impl Dict {
    /// The payload, for instances of subclasses.
    pub fn payload() -> Dict {
        Dict { table: UnsafeCell::default(), changes: Cell::new(0), keys_version: Cell::new(0) }
    }

    /// An empty dictionary.
    pub fn new() -> Ref<Dict> {
        Ref::new(Dict::payload(), &interp::current().types().dict)
    }

    #[inline(always)]
    fn table(&self) -> &Table {
        // SAFETY: no method of this type runs foreign code while it holds a reference to the table.
        unsafe { &*self.table.get() }
    }

    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the table is a cell; see the module's documentation")]
    fn table_mut(&self) -> &mut Table {
        // SAFETY: as for `table`; and the lock keeps other threads out.
        unsafe { &mut *self.table.get() }
    }

    #[inline(always)]
    fn keys_changed(&self) {
        self.changes.set(self.changes.get() + 1);
        self.keys_version.set(0);
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.table().used
    }

    /// Whether there are none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts changes of the set of keys, so that iterators notice them.
    pub fn changes(&self) -> u64 {
        self.changes.get()
    }

    // --- string keys: no Python code runs ---

    /// The value of a string key.
    #[inline]
    pub fn get_str(&self, key: &Ref<Str>) -> Option<Value> {
        let table = self.table();
        table.find_str(key, key.hash() as u64).map(|i| table.entries[i].value.clone())
    }

    /// The value of a string key.
    pub fn get_name(&self, key: &str) -> Option<Value> {
        self.get_str(&Str::from_str(key))
    }

    /// Sets the value of a string key (of class `str` itself) and gives the old value back.
    pub fn replace_str(&self, key: &Ref<Str>, value: Value) -> Option<Value> {
        let hash = key.hash() as u64;
        let table = self.table_mut();
        match table.find_str(key, hash) {
            Some(i) => Some(std::mem::replace(&mut table.entries[i].value, value)),
            None => {
                self.keys_changed();
                table.insert_new(key.into(), hash, value);
                None
            }
        }
    }

    /// Sets the value of a string key.
    pub fn set_str(&self, key: &Ref<Str>, value: Value) {
        drop(self.replace_str(key, value));
    }

    /// Sets the value of a string key, which gets interned.
    pub fn set_name(&self, key: &str, value: impl Into<Value>) {
        self.set_str(&interp::current().intern(key), value.into());
    }

    /// Removes a string key; its value, if it was there.
    pub fn remove_str(&self, key: &Ref<Str>) -> Option<Value> {
        let table = self.table_mut();
        let index = table.find_str(key, key.hash() as u64)?;
        self.keys_changed();
        let (key, value) = table.remove(index);
        drop(key);
        Some(value)
    }

    // --- inline caches ---

    /// A number that guards the positions of this dictionary's keys: while it stays the same, so do they.
    pub(crate) fn keys_version(&self) -> u32 {
        if self.keys_version.get() == 0 {
            self.keys_version.set(interp::current().next_guard_id());
        }
        self.keys_version.get()
    }

    /// The number that [`Dict::keys_version`] gave out, or 0 where the keys have changed since.
    #[inline(always)]
    pub(crate) fn current_keys_version(&self) -> u32 {
        self.keys_version.get()
    }

    /// The position of a string key.
    pub(crate) fn position_str(&self, key: &Ref<Str>) -> Option<usize> {
        self.table().find_str(key, key.hash() as u64)
    }

    /// The value at a position that a matching [`Dict::keys_version`] guards.
    #[inline(always)]
    pub(crate) fn value_at(&self, position: usize) -> Option<&Value> {
        self.table().entries.get(position).map(|e| &e.value)
    }

    // --- any keys ---

    fn find(&self, vm: &mut Vm, key: &Value, hash: u64) -> PyResult<Option<usize>> {
        'restart: loop {
            let mut compared = 0;
            loop {
                match self.table().probe(key, hash, compared) {
                    Probe::Found(i) => return Ok(Some(i)),
                    Probe::Absent => return Ok(None),
                    Probe::Compare(i, candidate) => {
                        let before = self.changes.get();
                        let equal = vm.equals(&candidate, key)?;
                        if self.changes.get() != before {
                            continue 'restart;
                        }
                        if equal {
                            return Ok(Some(i));
                        }
                        compared += 1;
                    }
                }
            }
        }
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, vm: &mut Vm, key: &Value) -> PyResult<Option<Value>> {
        let hash = vm.hash(key)?;
        self.get_hashed(vm, key, hash)
    }

    /// The value of a key whose hash is known.
    #[inline]
    pub fn get_hashed(&self, vm: &mut Vm, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        let found = self.find(vm, key, hash as u64)?;
        Ok(found.map(|i| self.table().entries[i].value.clone()))
    }

    /// Whether a key is there.
    pub fn contains(&self, vm: &mut Vm, key: &Value) -> PyResult<bool> {
        let hash = vm.hash(key)?;
        Ok(self.find(vm, key, hash as u64)?.is_some())
    }

    /// Sets the value of a key.
    #[inline]
    pub fn set(&self, vm: &mut Vm, key: Value, value: Value) -> PyResult<()> {
        let hash = vm.hash(&key)?;
        self.set_hashed(vm, key, hash, value)
    }

    /// Sets the value of a key whose hash is known.
    pub fn set_hashed(&self, vm: &mut Vm, key: Value, hash: i64, value: Value) -> PyResult<()> {
        match self.find(vm, &key, hash as u64)? {
            Some(i) => drop(std::mem::replace(&mut self.table_mut().entries[i].value, value)),
            None => {
                self.keys_changed();
                self.table_mut().insert_new(key, hash as u64, value);
            }
        }
        Ok(())
    }

    /// The value of a key, which gets `default` where it was not there.
    pub fn set_default(&self, vm: &mut Vm, key: Value, default: Value) -> PyResult<Value> {
        let hash = vm.hash(&key)?;
        if let Some(i) = self.find(vm, &key, hash as u64)? {
            return Ok(self.table().entries[i].value.clone());
        }
        self.keys_changed();
        self.table_mut().insert_new(key, hash as u64, default.clone());
        Ok(default)
    }

    /// Removes a key; its value, if it was there.
    pub fn remove(&self, vm: &mut Vm, key: &Value) -> PyResult<Option<Value>> {
        let hash = vm.hash(key)?;
        self.remove_hashed(vm, key, hash)
    }

    /// Removes a key whose hash is known; its value, if it was there.
    pub fn remove_hashed(&self, vm: &mut Vm, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        let Some(index) = self.find(vm, key, hash as u64)? else { return Ok(None) };
        self.keys_changed();
        let (key, value) = self.table_mut().remove(index);
        drop(key);
        Ok(Some(value))
    }

    /// Takes the newest item out.
    pub fn pop_last(&self) -> Option<(Value, Value)> {
        let table = self.table_mut();
        table.trim();
        let index = table.entries.len().checked_sub(1)?;
        self.keys_changed();
        let pair = table.remove(index);
        table.trim();
        Some(pair)
    }

    /// Takes the oldest item out.
    pub fn pop_first(&self) -> Option<(Value, Value)> {
        let (next, _, _) = self.next_item(0)?;
        self.keys_changed();
        Some(self.table_mut().remove(next - 1))
    }

    /// Makes a key the first or the last; whether it is there.
    pub fn move_to_end(&self, vm: &mut Vm, key: &Value, last: bool) -> PyResult<bool> {
        let hash = vm.hash(key)?;
        let Some(index) = self.find(vm, key, hash as u64)? else { return Ok(false) };
        self.keys_changed();
        let table = self.table_mut();
        let (key, value) = table.remove(index);
        if last {
            table.insert_new(key, hash as u64, value);
        } else {
            table.entries.insert(0, Entry { hash: hash as u64, key, value });
            table.used += 1;
            table.rebuild(Table::capacity_for(table.entries.len()).max(table.indices.len()));
        }
        Ok(true)
    }

    /// Removes everything.
    pub fn clear(&self) {
        self.keys_changed();
        let old = std::mem::take(self.table_mut());
        drop(old);
    }

    // --- iteration ---

    /// The first key at or after a position, and the position after it.
    #[inline]
    pub fn next_key(&self, position: usize) -> Option<(usize, Value)> {
        self.next_entry(position).map(|(next, entry)| (next, entry.key.clone()))
    }

    /// The first value at or after a position, and the position after it.
    #[inline]
    pub fn next_value(&self, position: usize) -> Option<(usize, Value)> {
        self.next_entry(position).map(|(next, entry)| (next, entry.value.clone()))
    }

    #[inline(always)]
    fn next_entry(&self, position: usize) -> Option<(usize, &Entry)> {
        let table = self.table();
        let start = position.max(table.head);
        let found = table.entries.get(start..)?.iter().position(|entry| !entry.key.is_unbound())?;
        Some((start + found + 1, &table.entries[start + found]))
    }

    /// The first item at or after a position, and the position after it. Positions stay valid while
    /// [`Dict::changes`] stays the same.
    #[inline]
    pub fn next_item(&self, position: usize) -> Option<(usize, Value, Value)> {
        self.next_entry(position).map(|(next, entry)| (next, entry.key.clone(), entry.value.clone()))
    }

    /// Like [`Dict::next_item`], with the key's hash.
    pub fn next_item_hashed(&self, position: usize) -> Option<(usize, Value, Value, i64)> {
        let (next, key, value) = self.next_item(position)?;
        Some((next, key, value, self.table().entries[next - 1].hash as i64))
    }

    /// The last item before a position, and its position.
    pub fn previous_item(&self, position: usize) -> Option<(usize, Value, Value)> {
        let entries = &self.table().entries;
        let end = position.min(entries.len());
        let index = entries[..end].iter().rposition(|e| !e.key.is_unbound())?;
        Some((index, entries[index].key.clone(), entries[index].value.clone()))
    }

    /// One past the last position.
    pub fn end_position(&self) -> usize {
        self.table().entries.len()
    }

    /// Copies of all items, in order.
    pub fn items(&self) -> Vec<(Value, Value)> {
        let live = self.table().entries.iter().filter(|e| !e.key.is_unbound());
        live.map(|e| (e.key.clone(), e.value.clone())).collect()
    }

    /// Copies of all keys, in order.
    pub fn keys(&self) -> Vec<Value> {
        let live = self.table().entries.iter().filter(|e| !e.key.is_unbound());
        live.map(|e| e.key.clone()).collect()
    }

    /// A new dictionary with the same items.
    pub fn copy(&self) -> Ref<Dict> {
        let copy = Dict::new();
        self.copy_into(&copy);
        copy
    }

    /// Fills an empty dictionary with the same items.
    pub fn copy_into(&self, target: &Dict) {
        let table = self.table();
        let live = table.entries.iter().filter(|e| !e.key.is_unbound());
        let entries: Vec<Entry> =
            live.map(|e| Entry { hash: e.hash, key: e.key.clone(), value: e.value.clone() }).collect();
        let mut new = Table { used: entries.len(), entries, ..Table::default() };
        if new.used > 0 {
            new.rebuild(Table::capacity_for(new.used));
        }
        target.keys_changed();
        let old = std::mem::replace(target.table_mut(), new);
        drop(old);
    }
}
