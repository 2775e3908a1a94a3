//! `_tracemalloc`: memory is not traced here, and whoever asks for it is told.

use pvm_vm::object::Ref;
use pvm_vm::object::Value;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

/// `_tracemalloc`
#[pymodule(name = "_tracemalloc", doc = "Debug module to trace memory blocks allocated by Python.")]
pub mod tracemalloc_module {
    use super::*;

    /// Return True if the tracemalloc module is tracing Python memory allocations.
    #[pyfunction]
    fn is_tracing() -> bool {
        false
    }

    /// Clear traces of memory blocks allocated by Python.
    #[pyfunction]
    fn clear_traces() {}

    /// Get traces of all memory blocks allocated by Python.
    #[pyfunction]
    fn _get_traces() -> Ref<List> {
        List::new(Vec::new())
    }

    /// Get the traceback where the Python object obj was allocated.
    #[pyfunction(sig = "(obj, /)")]
    fn _get_object_traceback(_obj: &Value) -> Value {
        Value::NONE
    }

    /// Start tracing Python memory allocations.
    #[pyfunction(sig = "(nframe=1, /)")]
    fn start(vm: &mut Vm, nframe: Option<i64>) -> PyResult<()> {
        let _ = nframe;
        Err(vm.not_implemented_error("pvm does not trace memory allocations"))
    }

    /// Stop tracing Python memory allocations.
    #[pyfunction]
    fn stop() {}

    /// Get the maximum number of frames stored in the traceback of a trace.
    #[pyfunction]
    fn get_traceback_limit() -> i64 {
        1
    }

    /// Get the memory usage in bytes of the tracemalloc module.
    #[pyfunction]
    fn get_tracemalloc_memory() -> i64 {
        0
    }

    /// Get the current size and peak size of memory blocks traced by tracemalloc.
    #[pyfunction]
    fn get_traced_memory() -> Ref<Tuple> {
        Tuple::new([Value::int(0), Value::int(0)])
    }

    /// Set the peak size of memory blocks traced by tracemalloc to the current size.
    #[pyfunction]
    fn reset_peak() {}
}
