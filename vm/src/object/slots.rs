//! What a class can do, as native functions: CPython's type slots.
//!
//! Each operation of the interpreter asks one slot. Native types fill theirs directly; a class written in
//! Python gets functions that look the special method up (`types/slot_functions.rs`), and slots are inherited.

use super::class::Class;
use super::header::Ref;
use super::value::Value;
use crate::native::Args;
use crate::vm::{PyResult, Vm};
use std::cell::Cell;

/// A rich comparison, numbered as CPython numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CompareOp {
    /// `<`
    Lt = 0,
    /// `<=`
    Le = 1,
    /// `==`
    Eq = 2,
    /// `!=`
    Ne = 3,
    /// `>`
    Gt = 4,
    /// `>=`
    Ge = 5,
}

impl CompareOp {
    /// The operator that holds with the operands swapped.
    pub fn swapped(self) -> CompareOp {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            same => same,
        }
    }

    /// The operator's text.
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }

    /// Whether an ordering satisfies the operator.
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match self {
            CompareOp::Lt => ordering == Less,
            CompareOp::Le => ordering != Greater,
            CompareOp::Eq => ordering == Equal,
            CompareOp::Ne => ordering != Equal,
            CompareOp::Gt => ordering == Greater,
            CompareOp::Ge => ordering != Less,
        }
    }
}

