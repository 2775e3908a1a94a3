//! What several modules need.

use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::module::Module;
use pvm_vm::{PyResult, Vm};

/// A table of parameters: `params![("iterable", Positional, true), …]`.
macro_rules! params {
    ($(($name:literal, $kind:ident, $required:literal)),* $(,)?) => {{
        const PARAMS: &[pvm_vm::native::Param] = &[$(pvm_vm::native::Param {
            name: $name,
            kind: pvm_vm::native::ParamKind::$kind,
            required: $required,
        }),*];
        PARAMS
    }};
}
pub(crate) use params;

/// Adds the class of a native type to a module.
pub(crate) fn add_class<T>(vm: &mut Vm, module: &Ref<Module>, name: &str) -> PyResult<Ref<Class>>
where
    T: pvm_vm::native::NativeType + pvm_vm::Payload,
{
    let class = pvm_vm::types::init::class_of::<T>(vm)?;
    module.set(name, &class);
    Ok(class)
}

/// The next item, or `return Ok(None)`.
macro_rules! next_or_end {
    ($vm:ident, $iterator:expr) => {
        match $vm.next($iterator)? {
            Some(item) => item,
            None => return Ok(None),
        }
    };
}
pub(crate) use next_or_end;

/// Replaces a value in a cell and drops the old one after that.
pub(crate) fn store(cell: &std::cell::RefCell<Value>, value: Value) {
    let old = cell.replace(value);
    drop(old);
}

/// Refuses keyword arguments, except for subclasses, whose `__init__` may take them.
pub(crate) fn no_keywords<T: pvm_vm::native::NativeType + pvm_vm::Payload>(
    vm: &mut Vm,
    cls: &Ref<Class>,
    args: pvm_vm::native::Args<'_>,
) -> PyResult<()> {
    if args.names.is_empty() {
        return Ok(());
    }
    let own = pvm_vm::types::init::class_of::<T>(vm)?;
    vm.no_keywords_for(T::NAME, cls, &own, args)
}

/// `instance.__dict__ = value`
pub(crate) fn set_instance_dict(vm: &mut Vm, instance: &Value, value: Option<Value>) -> PyResult<()> {
    let Some(value) = value else { return Err(vm.type_error("cannot delete __dict__")) };
    match value.downcast_ref::<pvm_vm::types::dict::Dict>() {
        Some(dict) => {
            pvm_vm::object::attributes::set_dict(instance, dict.clone());
            Ok(())
        }
        None => {
            let found = value.class().name();
            Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{found}'")))
        }
    }
}
