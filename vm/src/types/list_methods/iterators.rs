//! The iterators of `list`, forwards and backwards.

use crate::object::{Ref, Value};
use crate::types::container_support as support;
use crate::types::list::{List, ListIterator};
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

#[pymethods(name = "list_iterator")]
impl ListIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<ListIterator>) -> PyResult<Option<Value>> {
        Ok(this.advance())
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(this: &Ref<ListIterator>) -> usize {
        let list = this.list.borrow();
        list.as_ref().map_or(0, |l| l.len().saturating_sub(this.index.get()))
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<ListIterator>) -> PyResult {
        let list = this.list.borrow().clone();
        match list {
            Some(list) => {
                let index = this.index.get().into();
                support::reduce_iterator(vm, "iter", list.into(), Some(index))
            }
            None => support::reduce_spent(vm, List::new(Vec::new()).into()),
        }
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<ListIterator>, state: &Value) -> PyResult<()> {
        let index = vm.to_index(state)?;
        if let Some(list) = this.list.borrow().as_ref() {
            this.index.set(usize::try_from(index).unwrap_or(0).min(list.len()));
        }
        Ok(())
    }
}

/// `reversed(list)`
pub struct ListReverseIterator {
    list: RefCell<Option<Ref<List>>>,
    /// One past the next index.
    end: Cell<usize>,
}

crate::payload!(
    ListReverseIterator,
    "list_reverseiterator",
    |i, visit| i.list.borrow().iter().for_each(|l| visit(l.as_value())),
    |i| drop(i.list.take())
);

impl ListReverseIterator {
    /// An iterator from the end.
    pub fn make(vm: &mut Vm, list: Ref<List>) -> PyResult {
        let class = crate::types::init::class_of::<ListReverseIterator>(vm)?;
        let end = Cell::new(list.len());
        Ok(Ref::new(ListReverseIterator { list: RefCell::new(Some(list)), end }, &class).into())
    }
}

#[pymethods(name = "list_reverseiterator", flags = crate::object::class::flag::NO_INSTANTIATION)]
impl ListReverseIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<ListReverseIterator>) -> PyResult<Option<Value>> {
        let index = this.end.get().checked_sub(1);
        let item = index.and_then(|i| this.list.borrow().as_ref().and_then(|list| list.get(i)));
        match (index, &item) {
            (Some(index), Some(_)) => this.end.set(index),
            _ => {
                this.end.set(0);
                let spent = this.list.take();
                drop(spent);
            }
        }
        Ok(item)
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(this: &Ref<ListReverseIterator>) -> usize {
        let len = this.list.borrow().as_ref().map_or(0, |l| l.len());
        if this.end.get() > len { 0 } else { this.end.get() }
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<ListReverseIterator>) -> PyResult {
        let list = this.list.borrow().clone();
        match list {
            Some(list) => {
                let state = Value::int(this.end.get() as i64 - 1);
                support::reduce_iterator(vm, "reversed", list.into(), Some(state))
            }
            None => support::reduce_spent(vm, List::new(Vec::new()).into()),
        }
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<ListReverseIterator>, state: &Value) -> PyResult<()> {
        let index = vm.to_index(state)?;
        if let Some(list) = this.list.borrow().as_ref() {
            let end = usize::try_from(index.saturating_add(1)).unwrap_or(0);
            this.end.set(end.min(list.len()));
        }
        Ok(())
    }
}
