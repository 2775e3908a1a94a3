//! `memoryview` objects: the storage. Methods are in `types/memoryview_methods`.

use crate::interp;
use crate::object::{Ref, Value};
use crate::types::buffer::{Buffer, Memory};
use crate::vm::{PyResult, Vm};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A view of another object's memory.
pub struct MemoryView {
    /// `None` once it was released.
    buffer: RefCell<Option<Buffer>>,
    exports: Cell<usize>,
    /// -1 where it was not computed yet.
    pub(crate) hash: Cell<i64>,
}

crate::payload!(
    MemoryView,
    "memoryview",
    |m, visit| m.buffer.borrow().iter().for_each(|buffer| visit(&buffer.owner)),
    |m| drop(m.buffer.take())
);

impl MemoryView {
    /// A view.
    pub fn new(buffer: Buffer) -> Ref<MemoryView> {
        let view =
            MemoryView { buffer: RefCell::new(Some(buffer)), exports: Cell::new(0), hash: Cell::new(-1) };
        Ref::new(view, &interp::current().types().memoryview)
    }

    /// The memory that is viewed, unless it was released.
    pub fn buffer(&self, vm: &mut Vm) -> PyResult<Buffer> {
        let buffer = self.buffer.borrow().clone();
        match buffer {
            Some(buffer) => Ok(buffer),
            None => Err(vm.value_error("operation forbidden on released memoryview object")),
        }
    }

    /// Whether it was released.
    pub fn is_released(&self) -> bool {
        self.buffer.borrow().is_none()
    }

    /// Gives the memory up.
    pub fn give_up(&self, vm: &mut Vm) -> PyResult<()> {
        let exports = self.exports.get();
        if exports > 0 {
            let plural = if exports == 1 { "" } else { "s" };
            return Err(vm.buffer_error(format!("memoryview has {exports} exported buffer{plural}")));
        }
        let old = self.buffer.take();
        drop(old);
        Ok(())
    }
}

/// The memory of a view that lends it on.
struct Export {
    view: Ref<MemoryView>,
    memory: Rc<dyn Memory>,
}

impl Drop for Export {
    fn drop(&mut self) {
        self.view.exports.set(self.view.exports.get().saturating_sub(1));
    }
}

impl Memory for Export {
    fn len(&self) -> usize {
        self.memory.len()
    }
    fn read(&self, f: &mut dyn FnMut(&[u8])) {
        self.memory.read(f);
    }
    fn write(&self, f: &mut dyn FnMut(&mut [u8])) -> bool {
        self.memory.write(f)
    }
}

/// Lends a view's memory on.
pub fn memoryview_buffer(vm: &mut Vm, view: &Ref<MemoryView>) -> PyResult<Buffer> {
    let buffer = view.buffer(vm)?;
    view.exports.set(view.exports.get() + 1);
    let memory = Rc::new(Export { view: view.clone(), memory: buffer.memory.clone() });
    Ok(Buffer { owner: Value::from(view), memory, ..buffer })
}
