//! `_typing`

/// The module.
#[pvm_vm_macros::pymodule(name = "_typing", doc = "Primitives and accelerators for the typing module.\n")]
pub mod typing_module {
    use pvm_vm::object::{Ref, Value};
    use pvm_vm::types::module::Module;
    use pvm_vm::{PyResult, Vm};

    #[pyfunction]
    fn _idfunc(x: Value) -> Value {
        x
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let types = vm.types();
        module.set("TypeVar", &types.type_var);
        module.set("ParamSpec", &types.param_spec);
        module.set("ParamSpecArgs", &types.param_spec_args);
        module.set("ParamSpecKwargs", &types.param_spec_kwargs);
        module.set("TypeVarTuple", &types.type_var_tuple);
        module.set("TypeAliasType", &types.type_alias);
        module.set("Generic", &types.generic);
        Ok(())
    }
}
