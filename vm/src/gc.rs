//! The cycle collector.
//!
//! Reference counting frees everything but cycles. Containers are listed in one of three generations; a
//! collection copies the counts of a generation's objects, takes off the references that come from inside
//! it, and what is not reachable from an object with references left is garbage. Source: CPython 3.12
//! `Modules/gcmodule.c`, whose thresholds and order of events (finalisers, weak references, clearing) it keeps.

use crate::interp;
use crate::object::header::{Header, META_FINALIZED, META_TRACKED};
use crate::object::{Value, attributes};
use crate::vm::Vm;
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;

const GENERATIONS: usize = 3;
/// The list of frozen objects.
const FROZEN: usize = GENERATIONS;
const GENERATION_SHIFT: u32 = 30;
const INDEX_MASK: u32 = (1 << GENERATION_SHIFT) - 1;

/// Counts of past collections of one generation (`gc.get_stats()`).
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    /// Collections.
    pub collections: u64,
    /// Objects found to be garbage.
    pub collected: u64,
    /// Objects that could not be freed.
    pub uncollectable: u64,
}

/// The lists of containers, and the collector's settings.
pub struct Collector {
    /// By generation, and those that are frozen.
    lists: [RefCell<Vec<*const Header>>; GENERATIONS + 1],
    /// Net allocations since the last collection of the youngest, and collections since for the older.
    pub counts: [Cell<i32>; GENERATIONS],
    /// When to collect each.
    pub thresholds: [Cell<i32>; GENERATIONS],
    /// `gc.isenabled()`
    pub enabled: Cell<bool>,
    /// `gc.get_debug()`
    pub debug: Cell<i32>,
    /// A collection is due at the next safepoint.
    pub due: Cell<bool>,
    collecting: Cell<bool>,
    /// Objects that survived the last full collection, and those that have grown old since.
    long_lived: Cell<(usize, usize)>,
    /// By generation.
    pub stats: [Cell<Stats>; GENERATIONS],
}

impl Collector {
    pub(crate) fn new() -> Collector {
        Collector {
            lists: [const { RefCell::new(Vec::new()) }; GENERATIONS + 1],
            counts: [const { Cell::new(0) }; GENERATIONS],
            thresholds: [Cell::new(700), Cell::new(10), Cell::new(10)],
            enabled: Cell::new(true),
            debug: Cell::new(0),
            due: Cell::new(false),
            collecting: Cell::new(false),
            long_lived: Cell::new((0, 0)),
            stats: [const { Cell::new(Stats { collections: 0, collected: 0, uncollectable: 0 }) };
                GENERATIONS],
        }
    }

    /// Every container of one generation, or of all.
    pub fn objects(&self, generation: Option<usize>) -> Vec<Value> {
        let wanted = generation.map_or(0..GENERATIONS, |g| g..g + 1);
        let mut all = Vec::new();
        for generation in wanted {
            all.extend(self.lists[generation].borrow().iter().map(|header| value_of(*header)));
        }
        all
    }

    /// Moves everything out of the collector's sight (`gc.freeze()`).
    pub fn freeze(&self) {
        for list in &self.lists[..GENERATIONS] {
            let headers = list.take();
            relist(self, FROZEN, &headers);
        }
    }

    /// Puts what is frozen into the oldest generation.
    pub fn unfreeze(&self) {
        let headers = self.lists[FROZEN].take();
        relist(self, GENERATIONS - 1, &headers);
    }

    /// Counts what there is as long-lived, without looking for garbage, and begins to collect.
    pub(crate) fn settle(&self) {
        let young = self.lists[0].take();
        relist(self, GENERATIONS - 1, &young);
        self.long_lived.set((self.lists[GENERATIONS - 1].borrow().len(), 0));
        self.counts[0].set(0);
        self.due.set(false);
        self.enabled.set(true);
    }

    /// How many objects are frozen.
    pub fn frozen_count(&self) -> usize {
        self.lists[FROZEN].borrow().len()
    }
}

/// A counted reference to a listed object.
fn value_of(header: *const Header) -> Value {
    // SAFETY: listed objects are alive; the count is raised for the new reference.
    unsafe {
        (*header).increment();
        Value::from_bits(header as u64)
    }
}

/// Whether the collector knows an object.
pub fn is_tracked(value: &Value) -> bool {
    value.header().is_some_and(|header| header.has(META_TRACKED))
}

/// Whether an object's finaliser has run.
pub fn is_finalized(value: &Value) -> bool {
    value.header().is_some_and(|header| header.has(META_FINALIZED))
}

