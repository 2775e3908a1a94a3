//! Native modules of the Python standard library for pvm.
//!
//! One file a module, and one line a module in the table at the end of this file.

use pvm_vm::native::ModuleDef;

/// A native module's declaration.
pub fn native_module(name: &str) -> Option<&'static ModuleDef> {
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, def)| *def)
}

/// The names of all native modules here.
pub fn native_module_names() -> Vec<&'static str> {
    MODULES.iter().map(|(name, _)| *name).collect()
}

/// All native modules here, sorted by name.
const MODULES: &[(&str, &ModuleDef)] = &[];
