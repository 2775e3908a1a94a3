//! Methods of `list`; its iterators are in [`iterators`], sorting in [`sort`].

pub mod iterators;
pub mod sort;

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::{CompareOp, NewFn};
use crate::object::{Class, Ref, Value};
use crate::types::container_support::{self as support, Position, index_key};
use crate::types::list::{List, ListIterator};
use crate::types::slice::Slice;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

#[pymethods(
    name = "list",
    doc = "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified.",
    flags = flag::BASE_TYPE | flag::MATCH_SELF | flag::SEQUENCE
)]
impl List {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(List::payload(Vec::new()), cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<List>, args: Args<'_>) -> PyResult<()> {
        let own_new: NewFn = List::new_slot;
        if this.class().slots.new.get().is_some_and(|f| std::ptr::fn_addr_eq(f, own_new)) {
            vm.no_keywords("list", args)?;
        }
        vm.check_positional("list", args.pos().len(), 0, 1)?;
        drop(this.take());
        match args.pos().first() {
            Some(iterable) => vm.extend_list(this, iterable),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Value) -> PyResult {
        let Some(list) = this.downcast_ref::<List>().cloned() else { return Ok(Value::NONE) };
        if list.is_empty() {
            return Ok("[]".into());
        }
        let shown = vm.repr_guard(this, |vm| support::repr_items(vm, "[", "]", |i| list.get(i)))?;
        Ok(shown.unwrap_or_else(|| "[...]".into()))
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<List>(), b.downcast_ref::<List>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        support::compare_sequences(vm, op, |i| x.get(i), |i| y.get(i), || (x.len(), y.len()))
    }

    #[slot(len)]
    fn len_slot(this: &Ref<List>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(getitem)]
    fn get_item(vm: &mut Vm, this: &Ref<List>, key: &Value) -> PyResult {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            let bounds = slice.unpack(vm)?.adjust(this.len());
            return Ok(List::new(this.with(|items| bounds.select(items))).into());
        }
        let index = list_index(vm, key)?;
        let index = if index < 0 { index + this.len() as i64 } else { index };
        match usize::try_from(index).ok().and_then(|i| this.get(i)) {
            Some(item) => Ok(item),
            None => Err(vm.index_error("list index out of range")),
        }
    }

    #[slot(setitem)]
    fn set_item(vm: &mut Vm, this: &Ref<List>, key: &Value, value: Option<Value>) -> PyResult<()> {
        if let Some(slice) = key.downcast_ref::<Slice>() {
            return set_slice(vm, this, slice, value);
        }
        let index = list_index(vm, key)?;
        let index = if index < 0 { index + this.len() as i64 } else { index };
        let Some(index) = usize::try_from(index).ok().filter(|i| *i < this.len()) else {
            return Err(vm.index_error("list assignment index out of range"));
        };
        match value {
            Some(value) => drop(this.replace(index, value)),
            None => drop(this.remove(index)),
        }
        Ok(())
    }

    #[slot(concat)]
    fn concat(vm: &mut Vm, this: &Ref<List>, other: &Value) -> PyResult {
        let Some(other) = other.downcast_ref::<List>() else {
            let found = other.class().name();
            return Err(vm.type_error(format!("can only concatenate list (not \"{found}\") to list")));
        };
        let mut items = Vec::with_capacity(this.len() + other.len());
        this.with(|x| items.extend_from_slice(x));
        other.with(|x| items.extend_from_slice(x));
        Ok(List::new(items).into())
    }

    #[slot(inplace_concat)]
    fn inplace_concat(vm: &mut Vm, this: &Value, other: &Value) -> PyResult {
        if let Some(list) = this.downcast_ref::<List>() {
            vm.extend_list(list, other)?;
        }
        Ok(this.clone())
    }

    #[slot(repeat)]
    fn repeat(vm: &mut Vm, this: &Ref<List>, count: &Value) -> PyResult {
        let count = support::repeat_count(vm, count)?;
        let items = this.to_vec();
        Ok(List::new(support::repeat(vm, &items, count)?).into())
    }

    #[slot(inplace_repeat)]
    fn inplace_repeat(vm: &mut Vm, this: &Value, count: &Value) -> PyResult {
        let count = support::repeat_count(vm, count)?;
        if let Some(list) = this.downcast_ref::<List>() {
            let items = list.to_vec();
            let repeated = support::repeat(vm, &items, count)?;
            drop(list.set(repeated));
        }
        Ok(this.clone())
    }