/// From one operand.
pub type UnaryFn = fn(&mut Vm, &Value) -> PyResult;
/// From two operands in source order, either of which may be of the slot's class; `NotImplemented` hands on.
pub type BinaryFn = fn(&mut Vm, &Value, &Value) -> PyResult;
/// `pow(base, exponent, modulus or None)`.
pub type TernaryFn = fn(&mut Vm, &Value, &Value, &Value) -> PyResult;
/// A truth value.
pub type BoolFn = fn(&mut Vm, &Value) -> PyResult<bool>;
/// A length.
pub type LenFn = fn(&mut Vm, &Value) -> PyResult<usize>;
/// A hash; never -1.
pub type HashFn = fn(&mut Vm, &Value) -> PyResult<i64>;
/// A call.
pub type CallFn = fn(&mut Vm, &Value, Args<'_>) -> PyResult;
/// Reads an attribute. The name is interned.
pub type GetAttrFn = fn(&mut Vm, &Value, &Ref<crate::types::str::Str>) -> PyResult;
/// Sets or, without a value, deletes an attribute. The name is interned.
pub type SetAttrFn = fn(&mut Vm, &Value, &Ref<crate::types::str::Str>, Option<Value>) -> PyResult<()>;
/// `slot(a, b, op)`; `NotImplemented` hands on.
pub type CompareFn = fn(&mut Vm, &Value, &Value, CompareOp) -> PyResult;
/// The next item; `Ok(None)` at the end.
pub type NextFn = fn(&mut Vm, &Value) -> PyResult<Option<Value>>;
/// `slot(descriptor, instance, owner)`; no instance for access through the class.
pub type DescrGetFn = fn(&mut Vm, &Value, Option<&Value>, &Value) -> PyResult;
/// `slot(descriptor, instance, value)`; no value to delete.
pub type DescrSetFn = fn(&mut Vm, &Value, &Value, Option<Value>) -> PyResult<()>;
/// `container[key] = value`, or `del` without a value.
pub type SetItemFn = fn(&mut Vm, &Value, &Value, Option<Value>) -> PyResult<()>;
/// `item in container`.
pub type ContainsFn = fn(&mut Vm, &Value, &Value) -> PyResult<bool>;
/// `cls.__new__(cls, …)`; the arguments do not hold the class.
pub type NewFn = fn(&mut Vm, &Ref<Class>, Args<'_>) -> PyResult;
/// `instance.__init__(…)`; the arguments do not hold the instance.
pub type InitFn = fn(&mut Vm, &Value, Args<'_>) -> PyResult<()>;
/// `__del__`, or a native type's own finaliser. Errors are reported as unraisable by the function itself.
pub type FinalizeFn = fn(&mut Vm, &Value);
/// The buffer protocol: exports the object's memory.
pub type BufferFn = fn(&mut Vm, &Value) -> PyResult<crate::types::buffer::Buffer>;

macro_rules! define_slots {
    ($($(#[$meta:meta])* $field:ident: $t:ty,)*) => {
        /// A class's slots. Empty ones are not supported operations.
        #[derive(Default)]
        pub struct Slots {
            $($(#[$meta])* pub $field: Cell<Option<$t>>,)*
        }

        /// One of the slots.
        #[allow(non_camel_case_types, reason = "the slots' own names")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SlotId {
            $($(#[$meta])* $field,)*
        }

        impl Slots {
            /// Takes one slot over from another class.
            pub fn copy(&self, slot: SlotId, from: &Slots) {
                match slot {
                    $(SlotId::$field => self.$field.set(from.$field.get()),)*
                }
            }

            /// Takes all slots over from another class.
            pub fn copy_from(&self, from: &Slots) {
                $(self.$field.set(from.$field.get());)*
            }

            /// Empties a slot.
            pub fn clear(&self, slot: SlotId) {
                match slot {
                    $(SlotId::$field => self.$field.set(None),)*
                }
            }

            /// Whether there is a function in a slot.
            pub fn is_set(&self, slot: SlotId) -> bool {
                match slot {
                    $(SlotId::$field => self.$field.get().is_some(),)*
                }
            }

            /// Whether two classes have the same function in a slot.
            pub fn same(&self, slot: SlotId, other: &Slots) -> bool {
                match slot {
                    $(SlotId::$field => match (self.$field.get(), other.$field.get()) {
                        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
                        (None, None) => true,
                        _ => false,
                    },)*
                }
            }

            /// Takes over each slot that is empty here from `base`.
            pub fn inherit(&self, base: &Slots) {
                $(if self.$field.get().is_none() { self.$field.set(base.$field.get()); })*
            }
        }
    };
}

define_slots! {
    /// `repr(x)`
    repr: UnaryFn,
    /// `str(x)`
    str: UnaryFn,
    /// `hash(x)`
    hash: HashFn,
    /// `x(…)`
    call: CallFn,
    /// `x.name`
    getattro: GetAttrFn,
    /// `x.name = value` and `del x.name`
    setattro: SetAttrFn,
    /// `a < b` and so on
    richcompare: CompareFn,
    /// `iter(x)`
    iter: UnaryFn,
    /// `next(x)`
    next: NextFn,
    /// `__get__`
    descr_get: DescrGetFn,
    /// `__set__` and `__delete__`
    descr_set: DescrSetFn,
    /// `__new__`
    new: NewFn,
    /// `__init__`
    init: InitFn,
    /// `__del__` or a native finaliser
    finalize: FinalizeFn,
    /// `a + b` of numbers
    add: BinaryFn,
    /// `a - b`
    subtract: BinaryFn,
    /// `a * b` of numbers
    multiply: BinaryFn,
    /// `a % b`
    remainder: BinaryFn,
    /// `divmod(a, b)`
    divmod: BinaryFn,
    /// `a ** b`, `pow(a, b, c)`
    power: TernaryFn,
    /// `-x`
    negative: UnaryFn,
    /// `+x`
    positive: UnaryFn,
    /// `abs(x)`
    absolute: UnaryFn,
    /// `bool(x)`
    bool: BoolFn,
    /// `~x`
    invert: UnaryFn,
    /// `a << b`
    lshift: BinaryFn,
    /// `a >> b`
    rshift: BinaryFn,
    /// `a & b`
    and: BinaryFn,
    /// `a ^ b`
    xor: BinaryFn,
    /// `a | b`
    or: BinaryFn,
    /// `int(x)`
    int: UnaryFn,
    /// `float(x)`
    float: UnaryFn,
    /// `operator.index(x)`
    index: UnaryFn,
    /// `a // b`
    floor_divide: BinaryFn,
    /// `a / b`
    true_divide: BinaryFn,
    /// `a @ b`
    matrix_multiply: BinaryFn,
    /// `a += b` of numbers
    inplace_add: BinaryFn,
    /// `a -= b`
    inplace_subtract: BinaryFn,
    /// `a *= b` of numbers
    inplace_multiply: BinaryFn,
    /// `a %= b`
    inplace_remainder: BinaryFn,
    /// `a **= b`
    inplace_power: TernaryFn,
    /// `a <<= b`
    inplace_lshift: BinaryFn,
    /// `a >>= b`
    inplace_rshift: BinaryFn,
    /// `a &= b`
    inplace_and: BinaryFn,
    /// `a ^= b`
    inplace_xor: BinaryFn,
    /// `a |= b`
    inplace_or: BinaryFn,
    /// `a //= b`
    inplace_floor_divide: BinaryFn,
    /// `a /= b`
    inplace_true_divide: BinaryFn,
    /// `a @= b`
    inplace_matrix_multiply: BinaryFn,
    /// `len(x)`
    len: LenFn,
    /// `x[key]`
    getitem: BinaryFn,
    /// `x[key] = value`, `del x[key]`
    setitem: SetItemFn,
    /// `a + b` of sequences
    concat: BinaryFn,
    /// `sequence * n`; the second operand is any value with an index
    repeat: BinaryFn,
    /// `sequence += other`
    inplace_concat: BinaryFn,
    /// `sequence *= n`
    inplace_repeat: BinaryFn,
    /// `item in x`
    contains: ContainsFn,
    /// `await x`
    await_: UnaryFn,
    /// `aiter(x)`
    aiter: UnaryFn,
    /// `anext(x)`
    anext: UnaryFn,
    /// the buffer protocol
    buffer: BufferFn,
}
