//! An interpreter as an embedder holds it.

use crate::config::Config;
use crate::exec::frame::Activations;
use crate::host::Host;
use crate::interp::{self, Interp};
use crate::types::Types;
use crate::vm::{PyResult, Vm};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;

/// Native stack that the calling thread is assumed to have, unless the embedder says otherwise, in bytes.
pub const DEFAULT_NATIVE_STACK: usize = 1 << 20;

/// A Python interpreter. A process can have several, each on a thread of its own or one after the other.
pub struct Interpreter {
    interp: *const Interp,
    /// Never dropped: see `drop`.
    main: ManuallyDrop<Box<Vm>>,
    not_send: PhantomData<*const ()>,
}

impl Interpreter {
    /// An interpreter with its built-in types and the modules `builtins` and `sys`.
    ///
    /// `native_stack`: how many bytes of native stack the calling thread has left.
    ///
    /// # Errors
    /// The text of what went wrong during start-up.
    pub fn new(config: Config, host: Box<dyn Host>, native_stack: usize) -> Result<Interpreter, String> {
        let memory =
            Activations::reserve_memory().ok_or("there is not enough memory for a thread's stack")?;
        let interp: &'static Interp = Box::leak(Box::new(Interp::new(config)));
        let mut main = ManuallyDrop::new(Box::new(Vm::new(interp, native_stack, memory)));
        interp.lock.acquire();
        interp::attach(interp, &mut **main);
        interp.note_vm(&mut **main);
        interp.set_types(Types::new());
        // The embedder is set once, before anything can ask for it.
        let _ = interp.host.set(host);
        let mut interpreter = Interpreter { interp, main, not_send: PhantomData };
        match interpreter.start() {
            Ok(()) => Ok(interpreter),
            Err(raised) => {
                let text = interpreter.main.str(&raised.value()).map(|s| s.to_string()).unwrap_or_default();
                Err(format!("{}: {text}", raised.class().name()))
            }
        }
    }

    fn start(&mut self) -> PyResult<()> {
        let vm = &mut *self.main;
        // What is made here stays: looking for garbage among it would be in vain.
        vm.interp.gc.enabled.set(false);
        crate::types::init::fill_all(vm)?;
        let builtins = crate::modules::make(vm, &crate::modules::builtins::MODULE)?;
        let _ = vm.interp.builtins.set(builtins.dict.clone());
        let _ = vm.interp.first_builtins.set(builtins.dict.copy());
        let modules = crate::types::dict::Dict::new();
        modules.set_name("builtins", builtins);
        let _ = vm.interp.modules.set(modules.clone());
        let sys = crate::modules::make(vm, &crate::modules::sys::MODULE)?;
        let _ = vm.interp.sys.set(sys.dict.clone());
        modules.set_name("sys", sys);
        vm.interp.gc.settle();
        Ok(())
    }

    /// Runs `f` with the main thread's vm.
    pub fn enter<R>(&mut self, f: impl FnOnce(&mut Vm) -> R) -> R {
        f(&mut self.main)
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        // Objects may refer to each other in any way by now, and finalisers have run or cannot run any more:
        // the heap's memory goes as a whole with the process. Detach, so that nothing touches it.
        interp::attach(std::ptr::null(), std::ptr::null_mut());
        // SAFETY: `interp` is the leaked box of `new`, still alive.
        unsafe { &*self.interp }.lock.release();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::host::{CompileRequest, FrozenModule};
    use crate::object::Value;
    use crate::types::dict::Dict;
    use crate::types::list::List;
    use crate::types::str::Str;
    use std::sync::Arc;

    pub(crate) struct NoHost;

    impl Host for NoHost {
        fn compile(
            &self,
            vm: &mut Vm,
            _request: &CompileRequest<'_>,
        ) -> PyResult<Arc<pvm_pycfile::CodeObject>> {
            Err(vm.system_error("no compiler"))
        }
        fn parse_to_ast(&self, vm: &mut Vm, _request: &CompileRequest<'_>) -> PyResult {
            Err(vm.system_error("no parser"))
        }
        fn compile_ast(
            &self,
            vm: &mut Vm,
            _tree: &Value,
            _request: &CompileRequest<'_>,
        ) -> PyResult<Arc<pvm_pycfile::CodeObject>> {
            Err(vm.system_error("no compiler"))
        }
        fn symbol_table(&self, vm: &mut Vm, _request: &CompileRequest<'_>) -> PyResult {
            Err(vm.system_error("no compiler"))
        }
        fn native_module(&self, _name: &str) -> Option<&'static crate::native::ModuleDef> {
            None
        }
        fn native_module_names(&self) -> Vec<&'static str> {
            Vec::new()
        }
        fn frozen_module(&self, _name: &str) -> Option<FrozenModule> {
            None
        }
        fn frozen_code(&self, _name: &str) -> Option<crate::types::code::Source> {
            None
        }
        fn frozen_module_names(&self) -> Vec<String> {
            Vec::new()
        }
        fn embedded_source(&self, _filename: &str) -> Option<Vec<u8>> {
            None
        }
    }

    /// Runs `f` in a fresh interpreter without a compiler.
    pub(crate) fn with_vm<R>(f: impl FnOnce(&mut Vm) -> R) -> R {
        match Interpreter::new(Config::default(), Box::new(NoHost), DEFAULT_NATIVE_STACK) {
            Ok(mut interpreter) => interpreter.enter(f),
            Err(text) => panic!("{text}"),
        }
    }

    #[test]
    fn objects_live_and_cycles_die() {
        let mut interpreter =
            Interpreter::new(Config::default(), Box::new(NoHost), DEFAULT_NATIVE_STACK).unwrap();
        interpreter.enter(|vm| {
            let dict = Dict::new();
            for i in 0..1000i64 {
                dict.set(vm, Value::int(i), Str::from_str(&format!("value {i}")).into()).unwrap();
            }
            assert_eq!(dict.len(), 1000);
            let text = dict.get(vm, &Value::int(77)).unwrap().unwrap();
            assert_eq!(text.downcast_ref::<Str>().unwrap().to_string(), "value 77");
            for i in 0..990i64 {
                assert!(dict.remove(vm, &Value::int(i)).unwrap().is_some());
            }
            assert_eq!(dict.keys().len(), 10);

            crate::gc::collect(vm, 2);
            let before = vm.interp.gc.objects(None).len();
            let list = List::new(Vec::new());
            list.push((&list).into());
            drop(list);
            assert_eq!(vm.interp.gc.objects(None).len(), before + 1);
            assert_eq!(crate::gc::collect(vm, 2), 1);
            assert_eq!(vm.interp.gc.objects(None).len(), before);

            let mut deep = List::new(Vec::new());
            for _ in 0..200_000 {
                deep = List::new(vec![deep.into()]);
            }
            drop(deep);
        });
    }
}
