//! What `cmp_to_key` makes.

use pvm_vm::native::Args;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Ref, Value};
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// An object that is compared by a function; without an object, the maker of such.
pub struct KeyWrapper {
    pub compare: Value,
    /// `UNBOUND` for none.
    pub object: RefCell<Value>,
}

pvm_vm::payload!(
    KeyWrapper,
    "functools.KeyWrapper",
    |k, visit| {
        visit(&k.compare);
        visit(&k.object.borrow());
    },
    |_k| ()
);

#[pymethods(name = "KeyWrapper", module = "functools", flags = pvm_vm::object::class::flag::NO_INSTANTIATION)]
impl KeyWrapper {
    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<KeyWrapper>, args: Args<'_>) -> PyResult {
        let ([object], _) = pvm_vm::native::bind::<1, 1, 1>(
            vm,
            "K",
            crate::support::params![("obj", Positional, true)],
            args,
        )?;
        let object = pvm_vm::native::present(vm, object)?.clone();
        let key = KeyWrapper { compare: this.compare.clone(), object: RefCell::new(object) };
        Ok(Ref::new(key, this.class()).into())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<KeyWrapper>(), b.downcast_ref::<KeyWrapper>()) else {
            return Err(vm.type_error("other argument must be K instance"));
        };
        let (left, right) = (x.object.borrow().clone(), y.object.borrow().clone());
        if left.is_unbound() || right.is_unbound() {
            let class = vm.types().exceptions.attribute_error.clone();
            return Err(vm.new_error(&class, "object"));
        }
        let order = vm.call(&x.compare, &[left, right])?;
        vm.compare(&order, &Value::int(0), op)
    }

    /// Value wrapped by a key function.
    #[getter]
    fn obj(vm: &mut Vm, this: &Ref<KeyWrapper>) -> PyResult {
        let object = this.object.borrow().clone();
        if object.is_unbound() {
            let class = vm.types().exceptions.attribute_error.clone();
            return Err(vm.new_error(&class, "obj"));
        }
        Ok(object)
    }

    #[setter]
    fn set_obj(_vm: &mut Vm, this: &Ref<KeyWrapper>, value: Option<Value>) -> PyResult<()> {
        crate::support::store(&this.object, value.unwrap_or(Value::UNBOUND));
        Ok(())
    }
}
