//! From stack bytecode to register code.

use super::prepared::Prepared;
use crate::types::code::Code;
use crate::vm::{PyResult, Vm};

/// Translates.
pub fn translate(vm: &mut Vm, code: &Code) -> PyResult<Prepared> {
    let _ = code;
    Err(vm.system_error("the translator has not landed yet"))
}
