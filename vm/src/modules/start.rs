//! Starting the import system: the halves of `importlib` that are written in Python come from the embedder.

use crate::exec;
use crate::object::{Ref, Value};
use crate::types::code::Code;
use crate::types::module::Module;
use crate::vm::{PyResult, Vm};

/// Runs a frozen module's code in a new module object, which goes to `sys.modules` first.
pub fn run_frozen(vm: &mut Vm, name: &str) -> PyResult<Option<Ref<Module>>> {
    let Some(frozen) = super::frozen(vm, name) else { return Ok(None) };
    let Some(code) = super::frozen_code(vm, name) else { return Ok(None) };
    let module = Module::new(name, Value::NONE);
    if let Some(modules) = vm.interp.modules.get() {
        modules.set_name(name, &module);
    }
    if let Some(builtins) = vm.interp.builtins.get() {
        module.set("__builtins__", builtins);
    }
    if frozen.is_package {
        module.set("__path__", crate::types::list::List::new(Vec::new()));
    }
    module.set("__origname__", frozen.original_name);
    let code = Code::new(vm, code)?;
    exec::run_code(vm, &code, &module.dict.clone(), (&module.dict).into())?;
    Ok(Some(module))
}

/// Starts the import system: `importlib._bootstrap`, then its external half.
pub fn start_imports(vm: &mut Vm) -> PyResult<()> {
    let Some(bootstrap) = run_frozen(vm, "_frozen_importlib")? else {
        return Err(vm.import_error("no standard library: importlib is not there", Value::NONE, Value::NONE));
    };
    let imp = super::make(vm, &super::imp::MODULE)?;
    let sys = vm.import_module("sys")?;
    if let Some(modules) = vm.interp.modules.get() {
        modules.set_name("_imp", &imp);
    }
    vm.call_method_str(bootstrap.as_value(), "_install", &[sys, imp.into()])?;
    vm.call_method_str(bootstrap.as_value(), "_install_external_importers", &[])?;
    Ok(())
}
