//! `_thread`: operating-system threads under the interpreter's lock, and locks.

use pvm_vm::native::{Args, Optional};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::module::Module;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::{pymethods, pymodule};
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The smallest stack that `stack_size` accepts, as CPython's.
const MIN_STACK_BYTES: usize = 32 * 1024;

/// What a lock of Python is made of: a flag that threads wait for.
#[derive(Default)]
struct Gate {
    held: Mutex<bool>,
    freed: Condvar,
}

impl Gate {
    fn try_acquire(&self) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut *held, true)
    }

    /// Waits for the flag, until a deadline where there is one.
    fn acquire_until(&self, deadline: Option<Instant>) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        while *held {
            match deadline {
                None => held = self.freed.wait(held).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|d| !d.is_zero())
                    else {
                        return false;
                    };
                    held = self.freed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        *held = true;
        true
    }

    fn release(&self) -> bool {
        let was = std::mem::replace(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner), false);
        self.freed.notify_one();
        was
    }

    fn is_held(&self) -> bool {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Slices of a wait, so that signals are noticed.
const SLICE: Duration = Duration::from_millis(50);

/// Waits for a gate as `acquire(blocking, timeout)` says.
fn acquire(vm: &mut Vm, gate: &Arc<Gate>, blocking: bool, timeout: f64) -> PyResult<bool> {
    if !blocking && timeout != -1.0 {
        return Err(vm.value_error("can't specify a timeout for a non-blocking call"));
    }
    if timeout < 0.0 && timeout != -1.0 {
        return Err(vm.value_error("timeout value must be positive"));
    }
    if timeout > 9_223_372_036.0 {
        return Err(vm.overflow_error("timeout value is too large"));
    }
    if gate.try_acquire() {
        return Ok(true);
    }
    if !blocking || timeout == 0.0 {
        return Ok(false);
    }
    let deadline = (timeout > 0.0).then(|| Instant::now() + Duration::from_secs_f64(timeout));
    loop {
        let slice = Instant::now() + SLICE;
        let until = deadline.map_or(slice, |d| d.min(slice));
        let waiting = gate.clone();
        if vm.without_lock(move || waiting.acquire_until(Some(until))) {
            return Ok(true);
        }
        if deadline.is_some_and(|d| Instant::now() >= d) {
            return Ok(false);
        }
        vm.check_signals()?;
    }
}

/// `_thread.lock`
pub struct Lock {
    gate: Arc<Gate>,
}

pvm_vm::payload!(Lock, "_thread.lock");

#[pymethods(name = "lock", module = "_thread", flags = flag::HAS_WEAKREF | flag::NO_INSTANTIATION)]
impl Lock {
    /// Lock the lock.
    #[method(sig = "(blocking=True, timeout=-1)")]
    fn acquire(
        vm: &mut Vm,
        this: &Ref<Lock>,
        #[default(true)] blocking: bool,
        #[default(-1.0)] timeout: f64,
    ) -> PyResult<bool> {
        let gate = this.gate.clone();
        acquire(vm, &gate, blocking, timeout)
    }

    #[method(sig = "(blocking=True, timeout=-1)")]
    fn acquire_lock(
        vm: &mut Vm,
        this: &Ref<Lock>,
        #[default(true)] blocking: bool,
        #[default(-1.0)] timeout: f64,
    ) -> PyResult<bool> {
        Lock::acquire(vm, this, blocking, timeout)
    }

    /// Release the lock, allowing another thread that is blocked waiting for the lock to acquire it.
    #[method]
    fn release(vm: &mut Vm, this: &Ref<Lock>) -> PyResult<()> {
        if this.gate.release() { Ok(()) } else { Err(vm.runtime_error("release unlocked lock")) }
    }

    #[method]
    fn release_lock(vm: &mut Vm, this: &Ref<Lock>) -> PyResult<()> {
        Lock::release(vm, this)
    }

    /// Return whether the lock is in the locked state.
    #[method]
    fn locked(this: &Ref<Lock>) -> bool {
        this.gate.is_held()
    }

    #[method]
    fn locked_lock(this: &Ref<Lock>) -> bool {
        this.gate.is_held()
    }

    #[method(name = "__enter__")]
    fn enter(vm: &mut Vm, this: &Ref<Lock>) -> PyResult<bool> {
        Lock::acquire(vm, this, true, -1.0)
    }

    #[method(name = "__exit__", sig = "(*args)")]
    fn exit(vm: &mut Vm, this: &Ref<Lock>, args: &[Value]) -> PyResult<()> {
        let _ = args;
        Lock::release(vm, this)
    }

    #[method]
    fn _at_fork_reinit(this: &Ref<Lock>) {
        this.gate.release();
    }

    #[slot(repr)]
    fn repr(_vm: &mut Vm, this: &Ref<Lock>) -> PyResult {
        let state = if this.gate.is_held() { "locked" } else { "unlocked" };
        Ok(format!("<{state} _thread.lock object at {:#x}>", this.as_value().identity()).into())
    }
}

/// `_thread.RLock`
pub struct RLock {
    gate: Arc<Gate>,
    owner: Cell<u64>,
    count: Cell<u64>,
}

pvm_vm::payload!(RLock, "_thread.RLock");

#[pymethods(name = "RLock", module = "_thread", flags = flag::HAS_WEAKREF | flag::BASE_TYPE)]
impl RLock {
    #[slot(new)]
    fn new(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let lock = RLock { gate: Arc::default(), owner: Cell::new(0), count: Cell::new(0) };
        Ok(Ref::new(lock, class).into())
    }

    #[method(sig = "(blocking=True, timeout=-1)")]
    fn acquire(
        vm: &mut Vm,
        this: &Ref<RLock>,
        #[default(true)] blocking: bool,
        #[default(-1.0)] timeout: f64,
    ) -> PyResult<bool> {
        if this.owner.get() == vm.thread_ident && this.count.get() > 0 {
            this.count.set(this.count.get() + 1);
            return Ok(true);
        }
        let gate = this.gate.clone();
        let taken = acquire(vm, &gate, blocking, timeout)?;
        if taken {
            this.owner.set(vm.thread_ident);
            this.count.set(1);
        }
        Ok(taken)
    }

    #[method]
    fn release(vm: &mut Vm, this: &Ref<RLock>) -> PyResult<()> {
        if this.count.get() == 0 || this.owner.get() != vm.thread_ident {
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        this.count.set(this.count.get() - 1);
        if this.count.get() == 0 {
            this.owner.set(0);
            this.gate.release();
        }
        Ok(())
    }

    #[method(name = "__enter__")]
    fn enter(vm: &mut Vm, this: &Ref<RLock>) -> PyResult<bool> {
        RLock::acquire(vm, this, true, -1.0)
    }

    #[method(name = "__exit__", sig = "(*args)")]
    fn exit(vm: &mut Vm, this: &Ref<RLock>, args: &[Value]) -> PyResult<()> {
        let _ = args;
        RLock::release(vm, this)
    }

    #[method]
    fn _is_owned(vm: &mut Vm, this: &Ref<RLock>) -> bool {
        this.count.get() > 0 && this.owner.get() == vm.thread_ident
    }

    #[method]
    fn _recursion_count(vm: &mut Vm, this: &Ref<RLock>) -> u64 {
        if this.owner.get() == vm.thread_ident { this.count.get() } else { 0 }
    }

    #[method]
    fn _release_save(vm: &mut Vm, this: &Ref<RLock>) -> PyResult<Ref<Tuple>> {
        if this.count.get() == 0 {
            return Err(vm.runtime_error("cannot release un-acquired lock"));
        }
        let saved = Tuple::new([Value::from(this.count.replace(0)), Value::from(this.owner.replace(0))]);
        this.gate.release();
        Ok(saved)
    }

    #[method]
    fn _acquire_restore(vm: &mut Vm, this: &Ref<RLock>, state: Ref<Tuple>) -> PyResult<()> {
        let gate = this.gate.clone();
        acquire(vm, &gate, true, -1.0)?;
        if let [count, owner] = state.as_slice() {
            this.count.set(count.as_small_int().unwrap_or(1) as u64);
            this.owner.set(owner.as_small_int().unwrap_or(0) as u64);
        }
        Ok(())
    }

    #[method]
    fn _at_fork_reinit(this: &Ref<RLock>) {
        this.count.set(0);
        this.owner.set(0);
        this.gate.release();
    }

    #[slot(repr)]
    fn repr(_vm: &mut Vm, this: &Ref<RLock>) -> PyResult {
        let state = if this.count.get() > 0 { "locked" } else { "unlocked" };
        let (owner, count) = (this.owner.get(), this.count.get());
        let at = this.as_value().identity();
        Ok(format!("<{state} {} object owner={owner} count={count} at {at:#x}>", this.class().name()).into())
    }
}

/// `_thread._local`: attributes that each thread has for itself.
pub struct Local {
    args: Vec<Value>,
    keywords: Vec<(Value, Value)>,
    dicts: RefCell<Vec<(u64, Ref<Dict>)>>,
}

pvm_vm::payload!(
    Local,
    "_thread._local",
    |local, visit| {
        local.args.iter().for_each(&mut *visit);
        local.keywords.iter().for_each(|(_, v)| visit(v));
        local.dicts.borrow().iter().for_each(|(_, d)| visit(d.as_value()));
    },
    |local| drop(local.dicts.take())
);

impl Local {
    /// This thread's attributes; `__init__` runs again for each thread that has none yet.
    fn dict(vm: &mut Vm, this: &Ref<Local>) -> PyResult<Ref<Dict>> {
        let ident = vm.thread_ident;
        if let Some((_, dict)) = this.dicts.borrow().iter().find(|(id, _)| *id == ident) {
            return Ok(dict.clone());
        }
        let dict = Dict::new();
        let first = this.dicts.borrow().is_empty();
        this.dicts.borrow_mut().push((ident, dict.clone()));
        if !first && let Some(init) = vm.lookup_attr_str(this.as_value(), "__init__")? {
            vm.call_with_keywords(&init, &this.args, &this.keywords)?;
        }
        Ok(dict)
    }
}

#[pymethods(name = "_local", module = "_thread", flags = flag::HAS_WEAKREF | flag::BASE_TYPE)]
impl Local {
    #[slot(new)]
    fn new(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let local = Local {
            args: args.pos().to_vec(),
            keywords: args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect(),
            dicts: RefCell::default(),
        };
        let this = Ref::new(local, class);
        Local::dict(vm, &this)?;
        Ok(this.into())
    }

    #[slot(getattro)]
    fn getattro(vm: &mut Vm, this: &Value, name: &Ref<pvm_vm::types::str::Str>) -> PyResult {
        if let Some(local) = this.downcast_ref::<Local>() {
            let local = local.clone();
            let dict = Local::dict(vm, &local)?;
            if name.is(&vm.names().dunder_dict) {
                return Ok(dict.into());
            }
            let data = this.class().lookup(name).is_some_and(|d| d.class().slots.descr_set.get().is_some());
            if !data && let Some(value) = dict.get_str(name) {
                return Ok(value);
            }
        }
        pvm_vm::protocol::attributes::generic_get_attr(vm, this, name)
    }

    #[slot(setattro)]
    fn setattro(
        vm: &mut Vm,
        this: &Value,
        name: &Ref<pvm_vm::types::str::Str>,
        value: Option<Value>,
    ) -> PyResult<()> {
        let data = this.class().lookup(name).is_some_and(|d| d.class().slots.descr_set.get().is_some());
        let Some(local) = this.downcast_ref::<Local>().filter(|_| !data).cloned() else {
            return pvm_vm::protocol::attributes::generic_set_attr(vm, this, name, value);
        };
        let dict = Local::dict(vm, &local)?;
        match value {
            Some(value) => dict.set_str(name, value),
            None => {
                if dict.remove_str(name).is_none() {
                    return Err(vm.no_attribute(this, name));
                }
            }
        }
        Ok(())
    }
}

/// `_thread`
#[pymodule(
    name = "_thread",
    doc = "This module provides primitive operations to write multi-threaded programs.\nThe 'threading' module provides a more convenient interface."
)]
pub mod thread_module {
    use super::*;

