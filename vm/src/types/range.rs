//! `range` objects and their iterators: the storage. Methods are in `types/range_methods`.

use crate::interp;
use crate::object::{Ref, Value};
use std::cell::Cell;

/// A range. The values are integers of any size.
pub struct Range {
    /// `start`
    pub start: Value,
    /// `stop`
    pub stop: Value,
    /// `step`, never 0
    pub step: Value,
    /// The number of items.
    pub length: Value,
}

crate::payload!(Range, "range");

/// An iterator over a range of machine integers; longer ranges have an iterator of their own.
pub struct RangeIterator {
    /// The next item.
    pub next: Cell<i64>,
    /// The distance between items.
    pub step: i64,
    /// Items left.
    pub left: Cell<u64>,
}

crate::payload!(RangeIterator, "range_iterator");

impl RangeIterator {
    /// An iterator.
    pub fn new(start: i64, step: i64, length: u64) -> Ref<RangeIterator> {
        let iterator = RangeIterator { next: Cell::new(start), step, left: Cell::new(length) };
        Ref::new(iterator, &interp::current().types().range_iterator)
    }

    /// The next item.
    #[inline(always)]
    pub fn advance(&self) -> Option<Value> {
        let left = self.left.get();
        if left == 0 {
            return None;
        }
        self.left.set(left - 1);
        let item = self.next.get();
        self.next.set(item.wrapping_add(self.step));
        Some(Value::int(item))
    }
}
