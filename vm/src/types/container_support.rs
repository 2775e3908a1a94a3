//! What the methods of all containers and iterators need.

use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::text::{StrBuilder, StrRef};
use crate::types::generic_alias::GenericAlias;
use crate::types::list::List;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// `builtins.name`, as `__reduce__` of iterators names `iter` and `reversed`.
pub fn builtin(vm: &mut Vm, name: &str) -> PyResult {
    let found = vm.interp.builtins.get().and_then(|builtins| builtins.get_name(name));
    match found {
        Some(value) => Ok(value),
        None => {
            let class = vm.types().exceptions.attribute_error.clone();
            Err(vm.new_error(&class, name))
        }
    }
}

/// `(iter, (container,), index)`: what `__reduce__` of an iterator gives.
pub fn reduce_iterator(vm: &mut Vm, function: &str, container: Value, state: Option<Value>) -> PyResult {
    let function = builtin(vm, function)?;
    let args = Tuple::new([container]);
    Ok(match state {
        Some(state) => Tuple::new([function, args.into(), state]).into(),
        None => Tuple::new([function, args.into()]).into(),
    })
}

/// `(iter, ([],))` or `(iter, ((),))`: a spent iterator.
pub fn reduce_spent(vm: &mut Vm, empty: Value) -> PyResult {
    reduce_iterator(vm, "iter", empty, None)
}

/// `cls[item]` of a class that is generic only for annotations.
pub fn class_getitem(cls: &Ref<Class>, item: &Value) -> Value {
    GenericAlias::new(cls.into(), item.clone()).into()
}

/// An index argument of `container[index]`.
#[inline]
pub fn index_key(vm: &mut Vm, key: &Value) -> PyResult<i64> {
    if let Some(i) = key.as_small_int() {
        return Ok(i);
    }
    let index = vm.index(key)?;
    match index.as_int().and_then(|i| i.to_i64()) {
        Some(i) => Ok(i),
        None => {
            let class = key.class().name();
            Err(vm.index_error(format!("cannot fit '{class}' into an index-sized integer")))
        }
    }
}

/// The count of `sequence * count`.
pub fn repeat_count(vm: &mut Vm, count: &Value) -> PyResult<usize> {
    let index = vm.index(count)?;
    match index.as_int().and_then(|i| i.to_i64()) {
        Some(i) => Ok(usize::try_from(i).unwrap_or(0)),
        None => {
            let class = count.class().name();
            Err(vm.overflow_error(format!("cannot fit '{class}' into an index-sized integer")))
        }
    }
}

/// `items * count`, or `MemoryError`.
pub fn repeat(vm: &mut Vm, items: &[Value], count: usize) -> PyResult<Vec<Value>> {
    let mut result: Vec<Value> = Vec::new();
    let total = items.len().checked_mul(count).filter(|n| *n <= isize::MAX as usize / 8);
    let reserved = total.is_some_and(|n| result.try_reserve_exact(n).is_ok());
    if !reserved {
        return Err(vm.memory_error());
    }
    if let [item] = items {
        result.resize(count, item.clone());
    } else {
        for _ in 0..count {
            result.extend_from_slice(items);
        }
    }
    Ok(result)
}

/// The items of an iterable, with a message of the caller's where it is none.
pub fn fast_sequence(vm: &mut Vm, value: &Value, message: &str) -> PyResult<Vec<Value>> {
    if value.class().is(&vm.types().list) || value.class().is(&vm.types().tuple) {
        return vm.collect(value);
    }
    let iterator = match vm.iter(value) {
        Err(raised) if raised.is(&vm.types().exceptions.type_error) => return Err(vm.type_error(message)),
        other => other?,
    };
    vm.drain(&iterator)
}

impl Vm {
    /// The items that are left in an iterator.
    pub fn drain(&mut self, iterator: &Value) -> PyResult<Vec<Value>> {
        let mut items = Vec::new();
        while let Some(item) = self.next(iterator)? {
            items.push(item);
        }
        Ok(items)
    }

    /// Raises for arguments of an `__init__` or `__new__` that takes no keywords.
    pub fn no_keywords(&mut self, name: &str, args: crate::native::Args<'_>) -> PyResult<()> {
        if args.names.is_empty() {
            return Ok(());
        }
        Err(self.type_error(format!("{name}() takes no keyword arguments")))
    }

