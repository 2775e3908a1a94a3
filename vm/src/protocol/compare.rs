//! Comparison, hashing and truth.

use crate::object::Value;
use crate::object::slots::CompareOp;
use crate::types::float::Float;
use crate::types::int::Int;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

impl Vm {
    /// `a < b` and so on, with any result.
    pub fn compare(&mut self, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        if let Some(answer) = quick_compare(a, b, op) {
            return Ok(Value::bool(answer));
        }
        self.nested(" in comparison", |vm| vm.compare_slow(a, b, op))
    }

    fn compare_slow(&mut self, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (left, right) = (a.class(), b.class());
        let mut tried_right = false;
        if !left.is(right)
            && right.is_subclass(left)
            && let Some(compare) = right.slots.richcompare.get()
        {
            tried_right = true;
            let result = compare(self, b, a, op.swapped())?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if let Some(compare) = a.class().slots.richcompare.get() {
            let result = compare(self, a, b, op)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if !tried_right && let Some(compare) = b.class().slots.richcompare.get() {
            let result = compare(self, b, a, op.swapped())?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        match op {
            CompareOp::Eq => Ok(Value::bool(a.is(b))),
            CompareOp::Ne => Ok(Value::bool(!a.is(b))),
            _ => {
                let (left, right) = (a.class().name(), b.class().name());
                let symbol = op.symbol();
                Err(self.type_error(format!(
                    "'{symbol}' not supported between instances of '{left}' and '{right}'"
                )))
            }
        }
    }

    /// The truth of a comparison.
    pub fn compare_bool(&mut self, a: &Value, b: &Value, op: CompareOp) -> PyResult<bool> {
        if let Some(answer) = quick_compare(a, b, op) {
            return Ok(answer);
        }
        let result = self.compare(a, b, op)?;
        self.truth(&result)
    }

    /// `a is b or a == b`, as containers compare their items.
    #[inline]
    pub fn equals(&mut self, a: &Value, b: &Value) -> PyResult<bool> {
        if a.is(b) {
            return Ok(true);
        }
        self.compare_bool(a, b, CompareOp::Eq)
    }

    /// `hash(value)`
    #[inline]
    pub fn hash(&mut self, value: &Value) -> PyResult<i64> {
        if let Some(i) = value.as_small_int() {
            return Ok(crate::number::Int::Small(i).hash());
        }
        if let Some(text) = value.downcast_ref::<Str>()
            && text.class().is(&self.types().str)
        {
            return Ok(text.hash());
        }
        match value.class().slots.hash.get() {
            Some(hash) => hash(self, value),
            None => {
                let class = value.class().name();
                Err(self.type_error(format!("unhashable type: '{class}'")))
            }
        }
    }

    /// `bool(value)`
    #[inline]
    pub fn truth(&mut self, value: &Value) -> PyResult<bool> {
        if let Some(b) = value.as_bool() {
            return Ok(b);
        }
        if value.is_none() {
            return Ok(false);
        }
        if let Some(i) = value.as_small_int() {
            return Ok(i != 0);
        }
        self.truth_slow(value)
    }

    fn truth_slow(&mut self, value: &Value) -> PyResult<bool> {
        if let Some(f) = value.as_tagged_float() {
            return Ok(f != 0.0);
        }
        let slots = &value.class().slots;
        if let Some(truth) = slots.bool.get() {
            return truth(self, value);
        }
        if let Some(len) = slots.len.get() {
            return Ok(len(self, value)? != 0);
        }
        Ok(true)
    }
}

/// Comparisons that need no slots: small integers, floats, strings.
#[inline]
pub(crate) fn quick_compare(a: &Value, b: &Value, op: CompareOp) -> Option<bool> {
    if let Some((x, y)) = a.both_small_ints(b) {
        return Some(op.holds(x.cmp(&y)));
    }
    if let Some((x, y)) = a.both_tagged_floats(b) {
        return Some(compare_floats(x, y, op));
    }
    if let (Some(x), Some(y)) = (a.exact::<Str>(), b.exact::<Str>()) {
        match op {
            CompareOp::Eq => return Some(x.equals(y)),
            CompareOp::Ne => return Some(!x.equals(y)),
            _ => {}
        }
    }
    None
}

/// Comparison of floats; everything but `!=` is false with a NaN.
#[inline(always)]
pub(crate) fn compare_floats(x: f64, y: f64, op: CompareOp) -> bool {
    match op {
        CompareOp::Lt => x < y,
        CompareOp::Le => x <= y,
        CompareOp::Eq => x == y,
        CompareOp::Ne => x != y,
        CompareOp::Gt => x > y,
        CompareOp::Ge => x >= y,
    }
}

/// Whether a value is a boxed or tagged number of the built-in classes, for fast paths elsewhere.
pub fn is_plain_number(value: &Value) -> bool {
    value.is_small_int() || value.is_tagged_float() || value.holds::<Int>() || value.holds::<Float>()
}
