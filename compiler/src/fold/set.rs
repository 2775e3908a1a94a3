//! Frozensets of constants.

use crate::consttable::ConstantKey;
use num_bigint::BigInt;
use num_traits::FromPrimitive;
use pvm_pycfile::Constant;
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

/// The set of these members: of those that are equal in Python the first. They are put into an order that depends
/// on nothing but themselves, so that equal sets are equal as constants.
#[allow(clippy::mutable_key_type, reason = "of two lists of names it does not change whether they are equal")]
pub(crate) fn frozenset(members: Vec<Constant>) -> Constant {
    let mut seen = FxHashSet::default();
    let mut members: Vec<Constant> =
        members.into_iter().filter(|member| seen.insert(ConstantKey(equality_key(member)))).collect();
    members.sort_by(compare);
    Constant::FrozenSet(members.into())
}

/// A constant that is the same for all constants that are equal in Python: `1`, `1.0`, `True` and `1+0j`.
fn equality_key(constant: &Constant) -> Constant {
    match constant {
        Constant::Bool(value) => Constant::Int(i64::from(*value)),
        Constant::Float(value) if value.fract() == 0.0 => match BigInt::from_f64(*value) {
            Some(value) => super::integer(&value),
            None => constant.clone(),
        },
        Constant::Complex(real, imag) if *imag == 0.0 => equality_key(&Constant::Float(*real)),
        // Of two zero parts with different signs, which are equal.
        Constant::Complex(real, imag) => Constant::Complex(real + 0.0, imag + 0.0),
        Constant::Tuple(items) => Constant::Tuple(items.iter().map(equality_key).collect()),
        other => other.clone(),
    }
}

/// Some total order of constants.
fn compare(left: &Constant, right: &Constant) -> Ordering {
    let rank = |constant: &Constant| match constant {
        Constant::None => 0,
        Constant::Bool(_) => 1,
        Constant::Ellipsis => 2,
        Constant::Int(_) => 3,
        Constant::BigInt(_) => 4,
        Constant::Float(_) => 5,
        Constant::Complex(..) => 6,
        Constant::Str(_) => 7,
        Constant::Bytes(_) => 8,
        Constant::Tuple(_) => 9,
        Constant::FrozenSet(_) => 10,
        Constant::Code(_) => 11,
    };
    match (left, right) {
        (Constant::Bool(left), Constant::Bool(right)) => left.cmp(right),
        (Constant::Int(left), Constant::Int(right)) => left.cmp(right),
        (Constant::BigInt(left), Constant::BigInt(right)) => left.cmp(right),
        (Constant::Float(left), Constant::Float(right)) => left.total_cmp(right),
        (Constant::Complex(real, imag), Constant::Complex(right_real, right_imag)) => {
            real.total_cmp(right_real).then(imag.total_cmp(right_imag))
        }
        (Constant::Str(left), Constant::Str(right)) => left.cmp(right),
        (Constant::Bytes(left), Constant::Bytes(right)) => left.cmp(right),
        (Constant::Tuple(left), Constant::Tuple(right))
        | (Constant::FrozenSet(left), Constant::FrozenSet(right)) => {
            let differing = left.iter().zip(right.iter()).map(|(left, right)| compare(left, right));
            differing.into_iter().find(|order| order.is_ne()).unwrap_or(left.len().cmp(&right.len()))
        }
        _ => rank(left).cmp(&rank(right)),
    }
}
