//! `faulthandler`: stacks of Python code, printed at a crash, at a signal, after a time, or at once.
//!
//! At a crash the stack is printed right away, by a handler that only reads memory and writes to a descriptor. A signal's
//! stack is printed where the main thread next looks after signals, and the watchdog's once it has the interpreter's
//! lock: other moments may find a stack half changed.

use crate::posix::calls::{certain, checked};
use pvm_vm::display::{write_all_stacks, write_own_stack, write_stack};
use pvm_vm::object::Value;
use pvm_vm::threads::StackReader;
use pvm_vm::{PyResult, Vm};
use std::cell::RefCell;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The signals of crashes, with what they are called.
const FAULTS: [(i32, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

/// Where crashes are reported; -1 for nowhere.
static FAULT_OUTPUT: AtomicI32 = AtomicI32::new(-1);
/// Whether a crash's report says which thread it was.
static NAMES_THREAD: AtomicBool = AtomicBool::new(true);

/// How long the watchdog waits for the interpreter's lock.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Default)]
struct State {
    /// The actions that crashes had before `enable`, and the file, which must stay open.
    enabled: RefCell<Option<(Vec<libc::sigaction>, Value)>>,
    registered: RefCell<Vec<Registered>>,
    watchdog: RefCell<Option<Arc<Watchdog>>>,
    /// What the watchdog writes to, which must stay open.
    timed_file: RefCell<Option<Value>>,
}

/// A signal that prints stacks.
struct Registered {
    signal: i32,
    fd: i32,
    all_threads: bool,
    chain: bool,
    /// What the signal did before.
    old: libc::sigaction,
    _file: Value,
}

fn state(vm: &Vm) -> std::rc::Rc<State> {
    vm.interp.extension(State::default)
}

/// Writes to a descriptor, as far as that is possible.
struct Output(i32);

impl Write for Output {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let mut left = text.as_bytes();
        while !left.is_empty() {
            let written = certain!(libc::write(self.0, left.as_ptr().cast(), left.len()));
            let Ok(written) = usize::try_from(written) else { return Err(std::fmt::Error) };
            left = left.get(written..).unwrap_or_default();
        }
        Ok(())
    }
}

/// What the system calls at a crash.
extern "C" fn on_fault(signal: i32) {
    // A second one, while this one is reported, ends the process.
    set_default(signal);
    let mut out = Output(FAULT_OUTPUT.load(Ordering::Relaxed));
    let what = FAULTS.iter().find(|(number, _)| *number == signal).map_or("", |(_, what)| what);
    let _ = write!(out, "Fatal Python error: {what}\n\n")
        .and_then(|()| write_own_stack(NAMES_THREAD.load(Ordering::Relaxed), &mut out));
    certain!(libc::raise(signal));
}

fn set_default(signal: i32) {
    certain!(libc::signal(signal, libc::SIG_DFL));
}

fn set_handler(signal: i32, handler: extern "C" fn(i32), flags: i32) -> std::io::Result<libc::sigaction> {
    let mut old = certain!(std::mem::zeroed::<libc::sigaction>());
    let mut new = old;
    new.sa_sigaction = handler as usize;
    new.sa_flags = flags;
    checked!(libc::sigaction(signal, &new, &mut old)).map(|_| old)
}

fn restore(signal: i32, old: &libc::sigaction) {
    certain!(libc::sigaction(signal, old, std::ptr::null_mut()));
}

/// The file that an argument means, and its descriptor.
fn file_argument(vm: &mut Vm, file: Option<Value>) -> PyResult<(Value, i32)> {
    let file = match file.filter(|file| !file.is_none()) {
        Some(file) => file,
        None => match vm.sys_attribute("stderr") {
            Some(file) if !file.is_none() => file,
            Some(_) => return Err(vm.runtime_error("sys.stderr is None")),
            None => return Err(vm.runtime_error("unable to get sys.stderr")),
        },
    };
    if file.as_int().is_some() && file.as_bool().is_none() {
        let fd = vm.to_i128(&file)?;
        return match i32::try_from(fd) {
            Ok(fd) if fd >= 0 => Ok((Value::NONE, fd)),
            _ => Err(vm.value_error("file is not a valid file descriptor")),
        };
    }
    let fd = vm.call_method_str(&file, "fileno", &[])?;
    let fd = match vm.to_i128(&fd).ok().and_then(|fd| i32::try_from(fd).ok()) {
        Some(fd) if fd >= 0 => fd,
        _ => return Err(vm.runtime_error("file.fileno() is not a valid file descriptor")),
    };
    // What the file holds back comes before the stack.
    let _ = vm.call_method_str(&file, "flush", &[]);
    Ok((file, fd))
}

fn dump(vm: &Vm, fd: i32, all_threads: bool) {
    let mut out = Output(fd);
    let _ = match all_threads {
        true => write_all_stacks(vm.interp, Some(vm.thread_ident), &mut out),
        false => write_stack(vm, "Stack", &mut out),
    };
}

/// Prints what `register` promised for a signal that has come in. Whether the signal's Python handler is to run too.
pub(crate) fn on_signal(vm: &mut Vm, signal: i32) -> bool {
    let state = state(vm);
    let found = state.registered.borrow().iter().find(|r| r.signal == signal).map(|r| (r.fd, r.all_threads));
    let Some((fd, all_threads)) = found else { return true };
    dump(vm, fd, all_threads);
    let registered = state.registered.borrow();
    let Some(entry) = registered.iter().find(|r| r.signal == signal && r.chain) else { return false };
    if entry.old.sa_sigaction == libc::SIG_DFL {
        restore(signal, &entry.old);
        certain!(libc::raise(signal));
        let _ = crate::signal::watch(signal);
    }
    true
}

/// A thread that prints stacks unless it is told in time not to.
#[derive(Default)]
struct Watchdog {
    cancelled: Mutex<bool>,
    told: Condvar,
}

/// What the watchdog does when the time is over.
struct Alarm {
    stacks: StackReader,
    title: String,
    fd: i32,
    exit: bool,
}

impl Watchdog {
    /// Waits; whether the time is over.
    fn wait(&self, timeout: Duration) -> bool {
        let cancelled = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(cancelled, timeout, |cancelled| !*cancelled);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn cancel(&self) {
        *self.cancelled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }
}

impl Alarm {
    fn go_off(&self) {
        let mut out = Output(self.fd);
        let _ = out.write_str(&self.title);
        if self.stacks.write(PATIENCE, &mut out).is_none() {
            let _ = out.write_str("  <a thread computes and does not let others look>\n");
        }
        if self.exit {
            certain!(libc::_exit(1));
        }
    }
}

/// "Timeout (H:MM:SS)!", with a fraction where there is one.
fn title(timeout: Duration) -> String {
    let (seconds, micros) = (timeout.as_secs(), timeout.subsec_micros());
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match micros {
        0 => format!("Timeout ({hours}:{minutes:02}:{rest:02})!\n"),
        _ => format!("Timeout ({hours}:{minutes:02}:{rest:02}.{micros:06})!\n"),
    }
}

fn check_number(vm: &mut Vm, signal: i32) -> PyResult<()> {
    if FAULTS.iter().any(|(fault, _)| *fault == signal) {
        return Err(vm.runtime_error(format!("signal {signal} cannot be registered, use enable() instead")));
    }
    if !(1..65).contains(&signal) {
        return Err(vm.value_error("signal number out of range"));
    }
    Ok(())
}

/// `faulthandler`
#[pvm_vm_macros::pymodule(name = "faulthandler", doc = "faulthandler module.")]
pub mod faulthandler_module {
    use super::*;

    /// enable(file=sys.stderr, all_threads=True): enable the fault handler
    #[pyfunction(sig = "(file=sys.stderr, all_threads=True)")]
    fn enable(vm: &mut Vm, file: Option<Value>, #[default(true)] all_threads: bool) -> PyResult<()> {
        let (file, fd) = file_argument(vm, file)?;
        // A crashed process shows the thread that crashed: what the others' stacks hold is not certain then.
        NAMES_THREAD.store(all_threads, Ordering::Relaxed);
        FAULT_OUTPUT.store(fd, Ordering::Relaxed);
        let state = state(vm);
        if let Some((_, kept)) = state.enabled.borrow_mut().as_mut() {
            *kept = file;
            return Ok(());
        }
        let mut old = Vec::with_capacity(FAULTS.len());
        for (signal, _) in FAULTS {
            let action = set_handler(signal, on_fault, libc::SA_ONSTACK | libc::SA_NODEFER);
            old.push(action.map_err(|error| vm.os_error_from(&error, None))?);
        }
        *state.enabled.borrow_mut() = Some((old, file));
        Ok(())
    }

    /// disable(): disable the fault handler
    #[pyfunction]
    fn disable(vm: &mut Vm) -> bool {
        let enabled = state(vm).enabled.take();
        let Some((old, _file)) = enabled else { return false };
        for ((signal, _), old) in FAULTS.iter().zip(&old) {
            restore(*signal, old);
        }
        true
    }

    /// is_enabled()->bool: check if the handler is enabled
    #[pyfunction]
    fn is_enabled(vm: &mut Vm) -> bool {
        state(vm).enabled.borrow().is_some()
    }

    /// dump_traceback(file=sys.stderr, all_threads=True): dump the traceback of the current thread, or of all threads if all_threads is True, into file
    #[pyfunction(sig = "(file=sys.stderr, all_threads=True)")]
    fn dump_traceback(vm: &mut Vm, file: Option<Value>, #[default(true)] all_threads: bool) -> PyResult<()> {
        let (_file, fd) = file_argument(vm, file)?;
        dump(vm, fd, all_threads);
        Ok(())
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
        let seconds = vm.to_f64(timeout)?;
        if seconds.is_nan() || seconds <= 0.0 {
            return Err(vm.value_error("timeout must be greater than 0"));
        }
        let Ok(timeout) = Duration::try_from_secs_f64(seconds) else {
            return Err(vm.overflow_error("timeout value is too large"));
        };
        let (file, fd) = file_argument(vm, file)?;
        cancel_dump_traceback_later(vm);
        let state = state(vm);
        drop(state.timed_file.replace(Some(file)));
        let watchdog = Arc::<Watchdog>::default();
        *state.watchdog.borrow_mut() = Some(watchdog.clone());
        let alarm = Alarm { stacks: StackReader::new(vm), title: title(timeout), fd, exit };
        let spawned = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
            crate::signal::leave_to_others();
            while watchdog.wait(timeout) {
                alarm.go_off();
                if !repeat {
                    break;
                }
            }
        });
        spawned.map(drop).map_err(|_| vm.runtime_error("unable to start watchdog thread"))
    }

    /// cancel_dump_traceback_later(): cancel the previous call to dump_traceback_later().
    #[pyfunction]
    fn cancel_dump_traceback_later(vm: &mut Vm) {
        let state = state(vm);
        if let Some(watchdog) = state.watchdog.take() {
            watchdog.cancel();
        }
        drop(state.timed_file.take());
    }

    /// register(signum, file=sys.stderr, all_threads=True, chain=False): register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file
    #[pyfunction(sig = "(signum, file=sys.stderr, all_threads=True, chain=False)")]
    fn register(
        vm: &mut Vm,
        signum: i32,
        file: Option<Value>,
        #[default(true)] all_threads: bool,
        #[default(false)] chain: bool,
    ) -> PyResult<()> {
        check_number(vm, signum)?;
        let (file, fd) = file_argument(vm, file)?;
        let state = state(vm);
        let old = state.registered.borrow().iter().find(|r| r.signal == signum).map(|r| r.old);
        let old = match old {
            Some(old) => old,
            None => crate::signal::watch(signum).map_err(|error| vm.os_error_from(&error, None))?,
        };
        let entry = Registered { signal: signum, fd, all_threads, chain, old, _file: file };
        let mut registered = state.registered.borrow_mut();
        let replaced =
            registered.iter().position(|r| r.signal == signum).map(|at| registered.swap_remove(at));
        registered.push(entry);
        drop(registered);
        drop(replaced);
        Ok(())
    }

    /// unregister(signum): unregister the handler of the signal 'signum' registered by register()
    #[pyfunction(sig = "(signum, /)")]
    fn unregister(vm: &mut Vm, signum: i32) -> PyResult<bool> {
        check_number(vm, signum)?;
        let state = state(vm);
        let mut registered = state.registered.borrow_mut();
        let found = registered.iter().position(|r| r.signal == signum).map(|at| registered.swap_remove(at));
        drop(registered);
        let Some(found) = found else { return Ok(false) };
        restore(signum, &found.old);
        Ok(true)
    }

    /// _sigsegv(release_gil=False): raise a SIGSEGV signal
    #[pyfunction(sig = "(release_gil=False, /)")]
    fn _sigsegv(#[default(false)] release_gil: bool) {
        let _ = release_gil;
        certain!(libc::raise(libc::SIGSEGV));
    }

    /// _sigabrt(): raise a SIGABRT signal
    #[pyfunction]
    fn _sigabrt() {
        certain!(libc::abort());
    }

    /// _sigfpe(): raise a SIGFPE signal
    #[pyfunction]
    fn _sigfpe() {
        certain!(libc::raise(libc::SIGFPE));
    }
}
