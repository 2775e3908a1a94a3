//! `groupby`, `tee`, `zip_longest`

use crate::support::{params, store};
use pvm_vm::native::{Args, bind, present};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::init::class_of;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, OnceCell, RefCell};

/// `groupby(iterable, key)`
pub struct GroupBy {
    iterator: Value,
    /// `None` for the items themselves.
    key: Value,
    /// The key of the group that was given last; `UNBOUND` for none.
    target_key: RefCell<Value>,
    /// The key of the item that was read last.
    current_key: RefCell<Value>,
    /// That item, if no group has taken it.
    current: RefCell<Value>,
    /// Numbers groups: an older one is over.
    group: Cell<u64>,
}

pvm_vm::payload!(
    GroupBy,
    "itertools.groupby",
    |g, visit| {
        visit(&g.iterator);
        visit(&g.key);
        visit(&g.target_key.borrow());
        visit(&g.current_key.borrow());
        visit(&g.current.borrow());
    },
    |_g| ()
);

impl GroupBy {
    /// Reads one item; whether there was one.
    fn step(&self, vm: &mut Vm) -> PyResult<bool> {
        let Some(item) = vm.next(&self.iterator)? else { return Ok(false) };
        let key =
            if self.key.is_none() { item.clone() } else { vm.call(&self.key, std::slice::from_ref(&item))? };
        store(&self.current, item);
        store(&self.current_key, key);
        Ok(true)
    }
}

#[pymethods(
    name = "groupby",
    module = "itertools",
    doc = "make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups according to the key function.\n  key\n    A function for computing the group category for each element.\n    If the key function is not specified or is None, the element itself\n    is used for grouping.",
    flags = flag::BASE_TYPE
)]
impl GroupBy {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([iterable, key], _) = bind::<2, 1, 2>(
            vm,
            "groupby",
            params![("iterable", Positional, true), ("key", Positional, false)],
            args,
        )?;
        let iterable = present(vm, iterable)?;
        let iterator = vm.iter(iterable)?;
        let unbound = || RefCell::new(Value::UNBOUND);
        let group = GroupBy {
            iterator,
            key: key.cloned().unwrap_or(Value::NONE),
            target_key: unbound(),
            current_key: unbound(),
            current: unbound(),
            group: Cell::new(0),
        };
        Ok(Ref::new(group, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<GroupBy>) -> PyResult<Option<Value>> {
        this.group.set(this.group.get() + 1);
        // Skips to the next group.
        loop {
            let current = this.current_key.borrow().clone();
            if !current.is_unbound() {
                let target = this.target_key.borrow().clone();
                if target.is_unbound() || !vm.equals(&target, &current)? {
                    break;
                }
            }
            if !this.step(vm)? {
                return Ok(None);
            }
        }
        let key = this.current_key.borrow().clone();
        store(&this.target_key, key.clone());
        let class = class_of::<Group>(vm)?;
        let group = Group { parent: this.clone(), key: key.clone(), number: this.group.get() };
        Ok(Some(Tuple::new([key, Ref::new(group, &class).into()]).into()))
    }
}

/// One group of a `groupby`.
pub struct Group {
    parent: Ref<GroupBy>,
    key: Value,
    number: u64,
}

pvm_vm::payload!(
    Group,
    "itertools._grouper",
    |g, visit| {
        visit(g.parent.as_value());
        visit(&g.key);
    },
    |_g| ()
);

#[pymethods(name = "_grouper", module = "itertools")]
impl Group {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.check_positional("_grouper", args.pos().len(), 2, 2)?;
        let [parent, key] = args.pos() else { return Ok(Value::NONE) };
        let Some(parent) = parent.downcast_ref::<GroupBy>() else {
            let found = parent.class().name();
            return Err(
                vm.type_error(format!("_grouper() argument 1 must be itertools.groupby, not {found}"))
            );
        };
        let group = Group { parent: parent.clone(), key: key.clone(), number: parent.group.get() };
        Ok(Ref::new(group, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Group>) -> PyResult<Option<Value>> {
        let parent = &this.parent;
        if parent.group.get() != this.number {
            return Ok(None);
        }
        if parent.current.borrow().is_unbound() && !parent.step(vm)? {
            return Ok(None);
        }
        let current = parent.current_key.borrow().clone();
        if !vm.equals(&this.key, &current)? {
            return Ok(None);
        }
        let item = parent.current.replace(Value::UNBOUND);
        Ok((!item.is_unbound()).then_some(item))
    }
}

/// One item that several `tee` iterators share, and the way to the next.
struct Link {
    item: Value,
    next: Ref<TeeLink>,
}

/// A place in the stream that several `tee` iterators share.
pub struct TeeLink {
    iterator: Value,
    link: OnceCell<Link>,
    running: Cell<bool>,
}

pvm_vm::payload!(
    TeeLink,
    "itertools._tee_dataobject",
    |l, visit| {
        visit(&l.iterator);
        if let Some(link) = l.link.get() {
            visit(&link.item);
            visit(link.next.as_value());
        }
    },
    |_l| ()
);

#[pymethods(name = "_tee_dataobject", module = "itertools", flags = flag::NO_INSTANTIATION)]
impl TeeLink {}

impl TeeLink {
    fn make(vm: &mut Vm, iterator: Value) -> PyResult<Ref<TeeLink>> {
        let class = class_of::<TeeLink>(vm)?;
        Ok(Ref::new(TeeLink { iterator, link: OnceCell::new(), running: Cell::new(false) }, &class))
    }
}

/// One iterator of `tee(iterable)`.
pub struct Tee {
    place: RefCell<Ref<TeeLink>>,
}

pvm_vm::payload!(Tee, "itertools._tee", |t, visit| visit(t.place.borrow().as_value()), |_t| ());

/// A `_tee` over an iterable; one that is a `_tee` already is copied.
pub fn tee_of(vm: &mut Vm, iterable: &Value) -> PyResult<Ref<Tee>> {
    let class = class_of::<Tee>(vm)?;
    let iterator = vm.iter(iterable)?;
    let place = match iterator.downcast_ref::<Tee>() {
        Some(tee) => tee.place.borrow().clone(),
        None => TeeLink::make(vm, iterator.clone())?,
    };
    Ok(Ref::new(Tee { place: RefCell::new(place) }, &class))
}

impl Tee {
    /// Another iterator from the same place.
    pub fn copy(_vm: &mut Vm, tee: &Ref<Tee>) -> PyResult {
        let place = tee.place.borrow().clone();
        Ok(Ref::new(Tee { place: RefCell::new(place) }, tee.class()).into())
    }
}

#[pymethods(name = "_tee", module = "itertools", doc = "Iterator wrapped to make it copyable.", flags = flag::HAS_WEAKREF)]
impl Tee {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.check_positional("_tee", args.pos().len(), 1, 1)?;
        tee_of(vm, &args.pos()[0]).map(Into::into)
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Tee>) -> PyResult<Option<Value>> {
        let place = this.place.borrow().clone();
        if place.link.get().is_none() {
            if place.running.replace(true) {
                return Err(vm.runtime_error("cannot re-enter the tee iterator"));
            }
            let result = vm.next(&place.iterator);
            place.running.set(false);
            let Some(item) = result? else { return Ok(None) };
            let next = TeeLink::make(vm, place.iterator.clone())?;
            // Whoever re-entered has been refused, so the place is still open.
            let _ = place.link.set(Link { item, next });
        }
        let Some(link) = place.link.get() else { return Ok(None) };
        let old = this.place.replace(link.next.clone());
        let item = link.item.clone();
        drop(old);
        Ok(Some(item))
    }

