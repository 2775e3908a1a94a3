//! Exception groups and `except*`.

use crate::object::Value;
use crate::vm::{PyResult, Vm};

/// What is raised after the clauses of `try … except*`: the exceptions raised in them and what no clause took.
pub fn prepare_reraise(vm: &mut Vm, _original: &Value, _raised: &Value) -> PyResult {
    Err(vm.not_implemented_error("except* is not there yet"))
}
