//! `deque` and its iterators.

use crate::support::params;
use pvm_vm::native::{Args, bind};
use pvm_vm::object::class::flag;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::container_support::{self as support, instance_state};
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// A queue with two ends. Its items are never dropped while they are borrowed.
pub struct Deque {
    items: RefCell<VecDeque<Value>>,
    /// `None` for no limit.
    limit: Cell<Option<usize>>,
    /// Counts changes of length and order, so that iterators notice them.
    changes: Cell<u64>,
}

pvm_vm::payload!(Deque, "collections.deque", |d, visit| d.items.borrow().iter().for_each(visit), |d| {
    drop(d.items.take())
});

impl Deque {
    fn payload(limit: Option<usize>) -> Deque {
        Deque { items: RefCell::default(), limit: Cell::new(limit), changes: Cell::new(0) }
    }

    fn changed(&self) {
        self.changes.set(self.changes.get().wrapping_add(1));
    }

    fn len(&self) -> usize {
        self.items.borrow().len()
    }

    fn get(&self, index: usize) -> Option<Value> {
        self.items.borrow().get(index).cloned()
    }

    fn to_vec(&self) -> Vec<Value> {
        self.items.borrow().iter().cloned().collect()
    }

    /// Appends; an item that falls off the other end is given back.
    fn push_back(&self, value: Value) -> Option<Value> {
        self.changed();
        let mut items = self.items.borrow_mut();
        items.push_back(value);
        if self.limit.get().is_some_and(|limit| items.len() > limit) { items.pop_front() } else { None }
    }

    fn push_front(&self, value: Value) -> Option<Value> {
        self.changed();
        let mut items = self.items.borrow_mut();
        items.push_front(value);
        if self.limit.get().is_some_and(|limit| items.len() > limit) { items.pop_back() } else { None }
    }

    fn take(&self) -> VecDeque<Value> {
        self.changed();
        self.items.take()
    }

    fn rotate_by(&self, n: i64) {
        let len = self.len() as i64;
        if len < 2 {
            return;
        }
        self.changed();
        let n = n.rem_euclid(len) as usize;
        self.items.borrow_mut().rotate_right(n);
    }