    #[pyfunction(sig = "()")]
    fn allocate_lock(vm: &mut Vm) -> PyResult<Ref<Lock>> {
        new_lock(vm)
    }

    #[pyfunction(sig = "()")]
    fn allocate(vm: &mut Vm) -> PyResult<Ref<Lock>> {
        new_lock(vm)
    }

    fn new_lock(vm: &mut Vm) -> PyResult<Ref<Lock>> {
        let class = pvm_vm::types::init::class_of::<Lock>(vm)?;
        Ok(Ref::new(Lock { gate: Arc::default() }, &class))
    }

    #[pyfunction(sig = "()")]
    fn get_ident(vm: &mut Vm) -> u64 {
        vm.thread_ident
    }

    #[pyfunction(sig = "()")]
    fn get_native_id(vm: &mut Vm) -> u64 {
        vm.thread_ident
    }

    #[pyfunction(sig = "()")]
    fn _count(vm: &mut Vm) -> usize {
        vm.interp.thread_count()
    }

    #[pyfunction(sig = "()")]
    fn _set_sentinel(vm: &mut Vm) -> PyResult<Ref<Lock>> {
        let lock = new_lock(vm)?;
        vm.sentinel = Some((&lock).into());
        Ok(lock)
    }

    #[pyfunction(sig = "(size=0, /)")]
    fn stack_size(vm: &mut Vm, #[default(0)] size: i64) -> PyResult<usize> {
        let bytes = match usize::try_from(size) {
            Ok(0) => 0,
            Ok(bytes) if bytes >= MIN_STACK_BYTES => bytes,
            Ok(_) => return Err(vm.value_error(format!("size not valid: {size} bytes"))),
            Err(_) => return Err(vm.value_error("size must be 0 or a positive value")),
        };
        Ok(vm.interp.thread_stack_bytes.replace(bytes))
    }

