//! The module `sys`: functions. Its attributes are made by `sys_attributes`.

use crate::native::{Args, Optional};
use crate::object::{Ref, Value};
use crate::types::exception::Exception;
use crate::types::frame::FrameObject;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymodule;

/// The declaration.
pub use sys_module::MODULE;

/// `sys`
#[pymodule(
    name = "sys",
    doc = "This module provides access to some objects used or maintained by the\ninterpreter and to functions that interact strongly with the interpreter."
)]
pub mod sys_module {
    use super::*;

    /// Helper for the module `inspect` and others: the frame at a depth.
    #[pyfunction(sig = "(depth=0, /)")]
    fn _getframe(vm: &mut Vm, #[default(0)] depth: i64) -> PyResult<Ref<FrameObject>> {
        let depth = usize::try_from(depth).unwrap_or(0);
        match vm.frame_object(depth) {
            Some(frame) => Ok(frame),
            None => Err(vm.value_error("call stack is not deep enough")),
        }
    }

    #[pyfunction(sig = "(depth=0)")]
    fn _getframemodulename(vm: &mut Vm, #[default(0)] depth: i64) -> Value {
        let function = usize::try_from(depth).ok().and_then(|d| vm.running_function(d));
        function.map_or(Value::NONE, |f| f.module.borrow().clone())
    }

    #[pyfunction(sig = "()")]
    fn _clear_type_cache(vm: &mut Vm) {
        vm.interp.clear_method_cache();
    }

    #[pyfunction(sig = "()")]
    fn _current_frames(vm: &mut Vm) -> PyResult {
        let dict = crate::types::dict::Dict::new();
        for (ident, frame) in vm.innermost_frames() {
            dict.set(vm, Value::from(ident), frame.into())?;
        }
        Ok(dict.into())
    }

    #[pyfunction(sig = "()")]
    fn _current_exceptions(vm: &mut Vm) -> PyResult {
        let dict = crate::types::dict::Dict::new();
        let handled: Value = vm.current_handled().into();
        dict.set(vm, Value::from(vm.thread_ident), handled)?;
        Ok(dict.into())
    }

    #[pyfunction(sig = "(hook)")]
    fn addaudithook(vm: &mut Vm, hook: Value) -> PyResult<()> {
        let hooks = vm.interp.extension(AuditHooks::default);
        hooks.0.borrow_mut().push(hook);
        Ok(())
    }

    #[pyfunction(sig = "(event, *args)")]
    fn audit(vm: &mut Vm, event: Ref<Str>, args: &[Value]) -> PyResult<()> {
        let hooks = vm.interp.extension(AuditHooks::default).0.borrow().clone();
        if hooks.is_empty() {
            return Ok(());
        }
        let args: Value = Tuple::new(args.to_vec()).into();
        for hook in hooks {
            vm.call(&hook, &[(&event).into(), args.clone()])?;
        }
        Ok(())
    }

    #[pyfunction(sig = "(*args, **kws)")]
    fn breakpointhook(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let name = match std::env::var("PYTHONBREAKPOINT") {
            Ok(name) if !vm.interp.config.ignore_environment => name,
            _ => String::new(),
        };
        if name == "0" {
            return Ok(Value::NONE);
        }
        let path = if name.is_empty() { "pdb.set_trace".to_owned() } else { name };
        let (module, attribute) = path.rsplit_once('.').unwrap_or(("builtins", &path));
        let import = vm.builtin("__import__")?;
        let from: Value = Tuple::new([attribute.into()]).into();
        let module = vm.call(&import, &[module.into(), Value::NONE, Value::NONE, from, Value::int(0)])?;
        let hook = vm.get_attr_str(&module, attribute)?;
        vm.call_args(&hook, args)
    }

    #[pyfunction(sig = "(func, args, /)")]
    fn call_tracing(vm: &mut Vm, func: &Value, args: Ref<Tuple>) -> PyResult {
        vm.call(func, args.as_slice())
    }

    #[pyfunction(sig = "(object, /)")]
    fn displayhook(vm: &mut Vm, object: &Value) -> PyResult<()> {
        if object.is_none() {
            return Ok(());
        }
        let underscore = vm.names().underscore.clone();
        let builtins = vm.interp.builtins.get().cloned();
        if let Some(builtins) = &builtins {
            builtins.set_str(&underscore, Value::NONE);
        }
        let text = vm.repr(object)?;
        crate::modules::console::print(vm, &[text.into()], None, None, None, false)?;
        if let Some(builtins) = &builtins {
            builtins.set_str(&underscore, object.clone());
        }
        Ok(())
    }

