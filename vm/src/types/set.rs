//! `set` and `frozenset` objects: the storage, a dictionary without values. Methods are in `types/set_methods`.

use crate::interp;
use crate::object::{Ref, Value};
use crate::types::dict::Dict;
use crate::vm::{PyResult, Vm};
use std::cell::Cell;

/// A set. Elements are the keys of a dictionary, so they keep the order of insertion.
pub struct Set {
    /// The elements, each with the value `None`.
    pub elements: Ref<Dict>,
    /// A frozenset's hash, -1 where it was not computed yet.
    pub hash: Cell<i64>,
}

crate::payload!(Set, "set", |set, visit| visit(set.elements.as_value()), |set| set.elements.clear());

impl Set {
    /// The payload, for instances of subclasses.
    pub fn payload() -> Set {
        Set { elements: Dict::new(), hash: Cell::new(-1) }
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

    /// Adds an element.
    pub fn add(&self, vm: &mut Vm, item: Value) -> PyResult<()> {
        // `set_default` keeps the element that was there first, as Python does.
        self.elements.set_default(vm, item, Value::NONE).map(drop)
    }

    /// Whether an element is there.
    pub fn contains(&self, vm: &mut Vm, item: &Value) -> PyResult<bool> {
        self.elements.contains(vm, item)
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}
