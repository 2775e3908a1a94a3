//! The iterator of sets.

use crate::object::{Ref, Value};
use crate::types::container_support as support;
use crate::types::list::List;
use crate::types::set::Set;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// Walks a set, whose size must not change meanwhile.
pub struct SetIterator {
    set: RefCell<Option<Ref<Set>>>,
    /// The size at the start; `None` once it was found to have changed.
    size: Cell<Option<usize>>,
    position: Cell<usize>,
    left: Cell<usize>,
}

crate::payload!(
    SetIterator,
    "set_iterator",
    |i, visit| i.set.borrow().iter().for_each(|s| visit(s.as_value())),
    |i| drop(i.set.take())
);

impl SetIterator {
    /// An iterator from the start.
    pub fn make(vm: &mut Vm, set: &Ref<Set>) -> PyResult {
        let iterator = SetIterator {
            set: RefCell::new(Some(set.clone())),
            size: Cell::new(Some(set.len())),
            position: Cell::new(0),
            left: Cell::new(set.len()),
        };
        Ok(Ref::new(iterator, &vm.types().set_iterator).into())
    }
}

#[pymethods(name = "set_iterator")]
impl SetIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<SetIterator>) -> PyResult<Option<Value>> {
        let Some(set) = this.set.borrow().clone() else { return Ok(None) };
        if this.size.get() != Some(set.len()) {
            this.size.set(None);
            return Err(vm.runtime_error("Set changed size during iteration"));
        }
        match set.next_element(this.position.get()) {
            Some((position, key, _)) => {
                this.position.set(position);
                this.left.set(this.left.get().saturating_sub(1));
                Ok(Some(key))
            }
            None => {
                let spent = this.set.take();
                drop(spent);
                Ok(None)
            }
        }
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(this: &Ref<SetIterator>) -> usize {
        let set = this.set.borrow();
        match &*set {
            Some(set) if this.size.get() == Some(set.len()) => this.left.get(),
            _ => 0,
        }
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<SetIterator>) -> PyResult {
        let set = this.set.borrow().clone();
        let mut items = Vec::new();
        if let Some(set) = set {
            if this.size.get() != Some(set.len()) {
                return Err(vm.runtime_error("Set changed size during iteration"));
            }
            let mut position = this.position.get();
            while let Some((next, key, _)) = set.next_element(position) {
                items.push(key);
                position = next;
            }
        }
        support::reduce_iterator(vm, "iter", List::new(items).into(), None)
    }
}
