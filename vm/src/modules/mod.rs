//! The modules that the vm cannot be without. All others are in `pvm-stdlib`.

pub mod build_class;
pub mod builtins;
pub mod console;
pub mod evaluate;
pub mod import;

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
