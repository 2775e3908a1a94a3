//! Iterators that pass items through: `accumulate`, `batched`, `chain`, `compress`, `dropwhile`, `takewhile`, `filterfalse`,
//! `islice`, `pairwise`, `starmap`

use crate::support::{next_or_end, no_keywords, params};
use pvm_vm::native::{Args, bind, present};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::protocol::numbers::BinaryOp;
use pvm_vm::types::container_support::class_getitem;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// `accumulate(iterable, func, initial=…)`
pub struct Accumulate {
    iterator: Value,
    /// `None` for addition.
    function: Value,
    /// `UNBOUND` before the first item.
    total: RefCell<Value>,
    /// To be given out first.
    initial: RefCell<Value>,
}

pvm_vm::payload!(
    Accumulate,
    "itertools.accumulate",
    |a, visit| {
        visit(&a.iterator);
        visit(&a.function);
        visit(&a.total.borrow());
        visit(&a.initial.borrow());
    },
    |_a| ()
);

#[pymethods(
    name = "accumulate",
    module = "itertools",
    doc = "Return series of accumulated sums.",
    flags = flag::BASE_TYPE
)]
impl Accumulate {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([iterable, function, initial], _) = bind::<3, 1, 2>(
            vm,
            "accumulate",
            params![
                ("iterable", Positional, true),
                ("func", Positional, false),
                ("initial", KeywordOnly, false),
            ],
            args,
        )?;
        let iterable = present(vm, iterable)?;
        let iterator = vm.iter(iterable)?;
        let initial = initial.filter(|i| !i.is_none()).cloned().unwrap_or(Value::UNBOUND);
        let accumulate = Accumulate {
            iterator,
            function: function.cloned().unwrap_or(Value::NONE),
            total: RefCell::new(Value::UNBOUND),
            initial: RefCell::new(initial),
        };
        Ok(Ref::new(accumulate, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Accumulate>) -> PyResult<Option<Value>> {
        let initial = this.initial.replace(Value::UNBOUND);
        if !initial.is_unbound() {
            crate::support::store(&this.total, initial.clone());
            return Ok(Some(initial));
        }
        let item = next_or_end!(vm, &this.iterator);
        let total = this.total.borrow().clone();
        let new = if total.is_unbound() {
            item
        } else if this.function.is_none() {
            vm.binary(BinaryOp::Add, &total, &item)?
        } else {
            vm.call(&this.function, &[total, item])?
        };
        crate::support::store(&this.total, new.clone());
        Ok(Some(new))
    }
}

/// `batched(iterable, n)`
pub struct Batched {
    iterator: RefCell<Option<Value>>,
    size: usize,
}

pvm_vm::payload!(Batched, "itertools.batched", |b, visit| b.iterator.borrow().iter().for_each(visit), |_b| (
));

#[pymethods(
    name = "batched",
    module = "itertools",
    doc = "Batch data into tuples of length n. The last batch may be shorter than n.\n\nLoops over the input iterable and accumulates data into tuples\nup to size n.  The input is consumed lazily, just enough to\nfill a batch.  The result is yielded as soon as a batch is full\nor when the input iterable is exhausted.\n\n    >>> for batch in batched('ABCDEFG', 3):\n    ...     print(batch)\n    ...\n    ('A', 'B', 'C')\n    ('D', 'E', 'F')\n    ('G',)",
    flags = flag::BASE_TYPE
)]
impl Batched {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([iterable, n], _) = bind::<2, 2, 2>(
            vm,
            "batched",
            params![("iterable", Positional, true), ("n", Positional, true)],
            args,
        )?;
        let (iterable, n) = (present(vm, iterable)?, present(vm, n)?);
        let n = vm.to_index(n)?;
        if n < 1 {
            return Err(vm.value_error("n must be at least one"));
        }
        let iterator = vm.iter(iterable)?;
        Ok(Ref::new(Batched { iterator: RefCell::new(Some(iterator)), size: n as usize }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Batched>) -> PyResult<Option<Value>> {
        let Some(iterator) = this.iterator.borrow().clone() else { return Ok(None) };
        let mut batch = Vec::new();
        while batch.len() < this.size {
            match vm.next(&iterator)? {
                Some(item) => batch.push(item),
                None => {
                    let spent = this.iterator.take();
                    drop(spent);
                    break;
                }
            }
        }
        Ok(if batch.is_empty() { None } else { Some(Tuple::new(batch).into()) })
    }
}

/// `chain(*iterables)`
pub struct Chain {
    /// Of iterables; `None` once it was used up.
    source: RefCell<Option<Value>>,
    active: RefCell<Option<Value>>,
}

pvm_vm::payload!(
    Chain,
    "itertools.chain",
    |c, visit| {
        c.source.borrow().iter().for_each(&mut *visit);
        c.active.borrow().iter().for_each(visit);
    },
    |_c| ()
);

impl Chain {
    fn make(cls: &Ref<Class>, source: Value) -> Value {
        let chain = Chain { source: RefCell::new(Some(source)), active: RefCell::new(None) };
        Ref::new(chain, cls).into()
    }
}

#[pymethods(
    name = "chain",
    module = "itertools",
    doc = "chain(*iterables) --> chain object\n\nReturn a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted.",
    flags = flag::BASE_TYPE
)]
impl Chain {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        no_keywords::<Chain>(vm, cls, args)?;
        let iterables: Value = Tuple::new(args.pos().to_vec()).into();
        let source = vm.iter(&iterables)?;
        Ok(Chain::make(cls, source))
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Chain>) -> PyResult<Option<Value>> {
        loop {
            let active = this.active.borrow().clone();
            if let Some(active) = active {
                if let Some(item) = vm.next(&active)? {
                    return Ok(Some(item));
                }
                let spent = this.active.take();
                drop(spent);
            }
            let Some(source) = this.source.borrow().clone() else { return Ok(None) };
            let next = vm.next(&source)?;
            let iterator = match next {
                Some(iterable) => vm.iter(&iterable),
                None => {
                    let spent = this.source.take();
                    drop(spent);
                    return Ok(None);
                }
            };
            match iterator {
                Ok(iterator) => {
                    let old = this.active.replace(Some(iterator));
                    drop(old);
                }
                Err(raised) => {
                    let spent = this.source.take();
                    drop(spent);
                    return Err(raised);
                }
            }
        }
    }

    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    #[classmethod]
    fn from_iterable(vm: &mut Vm, cls: &Ref<Class>, iterable: &Value) -> PyResult {
        let source = vm.iter(iterable)?;
        Ok(Chain::make(cls, source))
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<Chain>) -> Value {
        let empty: Value = vm.names().empty_tuple.clone().into();
        let class: Value = this.class().into();
        let (source, active) = (this.source.borrow().clone(), this.active.borrow().clone());
        match (source, active) {
            (Some(source), Some(active)) => Tuple::new([class, empty, Tuple::new([source, active]).into()]),
            (Some(source), None) => Tuple::new([class, empty, Tuple::new([source]).into()]),
            _ => Tuple::new([class, empty]),
        }
        .into()
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<Chain>, state: &Value) -> PyResult<()> {
        let Some(state) = state.downcast_ref::<Tuple>() else {
            return Err(vm.type_error("state is not a tuple"));
        };
        let (source, active) = match state.as_slice() {
            [source] => (source.clone(), None),
            [source, active] => (source.clone(), Some(active.clone())),
            other => {
                let given = other.len();
                let message = if given == 0 {
                    format!("function takes at least 1 argument ({given} given)")
                } else {
                    format!("function takes at most 2 arguments ({given} given)")
                };
                return Err(vm.type_error(message));
            }
        };
        if std::iter::once(&source).chain(&active).any(|v| v.class().slots.next.get().is_none()) {
            return Err(vm.type_error("Arguments must be iterators."));
        }
        let old = (this.source.replace(Some(source)), this.active.replace(active));
        drop(old);
        Ok(())
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        class_getitem(cls, item)
    }
}

