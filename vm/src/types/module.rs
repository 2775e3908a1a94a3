//! `module` objects. Methods are in `types/module_methods`.

use crate::interp;
use crate::native::FunctionDef;
use crate::object::{Ref, Value};
use crate::types::dict::Dict;
use crate::types::function::NativeFunction;
use crate::types::str::Str;

/// A module: a name space.
pub struct Module {
    /// `__dict__`
    pub dict: Ref<Dict>,
}

// A dictionary that is garbage too is cleared by itself; one that is not belongs to functions that can still be called.
crate::payload!(Module, "module", |m, visit| visit(m.dict.as_value()), |_m| ());

impl Module {
    /// A module with the five attributes that every module has.
    pub fn new(name: &str, doc: Value) -> Ref<Module> {
        let dict = Dict::new();
        let names = interp::current().names();
        dict.set_str(&names.dunder_name, Str::from_str(name).into());
        dict.set_str(&names.dunder_doc, doc);
        dict.set_str(&names.dunder_package, Value::NONE);
        dict.set_str(&names.dunder_loader, Value::NONE);
        dict.set_str(&names.dunder_spec, Value::NONE);
        Ref::new(Module { dict }, &interp::current().types().module)
    }

    /// Sets an attribute.
    pub fn set(&self, name: &str, value: impl Into<Value>) {
        self.dict.set_name(name, value);
    }

    /// An attribute.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.dict.get_name(name)
    }
}

impl Ref<Module> {
    /// Adds native functions.
    pub fn add_functions(&self, functions: &'static [FunctionDef]) {
        let name = self.get("__name__").unwrap_or(Value::NONE);
        for def in functions {
            self.set(def.name, NativeFunction::new(def, self.into(), name.clone()));
        }
    }
}
