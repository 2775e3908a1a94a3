//! Attribute macros that declare native types and modules of pvm.
//!
//! They read Rust signatures and generate the declarations of `pvm_vm::native`: `NativeType`, `ModuleDef`,
//! `FunctionDef`. Arguments are bound and converted without building a tuple, results are converted with
//! `IntoResult`, and `inspect` gets `__text_signature__`. The generated code names everything through
//! `::pvm_vm`, so only the attributes themselves need to be imported.
//!
//! # A type
//!
//! ```ignore
//! #[pymethods(name = "list", doc = "Built-in mutable sequence.", flags = flag::BASE_TYPE | flag::SEQUENCE)]
//! impl List {
//!     /// Append object to the end of the list.
//!     #[method]
//!     fn append(this: &Ref<List>, object: Value) {
//!         this.push(object);
//!     }
//!
//!     /// Remove and return item at index (default last).
//!     #[method(sig = "(index=-1, /)")]
//!     fn pop(vm: &mut Vm, this: &Ref<List>, index: i64) -> PyResult<Value> { … }
//!
//!     #[method(sig = "(*, key=None, reverse=False)")]
//!     fn sort(vm: &mut Vm, this: &Ref<List>, key: Option<Value>, reverse: bool) -> PyResult<()> { … }
//!
//!     #[classmethod(sig = "(string, /)")]
//!     fn fromhex(vm: &mut Vm, cls: &Ref<Class>, string: &Ref<Str>) -> PyResult { … }
//!
//!     #[staticmethod]
//!     fn maketrans(vm: &mut Vm, x: &Value, y: Option<Value>, z: Option<Value>) -> PyResult { … }
//!
//!     #[getter]
//!     fn real(this: &Value) -> Value { … }
//!     #[setter]                                   // of `size`; the value is None for `del`
//!     fn set_size(vm: &mut Vm, this: &Ref<List>, value: Option<Value>) -> PyResult<()> { … }
//!
//!     #[slot(len)]                                // the type of `Slots::len`
//!     fn len_slot(vm: &mut Vm, this: &Value) -> PyResult<usize> { … }
//!     #[slot(iter)]                               // or with the object typed; an adapter is generated
//!     fn iter_slot(vm: &mut Vm, this: &Ref<List>) -> PyResult { … }
//!
//!     fn helper(&self) { … }                      // whatever has no attribute stays as it is
//! }
//! ```
//!
//! Options of `#[pymethods]`:
//! - `name = "list"`: `__name__` (needed). `module = "collections"`: `__module__` (`builtins` unless told).
//! - `doc = "…"`: `__doc__`; otherwise the `///` comments of the `impl`.
//! - `flags = …`: an expression of `class::flag` constants.
//! - `base = …`: a `Ref<Class>`, with `vm` in scope (`object` unless told).
//! - `extend = path`: `fn(&mut Vm, &Ref<Class>) -> PyResult<()>`, for constants and aliases.
//! - `accepts = path`: `fn(&Value) -> bool`: whether a value is an instance, for types whose instances are
//!   not always heap objects (`int`, `float`, `bool`) and that take `this: &Value`.
//! - `payload = Set`: for a class that shares its payload type with another (`frozenset` with `set`): the
//!   `impl` is of an empty type of its own (`pub struct FrozenSet;`), and receivers are `this: &Ref<Set>`.
//! - A long type is split over files: `#[pymethods(name = "str", part = SEARCHING)] impl Str {…}` makes the
//!   constant `Str::SEARCHING`, and the main block names it: `#[pymethods(name = "str", parts = [SEARCHING])]`.
//!
//! # Functions
//!
//! `#[method]`, `#[classmethod]`, `#[staticmethod]` and `#[pyfunction]` take `name = "…"`, `sig = "…"`,
//! `doc = "…"`. Parameters, in this order:
//! - `vm: &mut Vm`, where the function wants it;
//! - the receiver: `this: &Ref<Self>`, `this: &Value` or `&self` for methods, `cls: &Ref<Class>` for class methods. It is
//!   checked: `descriptor 'append' for 'list' objects doesn't apply to a 'int' object`;
//! - the arguments. Without `sig` they are positional-only. With it, names and kinds come from the text
//!   (`/`, `*`, `*args`, `**kwargs`; leave `$self` out), and it becomes `__text_signature__`. `sig = ""`
//!   shows no signature.
//!
//! | type | takes |
//! | --- | --- |
//! | `T: FromValue` (`Value`, `i64`, `usize`, `f64`, `bool`, `String`, `Ref<Str>`, …) | a converted argument |
//! | `&Value`, `&Ref<T>` | a borrowed one |
//! | `Option<T>` | may be missing or Python's `None` |
//! | `Optional<T>` | may be missing; tells `None` from that |
//! | `#[default(expr)] x: T` | `expr` when missing |
//! | `x: T` with a literal default in `sig` (`-1`, `0.5`, `True`, `'utf-8'`, `sys.maxsize`) | that when missing |
//! | `&[Value]` | `*args` |
//! | `Vec<(Value, Value)>` | `**kwargs`, as names and values |
//! | `Args<'_>` as the only one | everything, unbound |
//!
//! The result is anything `IntoResult`: a type that turns into `Value`, or `PyResult` of one.
//!
//! # A module
//!
//! ```ignore
//! #[pymodule(name = "math", doc = "Mathematical functions.")]
//! pub mod math_module {
//!     use super::*;
//!
//!     /// Return the square root of x.
//!     #[pyfunction]
//!     fn sqrt(vm: &mut Vm, x: f64) -> PyResult<f64> { … }
//!
//!     // Optional: classes, constants.
//!     fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> { … }
//! }
//! ```
//! makes `math_module::MODULE`, a `ModuleDef`. A `#[pyfunction]` outside of such a module makes the constant
//! `SQRT_DEF`, a `FunctionDef`, beside the function (`module = "math"` names its module in messages).

mod function;
mod options;
mod pymethods;
mod pymodule;
mod signature;

use proc_macro::TokenStream;
use syn::{Error, parse_macro_input};

fn output(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(Error::into_compile_error).into()
}

/// Declares a native type, or a part of one. See the crate's documentation.
#[proc_macro_attribute]
pub fn pymethods(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(attribute as options::Pairs);
    let item = parse_macro_input!(item as syn::ItemImpl);
    output(pymethods::expand(options, item))
}

/// Declares a native module. See the crate's documentation.
#[proc_macro_attribute]
pub fn pymodule(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(attribute as options::Pairs);
    let item = parse_macro_input!(item as syn::ItemMod);
    output(pymodule::expand(options, item))
}

/// Declares one native function. See the crate's documentation.
#[proc_macro_attribute]
pub fn pyfunction(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(attribute as options::Pairs);
    let item = parse_macro_input!(item as syn::ItemFn);
    output(pymodule::expand_function(options, item))
}
