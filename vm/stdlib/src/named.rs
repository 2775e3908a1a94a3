//! Classes of named tuples that several functions of a module make.

use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::struct_sequence::{StructSequence, instance};
use pvm_vm::{PyResult, Vm};
use std::cell::RefCell;

#[derive(Default)]
struct NamedClasses(RefCell<Vec<(&'static StructSequence, Ref<Class>)>>);

/// The class of a declaration, made when first asked for.
pub(crate) fn class_of(vm: &mut Vm, def: &'static StructSequence) -> PyResult<Ref<Class>> {
    let known = vm.interp.extension(NamedClasses::default);
    if let Some((_, class)) = known.0.borrow().iter().find(|(d, _)| std::ptr::eq(*d, def)) {
        return Ok(class.clone());
    }
    let class = def.class(vm)?;
    known.0.borrow_mut().push((def, class.clone()));
    Ok(class)
}

/// An instance of the class of a declaration.
pub(crate) fn make(vm: &mut Vm, def: &'static StructSequence, values: Vec<Value>) -> PyResult {
    let class = class_of(vm, def)?;
    Ok(instance(&class, values).into())
}
