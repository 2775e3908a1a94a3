//! Iterators that belong to no one type. Methods are in `types/iterator_methods`.

use crate::interp;
use crate::object::{Ref, Value};
use std::cell::{Cell, RefCell};

/// Iterates by calling `__getitem__` with 0, 1, 2, …
pub struct SequenceIterator {
    /// `None` once the end was reached.
    pub sequence: RefCell<Option<Value>>,
    /// The next index.
    pub index: Cell<i64>,
}

crate::payload!(SequenceIterator, "iterator", |i, visit| i.sequence.borrow().iter().for_each(visit), |i| {
    drop(i.sequence.take())
});

impl SequenceIterator {
    /// An iterator from the start.
    pub fn new(sequence: Value) -> Ref<SequenceIterator> {
        let iterator = SequenceIterator { sequence: RefCell::new(Some(sequence)), index: Cell::new(0) };
        Ref::new(iterator, &interp::current().types().sequence_iterator)
    }
}

/// `iter(callable, sentinel)`
pub struct CallableIterator {
    /// The callable and the sentinel; `None` once the end was reached.
    pub parts: RefCell<Option<(Value, Value)>>,
}

crate::payload!(
    CallableIterator,
    "callable_iterator",
    |i, visit| if let Some((callable, sentinel)) = &*i.parts.borrow() {
        visit(callable);
        visit(sentinel);
    },
    |i| drop(i.parts.take())
);