/// `compress(data, selectors)`
pub struct Compress {
    data: Value,
    selectors: Value,
}

pvm_vm::payload!(
    Compress,
    "itertools.compress",
    |c, visit| {
        visit(&c.data);
        visit(&c.selectors);
    },
    |_c| ()
);

#[pymethods(
    name = "compress",
    module = "itertools",
    doc = "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors to\nchoose the data elements.",
    flags = flag::BASE_TYPE
)]
impl Compress {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([data, selectors], _) = bind::<2, 2, 2>(
            vm,
            "compress",
            params![("data", Positional, true), ("selectors", Positional, true)],
            args,
        )?;
        let (data, selectors) = (present(vm, data)?, present(vm, selectors)?);
        let data = vm.iter(data)?;
        let selectors = vm.iter(selectors)?;
        Ok(Ref::new(Compress { data, selectors }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Compress>) -> PyResult<Option<Value>> {
        loop {
            let item = next_or_end!(vm, &this.data);
            let selector = next_or_end!(vm, &this.selectors);
            if vm.truth(&selector)? {
                return Ok(Some(item));
            }
        }
    }
}

macro_rules! predicate_class {
    ($name:ident, $python:tt, $doc:tt, |$vm:ident, $this:ident| $next:expr) => {
        #[doc = concat!("`", $python, "(predicate, iterable)`")]
        pub struct $name {
            predicate: Value,
            iterator: Value,
            /// Whether the predicate has changed its answer.
            switched: Cell<bool>,
        }

        pvm_vm::payload!(
            $name,
            $python,
            |p, visit| {
                visit(&p.predicate);
                visit(&p.iterator);
            },
            |_p| ()
        );

        #[pymethods(name = $python, module = "itertools", doc = $doc, flags = flag::BASE_TYPE)]
        impl $name {
            #[slot(new)]
            fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
                no_keywords::<$name>(vm, cls, args)?;
                vm.check_positional($python, args.pos().len(), 2, 2)?;
                let [predicate, iterable] = args.pos() else { return Ok(Value::NONE) };
                let iterator = vm.iter(iterable)?;
                let made = $name { predicate: predicate.clone(), iterator, switched: Cell::new(false) };
                Ok(Ref::new(made, cls).into())
            }

            #[slot(iter)]
            fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
                Ok(this.clone())
            }

            #[slot(next)]
            fn next($vm: &mut Vm, $this: &Ref<$name>) -> PyResult<Option<Value>> {
                $next
            }

            fn answer(&self, vm: &mut Vm, item: &Value) -> PyResult<bool> {
                let plain = self.predicate.is_none() || self.predicate.is(vm.types().bool.as_value());
                if plain && $python == "filterfalse" {
                    return vm.truth(item);
                }
                let answer = vm.call(&self.predicate, std::slice::from_ref(item))?;
                vm.truth(&answer)
            }

            /// Return state information for pickling.
            #[method(sig = "")]
            fn __reduce__(this: &Ref<$name>) -> Value {
                let args = Tuple::new([this.predicate.clone(), this.iterator.clone()]);
                let class: Value = this.class().into();
                if $python == "filterfalse" {
                    return Tuple::new([class, args.into()]).into();
                }
                Tuple::new([class, args.into(), Value::int(i64::from(this.switched.get()))]).into()
            }

            /// Set state information for unpickling.
            #[method(sig = "")]
            fn __setstate__(vm: &mut Vm, this: &Ref<$name>, state: &Value) -> PyResult<()> {
                this.switched.set(vm.truth(state)?);
                Ok(())
            }
        }
    };
}

