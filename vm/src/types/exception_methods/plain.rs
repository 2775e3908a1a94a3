//! The exception classes that add little or nothing.

use super::base::{base_init, base_new, base_str};
use super::{add_members, complete, member};
use crate::native::{Args, GetSetDef};
use crate::object::{Class, Ref, Value};
use crate::types::exception::{Exception, field};
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// `StopIteration`
pub struct StopIteration;

static STOP_ITERATION_MEMBERS: [GetSetDef; 1] =
    [member::<{ field::VALUE }>("value", "generator return value")];

#[pymethods(
    name = "StopIteration",
    payload = Exception,
    doc = "Signal the end from iterator.__next__().",
    extend = extend_stop_iteration
)]
impl StopIteration {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), args)?;
        this.set(field::VALUE, args.pos().first().cloned().unwrap_or(Value::NONE));
        Ok(())
    }
}

fn extend_stop_iteration(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    add_members(class, &STOP_ITERATION_MEMBERS);
    Ok(())
}

/// `SystemExit`
pub struct SystemExit;

static SYSTEM_EXIT_MEMBERS: [GetSetDef; 1] = [member::<{ field::CODE }>("code", "exception code")];

#[pymethods(
    name = "SystemExit",
    payload = Exception,
    doc = "Request to exit from the interpreter.",
    extend = extend_system_exit
)]
impl SystemExit {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), args)?;
        match args.pos() {
            [] => {}
            [only] => this.set(field::CODE, only.clone()),
            _ => {
                let all = this.args.borrow().clone();
                this.set(field::CODE, all.into());
            }
        }
        Ok(())
    }
}

fn extend_system_exit(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    add_members(class, &SYSTEM_EXIT_MEMBERS);
    Ok(())
}

/// `KeyError`
pub struct KeyError;

#[pymethods(name = "KeyError", payload = Exception, doc = "Mapping key not found.", extend = extend_key_error)]
impl KeyError {
    /// A missing key is shown as it is written in source: an empty string would be invisible.
    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        let args = this.args.borrow().clone();
        match args.as_slice() {
            [only] => Ok(vm.repr(only)?.into()),
            _ => base_str(vm, this.as_value()),
        }
    }
}

fn extend_key_error(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.init.set(Some(base_init));
    Ok(())
}

/// Fills a class that differs from its base by its name only.
pub fn fill_plain(name: &str, class: &Ref<Class>) {
    let base_has_own_init = class.base().is_some_and(|base| {
        let base_init: crate::object::slots::InitFn = base_init;
        base.slots.init.get().is_some_and(|init| !std::ptr::fn_addr_eq(init, base_init))
    });
    if base_has_own_init {
        class.slots.init.set(class.base().and_then(|base| base.slots.init.get()));
    } else {
        class.slots.new.set(Some(base_new));
        class.slots.init.set(Some(base_init));
    }
    complete(class, doc_of(name));
}

fn doc_of(name: &str) -> &'static str {
    match name {
        "Exception" => "Common base class for all non-exit exceptions.",
        "GeneratorExit" => "Request that a generator exit.",
        "KeyboardInterrupt" => "Program interrupted by user.",
        "ArithmeticError" => "Base class for arithmetic errors.",
        "AssertionError" => "Assertion failed.",
        "BufferError" => "Buffer error.",
        "EOFError" => "Read beyond end of file.",
        "LookupError" => "Base class for lookup errors.",
        "MemoryError" => "Out of memory.",
        "ReferenceError" => "Weak ref proxy used after referent went away.",
        "RuntimeError" => "Unspecified run-time error.",
        "StopAsyncIteration" => "Signal the end from iterator.__anext__().",
        "SystemError" => {
            "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version."
        }
        "TypeError" => "Inappropriate argument type.",
        "ValueError" => "Inappropriate argument value (of correct type).",
        "Warning" => "Base class for warning categories.",
        "FloatingPointError" => "Floating point operation failed.",
        "OverflowError" => "Result too large to be represented.",
        "ZeroDivisionError" => "Second argument to a division or modulo operation was zero.",
        "BytesWarning" => {
            "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str."
        }
        "DeprecationWarning" => "Base class for warnings about deprecated features.",
        "EncodingWarning" => "Base class for warnings about encodings.",
        "FutureWarning" => {
            "Base class for warnings about constructs that will change semantically\nin the future."
        }
        "ImportWarning" => "Base class for warnings about probable mistakes in module imports",
        "PendingDeprecationWarning" => {
            "Base class for warnings about features which will be deprecated\nin the future."
        }
        "ResourceWarning" => "Base class for warnings about resource usage.",
        "RuntimeWarning" => "Base class for warnings about dubious runtime behavior.",
        "SyntaxWarning" => "Base class for warnings about dubious syntax.",
        "UnicodeWarning" => {
            "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems."
        }
        "UserWarning" => "Base class for warnings generated by user code.",
        "BlockingIOError" => "I/O operation would block.",
        "ChildProcessError" => "Child process error.",
        "ConnectionError" => "Connection error.",
        "FileExistsError" => "File already exists.",
        "FileNotFoundError" => "File not found.",
        "InterruptedError" => "Interrupted by signal.",
        "IsADirectoryError" => "Operation doesn't work on directories.",
        "NotADirectoryError" => "Operation only works on directories.",
        "PermissionError" => "Not enough permissions.",
        "ProcessLookupError" => "Process not found.",
        "TimeoutError" => "Timeout expired.",
        "IndentationError" => "Improper indentation.",
        "IndexError" => "Sequence index out of range.",
        "ModuleNotFoundError" => "Module not found.",
        "NotImplementedError" => "Method or function hasn't been implemented yet.",
        "RecursionError" => "Recursion limit exceeded.",
        "UnboundLocalError" => "Local name referenced but not bound to a value.",
        "UnicodeError" => "Unicode related error.",
        "BrokenPipeError" => "Broken pipe.",
        "ConnectionAbortedError" => "Connection aborted.",
        "ConnectionRefusedError" => "Connection refused.",
        "ConnectionResetError" => "Connection reset.",
        "TabError" => "Improper mixture of spaces and tabs.",
        _ => "",
    }
}
