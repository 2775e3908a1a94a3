//! The lock under which Python code runs, and what other threads ask of its holder.

use crate::interp;
use crate::vm::{PyResult, Vm};
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
        *held = true;
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