    #[pyfunction(sig = "(exctype, value, traceback, /)")]
    fn excepthook(vm: &mut Vm, exctype: &Value, value: &Value, traceback: &Value) -> PyResult<()> {
        let _ = exctype;
        if let Some(exception) = value.downcast_ref::<Exception>() {
            if exception.traceback.borrow().is_none()
                && let Some(traceback) = traceback.downcast_ref::<crate::types::traceback::Traceback>()
            {
                drop(exception.traceback.replace(Some(traceback.clone())));
            }
            vm.print_exception(&Raised(exception.clone()));
        }
        Ok(())
    }

    #[pyfunction(sig = "(unraisable, /)")]
    fn unraisablehook(vm: &mut Vm, unraisable: &Value) -> PyResult<()> {
        crate::types::exception_methods::unraisable::default_hook(vm, unraisable)
    }

    #[pyfunction(sig = "()")]
    fn exc_info(vm: &mut Vm) -> Ref<Tuple> {
        match vm.current_handled() {
            Some(exception) => {
                let traceback = exception.traceback.borrow().clone();
                Tuple::new([exception.class().into(), (&exception).into(), traceback.into()])
            }
            None => Tuple::new([Value::NONE, Value::NONE, Value::NONE]),
        }
    }

    #[pyfunction(sig = "()")]
    fn exception(vm: &mut Vm) -> Value {
        vm.current_handled().into()
    }

    #[pyfunction(sig = "(status=None, /)")]
    fn exit(vm: &mut Vm, status: Option<Value>) -> PyResult {
        let class = &vm.types().exceptions.system_exit;
        let args: Vec<Value> = status.into_iter().collect();
        Err(vm.new_error_with(class, &args))
    }

    #[pyfunction(sig = "()")]
    fn get_asyncgen_hooks(vm: &mut Vm) -> Value {
        let (first, last) = vm.asyncgen_hooks.clone();
        crate::modules::sys_attributes::asyncgen_hooks(vm, first, last)
    }

    #[pyfunction(sig = "(firstiter=None, finalizer=None)")]
    fn set_asyncgen_hooks(
        vm: &mut Vm,
        firstiter: Optional<Value>,
        finalizer: Optional<Value>,
    ) -> PyResult<()> {
        for (hook, name) in [(&firstiter, "firstiter"), (&finalizer, "finalizer")] {
            if let Optional::Present(hook) = hook
                && !hook.is_none()
                && !vm.is_callable(hook)
            {
                let found = hook.class().name();
                return Err(vm.type_error(format!("callable {name} expected, got {found}")));
            }
        }
        let mut old = Vec::new();
        if let Optional::Present(hook) = firstiter {
            old.push(std::mem::replace(&mut vm.asyncgen_hooks.0, hook));
        }
        if let Optional::Present(hook) = finalizer {
            old.push(std::mem::replace(&mut vm.asyncgen_hooks.1, hook));
        }
        Ok(())
    }

    #[pyfunction(sig = "()")]
    fn get_coroutine_origin_tracking_depth(vm: &mut Vm) -> usize {
        vm.coroutine_origin_depth
    }

    #[pyfunction(sig = "(depth)")]
    fn set_coroutine_origin_tracking_depth(vm: &mut Vm, depth: i64) -> PyResult<()> {
        match usize::try_from(depth) {
            Ok(depth) => vm.coroutine_origin_depth = depth,
            Err(_) => return Err(vm.value_error("depth must be >= 0")),
        }
        Ok(())
    }

    #[pyfunction(sig = "()")]
    fn get_int_max_str_digits(vm: &mut Vm) -> usize {
        vm.interp.int_max_str_digits.get()
    }

    #[pyfunction(sig = "(maxdigits)")]
    fn set_int_max_str_digits(vm: &mut Vm, maxdigits: i64) -> PyResult<()> {
        match usize::try_from(maxdigits) {
            Ok(digits) if digits == 0 || digits >= 640 => {
                vm.interp.int_max_str_digits.set(digits);
                Ok(())
            }
            _ => Err(vm.value_error("maxdigits must be 0 or larger than 640")),
        }
    }

    #[pyfunction(sig = "()")]
    fn getallocatedblocks(vm: &mut Vm) -> usize {
        vm.interp.gc.objects(None).len()
    }

    #[pyfunction(sig = "()")]
    fn getunicodeinternedsize(vm: &mut Vm) -> usize {
        vm.interp.interned_count()
    }

