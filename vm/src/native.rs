//! How native functions are declared and called.
//!
//! A native function is `fn(&mut Vm, Args) -> PyResult`. The macros of `pvm-vm-macros` write that function
//! around an ordinary Rust one, from its signature: they bind the arguments without building a tuple, convert
//! them with [`FromValue`], convert the result with [`IntoResult`], and give `inspect` the signature.

use crate::object::{Class, Payload, Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

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
#[derive(Debug)]
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
#[derive(Debug)]
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
#[derive(Debug)]
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
pub trait NativeType: Payload {
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
        match text.as_ref().to_utf8() {
            Ok(text) => Ok(text.into_owned()),
            Err(position) => Err(vm.surrogate_error(&text, position)),
        }
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

/// Binds a call's arguments to parameters: one slot a parameter that is not `*args` or `**kwargs`.
///
/// `values` leaves out `self`. Extra positional and keyword arguments go to `extra`, where the signature has
/// room for them; otherwise CPython's `TypeError` is raised.
#[inline]
pub fn bind<'a, const N: usize>(
    vm: &mut Vm,
    name: &str,
    params: &'static [Param],
    args: Args<'a>,
) -> PyResult<([Option<&'a Value>; N], Extra<'a>)> {
    let positional = args.pos();
    if args.names.is_empty()
        && positional.len() == N
        && params.len() == N
        && params.iter().all(|p| p.kind != ParamKind::KeywordOnly)
    {
        let mut slots = [None; N];
        for (slot, value) in slots.iter_mut().zip(positional) {
            *slot = Some(value);
        }
        return Ok((slots, Extra { positional: &[], keywords: Vec::new() }));
    }
    let mut slots = [None; N];
    let extra = bind_slow(vm, name, params, args, &mut slots)?;
    Ok((slots, extra))
}

/// Arguments beyond the named parameters.
pub struct Extra<'a> {
    /// For `*args`.
    pub positional: &'a [Value],
    /// For `**kwargs`: name and value.
    pub keywords: Vec<(Value, Value)>,
}

fn bind_slow<'a>(
    vm: &mut Vm,
    name: &str,
    params: &'static [Param],
    args: Args<'a>,
    slots: &mut [Option<&'a Value>],
) -> PyResult<Extra<'a>> {
    let positional = args.pos();
    let takes = params
        .iter()
        .take_while(|p| matches!(p.kind, ParamKind::PositionalOnly | ParamKind::Positional))
        .count();
    let var_args = params.iter().any(|p| p.kind == ParamKind::VarArgs);
    let var_keywords = params.iter().any(|p| p.kind == ParamKind::VarKeywords);
    let named: Vec<&Param> =
        params.iter().filter(|p| !matches!(p.kind, ParamKind::VarArgs | ParamKind::VarKeywords)).collect();
    if !args.names.is_empty() && !var_keywords && named.iter().all(|p| p.kind == ParamKind::PositionalOnly) {
        return Err(vm.type_error(format!("{name}() takes no keyword arguments")));
    }
    if positional.len() > takes && !var_args {
        return Err(too_many(vm, name, &named, takes, positional.len()));
    }
    for (slot, value) in slots.iter_mut().zip(positional.iter().take(takes)) {
        *slot = Some(value);
    }
    let mut extra = Extra { positional: positional.get(takes..).unwrap_or(&[]), keywords: Vec::new() };
    for (key, value) in args.keywords() {
        let Some(text) = key.downcast_ref::<Str>() else {
            return Err(vm.type_error("keywords must be strings"));
        };
        let found = named
            .iter()
            .position(|p| p.kind != ParamKind::PositionalOnly && text.as_ref().equals_str(p.name));
        match found {
            Some(i) if slots[i].is_some() => {
                let position = i + 1;
                return Err(vm.type_error(format!(
                    "argument for {name}() given by name ('{text}') and position ({position})",
                    text = text.as_ref()
                )));
            }
            Some(i) => slots[i] = Some(value),
            None if var_keywords => extra.keywords.push((key.clone(), value.clone())),
            None => {
                return Err(
                    vm.type_error(format!("{name}() got an unexpected keyword argument '{}'", text.as_ref()))
                );
            }
        }
    }
    let required = named.iter().filter(|p| p.required && p.kind != ParamKind::KeywordOnly).count();
    for (i, param) in named.iter().enumerate() {
        if param.required && slots[i].is_none() {
            return Err(missing(vm, name, &named, param, i, required, positional.len()));
        }
    }
    Ok(extra)
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

#[cold]
fn too_many(vm: &mut Vm, name: &str, named: &[&Param], takes: usize, given: usize) -> crate::vm::Raised {
    let required = named.iter().filter(|p| p.required && p.kind != ParamKind::KeywordOnly).count();
    let only_positional = named.iter().all(|p| p.kind == ParamKind::PositionalOnly);
    if takes == 0 && named.is_empty() {
        vm.type_error(format!("{name}() takes no arguments ({given} given)"))
    } else if only_positional && takes == 1 && required == 1 {
        vm.type_error(format!("{name}() takes exactly one argument ({given} given)"))
    } else if only_positional {
        let bound = if required == takes { "" } else { "at most " };
        vm.type_error(format!("{name} expected {bound}{takes} argument{}, got {given}", plural(takes)))
    } else {
        let bound = if required == takes { "exactly" } else { "at most" };
        let what = if takes < named.len() { "positional argument" } else { "argument" };
        vm.type_error(format!("{name}() takes {bound} {takes} {what}{} ({given} given)", plural(takes)))
    }
}

#[cold]
fn missing(
    vm: &mut Vm,
    name: &str,
    named: &[&Param],
    param: &Param,
    index: usize,
    required: usize,
    given: usize,
) -> crate::vm::Raised {
    if named.iter().all(|p| p.kind == ParamKind::PositionalOnly) {
        if named.len() == 1 {
            return vm.type_error(format!("{name}() takes exactly one argument ({given} given)"));
        }
        let bound = if required == named.len() { "" } else { "at least " };
        return vm.type_error(format!(
            "{name} expected {bound}{required} argument{}, got {given}",
            plural(required)
        ));
    }
    vm.type_error(format!("{name}() missing required argument '{}' (pos {})", param.name, index + 1))
}
