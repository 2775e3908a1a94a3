//! Methods of `bool`.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::int::Int;
use crate::types::int_methods::is_int;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// The declaration of `bool`, whose two instances are immediate.
pub struct Bool;

fn is_bool(value: &Value) -> bool {
    value.as_bool().is_some()
}

#[pymethods(
    name = "bool",
    doc = "bool(x) -> bool\n\nReturns True when the argument x is true, False otherwise.\nThe builtins True and False are the only two instances of the class bool.\nThe class bool is a subclass of the class int, and cannot be subclassed.",
    flags = flag::MATCH_SELF,
    payload = Int,
    accepts = is_bool
)]
impl Bool {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        if !args.names.is_empty() {
            return Err(vm.type_error("bool() takes no keyword arguments"));
        }
        match args.values {
            [] => Ok(Value::FALSE),
            [value] => vm.truth(value).map(Value::bool),
            many => {
                let given = many.len();
                Err(vm.type_error(format!("bool expected at most 1 argument, got {given}")))
            }
        }
    }

    #[slot(repr)]
    fn repr_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(if this.is(&Value::TRUE) { "True" } else { "False" }.into())
    }

    #[slot(and)]
    fn and(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        match (a.as_bool(), b.as_bool()) {
            (Some(x), Some(y)) => Ok(Value::bool(x & y)),
            _ => Int::and_slot(vm, a, b),
        }
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        match (a.as_bool(), b.as_bool()) {
            (Some(x), Some(y)) => Ok(Value::bool(x | y)),
            _ => Int::or_slot(vm, a, b),
        }
    }

    #[slot(xor)]
    fn xor(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        match (a.as_bool(), b.as_bool()) {
            (Some(x), Some(y)) => Ok(Value::bool(x ^ y)),
            _ => Int::xor_slot(vm, a, b),
        }
    }

    #[slot(invert)]
    fn invert(vm: &mut Vm, this: &Value) -> PyResult {
        debug_assert!(is_int(this));
        vm.warn_deprecated(
            "Bitwise inversion '~' on bool is deprecated. This returns the bitwise inversion of the underlying int object and is usually not what you expect from negating a bool. Use the 'not' operator for boolean negation or ~int(x) if you really want the bitwise inversion of the underlying int.",
        )?;
        Ok(Value::int(if this.is(&Value::TRUE) { -2 } else { -1 }))
    }
}
