//! Methods of `range` and its iterators.

use crate::native::Args;
use crate::number::{Int as IntView, Integer};
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::container_support as support;
use crate::types::number_support::exact_int;
use crate::types::range::{Range, RangeIterator};
use crate::types::slice::Slice;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

fn view(value: &Value) -> IntView<'_> {
    value.as_int().unwrap_or(IntView::Small(0))
}

impl Range {
    /// A range of integers; the step is not 0.
    pub fn make(vm: &mut Vm, start: Value, stop: Value, step: Value) -> PyResult<Ref<Range>> {
        let length = length(vm, view(&start), view(&stop), view(&step))?;
        Ok(Ref::new(Range { start, stop, step, length: length.into() }, &vm.types().range))
    }

    /// `start`, `step` and length as machine integers, where all items are.
    pub fn small(&self) -> Option<(i64, i64, u64)> {
        let (start, step, length) =
            (self.start.as_small_int()?, self.step.as_small_int()?, self.length.as_small_int()?);
        // One step past the last item must not overflow either.
        start.checked_add(step.checked_mul(length)?)?;
        Some((start, step, length as u64))
    }

    fn item(&self, vm: &mut Vm, index: IntView<'_>) -> Value {
        let _ = vm;
        let distance = index * view(&self.step);
        (view(&self.start) + distance.as_int()).into()
    }

    fn contains_int(&self, vm: &mut Vm, value: &Value) -> PyResult<bool> {
        let (start, stop, step, x) = (view(&self.start), view(&self.stop), view(&self.step), view(value));
        let inside = if step.is_negative() { x <= start && x > stop } else { x >= start && x < stop };
        if !inside {
            return Ok(false);
        }
        let distance = x - start;
        let rest = vm.number(distance.as_int().modulo(step))?;
        Ok(rest.as_int().is_zero())
    }
}

fn length(vm: &mut Vm, start: IntView<'_>, stop: IntView<'_>, step: IntView<'_>) -> PyResult<Integer> {
    let (low, high, step) =
        if step.is_negative() { (stop, start, step.abs()) } else { (start, stop, step.to_owned()) };
    if low >= high {
        return Ok(Integer::ZERO);
    }
    let span = high - low;
    let span = span.as_int() - IntView::Small(1);
    let full = vm.number(span.as_int().floor_div(step.as_int()))?;
    Ok(full.as_int() + IntView::Small(1))
}

