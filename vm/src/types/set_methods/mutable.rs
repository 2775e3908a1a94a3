//! `set`.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::container_support as support;
use crate::types::set::Set;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

use super::iterator::SetIterator;
use super::{algebra, as_set};

/// Both operands, or `return NotImplemented`.
macro_rules! operands {
    ($a:ident, $b:ident) => {
        match ($a.downcast_ref::<Set>(), $b.downcast_ref::<Set>()) {
            (Some(x), Some(y)) => (x, y),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

#[pymethods(
    name = "set",
    doc = "set() -> new empty set object\nset(iterable) -> new set object\n\nBuild an unordered collection of unique elements.",
    flags = flag::BASE_TYPE | flag::MATCH_SELF | flag::HAS_WEAKREF
)]
impl Set {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(super::empty(cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Set>, args: Args<'_>) -> PyResult<()> {
        vm.no_keywords("set", args)?;
        vm.check_positional("set", args.pos().len(), 0, 1)?;
        this.clear();
        this.hash.set(-1);
        match args.pos().first() {
            Some(iterable) => algebra::update(vm, this, iterable),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Ref<Set>) -> PyResult {
        super::repr(vm, this)
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        super::compare(vm, a, b, op)
    }

    #[slot(len)]
    fn len_slot(this: &Ref<Set>) -> PyResult<usize> {
        Ok(this.len())
    }

    #[slot(contains)]
    fn contains_slot(vm: &mut Vm, this: &Ref<Set>, key: &Value) -> PyResult<bool> {
        super::contains(vm, this, key)
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Ref<Set>) -> PyResult {
        SetIterator::make(vm, this)
    }

    #[slot(and)]
    fn and(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        algebra::intersection(vm, x, y.as_value()).map(Into::into)
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, _) = operands!(a, b);
        algebra::union(vm, x, std::slice::from_ref(b)).map(Into::into)
    }

    #[slot(subtract)]
    fn subtract(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, _) = operands!(a, b);
        algebra::difference(vm, x, b).map(Into::into)
    }

    #[slot(xor)]
    fn xor(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, _) = operands!(a, b);
        algebra::symmetric_difference(vm, x, b).map(Into::into)
    }

    /// Return a shallow copy of a set.
    #[method(sig = "")]
    fn copy(vm: &mut Vm, this: &Ref<Set>) -> PyResult {
        algebra::copy_as(vm, this, &algebra::base_class(vm, this)).map(Into::into)
    }

    /// Return the union of sets as a new set.
    ///
    /// (i.e. all elements that are in either set.)
    #[method(sig = "(*others)")]
    fn union(vm: &mut Vm, this: &Ref<Set>, others: &[Value]) -> PyResult {
        algebra::union(vm, this, others).map(Into::into)
    }

    /// Return the intersection of two sets as a new set.
    ///
    /// (i.e. all elements that are in both sets.)
    #[method(sig = "(*others)")]
    fn intersection(vm: &mut Vm, this: &Ref<Set>, others: &[Value]) -> PyResult {
        let mut result = None;
        for other in others {
            let left = result.as_ref().unwrap_or(this).clone();
            result = Some(algebra::intersection(vm, &left, other)?);
        }
        match result {
            Some(result) => Ok(result.into()),
            None => algebra::copy_as(vm, this, &algebra::base_class(vm, this)).map(Into::into),
        }
    }

    /// Return the difference of two or more sets as a new set.
    ///
    /// (i.e. all elements that are in this set but not the others.)
    #[method(sig = "(*others)")]
    fn difference(vm: &mut Vm, this: &Ref<Set>, others: &[Value]) -> PyResult {
        let Some((first, rest)) = others.split_first() else {
            return algebra::copy_as(vm, this, &algebra::base_class(vm, this)).map(Into::into);
        };
        let result = algebra::difference(vm, this, first)?;
        for other in rest {
            algebra::difference_update(vm, &result, other)?;
        }
        Ok(result.into())
    }

    /// Return the symmetric difference of two sets as a new set.
    ///
    /// (i.e. all elements that are in exactly one of the sets.)
    #[method(sig = "")]
    fn symmetric_difference(vm: &mut Vm, this: &Ref<Set>, other: &Value) -> PyResult {
        algebra::symmetric_difference(vm, this, other).map(Into::into)
    }

    /// Return True if two sets have a null intersection.
    #[method(sig = "")]
    fn isdisjoint(vm: &mut Vm, this: &Ref<Set>, other: &Value) -> PyResult<bool> {
        algebra::is_disjoint(vm, this, other)
    }

    /// Report whether another set contains this set.
    #[method(sig = "")]
    fn issubset(vm: &mut Vm, this: &Ref<Set>, other: &Value) -> PyResult<bool> {
        let other = as_set(vm, other)?;
        algebra::is_subset(vm, this, &other)
    }

    /// Report whether this set contains another set.
    #[method(sig = "")]
    fn issuperset(vm: &mut Vm, this: &Ref<Set>, other: &Value) -> PyResult<bool> {
        if let Some(other) = other.downcast_ref::<Set>() {
            return algebra::is_subset(vm, other, this);
        }
        let iterator = vm.iter(other)?;
        while let Some(item) = vm.next(&iterator)? {
            if !this.contains(vm, &item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<Set>) -> PyResult {
        super::reduce(vm, this)
    }

    /// S.__sizeof__() -> size of S in memory, in bytes
    #[method(sig = "")]
    fn __sizeof__(this: &Ref<Set>) -> usize {
        if this.capacity() <= 8 { 200 } else { 200 + this.capacity() * 16 }
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        support::class_getitem(cls, item)
    }

    #[slot(inplace_and)]
    fn inplace_and(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, _) = operands!(a, b);
        let result = algebra::intersection(vm, x, b)?;
        x.swap(&result);
        Ok(a.clone())
    }

    #[slot(inplace_or)]
    fn inplace_or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, y) = operands!(a, b);
        x.merge(vm, y)?;
        Ok(a.clone())
    }

    #[slot(inplace_subtract)]
    fn inplace_subtract(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, _) = operands!(a, b);
        algebra::difference_update(vm, x, b)?;
        Ok(a.clone())
    }

    #[slot(inplace_xor)]
    fn inplace_xor(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (x, _) = operands!(a, b);
        algebra::symmetric_difference_update(vm, x, b)?;
        Ok(a.clone())
    }

    /// Add an element to a set.
    ///
    /// This has no effect if the element is already present.
    #[method(name = "add", sig = "")]
    fn add_method(vm: &mut Vm, this: &Ref<Set>, item: Value) -> PyResult<()> {
        this.add(vm, item)
    }

    /// Remove an element from a set; it must be a member.
    ///
    /// If the element is not a member, raise a KeyError.
    #[method(sig = "")]
    fn remove(vm: &mut Vm, this: &Ref<Set>, item: &Value) -> PyResult<()> {
        let (key, hash) = super::key_of(vm, item)?;
        if this.discard_hashed(vm, &key, hash)? { Ok(()) } else { Err(vm.key_error(item.clone())) }
    }

    /// Remove an element from a set if it is a member.
    ///
    /// Unlike set.remove(), the discard() method does not raise
    /// an exception when an element is missing from the set.
    #[method(sig = "")]
    fn discard(vm: &mut Vm, this: &Ref<Set>, item: &Value) -> PyResult<()> {
        let (key, hash) = super::key_of(vm, item)?;
        this.discard_hashed(vm, &key, hash).map(drop)
    }

    /// Remove and return an arbitrary set element.
    /// Raises KeyError if the set is empty.
    #[method(name = "pop", sig = "")]
    fn pop_method(vm: &mut Vm, this: &Ref<Set>) -> PyResult {
        match this.pop() {
            Some(item) => Ok(item),
            None => Err(vm.key_error("pop from an empty set".into())),
        }
    }

    /// Remove all elements from this set.
    #[method(name = "clear", sig = "")]
    fn clear_method(this: &Ref<Set>) {
        this.clear();
    }

    /// Update a set with the union of itself and others.
    #[method(sig = "(*others)")]
    fn update(vm: &mut Vm, this: &Ref<Set>, others: &[Value]) -> PyResult<()> {
        for other in others {
            algebra::update(vm, this, other)?;
        }
        Ok(())
    }

    /// Update a set with the intersection of itself and another.
    #[method(sig = "(*others)")]
    fn intersection_update(vm: &mut Vm, this: &Ref<Set>, others: &[Value]) -> PyResult<()> {
        let mut result = algebra::copy_as(vm, this, &algebra::base_class(vm, this))?;
        for other in others {
            result = algebra::intersection(vm, &result, other)?;
        }
        this.swap(&result);
        Ok(())
    }

    /// Remove all elements of another set from this set.
    #[method(sig = "(*others)")]
    fn difference_update(vm: &mut Vm, this: &Ref<Set>, others: &[Value]) -> PyResult<()> {
        for other in others {
            algebra::difference_update(vm, this, other)?;
        }
        Ok(())
    }

    /// Update a set with the symmetric difference of itself and another.
    #[method(sig = "")]
    fn symmetric_difference_update(vm: &mut Vm, this: &Ref<Set>, other: &Value) -> PyResult<()> {
        algebra::symmetric_difference_update(vm, this, other)
    }
}
