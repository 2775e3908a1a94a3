//! Methods of the classes of `None`, `Ellipsis` and `NotImplemented`.

use crate::native::Args;
use crate::object::{Class, Ref, Value};
use crate::types::number_support::identity_hash;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// The declaration of `NoneType`.
pub struct NoneType;
/// The declaration of `ellipsis`.
pub struct EllipsisType;
/// The declaration of `NotImplementedType`.
pub struct NotImplementedType;

fn is_none(value: &Value) -> bool {
    value.is_none()
}

fn is_ellipsis(value: &Value) -> bool {
    value.is(&Value::ELLIPSIS)
}

fn is_not_implemented(value: &Value) -> bool {
    value.is_not_implemented()
}

fn make(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>, value: Value) -> PyResult {
    if args.values.is_empty() {
        return Ok(value);
    }
    let name = class.name();
    // `ellipsis` calls itself otherwise here.
    let name = if &*name == "ellipsis" { "EllipsisType" } else { &name };
    Err(vm.type_error(format!("{name} takes no arguments")))
}

#[pymethods(name = "NoneType", payload = crate::types::Plain, accepts = is_none)]
impl NoneType {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        make(vm, cls, args, Value::NONE)
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, _this: &Value) -> PyResult {
        Ok("None".into())
    }

    #[slot(bool)]
    fn bool(_vm: &mut Vm, _this: &Value) -> PyResult<bool> {
        Ok(false)
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, _this: &Value) -> PyResult<i64> {
        Ok(0xFCA8_6420)
    }
}

#[pymethods(name = "ellipsis", payload = crate::types::Plain, accepts = is_ellipsis)]
impl EllipsisType {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        make(vm, cls, args, Value::ELLIPSIS)
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, _this: &Value) -> PyResult {
        Ok("Ellipsis".into())
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Value) -> PyResult<i64> {
        Ok(identity_hash(this))
    }

    #[method(sig = "()")]
    fn __reduce__(_this: &Value) -> &'static str {
        "Ellipsis"
    }
}

#[pymethods(name = "NotImplementedType", payload = crate::types::Plain, accepts = is_not_implemented)]
impl NotImplementedType {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        make(vm, cls, args, Value::NOT_IMPLEMENTED)
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, _this: &Value) -> PyResult {
        Ok("NotImplemented".into())
    }

    #[slot(bool)]
    fn bool(vm: &mut Vm, _this: &Value) -> PyResult<bool> {
        vm.warn_deprecated("NotImplemented should not be used in a boolean context")?;
        Ok(true)
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Value) -> PyResult<i64> {
        Ok(identity_hash(this))
    }

    #[method(sig = "()")]
    fn __reduce__(_this: &Value) -> &'static str {
        "NotImplemented"
    }
}
