//! `frozenset`.

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

/// The declaration of `frozenset`.
pub struct FrozenSet;

fn is_frozen(value: &Value) -> bool {
    value.holds::<Set>() && value.class().is_subclass(&crate::interp::current().types().frozenset)
}

#[pymethods(
    name = "frozenset",
    doc = "frozenset() -> empty frozenset object\nfrozenset(iterable) -> frozenset object\n\nBuild an immutable unordered collection of unique elements.",
    flags = flag::BASE_TYPE | flag::MATCH_SELF | flag::HAS_WEAKREF,
    payload = Set,
    accepts = is_frozen
)]
impl FrozenSet {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let exact = cls.is(&vm.types().frozenset);
        vm.no_keywords_for("frozenset", cls, &vm.types().frozenset, args)?;
        vm.check_positional("frozenset", args.pos().len(), 0, 1)?;
        match args.pos().first() {
            Some(iterable) if exact && iterable.class().is(cls) => Ok(iterable.clone()),
            Some(iterable) => algebra::from_iterable(vm, cls, iterable).map(Into::into),
            None => Ok(super::empty(cls).into()),
        }
    }

    #[slot(hash)]
    fn hash_slot(this: &Ref<Set>) -> PyResult<i64> {
        Ok(super::frozen_hash(this))
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
        algebra::copy(vm, this).map(Into::into)
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
}
