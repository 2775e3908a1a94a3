//! Arithmetic and conversions to native numbers.

use crate::number::Int as IntView;
use crate::object::Value;
use crate::object::slots::{BinaryFn, Slots, TernaryFn};
use crate::types::type_object::full_name;
use crate::vm::{PyResult, Raised, Vm};
use std::cell::Cell;

/// A binary operator, numbered as `BINARY_OP`'s oparg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BinaryOp {
    /// `+`
    Add = 0,
    /// `&`
    And = 1,
    /// `//`
    FloorDivide = 2,
    /// `<<`
    LeftShift = 3,
    /// `@`
    MatrixMultiply = 4,
    /// `*`
    Multiply = 5,
    /// `%`
    Remainder = 6,
    /// `|`
    Or = 7,
    /// `**`
    Power = 8,
    /// `>>`
    RightShift = 9,
    /// `-`
    Subtract = 10,
    /// `/`
    TrueDivide = 11,
    /// `^`
    Xor = 12,
}

impl BinaryOp {
    /// All, by number.
    pub const ALL: [BinaryOp; 13] = [
        BinaryOp::Add,
        BinaryOp::And,
        BinaryOp::FloorDivide,
        BinaryOp::LeftShift,
        BinaryOp::MatrixMultiply,
        BinaryOp::Multiply,
        BinaryOp::Remainder,
        BinaryOp::Or,
        BinaryOp::Power,
        BinaryOp::RightShift,
        BinaryOp::Subtract,
        BinaryOp::TrueDivide,
        BinaryOp::Xor,
    ];

    /// The operator's text.
    pub fn symbol(self) -> &'static str {
        ["+", "&", "//", "<<", "@", "*", "%", "|", "** or pow()", ">>", "-", "/", "^"][self as usize]
    }

    fn slot(self, slots: &Slots) -> Option<BinaryFn> {
        match self {
            BinaryOp::Add => slots.add.get(),
            BinaryOp::And => slots.and.get(),
            BinaryOp::FloorDivide => slots.floor_divide.get(),
            BinaryOp::LeftShift => slots.lshift.get(),
            BinaryOp::MatrixMultiply => slots.matrix_multiply.get(),
            BinaryOp::Multiply => slots.multiply.get(),
            BinaryOp::Remainder => slots.remainder.get(),
            BinaryOp::Or => slots.or.get(),
            BinaryOp::Power => None,
            BinaryOp::RightShift => slots.rshift.get(),
            BinaryOp::Subtract => slots.subtract.get(),
            BinaryOp::TrueDivide => slots.true_divide.get(),
            BinaryOp::Xor => slots.xor.get(),
        }
    }

    fn inplace_slot(self, slots: &Slots) -> Option<BinaryFn> {
        let slot: &Cell<Option<BinaryFn>> = match self {
            BinaryOp::Add => &slots.inplace_add,
            BinaryOp::And => &slots.inplace_and,
            BinaryOp::FloorDivide => &slots.inplace_floor_divide,
            BinaryOp::LeftShift => &slots.inplace_lshift,
            BinaryOp::MatrixMultiply => &slots.inplace_matrix_multiply,
            BinaryOp::Multiply => &slots.inplace_multiply,
            BinaryOp::Remainder => &slots.inplace_remainder,
            BinaryOp::Or => &slots.inplace_or,
            BinaryOp::Power => return None,
            BinaryOp::RightShift => &slots.inplace_rshift,
            BinaryOp::Subtract => &slots.inplace_subtract,
            BinaryOp::TrueDivide => &slots.inplace_true_divide,
            BinaryOp::Xor => &slots.inplace_xor,
        };
        slot.get()
    }
}

impl Vm {
    /// `a + b` and so on.
    pub fn binary(&mut self, op: BinaryOp, a: &Value, b: &Value) -> PyResult {
        if op == BinaryOp::Power {
            return self.power(a, b, &Value::NONE);
        }
        let result = self.binary_numbers(op, a, b)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
        match op {
            BinaryOp::Add => {
                if let Some(concat) = a.class().slots.concat.get() {
                    return concat(self, a, b);
                }
            }
            BinaryOp::Multiply => {
                if let Some(result) = self.sequence_repeat(a, b, false)? {
                    return Ok(result);
                }
            }
            _ => {}
        }
        Err(self.unsupported(op.symbol(), a, b))
    }

