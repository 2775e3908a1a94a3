//! Iterators over strings: `str_ascii_iterator` and `str_iterator`, which differ in name only.

use crate::object::{Ref, Value};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// An iterator over the characters of a string.
pub struct StrIterator {
    /// `None` once the end was reached.
    string: RefCell<Option<Ref<Str>>>,
    /// The next index.
    index: Cell<usize>,
}

crate::payload!(StrIterator, "str_iterator", |_i, _visit| (), |_i| ());

impl StrIterator {
    /// An iterator from the start.
    pub fn new(string: Ref<Str>) -> Ref<StrIterator> {
        let types = crate::interp::current().types();
        let class = if string.as_ref().as_ascii().is_some() {
            &types.str_ascii_iterator
        } else {
            &types.str_iterator
        };
        Ref::new(StrIterator { string: RefCell::new(Some(string)), index: Cell::new(0) }, class)
    }

    /// The next character.
    #[inline]
    pub fn advance(&self) -> Option<Value> {
        let code = self.string.borrow().as_ref()?.as_ref().get(self.index.get());
        match code {
            Some(code) => {
                self.index.set(self.index.get() + 1);
                Some(Str::from_code_point(code).into())
            }
            None => {
                drop(self.string.take());
                None
            }
        }
    }

    fn remaining(&self) -> usize {
        self.string.borrow().as_ref().map_or(0, |string| string.len().saturating_sub(self.index.get()))
    }
}

/// Iterates over the characters of a string.
#[pymethods(name = "str_iterator")]
impl StrIterator {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(_vm: &mut Vm, this: &Ref<StrIterator>) -> PyResult<Option<Value>> {
        Ok(this.advance())
    }

    /// How many characters are left.
    #[method(name = "__length_hint__", sig = "")]
    fn length_hint(&self) -> usize {
        self.remaining()
    }

    /// What pickling needs.
    #[method(name = "__reduce__", sig = "")]
    fn reduce(vm: &mut Vm, this: &Ref<StrIterator>) -> PyResult {
        let iter = builtin(vm, "iter")?;
        let string = this.string.borrow().clone();
        let items: Vec<Value> = match string {
            Some(string) => vec![iter, Tuple::new([string.into()]).into(), this.index.get().into()],
            None => vec![iter, Tuple::new([vm.interp.empty_str().into()]).into()],
        };
        Ok(Tuple::new(items).into())
    }

    /// Sets the position.
    #[method(name = "__setstate__", sig = "")]
    fn setstate(vm: &mut Vm, this: &Ref<StrIterator>, state: &Value) -> PyResult<()> {
        let index = usize::try_from(vm.to_index(state)?).unwrap_or(0);
        let len = this.string.borrow().as_ref().map(|string| string.len());
        if let Some(len) = len {
            this.index.set(index.min(len));
        }
        Ok(())
    }
}

/// An object of the module `builtins`.
pub(crate) fn builtin(vm: &mut Vm, name: &str) -> PyResult {
    match vm.interp.builtins.get().and_then(|builtins| builtins.get_name(name)) {
        Some(value) => Ok(value),
        None => Err(vm.runtime_error(format!("builtins.{name} is missing"))),
    }
}
