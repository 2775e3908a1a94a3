//! The lock under which Python code runs, and what other threads ask of its holder.

use crate::exec::frame::Activations;
use crate::interp;
use crate::object::Value;
use crate::vm::{NATIVE_RESERVE, PyResult, Vm};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The lock of one interpreter. A thread that waits asks the holder to let go at its next safepoint.
pub struct Lock {
    held: Mutex<bool>,
    freed: Condvar,
    /// Something wants the holder's attention: a thread waiting, a signal, a pending call.
    pub attention: AtomicBool,
    waiting: AtomicU32,
    /// A signal has come in; `on_signal` deals with it on the main thread.
    pub signalled: AtomicBool,
    on_signal: std::sync::OnceLock<fn(&mut Vm) -> PyResult<()>>,
    /// The only thread that gets the lock any more, once the program ends.
    last_holder: std::sync::OnceLock<std::thread::ThreadId>,
    /// How long a thread waits before it asks, in microseconds (`sys.setswitchinterval`).
    pub interval_us: AtomicU32,
}

impl Lock {
    pub(crate) fn new() -> Lock {
        Lock {
            held: Mutex::new(false),
            freed: Condvar::new(),
            attention: AtomicBool::new(false),
            waiting: AtomicU32::new(0),
            signalled: AtomicBool::new(false),
            on_signal: std::sync::OnceLock::new(),
            last_holder: std::sync::OnceLock::new(),
            interval_us: AtomicU32::new(5000),
        }
    }