    /// Returns an independent iterator.
    #[method(sig = "")]
    fn __copy__(vm: &mut Vm, this: &Ref<Tee>) -> PyResult {
        Tee::copy(vm, this)
    }
}

/// `zip_longest(*iterables, fillvalue=None)`
pub struct ZipLongest {
    /// `None` for those that were used up.
    iterators: RefCell<Vec<Option<Value>>>,
    active: Cell<usize>,
    fill: Value,
}

pvm_vm::payload!(
    ZipLongest,
    "itertools.zip_longest",
    |z, visit| {
        z.iterators.borrow().iter().flatten().for_each(&mut *visit);
        visit(&z.fill);
    },
    |_z| ()
);

#[pymethods(
    name = "zip_longest",
    module = "itertools",
    doc = "zip_longest(iter1 [,iter2 [...]], [fillvalue=None]) --> zip_longest object\n\nReturn a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\nmethod continues until the longest iterable in the argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\nare exhausted, the fillvalue is substituted in their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.",
    flags = flag::BASE_TYPE
)]
impl ZipLongest {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let mut fill = Value::NONE;
        for (name, value) in args.keywords() {
            match name.downcast_ref::<Str>() {
                Some(name) if name.as_ref().equals_str("fillvalue") => fill = value.clone(),
                _ => return Err(vm.type_error("zip_longest() got an unexpected keyword argument")),
            }
        }
        let mut iterators = Vec::with_capacity(args.pos().len());
        for iterable in args.pos() {
            iterators.push(Some(vm.iter(iterable)?));
        }
        let active = Cell::new(iterators.len());
        Ok(Ref::new(ZipLongest { iterators: RefCell::new(iterators), active, fill }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<ZipLongest>) -> PyResult<Option<Value>> {
        let len = this.iterators.borrow().len();
        if len == 0 || this.active.get() == 0 {
            return Ok(None);
        }
        let mut items = Vec::with_capacity(len);
        for i in 0..len {
            let iterator = this.iterators.borrow()[i].clone();
            let item = match iterator {
                None => None,
                Some(iterator) => match vm.next(&iterator) {
                    Ok(None) => {
                        let active = this.active.get().saturating_sub(1);
                        this.active.set(active);
                        if active == 0 {
                            return Ok(None);
                        }
                        let spent = this.iterators.borrow_mut()[i].take();
                        drop(spent);
                        None
                    }
                    Ok(item) => item,
                    Err(raised) => {
                        this.active.set(0);
                        return Err(raised);
                    }
                },
            };
            items.push(item.unwrap_or_else(|| this.fill.clone()));
        }
        Ok(Some(Tuple::new(items).into()))
    }
}
