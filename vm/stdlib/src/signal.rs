//! `_signal`: the C level only notes that a signal came; the handlers run on the main thread at its next safepoint.

use crate::posix::calls::{certain, checked};
use crate::system::{errno_error, repeat};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::module::Module;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, Ordering};

/// One more than the highest signal.
const COUNT: usize = 65;

macro_rules! numbers {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), libc::$name)),*] };
}

static SIGNALS: &[(&str, i32)] = numbers![
    SIGABRT, SIGALRM, SIGBUS, SIGCHLD, SIGCONT, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGIO, SIGIOT, SIGKILL,
    SIGPIPE, SIGPOLL, SIGPROF, SIGPWR, SIGQUIT, SIGSEGV, SIGSTKFLT, SIGSTOP, SIGSYS, SIGTERM, SIGTRAP,
    SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ,
];

/// Signals that have come in and are not dealt with.
static PENDING: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
/// The main thread, as `pthread_self` names it; 0 for none.
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);
/// The lock whose holder must be told.
static LOCK: AtomicPtr<pvm_vm::threads::Lock> = AtomicPtr::new(std::ptr::null_mut());
/// The descriptor of `set_wakeup_fd`, or -1.
static WAKEUP: AtomicI32 = AtomicI32::new(-1);

/// The Python handlers: a callable, `SIG_DFL`, `SIG_IGN`, or `None` for what is not known.
struct Handlers(RefCell<Vec<Value>>);

fn handlers(vm: &mut Vm) -> std::rc::Rc<Handlers> {
    vm.interp.extension(|| Handlers(RefCell::new(vec![Value::NONE; COUNT])))
}

/// What the system calls. Does only what is allowed in a signal handler: atomics, `write`, `pthread_kill`.
extern "C" fn note(signal: i32) {
    let main = MAIN_THREAD.load(Ordering::Relaxed);
    // SAFETY: `errno` of this thread is put back, the calls are safe in signal handlers, and the lock lives for ever.
    unsafe {
        let errno = *libc::__errno_location();
        if libc::pthread_self() != main {
            // The main thread deals with signals, so that is whose system calls they interrupt.
            libc::pthread_kill(main, signal);
        } else {
            if let Some(pending) = PENDING.get(signal as usize) {
                pending.store(true, Ordering::Release);
            }
            if let Some(lock) = LOCK.load(Ordering::Acquire).as_ref() {
                lock.signalled.store(true, Ordering::Release);
                lock.attention.store(true, Ordering::Release);
            }
            let fd = WAKEUP.load(Ordering::Relaxed);
            if fd >= 0 {
                let byte = signal as u8;
                libc::write(fd, (&raw const byte).cast(), 1);
            }
        }
        *libc::__errno_location() = errno;
    }
}

/// Sets what the system does with a signal.
fn set_action(signal: i32, action: usize) -> std::io::Result<()> {
    let mut new: libc::sigaction = empty_action();
    new.sa_sigaction = action;
    checked!(libc::sigaction(signal, &new, std::ptr::null_mut())).map(drop)
}

fn empty_action() -> libc::sigaction {
    certain!(std::mem::zeroed::<libc::sigaction>())
}

/// Takes note of a signal from now on; what it did before.
pub(crate) fn watch(signal: i32) -> std::io::Result<libc::sigaction> {
    let mut old = empty_action();
    checked!(libc::sigaction(signal, std::ptr::null(), &mut old))?;
    set_action(signal, note as extern "C" fn(i32) as usize)?;
    Ok(old)
}

fn action_of(signal: i32) -> Option<usize> {
    let mut old = empty_action();
    checked!(libc::sigaction(signal, std::ptr::null(), &mut old)).ok().map(|_| old.sa_sigaction)
}

/// Makes the calling thread the one that deals with signals: interrupts raise `KeyboardInterrupt`, writing to a
/// closed pipe, or beyond the size that a file may have, is an error and not the end.
pub fn install(vm: &mut Vm) {
    certain!(MAIN_THREAD.store(libc::pthread_self(), Ordering::Relaxed));
    let lock: &'static pvm_vm::threads::Lock = &vm.interp.lock;
    LOCK.store(std::ptr::from_ref(lock).cast_mut(), Ordering::Release);
    lock.set_signal_handler(run_handlers);
    let _ = set_action(libc::SIGPIPE, libc::SIG_IGN);
    let _ = set_action(libc::SIGXFSZ, libc::SIG_IGN);
    if action_of(libc::SIGINT) == Some(libc::SIG_DFL) {
        let _ = set_action(libc::SIGINT, note as extern "C" fn(i32) as usize);
    }
}

/// Blocks all signals on the calling thread, which has nothing to do with them.
pub fn leave_to_others() {
    certain!({
        let mut all = std::mem::zeroed::<libc::sigset_t>();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, std::ptr::null_mut())
    });
}

