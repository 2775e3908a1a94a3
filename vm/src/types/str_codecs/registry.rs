//! The registry of codecs (`codecs.register`, `codecs.lookup`) and of error handlers.

use crate::object::{Ref, Value};
use crate::types::bytes::Bytes;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// Registered search functions and handlers, and the codecs found so far.
#[derive(Default)]
pub struct Registry {
    /// Functions from a normalised name to a codec or `None`.
    pub search: RefCell<Vec<Value>>,
    /// Codecs by normalised name.
    pub codecs: RefCell<FxHashMap<String, Value>>,
    /// Error handlers by name.
    pub handlers: RefCell<FxHashMap<String, Value>>,
}

/// The interpreter's registry.
pub fn registry(vm: &Vm) -> Rc<Registry> {
    vm.interp.extension(Registry::default)
}

/// The error handler registered under a name.
pub fn lookup_error(vm: &mut Vm, name: &str) -> PyResult {
    let found = registry(vm).handlers.borrow().get(name).cloned();
    if let Some(found) = found {
        return Ok(found);
    }
    match crate::text::codecs::Builtin::from_name(name) {
        Some(builtin) => {
            let function = builtin_function(builtin);
            registry(vm).handlers.borrow_mut().insert(name.to_owned(), function.clone());
            Ok(function)
        }
        None => Err(vm.lookup_error(format!("unknown error handler name '{name}'"))),
    }
}

macro_rules! builtin_handlers {
    ($($name:ident $builtin:ident)*) => {
        $(
            #[pvm_vm_macros::pyfunction(module = "_codecs", doc = "Handles a coding error.")]
            fn $name(vm: &mut Vm, exception: &Value) -> PyResult {
                super::handle_builtin(vm, crate::text::codecs::Builtin::$builtin, exception)
            }
        )*
    };
}

builtin_handlers! {
    strict_errors Strict
    ignore_errors Ignore
    replace_errors Replace
    xmlcharrefreplace_errors XmlCharRefReplace
    backslashreplace_errors BackslashReplace
    namereplace_errors NameReplace
    surrogatepass SurrogatePass
    surrogateescape SurrogateEscape
}

fn builtin_function(builtin: crate::text::codecs::Builtin) -> Value {
    use crate::text::codecs::Builtin;
    macro_rules! def {
        ($def:expr) => {{
            static DEF: crate::native::FunctionDef = $def;
            &DEF
        }};
    }
    let def = match builtin {
        Builtin::Strict => def!(STRICT_ERRORS_DEF),
        Builtin::Ignore => def!(IGNORE_ERRORS_DEF),
        Builtin::Replace => def!(REPLACE_ERRORS_DEF),
        Builtin::XmlCharRefReplace => def!(XMLCHARREFREPLACE_ERRORS_DEF),
        Builtin::BackslashReplace => def!(BACKSLASHREPLACE_ERRORS_DEF),
        Builtin::NameReplace => def!(NAMEREPLACE_ERRORS_DEF),
        Builtin::SurrogatePass => def!(SURROGATEPASS_DEF),
        Builtin::SurrogateEscape => def!(SURROGATEESCAPE_DEF),
    };
    crate::types::function::NativeFunction::new(def, Value::NONE, Value::NONE).into()
}

