//! Weak references: the storage. Methods are in `types/weakref_methods`.

use crate::interp;
use crate::object::header::{Header, META_WEAKLY_REFERENCED};
use crate::object::{Class, Ref, Value};
use crate::vm::Vm;
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// A weak reference or proxy.
pub struct WeakRef {
    /// The referent's word; 0 once it is dead.
    target: Cell<u64>,
    /// Called when the referent dies; `None` for nothing.
    pub callback: RefCell<Value>,
    /// The hash, once it was asked for; -1 before.
    pub hash: Cell<i64>,
}

crate::payload!(WeakRef, "weakref", |w, visit| visit(&w.callback.borrow()), |w| drop(
    w.callback.replace(Value::NONE)
));

impl Drop for WeakRef {
    fn drop(&mut self) {
        let target = self.target.get();
        if target != 0 {
            let this: *const WeakRef = self;
            interp::current().weak.forget(target, this);
        }
    }
}

impl WeakRef {
    /// A weak reference of `class` to a heap object. The caller has checked that the object's class allows it.
    pub fn new(target: &Value, callback: Value, class: &Ref<Class>) -> Ref<WeakRef> {
        let payload = WeakRef {
            target: Cell::new(target.bits()),
            callback: RefCell::new(callback),
            hash: Cell::new(-1),
        };
        let reference = Ref::new(payload, class);
        if let Some(header) = target.header() {
            header.set(META_WEAKLY_REFERENCED);
            interp::current().weak.note(target.bits(), &reference);
        }
        reference
    }

    /// The referent, if it is alive.
    pub fn get(&self) -> Option<Value> {
        let target = self.target.get();
        if target == 0 {
            return None;
        }
        // SAFETY: `object_died` clears the word before the referent's memory goes, so it is an object here; one with
        // count 0 waits for its end.
        // The borrowed value is not dropped; the clone counts.
        let borrowed = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(target) });
        if borrowed.header().is_none_or(|header| header.count() == 0) {
            return None;
        }
        // While its finaliser runs an object is not reachable through weak references made before.
        Some((*borrowed).clone())
    }
}

/// Weak references by the address of their referent.
pub struct WeakTable {
    references: RefCell<FxHashMap<u64, Vec<*const WeakRef>>>,
}

impl WeakTable {
    pub(crate) fn new() -> WeakTable {
        WeakTable { references: RefCell::default() }
    }

    fn note(&self, target: u64, reference: &Ref<WeakRef>) {
        let payload: *const WeakRef = &**reference;
        self.references.borrow_mut().entry(target).or_default().push(payload);
    }

    fn forget(&self, target: u64, reference: *const WeakRef) {
        let mut table = self.references.borrow_mut();
        if let Some(all) = table.get_mut(&target) {
            all.retain(|r| *r != reference);
            if all.is_empty() {
                table.remove(&target);
            }
        }
    }

    /// The weak references to an object that are alive, oldest first.
    pub fn references_to(&self, target: &Value) -> Vec<Ref<WeakRef>> {
        let table = self.references.borrow();
        let Some(all) = table.get(&target.bits()) else { return Vec::new() };
        all.iter().filter_map(|payload| reference_of(*payload)).collect()
    }

    fn take(&self, target: u64) -> Vec<Ref<WeakRef>> {
        let Some(all) = self.references.borrow_mut().remove(&target) else { return Vec::new() };
        all.into_iter().filter_map(reference_of).collect()
    }

    /// Kills the weak references to unreachable objects before their finalisers run, and calls the callbacks of those
    /// references that are themselves reachable.
    pub(crate) fn clear_for_garbage(&self, vm: &mut Vm, garbage: &[Value]) {
        let dying: rustc_hash::FxHashSet<u64> = garbage.iter().map(Value::bits).collect();
        let mut callbacks = Vec::new();
        for value in garbage {
            for reference in self.take(value.bits()) {
                reference.target.set(0);
                if !dying.contains(&reference.as_value().bits()) {
                    callbacks.push(reference);
                }
            }
        }
        for reference in callbacks {
            call_back(vm, reference);
        }
    }
}

/// A counted reference from a payload's address; `None` for a weak reference that waits for its own end.
fn reference_of(payload: *const WeakRef) -> Option<Ref<WeakRef>> {
    let offset = std::mem::offset_of!(crate::object::Object<WeakRef>, payload);
    // SAFETY: the table holds payloads of live weak references (each takes itself out when it dies), and the
    // payload lies `offset` bytes into its object.
    unsafe {
        let object = payload.cast::<u8>().sub(offset).cast_mut().cast::<crate::object::Object<WeakRef>>();
        let borrowed =
            std::mem::ManuallyDrop::new(Ref::from_pointer(std::ptr::NonNull::new_unchecked(object)));
        (borrowed.header().count() > 0).then(|| (*borrowed).clone())
    }
}

/// Kills the weak references to an object that dies, and calls their callbacks.
pub(crate) fn object_died(header: &Header) {
    let target = header as *const Header as u64;
    let dead = interp::current().weak.take(target);
    for reference in &dead {
        reference.target.set(0);
    }
    header.unset(META_WEAKLY_REFERENCED);
    for reference in dead.into_iter().rev() {
        interp::with_vm(|vm| call_back(vm, reference));
    }
}

fn call_back(vm: &mut Vm, reference: Ref<WeakRef>) {
    let callback = reference.callback.replace(Value::NONE);
    if callback.is_none() {
        return;
    }
    let pending = vm.take_handled_state();
    if let Err(raised) = vm.call(&callback, &[reference.into()]) {
        vm.write_unraisable(raised, None, Some(&callback));
    }
    vm.restore_handled_state(pending);
}