    #[pyfunction(sig = "()")]
    fn getdefaultencoding() -> &'static str {
        "utf-8"
    }

    #[pyfunction(sig = "()")]
    fn getfilesystemencoding() -> &'static str {
        "utf-8"
    }

    #[pyfunction(sig = "()")]
    fn getfilesystemencodeerrors() -> &'static str {
        "surrogateescape"
    }

    #[pyfunction(sig = "()")]
    fn getrecursionlimit(vm: &mut Vm) -> usize {
        vm.recursion_limit
    }

    #[pyfunction(sig = "(limit, /)")]
    fn setrecursionlimit(vm: &mut Vm, limit: i64) -> PyResult<()> {
        let Some(limit) = usize::try_from(limit).ok().filter(|l| *l > 0) else {
            return Err(vm.value_error("recursion limit must be greater or equal than 1"));
        };
        if limit <= vm.call_depth() {
            let depth = vm.call_depth();
            return Err(vm.recursion_error(format!(
                "cannot set the recursion limit to {limit} at the recursion depth {depth}: the limit is too low"
            )));
        }
        vm.recursion_limit = limit;
        Ok(())
    }

    #[pyfunction(sig = "(object, /)")]
    fn getrefcount(object: &Value) -> u32 {
        // The caller's reference in a register may be the only one.
        object.header().map_or(u32::MAX, |h| h.count().saturating_add(1))
    }

    #[pyfunction(sig = "")]
    fn getsizeof(vm: &mut Vm, object: &Value, default: Optional<Value>) -> PyResult {
        match vm.call_special(object, &vm.names().dunder_sizeof, &[]) {
            Ok(Some(size)) => Ok(size),
            Ok(None) => match default {
                Optional::Present(default) => Ok(default),
                Optional::Missing => {
                    let class = object.class().name();
                    Err(vm.type_error(format!("Type {class} doesn't define __sizeof__")))
                }
            },
            Err(raised) => match default {
                Optional::Present(default) if raised.is(&vm.types().exceptions.type_error) => Ok(default),
                _ => Err(raised),
            },
        }
    }

    #[pyfunction(sig = "()")]
    fn getswitchinterval(vm: &mut Vm) -> f64 {
        f64::from(vm.interp.lock.interval_us.load(std::sync::atomic::Ordering::Relaxed)) / 1e6
    }

    #[pyfunction(sig = "(interval, /)")]
    fn setswitchinterval(vm: &mut Vm, interval: f64) -> PyResult<()> {
        if interval <= 0.0 {
            return Err(vm.value_error("switch interval must be strictly positive"));
        }
        let micros = (interval * 1e6).min(f64::from(u32::MAX)).max(1.0) as u32;
        vm.interp.lock.interval_us.store(micros, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    #[pyfunction(sig = "()")]
    fn gettrace(vm: &mut Vm) -> Value {
        vm.trace.clone().into()
    }

    #[pyfunction(sig = "(function, /)")]
    fn settrace(vm: &mut Vm, function: &Value) -> PyResult<()> {
        if !function.is_none() {
            return Err(vm.not_implemented_error("sys.settrace() is not there yet"));
        }
        let old = vm.trace.take();
        drop(old);
        Ok(())
    }

    #[pyfunction(sig = "()")]
    fn getprofile(vm: &mut Vm) -> Value {
        vm.profile.clone().into()
    }

    #[pyfunction(sig = "(function, /)")]
    fn setprofile(vm: &mut Vm, function: &Value) -> PyResult<()> {
        if !function.is_none() {
            return Err(vm.not_implemented_error("sys.setprofile() is not there yet"));
        }
        let old = vm.profile.take();
        drop(old);
        Ok(())
    }

    #[pyfunction(sig = "(string, /)")]
    fn intern(vm: &mut Vm, string: &Value) -> PyResult<Ref<Str>> {
        match string.downcast_ref::<Str>() {
            Some(text) if text.class().is(&vm.types().str) => Ok(vm.interp.intern_ref(text)),
            Some(_) => {
                let found = string.class().name();
                Err(vm.type_error(format!("can't intern {found}")))
            }
            None => {
                let found = string.class().name();
                Err(vm.type_error(format!("intern() argument must be str, not {found}")))
            }
        }
    }

    #[pyfunction(sig = "()")]
    fn is_finalizing(vm: &mut Vm) -> bool {
        vm.interp.finalizing.get()
    }

    #[pyfunction(sig = "()")]
    fn is_stack_trampoline_active() -> bool {
        false
    }

    #[pyfunction(sig = "()")]
    fn getdlopenflags() -> i64 {
        2
    }

    fn init(vm: &mut Vm, module: &Ref<crate::types::module::Module>) -> PyResult<()> {
        crate::modules::sys_attributes::add(vm, module)
    }
}

/// `sys.addaudithook`
#[derive(Default)]
struct AuditHooks(std::cell::RefCell<Vec<Value>>);