/// Lists a new container.
#[inline]
pub(crate) fn track(header: &Header) {
    let interp = interp::current();
    let gc = &interp.gc;
    let mut young = gc.lists[0].borrow_mut();
    // SAFETY: the caller has checked that the object is a container.
    unsafe { header.gc_prefix() }.index.set(young.len() as u32 & INDEX_MASK);
    young.push(header);
    header.set(META_TRACKED);
    let count = gc.counts[0].get() + 1;
    gc.counts[0].set(count);
    if count > gc.thresholds[0].get() {
        note_due(interp);
    }
}

/// Asks for a collection at the next safepoint.
#[cold]
fn note_due(interp: &interp::Interp) {
    let gc = &interp.gc;
    let due = gc.enabled.get() && gc.thresholds[0].get() > 0;
    gc.due.set(due);
    if due {
        interp.lock.attention.store(true, Ordering::Relaxed);
    }
}

/// Takes a container off its list.
#[inline]
pub(crate) fn untrack(header: &Header) {
    let gc = &interp::current().gc;
    // SAFETY: only containers are tracked.
    let place = unsafe { header.gc_prefix() }.index.get();
    let (generation, index) = ((place >> GENERATION_SHIFT) as usize, (place & INDEX_MASK) as usize);
    let mut list = gc.lists[generation].borrow_mut();
    debug_assert!(std::ptr::eq(list[index], header));
    list.swap_remove(index);
    if let Some(moved) = list.get(index) {
        // SAFETY: listed objects are alive containers.
        unsafe { (**moved).gc_prefix() }.index.set(place);
    }
    header.unset(META_TRACKED);
    let count = gc.counts[0].get();
    if count > 0 {
        gc.counts[0].set(count - 1);
    }
}

/// Collects the generation that is due, at a safepoint.
#[cold]
pub(crate) fn collect_due(vm: &mut Vm) {
    let gc = &vm.interp.gc;
    gc.due.set(false);
    if gc.collecting.get() || !gc.enabled.get() {
        return;
    }
    let exceeds = |i: usize| gc.counts[i].get() > gc.thresholds[i].get();
    let (total, pending) = gc.long_lived.get();
    let generation = match (exceeds(2) && pending >= total / 4, exceeds(1)) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    };
    collect(vm, generation);
}

/// Collects a generation with all younger ones; the number of objects found unreachable.
pub fn collect(vm: &mut Vm, generation: usize) -> usize {
    let gc = &vm.interp.gc;
    if gc.collecting.replace(true) {
        return 0;
    }
    let found = collect_inner(vm, generation.min(GENERATIONS - 1));
    vm.interp.gc.collecting.set(false);
    found
}

/// Whether a collection is running.
pub fn is_collecting() -> bool {
    interp::current().gc.collecting.get()
}

fn collect_inner(vm: &mut Vm, generation: usize) -> usize {
    let gc = &vm.interp.gc;
    for count in &gc.counts[..=generation] {
        count.set(0);
    }
    if let Some(older) = gc.counts.get(generation + 1) {
        older.set(older.get() + 1);
    }
    let mut candidates: Vec<*const Header> = Vec::new();
    for list in &gc.lists[..=generation] {
        candidates.append(&mut list.borrow_mut());
    }
    let (reachable, garbage) = partition(&candidates);
    let target = (generation + 1).min(GENERATIONS - 1);
    relist(gc, target, &reachable);
    if generation == GENERATIONS - 1 {
        gc.long_lived.set((reachable.len(), 0));
    } else if target == GENERATIONS - 1 {
        let (total, pending) = gc.long_lived.get();
        gc.long_lived.set((total, pending + reachable.len()));
    }
    // Until it is gone, garbage is listed like everything else.
    relist(gc, target, &garbage);
    let garbage: Vec<Value> = garbage.into_iter().map(value_of).collect();
    let count = destroy_garbage(vm, garbage);
    let stats = &vm.interp.gc.stats[generation];
    let old = stats.get();
    stats.set(Stats { collections: old.collections + 1, collected: old.collected + count as u64, ..old });
    count
}

fn relist(gc: &Collector, generation: usize, headers: &[*const Header]) {
    let mut list = gc.lists[generation].borrow_mut();
    for header in headers {
        let place = (generation as u32) << GENERATION_SHIFT | list.len() as u32 & INDEX_MASK;
        // SAFETY: listed objects are alive containers.
        unsafe { (**header).gc_prefix() }.index.set(place);
        list.push(*header);
    }
}

/// Marks a candidate that was reached; smaller numbers count references from outside.
const REACHED: u32 = u32::MAX;