predicate_class!(
    DropWhile,
    "dropwhile",
    "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted.",
    |vm, this| {
        loop {
            let item = next_or_end!(vm, &this.iterator);
            if this.switched.get() {
                return Ok(Some(item));
            }
            if !this.answer(vm, &item)? {
                this.switched.set(true);
                return Ok(Some(item));
            }
        }
    }
);

predicate_class!(
    TakeWhile,
    "takewhile",
    "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.",
    |vm, this| {
        if this.switched.get() {
            return Ok(None);
        }
        let item = next_or_end!(vm, &this.iterator);
        if this.answer(vm, &item)? {
            return Ok(Some(item));
        }
        this.switched.set(true);
        Ok(None)
    }
);

predicate_class!(
    FilterFalse,
    "filterfalse",
    "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false.",
    |vm, this| {
        loop {
            let item = next_or_end!(vm, &this.iterator);
            if !this.answer(vm, &item)? {
                return Ok(Some(item));
            }
        }
    }
);

/// `islice(iterable, start, stop, step)`
pub struct ISlice {
    iterator: RefCell<Option<Value>>,
    /// The index of the next item to give.
    next: Cell<u64>,
    /// Where to stop; `None` at the end of the iterator.
    stop: Option<u64>,
    step: u64,
    /// Items taken from the iterator.
    taken: Cell<u64>,
}