#[pymethods(
    name = "range",
    doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) by step.  range(i, j) produces i, i+1, i+2, ..., j-1.\nstart defaults to 0, and stop is omitted!  range(4) produces 0, 1, 2, 3.\nThese are exactly the valid indices for a list of 4 elements.\nWhen step is given, it specifies the increment (or decrement).",
    flags = flag::SEQUENCE
)]
impl Range {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords("range", args)?;
        vm.check_positional("range", args.values.len(), 1, 3)?;
        let mut parts = Vec::with_capacity(3);
        for value in args.values {
            let index = vm.index(value)?;
            parts.push(exact_int(vm, &index));
        }
        let zero = Value::int(0);
        let one = Value::int(1);
        let (start, stop, step) = match &parts[..] {
            [stop] => (&zero, stop, &one),
            [start, stop] => (start, stop, &one),
            [start, stop, step] => (start, stop, step),
            _ => (&zero, &zero, &one),
        };
        if view(step).is_zero() {
            return Err(vm.value_error("range() arg 3 must not be zero"));
        }
        Range::make(vm, start.clone(), stop.clone(), step.clone()).map(Into::into)
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Ref<Range>) -> PyResult {
        let (start, stop) = (vm.repr(&this.start)?, vm.repr(&this.stop)?);
        if this.step.as_small_int() == Some(1) {
            return Ok(format!("range({start}, {stop})").into());
        }
        let step = vm.repr(&this.step)?;
        Ok(format!("range({start}, {stop}, {step})").into())
    }

    #[slot(hash)]
    fn hash_slot(vm: &mut Vm, this: &Ref<Range>) -> PyResult<i64> {
        let key = match this.length.as_small_int() {
            Some(0) => [this.length.clone(), Value::NONE, Value::NONE],
            Some(1) => [this.length.clone(), this.start.clone(), Value::NONE],
            _ => [this.length.clone(), this.start.clone(), this.step.clone()],
        };
        super::tuple_methods::hash_items(vm, &key, true)
    }

    #[slot(richcompare)]
    fn compare(_vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y), CompareOp::Eq | CompareOp::Ne) =
            (a.downcast_ref::<Range>(), b.downcast_ref::<Range>(), op)
        else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let same = |a: &Value, b: &Value| view(a) == view(b);
        let equal = same(&x.length, &y.length)
            && (view(&x.length).is_zero()
                || (same(&x.start, &y.start)
                    && (x.length.as_small_int() == Some(1) || same(&x.step, &y.step))));
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(bool)]
    fn bool(this: &Ref<Range>) -> PyResult<bool> {
        Ok(!view(&this.length).is_zero())
    }

    #[slot(len)]
    fn len_slot(vm: &mut Vm, this: &Ref<Range>) -> PyResult<usize> {
        match view(&this.length).to_i64() {
            Some(length) => Ok(length as usize),
            None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
        }
    }

    #[slot(getitem)]
    fn get_item(vm: &mut Vm, this: &Ref<Range>, key: &Value) -> PyResult {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let [start, stop, step] = slice.long_indices(vm, view(&this.length))?;
            let new_step = view(&this.step) * step.as_int();
            let new_start = this.item(vm, start.as_int());
            let new_stop = this.item(vm, stop.as_int());
            return Range::make(vm, new_start, new_stop, new_step.into()).map(Into::into);
        }
        if key.class().slots.index.get().is_none() {
            let found = key.class().name();
            return Err(vm.type_error(format!("range indices must be integers or slices, not {found}")));
        }
        let index = vm.index(key)?;
        let length = view(&this.length);
        let place = match view(&index) {
            negative if negative.is_negative() => negative + length,
            index => index.to_owned(),
        };
        if place.as_int().is_negative() || place.as_int() >= length {
            return Err(vm.index_error("range object index out of range"));
        }
        Ok(this.item(vm, place.as_int()))
    }

    #[slot(contains)]
    fn contains(vm: &mut Vm, this: &Ref<Range>, item: &Value) -> PyResult<bool> {
        if is_exact_int(vm, item) {
            return this.contains_int(vm, item);
        }
        let iterator = vm.iter(this.as_value())?;
        while let Some(candidate) = vm.next(&iterator)? {
            if vm.equals(&candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Ref<Range>) -> PyResult {
        match this.small() {
            Some((start, step, length)) => Ok(RangeIterator::new(start, step, length).into()),
            None => LongRangeIterator::make(vm, &this.start, &this.step, &this.length),
        }
    }

    /// Return a reverse iterator.
    #[method(sig = "")]
    fn __reversed__(vm: &mut Vm, this: &Ref<Range>) -> PyResult {
        if let Some((start, step, length)) = this.small() {
            let last = start.wrapping_add(step.wrapping_mul((length as i64).wrapping_sub(1)));
            return Ok(RangeIterator::new(last, -step, length).into());
        }
        let last_index = view(&this.length) - IntView::Small(1);
        let last = this.item(vm, last_index.as_int());
        let step: Value = (-view(&this.step)).into();
        LongRangeIterator::make(vm, &last, &step, &this.length)
    }

    /// rangeobject.count(value) -> integer -- return number of occurrences of value
    #[method(sig = "")]
    fn count(vm: &mut Vm, this: &Ref<Range>, value: &Value) -> PyResult {
        if is_exact_int(vm, value) {
            return this.contains_int(vm, value).map(|there| Value::int(i64::from(there)));
        }
        let mut count = 0i64;
        vm.for_each(this.as_value(), |vm, item| {
            count += i64::from(vm.equals(&item, value)?);
            Ok(())
        })?;
        Ok(Value::int(count))
    }

    /// rangeobject.index(value) -> integer -- return index of value.
    /// Raise ValueError if the value is not present.
    #[method(sig = "")]
    fn index(vm: &mut Vm, this: &Ref<Range>, value: &Value) -> PyResult {
        if is_exact_int(vm, value) {
            if this.contains_int(vm, value)? {
                let distance = view(value) - view(&this.start);
                return vm.number(distance.as_int().floor_div(view(&this.step))).map(Into::into);
            }
            let shown = vm.repr(value)?;
            return Err(vm.value_error(format!("{shown} is not in range")));
        }
        let iterator = vm.iter(this.as_value())?;
        let mut index = 0i64;
        while let Some(item) = vm.next(&iterator)? {
            if vm.equals(&item, value)? {
                return Ok(Value::int(index));
            }
            index += 1;
        }
        Err(vm.value_error("sequence.index(x): x not in sequence"))
    }

    #[method(sig = "")]
    fn __reduce__(this: &Ref<Range>) -> Value {
        let args = Tuple::new([this.start.clone(), this.stop.clone(), this.step.clone()]);
        Tuple::new([this.class().into(), args.into()]).into()
    }

    #[getter]
    fn start(this: &Ref<Range>) -> Value {
        this.start.clone()
    }

    #[getter]
    fn stop(this: &Ref<Range>) -> Value {
        this.stop.clone()
    }

    #[getter]
    fn step(this: &Ref<Range>) -> Value {
        this.step.clone()
    }
}

fn is_exact_int(vm: &Vm, value: &Value) -> bool {
    value.is_small_int() || value.as_bool().is_some() || value.class().is(&vm.types().int)
}

/// `(iter, (range(…),), state)`
fn reduce(vm: &mut Vm, start: Value, step: Value, length: IntView<'_>, state: Value) -> PyResult {
    let distance = length * view(&step);
    let stop: Value = (view(&start) + distance.as_int()).into();
    let range = Range::make(vm, start, stop, step)?;
    support::reduce_iterator(vm, "iter", range.into(), Some(state))
}

#[pymethods(name = "range_iterator")]
impl RangeIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<RangeIterator>) -> PyResult<Option<Value>> {
        Ok(this.advance())
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(this: &Ref<RangeIterator>) -> u64 {
        this.left.get()
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<RangeIterator>) -> PyResult {
        let left = Value::from(this.left.get());
        reduce(vm, Value::int(this.next.get()), Value::int(this.step), view(&left), Value::NONE)
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<RangeIterator>, state: &Value) -> PyResult<()> {
        let index = vm.to_index(state)?;
        let skip = u64::try_from(index).unwrap_or(0).min(this.left.get());
        this.next.set(this.next.get().wrapping_add(this.step.wrapping_mul(skip as i64)));
        this.left.set(this.left.get() - skip);
        Ok(())
    }
}