    /// `a += b` and so on: the new value.
    pub fn binary_inplace(&mut self, op: BinaryOp, a: &Value, b: &Value) -> PyResult {
        if op == BinaryOp::Power {
            return self.power_inplace(a, b);
        }
        if let Some(inplace) = op.inplace_slot(&a.class().slots) {
            let result = inplace(self, a, b)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        let result = self.binary_numbers(op, a, b)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
        match op {
            BinaryOp::Add => {
                let slots = &a.class().slots;
                if let Some(concat) = slots.inplace_concat.get().or(slots.concat.get()) {
                    return concat(self, a, b);
                }
            }
            BinaryOp::Multiply => {
                if let Some(result) = self.sequence_repeat(a, b, true)? {
                    return Ok(result);
                }
            }
            _ => {}
        }
        let symbol = if op == BinaryOp::Power { "**=".to_owned() } else { format!("{}=", op.symbol()) };
        Err(self.unsupported(&symbol, a, b))
    }

    #[cold]
    fn unsupported(&mut self, symbol: &str, a: &Value, b: &Value) -> Raised {
        let (left, right) = (full_name(a.class()), full_name(b.class()));
        if symbol == ">>"
            && a.downcast_ref::<crate::types::function::NativeFunction>()
                .is_some_and(|f| f.def.name == "print")
        {
            return self.type_error(format!(
                "unsupported operand type(s) for >>: '{left}' and '{right}'. Did you mean \"print(<message>, file=<output_stream>)\"?"
            ));
        }
        self.type_error(format!("unsupported operand type(s) for {symbol}: '{left}' and '{right}'"))
    }

    /// The number slots of both operands, the right one's first where its class is derived from the left one's.
    fn binary_numbers(&mut self, op: BinaryOp, a: &Value, b: &Value) -> PyResult {
        let (left, right) = (a.class(), b.class());
        let mut left_slot = op.slot(&left.slots);
        let mut right_slot = None;
        if !left.is(right) {
            right_slot = op.slot(&right.slots);
            if let (Some(l), Some(r)) = (left_slot, right_slot)
                && std::ptr::fn_addr_eq(l, r)
            {
                right_slot = None;
            }
        }
        if let (Some(l), Some(r)) = (left_slot, right_slot)
            && right.is_subclass(left)
        {
            let result = r(self, a, b)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
            right_slot = None;
            left_slot = Some(l);
        }
        for slot in [left_slot, right_slot].into_iter().flatten() {
            let result = slot(self, a, b)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        Ok(Value::NOT_IMPLEMENTED)
    }

    fn sequence_repeat(&mut self, a: &Value, b: &Value, inplace: bool) -> PyResult<Option<Value>> {
        for (sequence, count, left) in [(a, b, true), (b, a, false)] {
            let slots = &sequence.class().slots;
            let repeat = if inplace && left {
                slots.inplace_repeat.get().or(slots.repeat.get())
            } else {
                slots.repeat.get()
            };
            if let Some(repeat) = repeat {
                if count.class().slots.index.get().is_none() {
                    let class = count.class().name();
                    return Err(
                        self.type_error(format!("can't multiply sequence by non-int of type '{class}'"))
                    );
                }
                return repeat(self, sequence, count).map(Some);
            }
        }
        Ok(None)
    }

    /// `pow(a, b, modulus)`, with `None` for no modulus.
    pub fn power(&mut self, a: &Value, b: &Value, modulus: &Value) -> PyResult {
        match self.power_by_slots(a, b, modulus)? {
            Some(result) => Ok(result),
            None => Err(self.no_power(a, b, modulus)),
        }
    }

    /// `None` where no operand knows how.
    fn power_by_slots(&mut self, a: &Value, b: &Value, modulus: &Value) -> PyResult<Option<Value>> {
        let mut tried: Vec<TernaryFn> = Vec::new();
        let (left, right) = (a.class(), b.class());
        let (l, r) = (left.slots.power.get(), right.slots.power.get());
        let order = if !left.is(right) && right.is_subclass(left) { [r, l, None] } else { [l, r, None] };
        let third = if modulus.is_none() { None } else { modulus.class().slots.power.get() };
        for slot in order.into_iter().chain([third]).flatten() {
            if tried.iter().any(|t| std::ptr::fn_addr_eq(*t, slot)) {
                continue;
            }
            tried.push(slot);
            let result = slot(self, a, b, modulus)?;
            if !result.is_not_implemented() {
                return Ok(Some(result));
            }
        }
        Ok(None)
    }

    #[cold]
    fn no_power(&mut self, a: &Value, b: &Value, modulus: &Value) -> Raised {
        let (left, right) = (a.class().name(), b.class().name());
        if modulus.is_none() {
            return self
                .type_error(format!("unsupported operand type(s) for ** or pow(): '{left}' and '{right}'"));
        }
        let third = modulus.class().name();
        self.type_error(format!(
            "unsupported operand type(s) for ** or pow(): '{left}', '{right}', '{third}'"
        ))
    }

    fn power_inplace(&mut self, a: &Value, b: &Value) -> PyResult {
        if let Some(inplace) = a.class().slots.inplace_power.get() {
            let result = inplace(self, a, b, &Value::NONE)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        match self.power_by_slots(a, b, &Value::NONE)? {
            Some(result) => Ok(result),
            None => Err(self.unsupported("**=", a, b)),
        }
    }

    /// `-x`, `+x`, `~x` through a slot.
    pub fn unary(
        &mut self,
        slot: Option<crate::object::slots::UnaryFn>,
        symbol: &str,
        value: &Value,
    ) -> PyResult {
        match slot {
            Some(slot) => slot(self, value),
            None => {
                let class = value.class().name();
                Err(self.type_error(format!("bad operand type for {symbol}: '{class}'")))
            }
        }
    }

    /// `-x`
    pub fn negative(&mut self, value: &Value) -> PyResult {
        let slot = value.class().slots.negative.get();
        self.unary(slot, "unary -", value)
    }

    /// `+x`
    pub fn positive(&mut self, value: &Value) -> PyResult {
        let slot = value.class().slots.positive.get();
        self.unary(slot, "unary +", value)
    }

    /// `~x`
    pub fn invert(&mut self, value: &Value) -> PyResult {
        let slot = value.class().slots.invert.get();
        self.unary(slot, "unary ~", value)
    }

    /// `operator.index(value)`: an `int`.
    pub fn index(&mut self, value: &Value) -> PyResult {
        if value.as_int().is_some() {
            return Ok(value.clone());
        }
        let Some(index) = value.class().slots.index.get() else {
            let class = value.class().name();
            return Err(self.type_error(format!("'{class}' object cannot be interpreted as an integer")));
        };
        let result = index(self, value)?;
        if result.is_small_int() || result.class().is(&self.types().int) {
            return Ok(result);
        }
        if result.as_int().is_some() {
            let class = result.class().name();
            self.warn_deprecated(&format!(
                "__index__ returned non-int (type {class}).  The ability to return an instance of a strict subclass of int is deprecated, and may be removed in a future version of Python."
            ))?;
            return Ok(result);
        }
        let class = result.class().name();
        Err(self.type_error(format!("__index__ returned non-int (type {class})")))
    }

    /// An index as a machine integer, cut off at the ends where it is longer.
    pub fn to_index(&mut self, value: &Value) -> PyResult<i64> {
        if let Some(i) = value.as_small_int() {
            return Ok(i);
        }
        let index = self.index(value)?;
        Ok(match index.as_int() {
            Some(IntView::Small(i)) => i,
            Some(big) if big.is_negative() => i64::MIN,
            _ => i64::MAX,
        })
    }

    /// An integer argument; what does not fit 128 bits is cut off at the ends.
    pub fn to_i128(&mut self, value: &Value) -> PyResult<i128> {
        if let Some(i) = value.as_small_int() {
            return Ok(i128::from(i));
        }
        let index = self.index(value)?;
        Ok(match index.as_int() {
            Some(IntView::Small(i)) => i128::from(i),
            Some(IntView::Big(big)) => i128::try_from(big)
                .unwrap_or(if crate::number::big::is_negative(big) { i128::MIN } else { i128::MAX }),
            None => 0,
        })
    }

    /// `float(value)` for a real number, as C functions convert their arguments.
    pub fn to_f64(&mut self, value: &Value) -> PyResult<f64> {
        if let Some(f) = value.as_float() {
            return Ok(f);
        }
        if let Some(i) = value.as_small_int() {
            return Ok(i as f64);
        }
        if let Some(float) = value.class().slots.float.get() {
            let result = float(self, value)?;
            if let Some(f) = result.as_float() {
                return Ok(f);
            }
            let (class, found) = (value.class().name(), result.class().name());
            return Err(self.type_error(format!("{class}.__float__ returned non-float (type {found})")));
        }
        if value.class().slots.index.get().is_some() {
            let index = self.index(value)?;
            let converted = index.as_int().map(|i| i.to_f64());
            return match converted {
                Some(Ok(f)) => Ok(f),
                Some(Err(error)) => Err(self.number_error(error)),
                None => Ok(0.0),
            };
        }
        let class = value.class().name();
        Err(self.type_error(format!("must be real number, not {class}")))
    }
}
