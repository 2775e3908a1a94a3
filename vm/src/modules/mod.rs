//! The modules that the vm cannot be without. All others are in `pvm-stdlib`.

pub mod build_class;
pub mod builtins;
pub mod console;
pub mod evaluate;
pub mod finish;
pub mod imp;
pub mod import;
pub mod marshal;
pub mod start;
pub mod sys;
pub mod sys_attributes;

use crate::native::ModuleDef;
use crate::object::Ref;
use crate::types::module::Module;
use crate::vm::{PyResult, Vm};

/// Makes a native module from its declaration.
pub fn make(vm: &mut Vm, def: &'static ModuleDef) -> PyResult<Ref<Module>> {
    let doc = if def.doc.is_empty() { crate::object::Value::NONE } else { def.doc.into() };
    let module = Module::new(def.name, doc);
    module.add_functions(def.functions);
    (def.init)(vm, &module)?;
    Ok(module)
}

/// A native module of the core or of the embedder.
pub fn native_module(vm: &mut Vm, name: &str) -> Option<&'static ModuleDef> {
    match name {
        "_imp" => Some(&imp::MODULE),
        "marshal" => Some(&marshal::MODULE),
        _ => vm.interp.host.get()?.native_module(name),
    }
}

/// The code of a frozen module.
pub fn frozen_code(vm: &mut Vm, name: &str) -> Option<crate::types::code::Source> {
    vm.interp.host.get()?.frozen_code(name)
}

/// A frozen module.
pub fn frozen(vm: &mut Vm, name: &str) -> Option<crate::host::FrozenModule> {
    vm.interp.host.get()?.frozen_module(name)
}