/// Ends the process as an interrupt ends one that does not catch it.
pub fn die_interrupted() {
    let _ = set_action(libc::SIGINT, libc::SIG_DFL);
    certain!(libc::kill(libc::getpid(), libc::SIGINT));
}

/// In a new child: its only thread is the main one, and signals of the parent are not its own.
pub(crate) fn after_fork() {
    if MAIN_THREAD.load(Ordering::Relaxed) != 0 {
        certain!(MAIN_THREAD.store(libc::pthread_self(), Ordering::Relaxed));
    }
    for pending in &PENDING {
        pending.store(false, Ordering::Relaxed);
    }
}

/// Runs the handlers of pending signals.
fn run_handlers(vm: &mut Vm) -> PyResult<()> {
    for (signal, pending) in PENDING.iter().enumerate() {
        if !pending.swap(false, Ordering::AcqRel) {
            continue;
        }
        if !crate::faulthandler::on_signal(vm, signal as i32) {
            continue;
        }
        let handlers = handlers(vm);
        let handler = handlers.0.borrow().get(signal).cloned().unwrap_or(Value::NONE);
        let result = if handler.is_none() && signal == libc::SIGINT as usize {
            Err(interrupt(vm))
        } else if vm.is_callable(&handler) {
            let frame = vm.frame_object(0).map_or(Value::NONE, |f| f.into());
            vm.call(&handler, &[signal.into(), frame])
        } else {
            Ok(Value::NONE)
        };
        if let Err(raised) = result {
            // What is left is dealt with later.
            if PENDING.iter().any(|p| p.load(Ordering::Acquire)) {
                vm.interp.lock.signalled.store(true, Ordering::Release);
                vm.interp.lock.attention.store(true, Ordering::Release);
            }
            return Err(raised);
        }
    }
    Ok(())
}

fn interrupt(vm: &mut Vm) -> pvm_vm::Raised {
    let class = &vm.types().exceptions.keyboard_interrupt;
    vm.new_error_with(class, &[])
}

/// Takes note of a signal as if it had come in (`_thread.interrupt_main`).
pub fn simulate(vm: &mut Vm, signal: i32) {
    if let Some(pending) = PENDING.get(signal.max(0) as usize) {
        pending.store(true, Ordering::Release);
        vm.interp.lock.signalled.store(true, Ordering::Release);
        vm.interp.lock.attention.store(true, Ordering::Release);
    }
}

fn check_number(vm: &mut Vm, signal: i32) -> PyResult<usize> {
    match usize::try_from(signal) {
        Ok(index) if (1..COUNT).contains(&index) => Ok(index),
        _ => Err(vm.value_error("signal number out of range")),
    }
}

fn to_set(vm: &mut Vm, signals: &Value) -> PyResult<libc::sigset_t> {
    let mut set = certain!(std::mem::zeroed::<libc::sigset_t>());
    for signal in vm.collect(signals)? {
        let wide = vm.to_i128(&signal)?;
        let number = i32::try_from(wide).unwrap_or(0);
        if !(1..COUNT as i32).contains(&number) {
            return Err(vm.value_error(format!("signal number {wide} out of range [1; 64]")));
        }
        certain!(libc::sigaddset(&mut set, number));
    }
    Ok(set)
}

fn from_set(vm: &mut Vm, set: &libc::sigset_t) -> PyResult {
    let numbers = (1..COUNT as i32).filter(|n| certain!(libc::sigismember(set, *n)) == 1);
    let numbers: Vec<Value> = numbers.map(Value::from).collect();
    let class = vm.types().set.clone();
    vm.call(class.as_value(), &[pvm_vm::types::list::List::new(numbers).into()])
}

fn to_timeval(seconds: f64) -> libc::timeval {
    let whole = seconds.floor();
    libc::timeval { tv_sec: whole as i64, tv_usec: ((seconds - whole) * 1e6) as i64 }
}

fn itimer(value: &libc::itimerval) -> Value {
    let seconds = |t: &libc::timeval| Value::float(t.tv_sec as f64 + t.tv_usec as f64 * 1e-6);
    Tuple::new([seconds(&value.it_value), seconds(&value.it_interval)]).into()
}

fn no_timer() -> libc::itimerval {
    let zero = libc::timeval { tv_sec: 0, tv_usec: 0 };
    libc::itimerval { it_interval: zero, it_value: zero }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_signal",
    doc = "This module provides mechanisms to use signal handlers in Python."
)]
pub mod signal_module {
    use super::*;

    /// The default handler for SIGINT installed by Python.
    ///
    /// It raises KeyboardInterrupt.
    #[pyfunction(sig = "(signalnum, frame, /)")]
    fn default_int_handler(vm: &mut Vm, signalnum: &Value, frame: &Value) -> PyResult {
        let _ = (signalnum, frame);
        Err(interrupt(vm))
    }

