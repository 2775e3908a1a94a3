//! Unions, intersections and differences, in the order of steps that gives CPython's order of elements.

use crate::object::{Class, Ref, Value};
use crate::types::dict::Dict;
use crate::types::set::Set;
use crate::vm::{PyResult, Vm};

/// `set` or `frozenset`, whichever a set's class is derived from.
pub(super) fn base_class(vm: &Vm, set: &Ref<Set>) -> Ref<Class> {
    let types = vm.types();
    if set.class().is_subclass(&types.frozenset) { types.frozenset.clone() } else { types.set.clone() }
}

/// A copy as an instance of a class.
pub fn copy_as(vm: &mut Vm, set: &Set, class: &Ref<Class>) -> PyResult<Ref<Set>> {
    let copy = super::empty(class);
    copy.merge(vm, set)?;
    Ok(copy)
}

/// A set of a class with the elements of any iterable.
pub fn from_iterable(vm: &mut Vm, class: &Ref<Class>, iterable: &Value) -> PyResult<Ref<Set>> {
    let set = super::empty(class);
    update(vm, &set, iterable)?;
    Ok(set)
}

/// `set.update(iterable)`
pub fn update(vm: &mut Vm, set: &Set, iterable: &Value) -> PyResult<()> {
    if let Some(other) = iterable.downcast_ref::<Set>() {
        return set.merge(vm, other);
    }
    if let Some(dict) = exact_dict(vm, iterable) {
        set.reserve(dict.len());
        return each_key(&dict, |key, hash| set.add_hashed(vm, key, hash).map(drop));
    }
    vm.for_each(iterable, |vm, item| set.add(vm, item))
}

fn exact_dict(vm: &Vm, value: &Value) -> Option<Ref<Dict>> {
    value.downcast_ref::<Dict>().filter(|_| value.class().is(&vm.types().dict)).cloned()
}

fn each_key(dict: &Dict, mut f: impl FnMut(Value, i64) -> PyResult<()>) -> PyResult<()> {
    let mut position = 0;
    while let Some((next, key, _, hash)) = dict.next_item_hashed(position) {
        f(key, hash)?;
        position = next;
    }
    Ok(())
}

/// Calls `f` with each element and its hash, as long as it says so.
fn each_element(set: &Set, mut f: impl FnMut(Value, i64) -> PyResult<bool>) -> PyResult<bool> {
    let mut position = 0;
    while let Some((next, key, hash)) = set.next_element(position) {
        if !f(key, hash)? {
            return Ok(false);
        }
        position = next;
    }
    Ok(true)
}

/// Whether every element of `a` is in `b`.
pub fn is_subset(vm: &mut Vm, a: &Set, b: &Set) -> PyResult<bool> {
    if a.len() > b.len() {
        return Ok(false);
    }
    each_element(a, |key, hash| b.contains_hashed(vm, &key, hash))
}

/// `set.intersection(other)`
pub fn intersection(vm: &mut Vm, set: &Ref<Set>, other: &Value) -> PyResult<Ref<Set>> {
    if set.as_value().is(other) {
        return copy(vm, set);
    }
    let result = super::empty(&base_class(vm, set));
    if let Some(other) = other.downcast_ref::<Set>() {
        let (walked, asked) = if other.len() > set.len() { (set, other) } else { (other, set) };
        each_element(walked, |key, hash| {
            if asked.contains_hashed(vm, &key, hash)? {
                result.add_hashed(vm, key, hash)?;
            }
            Ok(true)
        })?;
        return Ok(result);
    }
    vm.for_each(other, |vm, item| {
        let hash = vm.hash(&item)?;
        if set.contains_hashed(vm, &item, hash)? {
            result.add_hashed(vm, item, hash)?;
        }
        Ok(())
    })?;
    Ok(result)
}

/// A copy; a `frozenset` itself.
pub fn copy(vm: &mut Vm, set: &Ref<Set>) -> PyResult<Ref<Set>> {
    if set.class().is(&vm.types().frozenset) {
        return Ok(set.clone());
    }
    copy_as(vm, set, &base_class(vm, set))
}

