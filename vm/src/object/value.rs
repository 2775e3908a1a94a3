//! The tagged machine word that every Python value is.
//!
//! ```text
//! 63 ........................................ 3 2 1 0
//! pppppppp pppppppp pppppppp pppppppp ppppp   0 0 0   pointer to a heap object (never null)
//! iiiiiiii iiiiiiii iiiiiiii iiiiiiii iiiii   1 1 1   integer of 61 bits
//! kkkkkkkk kkkkkkkk kkkkkkkk kkkkkkkk kkkkk   1 0 0   None, True, False, Ellipsis, NotImplemented, unbound
//! ffffffff ffffffff ffffffff ffffffff fffff   x a b   float, where a differs from b
//! ```
//!
//! Floats are self-tagged (arXiv 2411.16544): rotating a double left by four bits brings its sign and the
//! three high bits of its exponent down; doubles whose exponent starts with 000, 011, 100 or 111 (zero,
//! magnitudes between 2^-255 and 2^257, infinity, NaN) get four tags of their own after flipping one bit. Other doubles
//! are boxed. Pointers are aligned to eight bytes, and no tag but theirs can make the word zero, so that
//! `Option<Value>` is one word too.

use super::class::Class;
use super::header::{Header, Layout, Object, Payload, Ref};
use crate::types::{float::Float, int::Int};
use std::num::NonZeroU64;

/// A Python value: an immediate, or a counted reference to a heap object.
#[repr(transparent)]
pub struct Value(NonZeroU64);

const TAG_MASK: u64 = 7;
const TAG_INT: u64 = 7;
const TAG_IMMEDIATE: u64 = 4;

/// The smallest integer that needs no heap object.
pub const SMALL_INT_MIN: i64 = -(1 << 60);
/// The largest integer that needs no heap object.
pub const SMALL_INT_MAX: i64 = (1 << 60) - 1;

const fn immediate(index: u64) -> Value {
    match NonZeroU64::new(index << 3 | TAG_IMMEDIATE) {
        Some(bits) => Value(bits),
        None => unreachable!(),
    }
}

impl Value {
    /// `None`
    pub const NONE: Value = immediate(0);
    /// `False`
    pub const FALSE: Value = immediate(1);
    /// `True`
    pub const TRUE: Value = immediate(2);
    /// `Ellipsis`
    pub const ELLIPSIS: Value = immediate(3);
    /// `NotImplemented`
    pub const NOT_IMPLEMENTED: Value = immediate(4);
    /// The absence of a value: an unbound local, an empty cell, a dead temporary. Python code never sees it.
    pub const UNBOUND: Value = immediate(5);

    /// The word itself.
    #[inline(always)]
    pub const fn bits(&self) -> u64 {
        self.0.get()
    }

    /// From a word.
    ///
    /// # Safety
    /// The word must be one that [`Value::bits`] gave, and the caller owns the reference that it holds.
    #[inline(always)]
    pub const unsafe fn from_bits(bits: u64) -> Value {
        // SAFETY: no value's word is zero.
        Value(unsafe { NonZeroU64::new_unchecked(bits) })
    }

    /// `True` or `False`.
    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    /// Identity, as Python's `is`. Equal small integers and floats are identical.
    #[inline(always)]
    pub fn is(&self, other: &Value) -> bool {
        self.0 == other.0
    }

    /// Whether it is `None`.
    #[inline(always)]
    pub fn is_none(&self) -> bool {
        self.is(&Value::NONE)
    }

    /// Whether it is the absence of a value.
    #[inline(always)]
    pub fn is_unbound(&self) -> bool {
        self.is(&Value::UNBOUND)
    }

    /// Whether it is `NotImplemented`.
    #[inline(always)]
    pub fn is_not_implemented(&self) -> bool {
        self.is(&Value::NOT_IMPLEMENTED)
    }

    /// The Boolean, if it is `True` or `False`.
    #[inline(always)]
    pub fn as_bool(&self) -> Option<bool> {
        if self.is(&Value::TRUE) {
            Some(true)
        } else if self.is(&Value::FALSE) {
            Some(false)
        } else {
            None
        }
    }

    // --- integers ---

    /// A small integer.
    ///
    /// # Safety
    /// `i` must be within [`SMALL_INT_MIN`]..=[`SMALL_INT_MAX`], or it is silently truncated.
    #[inline(always)]
    pub const fn small_int_unchecked(i: i64) -> Value {
        match NonZeroU64::new((i as u64) << 3 | TAG_INT) {
            Some(bits) => Value(bits),
            None => unreachable!(),
        }
    }

