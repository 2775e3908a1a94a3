//! `ImportError`, `AttributeError` and `NameError`: exceptions that know what was looked up.

use super::base::{base_init, base_str, own_dict};
use super::{add_members, keyword_values, member};
use crate::native::{Args, GetSetDef};
use crate::object::{Class, Ref, Value};
use crate::types::dict::Dict;
use crate::types::exception::{Exception, field};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// Sets a field from an optional keyword.
fn set_optional(this: &Ref<Exception>, field: usize, value: Option<Value>) {
    this.set(field, value.unwrap_or(Value::UNBOUND));
}

/// A copy of the exception's `__dict__` with those of `fields` that are set.
fn state(this: &Ref<Exception>, fields: &[(&str, usize)]) -> Option<Ref<Dict>> {
    let set: Vec<(&str, Value)> =
        fields.iter().filter_map(|(name, field)| Some((*name, this.get(*field)?))).collect();
    let own = own_dict(this.as_value());
    if set.is_empty() {
        return own;
    }
    let dict = own.map_or_else(Dict::new, |own| own.copy());
    for (name, value) in set {
        dict.set_name(name, value);
    }
    Some(dict)
}

/// `ImportError`
pub struct ImportError;

static IMPORT_ERROR_MEMBERS: [GetSetDef; 4] = [
    member::<{ field::MSG }>("msg", "exception message"),
    member::<{ field::NAME }>("name", "module name"),
    member::<{ field::PATH }>("path", "module path"),
    member::<{ field::NAME_FROM }>("name_from", "name imported from module"),
];

#[pymethods(
    name = "ImportError",
    payload = Exception,
    doc = "Import can't find module, or can't find name in module.",
    extend = extend_import_error
)]
impl ImportError {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), Args::positional(args.pos()))?;
        let [name, path, name_from] = keyword_values(vm, "ImportError", args, ["name", "path", "name_from"])?;
        set_optional(this, field::NAME, name);
        set_optional(this, field::PATH, path);
        set_optional(this, field::NAME_FROM, name_from);
        let message = match args.pos() {
            [only] => only.clone(),
            _ => Value::UNBOUND,
        };
        this.set(field::MSG, message);
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        match this.get(field::MSG) {
            Some(message) if message.class().is(&vm.types().str) => Ok(message),
            _ => base_str(vm, this.as_value()),
        }
    }

    #[method(name = "__reduce__", sig = "", doc = "")]
    fn reduce(this: &Ref<Exception>) -> Value {
        let args: Value = (&*this.args.borrow()).into();
        let mut parts: Vec<Value> = vec![this.class().into(), args];
        let fields = [("name", field::NAME), ("path", field::PATH), ("name_from", field::NAME_FROM)];
        if let Some(state) = state(this, &fields) {
            parts.push(state.into());
        }
        Tuple::new(parts).into()
    }
}

fn extend_import_error(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    add_members(class, &IMPORT_ERROR_MEMBERS);
    Ok(())
}

/// `AttributeError`
pub struct AttributeError;

static ATTRIBUTE_ERROR_MEMBERS: [GetSetDef; 2] =
    [member::<{ field::NAME }>("name", "attribute name"), member::<{ field::OBJ }>("obj", "object")];

fn attribute_error_state(this: &Ref<Exception>) -> Option<Ref<Dict>> {
    // The object may be anything, and is left out.
    let args: Value = (&*this.args.borrow()).into();
    let dict = match state(this, &[("name", field::NAME)]) {
        Some(dict) => dict.copy(),
        None => Dict::new(),
    };
    dict.set_name("args", args);
    Some(dict)
}

#[pymethods(
    name = "AttributeError",
    payload = Exception,
    doc = "Attribute not found.",
    extend = extend_attribute_error
)]
impl AttributeError {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), Args::positional(args.pos()))?;
        let [name, object] = keyword_values(vm, "AttributeError", args, ["name", "obj"])?;
        set_optional(this, field::NAME, name);
        set_optional(this, field::OBJ, object);
        Ok(())
    }

    #[method(name = "__getstate__", sig = "", doc = "")]
    fn getstate(this: &Ref<Exception>) -> Option<Ref<Dict>> {
        attribute_error_state(this)
    }

    #[method(name = "__reduce__", sig = "", doc = "")]
    fn reduce(this: &Ref<Exception>) -> Value {
        let args: Value = (&*this.args.borrow()).into();
        Tuple::new([this.class().into(), args, attribute_error_state(this).into()]).into()
    }
}

fn extend_attribute_error(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    add_members(class, &ATTRIBUTE_ERROR_MEMBERS);
    class.slots.str.set(Some(base_str));
    Ok(())
}

/// `NameError`
pub struct NameError;

static NAME_ERROR_MEMBERS: [GetSetDef; 1] = [member::<{ field::NAME }>("name", "name")];

#[pymethods(
    name = "NameError",
    payload = Exception,
    doc = "Name not found globally.",
    extend = extend_name_error
)]
impl NameError {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), Args::positional(args.pos()))?;
        let [name] = keyword_values(vm, "NameError", args, ["name"])?;
        set_optional(this, field::NAME, name);
        Ok(())
    }
}

fn extend_name_error(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    add_members(class, &NAME_ERROR_MEMBERS);
    class.slots.str.set(Some(base_str));
    Ok(())
}
