//! `PickleBuffer`: memory that may be left out of a pickle.

use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref};
use pvm_vm::types::buffer::Buffer;
use pvm_vm::types::memoryview::MemoryView;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::borrow::Cow;
use std::cell::RefCell;

/// A buffer of another object, until it is released.
pub struct PickleBuffer(RefCell<Option<Buffer>>);

pvm_vm::payload!(
    PickleBuffer,
    "pickle.PickleBuffer",
    |b, visit| b.0.borrow().iter().for_each(|buffer| visit(&buffer.owner)),
    |b| drop(b.0.take())
);

impl PickleBuffer {
    /// The buffer.
    pub fn view(&self, vm: &mut Vm) -> PyResult<Buffer> {
        let view = self.0.borrow().clone();
        view.ok_or_else(|| vm.value_error("operation forbidden on released PickleBuffer object"))
    }
}

/// The bytes of a contiguous buffer in the order of the memory.
pub fn raw_bytes(view: &Buffer) -> Vec<u8> {
    flat(view.clone()).to_vec()
}

/// A contiguous buffer as one dimension of unsigned bytes.
fn flat(view: Buffer) -> Buffer {
    let len = view.byte_len();
    Buffer {
        format: Cow::Borrowed("B"),
        item_size: 1,
        shape: [len].into_iter().collect(),
        strides: [1].into_iter().collect(),
        ..view
    }
}

/// Wraps a buffer so that a pickle may leave it out.
#[pymethods(name = "PickleBuffer", module = "pickle", flags = flag::HAS_WEAKREF)]
impl PickleBuffer {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([object], true) = (args.pos(), args.names.is_empty()) else {
            let given = args.values.len();
            return Err(vm.type_error(if args.names.is_empty() {
                format!("PickleBuffer expected 1 argument, got {given}")
            } else {
                "PickleBuffer() takes no keyword arguments".to_owned()
            }));
        };
        let buffer = vm.buffer(object)?;
        Ok(Ref::new(PickleBuffer(RefCell::new(Some(buffer))), class).into())
    }

    #[slot(buffer)]
    fn buffer_slot(vm: &mut Vm, this: &Ref<PickleBuffer>) -> PyResult<Buffer> {
        this.view(vm)
    }

    /// A view of the memory as unsigned bytes, which must lie without gaps.
    #[method(sig = "()")]
    fn raw(vm: &mut Vm, this: &Ref<PickleBuffer>) -> PyResult<Ref<MemoryView>> {
        let view = this.view(vm)?;
        if !view.is_c_contiguous() && !view.is_fortran_contiguous() {
            return Err(vm.buffer_error("cannot extract raw buffer from non-contiguous buffer"));
        }
        Ok(MemoryView::new(flat(view)))
    }

    /// Gives the memory back to its owner.
    #[method(sig = "()")]
    fn release(this: &Ref<PickleBuffer>) {
        let old = this.0.take();
        drop(old);
    }
}
