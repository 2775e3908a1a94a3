//! The state of one thread of an interpreter, and how errors travel.
//!
//! Every function that can run Python code takes `&mut Vm` and returns [`PyResult`]. The operations on objects
//! (attributes, calls, arithmetic, iteration, …) are methods of `Vm` in the folder `protocol`.

use crate::exec::frame::{Activations, Frames, Stack};
use crate::interp::Interp;
use crate::object::{Class, Ref, Value};
use crate::types::exception::Exception;

/// A Python exception on its way up.
#[derive(Clone, Debug)]
pub struct Raised(pub Ref<Exception>);

/// The result of whatever can raise.
pub type PyResult<T = Value> = Result<T, Raised>;

impl Raised {
    /// The exception's class.
    pub fn class(&self) -> &Ref<Class> {
        self.0.class()
    }

    /// Whether it is an instance of a class (by the method resolution order, as `except` checks).
    pub fn is(&self, class: &Ref<Class>) -> bool {
        self.0.class().is_subclass(class)
    }

    /// The exception as a value.
    pub fn value(&self) -> Value {
        (&self.0).into()
    }
}

/// One thread of an interpreter.
pub struct Vm {
    /// What all threads share.
    pub interp: &'static Interp,
    /// The activations, innermost last.
    pub(crate) frames: Frames,
    /// The registers of the activations.
    pub(crate) stack: Stack,
    /// The exception that is being handled (`sys.exception()`), or `None`.
    pub(crate) handled: Value,
    /// The handled exceptions of whoever resumed the running generators, innermost last.
    pub(crate) handled_outer: Vec<Value>,
    /// Numbers activations.
    pub(crate) next_activation: u64,
    /// `sys.setrecursionlimit`
    pub recursion_limit: usize,
    /// Activations in progress.
    pub(crate) depth: usize,
    /// Native calls in progress that may call Python code.
    pub(crate) native_depth: usize,
    /// Lowest address of the native stack that may be used.
    pub(crate) native_limit: usize,
    /// The thread's trace function (`sys.settrace`).
    pub trace: Option<Value>,
    /// The thread's profile function (`sys.setprofile`).
    pub profile: Option<Value>,
    /// `sys.get_asyncgen_hooks()`: first iteration, finaliser.
    pub asyncgen_hooks: (Value, Value),
    /// `sys.get_coroutine_origin_tracking_depth()`
    pub coroutine_origin_depth: usize,
    /// The current context (`contextvars`), owned by that module.
    pub context: Value,
    /// Containers that are being printed, so that `repr` of a cycle ends.
    pub(crate) repr_active: Vec<u64>,
    /// The `StopIteration` of an iterator that has just ended with a value (the slot `next` only says that it ended).
    pub stop: Option<Raised>,
    /// An exception that another thread wants raised here.
    pub async_exception: Option<Value>,
    /// A lock that is released when the thread ends (`_thread._set_sentinel`).
    pub sentinel: Option<Value>,
    /// Operating-system independent number of the thread (`threading.get_ident`).
    pub thread_ident: u64,
    /// Whether it is the interpreter's main thread, the one that handles signals.
    pub is_main: bool,
}

/// How much native stack must be left for a native call to go on.
pub(crate) const NATIVE_RESERVE: usize = 192 * 1024;

/// How deep native calls may nest, whatever the recursion limit, which counts activations: CPython's `C_RECURSION_LIMIT`.
/// A higher recursion limit raises this one too; the native stack is checked besides.
const NATIVE_DEPTH: usize = 1500;

