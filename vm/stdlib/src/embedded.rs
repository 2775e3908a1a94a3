//! The embedded standard library.
//!
//! It is not there yet: these functions find nothing, and a real library must be chosen with `--home` or `PYTHONHOME`.

use pvm_vm::host::FrozenModule;

/// A module's code.
pub fn module(_name: &str) -> Option<FrozenModule> {
    None
}

/// The names of all modules.
pub fn names() -> Vec<String> {
    Vec::new()
}

/// A module's source.
pub fn source(_name: &str) -> Option<String> {
    None
}
