//! The steps of a plan, which threads take one after the other while the last ones are still being found.

use super::Step;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A list that grows until it is complete.
#[derive(Default)]
pub(super) struct Steps {
    list: Mutex<List>,
    /// Notified when there is more to take, or no more will come.
    changed: Condvar,
}

#[derive(Default)]
struct List {
    found: Vec<Arc<Step>>,
    taken: usize,
    /// How many threads wait for the next step.
    waiting: usize,
    is_complete: bool,
}

impl Steps {
    fn list(&self) -> MutexGuard<'_, List> {
        // No code that may panic runs while the list is locked.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a step.
    pub(super) fn push(&self, step: Step) {
        let mut list = self.list();
        list.found.push(Arc::new(step));
        // Notifying is a call to the system, whether or not there is someone to notify.
        if list.waiting > 0 {
            self.changed.notify_one();
        }
    }

    /// Takes the first step that is left, with its number; waits if there is none yet. `None` if none will come.
    pub(super) fn take(&self) -> Option<(usize, Arc<Step>)> {
        let mut list = self.list();
        while list.taken == list.found.len() && !list.is_complete {
            list.waiting += 1;
            list = self.changed.wait(list).unwrap_or_else(PoisonError::into_inner);
            list.waiting -= 1;
        }
        let (index, step) = (list.taken, list.found.get(list.taken).cloned()?);
        list.taken += 1;
        Some((index, step))
    }

    /// How many steps there are so far.
    pub(super) fn len(&self) -> usize {
        self.list().found.len()
    }

    /// All steps so far.
    pub(super) fn all(&self) -> Vec<Arc<Step>> {
        self.list().found.clone()
    }

    /// What says, when it is dropped, that no more steps come: threads that wait must not do so forever, whatever happens.
    pub(super) fn complete_at_end(&self) -> impl Drop + '_ {
        struct Complete<'a>(&'a Steps);
        impl Drop for Complete<'_> {
            fn drop(&mut self) {
                self.0.list().is_complete = true;
                self.0.changed.notify_all();
            }
        }
        Complete(self)
    }
}