    /// An integer of any size that fits 64 bits; boxed where it does not fit 61.
    #[inline(always)]
    pub fn int(i: i64) -> Value {
        if (SMALL_INT_MIN..=SMALL_INT_MAX).contains(&i) {
            Value::small_int_unchecked(i)
        } else {
            Int::box_i64(i)
        }
    }

    /// Whether it is a small integer (`True` and `False` are not).
    #[inline(always)]
    pub fn is_small_int(&self) -> bool {
        self.bits() & TAG_MASK == TAG_INT
    }

    /// The small integer, if it is one (`True` and `False` are not).
    #[inline(always)]
    pub fn as_small_int(&self) -> Option<i64> {
        if self.is_small_int() { Some(self.bits() as i64 >> 3) } else { None }
    }

    /// Both small integers, if both are.
    #[inline(always)]
    pub fn both_small_ints(&self, other: &Value) -> Option<(i64, i64)> {
        if self.bits() & other.bits() & TAG_MASK == TAG_INT {
            Some((self.bits() as i64 >> 3, other.bits() as i64 >> 3))
        } else {
            None
        }
    }

    /// The sum of two small integers where it is one again.
    #[inline(always)]
    pub fn add_small_ints(&self, other: &Value) -> Option<Value> {
        if self.bits() & other.bits() & TAG_MASK != TAG_INT {
            return None;
        }
        let sum = (self.bits() as i64).checked_add((other.bits() ^ TAG_INT) as i64)?;
        NonZeroU64::new(sum as u64).map(Value)
    }

    /// The difference of two small integers where it is one again.
    #[inline(always)]
    pub fn sub_small_ints(&self, other: &Value) -> Option<Value> {
        if self.bits() & other.bits() & TAG_MASK != TAG_INT {
            return None;
        }
        let difference = (self.bits() as i64).checked_sub((other.bits() ^ TAG_INT) as i64)?;
        NonZeroU64::new(difference as u64).map(Value)
    }

    // --- floats ---

    /// A float; boxed where its exponent is extreme.
    #[inline(always)]
    pub fn float(f: f64) -> Value {
        let word = f.to_bits().rotate_left(4) ^ 2;
        if (word ^ word >> 1) & 1 != 0 {
            // SAFETY: the low bits differ, so the word is not zero.
            Value(unsafe { NonZeroU64::new_unchecked(word) })
        } else {
            Float::boxed(f)
        }
    }

    /// Whether it is a self-tagged float.
    #[inline(always)]
    pub fn is_tagged_float(&self) -> bool {
        (self.bits() ^ self.bits() >> 1) & 1 != 0
    }

    /// The float, if it is self-tagged.
    #[inline(always)]
    pub fn as_tagged_float(&self) -> Option<f64> {
        if self.is_tagged_float() { Some(f64::from_bits((self.bits() ^ 2).rotate_right(4))) } else { None }
    }

    /// Both floats, if both are self-tagged.
    #[inline(always)]
    pub fn both_tagged_floats(&self, other: &Value) -> Option<(f64, f64)> {
        let (a, b) = (self.bits(), other.bits());
        if (a ^ a >> 1) & (b ^ b >> 1) & 1 != 0 {
            Some((f64::from_bits((a ^ 2).rotate_right(4)), f64::from_bits((b ^ 2).rotate_right(4))))
        } else {
            None
        }
    }

    // --- heap objects ---

    /// Whether it refers to a heap object.
    #[inline(always)]
    pub fn is_object(&self) -> bool {
        self.bits() & TAG_MASK == 0
    }

    /// The object's header, if it is a heap object.
    #[inline(always)]
    pub fn header(&self) -> Option<&Header> {
        if self.is_object() {
            // SAFETY: a word with the pointer tag is a counted reference to a live object.
            Some(unsafe { &*(self.bits() as *const Header) })
        } else {
            None
        }
    }

    /// The header, where the caller knows that it is a heap object.
    ///
    /// # Safety
    /// `is_object()` must hold.
    #[inline(always)]
    pub unsafe fn header_unchecked(&self) -> &Header {
        // SAFETY: by the caller's promise.
        unsafe { &*(self.bits() as *const Header) }
    }

    /// The object as `T` (or a payload derived from it), if that is what it holds. Subclasses of the
    /// native type hold it too.
    #[inline(always)]
    pub fn downcast_ref<T: Payload>(&self) -> Option<&Ref<T>> {
        let header = self.header()?;
        if header.class().layout().is(T::layout()) {
            // SAFETY: the layout says that the object holds a `T`; `Ref<T>` and a pointer `Value` are the same word.
            Some(unsafe { &*(self as *const Value).cast::<Ref<T>>() })
        } else {
            None
        }
    }