/// Walks a range whose items do not all fit machine integers.
pub struct LongRangeIterator {
    start: Value,
    step: Value,
    length: Value,
    index: RefCell<Integer>,
}

crate::payload!(LongRangeIterator, "longrange_iterator");

impl LongRangeIterator {
    fn make(vm: &mut Vm, start: &Value, step: &Value, length: &Value) -> PyResult {
        let iterator = LongRangeIterator {
            start: start.clone(),
            step: step.clone(),
            length: length.clone(),
            index: RefCell::new(Integer::ZERO),
        };
        Ok(Ref::new(iterator, &vm.types().longrange_iterator).into())
    }
}

#[pymethods(name = "longrange_iterator")]
impl LongRangeIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<LongRangeIterator>) -> PyResult<Option<Value>> {
        let mut index = this.index.borrow_mut();
        if index.as_int() >= view(&this.length) {
            return Ok(None);
        }
        let distance = index.as_int() * view(&this.step);
        let item = view(&this.start) + distance.as_int();
        let next = index.as_int() + IntView::Small(1);
        *index = next;
        Ok(Some(item.into()))
    }

    /// Private method returning an estimate of len(list(it)).
    #[method(sig = "")]
    fn __length_hint__(this: &Ref<LongRangeIterator>) -> Value {
        (view(&this.length) - this.index.borrow().as_int()).into()
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<LongRangeIterator>) -> PyResult {
        let index = this.index.borrow().clone();
        reduce(vm, this.start.clone(), this.step.clone(), view(&this.length), index.into())
    }

    /// Set state information for unpickling.
    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<LongRangeIterator>, state: &Value) -> PyResult<()> {
        let index = vm.index(state)?;
        let mut index = view(&index).to_owned();
        if index.as_int().is_negative() {
            index = Integer::ZERO;
        } else if index.as_int() > view(&this.length) {
            index = view(&this.length).to_owned();
        }
        *this.index.borrow_mut() = index;
        Ok(())
    }
}