    /// Waits for the lock and takes it.
    pub fn acquire(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if *held {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            while *held {
                let interval = Duration::from_micros(u64::from(self.interval_us.load(Ordering::Relaxed)));
                let (guard, timeout) =
                    self.freed.wait_timeout(held, interval).unwrap_or_else(PoisonError::into_inner);
                held = guard;
                if *held && timeout.timed_out() {
                    self.attention.store(true, Ordering::Relaxed);
                }
            }
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        if self.last_holder.get().is_some_and(|last| *last != std::thread::current().id()) {
            drop(held);
            self.freed.notify_one();
            loop {
                std::thread::park();
            }
        }
        *held = true;
        // Another thread may have taken note of a signal that the main thread must deal with.
        if self.signalled.load(Ordering::Relaxed) {
            self.attention.store(true, Ordering::Relaxed);
        }
    }

    /// Takes the lock if it can be had within this time. For a thread that runs no Python code.
    pub fn acquire_within(&self, limit: Duration) -> bool {
        let end = std::time::Instant::now() + limit;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        while *held {
            let Some(left) = end.checked_duration_since(std::time::Instant::now()) else { break };
            self.attention.store(true, Ordering::Relaxed);
            let slice = left.min(Duration::from_micros(u64::from(self.interval_us.load(Ordering::Relaxed))));
            let waited = self.freed.wait_timeout(held, slice);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        !std::mem::replace(&mut *held, true)
    }

    /// From now on no other thread than the holder, which calls this, gets the lock: whoever asks for it waits for the end of
    /// the process.
    pub fn close(&self) {
        let _ = self.last_holder.set(std::thread::current().id());
    }

    /// Lets go of the lock.
    pub fn release(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = false;
        drop(held);
        self.freed.notify_one();
    }

    /// Lets the threads that wait have a turn.
    pub(crate) fn yield_turn(&self) {
        if self.is_wanted() {
            self.release();
            std::thread::yield_now();
            self.acquire();
        }
    }

    /// Says what deals with signals. The first answer stays.
    pub fn set_signal_handler(&self, handle: fn(&mut Vm) -> PyResult<()>) {
        let _ = self.on_signal.set(handle);
    }

    /// Whether another thread waits.
    pub fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}

impl Vm {
    /// Does what other threads and signals have asked for. Called at safepoints.
    pub(crate) fn attend(&mut self) -> PyResult<()> {
        let lock = &self.interp.lock;
        if lock.is_wanted() {
            let (interp, vm) = interp::attach(std::ptr::null(), std::ptr::null_mut());
            lock.yield_turn();
            interp::attach(interp, vm);
        }
        if lock.signalled.load(Ordering::Relaxed)
            && self.is_main
            && let Some(handle) = lock.on_signal.get()
        {
            lock.signalled.store(false, Ordering::Relaxed);
            handle(self)?;
        }
        match self.async_exception.take() {
            Some(exception) => Err(self.raise_value(exception)),
            None => Ok(()),
        }
    }

    /// Runs `f`, which must not touch any object, while other threads may run Python code.
    pub fn without_lock<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let (interp, vm) = interp::attach(std::ptr::null(), std::ptr::null_mut());
        self.interp.lock.release();
        let result = f();
        self.interp.lock.acquire();
        interp::attach(interp, vm);
        result
    }
}

/// Lets a thread that runs no Python code look at the stacks of those that do.
pub struct StackReader(&'static interp::Interp);

// SAFETY: what is not the lock is touched only by `write`, while the lock is held.
unsafe impl Send for StackReader {}

impl StackReader {
    /// For the interpreter of a thread.
    pub fn new(vm: &Vm) -> StackReader {
        StackReader(vm.interp)
    }

    /// Writes the stacks of all threads, once the lock can be had; `None` where it cannot within this time.
    pub fn write(&self, patience: Duration, out: &mut dyn std::fmt::Write) -> Option<std::fmt::Result> {
        let lock = &self.0.lock;
        lock.acquire_within(patience).then(|| {
            let result = crate::display::write_all_stacks(self.0, None, out);
            lock.release();
            result
        })
    }
}

/// What a new thread takes over from the one that starts it.
struct Start {
    interp: &'static interp::Interp,
    function: Value,
    args: Vec<Value>,
    keywords: Vec<(Value, Value)>,
    native_stack: usize,
    memory: Activations,
}

/// Moves values to another thread.
struct Handover<T>(T);

// SAFETY: the receiving thread touches what is inside only once it holds the interpreter's lock, and the sending
// thread gives it up.
unsafe impl<T> Send for Handover<T> {}

impl<T> Handover<T> {
    fn take(self) -> T {
        self.0
    }
}

/// Native stack of threads that Python code starts, unless it says otherwise (`_thread.stack_size`). Only what is used of it
/// takes memory.
const THREAD_STACK_BYTES: usize = 64 << 20;

/// Native calls take several times more stack in an unoptimised build: without this a thread with the smallest stack that
/// may be asked for dies before it reports that it has started, and `Thread.start()` hangs.
const STACK_SCALE: usize = if cfg!(debug_assertions) { 8 } else { 1 };

impl Vm {
    /// Starts a thread that calls a function; its number.
    pub fn start_thread(
        &mut self,
        function: Value,
        args: Vec<Value>,
        keywords: Vec<(Value, Value)>,
    ) -> PyResult<u64> {
        let interp = self.interp;
        let Some(memory) = Activations::reserve_memory() else {
            return Err(self.runtime_error("can't start new thread"));
        };
        let ident = interp.next_thread_ident();
        let native_stack = match interp.thread_stack_bytes.get() {
            0 => THREAD_STACK_BYTES,
            // What native code needs between two checks comes on top: a small stack gives an early `RecursionError`.
            bytes => bytes.saturating_mul(STACK_SCALE).saturating_add(NATIVE_RESERVE),
        };
        let start = Handover(Start { interp, function, args, keywords, native_stack, memory });
        interp.thread_started();
        let thread = std::thread::Builder::new().stack_size(native_stack);
        match thread.spawn(move || run_thread(start, ident)) {
            Ok(_) => Ok(ident),
            Err(_) => {
                interp.thread_ended();
                Err(self.runtime_error("can't start new thread"))
            }
        }
    }

    /// Tells the thread, which is the only one of a new child process, that it is the main one.
    pub fn become_main_thread(&mut self) {
        self.is_main = true;
        self.interp.forget_other_vms(self);
    }

    /// Raises what signals ask for, between the slices of a wait.
    pub fn check_signals(&mut self) -> PyResult<()> {
        let lock = &self.interp.lock;
        let asked = lock.attention.swap(false, Ordering::Relaxed) || lock.signalled.load(Ordering::Relaxed);
        if asked { self.attend() } else { Ok(()) }
    }
}

/// Where a thread begins to number its activations, so that no two threads of an interpreter use the same numbers.
fn first_activation(ident: u64) -> u64 {
    ident.wrapping_shl(44) | 1
}

fn run_thread(start: Handover<Start>, ident: u64) {
    let interp = {
        let Handover(ref start) = start;
        start.interp
    };
    interp.lock.acquire();
    let Start { function, args, keywords, native_stack, memory, .. } = start.take();
    let mut vm = Box::new(Vm::new(interp, native_stack, memory));
    vm.thread_ident = ident;
    vm.is_main = false;
    vm.next_activation = first_activation(ident);
    interp.note_vm(&mut *vm);
    interp::attach(interp, &mut *vm);
    let result = vm.call_with_keywords(&function, &args, &keywords);
    if let Err(raised) = result
        && !raised.is(&vm.types().exceptions.system_exit)
    {
        vm.write_unraisable(raised, Some("Exception ignored in thread started by"), Some(&function));
    }
    drop((function, args, keywords));
    if let Some(sentinel) = vm.sentinel.take() {
        let _ = vm.call_method_str(&sentinel, "release", &[]);
    }
    interp.thread_ended();
    vm.clear_thread_state();
    interp.forget_vm(&mut *vm);
    drop(vm);
    interp::attach(std::ptr::null(), std::ptr::null_mut());
    interp.lock.release();
}
