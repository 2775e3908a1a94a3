//! `faulthandler`

use pvm_vm::object::{Ref, Value};
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;
use std::cell::Cell;

#[derive(Default)]
struct State {
    enabled: Cell<bool>,
}

fn state(vm: &Vm) -> std::rc::Rc<State> {
    vm.interp.extension(State::default)
}

/// Levels that are shown.
const MAX_DEPTH: usize = 100;

/// The stack of this thread, innermost first.
fn stack_text(vm: &mut Vm) -> String {
    let mut text = "Stack (most recent call first):\n".to_string();
    let mut frame = vm.frame_object(0);
    let mut depth = 0;
    while let Some(current) = frame {
        if depth == MAX_DEPTH {
            text.push_str("  ...\n");
            break;
        }
        depth += 1;
        let line = vm.frame_line(&current).map_or_else(|| "???".to_owned(), |line| line.to_string());
        text.push_str(&format!(
            "  File \"{}\", line {line} in {}\n",
            current.code.filename.as_ref(),
            current.code.name.as_ref()
        ));
        frame = vm.frame_back(&current);
    }
    text
}

fn file_argument(vm: &mut Vm, file: Option<Value>) -> PyResult {
    match file {
        Some(file) => Ok(file),
        None => match vm.sys_attribute("stderr") {
            Some(file) if !file.is_none() => Ok(file),
            Some(_) => Err(vm.runtime_error("sys.stderr is None")),
            None => Err(vm.runtime_error("unable to get sys.stderr")),
        },
    }
}

/// `faulthandler`
#[pymodule(name = "faulthandler", doc = "faulthandler module.")]
pub mod faulthandler_module {
    use super::*;

    /// enable(file=sys.stderr, all_threads=True): enable the fault handler
    #[pyfunction(sig = "(file=sys.stderr, all_threads=True)")]
    fn enable(vm: &mut Vm, file: Option<Value>, #[default(true)] all_threads: bool) -> PyResult<()> {
        let _ = all_threads;
        file_argument(vm, file)?;
        state(vm).enabled.set(true);
        Ok(())
    }

    /// disable(): disable the fault handler
    #[pyfunction]
    fn disable(vm: &mut Vm) -> bool {
        state(vm).enabled.replace(false)
    }

    /// is_enabled()->bool: check if the handler is enabled
    #[pyfunction]
    fn is_enabled(vm: &mut Vm) -> bool {
        state(vm).enabled.get()
    }

    /// dump_traceback(file=sys.stderr, all_threads=True): dump the traceback of the current thread, or of all threads if all_threads is True, into file
    #[pyfunction(sig = "(file=sys.stderr, all_threads=True)")]
    fn dump_traceback(vm: &mut Vm, file: Option<Value>, #[default(true)] all_threads: bool) -> PyResult<()> {
        let file = file_argument(vm, file)?;
        let mut text = stack_text(vm);
        if all_threads {
            let first = format!("Current thread 0x{:016x} (most recent call first):\n", vm.thread_ident);
            text = text.replacen("Stack (most recent call first):\n", &first, 1);
        }
        let name = vm.names().write.clone();
        let text: Ref<Str> = Str::from_str(&text);
        vm.call_method(&file, &name, &[text.into()])?;
        let name = vm.names().flush.clone();
        vm.call_method(&file, &name, &[]).map(drop)
    }

    /// dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False): dump the traceback of all threads in timeout seconds, or each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe.
    #[pyfunction(sig = "(timeout, repeat=False, file=sys.stderr, exit=False)")]
    fn dump_traceback_later(
        vm: &mut Vm,
        timeout: &Value,
        #[default(false)] repeat: bool,
        file: Option<Value>,
        #[default(false)] exit: bool,
    ) -> PyResult<()> {
        let _ = (timeout, repeat, file, exit);
        Err(vm.not_implemented_error("pvm has no watchdog thread for dump_traceback_later()"))
    }

    /// cancel_dump_traceback_later(): cancel the previous call to dump_traceback_later().
    #[pyfunction]
    fn cancel_dump_traceback_later() {}
}