    /// Like [`Value::downcast_ref`] for an owned value; gives the value back where it is something else.
    #[inline]
    pub fn downcast<T: Payload>(self) -> Result<Ref<T>, Value> {
        if self.holds::<T>() {
            // SAFETY: it holds a `T`.
            Ok(unsafe { self.into_ref_unchecked() })
        } else {
            Err(self)
        }
    }

    /// Whether the object holds a `T`.
    #[inline]
    pub fn holds<T: Payload>(&self) -> bool {
        self.downcast_ref::<T>().is_some()
    }

    /// The object as `T`.
    ///
    /// # Safety
    /// The object's layout must be `T`'s or derived from it.
    #[inline(always)]
    pub unsafe fn downcast_unchecked<T: Payload>(&self) -> &Ref<T> {
        debug_assert!(self.holds::<T>());
        // SAFETY: by the caller's promise.
        unsafe { &*(self as *const Value).cast::<Ref<T>>() }
    }

    /// The owned object as `T`.
    ///
    /// # Safety
    /// The object's layout must be `T`'s or derived from it.
    #[inline(always)]
    pub unsafe fn into_ref_unchecked<T: Payload>(self) -> Ref<T> {
        debug_assert!(self.holds::<T>());
        // SAFETY: by the caller's promise; the count moves over.
        unsafe { std::mem::transmute::<Value, Ref<T>>(self) }
    }

    /// The address of a heap object, or the word of an immediate: what `id()` is made of.
    pub fn identity(&self) -> u64 {
        self.bits()
    }
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if let Some(header) = self.header() {
            header.increment();
        }
        Value(self.0)
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(header) = self.header()
            && header.decrement()
        {
            // SAFETY: the count has reached zero, so this was the last reference.
            unsafe { super::header::deallocate(self.bits() as *mut Header) };
        }
    }
}

impl<T: Payload> From<Ref<T>> for Value {
    #[inline(always)]
    fn from(reference: Ref<T>) -> Value {
        let bits = reference.into_raw() as u64;
        // SAFETY: a reference's pointer is a value's word, and its count moves over.
        unsafe { Value::from_bits(bits) }
    }
}

impl<T: Payload> From<&Ref<T>> for Value {
    #[inline(always)]
    fn from(reference: &Ref<T>) -> Value {
        reference.clone().into()
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::bool(b)
    }
}

impl From<f64> for Value {
    fn from(f: f64) -> Value {
        Value::float(f)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Value {
        option.map_or(Value::NONE, Into::into)
    }
}

macro_rules! from_integers {
    ($($t:ty),*) => {$(
        impl From<$t> for Value {
            #[inline]
            fn from(i: $t) -> Value {
                match i64::try_from(i) {
                    Ok(i) => Value::int(i),
                    Err(_) => Int::from_i128(i as i128),
                }
            }
        }
    )*};
}
from_integers!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize);

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(i) = self.as_small_int() {
            write!(f, "{i}")
        } else if let Some(x) = self.as_tagged_float() {
            write!(f, "{x:?}")
        } else if let Some(header) = self.header() {
            write!(f, "<{} object at {:#x}>", header.class().name(), self.bits())
        } else {
            f.write_str(match self.bits() >> 3 {
                0 => "None",
                1 => "False",
                2 => "True",
                3 => "Ellipsis",
                4 => "NotImplemented",
                _ => "<unbound>",
            })
        }
    }
}

const _: () = assert!(size_of::<Option<Value>>() == 8 && size_of::<Ref<Class>>() == 8);
const _: () = assert!(align_of::<Object<()>>() >= 8 && size_of::<Layout>() > 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_floats_need_no_heap() {
        for f in [0.0, -0.0, 1.0, -1.5, 1e70, -1e-70, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324] {
            let word = f.to_bits().rotate_left(4) ^ 2;
            assert!((word ^ word >> 1) & 1 != 0, "{f} would be boxed");
            let back = Value::float(f).as_tagged_float().map(f64::to_bits);
            assert_eq!(back, Some(f.to_bits()));
        }
    }

    #[test]
    fn small_integers_round_trip_and_overflow() {
        for i in [0, 1, -1, SMALL_INT_MAX, SMALL_INT_MIN] {
            assert_eq!(Value::int(i).as_small_int(), Some(i));
            assert_eq!(Value::int(i).as_tagged_float(), None);
        }
        assert!(Value::int(SMALL_INT_MAX).add_small_ints(&Value::int(1)).is_none());
        assert!(Value::int(SMALL_INT_MIN).sub_small_ints(&Value::int(1)).is_none());
        assert_eq!(Value::int(-5).add_small_ints(&Value::int(3)).and_then(|v| v.as_small_int()), Some(-2));
        assert_eq!(Value::int(-5).sub_small_ints(&Value::int(3)).and_then(|v| v.as_small_int()), Some(-8));
    }
}
