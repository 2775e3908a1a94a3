//! Methods of `slice`, and the positions that a slice stands for.

use crate::native::Args;
use crate::number::{Int as IntView, Integer};
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::slice::Slice;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A slice whose parts are machine integers, before the length of the sequence is known.
#[derive(Clone, Copy, Debug)]
pub struct Unpacked {
    /// May be negative or too large.
    pub start: i64,
    /// May be negative or too large.
    pub stop: i64,
    /// Neither 0 nor the smallest integer.
    pub step: i64,
}

/// The positions of a slice in a sequence: `start`, `start + step`, … , `count` of them.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The first; where nothing is selected, where an insertion would go.
    pub start: usize,
    /// The distance.
    pub step: i64,
    /// How many.
    pub count: usize,
}

impl Bounds {
    /// The positions in order.
    pub fn positions(self) -> impl Iterator<Item = usize> {
        (0..self.count)
            .map(move |i| self.start.wrapping_add_signed((i as i64).wrapping_mul(self.step) as isize))
    }

    /// The selected range, where the step is 1.
    pub fn range(self) -> Option<std::ops::Range<usize>> {
        (self.step == 1).then(|| self.start..self.start + self.count)
    }

    /// The selected items.
    pub fn select<T: Clone>(self, items: &[T]) -> Vec<T> {
        match self.range() {
            Some(range) => items.get(range).map(<[T]>::to_vec).unwrap_or_default(),
            None => self.positions().filter_map(|i| items.get(i).cloned()).collect(),
        }
    }
}

impl Unpacked {
    /// The positions in a sequence of this length.
    pub fn adjust(self, len: usize) -> Bounds {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        let (low, high) = if self.step < 0 { (-1, len - 1) } else { (0, len) };
        let clamp = |i: i64| (if i < 0 { i.saturating_add(len) } else { i }).clamp(low, high);
        let (start, stop) = (clamp(self.start), clamp(self.stop));
        let count = if self.step < 0 {
            if stop < start { (start - stop - 1) / -self.step + 1 } else { 0 }
        } else if start < stop {
            (stop - start - 1) / self.step + 1
        } else {
            0
        };
        Bounds { start: usize::try_from(start).unwrap_or(0), step: self.step, count: count as usize }
    }
}

impl Slice {
    /// The parts as machine integers.
    pub fn unpack(&self, vm: &mut Vm) -> PyResult<Unpacked> {
        let step = if self.step.is_none() { 1 } else { part(vm, &self.step)? };
        if step == 0 {
            return Err(vm.value_error("slice step cannot be zero"));
        }
        let step = step.max(-i64::MAX);
        let default = |first: bool| if (step < 0) == first { i64::MAX } else { 0 };
        let start = if self.start.is_none() { default(true) } else { part(vm, &self.start)? };
        let stop = if self.stop.is_none() {
            if step < 0 { i64::MIN } else { i64::MAX }
        } else {
            part(vm, &self.stop)?
        };
        Ok(Unpacked { start, stop, step })
    }

    /// The positions in a sequence of this length.
    pub fn bounds(&self, vm: &mut Vm, len: usize) -> PyResult<Bounds> {
        Ok(self.unpack(vm)?.adjust(len))
    }

    /// The parts for a length of any size (`slice.indices`).
    pub fn long_indices(&self, vm: &mut Vm, len: IntView<'_>) -> PyResult<[Integer; 3]> {
        let step = if self.step.is_none() { Integer::ONE } else { long_part(vm, &self.step)? };
        if step.as_int().is_zero() {
            return Err(vm.value_error("slice step cannot be zero"));
        }
        let negative = step.as_int().is_negative();
        let minus_one = IntView::Small(-1);
        let (low, high) =
            if negative { (Integer::Small(-1), len + minus_one) } else { (Integer::ZERO, len.to_owned()) };
        let place = |vm: &mut Vm, value: &Value, default: &Integer| -> PyResult<Integer> {
            if value.is_none() {
                return Ok(default.clone());
            }
            let mut at = long_part(vm, value)?;
            if at.as_int().is_negative() {
                at = at.as_int() + len;
                Ok(if at.as_int() < low.as_int() { low.clone() } else { at })
            } else {
                Ok(if at.as_int() > high.as_int() { high.clone() } else { at })
            }
        };
        let (first, last) = if negative { (high.clone(), low.clone()) } else { (low.clone(), high.clone()) };
        let start = place(vm, &self.start, &first)?;
        let stop = place(vm, &self.stop, &last)?;
        Ok([start, stop, step])
    }
}

