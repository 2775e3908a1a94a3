//! `object.__reduce_ex__` and `object.__getstate__`: what `copy` and `pickle` need.

use crate::object::{Class, Payload, Ref, Value};
use crate::types::Plain;
use crate::types::dict::Dict;
use crate::types::function::{MethodDescriptor, NativeFunction};
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_object::mro::is_variable_size;
use crate::vm::{PyResult, Vm};

/// `object.__reduce_ex__(protocol)`: a class's own `__reduce__` where it has one.
pub fn reduce_ex(vm: &mut Vm, this: &Value, protocol: i32) -> PyResult {
    let name = vm.names().dunder_reduce.clone();
    if let Some(reduce) = vm.lookup_attr(this, &name)? {
        let class = this.class().as_value().clone();
        let found = vm.get_attr(&class, &name)?;
        let default = vm.types().object.attributes().get_str(&name);
        if !default.is_some_and(|default| default.is(&found)) {
            return vm.call(&reduce, &[]);
        }
    }
    common_reduce(vm, this, protocol)
}

/// What `object.__reduce__` gives for a protocol.
pub fn common_reduce(vm: &mut Vm, this: &Value, protocol: i32) -> PyResult {
    if protocol >= 2 {
        return reduce_new_object(vm, this);
    }
    let copyreg = vm.import_module("copyreg")?;
    vm.call_method_str(&copyreg, "_reduce_ex", &[this.clone(), Value::from(protocol)])
}

/// The arguments that `__new__` needs, from `__getnewargs_ex__` or `__getnewargs__`.
fn new_arguments(vm: &mut Vm, this: &Value) -> PyResult<Option<(Ref<Tuple>, Option<Ref<Dict>>)>> {
    let wrong = |vm: &mut Vm, what: String| Err(vm.type_error(what));
    if let Some(method) = vm.lookup_attr_str(this, "__getnewargs_ex__")? {
        let result = vm.call(&method, &[])?;
        let Some(pair) = result.downcast_ref::<Tuple>() else {
            let found = result.class().name();
            return wrong(vm, format!("__getnewargs_ex__ should return a tuple, not '{found}'"));
        };
        let [args, keywords] = pair.as_slice() else {
            let found = pair.len();
            return Err(
                vm.value_error(format!("__getnewargs_ex__ should return a tuple of length 2, not {found}"))
            );
        };
        let Some(args) = args.downcast_ref::<Tuple>() else {
            let found = args.class().name();
            return wrong(
                vm,
                format!(
                    "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{found}'"
                ),
            );
        };
        let Some(keywords) = keywords.downcast_ref::<Dict>() else {
            let found = keywords.class().name();
            return wrong(
                vm,
                format!(
                    "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{found}'"
                ),
            );
        };
        return Ok(Some((args.clone(), Some(keywords.clone()))));
    }
    let Some(method) = vm.lookup_attr_str(this, "__getnewargs__")? else { return Ok(None) };
    let result = vm.call(&method, &[])?;
    match result.downcast_ref::<Tuple>() {
        Some(args) => Ok(Some((args.clone(), None))),
        None => {
            let found = result.class().name();
            wrong(vm, format!("__getnewargs__ should return a tuple, not '{found}'"))
        }
    }
}