    #[pyfunction(sig = "")]
    fn start_new_thread(
        vm: &mut Vm,
        function: Value,
        args: Ref<Tuple>,
        kwargs: Optional<Ref<Dict>>,
    ) -> PyResult<u64> {
        if !vm.is_callable(&function) {
            return Err(vm.type_error("first arg must be callable"));
        }
        let keywords = match kwargs {
            Optional::Present(dict) => dict.items(),
            Optional::Missing => Vec::new(),
        };
        vm.start_thread(function, args.as_slice().to_vec(), keywords)
    }

    #[pyfunction(sig = "")]
    fn start_new(
        vm: &mut Vm,
        function: Value,
        args: Ref<Tuple>,
        kwargs: Optional<Ref<Dict>>,
    ) -> PyResult<u64> {
        start_new_thread(vm, function, args, kwargs)
    }

    #[pyfunction(sig = "()")]
    fn exit(vm: &mut Vm) -> PyResult {
        let class = &vm.types().exceptions.system_exit;
        Err(vm.new_error_with(class, &[]))
    }

    #[pyfunction(sig = "()")]
    fn exit_thread(vm: &mut Vm) -> PyResult {
        exit(vm)
    }

    #[pyfunction(sig = "()")]
    fn daemon_threads_allowed() -> bool {
        true
    }

