//! `_weakref`

use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::types::weakref::WeakRef;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

/// `_weakref`
#[pymodule(name = "_weakref", doc = "Weak-reference support module.")]
pub mod weakref_module {
    use super::*;

    /// Return the number of weak references to 'object'.
    #[pyfunction(sig = "(object, /)")]
    fn getweakrefcount(vm: &mut Vm, object: &Value) -> usize {
        vm.interp.weak.references_to(object).len()
    }

    /// Return a list of all weak reference objects pointing to 'object'.
    #[pyfunction(sig = "(object, /)")]
    fn getweakrefs(vm: &mut Vm, object: &Value) -> Ref<List> {
        let all = vm.interp.weak.references_to(object);
        List::new(all.into_iter().map(Value::from).collect())
    }

    /// Create a proxy object that weakly references 'object'.
    ///
    /// 'callback', if given, is called with a reference to the
    /// proxy when 'object' is about to be finalized.
    #[pyfunction(sig = "(object, callback=None, /)")]
    fn proxy(vm: &mut Vm, object: &Value, callback: Option<Value>) -> PyResult {
        pvm_vm::types::weakref_methods::proxy(vm, object, callback.unwrap_or(Value::NONE))
    }

    /// Atomically remove key from dict if it points to a dead weakref.
    #[pyfunction(sig = "(dct, key, /)")]
    fn _remove_dead_weakref(vm: &mut Vm, dct: Ref<Dict>, key: &Value) -> PyResult<()> {
        let Some(value) = dct.get(vm, key)? else { return Ok(()) };
        let Some(reference) = value.downcast_ref::<WeakRef>() else {
            return Err(vm.type_error("not a weakref"));
        };
        if reference.get().is_none() {
            drop(dct.remove(vm, key)?);
        }
        Ok(())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let types = vm.types();
        module.set("ref", &types.weakref);
        module.set("ReferenceType", &types.weakref);
        module.set("ProxyType", &types.weakproxy);
        module.set("CallableProxyType", &types.weakcallableproxy);
        Ok(())
    }
}