    /// The same for `__new__` of a class: subclasses with an `__init__` of their own may take keywords.
    pub fn no_keywords_for(
        &mut self,
        name: &str,
        cls: &Ref<Class>,
        base: &Ref<Class>,
        args: crate::native::Args<'_>,
    ) -> PyResult<()> {
        let same_init = match (cls.slots.init.get(), base.slots.init.get()) {
            (Some(own), Some(inherited)) => std::ptr::fn_addr_eq(own, inherited),
            (own, inherited) => own.is_none() && inherited.is_none(),
        };
        if cls.is(base) || same_init { self.no_keywords(name, args) } else { Ok(()) }
    }

    /// Raises where there are fewer or more positional arguments than a purely positional function takes.
    pub fn check_positional(&mut self, name: &str, given: usize, least: usize, most: usize) -> PyResult<()> {
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let (bound, count) = match given < least {
            true if least == most => ("", least),
            true => ("at least ", least),
            false if least == most => ("", most),
            false => ("at most ", most),
        };
        let plural = if count == 1 { "" } else { "s" };
        Err(self.type_error(format!("{name} expected {bound}{count} argument{plural}, got {given}")))
    }
}

/// `[a, b, c]` and the like. `item` gives the items one after the other, since they may change while they are printed.
pub fn repr_items(
    vm: &mut Vm,
    open: &str,
    close: &str,
    mut item: impl FnMut(usize) -> Option<Value>,
) -> PyResult {
    let mut text = StrBuilder::new();
    text.push_utf8(open);
    let mut index = 0;
    while let Some(value) = item(index) {
        if index > 0 {
            text.push_utf8(", ");
        }
        let shown = vm.repr(&value)?;
        text.push_str(shown.as_ref());
        index += 1;
    }
    text.push_utf8(close);
    Ok(text.finish().into())
}

/// Text from parts.
pub fn joined(parts: &[StrRef<'_>]) -> Value {
    let mut text = StrBuilder::new();
    for part in parts {
        text.push_str(*part);
    }
    text.finish().into()
}

/// `list` and `tuple` comparison: the first items that differ decide, else the lengths.
pub fn compare_sequences(
    vm: &mut Vm,
    op: CompareOp,
    mut left: impl FnMut(usize) -> Option<Value>,
    mut right: impl FnMut(usize) -> Option<Value>,
    lengths: impl Fn() -> (usize, usize),
) -> PyResult {
    let (a, b) = lengths();
    if a != b && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    let mut index = 0;
    while let (Some(x), Some(y)) = (left(index), right(index)) {
        if !vm.equals(&x, &y)? {
            // The comparison may have shortened a side.
            let (a, b) = lengths();
            if index >= a || index >= b {
                break;
            }
            return match op {
                CompareOp::Eq => Ok(Value::FALSE),
                CompareOp::Ne => Ok(Value::TRUE),
                _ => vm.compare(&x, &y, op),
            };
        }
        index += 1;
    }
    let (a, b) = lengths();
    Ok(Value::bool(op.holds(a.cmp(&b))))
}

/// A copy of a list's items as a tuple.
pub fn tuple_of(list: &List) -> Ref<Tuple> {
    Tuple::new(list.to_vec())
}

/// An argument that is an index for searching (`list.index`): cut off at the ends, and never `None`.
#[derive(Clone, Copy, Debug)]
pub struct Position(pub i64);

impl From<i64> for Position {
    fn from(i: i64) -> Position {
        Position(i)
    }
}

impl crate::native::FromValue for Position {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<Position> {
        if value.class().slots.index.get().is_none() {
            return Err(vm.type_error("slice indices must be integers or have an __index__ method"));
        }
        vm.to_index(value).map(Position)
    }
}

/// The indices to search; the end is not cut to the length, which may change meanwhile.
pub fn search_range(len: usize, start: Position, stop: Position) -> std::ops::Range<usize> {
    let place = |i: i64| {
        let i = if i < 0 { i.saturating_add(len as i64) } else { i };
        usize::try_from(i).unwrap_or(0)
    };
    place(start.0)..place(stop.0).min(len)
}

/// What `object.__getstate__` gives, for `__reduce__`.
pub fn instance_state(vm: &mut Vm, value: &Value) -> PyResult {
    let names = vm.names();
    match vm.lookup_attr(value, &names.dunder_getstate)? {
        Some(method) => vm.call(&method, &[]),
        None => Ok(Value::NONE),
    }
}

/// A read-only view of a dictionary.
pub fn mapping_proxy(_vm: &mut Vm, dict: &Ref<crate::types::dict::Dict>) -> Value {
    crate::types::mapping_proxy::MappingProxy::new(dict.into()).into()
}
