//! The lock under which Python code runs, and what other threads ask of its holder.

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

    /// Whether another thread waits.
    pub fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }
}