    /// Set the action for the given signal.
    ///
    /// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
    /// The previous action is returned.  See getsignal() for possible return values.
    #[pyfunction(sig = "(signalnum, handler, /)")]
    fn signal(vm: &mut Vm, signalnum: i32, handler: &Value) -> PyResult {
        if !vm.is_main {
            return Err(vm.value_error("signal only works in main thread of the main interpreter"));
        }
        let index = check_number(vm, signalnum)?;
        let action = match handler
            .as_small_int()
            .or_else(|| handler.as_int().and_then(|i| i.to_u64()).map(|i| i as i64))
        {
            Some(0) => libc::SIG_DFL,
            Some(1) => libc::SIG_IGN,
            _ if vm.is_callable(handler) => note as extern "C" fn(i32) as usize,
            _ => {
                return Err(vm.type_error(
                    "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object",
                ));
            }
        };
        vm.check_signals()?;
        if let Err(error) = set_action(signalnum, action) {
            return Err(vm.os_error_from(&error, None));
        }
        let stored = match action {
            libc::SIG_DFL => Value::int(0),
            libc::SIG_IGN => Value::int(1),
            _ => handler.clone(),
        };
        let handlers = handlers(vm);
        let old = match handlers.0.borrow_mut().get_mut(index) {
            Some(slot) => std::mem::replace(slot, stored),
            None => Value::NONE,
        };
        Ok(old)
    }

    /// Return the current action for the given signal.
    #[pyfunction(sig = "(signalnum, /)")]
    fn getsignal(vm: &mut Vm, signalnum: i32) -> PyResult {
        let index = check_number(vm, signalnum)?;
        Ok(handlers(vm).0.borrow().get(index).cloned().unwrap_or(Value::NONE))
    }

