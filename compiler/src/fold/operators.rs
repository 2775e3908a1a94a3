//! Operators on constants. `None` stands for whatever raises, and for results that would be too large.

use super::number::{self, Number};
use num_traits::{Signed, ToPrimitive, Zero};
use pvm_pycfile::{Constant, Text};
use rustpython_ast::{Operator, UnaryOp};

/// Bits of an integer.
const MAX_INT_SIZE: u64 = 128;
/// Members of a tuple.
const MAX_COLLECTION_SIZE: usize = 256;
/// Characters or bytes.
const MAX_STR_SIZE: usize = 4096;
/// Members of a tuple, those of nested ones included.
const MAX_TOTAL_ITEMS: i64 = 1024;

/// Applies a unary operator.
pub(super) fn unary(op: UnaryOp, operand: &Constant) -> Option<Constant> {
    if op == UnaryOp::Not {
        return Some(Constant::Bool(!is_true(operand)));
    }
    let number = Number::of(operand)?;
    match op {
        UnaryOp::Invert => match number {
            Number::Int(value) => Some(Number::Int(!value).into()),
            _ => None,
        },
        UnaryOp::USub => Some(number.negate().into()),
        _ => Some(number.into()),
    }
}

/// Applies a binary operator.
pub(super) fn binary(op: Operator, left: &Constant, right: &Constant) -> Option<Constant> {
    use Constant::{Bool, Bytes, Str, Tuple};
    match (op, left, right) {
        (Operator::Add, Str(left), Str(right)) => {
            Text::from_wtf8(&joined(left.as_bytes(), right.as_bytes())).map(Str)
        }
        (Operator::Add, Bytes(left), Bytes(right)) => Some(Bytes(joined(left, right).into())),
        (Operator::Add, Tuple(left), Tuple(right)) => {
            Some(Tuple(left.iter().chain(right.iter()).cloned().collect()))
        }
        (Operator::Mult, Str(_) | Bytes(_) | Tuple(_), _) => repeated(left, right),
        (Operator::Mult, _, Str(_) | Bytes(_) | Tuple(_)) => repeated(right, left),
        (Operator::BitAnd, Bool(left), Bool(right)) => Some(Bool(left & right)),
        (Operator::BitOr, Bool(left), Bool(right)) => Some(Bool(left | right)),
        (Operator::BitXor, Bool(left), Bool(right)) => Some(Bool(left ^ right)),
        _ => {
            let (left, right) = (Number::of(left)?, Number::of(right)?);
            if is_too_large(op, &left, &right) {
                return None;
            }
            number::binary(op, left, right).map(Constant::from)
        }
    }
}

fn joined(left: &[u8], right: &[u8]) -> Vec<u8> {
    [left, right].concat()
}

/// Whether an integer operation might give more bits than a constant should have.
fn is_too_large(op: Operator, left: &Number, right: &Number) -> bool {
    let (Number::Int(left), Number::Int(right)) = (left, right) else { return false };
    if left.is_zero() || right.is_zero() {
        return false;
    }
    match op {
        Operator::Mult => left.bits() + right.bits() > MAX_INT_SIZE,
        Operator::Pow if right.is_positive() => {
            right.to_u64().is_none_or(|exponent| left.bits() > MAX_INT_SIZE / exponent)
        }
        Operator::LShift => {
            right.to_u64().is_none_or(|count| count > MAX_INT_SIZE || left.bits() > MAX_INT_SIZE - count)
        }
        _ => false,
    }
}

/// `sequence * count`
fn repeated(sequence: &Constant, count: &Constant) -> Option<Constant> {
    let Number::Int(count) = Number::of(count).filter(|_| is_int(count))? else { return None };
    let (size, limit) = match sequence {
        Constant::Str(text) => (text.code_points().count(), MAX_STR_SIZE),
        Constant::Bytes(bytes) => (bytes.len(), MAX_STR_SIZE),
        Constant::Tuple(items) => (items.len(), MAX_COLLECTION_SIZE),
        _ => return None,
    };
    if size == 0 {
        // Anything that fits an index will do.
        return count.to_i64().map(|_| sequence.clone());
    }
    let count = count.to_usize().filter(|count| *count <= limit / size)?;
    match sequence {
        Constant::Str(text) => Text::from_wtf8(&text.as_bytes().repeat(count)).map(Constant::Str),
        Constant::Bytes(bytes) => Some(Constant::Bytes(bytes.repeat(count).into())),
        Constant::Tuple(items) => {
            if count > 0 && remaining_complexity(sequence, MAX_TOTAL_ITEMS / count as i64) < 0 {
                return None;
            }
            Some(Constant::Tuple((0..count).flat_map(|_| items.iter().cloned()).collect()))
        }
        _ => None,
    }
}

fn is_int(constant: &Constant) -> bool {
    matches!(constant, Constant::Bool(_) | Constant::Int(_) | Constant::BigInt(_))
}

/// The limit less the number of members, those of nested tuples included; negative when there are more.
fn remaining_complexity(constant: &Constant, limit: i64) -> i64 {
    let Constant::Tuple(items) = constant else { return limit };
    let mut limit = limit - items.len() as i64;
    for item in items.iter() {
        if limit < 0 {
            break;
        }
        limit = remaining_complexity(item, limit);
    }
    limit
}

/// `sequence[index]`
pub(super) fn subscript(sequence: &Constant, index: &Constant) -> Option<Constant> {
    let Number::Int(index) = Number::of(index).filter(|_| is_int(index))? else { return None };
    let index = index.to_i64()?;
    let place = |len: usize| {
        let index = if index < 0 { index.checked_add(len as i64)? } else { index };
        usize::try_from(index).ok().filter(|index| *index < len)
    };
    match sequence {
        Constant::Str(text) => {
            let index = place(text.code_points().count())?;
            let point = text.code_points().nth(index)?;
            Some(Constant::Str(Text::from_code_points([point])))
        }
        Constant::Bytes(bytes) => Some(Constant::Int(i64::from(bytes[place(bytes.len())?]))),
        Constant::Tuple(items) => Some(items[place(items.len())?].clone()),
        _ => None,
    }
}

/// `bool(constant)`
pub(crate) fn is_true(constant: &Constant) -> bool {
    match constant {
        Constant::None => false,
        Constant::Bool(value) => *value,
        Constant::Ellipsis | Constant::Code(_) => true,
        Constant::Int(value) => *value != 0,
        Constant::BigInt(value) => !value.is_zero(),
        Constant::Float(value) => *value != 0.0,
        Constant::Complex(real, imag) => *real != 0.0 || *imag != 0.0,
        Constant::Str(text) => !text.as_bytes().is_empty(),
        Constant::Bytes(bytes) => !bytes.is_empty(),
        Constant::Tuple(items) | Constant::FrozenSet(items) => !items.is_empty(),
    }
}
