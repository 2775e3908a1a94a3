//! `__dict__` and `__weakref__` of instances of classes written in Python.

use crate::native::GetSetDef;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value, attributes};
use crate::types::dict::Dict;
use crate::types::init::GetSet;
use crate::types::module::Module;
use crate::vm::{PyResult, Vm};

/// `__dict__`
pub static DICT: GetSetDef = GetSetDef {
    name: "__dict__",
    get: Some(get_dict),
    set: Some(set_dict),
    doc: "dictionary for instance variables",
};

/// `__weakref__`
pub static WEAKREF: GetSetDef = GetSetDef {
    name: "__weakref__",
    get: Some(get_weakref),
    set: None,
    doc: "list of weak references to the object",
};

/// The instance's dictionary, made when first asked for.
pub fn instance_dict(object: &Value) -> Option<Ref<Dict>> {
    if let Some(module) = object.downcast_ref::<Module>() {
        return Some(module.dict.clone());
    }
    attributes::dict(object)
}

/// Where a native base has a `__dict__` of its own, that one decides.
fn native_getset(object: &Value) -> Option<Ref<GetSet>> {
    let name = &crate::interp::current().names().dunder_dict;
    let mut class: Option<Ref<Class>> = Some(object.class().clone());
    while let Some(current) = class {
        if !current.has(flag::HEAP)
            && let Some(found) = current.attributes().get_str(name)
        {
            // A native class may use this very declaration.
            return found.downcast_ref::<GetSet>().filter(|found| !std::ptr::eq(found.def, &DICT)).cloned();
        }
        class = current.base();
    }
    None
}

fn get_dict(vm: &mut Vm, object: &Value) -> PyResult {
    if let Some(getset) = native_getset(object)
        && let Some(get) = getset.def.get
    {
        return get(vm, object);
    }
    match instance_dict(object) {
        Some(dict) => Ok(dict.into()),
        None => {
            let class = object.class().name();
            let name = vm.names().dunder_dict.clone();
            Err(vm.attribute_error(object, &name, format!("'{class}' object has no attribute '__dict__'")))
        }
    }
}

fn set_dict(vm: &mut Vm, object: &Value, value: Option<Value>) -> PyResult<()> {
    if let Some(getset) = native_getset(object)
        && let Some(set) = getset.def.set
    {
        return set(vm, object, value);
    }
    let new = match &value {
        None => Dict::new(),
        Some(value) => match value.downcast_ref::<Dict>() {
            Some(dict) => dict.clone(),
            None => {
                let found = value.class().name();
                return Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{found}'")));
            }
        },
    };
    if attributes::set_dict(object, new) {
        return Ok(());
    }
    let class = object.class().name();
    let name = vm.names().dunder_dict.clone();
    Err(vm.attribute_error(object, &name, format!("'{class}' object has no attribute '__dict__'")))
}

fn get_weakref(vm: &mut Vm, object: &Value) -> PyResult {
    Ok(vm.interp.weak.references_to(object).first().map_or(Value::NONE, |first| first.clone().into()))
}
