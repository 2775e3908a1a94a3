//! The views `dict.keys()`, `dict.values()` and `dict.items()`; the first and the last act like sets.

use super::iterators::{DictIterator, Kind};
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::dict::Dict;
use crate::types::set::Set;
use crate::types::set_methods::algebra;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A view of a dictionary; its class says of what.
pub struct DictView {
    /// The dictionary.
    pub dict: Ref<Dict>,
}

crate::payload!(DictView, "dict_view", |v, visit| visit(v.dict.as_value()), |_v| ());

impl DictView {
    /// A view of a class.
    pub fn make(dict: &Ref<Dict>, class: &Ref<Class>) -> Value {
        Ref::new(DictView { dict: dict.clone() }, class).into()
    }
}

/// The declaration of `dict_keys`.
pub struct DictKeys;
/// The declaration of `dict_values`.
pub struct DictValues;
/// The declaration of `dict_items`.
pub struct DictItems;

fn repr(vm: &mut Vm, this: &Ref<DictView>) -> PyResult {
    let name = this.class().name();
    let shown = vm.repr_guard(this.as_value(), |vm| {
        let items = vm.collect(this.as_value())?;
        super::support::repr_items(vm, &format!("{name}(["), "])", |i| items.get(i).cloned())
    })?;
    Ok(shown.unwrap_or_else(|| "...".into()))
}

/// Whether it can be compared with a view: sets and other views.
fn is_set_like(vm: &Vm, value: &Value) -> bool {
    let types = vm.types();
    value.holds::<Set>()
        || value.class().is_subclass(&types.dict_keys)
        || value.class().is_subclass(&types.dict_items)
}

fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    if !is_set_like(vm, b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (left, right) = (vm.length(a)?, vm.length(b)?);
    let answer = match op {
        CompareOp::Eq => left == right && all_in(vm, a, b)?,
        CompareOp::Ne => !(left == right && all_in(vm, a, b)?),
        CompareOp::Lt => left < right && all_in(vm, a, b)?,
        CompareOp::Le => left <= right && all_in(vm, a, b)?,
        CompareOp::Gt => left > right && all_in(vm, b, a)?,
        CompareOp::Ge => left >= right && all_in(vm, b, a)?,
    };
    Ok(Value::bool(answer))
}

