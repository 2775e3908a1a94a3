//! The types behind PEP 695 that instructions make.

use crate::object::Value;
use crate::vm::{PyResult, Vm};

/// `CALL_INTRINSIC_1` of type parameters (its number), and `CALL_INTRINSIC_2` (its number plus 100).
pub fn intrinsic(vm: &mut Vm, _number: u64, _first: &Value, _second: Option<&Value>) -> PyResult {
    Err(vm.not_implemented_error("type parameters are not there yet"))
}