/// Splits candidates into those that something outside can reach, and the rest.
fn partition(candidates: &[*const Header]) -> (Vec<*const Header>, Vec<*const Header>) {
    // While this runs, `index` marks a candidate: no other tracked object has this bit pattern.
    const CANDIDATE: u32 = u32::MAX;
    // SAFETY (all blocks here): candidates are live, tracked containers, and nothing runs that could change them.
    for header in candidates {
        // SAFETY: see above.
        let object = unsafe { &**header };
        // SAFETY: see above.
        let prefix = unsafe { object.gc_prefix() };
        prefix.index.set(CANDIDATE);
        prefix.refs.set(object.count());
    }
    let is_candidate = |header: &Header| {
        // SAFETY: tracked objects have a prefix.
        header.has(META_TRACKED) && unsafe { header.gc_prefix() }.index.get() == CANDIDATE
    };
    for header in candidates {
        traverse(*header, &mut |value| {
            if let Some(inner) = value.header().filter(|h| is_candidate(h)) {
                // SAFETY: candidates have a prefix.
                let refs = &unsafe { inner.gc_prefix() }.refs;
                refs.set(refs.get().saturating_sub(1));
            }
        });
    }
    let mut work: Vec<*const Header> = Vec::new();
    for header in candidates {
        // SAFETY: see above.
        let refs = &unsafe { (**header).gc_prefix() }.refs;
        if refs.get() != 0 && refs.get() != REACHED {
            refs.set(REACHED);
            work.push(*header);
        }
        while let Some(reached) = work.pop() {
            traverse(reached, &mut |value| {
                if let Some(inner) = value.header().filter(|h| is_candidate(h)) {
                    // SAFETY: candidates have a prefix.
                    let refs = &unsafe { inner.gc_prefix() }.refs;
                    if refs.replace(REACHED) != REACHED {
                        work.push(inner);
                    }
                }
            });
        }
    }
    // SAFETY: see above.
    candidates.iter().partition(|header| unsafe { (***header).gc_prefix() }.refs.get() == REACHED)
}

fn traverse(header: *const Header, visit: &mut dyn FnMut(&Value)) {
    // SAFETY: the caller's object is alive.
    let object = unsafe { &*header };
    let class = object.class();
    visit(class.as_value());
    if class.has_attributes() {
        // SAFETY: a live object's address is a value's word; the borrowed value is not dropped.
        let value = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(header as u64) });
        attributes::traverse(&value, visit);
    }
    // SAFETY: the layout is the object's.
    unsafe { (class.layout().traverse)(header, visit) };
}

/// The references that an object holds (`gc.get_referents`).
pub fn referents(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    if let Some(header) = value.header() {
        traverse(header, &mut |inner| {
            if !inner.is_unbound() {
                all.push(inner.clone());
            }
        });
    }
    all
}

/// Runs finalisers and breaks the cycles of unreachable objects; how many there were.
fn destroy_garbage(vm: &mut Vm, garbage: Vec<Value>) -> usize {
    vm.interp.weak.clear_for_garbage(vm, &garbage);
    let mut finalized = false;
    for value in &garbage {
        let Some(header) = value.header() else { continue };
        if header.class().has_finalizer() && !header.has(META_FINALIZED) {
            header.set(META_FINALIZED);
            finalized = true;
            interp::finalize(value);
        }
    }
    let garbage = if finalized { still_garbage(garbage) } else { garbage };
    let count = garbage.len();
    for value in &garbage {
        let Some(header) = value.header() else { continue };
        // SAFETY: the layout is the object's; `garbage` keeps it alive.
        unsafe { (header.class().layout().clear)(header) };
        attributes::clear(value);
    }
    count
}

/// What finalisers have not brought back to life.
fn still_garbage(garbage: Vec<Value>) -> Vec<Value> {
    let headers: Vec<*const Header> = garbage
        .iter()
        .filter_map(|v| v.header())
        .filter(|h| h.has(META_TRACKED))
        .map(|h| h as *const Header)
        .collect();
    // SAFETY: `garbage` keeps them alive; tracked objects have a prefix.
    let places: Vec<u32> = headers.iter().map(|h| unsafe { (**h).gc_prefix() }.index.get()).collect();
    // Our own references in `garbage` count as one from outside each: take them off for the partition.
    for header in &headers {
        // SAFETY: as above; the count is at least 2 with the reference in `garbage`, or the object is unreachable.
        unsafe { (**header).decrement() };
    }
    let (_, dead) = partition(&headers);
    for (header, place) in headers.iter().zip(places) {
        // SAFETY: as above.
        unsafe {
            (**header).increment();
            (**header).gc_prefix().index.set(place);
        }
    }
    dead.into_iter().map(value_of).collect()
}