    #[slot(contains)]
    fn contains(vm: &mut Vm, this: &Ref<List>, item: &Value) -> PyResult<bool> {
        Ok(find(vm, this, item, 0..usize::MAX)?.is_some())
    }

    #[slot(iter)]
    fn iter(this: &Ref<List>) -> PyResult {
        Ok(ListIterator::new(this.clone()).into())
    }

    /// Return a reverse iterator over the list.
    #[method]
    fn __reversed__(vm: &mut Vm, this: &Ref<List>) -> PyResult {
        iterators::ListReverseIterator::make(vm, this.clone())
    }

    /// Append object to the end of the list.
    #[method]
    fn append(this: &Ref<List>, object: Value) {
        this.push(object);
    }

    /// Insert object before index.
    #[method(name = "insert")]
    fn insert_method(vm: &mut Vm, this: &Ref<List>, index: &Value, object: Value) -> PyResult<()> {
        let index = size_argument(vm, index)?;
        let index = if index < 0 { index.saturating_add(this.len() as i64) } else { index };
        this.insert(usize::try_from(index).unwrap_or(0), object);
        Ok(())
    }

    /// Extend list by appending elements from the iterable.
    #[method(name = "extend")]
    fn extend_method(vm: &mut Vm, this: &Ref<List>, iterable: &Value) -> PyResult<()> {
        vm.extend_list(this, iterable)
    }

    /// Remove and return item at index (default last).
    ///
    /// Raises IndexError if list is empty or index is out of range.
    #[method(name = "pop", sig = "(index=-1, /)")]
    fn pop_method(vm: &mut Vm, this: &Ref<List>, #[default(Value::int(-1))] index: Value) -> PyResult {
        let index = size_argument(vm, &index)?;
        if index == -1
            && let Some(last) = this.pop()
        {
            return Ok(last);
        }
        if this.is_empty() {
            return Err(vm.index_error("pop from empty list"));
        }
        let index = if index < 0 { index + this.len() as i64 } else { index };
        match usize::try_from(index).ok().and_then(|i| this.remove(i)) {
            Some(item) => Ok(item),
            None => Err(vm.index_error("pop index out of range")),
        }
    }

    /// Remove first occurrence of value.
    ///
    /// Raises ValueError if the value is not present.
    #[method(name = "remove")]
    fn remove_method(vm: &mut Vm, this: &Ref<List>, value: &Value) -> PyResult<()> {
        match find(vm, this, value, 0..usize::MAX)? {
            Some(index) => {
                drop(List::remove(this, index));
                Ok(())
            }
            None => Err(vm.value_error("list.remove(x): x not in list")),
        }
    }

    /// Remove all items from list.
    #[method]
    fn clear(this: &Ref<List>) {
        crate::types::list::drop_backwards(this.take());
    }

    /// Return a shallow copy of the list.
    #[method]
    fn copy(this: &Ref<List>) -> Ref<List> {
        List::new(this.to_vec())
    }

    /// Return first index of value.
    ///
    /// Raises ValueError if the value is not present.
    #[method(sig = "(value, start=0, stop=sys.maxsize, /)")]
    fn index(
        vm: &mut Vm,
        this: &Ref<List>,
        value: &Value,
        #[default(Position(0))] start: Position,
        #[default(Position(i64::MAX))] stop: Position,
    ) -> PyResult<usize> {
        let len = this.len() as i64;
        let place = |i: i64| usize::try_from(if i < 0 { i.saturating_add(len) } else { i }).unwrap_or(0);
        match find(vm, this, value, place(start.0)..place(stop.0))? {
            Some(index) => Ok(index),
            None => {
                let shown = vm.repr(value)?;
                Err(vm.value_error(format!("{shown} is not in list")))
            }
        }
    }

    /// Return number of occurrences of value.
    #[method]
    fn count(vm: &mut Vm, this: &Ref<List>, value: &Value) -> PyResult<usize> {
        let (mut count, mut index) = (0, 0);
        while let Some(item) = this.get(index) {
            count += usize::from(vm.equals(&item, value)?);
            index += 1;
        }
        Ok(count)
    }

