//! `array`: sequences of numbers of one machine type.

mod items;
mod methods;

pub use methods::ArrayIterator;

use items::{Kind, TYPECODES};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::buffer::{Buffer, Memory};
use pvm_vm::vm::{PyResult, Vm};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// An array.
pub struct Array {
    kind: Kind,
    data: RefCell<Vec<u8>>,
    exports: Cell<usize>,
}

pvm_vm::payload!(Array, "array.array");

impl Array {
    fn payload(kind: Kind, data: Vec<u8>) -> Array {
        Array { kind, data: RefCell::new(data), exports: Cell::new(0) }
    }

    /// An array of the built-in class.
    fn make(vm: &mut Vm, kind: Kind, data: Vec<u8>) -> PyResult {
        let class = class(vm)?;
        Ok(Ref::new(Array::payload(kind, data), &class).into())
    }

    fn len(&self) -> usize {
        self.data.borrow().len() / self.kind.size()
    }

    fn get(&self, index: usize) -> Option<Value> {
        let size = self.kind.size();
        let data = self.data.borrow();
        let at = index.checked_mul(size)?;
        data.get(at..at + size).map(|item| self.kind.unpack(item))
    }

    /// Changes the number of items, which is refused while the memory is lent.
    fn resize<R>(&self, vm: &mut Vm, f: impl FnOnce(&mut Vec<u8>) -> R) -> PyResult<R> {
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("cannot resize an array that is exporting buffers"));
        }
        Ok(f(&mut self.data.borrow_mut()))
    }
}

/// `array.array`
fn class(vm: &mut Vm) -> PyResult<Ref<Class>> {
    pvm_vm::types::init::class_of::<Array>(vm)
}

/// The memory of an array, which stays in place until this is dropped.
struct Export(Ref<Array>);

impl Drop for Export {
    fn drop(&mut self) {
        self.0.exports.set(self.0.exports.get().saturating_sub(1));
    }
}

impl Memory for Export {
    fn len(&self) -> usize {
        self.0.data.borrow().len()
    }
    fn read(&self, f: &mut dyn FnMut(&[u8])) {
        f(&self.0.data.borrow());
    }
    fn write(&self, f: &mut dyn FnMut(&mut [u8])) -> bool {
        f(&mut self.0.data.borrow_mut());
        true
    }
}

fn lend(array: &Ref<Array>) -> Buffer {
    array.exports.set(array.exports.get() + 1);
    let kind = array.kind;
    Buffer::items(array.into(), Rc::new(Export(array.clone())), false, kind.format(), kind.size())
}

/// The module.
#[pvm_vm_macros::pymodule(name = "array", doc = "Sequences of numbers that are stored compactly.")]
pub mod array_module {
    use super::*;
    use pvm_vm::types::module::Module;
    use pvm_vm::types::tuple::Tuple;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let class = class(vm)?;
        module.set("array", class.as_value().clone());
        module.set("ArrayType", class.as_value().clone());
        module.set("typecodes", TYPECODES);
        // `collections.abc` counts arrays among the mutable sequences.
        if let Some(import) = vm.interp.builtins.get().and_then(|b| b.get_name("__import__")) {
            let names = Tuple::new(["MutableSequence".into()]);
            if let Ok(abc) =
                vm.call(&import, &["collections.abc".into(), Value::NONE, Value::NONE, names.into()])
            {
                let sequence = vm.get_attr_str(&abc, "MutableSequence")?;
                vm.call_method_str(&sequence, "register", &[class.as_value().clone()])?;
            }
        }
        Ok(())
    }

    /// Makes an array again from its pickled form.
    #[pyfunction(sig = "(arraytype, typecode, mformat_code, items, /)")]
    fn _array_reconstructor(
        vm: &mut Vm,
        arraytype: &Ref<Class>,
        typecode: String,
        mformat_code: i64,
        items: &Value,
    ) -> PyResult {
        methods::reconstruct(vm, arraytype, &typecode, mformat_code, items)
    }
}