impl Vm {
    /// A thread whose native stack has at least `native_stack` bytes below the caller.
    pub(crate) fn new(interp: &'static Interp, native_stack: usize, memory: Activations) -> Vm {
        Vm {
            interp,
            frames: memory.frames,
            stack: memory.stack,
            handled: Value::NONE,
            handled_outer: Vec::new(),
            next_activation: 1,
            recursion_limit: 1000,
            depth: 0,
            native_depth: 0,
            native_limit: native_address().saturating_sub(native_stack).saturating_add(NATIVE_RESERVE),
            trace: None,
            profile: None,
            asyncgen_hooks: (Value::NONE, Value::NONE),
            coroutine_origin_depth: 0,
            context: Value::NONE,
            repr_active: Vec::new(),
            stop: None,
            async_exception: None,
            sentinel: None,
            thread_ident: interp.next_thread_ident(),
            is_main: true,
        }
    }

    /// The built-in classes.
    #[inline(always)]
    pub fn types(&self) -> &'static crate::types::Types {
        self.interp.types()
    }

    /// How deep calls are nested.
    pub fn call_depth(&self) -> usize {
        self.depth
    }

    /// Drops the objects that the thread's state refers to.
    pub(crate) fn clear_thread_state(&mut self) {
        let handled = self.take_handled_state();
        let hooks =
            (self.trace.take(), self.profile.take(), self.async_exception.take(), self.sentinel.take());
        let more = std::mem::replace(&mut self.asyncgen_hooks, (Value::NONE, Value::NONE));
        let context = std::mem::replace(&mut self.context, Value::NONE);
        drop((handled, hooks, more, context));
    }

    /// Interned names.
    #[inline(always)]
    pub fn names(&self) -> &'static crate::types::names::Names {
        self.interp.names()
    }

    /// The interned string equal to `text`.
    pub fn intern(&self, text: &str) -> Ref<crate::types::str::Str> {
        self.interp.intern(text)
    }

    /// Runs native code that may call Python code, one level deeper; raises `RecursionError` where the native
    /// stack is used up or too many native calls are in progress.
    #[inline]
    pub fn nested<R>(&mut self, what: &str, f: impl FnOnce(&mut Vm) -> PyResult<R>) -> PyResult<R> {
        let too_deep = self.native_depth >= NATIVE_DEPTH && self.native_depth >= self.recursion_limit;
        if too_deep || native_address() < self.native_limit {
            return Err(self.recursion_error_for(what));
        }
        self.native_depth += 1;
        let result = f(self);
        self.native_depth -= 1;
        result
    }

    /// Raises `RecursionError` where the native stack is used up: for native code that recurses by itself.
    #[inline]
    pub fn check_native_stack(&mut self, what: &str) -> PyResult<()> {
        if native_address() < self.native_limit { Err(self.recursion_error_for(what)) } else { Ok(()) }
    }

    #[cold]
    pub(crate) fn recursion_error_for(&mut self, what: &str) -> Raised {
        // Room to handle the error, as CPython leaves it.
        self.recursion_error(format!("maximum recursion depth exceeded{what}"))
    }

    /// The exception that is being handled here or in whoever resumed the running generators.
    pub fn current_handled(&self) -> Option<Ref<Exception>> {
        let mut all = std::iter::once(&self.handled).chain(self.handled_outer.iter().rev());
        all.find(|v| !v.is_none()).and_then(|v| v.downcast_ref::<Exception>().cloned())
    }

    /// Sets the handled exception aside, for code that runs in between (finalisers).
    pub(crate) fn take_handled_state(&mut self) -> (Value, Vec<Value>) {
        (std::mem::replace(&mut self.handled, Value::NONE), std::mem::take(&mut self.handled_outer))
    }

    /// Puts back what [`Vm::take_handled_state`] took.
    pub(crate) fn restore_handled_state(&mut self, state: (Value, Vec<Value>)) {
        let old = (
            std::mem::replace(&mut self.handled, state.0),
            std::mem::replace(&mut self.handled_outer, state.1),
        );
        drop(old);
    }
}

/// About where the native stack ends now.
#[inline(always)]
pub(crate) fn native_address() -> usize {
    let marker = 0u8;
    std::hint::black_box(&raw const marker) as usize
}
