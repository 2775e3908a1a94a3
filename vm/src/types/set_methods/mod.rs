//! Methods of `set` and `frozenset`. Their algebra is in [`algebra`].

pub mod algebra;
mod frozen;
mod iterator;
mod mutable;

pub use frozen::FrozenSet;
pub use iterator::SetIterator;

use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::text::StrBuilder;
use crate::types::container_support::instance_state;
use crate::types::list::List;
use crate::types::set::Set;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

fn repr(vm: &mut Vm, this: &Ref<Set>) -> PyResult {
    let name = this.class().name();
    if this.is_empty() {
        return Ok(format!("{name}()").into());
    }
    let shown = vm.repr_guard(this.as_value(), |vm| {
        let mut text = StrBuilder::new();
        let plain = this.class().is(&vm.types().set);
        if !plain {
            text.push_utf8(&name);
            text.push_utf8("(");
        }
        text.push_utf8("{");
        for (i, item) in this.to_vec().iter().enumerate() {
            if i > 0 {
                text.push_utf8(", ");
            }
            let shown = vm.repr(item)?;
            text.push_str(shown.as_ref());
        }
        text.push_utf8(if plain { "}" } else { "})" });
        Ok(Value::from(text.finish()))
    })?;
    Ok(shown.unwrap_or_else(|| format!("{name}(...)").into()))
}

fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
    let (Some(x), Some(y)) = (a.downcast_ref::<Set>(), b.downcast_ref::<Set>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let answer = match op {
        CompareOp::Eq => equal(vm, x, y)?,
        CompareOp::Ne => !equal(vm, x, y)?,
        CompareOp::Le => algebra::is_subset(vm, x, y)?,
        CompareOp::Ge => algebra::is_subset(vm, y, x)?,
        CompareOp::Lt => x.len() < y.len() && algebra::is_subset(vm, x, y)?,
        CompareOp::Gt => y.len() < x.len() && algebra::is_subset(vm, y, x)?,
    };
    Ok(Value::bool(answer))
}

fn equal(vm: &mut Vm, x: &Set, y: &Set) -> PyResult<bool> {
    let (left, right) = (x.hash.get(), y.hash.get());
    if x.len() != y.len() || (left != -1 && right != -1 && left != right) {
        return Ok(false);
    }
    algebra::is_subset(vm, x, y)
}

/// Membership: a set that cannot be hashed stands for a frozenset of its elements.
fn contains(vm: &mut Vm, this: &Ref<Set>, key: &Value) -> PyResult<bool> {
    let (key, hash) = key_of(vm, key)?;
    this.contains_hashed(vm, &key, hash)
}

fn key_of(vm: &mut Vm, key: &Value) -> PyResult<(Value, i64)> {
    match vm.hash(key) {
        Ok(hash) => Ok((key.clone(), hash)),
        Err(raised) => {
            let Some(set) = key.downcast_ref::<Set>() else { return Err(raised) };
            if !raised.is(&vm.types().exceptions.type_error) {
                return Err(raised);
            }
            let frozen = algebra::copy_as(vm, set, &vm.types().frozenset.clone())?;
            let frozen: Value = frozen.into();
            let hash = vm.hash(&frozen)?;
            Ok((frozen, hash))
        }
    }
}

fn reduce(vm: &mut Vm, this: &Ref<Set>) -> PyResult {
    let items = List::new(this.to_vec());
    let state = instance_state(vm, this.as_value())?;
    let class: Value = this.class().into();
    Ok(Tuple::new([class, Tuple::new([items.into()]).into(), state]).into())
}

/// The hash of a frozenset, which does not depend on the order of its elements.
pub(crate) fn frozen_hash(set: &Set) -> i64 {
    let cached = set.hash.get();
    if cached != -1 {
        return cached;
    }
    let mut hash: u64 = 0;
    for element in set.hashes() {
        let h = element as u64;
        hash ^= ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167);
    }
    hash ^= (set.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    let hash = if hash == u64::MAX { 590_923_713 } else { hash as i64 };
    set.hash.set(hash);
    hash
}

/// An empty set of a class.
fn empty(class: &Ref<Class>) -> Ref<Set> {
    Ref::new(Set::payload(), class)
}

/// A set as it is, or one with the elements of an iterable.
fn as_set(vm: &mut Vm, value: &Value) -> PyResult<Ref<Set>> {
    match value.downcast_ref::<Set>() {
        Some(set) => Ok(set.clone()),
        None => algebra::from_iterable(vm, &vm.types().set.clone(), value),
    }
}