    /// The index of an item that equals a value.
    fn find(&self, vm: &mut Vm, value: &Value, range: std::ops::Range<usize>) -> PyResult<Option<usize>> {
        let before = self.changes.get();
        for index in range {
            let Some(item) = self.get(index) else { break };
            let equal = vm.equals(&item, value)?;
            if self.changes.get() != before {
                return Err(mutated(vm));
            }
            if equal {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

#[cold]
fn mutated(vm: &mut Vm) -> Raised {
    vm.runtime_error("deque mutated during iteration")
}

fn extend(vm: &mut Vm, this: &Ref<Deque>, iterable: &Value, left: bool) -> PyResult<()> {
    if this.as_value().is(iterable) {
        for item in this.to_vec() {
            drop(if left { this.push_front(item) } else { this.push_back(item) });
        }
        return Ok(());
    }
    vm.for_each(iterable, |_vm, item| {
        drop(if left { this.push_front(item) } else { this.push_back(item) });
        Ok(())
    })
}

fn same_kind(vm: &mut Vm, this: &Ref<Deque>) -> PyResult<Ref<Deque>> {
    let class = class_of::<Deque>(vm)?;
    let args: Vec<Value> = match this.limit.get() {
        Some(limit) => vec![Tuple::new([]).into(), limit.into()],
        None => Vec::new(),
    };
    if this.class().is(&class) {
        return Ok(Ref::new(Deque::payload(this.limit.get()), &class));
    }
    let made = vm.call(this.class().as_value(), &args)?;
    match made.downcast::<Deque>() {
        Ok(deque) => Ok(deque),
        Err(other) => {
            let (name, found) = (this.class().name(), other.class().name());
            Err(vm.type_error(format!("{name}() must return a deque, not {found}")))
        }
    }
}

fn repeated(vm: &mut Vm, this: &Ref<Deque>, count: &Value) -> PyResult<VecDeque<Value>> {
    let count = support::repeat_count(vm, count)?;
    let items = this.to_vec();
    let mut all = match this.limit.get() {
        // Only the last items can be left, so no more are made.
        Some(limit) if !items.is_empty() => {
            let count = count.min(limit.div_ceil(items.len()) + 1);
            support::repeat(vm, &items, count)?
        }
        _ => support::repeat(vm, &items, count)?,
    };
    if let Some(limit) = this.limit.get() {
        let excess = all.len().saturating_sub(limit);
        all.drain(..excess);
    }
    Ok(all.into())
}

#[pymethods(
    name = "deque",
    module = "collections",
    doc = "deque([iterable[, maxlen]]) --> deque object\n\nA list-like sequence optimized for data accesses near its endpoints.",
    flags = flag::BASE_TYPE | flag::SEQUENCE | flag::HAS_WEAKREF
)]
impl Deque {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Deque::payload(None), cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Deque>, args: Args<'_>) -> PyResult<()> {
        let ([iterable, limit], _) = bind::<2, 0, 2>(
            vm,
            "deque",
            params![("iterable", Positional, false), ("maxlen", Positional, false)],
            args,
        )?;
        let limit = match limit {
            Some(limit) if !limit.is_none() => {
                if limit.as_int().is_none() {
                    return Err(vm.type_error("an integer is required"));
                }
                let limit = vm.to_index(limit)?;
                match usize::try_from(limit) {
                    Ok(limit) => Some(limit),
                    Err(_) => return Err(vm.value_error("maxlen must be non-negative")),
                }
            }
            _ => None,
        };
        this.limit.set(limit);
        let old = this.take();
        drop(old);
        match iterable {
            Some(iterable) => extend(vm, this, iterable, false),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        let name = this.class().name();
        let shown = vm.repr_guard(this.as_value(), |vm| {
            let list: Value = List::new(this.to_vec()).into();
            vm.repr(&list)
        })?;
        Ok(match (shown, this.limit.get()) {
            (None, _) => "[...]".to_owned(),
            (Some(shown), Some(limit)) => format!("{name}({shown}, maxlen={limit})"),
            (Some(shown), None) => format!("{name}({shown})"),
        }
        .into())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<Deque>(), b.downcast_ref::<Deque>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let (before_x, before_y) = (x.changes.get(), y.changes.get());
        let result = support::compare_sequences(vm, op, |i| x.get(i), |i| y.get(i), || (x.len(), y.len()))?;
        if x.changes.get() != before_x || y.changes.get() != before_y {
            return Err(mutated(vm));
        }
        Ok(result)
    }

    #[slot(len)]
    fn len_slot(this: &Ref<Deque>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(bool)]
    fn bool(this: &Ref<Deque>) -> PyResult<bool> {
        Ok(this.len() != 0)
    }

    #[slot(getitem)]
    fn get_item(vm: &mut Vm, this: &Ref<Deque>, key: &Value) -> PyResult {
        let index = place(vm, this, key)?;
        match index.and_then(|i| this.get(i)) {
            Some(item) => Ok(item),
            None => Err(vm.index_error("deque index out of range")),
        }
    }

    #[slot(setitem)]
    fn set_item(vm: &mut Vm, this: &Ref<Deque>, key: &Value, value: Option<Value>) -> PyResult<()> {
        let index = place(vm, this, key)?;
        let Some(index) = index else { return Err(vm.index_error("deque index out of range")) };
        let old = match value {
            Some(value) => this.items.borrow_mut().get_mut(index).map(|slot| std::mem::replace(slot, value)),
            None => {
                this.changed();
                this.items.borrow_mut().remove(index)
            }
        };
        drop(old);
        Ok(())
    }

    #[slot(concat)]
    fn concat(vm: &mut Vm, this: &Ref<Deque>, other: &Value) -> PyResult {
        if !other.holds::<Deque>() {
            let found = other.class().name();
            return Err(vm.type_error(format!("can only concatenate deque (not \"{found}\") to deque")));
        }
        let result = Deque::copy(vm, this)?;
        if let Some(deque) = result.downcast_ref::<Deque>() {
            extend(vm, deque, other, false)?;
        }
        Ok(result)
    }

    #[slot(inplace_concat)]
    fn inplace_concat(vm: &mut Vm, this: &Ref<Deque>, other: &Value) -> PyResult {
        extend(vm, this, other, false)?;
        Ok(this.into())
    }

    #[slot(repeat)]
    fn repeat(vm: &mut Vm, this: &Ref<Deque>, count: &Value) -> PyResult {
        let items = repeated(vm, this, count)?;
        let result = same_kind(vm, this)?;
        let old = result.items.replace(items);
        drop(old);
        Ok(result.into())
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat(vm: &mut Vm, this: &Ref<Deque>, count: &Value) -> PyResult {
        let items = repeated(vm, this, count)?;
        this.changed();
        let old = this.items.replace(items);
        drop(old);
        Ok(this.into())
    }

    #[slot(contains)]
    fn contains(vm: &mut Vm, this: &Ref<Deque>, item: &Value) -> PyResult<bool> {
        Ok(this.find(vm, item, 0..usize::MAX)?.is_some())
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        let class = class_of::<DequeIterator>(vm)?;
        Ok(Ref::new(DequeIterator(Walk::new(this)), &class).into())
    }

    /// D.__reversed__() -- return a reverse iterator over the deque
    #[method(sig = "")]
    fn __reversed__(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        let class = class_of::<DequeReverseIterator>(vm)?;
        Ok(Ref::new(DequeReverseIterator(Walk::new(this)), &class).into())
    }

    /// Add an element to the right side of the deque.
    #[method(sig = "")]
    fn append(this: &Ref<Deque>, item: Value) {
        drop(this.push_back(item));
    }

    /// Add an element to the left side of the deque.
    #[method(sig = "")]
    fn appendleft(this: &Ref<Deque>, item: Value) {
        drop(this.push_front(item));
    }

    /// Remove and return the rightmost element.
    #[method(sig = "")]
    fn pop(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        this.changed();
        let item = this.items.borrow_mut().pop_back();
        item.ok_or_else(|| vm.index_error("pop from an empty deque"))
    }

    /// Remove and return the leftmost element.
    #[method(sig = "")]
    fn popleft(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        this.changed();
        let item = this.items.borrow_mut().pop_front();
        item.ok_or_else(|| vm.index_error("pop from an empty deque"))
    }

    /// Extend the right side of the deque with elements from the iterable
    #[method(name = "extend", sig = "")]
    fn extend_method(vm: &mut Vm, this: &Ref<Deque>, iterable: &Value) -> PyResult<()> {
        extend(vm, this, iterable, false)
    }

    /// Extend the left side of the deque with elements from the iterable
    #[method(sig = "")]
    fn extendleft(vm: &mut Vm, this: &Ref<Deque>, iterable: &Value) -> PyResult<()> {
        extend(vm, this, iterable, true)
    }

    /// Remove all elements from the deque.
    #[method(sig = "")]
    fn clear(this: &Ref<Deque>) {
        let old = this.take();
        drop(old);
    }

    /// Return a shallow copy of a deque.
    #[method(sig = "")]
    fn copy(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        let class = class_of::<Deque>(vm)?;
        if !this.class().is(&class) {
            let args: Vec<Value> = match this.limit.get() {
                Some(limit) => vec![this.into(), limit.into()],
                None => vec![this.into()],
            };
            return vm.call(this.class().as_value(), &args);
        }
        let copy = same_kind(vm, this)?;
        let items: VecDeque<Value> = this.to_vec().into();
        let old = copy.items.replace(items);
        drop(old);
        Ok(copy.into())
    }

    /// Return a shallow copy of a deque.
    #[method(sig = "")]
    fn __copy__(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        Deque::copy(vm, this)
    }

    /// D.count(value) -- return number of occurrences of value
    #[method(sig = "")]
    fn count(vm: &mut Vm, this: &Ref<Deque>, value: &Value) -> PyResult<usize> {
        let before = this.changes.get();
        let (mut count, mut index) = (0, 0);
        while let Some(item) = this.get(index) {
            count += usize::from(vm.equals(&item, value)?);
            if this.changes.get() != before {
                return Err(mutated(vm));
            }
            index += 1;
        }
        Ok(count)
    }

    /// D.index(value, [start, [stop]]) -- return first index of value.
    /// Raises ValueError if the value is not present.
    #[method(sig = "(value, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &mut Vm,
        this: &Ref<Deque>,
        value: &Value,
        #[default(support::Position(0))] start: support::Position,
        #[default(support::Position(i64::MAX))] stop: support::Position,
    ) -> PyResult<usize> {
        let range = support::search_range(this.len(), start, stop);
        match this.find(vm, value, range)? {
            Some(index) => Ok(index),
            None => {
                let shown = vm.repr(value)?;
                Err(vm.value_error(format!("{shown} is not in deque")))
            }
        }
    }

    /// D.insert(index, object) -- insert object before index
    #[method(sig = "")]
    fn insert(vm: &mut Vm, this: &Ref<Deque>, index: &Value, object: Value) -> PyResult<()> {
        let index = vm.to_index(index)?;
        let len = this.len();
        if this.limit.get() == Some(len) {
            return Err(vm.index_error("deque already at its maximum size"));
        }
        let index = if index < 0 { index.saturating_add(len as i64) } else { index };
        let index = usize::try_from(index).unwrap_or(0).min(len);
        this.changed();
        this.items.borrow_mut().insert(index, object);
        Ok(())
    }

    /// D.remove(value) -- remove first occurrence of value.
    #[method(sig = "")]
    fn remove(vm: &mut Vm, this: &Ref<Deque>, value: &Value) -> PyResult<()> {
        let before = this.changes.get();
        let mut index = 0;
        while let Some(item) = this.get(index) {
            let equal = vm.equals(&item, value)?;
            if this.changes.get() != before {
                return Err(vm.index_error("deque mutated during remove()."));
            }
            if equal {
                this.changed();
                let old = this.items.borrow_mut().remove(index);
                drop(old);
                return Ok(());
            }
            index += 1;
        }
        let text = vm.repr(value)?;
        Err(vm.value_error(format!("{text} is not in deque")))
    }

    /// D.reverse() -- reverse *IN PLACE*
    #[method(sig = "")]
    fn reverse(this: &Ref<Deque>) {
        this.changed();
        this.items.borrow_mut().make_contiguous().reverse();
    }

    /// Rotate the deque n steps to the right (default n=1).  If n is negative, rotates left.
    #[method(sig = "(n=1, /)")]
    fn rotate(this: &Ref<Deque>, n: i64) {
        this.rotate_by(n);
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<Deque>) -> PyResult {
        let state = instance_state(vm, this.as_value())?;
        let iterator = vm.iter(this.as_value())?;
        let args = match this.limit.get() {
            Some(limit) => Tuple::new([Tuple::new([]).into(), limit.into()]),
            None => Tuple::new([]),
        };
        Ok(Tuple::new([this.class().into(), args.into(), state, iterator]).into())
    }

    /// D.__sizeof__() -- size of D in memory, in bytes
    #[method(sig = "")]
    fn __sizeof__(this: &Ref<Deque>) -> usize {
        232 + 528 * (this.len() / 64 + 1)
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        support::class_getitem(cls, item)
    }

    /// maximum size of a deque or None if unbounded
    #[getter]
    fn maxlen(this: &Ref<Deque>) -> Value {
        this.limit.get().map_or(Value::NONE, Value::from)
    }
}

/// The index that a key stands for; `None` where it is out of range.
fn place(vm: &mut Vm, this: &Ref<Deque>, key: &Value) -> PyResult<Option<usize>> {
    if key.class().slots.index.get().is_none() {
        let found = key.class().name();
        return Err(vm.type_error(format!("sequence index must be integer, not '{found}'")));
    }
    let index = support::index_key(vm, key)?;
    let len = this.len();
    let index = if index < 0 { index.saturating_add(len as i64) } else { index };
    Ok(usize::try_from(index).ok().filter(|i| *i < len))
}

/// How far an iterator has come.
struct Walk {
    deque: Ref<Deque>,
    taken: Cell<usize>,
    left: Cell<usize>,
    changes: u64,
}

impl Walk {
    fn new(deque: &Ref<Deque>) -> Walk {
        let left = Cell::new(deque.len());
        Walk { deque: deque.clone(), taken: Cell::new(0), left, changes: deque.changes.get() }
    }

    fn next(&self, vm: &mut Vm, backwards: bool) -> PyResult<Option<Value>> {
        if self.deque.changes.get() != self.changes {
            self.left.set(0);
            return Err(mutated(vm));
        }
        if self.left.get() == 0 {
            return Ok(None);
        }
        let taken = self.taken.get();
        let index = if backwards { self.deque.len().checked_sub(taken + 1) } else { Some(taken) };
        self.taken.set(taken + 1);
        self.left.set(self.left.get() - 1);
        Ok(index.and_then(|i| self.deque.get(i)))
    }
}

macro_rules! deque_iterator {
    ($name:ident, $python:tt, $backwards:literal) => {
        #[doc = concat!("`", $python, "`")]
        pub struct $name(Walk);

        pvm_vm::payload!($name, $python, |w, visit| visit(w.0.deque.as_value()), |_w| ());

        #[pymethods(name = $python, module = "collections")]
        impl $name {
            #[slot(new)]
            fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
                vm.check_positional($python, args.pos().len(), 1, 2)?;
                let Some(deque) = args.pos().first().and_then(|d| d.downcast_ref::<Deque>()) else {
                    return Err(vm.type_error(concat!($python, "() argument 1 must be collections.deque")));
                };
                let walk = Walk::new(deque);
                if let Some(index) = args.pos().get(1) {
                    let index = vm.to_index(index)?;
                    let skip = usize::try_from(index).unwrap_or(0).min(walk.left.get());
                    walk.taken.set(skip);
                    walk.left.set(walk.left.get() - skip);
                }
                Ok(Ref::new($name(walk), cls).into())
            }

            #[slot(iter)]
            fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
                Ok(this.clone())
            }

            #[slot(next)]
            fn next(vm: &mut Vm, this: &Ref<$name>) -> PyResult<Option<Value>> {
                this.0.next(vm, $backwards)
            }

            /// Private method returning an estimate of len(list(it)).
            #[method(sig = "")]
            fn __length_hint__(this: &Ref<$name>) -> usize {
                this.0.left.get()
            }

            /// Return state information for pickling.
            #[method(sig = "")]
            fn __reduce__(this: &Ref<$name>) -> Value {
                let index = this.0.deque.len().saturating_sub(this.0.left.get());
                let args = Tuple::new([(&this.0.deque).into(), index.into()]);
                Tuple::new([this.class().into(), args.into()]).into()
            }
        }
    };
}

deque_iterator!(DequeIterator, "_deque_iterator", false);
deque_iterator!(DequeReverseIterator, "_deque_reverse_iterator", true);
