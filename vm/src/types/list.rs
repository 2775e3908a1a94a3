//! `list` objects: the storage. Methods are in `types/list_methods`.

use crate::interp;
use crate::object::{Ref, Value};
use std::cell::UnsafeCell;

/// A list.
///
/// Every method here finishes with the storage before it drops a value that it took out or runs anything
/// else, so Python code (a finaliser, `__eq__`) always finds the list whole.
pub struct List {
    items: UnsafeCell<Vec<Value>>,
}

crate::payload!(List, "list", |list, visit| list.storage().iter().for_each(visit), |list| drop(list.take()));

impl Drop for List {
    fn drop(&mut self) {
        drop_backwards(self.take());
    }
}

/// Drops items from the last one on, as CPython does: finalisers can tell.
pub(crate) fn drop_backwards(mut items: Vec<Value>) {
    while items.pop().is_some() {}
}

impl List {
    /// The payload, for instances of subclasses.
    pub fn payload(items: Vec<Value>) -> List {
        List { items: UnsafeCell::new(items) }
    }

    /// A list.
    #[inline]
    pub fn new(items: Vec<Value>) -> Ref<List> {
        Ref::new(List::payload(items), &interp::current().types().list)
    }

    #[inline(always)]
    fn storage(&self) -> &Vec<Value> {
        // SAFETY: no method of this type runs foreign code while it holds a reference to the storage.
        unsafe { &*self.items.get() }
    }

    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the storage is a cell; see the type's documentation")]
    fn storage_mut(&self) -> &mut Vec<Value> {
        // SAFETY: as for `storage`; and the lock keeps other threads out.
        unsafe { &mut *self.items.get() }
    }

    /// The number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.storage().len()
    }

    /// Whether there are none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.storage().is_empty()
    }

    /// An item.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.storage().get(index).cloned()
    }

    /// Replaces an item and gives the old one back; the new one back where there is no such index.
    #[inline(always)]
    pub fn replace(&self, index: usize, value: Value) -> Result<Value, Value> {
        match self.storage_mut().get_mut(index) {
            Some(slot) => Ok(std::mem::replace(slot, value)),
            None => Err(value),
        }
    }

    /// Appends.
    #[inline(always)]
    pub fn push(&self, value: Value) {
        self.storage_mut().push(value);
    }

    /// Takes the last item off.
    #[inline(always)]
    pub fn pop(&self) -> Option<Value> {
        self.storage_mut().pop()
    }

    /// Inserts before `index`, at most at the end.
    pub fn insert(&self, index: usize, value: Value) {
        let items = self.storage_mut();
        items.insert(index.min(items.len()), value);
    }

    /// Takes an item out.
    pub fn remove(&self, index: usize) -> Option<Value> {
        let items = self.storage_mut();
        (index < items.len()).then(|| items.remove(index))
    }

    /// Replaces a range (cut to the length) and gives what was there back.
    pub fn splice(&self, range: std::ops::Range<usize>, new: Vec<Value>) -> Vec<Value> {
        let items = self.storage_mut();
        let end = range.end.min(items.len());
        let start = range.start.min(end);
        items.splice(start..end, new).collect()
    }

    /// Appends all.
    pub fn extend(&self, values: impl IntoIterator<Item = Value>) {
        // The iterator may run code that reaches this list, so it is drained first.
        let values: Vec<Value> = values.into_iter().collect();
        self.storage_mut().extend(values);
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value> {
        self.storage().clone()
    }

    /// A copy of a range of the items, cut to the length.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Vec<Value> {
        let items = self.storage();
        let end = range.end.min(items.len());
        items[range.start.min(end)..end].to_vec()
    }

    /// Takes all items out.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(self.storage_mut())
    }

    /// Puts all items in place of what is there, which is given back.
    pub fn set(&self, items: Vec<Value>) -> Vec<Value> {
        std::mem::replace(self.storage_mut(), items)
    }

    /// Works on the items in place. `f` must not run Python code nor drop values: it is for reordering and copying.
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        f(self.storage_mut())
    }

    /// Reads the items in place. `f` must not run Python code.
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(&[Value]) -> R) -> R {
        f(self.storage())
    }
}

/// An iterator over a list, which may change meanwhile.
pub struct ListIterator {
    /// `None` once the end was reached.
    pub list: std::cell::RefCell<Option<Ref<List>>>,
    /// The next index.
    pub index: std::cell::Cell<usize>,
}

crate::payload!(
    ListIterator,
    "list_iterator",
    |i, visit| i.list.borrow().iter().for_each(|l| visit(l.as_value())),
    |i| drop(i.list.take())
);

impl ListIterator {
    /// An iterator from the start.
    pub fn new(list: Ref<List>) -> Ref<ListIterator> {
        let iterator =
            ListIterator { list: std::cell::RefCell::new(Some(list)), index: std::cell::Cell::new(0) };
        Ref::new(iterator, &interp::current().types().list_iterator)
    }

    /// The next item.
    #[inline(always)]
    pub fn advance(&self) -> Option<Value> {
        let item = self.list.borrow().as_ref()?.get(self.index.get());
        match &item {
            Some(_) => self.index.set(self.index.get() + 1),
            None => drop(self.list.take()),
        }
        item
    }
}
