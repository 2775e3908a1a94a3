//! Methods of the iterators that belong to no one type, and the built-in classes that make iterators.

pub mod enumerate;
pub mod map_filter;
pub mod reversed;
pub mod zip;

use crate::object::{Ref, Value};
use crate::types::container_support as support;
use crate::types::iterators::{CallableIterator, SequenceIterator};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;

/// Whether an exception ends the iteration of a sequence by index.
pub(crate) fn ends_sequence(vm: &Vm, raised: &Raised) -> bool {
    let exceptions = &vm.types().exceptions;
    raised.is(&exceptions.index_error) || raised.is(&exceptions.stop_iteration)
}

#[pymethods(name = "iterator")]
impl SequenceIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<SequenceIterator>) -> PyResult<Option<Value>> {
        let Some(sequence) = this.sequence.borrow().clone() else { return Ok(None) };
        let index = this.index.get();
        if index == i64::MAX {
            return Err(vm.overflow_error("iter index too large"));
        }
        match vm.get_item(&sequence, &Value::int(index)) {
            Ok(item) => {
                this.index.set(index + 1);
                Ok(Some(item))
            }
            Err(raised) if ends_sequence(vm, &raised) => {
                let spent = this.sequence.take();
                drop(spent);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(vm: &mut Vm, this: &Ref<SequenceIterator>) -> PyResult {
        let Some(sequence) = this.sequence.borrow().clone() else { return Ok(Value::int(0)) };
        if sequence.class().slots.len.get().is_none() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let len = vm.length(&sequence)? as i64;
        Ok(Value::int((len - this.index.get()).max(0)))
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<SequenceIterator>) -> PyResult {
        let sequence = this.sequence.borrow().clone();
        match sequence {
            Some(sequence) => {
                let index = Value::int(this.index.get());
                support::reduce_iterator(vm, "iter", sequence, Some(index))
            }
            None => {
                let empty = vm.names().empty_tuple.clone();
                support::reduce_spent(vm, empty.into())
            }
        }
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<SequenceIterator>, state: &Value) -> PyResult<()> {
        let index = vm.to_index(state)?;
        if this.sequence.borrow().is_some() {
            this.index.set(index.max(0));
        }
        Ok(())
    }
}

impl CallableIterator {
    /// `iter(callable, sentinel)`
    pub fn make(vm: &Vm, callable: Value, sentinel: Value) -> Value {
        let iterator = CallableIterator { parts: std::cell::RefCell::new(Some((callable, sentinel))) };
        Ref::new(iterator, &vm.types().callable_iterator).into()
    }
}

#[pymethods(name = "callable_iterator")]
impl CallableIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<CallableIterator>) -> PyResult<Option<Value>> {
        let Some((callable, sentinel)) = this.parts.borrow().clone() else { return Ok(None) };
        let result = vm.call(&callable, &[]);
        let ended = match &result {
            // The call itself may have ended the iteration.
            Ok(_) if this.parts.borrow().is_none() => return Ok(None),
            Ok(value) => vm.equals(&sentinel, value)?,
            Err(raised) => raised.is(&vm.types().exceptions.stop_iteration),
        };
        if ended {
            let spent = this.parts.take();
            drop(spent);
            return Ok(None);
        }
        result.map(Some)
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<CallableIterator>) -> PyResult {
        let parts = this.parts.borrow().clone();
        match parts {
            Some((callable, sentinel)) => {
                let iter = support::builtin(vm, "iter")?;
                Ok(Tuple::new([iter, Tuple::new([callable, sentinel]).into()]).into())
            }
            None => {
                let empty = vm.names().empty_tuple.clone();
                support::reduce_spent(vm, empty.into())
            }
        }
    }
}