/// `set.difference_update(other)`
pub fn difference_update(vm: &mut Vm, set: &Ref<Set>, other: &Value) -> PyResult<()> {
    if set.as_value().is(other) {
        set.clear();
        return Ok(());
    }
    if let Some(other) = other.downcast_ref::<Set>() {
        // Of a much larger set only what is in this one matters.
        let other = if other.len() >> 3 > set.len() {
            intersection(vm, set, other.as_value())?
        } else {
            other.clone()
        };
        each_element(&other, |key, hash| {
            set.discard_hashed(vm, &key, hash)?;
            Ok(true)
        })?;
    } else {
        vm.for_each(other, |vm, item| {
            let hash = vm.hash(&item)?;
            set.discard_hashed(vm, &item, hash).map(drop)
        })?;
    }
    set.tidy();
    Ok(())
}

/// `set.difference(other)`
pub fn difference(vm: &mut Vm, set: &Ref<Set>, other: &Value) -> PyResult<Ref<Set>> {
    let dict = exact_dict(vm, other);
    let other_len = match (other.downcast_ref::<Set>(), &dict) {
        (Some(other), _) => Some(other.len()),
        (None, Some(dict)) => Some(dict.len()),
        _ => None,
    };
    if other_len.is_none_or(|len| set.len() >> 2 > len) {
        let result = copy_as(vm, set, &base_class(vm, set))?;
        difference_update(vm, &result, other)?;
        return Ok(result);
    }
    let result = super::empty(&base_class(vm, set));
    let other_set = other.downcast_ref::<Set>();
    each_element(set, |key, hash| {
        let there = match (other_set, &dict) {
            (Some(other), _) => other.contains_hashed(vm, &key, hash)?,
            (None, Some(dict)) => dict.get_hashed(vm, &key, hash)?.is_some(),
            _ => false,
        };
        if !there {
            result.add_hashed(vm, key, hash)?;
        }
        Ok(true)
    })?;
    Ok(result)
}

/// `set.symmetric_difference_update(other)`
pub fn symmetric_difference_update(vm: &mut Vm, set: &Ref<Set>, other: &Value) -> PyResult<()> {
    if set.as_value().is(other) {
        set.clear();
        return Ok(());
    }
    if let Some(dict) = exact_dict(vm, other) {
        return each_key(&dict, |key, hash| toggle(vm, set, key, hash));
    }
    let other = match other.downcast_ref::<Set>() {
        Some(other) => other.clone(),
        None => from_iterable(vm, &base_class(vm, set), other)?,
    };
    each_element(&other, |key, hash| {
        toggle(vm, set, key, hash)?;
        Ok(true)
    })?;
    Ok(())
}

fn toggle(vm: &mut Vm, set: &Ref<Set>, key: Value, hash: i64) -> PyResult<()> {
    if !set.discard_hashed(vm, &key, hash)? {
        set.add_hashed(vm, key, hash)?;
    }
    Ok(())
}

/// `set.symmetric_difference(other)`
pub fn symmetric_difference(vm: &mut Vm, set: &Ref<Set>, other: &Value) -> PyResult<Ref<Set>> {
    let result = from_iterable(vm, &base_class(vm, set), other)?;
    symmetric_difference_update(vm, &result, set.as_value())?;
    Ok(result)
}

/// `set.union(*others)`
pub fn union(vm: &mut Vm, set: &Ref<Set>, others: &[Value]) -> PyResult<Ref<Set>> {
    let result = copy_as(vm, set, &base_class(vm, set))?;
    for other in others {
        if !set.as_value().is(other) {
            update(vm, &result, other)?;
        }
    }
    Ok(result)
}

/// `set.isdisjoint(other)`
pub fn is_disjoint(vm: &mut Vm, set: &Ref<Set>, other: &Value) -> PyResult<bool> {
    if set.as_value().is(other) {
        return Ok(set.is_empty());
    }
    if let Some(other) = other.downcast_ref::<Set>() {
        let (walked, asked) = if other.len() > set.len() { (set, other) } else { (other, set) };
        return each_element(walked, |key, hash| Ok(!asked.contains_hashed(vm, &key, hash)?));
    }
    let iterator = vm.iter(other)?;
    while let Some(item) = vm.next(&iterator)? {
        if set.contains(vm, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
