//! `bytearray` objects: the storage. Methods are in `types/bytearray_methods`.

use crate::interp;
use crate::object::{Ref, Value};
use crate::types::buffer::{Buffer, Memory};
use crate::vm::{PyResult, Vm};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A bytearray.
pub struct ByteArray {
    data: RefCell<Vec<u8>>,
    exports: Cell<usize>,
}

crate::payload!(ByteArray, "bytearray");

impl ByteArray {
    /// The payload, for instances of subclasses.
    pub fn payload(data: Vec<u8>) -> ByteArray {
        ByteArray { data: RefCell::new(data), exports: Cell::new(0) }
    }

    /// A bytearray.
    pub fn new(data: Vec<u8>) -> Ref<ByteArray> {
        Ref::new(ByteArray::payload(data), &interp::current().types().bytearray)
    }

    /// Reads the bytes. `f` must not run Python code.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(&self.data.borrow())
    }

    /// Writes the bytes without changing their number. `f` must not run Python code.
    #[inline]
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        f(&mut self.data.borrow_mut())
    }

    /// The number of bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.data.borrow().len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes the bytes and perhaps their number, which is refused while they are lent.
    pub fn resize<R>(&self, vm: &mut Vm, f: impl FnOnce(&mut Vec<u8>) -> R) -> PyResult<R> {
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("Existing exports of data: object cannot be re-sized"));
        }
        Ok(f(&mut self.data.borrow_mut()))
    }

    /// The bytes the vector has room for.
    pub fn capacity(&self) -> usize {
        self.data.borrow().capacity()
    }
}

/// The memory of a bytearray, which stays in place until this is dropped.
struct Export(Ref<ByteArray>);

impl Drop for Export {
    fn drop(&mut self) {
        self.0.exports.set(self.0.exports.get().saturating_sub(1));
    }
}

impl Memory for Export {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn read(&self, f: &mut dyn FnMut(&[u8])) {
        f(&self.0.data.borrow());
    }
    fn write(&self, f: &mut dyn FnMut(&mut [u8])) -> bool {
        f(&mut self.0.data.borrow_mut());
        true
    }
}

/// Lends the memory of a bytearray.
pub fn bytearray_buffer(array: &Ref<ByteArray>) -> Buffer {
    array.exports.set(array.exports.get() + 1);
    Buffer::simple(Value::from(array), Rc::new(Export(array.clone())), false)
}
