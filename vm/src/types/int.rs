//! `int` objects: integers that do not fit a tagged word, and instances of `int`'s subclasses. Methods are in
//! `types/int_methods`.

use crate::interp;
use crate::number::{BigInt, Int as IntView, Integer};
use crate::object::{Class, Ref, Value};

/// A boxed integer.
pub struct Int(Integer);

crate::payload!(Int, "int");

impl Int {
    /// An instance of `class`, which may be a subclass of `int`.
    pub fn with_class(value: Integer, class: &Ref<Class>) -> Value {
        if class.is(&interp::current().types().int) {
            return Int::from_integer(value);
        }
        Ref::new(Int(value), class).into()
    }

    /// An integer of any size, tagged where it fits.
    #[inline]
    pub fn from_integer(value: Integer) -> Value {
        match value {
            Integer::Small(i) => Value::int(i),
            Integer::Big(_) => Ref::new(Int(value), &interp::current().types().int).into(),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn box_i64(i: i64) -> Value {
        Ref::new(Int(Integer::Small(i)), &interp::current().types().int).into()
    }

    /// From 128 bits.
    pub fn from_i128(i: i128) -> Value {
        match i64::try_from(i) {
            Ok(i) => Value::int(i),
            Err(_) => Int::from_integer(Integer::Big(BigInt::from(i))),
        }
    }

    /// From a big integer.
    pub fn from_big(value: BigInt) -> Value {
        Int::from_integer(Integer::from(value))
    }

    /// The number.
    #[inline]
    pub fn view(&self) -> IntView<'_> {
        self.0.as_int()
    }
}

impl Value {
    /// The integer, if it is an `int` (`bool` and other subclasses included).
    #[inline]
    pub fn as_int(&self) -> Option<IntView<'_>> {
        if let Some(i) = self.as_small_int() {
            return Some(IntView::Small(i));
        }
        match self.as_bool() {
            Some(b) => Some(IntView::Small(i64::from(b))),
            None => self.downcast_ref::<Int>().map(|int| int.view()),
        }
    }
}

impl From<Integer> for Value {
    fn from(value: Integer) -> Value {
        Int::from_integer(value)
    }
}

impl From<BigInt> for Value {
    fn from(value: BigInt) -> Value {
        Int::from_big(value)
    }
}
