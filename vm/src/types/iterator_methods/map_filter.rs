//! `map` and `filter`

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use smallvec::SmallVec;

/// Calls a function with one item of each iterator at a time.
pub struct Map {
    function: Value,
    iterators: Box<[Value]>,
}

crate::payload!(
    Map,
    "map",
    |m, visit| {
        visit(&m.function);
        m.iterators.iter().for_each(visit);
    },
    |_m| ()
);

#[pymethods(
    name = "map",
    doc = "map(func, *iterables) --> map object\n\nMake an iterator that computes the function using arguments from\neach of the iterables.  Stops when the shortest iterable is exhausted.",
    flags = flag::BASE_TYPE
)]
impl Map {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords_for("map", cls, &vm.types().map, args)?;
        let [function, iterables @ ..] = args.pos() else {
            return Err(vm.type_error("map() must have at least two arguments."));
        };
        if iterables.is_empty() {
            return Err(vm.type_error("map() must have at least two arguments."));
        }
        let mut iterators = Vec::with_capacity(iterables.len());
        for iterable in iterables {
            iterators.push(vm.iter(iterable)?);
        }
        Ok(Ref::new(Map { function: function.clone(), iterators: iterators.into() }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Map>) -> PyResult<Option<Value>> {
        let mut items: SmallVec<[Value; 4]> = SmallVec::with_capacity(this.iterators.len());
        for iterator in &this.iterators {
            match vm.next(iterator)? {
                Some(item) => items.push(item),
                None => return Ok(None),
            }
        }
        vm.call(&this.function, &items).map(Some)
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<Map>) -> Value {
        let mut args = vec![this.function.clone()];
        args.extend(this.iterators.iter().cloned());
        Tuple::new([this.class().into(), Tuple::new(args).into()]).into()
    }
}

/// The items that a function says yes to.
pub struct Filter {
    /// `None` for the items' own truth.
    function: Value,
    iterator: Value,
}

crate::payload!(
    Filter,
    "filter",
    |f, visit| {
        visit(&f.function);
        visit(&f.iterator);
    },
    |_f| ()
);

#[pymethods(
    name = "filter",
    doc = "filter(function or None, iterable) --> filter object\n\nReturn an iterator yielding those items of iterable for which function(item)\nis true. If function is None, return the items that are true.",
    flags = flag::BASE_TYPE
)]
impl Filter {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords_for("filter", cls, &vm.types().filter, args)?;
        vm.check_positional("filter", args.pos().len(), 2, 2)?;
        let [function, iterable] = args.pos() else { return Ok(Value::NONE) };
        let iterator = vm.iter(iterable)?;
        Ok(Ref::new(Filter { function: function.clone(), iterator }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Filter>) -> PyResult<Option<Value>> {
        let plain = this.function.is_none() || this.function.is(vm.types().bool.as_value());
        while let Some(item) = vm.next(&this.iterator)? {
            let keep = if plain {
                vm.truth(&item)?
            } else {
                let answer = vm.call(&this.function, std::slice::from_ref(&item))?;
                vm.truth(&answer)?
            };
            if keep {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<Filter>) -> Value {
        let args = Tuple::new([this.function.clone(), this.iterator.clone()]);
        Tuple::new([this.class().into(), args.into()]).into()
    }
}