/// The codec of an encoding (`codecs.lookup`): a tuple of four.
pub fn lookup(vm: &mut Vm, encoding: &str) -> PyResult {
    let registry = registry(vm);
    // The registry's own normalisation, which search functions see: lower case, spaces become underscores.
    let name: String =
        encoding.chars().map(|c| if c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect();
    let found = registry.codecs.borrow().get(&name).cloned();
    if let Some(found) = found {
        return Ok(found);
    }
    if registry.search.borrow().is_empty() {
        // The package registers its search function when it is imported.
        let import = crate::types::str_methods::builtin(vm, "__import__")?;
        vm.call(&import, &["encodings".into()])?;
    }
    let functions = registry.search.borrow().clone();
    if functions.is_empty() {
        return Err(vm.lookup_error("no codec search functions registered: can't find encoding"));
    }
    for function in functions {
        let result = vm.call(&function, &[name.as_str().into()])?;
        if result.is_none() {
            continue;
        }
        if result.downcast_ref::<Tuple>().is_none_or(|tuple| tuple.len() != 4) {
            return Err(vm.type_error("codec search functions must return 4-tuples"));
        }
        let old = registry.codecs.borrow_mut().insert(name, result.clone());
        drop(old);
        return Ok(result);
    }
    Err(vm.lookup_error(format!("unknown encoding: {encoding}")))
}

/// The codec of an encoding, which must be one between text and bytes.
fn lookup_text(vm: &mut Vm, encoding: &str, alternative: &str) -> PyResult<Ref<Tuple>> {
    let codec = lookup(vm, encoding)?;
    let Some(tuple) = codec.downcast_ref::<Tuple>() else {
        return Err(vm.type_error("codec search functions must return 4-tuples"));
    };
    if !tuple.class().is(&vm.types().tuple)
        && let Some(flag) = vm.lookup_attr_str(&codec, "_is_text_encoding")?
        && !vm.truth(&flag)?
    {
        return Err(vm.lookup_error(format!(
            "'{encoding}' is not a text encoding; use {alternative} to handle arbitrary codecs"
        )));
    }
    Ok(tuple.clone())
}

/// Calls an encoder or decoder and takes the first item of what it returns.
pub fn call_codec(
    vm: &mut Vm,
    codec: &Tuple,
    index: usize,
    object: &Value,
    errors: Option<&str>,
    encoding: &str,
) -> PyResult {
    let operation = if index == 0 { "encoding" } else { "decoding" };
    let Some(function) = codec.as_slice().get(index).cloned() else {
        return Err(vm.type_error("codec search functions must return 4-tuples"));
    };
    let result = match errors {
        Some(errors) => vm.call(&function, &[object.clone(), errors.into()]),
        None => vm.call(&function, std::slice::from_ref(object)),
    };
    let result = match result {
        Ok(result) => result,
        Err(raised) => {
            return Err(with_note(vm, raised, &format!("{operation} with '{encoding}' codec failed")));
        }
    };
    match result.downcast_ref::<Tuple>().map(|tuple| tuple.as_slice()) {
        Some([value, _]) => Ok(value.clone()),
        _ => {
            let role = if index == 0 { "encoder" } else { "decoder" };
            Err(vm.type_error(format!("{role} must return a tuple (object, integer)")))
        }
    }
}

fn with_note(vm: &mut Vm, raised: Raised, note: &str) -> Raised {
    let value = raised.value();
    let _ = vm.call_method_str(&value, "add_note", &[note.into()]);
    raised
}

pub(super) fn encode_text(vm: &mut Vm, text: &Ref<Str>, encoding: &str, errors: &str) -> PyResult {
    let codec = lookup_text(vm, encoding, "codecs.encode()")?;
    let errors = (errors != "strict").then_some(errors);
    let result = call_codec(vm, &codec, 0, text.as_value(), errors, encoding)?;
    super::bytes_result(vm, result, encoding)
}

pub(super) fn decode_text(vm: &mut Vm, object: &Value, encoding: &str, errors: &str) -> PyResult<Ref<Str>> {
    let codec = lookup_text(vm, encoding, "codecs.decode()")?;
    let errors = (errors != "strict").then_some(errors);
    let input: Value =
        if object.holds::<Bytes>() { object.clone() } else { Bytes::new(vm.bytes_of(object)?).into() };
    let result = call_codec(vm, &codec, 1, &input, errors, encoding)?;
    result.downcast::<Str>().map_err(|other| {
        let class = other.class().name();
        vm.type_error(format!(
            "'{encoding}' decoder returned '{class}' instead of 'str'; use codecs.decode() to decode to arbitrary types"
        ))
    })
}
