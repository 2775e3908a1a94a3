//! How native functions are declared and called.
//!
//! A native function is `fn(&mut Vm, Args) -> PyResult`. The macros of `pvm-vm-macros` write that function
//! around an ordinary Rust one, from its signature: they bind the arguments without building a tuple, convert
//! them with [`FromValue`], convert the result with [`IntoResult`], and give `inspect` the signature.

use crate::object::{Class, Payload, Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

mod bind;
mod parts;

pub use bind::{
    Argument, Extra, Place, bind, borrow_argument, class_receiver, instance, present, receiver,
    value_instance, value_receiver,
};
pub use parts::{Part, all_getsets, all_methods, count_getsets, count_methods};

/// The arguments of a call: positional ones, then the values of keyword ones, whose names come apart.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// All values, positional first.
    pub values: &'a [Value],
    /// The names (`str`) of the last values.
    pub names: &'a [Value],
}

impl<'a> Args<'a> {
    /// No arguments.
    pub const NONE: Args<'static> = Args { values: &[], names: &[] };

    /// Positional arguments only.
    #[inline(always)]
    pub fn positional(values: &'a [Value]) -> Args<'a> {
        Args { values, names: &[] }
    }

    /// The positional arguments.
    #[inline(always)]
    pub fn pos(&self) -> &'a [Value] {
        &self.values[..self.values.len() - self.names.len()]
    }

    /// The keyword arguments.
    pub fn keywords(&self) -> impl ExactSizeIterator<Item = (&'a Value, &'a Value)> + use<'a> {
        self.names.iter().zip(&self.values[self.values.len() - self.names.len()..])
    }

    /// Without the first positional argument.
    #[inline(always)]
    pub fn rest(&self) -> Args<'a> {
        Args { values: &self.values[1..], names: self.names }
    }

    /// With one more positional argument in front, in a buffer of the caller's.
    pub fn with_first<'b>(&self, first: &Value, buffer: &'b mut smallvec::SmallVec<[Value; 8]>) -> Args<'b>
    where
        'a: 'b,
    {
        buffer.clear();
        buffer.push(first.clone());
        buffer.extend(self.values.iter().cloned());
        Args { values: buffer, names: self.names }
    }
}

/// A native function.
pub type NativeFn = fn(&mut Vm, Args<'_>) -> PyResult;

/// How one parameter takes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// Before `/`.
    PositionalOnly,
    /// Either way.
    Positional,
    /// After `*`.
    KeywordOnly,
    /// `*args`
    VarArgs,
    /// `**kwargs`
    VarKeywords,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// How it takes its argument.
    pub kind: ParamKind,
    /// Whether the call must give it.
    pub required: bool,
}

/// A native function's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// As `inspect` reads it (`__text_signature__`), `($self, x, /)`; empty where there is none to show.
    pub text: &'static str,
    /// The parameters, `self` left out.
    pub params: &'static [Param],
}

/// What a function of a class is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// A module's function: no first argument of its own.
    Function,
    /// An instance is the first argument.
    Method,
    /// The class is the first argument.
    ClassMethod,
    /// No first argument.
    StaticMethod,
}

/// A native function's declaration.
#[derive(Clone, Copy, Debug)]
pub struct FunctionDef {
    /// Its name in Python.
    pub name: &'static str,
    /// What it is called on.
    pub kind: MethodKind,
    /// The function. For methods the first of the values is the instance (checked), for class methods the class.
    pub function: NativeFn,
    /// Its parameters.
    pub signature: Signature,
    /// Its documentation.
    pub doc: &'static str,
}

/// Reads a computed attribute.
pub type Getter = fn(&mut Vm, &Value) -> PyResult;
/// Sets or, without a value, deletes a computed attribute.
pub type Setter = fn(&mut Vm, &Value, Option<Value>) -> PyResult<()>;

/// A computed attribute's declaration.
#[derive(Clone, Copy, Debug)]
pub struct GetSetDef {
    /// Its name in Python.
    pub name: &'static str,
    /// Reads it.
    pub get: Option<Getter>,
    /// Sets or deletes it.
    pub set: Option<Setter>,
    /// Its documentation.
    pub doc: &'static str,
}

/// A native type: how its class is made. Implemented by the `#[pyclass]` macro's `impl` block.
pub trait NativeType: 'static {
    /// `__name__`
    const NAME: &'static str;
    /// `__module__`
    const MODULE: &'static str;
    /// `__doc__`
    const DOC: &'static str;
    /// [`crate::object::class::flag`]s beyond those that follow from the base.
    const FLAGS: u32;
    /// Methods, class methods and static methods.
    const METHODS: &'static [FunctionDef];
    /// Computed attributes.
    const GETSETS: &'static [GetSetDef];
    /// The base class; `object` unless told otherwise.
    fn base(vm: &mut Vm) -> Ref<Class>;
    /// Fills the class's slots.
    fn slots(slots: &crate::object::slots::Slots);
    /// Whether a value is an instance.
    fn accepts(value: &Value) -> bool;
    /// Adds what the declarations cannot say (constants, aliases).
    fn extend(_vm: &mut Vm, _class: &Ref<Class>) -> PyResult<()> {
        Ok(())
    }
}