fn all_in(vm: &mut Vm, items: &Value, container: &Value) -> PyResult<bool> {
    let iterator = vm.iter(items)?;
    while let Some(item) = vm.next(&iterator)? {
        if !vm.contains(container, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn to_set(vm: &mut Vm, value: &Value) -> PyResult<Ref<Set>> {
    let class = vm.types().set.clone();
    algebra::from_iterable(vm, &class, value)
}

fn intersection(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
    let (view, other) = if is_view(vm, a) { (a, b) } else { (b, a) };
    let (view, other) = if is_view(vm, other) && vm.length(other)? > vm.length(view)? {
        (other, view)
    } else {
        (view, other)
    };
    let result = Set::new();
    vm.for_each(other, |vm, item| {
        if vm.contains(view, &item)? {
            result.add(vm, item)?;
        }
        Ok(())
    })?;
    Ok(result.into())
}

fn is_view(vm: &Vm, value: &Value) -> bool {
    let types = vm.types();
    value.class().is_subclass(&types.dict_keys) || value.class().is_subclass(&types.dict_items)
}

fn is_disjoint(vm: &mut Vm, this: &Value, other: &Value) -> PyResult<bool> {
    if this.is(other) {
        return Ok(vm.length(this)? == 0);
    }
    let (container, walked) = if is_set_like(vm, other) && vm.length(other)? > vm.length(this)? {
        (other, this)
    } else {
        (this, other)
    };
    let iterator = vm.iter(walked)?;
    while let Some(item) = vm.next(&iterator)? {
        if vm.contains(container, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn mapping(vm: &mut Vm, this: &Ref<DictView>) -> Value {
    crate::types::container_support::mapping_proxy(vm, &this.dict)
}

macro_rules! view_class {
    ($name:ident, $python:tt, $forwards:ident, $backwards:ident) => {
        #[pymethods(name = $python, payload = DictView)]
        impl $name {
            #[slot(repr)]
            fn repr_slot(vm: &mut Vm, this: &Ref<DictView>) -> PyResult {
                repr(vm, this)
            }

            #[slot(len)]
            fn len_slot(this: &Ref<DictView>) -> PyResult<usize> {
                Ok(this.dict.len())
            }

            #[slot(iter)]
            fn iter(this: &Ref<DictView>) -> PyResult {
                Ok(DictIterator::make(&this.dict, Kind::$forwards))
            }

            /// Return a reverse iterator over the view.
            #[method(sig = "")]
            fn __reversed__(this: &Ref<DictView>) -> Value {
                DictIterator::make(&this.dict, Kind::$backwards)
            }

            /// dictionary that this view refers to
            #[getter]
            fn mapping(vm: &mut Vm, this: &Ref<DictView>) -> Value {
                mapping(vm, this)
            }
        }
    };
    ($name:ident, $python:tt, $forwards:ident, $backwards:ident, set, $contains:ident) => {
        #[pymethods(name = $python, payload = DictView)]
        impl $name {
            #[slot(repr)]
            fn repr_slot(vm: &mut Vm, this: &Ref<DictView>) -> PyResult {
                repr(vm, this)
            }

            #[slot(len)]
            fn len_slot(this: &Ref<DictView>) -> PyResult<usize> {
                Ok(this.dict.len())
            }

            #[slot(iter)]
            fn iter(this: &Ref<DictView>) -> PyResult {
                Ok(DictIterator::make(&this.dict, Kind::$forwards))
            }

            #[slot(contains)]
            fn contains(vm: &mut Vm, this: &Ref<DictView>, item: &Value) -> PyResult<bool> {
                $contains(vm, &this.dict, item)
            }

            #[slot(richcompare)]
            fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
                compare(vm, a, b, op)
            }

            #[slot(and)]
            fn and(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
                intersection(vm, a, b)
            }

            #[slot(or)]
            fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
                let result = to_set(vm, a)?;
                algebra::update(vm, &result, b)?;
                Ok(result.into())
            }

            #[slot(subtract)]
            fn subtract(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
                let result = to_set(vm, a)?;
                algebra::difference_update(vm, &result, b)?;
                Ok(result.into())
            }

            #[slot(xor)]
            fn xor(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
                let result = to_set(vm, a)?;
                let other = to_set(vm, b)?;
                algebra::symmetric_difference_update(vm, &result, other.as_value())?;
                Ok(result.into())
            }

            /// Return True if the view and the given iterable have a null intersection.
            #[method(sig = "")]
            fn isdisjoint(vm: &mut Vm, this: &Value, other: &Value) -> PyResult<bool> {
                is_disjoint(vm, this, other)
            }

            /// Return a reverse iterator over the view.
            #[method(sig = "")]
            fn __reversed__(this: &Ref<DictView>) -> Value {
                DictIterator::make(&this.dict, Kind::$backwards)
            }

            /// dictionary that this view refers to
            #[getter]
            fn mapping(vm: &mut Vm, this: &Ref<DictView>) -> Value {
                mapping(vm, this)
            }
        }
    };
}

view_class!(DictValues, "dict_values", Values, ReverseValues);
view_class!(DictKeys, "dict_keys", Keys, ReverseKeys, set, has_key);
view_class!(DictItems, "dict_items", Items, ReverseItems, set, has_item);

fn has_key(vm: &mut Vm, dict: &Ref<Dict>, key: &Value) -> PyResult<bool> {
    dict.contains(vm, key)
}

fn has_item(vm: &mut Vm, dict: &Ref<Dict>, item: &Value) -> PyResult<bool> {
    let Some(pair) = item.downcast_ref::<Tuple>() else { return Ok(false) };
    let [key, value] = pair.as_slice() else { return Ok(false) };
    match dict.get(vm, key)? {
        Some(found) => vm.equals(&found, value),
        None => Ok(false),
    }
}
