//! Execution: code objects are translated to register code at their first call, and run on the vm's own stack.
//!
//! In the order in which code meets them: `translate` turns stack bytecode into [`prepared`] register code
//! (`instruction` defines its set), `call` binds arguments and makes activations ([`frame`]), `run` is the dispatch
//! loop, with the slow paths of its instructions in `operations`; `unwind` handles exceptions.

pub mod frame;
pub mod instruction;
pub mod prepared;
pub mod translate;

use crate::native::Args;
use crate::object::Ref;
use crate::types::function::Function;
use crate::vm::{PyResult, Vm};

/// Calls a function written in Python.
pub fn call_function(vm: &mut Vm, function: &Ref<Function>, args: Args<'_>) -> PyResult {
    let _ = (function, args);
    Err(vm.system_error("the interpreter loop has not landed yet"))
}
