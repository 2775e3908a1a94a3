//! `count`, `cycle`, `repeat`

use crate::support::{params, store};
use pvm_vm::native::{Args, bind, present};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::protocol::numbers::BinaryOp;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// `count(start, step)`
pub struct Count {
    next: RefCell<Value>,
    step: Value,
}

pvm_vm::payload!(
    Count,
    "itertools.count",
    |c, visit| {
        visit(&c.next.borrow());
        visit(&c.step);
    },
    |_c| ()
);

fn is_number(value: &Value) -> bool {
    let slots = &value.class().slots;
    value.as_int().is_some()
        || slots.index.get().is_some()
        || slots.float.get().is_some()
        || slots.int.get().is_some()
        || value.holds::<pvm_vm::types::complex::Complex>()
}

#[pymethods(
    name = "count",
    module = "itertools",
    doc = "Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n        x = firstval\n        while 1:\n            yield x\n            x += step",
    flags = flag::BASE_TYPE
)]
impl Count {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([start, step], _) = bind::<2, 0, 2>(
            vm,
            "count",
            params![("start", Positional, false), ("step", Positional, false)],
            args,
        )?;
        if start.into_iter().chain(step).any(|v| !is_number(v)) {
            return Err(vm.type_error("a number is required"));
        }
        let next = start.cloned().unwrap_or(Value::int(0));
        let step = step.cloned().unwrap_or(Value::int(1));
        Ok(Ref::new(Count { next: RefCell::new(next), step }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Count>) -> PyResult<Option<Value>> {
        let current = this.next.borrow().clone();
        let next = match current.add_small_ints(&this.step) {
            Some(next) => next,
            None => vm.binary(BinaryOp::Add, &current, &this.step)?,
        };
        store(&this.next, next);
        Ok(Some(current))
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Count>) -> PyResult {
        let name = this.class().name();
        let next = this.next.borrow().clone();
        let next = vm.repr(&next)?;
        if this.step.as_small_int() == Some(1) {
            return Ok(format!("{name}({next})").into());
        }
        let step = vm.repr(&this.step)?;
        Ok(format!("{name}({next}, {step})").into())
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<Count>) -> Value {
        let next = this.next.borrow().clone();
        let args = if this.step.as_small_int() == Some(1) {
            Tuple::new([next])
        } else {
            Tuple::new([next, this.step.clone()])
        };
        Tuple::new([this.class().into(), args.into()]).into()
    }
}

/// `cycle(iterable)`
pub struct Cycle {
    /// `None` once it was used up.
    iterator: RefCell<Option<Value>>,
    saved: Ref<List>,
    index: Cell<usize>,
}

pvm_vm::payload!(
    Cycle,
    "itertools.cycle",
    |c, visit| {
        c.iterator.borrow().iter().for_each(&mut *visit);
        visit(c.saved.as_value());
    },
    |_c| ()
);

#[pymethods(
    name = "cycle",
    module = "itertools",
    doc = "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.",
    flags = flag::BASE_TYPE
)]
impl Cycle {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        crate::support::no_keywords::<Cycle>(vm, cls, args)?;
        vm.check_positional("cycle", args.pos().len(), 1, 1)?;
        let iterator = vm.iter(&args.pos()[0])?;
        let cycle = Cycle {
            iterator: RefCell::new(Some(iterator)),
            saved: List::new(Vec::new()),
            index: Cell::new(0),
        };
        Ok(Ref::new(cycle, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Cycle>) -> PyResult<Option<Value>> {
        let iterator = this.iterator.borrow().clone();
        if let Some(iterator) = iterator {
            if let Some(item) = vm.next(&iterator)? {
                this.saved.push(item.clone());
                return Ok(Some(item));
            }
            let spent = this.iterator.take();
            drop(spent);
        }
        let index = this.index.get();
        let item = this.saved.get(index);
        this.index.set(if index + 1 >= this.saved.len() { 0 } else { index + 1 });
        Ok(item)
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<Cycle>) -> PyResult {
        let iterator = this.iterator.borrow().clone();
        let class: Value = this.class().into();
        let saved: Value = List::new(this.saved.to_vec()).into();
        let (iterator, first) = match iterator {
            Some(iterator) => (iterator, Value::int(0)),
            None => {
                let iterator = vm.iter(&saved)?;
                vm.call_method_str(&iterator, "__setstate__", &[this.index.get().into()])?;
                (iterator, Value::int(1))
            }
        };
        let state = Tuple::new([saved, first]);
        Ok(Tuple::new([class, Tuple::new([iterator]).into(), state.into()]).into())
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<Cycle>, state: &Value) -> PyResult<()> {
        let parts = state.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec());
        let Some([saved, _]) = parts.as_deref() else {
            return Err(vm.type_error("state is not a tuple"));
        };
        let items = vm.collect(saved)?;
        drop(this.saved.set(items));
        Ok(())
    }
}

/// `repeat(object, times)`
pub struct Repeat {
    object: Value,
    /// `None` for ever.
    left: Cell<Option<u64>>,
}

pvm_vm::payload!(Repeat, "itertools.repeat", |r, visit| visit(&r.object), |_r| ());

#[pymethods(
    name = "repeat",
    module = "itertools",
    doc = "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.",
    flags = flag::BASE_TYPE
)]
impl Repeat {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([object, times], _) = bind::<2, 1, 2>(
            vm,
            "repeat",
            params![("object", Positional, true), ("times", Positional, false)],
            args,
        )?;
        let object = present(vm, object)?.clone();
        let left = match times {
            Some(times) => Some(u64::try_from(vm.to_index(times)?).unwrap_or(0)),
            None => None,
        };
        Ok(Ref::new(Repeat { object, left: Cell::new(left) }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<Repeat>) -> PyResult<Option<Value>> {
        match this.left.get() {
            Some(0) => return Ok(None),
            Some(left) => this.left.set(Some(left - 1)),
            None => {}
        }
        Ok(Some(this.object.clone()))
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Repeat>) -> PyResult {
        let name = this.class().name();
        let object = vm.repr(&this.object)?;
        Ok(match this.left.get() {
            Some(left) => format!("{name}({object}, {left})"),
            None => format!("{name}({object})"),
        }
        .into())
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(vm: &mut Vm, this: &Ref<Repeat>) -> PyResult<u64> {
        this.left.get().ok_or_else(|| vm.type_error("len() of unsized object"))
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<Repeat>) -> Value {
        let args = match this.left.get() {
            Some(left) => Tuple::new([this.object.clone(), left.into()]),
            None => Tuple::new([this.object.clone()]),
        };
        Tuple::new([this.class().into(), args.into()]).into()
    }
}
