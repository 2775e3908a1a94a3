//! `atexit`

use pvm_vm::native::Args;
use pvm_vm::object::Value;
use pvm_vm::{PyResult, Vm};
use std::cell::RefCell;

/// A registered call.
#[derive(Clone)]
struct Callback {
    function: Value,
    values: Vec<Value>,
    names: Vec<Value>,
}

#[derive(Default)]
struct Callbacks(RefCell<Vec<Callback>>);

/// The module.
#[pvm_vm_macros::pymodule(
    name = "atexit",
    doc = "allow programmer to define multiple exit functions to be executed\nupon normal program termination.\n\nTwo public functions, register and unregister, are defined.\n"
)]
pub mod atexit_module {
    use super::*;

    /// Register a function to be executed upon normal program termination
    ///
    ///     func - function to be called at exit
    ///     args - optional arguments to pass to func
    ///     kwargs - optional keyword arguments to pass to func
    ///
    ///     func is returned to facilitate usage as a decorator.
    #[pyfunction(sig = "(func, /, *args, **kwargs)")]
    fn register(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let [function, ..] = args.pos() else {
            return Err(vm.type_error("register() takes at least 1 argument (0 given)"));
        };
        if !vm.is_callable(function) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let rest = args.rest();
        let callback =
            Callback { function: function.clone(), values: rest.values.to_vec(), names: rest.names.to_vec() };
        vm.interp.extension(Callbacks::default).0.borrow_mut().push(callback);
        Ok(function.clone())
    }

    /// Clear the list of previously registered exit functions.
    #[pyfunction]
    fn _clear(vm: &mut Vm) {
        let old = vm.interp.extension(Callbacks::default).0.take();
        drop(old);
    }

    /// Run all registered exit functions.
    ///
    /// If a callback raises an exception, it is logged with sys.unraisablehook.
    #[pyfunction]
    fn _run_exitfuncs(vm: &mut Vm) {
        loop {
            let next = vm.interp.extension(Callbacks::default).0.borrow_mut().pop();
            let Some(callback) = next else { return };
            let args = Args { values: &callback.values, names: &callback.names };
            if let Err(raised) = vm.call_args(&callback.function, args) {
                let message = "Exception ignored in atexit callback";
                vm.write_unraisable(raised, Some(message), Some(&callback.function));
            }
        }
    }

    /// Return the number of registered exit functions.
    #[pyfunction]
    fn _ncallbacks(vm: &mut Vm) -> usize {
        vm.interp.extension(Callbacks::default).0.borrow().len()
    }

    /// Unregister an exit function which was previously registered using atexit.register
    ///
    ///     func - function to be unregistered
    #[pyfunction]
    fn unregister(vm: &mut Vm, func: &Value) -> PyResult<()> {
        let callbacks = vm.interp.extension(Callbacks::default);
        let known = callbacks.0.borrow().clone();
        let mut kept = Vec::new();
        for callback in known {
            if !vm.equals(&callback.function, func)? {
                kept.push(callback);
            }
        }
        drop(callbacks.0.replace(kept));
        Ok(())
    }
}
