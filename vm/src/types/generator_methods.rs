//! What generators, coroutines and asynchronous generators do.

use crate::object::{Ref, Value};
use crate::types::generator::Generator;
use crate::vm::{PyResult, Vm};

/// `next(iterator)` where the end is a `StopIteration` with the return value.
pub fn next_with_value(vm: &mut Vm, iterator: &Value) -> PyResult {
    match vm.next(iterator)? {
        Some(value) => Ok(value),
        None => Err(vm.stop_iteration(Value::NONE)),
    }
}

/// Notes where a coroutine was made (`cr_origin`).
pub fn note_origin(_vm: &mut Vm, _generator: &Ref<Generator>) -> PyResult<()> {
    Ok(())
}

/// What an asynchronous generator's `yield` hands out.
pub fn wrap_async_value(vm: &mut Vm, _value: Value) -> PyResult {
    Err(vm.not_implemented_error("asynchronous generators are not there yet"))
}

/// `anext(iterator, default)`
pub fn anext_awaitable(vm: &mut Vm, _awaitable: Value, _default: Value) -> PyResult {
    Err(vm.not_implemented_error("anext() with a default is not there yet"))
}