fn part(vm: &mut Vm, value: &Value) -> PyResult<i64> {
    if let Some(i) = value.as_small_int() {
        return Ok(i);
    }
    if value.class().slots.index.get().is_none() {
        return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
    }
    vm.to_index(value)
}

fn long_part(vm: &mut Vm, value: &Value) -> PyResult<Integer> {
    if value.class().slots.index.get().is_none() {
        return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
    }
    let index = vm.index(value)?;
    Ok(index.as_int().map_or(Integer::ZERO, IntView::to_owned))
}

impl Slice {
    fn parts(&self) -> [Value; 3] {
        [self.start.clone(), self.stop.clone(), self.step.clone()]
    }
}

#[pymethods(
    name = "slice",
    doc = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2])."
)]
impl Slice {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords("slice", args)?;
        vm.check_positional("slice", args.values.len(), 1, 3)?;
        Ok(match args.values {
            [stop] => Slice::new(Value::NONE, stop.clone(), Value::NONE),
            [start, stop] => Slice::new(start.clone(), stop.clone(), Value::NONE),
            [start, stop, step, ..] => Slice::new(start.clone(), stop.clone(), step.clone()),
            [] => Slice::new(Value::NONE, Value::NONE, Value::NONE),
        }
        .into())
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Value) -> PyResult {
        let Some(slice) = this.downcast_ref::<Slice>() else { return Ok(Value::NONE) };
        let parts = slice.parts();
        super::container_support::repr_items(vm, "slice(", ")", |i| parts.get(i).cloned())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<Slice>(), b.downcast_ref::<Slice>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if x.is(y) {
            return Ok(Value::bool(matches!(op, CompareOp::Eq | CompareOp::Le | CompareOp::Ge)));
        }
        vm.compare(&Tuple::new(x.parts()).into(), &Tuple::new(y.parts()).into(), op)
    }

    #[slot(hash)]
    fn hash_slot(vm: &mut Vm, this: &Value) -> PyResult<i64> {
        let Some(slice) = this.downcast_ref::<Slice>() else { return Ok(0) };
        super::tuple_methods::hash_items(vm, &slice.parts(), false)
    }

    /// S.indices(len) -> (start, stop, stride)
    ///
    /// Assuming a sequence of length len, calculate the start and stop
    /// indices, and the stride length of the extended slice described by
    /// S. Out of bounds indices are clipped in a manner consistent with the
    /// handling of normal slices.
    #[method(sig = "")]
    fn indices(vm: &mut Vm, this: &Ref<Slice>, length: &Value) -> PyResult {
        let length = vm.index(length)?;
        let length = length.as_int().map_or(Integer::ZERO, IntView::to_owned);
        if length.as_int().is_negative() {
            return Err(vm.value_error("length should not be negative"));
        }
        let indices = this.long_indices(vm, length.as_int())?;
        Ok(Tuple::new(indices.map(Value::from)).into())
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(this: &Ref<Slice>) -> Value {
        Tuple::new([this.class().into(), Tuple::new(this.parts()).into()]).into()
    }

    #[getter]
    fn start(this: &Ref<Slice>) -> Value {
        this.start.clone()
    }

    #[getter]
    fn stop(this: &Ref<Slice>) -> Value {
        this.stop.clone()
    }

    #[getter]
    fn step(this: &Ref<Slice>) -> Value {
        this.step.clone()
    }
}
