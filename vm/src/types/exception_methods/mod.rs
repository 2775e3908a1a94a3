//! What exception objects do: construction, attributes, printing.

mod base;
pub mod group;
mod import;
mod os;
mod plain;
mod syntax;
mod unicode;
pub mod unraisable;

use crate::native::{Args, GetSetDef};
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::descriptor::MemberDescriptor;
use crate::types::exception::Exception;
use crate::types::init::{fill, finish};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

pub use base::{base_init, base_new, base_str, set_context};

/// Fills the exception classes.
pub fn fill_exceptions(vm: &mut Vm) -> PyResult<()> {
    let exceptions = &vm.types().exceptions;
    let all = exceptions.all();
    for (_, class) in &all {
        let flags = flag::BASE_TYPE | flag::EXCEPTION | flag::HAS_ATTRIBUTES | flag::HAS_DICT;
        class.set_flags(flags, true);
    }
    fill::<base::BaseException>(vm, &exceptions.base_exception)?;
    fill::<group::BaseExceptionGroup>(vm, &exceptions.base_exception_group)?;
    for (name, class) in all {
        match name {
            "BaseException" | "BaseExceptionGroup" => {}
            "StopIteration" => fill::<plain::StopIteration>(vm, class)?,
            "SystemExit" => fill::<plain::SystemExit>(vm, class)?,
            "KeyError" => fill::<plain::KeyError>(vm, class)?,
            "ImportError" => fill::<import::ImportError>(vm, class)?,
            "AttributeError" => fill::<import::AttributeError>(vm, class)?,
            "NameError" => fill::<import::NameError>(vm, class)?,
            "OSError" => fill::<os::OsError>(vm, class)?,
            "SyntaxError" => fill::<syntax::SyntaxError>(vm, class)?,
            "UnicodeEncodeError" => fill::<unicode::UnicodeEncodeError>(vm, class)?,
            "UnicodeDecodeError" => fill::<unicode::UnicodeDecodeError>(vm, class)?,
            "UnicodeTranslateError" => fill::<unicode::UnicodeTranslateError>(vm, class)?,
            "ExceptionGroup" => group::fill_exception_group(class, &exceptions.exception),
            _ => plain::fill_plain(name, class),
        }
    }
    Ok(())
}

/// The exception classes by the names that they have in the module `builtins`.
pub fn exceptions(vm: &Vm) -> Vec<(&'static str, Value)> {
    let exceptions = &vm.types().exceptions;
    let mut all: Vec<(&'static str, Value)> =
        exceptions.all().into_iter().map(|(name, class)| (name, class.into())).collect();
    for alias in ["EnvironmentError", "IOError"] {
        all.push((alias, (&exceptions.os_error).into()));
    }
    all
}

/// An attribute that lies in a field of the payload (see `types::exception::field`). One that is not set reads as `None`.
const fn member<const FIELD: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    fn get<const FIELD: usize>(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.downcast_ref::<Exception>().and_then(|e| e.get(FIELD)).unwrap_or(Value::NONE))
    }
    fn set<const FIELD: usize>(_vm: &mut Vm, this: &Value, value: Option<Value>) -> PyResult<()> {
        if let Some(exception) = this.downcast_ref::<Exception>() {
            exception.set(FIELD, value.unwrap_or(Value::UNBOUND));
        }
        Ok(())
    }
    GetSetDef { name, get: Some(get::<FIELD>), set: Some(set::<FIELD>), doc }
}

/// [`member`] for one that Python code cannot set.
const fn readonly_member<const FIELD: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    GetSetDef { set: None, ..member::<FIELD>(name, doc) }
}

/// Adds members to a class.
fn add_members(class: &Ref<Class>, members: &'static [GetSetDef]) {
    for def in members {
        class.attributes().set_name(def.name, MemberDescriptor::native(class, def));
    }
}

/// Raises where a call has keyword arguments.
fn no_keywords(vm: &mut Vm, class: &str, args: Args<'_>) -> PyResult<()> {
    if args.names.is_empty() {
        return Ok(());
    }
    Err(vm.type_error(format!("{class}() takes no keyword arguments")))
}

/// The values of keyword arguments, all optional, in the order of `names`.
fn keyword_values<const N: usize>(
    vm: &mut Vm,
    class: &str,
    args: Args<'_>,
    names: [&str; N],
) -> PyResult<[Option<Value>; N]> {
    let mut values = [const { None }; N];
    for (key, value) in args.keywords() {
        let text = key.downcast_ref::<Str>();
        let found = text.and_then(|t| names.iter().position(|n| t.as_ref().equals_str(n)));
        match found {
            Some(i) => values[i] = Some(value.clone()),
            None => {
                let key = vm.str(key)?;
                return Err(
                    vm.type_error(format!("'{}' is an invalid keyword argument for {class}()", key.as_ref()))
                );
            }
        }
    }
    Ok(values)
}

/// Completes a class that adds nothing but what its slots say.
fn complete(class: &Ref<Class>, doc: &'static str) {
    class.attributes().set_name("__doc__", doc);
    finish(class);
}