    /// Reverse *IN PLACE*.
    #[method]
    fn reverse(this: &Ref<List>) {
        this.with_mut(|items| items.reverse());
    }

    /// Sort the list in ascending order and return None.
    ///
    /// The sort is in-place (i.e. the list itself is modified) and stable (i.e. the
    /// order of two equal elements is maintained).
    ///
    /// If a key function is given, apply it once to each list item and sort them,
    /// ascending or descending, according to their function values.
    ///
    /// The reverse flag can be set to sort in descending order.
    #[method(sig = "(*, key=None, reverse=False)")]
    fn sort(vm: &mut Vm, this: &Ref<List>, key: Option<&Value>, reverse: bool) -> PyResult<()> {
        sort::sort_list(vm, this, key, reverse)
    }

    /// Return the size of the list in memory, in bytes.
    #[method]
    fn __sizeof__(this: &Ref<List>) -> usize {
        40 + 8 * this.with_mut(|items| items.capacity())
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        support::class_getitem(cls, item)
    }
}

fn list_index(vm: &mut Vm, key: &Value) -> PyResult<i64> {
    if let Some(i) = key.as_small_int() {
        return Ok(i);
    }
    if key.class().slots.index.get().is_none() {
        let found = key.class().name();
        return Err(vm.type_error(format!("list indices must be integers or slices, not {found}")));
    }
    index_key(vm, key)
}

/// An argument that is a C `Py_ssize_t`.
pub(crate) fn size_argument(vm: &mut Vm, value: &Value) -> PyResult<i64> {
    let index = vm.index(value)?;
    match index.as_int().and_then(|i| i.to_i64()) {
        Some(i) => Ok(i),
        None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

/// The first index within a range whose item equals a value.
fn find(vm: &mut Vm, list: &List, value: &Value, range: std::ops::Range<usize>) -> PyResult<Option<usize>> {
    let mut index = range.start;
    while index < range.end
        && let Some(item) = list.get(index)
    {
        if vm.equals(&item, value)? {
            return Ok(Some(index));
        }
        index += 1;
    }
    Ok(None)
}

/// `list[slice] = value` and `del list[slice]`
fn set_slice(vm: &mut Vm, list: &Ref<List>, slice: &Ref<Slice>, value: Option<Value>) -> PyResult<()> {
    let unpacked = slice.unpack(vm)?;
    let Some(value) = value else {
        let bounds = unpacked.adjust(list.len());
        drop(delete_positions(list, bounds));
        return Ok(());
    };
    if unpacked.step == 1 {
        let new = support::fast_sequence(vm, &value, "can only assign an iterable")?;
        let bounds = unpacked.adjust(list.len());
        drop(list.splice(bounds.start..bounds.start + bounds.count, new));
        return Ok(());
    }
    let new = support::fast_sequence(vm, &value, "must assign iterable to extended slice")?;
    let bounds = unpacked.adjust(list.len());
    if new.len() != bounds.count {
        let (given, count) = (new.len(), bounds.count);
        return Err(vm.value_error(format!(
            "attempt to assign sequence of size {given} to extended slice of size {count}"
        )));
    }
    let mut old = Vec::with_capacity(new.len());
    for (position, item) in bounds.positions().zip(new) {
        old.push(list.replace(position, item));
    }
    drop(old);
    Ok(())
}

/// Takes the items at these positions out.
fn delete_positions(list: &List, bounds: super::slice_methods::Bounds) -> Vec<Value> {
    if let Some(range) = bounds.range() {
        return list.splice(range, Vec::new());
    }
    if bounds.count == 0 {
        return Vec::new();
    }
    let (low, step) = if bounds.step > 0 {
        (bounds.start, bounds.step as usize)
    } else {
        let step = bounds.step.unsigned_abs() as usize;
        (bounds.start - (bounds.count - 1) * step, step)
    };
    let high = low + (bounds.count - 1) * step;
    let mut removed = Vec::with_capacity(bounds.count);
    let mut kept = Vec::with_capacity(list.len() - bounds.count);
    for (i, item) in list.take().into_iter().enumerate() {
        if (low..=high).contains(&i) && (i - low) % step == 0 {
            removed.push(item);
        } else {
            kept.push(item);
        }
    }
    drop(list.set(kept));
    removed
}