fn reduce_new_object(vm: &mut Vm, this: &Value) -> PyResult {
    let class = this.class().clone();
    if class.slots.new.get().is_none() || class.has(crate::object::class::flag::NO_INSTANTIATION) {
        let name = class.name();
        return Err(vm.type_error(format!("cannot pickle '{name}' object")));
    }
    let arguments = new_arguments(vm, this)?;
    let copyreg = vm.import_module("copyreg")?;
    let has_arguments = arguments.is_some();
    let (function, new_args): (Value, Value) = match arguments {
        Some((args, Some(keywords))) if !keywords.is_empty() => {
            let function = vm.get_attr_str(&copyreg, "__newobj_ex__")?;
            (function, Tuple::new([class.as_value().clone(), args.into(), keywords.into()]).into())
        }
        other => {
            let function = vm.get_attr_str(&copyreg, "__newobj__")?;
            let mut all = vec![class.as_value().clone()];
            if let Some((args, _)) = other {
                all.extend(args.as_slice().iter().cloned());
            }
            (function, Tuple::new(all).into())
        }
    };
    let is_container = this.holds::<List>() || this.holds::<Dict>();
    let state = state(vm, this, !(has_arguments || is_container))?;
    let list_items = if this.holds::<List>() { vm.iter(this)? } else { Value::NONE };
    let dict_items = if this.holds::<Dict>() {
        let items = vm.call_method_str(this, "items", &[])?;
        vm.iter(&items)?
    } else {
        Value::NONE
    };
    Ok(Tuple::new([function, new_args, state, list_items, dict_items]).into())
}

/// The state: from the object's own `__getstate__`, or the default one.
fn state(vm: &mut Vm, this: &Value, required: bool) -> PyResult {
    let name = vm.names().dunder_getstate.clone();
    let method = vm.get_attr(this, &name)?;
    let default = vm.types().object.attributes().get_str(&name);
    let is_default = method.downcast_ref::<NativeFunction>().is_some_and(|found| {
        let own = default.as_ref().and_then(|d| d.downcast_ref::<MethodDescriptor>());
        found.instance.is(this) && own.is_some_and(|own| std::ptr::eq(own.def, found.def))
    });
    if is_default { default_state(vm, this, required) } else { vm.call(&method, &[]) }
}

/// `object.__getstate__`: the `__dict__`, and the slots beside it where there are any.
pub fn default_state(vm: &mut Vm, this: &Value, required: bool) -> PyResult {
    let class = this.class().clone();
    let unpicklable = |vm: &mut Vm| {
        let name = class.name();
        Err(vm.type_error(format!("cannot pickle '{name}' object")))
    };
    if required && is_variable_size(&class) {
        return unpicklable(vm);
    }
    let name = vm.names().dunder_dict.clone();
    // An empty dictionary is no state, even where something has looked at it.
    let is_empty = |dict: &Value| dict.downcast_ref::<Dict>().is_some_and(|dict| dict.is_empty());
    let mut state = vm.lookup_attr(this, &name)?.filter(|dict| !is_empty(dict)).unwrap_or(Value::NONE);
    let slot_names = slot_names(vm, &class)?;
    if required
        && !std::ptr::eq(class.layout(), Plain::layout())
        && !class.layout().is(crate::types::namespace::SimpleNamespace::layout())
    {
        return unpicklable(vm);
    }
    let slots = Dict::new();
    for name in slot_names {
        let Some(name) = name.downcast_ref::<Str>() else { continue };
        let name = vm.interp.intern_ref(name);
        if let Some(value) = vm.lookup_attr(this, &name)? {
            slots.set_str(&name, value);
        }
    }
    if !slots.is_empty() {
        state = Tuple::new([state, slots.into()]).into();
    }
    Ok(state)
}

/// The names in `__slots__` of the whole order, which `copyreg` finds once and keeps in `__slotnames__`.
fn slot_names(vm: &mut Vm, class: &Ref<Class>) -> PyResult<Vec<Value>> {
    let name = vm.intern("__slotnames__");
    if let Some(known) = class.attributes().get_str(&name) {
        return if known.is_none() { Ok(Vec::new()) } else { vm.collect(&known) };
    }
    if class.reserved_slots() == 0 {
        return Ok(Vec::new());
    }
    let copyreg = vm.import_module("copyreg")?;
    let found = vm.call_method_str(&copyreg, "_slotnames", &[class.as_value().clone()])?;
    if !found.is_none() && !found.holds::<List>() {
        return Err(vm.type_error("copyreg._slotnames didn't return a list or None"));
    }
    if found.is_none() { Ok(Vec::new()) } else { vm.collect(&found) }
}