pvm_vm::payload!(ISlice, "itertools.islice", |s, visit| s.iterator.borrow().iter().for_each(visit), |_s| ());

fn slice_index(vm: &mut Vm, value: &Value, message: &str) -> PyResult<Option<u64>> {
    if value.is_none() {
        return Ok(None);
    }
    if value.class().slots.index.get().is_none() {
        return Err(vm.value_error(message));
    }
    let index = match vm.index(value) {
        Ok(index) => index.as_int().and_then(|i| i.to_i64()),
        Err(_) => None,
    };
    match index.and_then(|i| u64::try_from(i).ok()) {
        Some(index) => Ok(Some(index)),
        None => Err(vm.value_error(message)),
    }
}

#[pymethods(
    name = "islice",
    module = "itertools",
    doc = "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\notherwise, start defaults to zero.  Step defaults to one.  If\nspecified as another value, step determines how many values are\nskipped between successive calls.  Works like a slice() on a list\nbut returns an iterator.",
    flags = flag::BASE_TYPE
)]
impl ISlice {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        no_keywords::<ISlice>(vm, cls, args)?;
        vm.check_positional("islice", args.pos().len(), 2, 4)?;
        const INDICES: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
        let (iterable, start, stop, step) = match args.pos() {
            [iterable, stop] => {
                const STOP: &str =
                    "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
                (iterable, 0, slice_index(vm, stop, STOP)?, 1)
            }
            [iterable, start, stop, rest @ ..] => {
                const STOP: &str =
                    "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
                let stop = slice_index(vm, stop, STOP)?;
                let start = slice_index(vm, start, INDICES)?.unwrap_or(0);
                const STEP: &str = "Step for islice() must be a positive integer or None.";
                let step = match rest.first() {
                    Some(step) => slice_index(vm, step, STEP)?.unwrap_or(1),
                    None => 1,
                };
                if step == 0 {
                    return Err(vm.value_error(STEP));
                }
                (iterable, start, stop, step)
            }
            _ => return Ok(Value::NONE),
        };
        let iterator = vm.iter(iterable)?;
        let slice = ISlice {
            iterator: RefCell::new(Some(iterator)),
            next: Cell::new(start),
            stop,
            step,
            taken: Cell::new(0),
        };
        Ok(Ref::new(slice, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<ISlice>) -> PyResult<Option<Value>> {
        let Some(iterator) = this.iterator.borrow().clone() else { return Ok(None) };
        // Items before the next one are taken also when nothing is to be given any more.
        let goal = this.stop.map_or(this.next.get(), |stop| this.next.get().min(stop));
        while this.taken.get() < goal {
            match vm.next(&iterator)? {
                Some(_) => this.taken.set(this.taken.get() + 1),
                None => return Ok(this.end()),
            }
        }
        if this.stop.is_some_and(|stop| this.taken.get() >= stop) {
            return Ok(this.end());
        }
        match vm.next(&iterator)? {
            Some(item) => {
                this.taken.set(this.taken.get() + 1);
                let next = this.next.get().saturating_add(this.step);
                this.next.set(this.stop.map_or(next, |stop| next.min(stop)));
                Ok(Some(item))
            }
            None => Ok(this.end()),
        }
    }

    fn end(&self) -> Option<Value> {
        let spent = self.iterator.take();
        drop(spent);
        None
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<ISlice>) -> PyResult {
        let class: Value = this.class().into();
        let iterator = this.iterator.borrow().clone();
        let Some(iterator) = iterator else {
            let empty: Value = Tuple::new([]).into();
            let iterator = vm.iter(&empty)?;
            let args = Tuple::new([iterator, Value::int(0)]);
            return Ok(Tuple::new([class, args.into(), Value::int(0)]).into());
        };
        let stop = this.stop.map_or(Value::NONE, Value::from);
        let args = Tuple::new([iterator, this.next.get().into(), stop, this.step.into()]);
        Ok(Tuple::new([class, args.into(), this.taken.get().into()]).into())
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<ISlice>, state: &Value) -> PyResult<()> {
        let taken = vm.to_index(state)?;
        this.taken.set(u64::try_from(taken).unwrap_or(0));
        Ok(())
    }
}

/// `pairwise(iterable)`
pub struct Pairwise {
    iterator: RefCell<Option<Value>>,
    /// `UNBOUND` before the first item.
    old: RefCell<Value>,
}

pvm_vm::payload!(
    Pairwise,
    "itertools.pairwise",
    |p, visit| {
        p.iterator.borrow().iter().for_each(&mut *visit);
        visit(&p.old.borrow());
    },
    |_p| ()
);

#[pymethods(
    name = "pairwise",
    module = "itertools",
    doc = "Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...",
    flags = flag::BASE_TYPE
)]
impl Pairwise {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        no_keywords::<Pairwise>(vm, cls, args)?;
        vm.check_positional("pairwise", args.pos().len(), 1, 1)?;
        let iterator = vm.iter(&args.pos()[0])?;
        let pairwise = Pairwise { iterator: RefCell::new(Some(iterator)), old: RefCell::new(Value::UNBOUND) };
        Ok(Ref::new(pairwise, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Pairwise>) -> PyResult<Option<Value>> {
        let Some(iterator) = this.iterator.borrow().clone() else { return Ok(None) };
        let mut old = this.old.borrow().clone();
        if old.is_unbound() {
            match vm.next(&iterator)? {
                Some(first) => {
                    crate::support::store(&this.old, first.clone());
                    old = first;
                }
                None => return Ok(this.end()),
            }
            if this.iterator.borrow().is_none() {
                return Ok(this.end());
            }
        }
        let Some(new) = vm.next(&iterator)? else { return Ok(this.end()) };
        crate::support::store(&this.old, new.clone());
        Ok(Some(Tuple::new([old, new]).into()))
    }

    fn end(&self) -> Option<Value> {
        let spent = (self.iterator.take(), self.old.replace(Value::UNBOUND));
        drop(spent);
        None
    }
}

/// `starmap(function, iterable)`
pub struct StarMap {
    function: Value,
    iterator: Value,
}

pvm_vm::payload!(
    StarMap,
    "itertools.starmap",
    |s, visit| {
        visit(&s.function);
        visit(&s.iterator);
    },
    |_s| ()
);

#[pymethods(
    name = "starmap",
    module = "itertools",
    doc = "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.",
    flags = flag::BASE_TYPE
)]
impl StarMap {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        no_keywords::<StarMap>(vm, cls, args)?;
        vm.check_positional("starmap", args.pos().len(), 2, 2)?;
        let [function, iterable] = args.pos() else { return Ok(Value::NONE) };
        let iterator = vm.iter(iterable)?;
        Ok(Ref::new(StarMap { function: function.clone(), iterator }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<StarMap>) -> PyResult<Option<Value>> {
        let args = next_or_end!(vm, &this.iterator);
        let args = vm.to_tuple(&args)?;
        vm.call(&this.function, args.as_slice()).map(Some)
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<StarMap>) -> Value {
        let args = Tuple::new([this.function.clone(), this.iterator.clone()]);
        Tuple::new([this.class().into(), args.into()]).into()
    }
}
