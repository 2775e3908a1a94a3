//! Methods of modules.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::dict::Dict;
use crate::types::module::Module;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// An attribute of a module: `type`'s data descriptors, the name space, then the module's own `__getattr__`.
pub fn module_getattro(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult {
    match module_lookup(vm, this, name)? {
        Some(value) => Ok(value),
        None => Err(missing(vm, this, name)),
    }
}

/// The same without an error where there is none.
pub fn module_lookup(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    let Some(module) = this.downcast_ref::<Module>() else { return Ok(None) };
    let class = module.class().clone();
    let found = class.lookup(name);
    if let Some(descriptor) = &found
        && descriptor.class().slots.descr_set.get().is_some()
        && let Some(get) = descriptor.class().slots.descr_get.get()
    {
        return get(vm, descriptor, Some(this), class.as_value()).map(Some);
    }
    if let Some(value) = module.dict.get_str(name) {
        return Ok(Some(value));
    }
    if let Some(descriptor) = found {
        return match descriptor.class().slots.descr_get.get() {
            Some(get) => get(vm, &descriptor, Some(this), class.as_value()).map(Some),
            None => Ok(Some(descriptor)),
        };
    }
    match module.dict.get_str(&vm.names().dunder_getattr) {
        Some(function) => vm.call(&function, &[name.into()]).map(Some),
        None => Ok(None),
    }
}

#[cold]
fn missing(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> crate::vm::Raised {
    let names = vm.names();
    let dict = this.downcast_ref::<Module>().map(|m| m.dict.clone());
    let own = dict.as_ref().and_then(|d| d.get_str(&names.dunder_name));
    let Some(module) = own.and_then(|n| n.downcast::<Str>().ok()) else {
        return vm.attribute_error(this, name, format!("module has no attribute '{name}'"));
    };
    let initializing = match dict.and_then(|d| d.get_str(&names.dunder_spec)) {
        Some(spec) => is_initializing(vm, &spec),
        None => false,
    };
    let text = if initializing {
        format!(
            "partially initialized module '{module}' has no attribute '{name}' (most likely due to a circular import)"
        )
    } else {
        format!("module '{module}' has no attribute '{name}'")
    };
    vm.attribute_error(this, name, text)
}

/// Whether an import of the module with this `__spec__` is under way.
pub fn is_initializing(vm: &mut Vm, spec: &Value) -> bool {
    if spec.is_none() {
        return false;
    }
    let name = vm.names().init_spec.clone();
    match vm.lookup_attr(spec, &name) {
        Ok(Some(value)) => vm.truth(&value).unwrap_or(false),
        _ => false,
    }
}

fn module_setattro(vm: &mut Vm, this: &Value, name: &Ref<Str>, value: Option<Value>) -> PyResult<()> {
    let Some(module) = this.downcast_ref::<Module>() else {
        return crate::protocol::attributes::generic_set_attr(vm, this, name, value);
    };
    if let Some(descriptor) = module.class().lookup(name)
        && let Some(set) = descriptor.class().slots.descr_set.get()
    {
        return set(vm, &descriptor, this, value);
    }
    let deleting = value.is_none();
    let old = match value {
        Some(value) => module.dict.replace_str(name, value),
        None => module.dict.remove_str(name),
    };
    if deleting && old.is_none() {
        return Err(vm.no_attribute(this, name));
    }
    drop(old);
    Ok(())
}

#[pymethods(
    name = "module",
    doc = "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    flags = flag::BASE_TYPE | flag::HAS_WEAKREF,
    extend = extend
)]
impl Module {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Module { dict: Dict::new() }, class).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Module>, args: Args<'_>) -> PyResult<()> {
        use crate::native::{Argument, Param, ParamKind, Place, bind, borrow_argument, present};
        const PARAMS: &[Param] = &[
            Param { name: "name", kind: ParamKind::Positional, required: true },
            Param { name: "doc", kind: ParamKind::Positional, required: false },
        ];
        let (slots, _) = bind::<2, 1, 2>(vm, "module", PARAMS, args)?;
        let name = present(vm, slots[0])?;
        let argument = Argument { function: "module", place: Place::Name("name") };
        let name = borrow_argument::<Str>(vm, name, &argument)?;
        let names = vm.names();
        this.dict.set_str(&names.dunder_name, name.into());
        this.dict.set_str(&names.dunder_doc, slots[1].cloned().unwrap_or(Value::NONE));
        for name in [&names.dunder_package, &names.dunder_loader, &names.dunder_spec] {
            this.dict.set_str(name, Value::NONE);
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Module>) -> PyResult {
        // The import system knows how modules are shown.
        if let Some(importlib) = vm.interp.modules.get().and_then(|m| m.get_name("_frozen_importlib"))
            && let Some(shown) = vm.lookup_attr_str(&importlib, "_module_repr")?
        {
            return vm.call(&shown, &[this.into()]);
        }
        let name = this.get("__name__").unwrap_or(Value::NONE);
        let name = match name.downcast_ref::<Str>() {
            Some(_) => vm.repr(&name)?.to_string(),
            None => "'?'".to_string(),
        };
        if let Some(spec) = this.get("__spec__").filter(|s| !s.is_none())
            && let Some(has_location) = vm.lookup_attr_str(&spec, "has_location")?
            && let Some(origin) = vm.lookup_attr_str(&spec, "origin")?
            && !origin.is_none()
        {
            let located = vm.truth(&has_location)?;
            let origin = if located { vm.repr(&origin)? } else { vm.str(&origin)? };
            let text = if located { format!("from {origin}") } else { format!("({origin})") };
            return Ok(format!("<module {name} {text}>").into());
        }
        match this.get("__file__") {
            Some(file) => {
                let file = vm.repr(&file)?;
                Ok(format!("<module {name} from {file}>").into())
            }
            None => match this.get("__loader__").filter(|l| !l.is_none()) {
                Some(loader) => {
                    let loader = vm.repr(&loader)?;
                    Ok(format!("<module {name} ({loader})>").into())
                }
                None => Ok(format!("<module {name}>").into()),
            },
        }
    }

    /// __dir__() -> list
    /// specialized dir() implementation
    #[method(name = "__dir__", sig = "")]
    fn dir(vm: &mut Vm, this: &Ref<Module>) -> PyResult<Value> {
        match this.get("__dir__") {
            Some(function) => vm.call(&function, &[]),
            None => Ok(crate::types::list::List::new(this.dict.keys()).into()),
        }
    }

    #[getter(name = "__dict__")]
    fn get_dict(this: &Ref<Module>) -> Ref<Dict> {
        this.dict.clone()
    }

    #[getter(name = "__annotations__")]
    fn get_annotations(vm: &mut Vm, this: &Ref<Module>) -> Value {
        let name = vm.names().dunder_annotations.clone();
        match this.dict.get_str(&name) {
            Some(annotations) => annotations,
            None => {
                let annotations: Value = Dict::new().into();
                this.dict.set_str(&name, annotations.clone());
                annotations
            }
        }
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(vm: &mut Vm, this: &Ref<Module>, value: Option<Value>) -> PyResult<()> {
        let name = vm.names().dunder_annotations.clone();
        match value {
            Some(value) => {
                this.dict.set_str(&name, value);
                Ok(())
            }
            None => match this.dict.remove_str(&name) {
                Some(_) => Ok(()),
                None => Err(vm.attribute_error(this.as_value(), &name, "__annotations__")),
            },
        }
    }
}

/// The slots that others compare by address.
fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.getattro.set(Some(module_getattro));
    class.slots.setattro.set(Some(module_setattro));
    Ok(())
}