    #[pyfunction(sig = "(args, /)")]
    fn _excepthook(vm: &mut Vm, args: &Value) -> PyResult<()> {
        let value = vm.get_attr_str(args, "exc_value")?;
        let thread = vm.get_attr_str(args, "thread")?;
        if value.class().is_subclass(&vm.types().exceptions.system_exit) {
            return Ok(());
        }
        let name = if thread.is_none() {
            vm.thread_ident.to_string()
        } else {
            let name = vm.get_attr_str(&thread, "name")?;
            vm.str(&name)?.to_string()
        };
        vm.write_stderr(&format!("Exception in thread {name}:\n"));
        vm.display_exception(&value, None);
        Ok(())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let lock = crate::support::add_class::<Lock>(vm, module, "LockType")?;
        module.set("lock", lock);
        crate::support::add_class::<RLock>(vm, module, "RLock")?;
        crate::support::add_class::<Local>(vm, module, "_local")?;
        module.set("error", &vm.types().exceptions.runtime_error);
        module.set("TIMEOUT_MAX", 9_223_372_036.0);
        let arguments = EXCEPT_HOOK_ARGS.class(vm)?;
        module.set("_ExceptHookArgs", arguments);
        Ok(())
    }
}

static EXCEPT_HOOK_ARGS: pvm_vm::types::struct_sequence::StructSequence =
    pvm_vm::types::struct_sequence::StructSequence {
        module: "_thread",
        name: "_ExceptHookArgs",
        doc: "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.",
        fields: &["exc_type", "exc_value", "exc_traceback", "thread"],
        visible: 4,
        instantiable: true,
    };
