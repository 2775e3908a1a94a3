//! `bytes_iterator` and `bytearray_iterator`.

use crate::object::{Class, Ref, Value};
use crate::types::bytearray::ByteArray;
use crate::types::bytes::Bytes;
use crate::types::str_methods::builtin;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// An iterator over the bytes of a bytes object or a bytearray.
pub struct BytesIterator {
    /// `None` once the end was reached.
    object: RefCell<Option<Value>>,
    /// The next index.
    index: Cell<usize>,
}

crate::payload!(BytesIterator, "bytes_iterator", |i, visit| i.object.borrow().iter().for_each(visit), |i| {
    drop(i.object.take())
});

fn byte_at(object: &Value, index: usize) -> Option<u8> {
    match object.downcast_ref::<Bytes>() {
        Some(bytes) => bytes.as_slice().get(index).copied(),
        None => object.downcast_ref::<ByteArray>()?.with(|bytes| bytes.get(index).copied()),
    }
}

fn len_of(object: &Value) -> usize {
    match object.downcast_ref::<Bytes>() {
        Some(bytes) => bytes.as_slice().len(),
        None => object.downcast_ref::<ByteArray>().map_or(0, |array| array.len()),
    }
}

impl BytesIterator {
    /// An iterator from the start.
    pub fn new(object: Value, class: &Ref<Class>) -> Ref<BytesIterator> {
        Ref::new(BytesIterator { object: RefCell::new(Some(object)), index: Cell::new(0) }, class)
    }

    /// The next byte.
    #[inline]
    pub fn advance(&self) -> Option<Value> {
        let byte = byte_at(self.object.borrow().as_ref()?, self.index.get());
        match byte {
            Some(byte) => {
                self.index.set(self.index.get() + 1);
                Some(Value::int(i64::from(byte)))
            }
            None => {
                let old = self.object.take();
                drop(old);
                None
            }
        }
    }
}

/// Iterates over bytes.
#[pymethods(name = "bytes_iterator")]
impl BytesIterator {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(_vm: &mut Vm, this: &Ref<BytesIterator>) -> PyResult<Option<Value>> {
        Ok(this.advance())
    }

    /// How many bytes are left.
    #[method(name = "__length_hint__", sig = "")]
    fn length_hint(&self) -> usize {
        self.object.borrow().as_ref().map_or(0, |object| len_of(object).saturating_sub(self.index.get()))
    }

    /// What pickling needs.
    #[method(name = "__reduce__", sig = "")]
    fn reduce(vm: &mut Vm, this: &Ref<BytesIterator>) -> PyResult {
        let iter = builtin(vm, "iter")?;
        let object = this.object.borrow().clone();
        let items: Vec<Value> = match object {
            Some(object) => vec![iter, Tuple::new([object]).into(), this.index.get().into()],
            None => vec![iter, Tuple::new([vm.names().empty_tuple.as_value().clone()]).into()],
        };
        Ok(Tuple::new(items).into())
    }

    /// Sets the position.
    #[method(name = "__setstate__", sig = "")]
    fn setstate(vm: &mut Vm, this: &Ref<BytesIterator>, state: &Value) -> PyResult<()> {
        let index = usize::try_from(vm.to_index(state)?).unwrap_or(0);
        let len = this.object.borrow().as_ref().map(len_of);
        if let Some(len) = len {
            this.index.set(index.min(len));
        }
        Ok(())
    }
}
