//! What is printed where nobody catches: tracebacks, exceptions and their groups, hints at typing mistakes.
//!
//! Source: CPython 3.12.1's `Python/pythonrun.c`, `traceback.c` and `suggestions.c`, which print without the module
//! `traceback` and differ from it in details.

mod exceptions;
mod source;
mod stacks;
mod suggestions;
mod tracebacks;

use crate::object::{Ref, Value};
use crate::text::{StrBuf, StrBuilder};
use crate::types::exception::{Exception, field};
use crate::types::str::Str;
use crate::types::traceback::Traceback;
use crate::vm::{PyResult, Raised, Vm};

pub use source::source_line;
pub use stacks::{write_all_stacks, write_own_stack, write_stack};
pub use suggestions::suggestion;

/// What an expression in a line of source is made of, for the marks below it: byte offsets into the line's segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchors {
    /// Where the operator, or the subscript's bracket, begins.
    pub left: usize,
    /// Where it ends.
    pub right: usize,
}

impl Vm {
    /// An attribute of the module `sys`.
    pub fn sys_attribute(&self, name: &str) -> Option<Value> {
        self.interp.sys.get()?.get_name(name)
    }

    /// Writes text to `sys.stderr` or, without one, to the process's standard error.
    pub fn write_stderr(&mut self, text: &str) {
        let mut buffer = StrBuilder::new();
        buffer.push_utf8(text);
        self.write_stderr_text(buffer.finish());
    }

    /// [`Vm::write_stderr`] for any text.
    pub fn write_stderr_text(&mut self, text: StrBuf) {
        match self.sys_attribute("stderr") {
            Some(file) if file.is_none() => {}
            Some(file) => {
                let text = Str::from_buf(text);
                // Nothing is left to report an error to.
                if write_to(self, &file, &text).is_err() {
                    write_native(&text);
                }
            }
            None => write_native(&Str::from_buf(text)),
        }
    }

    /// Prints an exception with its traceback to `sys.stderr`, as `sys.excepthook` does.
    pub fn print_exception(&mut self, raised: &Raised) {
        let traceback = raised.0.traceback.borrow().clone();
        self.display_exception(&raised.value(), traceback);
    }

    /// Prints an exception with a traceback, which takes the place of the exception's own where that has none.
    pub fn display_exception(&mut self, value: &Value, traceback: Option<Ref<Traceback>>) {
        if let Some(exception) = value.downcast_ref::<Exception>()
            && traceback.is_some()
            && exception.traceback.borrow().is_none()
        {
            let old = exception.traceback.replace(traceback);
            drop(old);
        }
        let text = exceptions::describe(self, value);
        self.write_stderr_text(text);
        flush(self, "stderr");
    }

    /// What happens with an exception that leaves the program: `SystemExit` ends it, others are shown through
    /// `sys.excepthook`. The exit status.
    pub fn report_uncaught(&mut self, raised: Raised) -> i32 {
        if raised.is(&self.types().exceptions.system_exit) {
            return self.handle_system_exit(&raised);
        }
        self.run_excepthook(&raised).unwrap_or(1)
    }

    /// The exit status of a `SystemExit`, whose message, if it is one, is printed.
    pub fn handle_system_exit(&mut self, raised: &Raised) -> i32 {
        let code = match self.lookup_attr_str(&raised.value(), "code") {
            Ok(Some(code)) => code,
            _ => raised.0.get(field::CODE).unwrap_or(Value::NONE),
        };
        if code.is_none() {
            return 0;
        }
        if let Some(status) = code.as_int() {
            return status.to_i64().unwrap_or(-1) as i32;
        }
        let text = match self.str(&code) {
            Ok(text) => text,
            Err(_) => Str::from_str(""),
        };
        let mut out = StrBuilder::new();
        out.push_str(text.as_ref());
        out.push('\n'.into());
        self.write_stderr_text(out.finish());
        flush(self, "stderr");
        1
    }

    /// Shows an exception through `sys.excepthook`. An exit status where the hook ends the program.
    pub fn run_excepthook(&mut self, raised: &Raised) -> Option<i32> {
        let value = raised.value();
        let class: Value = raised.class().into();
        let traceback: Value = raised.0.traceback.borrow().clone().into();
        if let Some(sys) = self.interp.sys.get().cloned() {
            sys.set_name("last_exc", value.clone());
            sys.set_name("last_type", class.clone());
            sys.set_name("last_value", value.clone());
            sys.set_name("last_traceback", traceback.clone());
        }
        let Some(hook) = self.sys_attribute("excepthook") else {
            self.write_stderr("sys.excepthook is missing\n");
            self.print_exception(raised);
            return None;
        };
        let Err(second) = self.call(&hook, &[class, value, traceback]) else { return None };
        if second.is(&self.types().exceptions.system_exit) {
            return Some(self.handle_system_exit(&second));
        }
        self.write_stderr("Error in sys.excepthook:\n");
        self.print_exception(&second);
        self.write_stderr("\nOriginal exception was:\n");
        self.print_exception(raised);
        None
    }
}

/// Writes to a Python file object.
pub fn write_to(vm: &mut Vm, file: &Value, text: &Ref<Str>) -> PyResult<()> {
    let name = vm.names().write.clone();
    vm.call_method(file, &name, &[text.into()]).map(drop)
}

fn write_native(text: &Ref<Str>) {
    use std::io::Write;
    // Nothing is left to report an error to.
    let _ = std::io::stderr().write_all(text.as_ref().to_string_lossy().as_bytes());
}

/// Flushes one of the standard files; errors are ignored, since something else is being reported.
fn flush(vm: &mut Vm, name: &str) {
    if let Some(file) = vm.sys_attribute(name).filter(|f| !f.is_none()) {
        let method = vm.names().flush.clone();
        drop(vm.call_method(&file, &method, &[]));
    }
}

/// The qualified name of an exception's class, with its module unless everybody knows that.
pub(crate) fn class_name(vm: &mut Vm, class: &Value, plain_modules: &[&str]) -> StrBuf {
    let names = vm.names();
    let mut out = StrBuilder::new();
    let module = vm.lookup_attr(class, &names.dunder_module).ok().flatten();
    match module.and_then(|m| m.downcast::<Str>().ok()) {
        Some(module) => {
            if !plain_modules.iter().any(|plain| module.as_ref().equals_str(plain)) {
                out.push_str(module.as_ref());
                out.push('.'.into());
            }
        }
        None => out.push_utf8("<unknown>."),
    }
    match vm.lookup_attr(class, &names.dunder_qualname).ok().flatten() {
        Some(name) => match vm.str(&name) {
            Ok(name) => out.push_str(name.as_ref()),
            Err(_) => out.push_utf8("<unknown>"),
        },
        None => out.push_utf8("<unknown>"),
    }
    out.finish()
}

/// The lines of a traceback alone, with their header.
pub(crate) fn traceback_text(vm: &mut Vm, traceback: &Ref<Traceback>) -> StrBuf {
    let mut out = StrBuilder::new();
    let margin = tracebacks::Margin { indent: 0, text: "" };
    tracebacks::push(vm, &mut out, traceback, margin, "", "Traceback (most recent call last):\n");
    out.finish()
}