    /// Send a signal to the executing process.
    #[pyfunction(sig = "(signalnum, /)")]
    fn raise_signal(vm: &mut Vm, signalnum: i32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::raise(signalnum)))?;
        vm.check_signals()
    }

    /// Return the system description of the given signal.
    #[pyfunction(sig = "(signalnum, /)")]
    fn strsignal(vm: &mut Vm, signalnum: i32) -> PyResult {
        check_number(vm, signalnum)?;
        let text = certain!(libc::strsignal(signalnum));
        if text.is_null() {
            return Ok(Value::NONE);
        }
        let text = certain!(std::ffi::CStr::from_ptr(text)).to_string_lossy().into_owned();
        Ok(if text.starts_with("Unknown signal") { Value::NONE } else { text.into() })
    }

    /// Arrange for SIGALRM to arrive after the given number of seconds.
    #[pyfunction(sig = "(seconds, /)")]
    fn alarm(seconds: i32) -> u32 {
        certain!(libc::alarm(seconds as u32))
    }

    /// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
    #[pyfunction(sig = "(which, seconds, interval=0.0, /)")]
    fn setitimer(vm: &mut Vm, which: i32, seconds: f64, interval: f64) -> PyResult {
        let new = libc::itimerval { it_value: to_timeval(seconds), it_interval: to_timeval(interval) };
        let mut old = no_timer();
        match checked!(libc::setitimer(which as _, &new, &mut old)) {
            Ok(_) => Ok(itimer(&old)),
            Err(error) => Err(vm.os_error_from(&error, None)),
        }
    }

    /// Returns current value of given itimer.
    #[pyfunction(sig = "(which, /)")]
    fn getitimer(vm: &mut Vm, which: i32) -> PyResult {
        let mut now = no_timer();
        match checked!(libc::getitimer(which as _, &mut now)) {
            Ok(_) => Ok(itimer(&now)),
            Err(error) => Err(vm.os_error_from(&error, None)),
        }
    }

    /// Wait until a signal arrives.
    #[pyfunction]
    fn pause(vm: &mut Vm) -> PyResult<()> {
        vm.without_lock(|| certain!(libc::pause()));
        vm.check_signals()
    }

    /// Sets the fd to be written to (with the signal number) when a signal comes in.
    #[pyfunction(sig = "(fd, /, *, warn_on_full_buffer=True)")]
    fn set_wakeup_fd(vm: &mut Vm, fd: i32, warn_on_full_buffer: bool) -> PyResult<i32> {
        let _ = warn_on_full_buffer;
        if !vm.is_main {
            return Err(vm.value_error("set_wakeup_fd only works in main thread of the main interpreter"));
        }
        if fd != -1 {
            let flags = repeat(vm, None, || checked!(libc::fcntl(fd, libc::F_GETFL)))?;
            if flags & libc::O_NONBLOCK == 0 {
                return Err(vm.value_error(format!("the fd {fd} must be in non-blocking mode")));
            }
        }
        Ok(WAKEUP.swap(fd, Ordering::Relaxed))
    }

    /// Change system call restart behaviour.
    #[pyfunction(sig = "(signalnum, flag, /)")]
    fn siginterrupt(vm: &mut Vm, signalnum: i32, flag: i32) -> PyResult<()> {
        check_number(vm, signalnum)?;
        let mut action = empty_action();
        let result = checked!(libc::sigaction(signalnum, std::ptr::null(), &mut action)).and_then(|_| {
            if flag != 0 {
                action.sa_flags &= !libc::SA_RESTART;
            } else {
                action.sa_flags |= libc::SA_RESTART;
            }
            checked!(libc::sigaction(signalnum, &action, std::ptr::null_mut()))
        });
        result.map(drop).map_err(|error| vm.os_error_from(&error, None))
    }

    /// Return a set of valid signal numbers on this platform.
    #[pyfunction]
    fn valid_signals(vm: &mut Vm) -> PyResult {
        let mut all = certain!(std::mem::zeroed::<libc::sigset_t>());
        certain!(libc::sigfillset(&mut all));
        from_set(vm, &all)
    }

    /// Fetch and/or change the signal mask of the calling thread.
    #[pyfunction(sig = "(how, mask, /)")]
    fn pthread_sigmask(vm: &mut Vm, how: i32, mask: &Value) -> PyResult {
        let new = to_set(vm, mask)?;
        let mut old = certain!(std::mem::zeroed::<libc::sigset_t>());
        let errno = certain!(libc::pthread_sigmask(how, &new, &mut old));
        if errno != 0 {
            return Err(errno_error(vm, errno, None));
        }
        vm.check_signals()?;
        from_set(vm, &old)
    }

    /// Examine pending signals.
    #[pyfunction]
    fn sigpending(vm: &mut Vm) -> PyResult {
        let mut set = certain!(std::mem::zeroed::<libc::sigset_t>());
        certain!(libc::sigpending(&mut set));
        from_set(vm, &set)
    }

    /// Wait for a signal of the set.
    #[pyfunction(sig = "(sigset, /)")]
    fn sigwait(vm: &mut Vm, sigset: &Value) -> PyResult<i32> {
        let set = to_set(vm, sigset)?;
        let mut signal = 0;
        match vm.without_lock(|| certain!(libc::sigwait(&set, &mut signal))) {
            0 => Ok(signal),
            errno => Err(errno_error(vm, errno, None)),
        }
    }

    /// Send a signal to a thread.
    #[pyfunction(sig = "(thread_id, signalnum, /)")]
    fn pthread_kill(vm: &mut Vm, thread_id: u64, signalnum: i32) -> PyResult<()> {
        let target = if thread_id == vm.thread_ident {
            certain!(libc::pthread_self())
        } else {
            MAIN_THREAD.load(Ordering::Relaxed)
        };
        if target == 0 {
            return Err(errno_error(vm, libc::ESRCH, None));
        }
        match certain!(libc::pthread_kill(target, signalnum)) {
            0 => vm.check_signals(),
            errno => Err(errno_error(vm, errno, None)),
        }
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        for (name, number) in SIGNALS {
            module.set(name, *number);
        }
        module.set("SIGCLD", libc::SIGCHLD);
        module.set("SIGRTMIN", libc::SIGRTMIN());
        module.set("SIGRTMAX", libc::SIGRTMAX());
        module.set("NSIG", COUNT);
        for (name, number) in [
            ("SIG_DFL", 0),
            ("SIG_IGN", 1),
            ("SIG_BLOCK", libc::SIG_BLOCK),
            ("SIG_UNBLOCK", libc::SIG_UNBLOCK),
            ("SIG_SETMASK", libc::SIG_SETMASK),
            ("ITIMER_REAL", 0),
            ("ITIMER_VIRTUAL", 1),
            ("ITIMER_PROF", 2),
        ] {
            module.set(name, number);
        }
        let os_error = vm.types().exceptions.os_error.clone();
        module.set("ItimerError", crate::new_exception(vm, "signal", "itimer_error", &os_error));
        let interrupt = module.get("default_int_handler").unwrap_or(Value::NONE);
        let table = handlers(vm);
        for signal in 1..COUNT {
            let action = action_of(signal as i32);
            let handler = match action {
                Some(libc::SIG_DFL) => Value::int(0),
                Some(libc::SIG_IGN) => Value::int(1),
                _ if signal == libc::SIGINT as usize => interrupt.clone(),
                _ => Value::NONE,
            };
            if let Some(slot) = table.0.borrow_mut().get_mut(signal) {
                *slot = handler;
            }
        }
        Ok(())
    }
}
