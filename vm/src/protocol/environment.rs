//! What native code needs from the running program: built-in names, imported modules, the calling function.

use crate::object::{Ref, Value};
use crate::types::cell::Cell;
use crate::types::exception::Exception;
use crate::types::list::List;
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};

impl Vm {
    /// A name of the module `builtins`.
    pub fn builtin(&mut self, name: &str) -> PyResult {
        match self.interp.builtins.get().and_then(|builtins| builtins.get_name(name)) {
            Some(value) => Ok(value),
            None => Err(self.runtime_error(format!("lost builtins.{name}"))),
        }
    }

    /// A top-level module by name, imported where it is not yet.
    pub fn import_module(&mut self, name: &str) -> PyResult {
        let key = self.intern(name);
        if let Some(module) = self.interp.modules.get().and_then(|modules| modules.get_str(&key)) {
            return Ok(module);
        }
        let import = self.builtin("__import__")?;
        self.call(&import, &[key.into()])
    }

    /// `__name__` of the globals of the running function.
    pub fn caller_module_name(&self) -> Option<Value> {
        self.frames.last()?.globals().get_str(&self.names().dunder_name)
    }

    /// Adds a note to an exception (`BaseException.add_note`).
    pub fn add_note(&mut self, raised: &Raised, note: &str) {
        let name = &self.names().dunder_notes;
        let exception: &Ref<Exception> = &raised.0;
        let known = crate::object::attributes::get(exception.as_value(), name);
        let note: Value = Str::from_str(note).into();
        match known.as_ref().and_then(|notes| notes.downcast_ref::<List>()) {
            Some(notes) => notes.push(note),
            None => {
                crate::object::attributes::set(exception.as_value(), name, List::new(vec![note]).into());
            }
        }
    }

    /// What `super()` without arguments means in the running function: the class and the first argument.
    pub fn super_arguments(&mut self) -> PyResult<(Value, Value)> {
        let Some(frame) = self.frames.last() else {
            return Err(self.runtime_error("super(): no current frame"));
        };
        let code = frame.code.clone();
        if code.argcount == 0 {
            return Err(self.runtime_error("super(): no arguments"));
        }
        let is_cell = |i: usize| {
            let kind = code.localspluskinds().get(i);
            kind.is_some_and(|kind| kind & pvm_pycfile::code::local_kind::CELL != 0)
        };
        let first = variable(frame, 0);
        let first = match first.downcast_ref::<Cell>() {
            Some(cell) if is_cell(0) => cell.get(),
            _ => first,
        };
        if first.is_unbound() {
            return Err(self.runtime_error("super(): arg[0] deleted"));
        }
        let name = &self.names().dunder_class;
        let Some(at) = code.localsplusnames().iter().rposition(|n| n.is(name)) else {
            return Err(self.runtime_error("super(): __class__ cell not found"));
        };
        let cell = variable(frame, at);
        let Some(cell) = cell.downcast_ref::<Cell>() else {
            return Err(self.runtime_error("super(): bad __class__ cell"));
        };
        let class = cell.get();
        if class.is_unbound() {
            return Err(self.runtime_error("super(): empty __class__ cell"));
        }
        if !class.holds::<crate::object::Class>() {
            let found = class.class().name();
            return Err(self.runtime_error(format!("super(): __class__ is not a type ({found})")));
        }
        Ok((class, first))
    }
}

/// A variable of a running function.
fn variable(frame: &crate::exec::frame::Frame, index: usize) -> Value {
    frame.variables().get(index).cloned().unwrap_or(Value::UNBOUND)
}
