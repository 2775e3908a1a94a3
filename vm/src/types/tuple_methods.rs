//! Methods of `tuple` and its iterator.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::container_support::{self as support, index_key};
use crate::types::slice::Slice;
use crate::types::tuple::{Tuple, TupleIterator};
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// The hash of a sequence of items: xxHash over their hashes. `with_length` as `tuple` has it; `slice` leaves it out.
pub(crate) fn hash_items(vm: &mut Vm, items: &[Value], with_length: bool) -> PyResult<i64> {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let mut hash = P5;
    for item in items {
        let lane = vm.hash(item)? as u64;
        hash = hash.wrapping_add(lane.wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1);
    }
    if with_length {
        hash = hash.wrapping_add(items.len() as u64 ^ (P5 ^ 3_527_539));
    }
    Ok(if hash == u64::MAX { 1_546_275_796 } else { hash as i64 })
}

#[pymethods(
    name = "tuple",
    doc = "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object.",
    flags = flag::BASE_TYPE | flag::MATCH_SELF | flag::SEQUENCE
)]
impl Tuple {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let exact = cls.is(&vm.types().tuple);
        vm.no_keywords_for("tuple", cls, &vm.types().tuple, args)?;
        let given = args.pos();
        vm.check_positional("tuple", given.len(), 0, 1)?;
        let Some(iterable) = given.first() else {
            return Ok(if exact {
                vm.names().empty_tuple.clone().into()
            } else {
                Tuple::with_class(std::iter::empty(), cls).into()
            });
        };
        let tuple = vm.to_tuple(iterable)?;
        if exact {
            return Ok(tuple.into());
        }
        Ok(Tuple::with_class(tuple.as_slice().iter().cloned(), cls).into())
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Value) -> PyResult {
        let Some(tuple) = this.downcast_ref::<Tuple>().cloned() else { return Ok(Value::NONE) };
        if tuple.is_empty() {
            return Ok("()".into());
        }
        let close = if tuple.len() == 1 { ",)" } else { ")" };
        let shown = vm.repr_guard(this, |vm| {
            support::repr_items(vm, "(", close, |i| tuple.as_slice().get(i).cloned())
        })?;
        Ok(shown.unwrap_or_else(|| "(...)".into()))
    }

    #[slot(hash)]
    fn hash_slot(vm: &mut Vm, this: &Ref<Tuple>) -> PyResult<i64> {
        vm.nested(" while hashing a tuple", |vm| hash_items(vm, this.as_slice(), true))
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<Tuple>(), b.downcast_ref::<Tuple>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        // Unlike lists, tuples are not told apart by their lengths first.
        let (x, y) = (x.as_slice(), y.as_slice());
        for (i, j) in x.iter().zip(y) {
            if !vm.equals(i, j)? {
                return match op {
                    CompareOp::Eq => Ok(Value::FALSE),
                    CompareOp::Ne => Ok(Value::TRUE),
                    _ => vm.compare(i, j, op),
                };
            }
        }
        Ok(Value::bool(op.holds(x.len().cmp(&y.len()))))
    }

    #[slot(len)]
    fn len_slot(this: &Ref<Tuple>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(getitem)]
    fn get_item(vm: &mut Vm, this: &Ref<Tuple>, key: &Value) -> PyResult {
        let items = this.as_slice();
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let bounds = slice.bounds(vm, items.len())?;
            if bounds.step == 1 && bounds.count == items.len() && this.class().is(&vm.types().tuple) {
                return Ok(this.into());
            }
            return Ok(Tuple::new(bounds.select(items)).into());
        }
        if key.class().slots.index.get().is_none() {
            let found = key.class().name();
            return Err(vm.type_error(format!("tuple indices must be integers or slices, not {found}")));
        }
        let index = index_key(vm, key)?;
        let index = if index < 0 { index + items.len() as i64 } else { index };
        match usize::try_from(index).ok().and_then(|i| items.get(i)) {
            Some(item) => Ok(item.clone()),
            None => Err(vm.index_error("tuple index out of range")),
        }
    }

    #[slot(concat)]
    fn concat(vm: &mut Vm, this: &Value, other: &Value) -> PyResult {
        let (Some(x), Some(y)) = (this.downcast_ref::<Tuple>(), other.downcast_ref::<Tuple>()) else {
            let found = other.class().name();
            return Err(vm.type_error(format!("can only concatenate tuple (not \"{found}\") to tuple")));
        };
        let exact = &vm.types().tuple;
        if x.is_empty() && y.class().is(exact) {
            return Ok(other.clone());
        }
        if y.is_empty() && x.class().is(exact) {
            return Ok(this.clone());
        }
        Ok(Tuple::new([x.as_slice(), y.as_slice()].concat()).into())
    }

    #[slot(repeat)]
    fn repeat(vm: &mut Vm, this: &Ref<Tuple>, count: &Value) -> PyResult {
        let count = support::repeat_count(vm, count)?;
        if (count == 1 || this.is_empty()) && this.class().is(&vm.types().tuple) {
            return Ok(this.into());
        }
        let items = support::repeat(vm, this.as_slice(), count)?;
        Ok(Tuple::new(items).into())
    }

    #[slot(contains)]
    fn contains(vm: &mut Vm, this: &Ref<Tuple>, item: &Value) -> PyResult<bool> {
        for candidate in this.as_slice() {
            if vm.equals(candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(iter)]
    fn iter(this: &Ref<Tuple>) -> PyResult {
        Ok(TupleIterator::new(this.clone()).into())
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[method(sig = "(value, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &mut Vm,
        this: &Ref<Tuple>,
        value: &Value,
        #[default(support::Position(0))] start: support::Position,
        #[default(support::Position(i64::MAX))] stop: support::Position,
    ) -> PyResult<usize> {
        let range = support::search_range(this.len(), start, stop);
        for i in range {
            if let Some(item) = this.as_slice().get(i)
                && vm.equals(item, value)?
            {
                return Ok(i);
            }
        }
        Err(vm.value_error("tuple.index(x): x not in tuple"))
    }

    /// Return number of occurrences of value.
    #[method]
    fn count(vm: &mut Vm, this: &Ref<Tuple>, value: &Value) -> PyResult<usize> {
        let mut count = 0;
        for item in this.as_slice() {
            count += usize::from(vm.equals(item, value)?);
        }
        Ok(count)
    }

    #[method(sig = "()")]
    fn __getnewargs__(this: &Ref<Tuple>) -> Value {
        let copy = Tuple::new(this.as_slice().to_vec());
        Tuple::new([copy.into()]).into()
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        support::class_getitem(cls, item)
    }
}

#[pymethods(name = "tuple_iterator")]
impl TupleIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<TupleIterator>) -> PyResult<Option<Value>> {
        Ok(this.advance())
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(this: &Ref<TupleIterator>) -> usize {
        let tuple = this.tuple.borrow();
        tuple.as_ref().map_or(0, |t| t.len().saturating_sub(this.index.get()))
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<TupleIterator>) -> PyResult {
        let tuple = this.tuple.borrow().clone();
        match tuple {
            Some(tuple) => {
                let index = this.index.get().into();
                support::reduce_iterator(vm, "iter", tuple.into(), Some(index))
            }
            None => {
                let empty = vm.names().empty_tuple.clone();
                support::reduce_spent(vm, empty.into())
            }
        }
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<TupleIterator>, state: &Value) -> PyResult<()> {
        let index = vm.to_index(state)?;
        let len = this.tuple.borrow().as_ref().map_or(0, |t| t.len());
        this.index.set(usize::try_from(index).unwrap_or(0).min(len));
        Ok(())
    }
}