/// A native module's declaration.
pub struct ModuleDef {
    /// `__name__`
    pub name: &'static str,
    /// `__doc__`
    pub doc: &'static str,
    /// Its functions.
    pub functions: &'static [FunctionDef],
    /// Adds classes, constants and whatever else the module holds.
    pub init: fn(&mut Vm, &Ref<crate::types::module::Module>) -> PyResult<()>,
}

/// Conversion of an argument.
pub trait FromValue: Sized {
    /// Converts, or raises what CPython's argument parsing raises.
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<Self>;

    /// The same for an argument that the message can name.
    #[inline(always)]
    fn from_argument(vm: &mut Vm, value: &Value, _argument: &Argument) -> PyResult<Self> {
        Self::from_value(vm, value)
    }
}

/// An argument that may be missing, which is not the same as `None`.
#[derive(Clone, Copy, Debug)]
pub enum Optional<T> {
    /// The call does not give it.
    Missing,
    /// The call gives it.
    Present(T),
}

impl<T> Optional<T> {
    /// The argument, if the call gives it.
    pub fn present(self) -> Option<T> {
        match self {
            Optional::Missing => None,
            Optional::Present(value) => Some(value),
        }
    }

    /// The argument, or something in its place.
    pub fn unwrap_or(self, default: T) -> T {
        self.present().unwrap_or(default)
    }
}

/// Conversion of a result.
pub trait IntoResult {
    /// Converts.
    fn into_result(self) -> PyResult;
}

impl<T: Into<Value>> IntoResult for PyResult<T> {
    #[inline(always)]
    fn into_result(self) -> PyResult {
        self.map(Into::into)
    }
}

impl<T: Into<Value>> IntoResult for T {
    #[inline(always)]
    fn into_result(self) -> PyResult {
        Ok(self.into())
    }
}

impl From<()> for Value {
    fn from((): ()) -> Value {
        Value::NONE
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Str::from_str(text).into()
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Str::from_str(&text).into()
    }
}

impl From<crate::text::StrBuf> for Value {
    fn from(text: crate::text::StrBuf) -> Value {
        Str::from_buf(text).into()
    }
}

impl From<crate::text::StrRef<'_>> for Value {
    fn from(text: crate::text::StrRef<'_>) -> Value {
        Str::from_ref(text).into()
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        crate::types::bytes::Bytes::new(bytes).into()
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Value {
        crate::types::bytes::Bytes::new(bytes.to_vec()).into()
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Value {
        value.clone()
    }
}

impl FromValue for Value {
    #[inline(always)]
    fn from_value(_vm: &mut Vm, value: &Value) -> PyResult<Value> {
        Ok(value.clone())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    /// `None` stands for no value.
    #[inline(always)]
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<Option<T>> {
        if value.is_none() { Ok(None) } else { T::from_value(vm, value).map(Some) }
    }

    #[inline(always)]
    fn from_argument(vm: &mut Vm, value: &Value, argument: &Argument) -> PyResult<Option<T>> {
        if value.is_none() { Ok(None) } else { T::from_argument(vm, value, argument).map(Some) }
    }
}

impl<T: Payload> FromValue for Ref<T> {
    #[inline(always)]
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<Ref<T>> {
        match value.downcast_ref::<T>() {
            Some(reference) => Ok(reference.clone()),
            None => {
                let found = value.class().name();
                Err(vm.type_error(format!("argument must be {}, not {found}", T::layout().name)))
            }
        }
    }
    #[inline(always)]
    fn from_argument(vm: &mut Vm, value: &Value, argument: &Argument) -> PyResult<Ref<T>> {
        borrow_argument(vm, value, argument).cloned()
    }
}

impl FromValue for bool {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<bool> {
        vm.truth(value)
    }
}

impl FromValue for f64 {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<f64> {
        vm.to_f64(value)
    }
}

impl FromValue for String {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<String> {
        let text = Ref::<Str>::from_value(vm, value)?;
        utf8(vm, &text)
    }

    fn from_argument(vm: &mut Vm, value: &Value, argument: &Argument) -> PyResult<String> {
        let text = borrow_argument::<Str>(vm, value, argument)?;
        utf8(vm, text)
    }
}

fn utf8(vm: &mut Vm, text: &Ref<Str>) -> PyResult<String> {
    match text.as_ref().to_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(position) => Err(vm.surrogate_error(text, position)),
    }
}

macro_rules! from_value_integers {
    ($($t:ty),*) => {$(
        impl FromValue for $t {
            fn from_value(vm: &mut Vm, value: &Value) -> PyResult<$t> {
                let wide = vm.to_i128(value)?;
                match <$t>::try_from(wide) {
                    Ok(i) => Ok(i),
                    Err(_) => Err(vm.integer_range_error(wide, <$t>::MIN == 0, stringify!($t))),
                }
            }
        }
    )*};
}
from_value_integers!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize);
