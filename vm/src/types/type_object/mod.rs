//! `type`: classes as objects. `creation` makes them, `mro` computes what follows from their bases, `bases`
//! changes them, `instance_getsets` is what instances get.

pub mod bases;
pub mod creation;
pub mod instance_getsets;
pub mod mro;
#[cfg(test)]
mod tests;

use crate::interp;
use crate::native::{Args, FunctionDef, MethodKind, Signature};
use crate::object::class::flag;
use crate::object::slots::NewFn;
use crate::object::{Class, Ref, Value};
use crate::types::descriptor::MemberDescriptor;
use crate::types::dict::Dict;
use crate::types::slot_functions;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;

/// The name with the module, as CPython's `tp_name` has it: the module shows for native classes outside of `builtins`.
pub fn full_name(class: &Class) -> String {
    if class.has(flag::HEAP) {
        return class.name().to_string();
    }
    let names = interp::current().names();
    match class.attributes().get_str(&names.dunder_module).and_then(|m| m.downcast::<Str>().ok()) {
        Some(module) if !module.equals(&names.builtins) => format!("{}.{}", module.as_ref(), class.name()),
        _ => class.name().to_string(),
    }
}

/// The declaration behind `int.__new__` and the like: a native class's `__new__`, bound to the class.
pub static NEW: FunctionDef = FunctionDef {
    name: "__new__",
    kind: MethodKind::ClassMethod,
    function: new_wrapper,
    signature: Signature { text: "($type, *args, **kwargs)", params: &[] },
    doc: "Create and return a new object.  See help(type) for accurate signature.",
};

/// `owner.__new__(cls, …)`: checks that `cls` is one that the owner's function can make.
fn new_wrapper(vm: &mut Vm, args: Args<'_>) -> PyResult {
    let Some(owner) = args.values.first().and_then(|v| v.downcast_ref::<Class>()) else {
        return Err(vm.type_error("__new__() called with non-type 'self'"));
    };
    let args = args.rest();
    let owner_name = full_name(owner);
    let Some(first) = args.pos().first() else {
        return Err(vm.type_error(format!("{owner_name}.__new__(): not enough arguments")));
    };
    let Some(class) = first.downcast_ref::<Class>() else {
        let found = first.class().name();
        return Err(vm.type_error(format!("{owner_name}.__new__(X): X is not a type object ({found})")));
    };
    if !class.is_subclass(owner) {
        let name = full_name(class);
        return Err(
            vm.type_error(format!("{owner_name}.__new__({name}): {name} is not a subtype of {owner_name}"))
        );
    }
    let is_python = |class: &Class| {
        class.slots.new.get().is_some_and(|f| std::ptr::fn_addr_eq(f, slot_functions::new as NewFn))
    };
    let mut native = Some(class.clone());
    while let Some(current) = native.clone().filter(|c| is_python(c)) {
        native = current.base();
    }
    let own = owner.slots.new.get();
    if let Some(native) = &native
        && !native.slots.new.get().zip(own).is_some_and(|(a, b)| std::ptr::fn_addr_eq(a, b))
    {
        let (name, safe) = (full_name(class), full_name(native));
        return Err(vm.type_error(format!("{owner_name}.__new__({name}) is not safe, use {safe}.__new__()")));
    }
    match own {
        Some(new) => new(vm, class, args.rest()),
        None => Err(cannot_create(vm, owner)),
    }
}

#[cold]
fn cannot_create(vm: &mut Vm, class: &Class) -> Raised {
    let name = full_name(class);
    vm.type_error(format!("cannot create '{name}' instances"))
}

/// `cls(…)`: `__new__`, then `__init__` where that gave an instance of the class.
pub fn type_call(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult {
    let Some(class) = this.downcast_ref::<Class>() else {
        return Err(vm.type_error("type.__call__ needs a class"));
    };
    if class.is(&vm.types().type_) {
        match args.pos().len() {
            1 if args.names.is_empty() => return Ok(args.values[0].class().into()),
            3 => {}
            _ => return Err(vm.type_error("type() takes 1 or 3 arguments")),
        }
    }
    let new = match class.slots.new.get() {
        Some(new) if !class.has(flag::NO_INSTANTIATION) => new,
        _ => return Err(cannot_create(vm, class)),
    };
    let object = new(vm, class, args)?;
    if !object.class().is_subclass(class) {
        return Ok(object);
    }
    if let Some(init) = object.class().slots.init.get() {
        init(vm, &object, args)?;
    }
    Ok(object)
}

/// An attribute of a class: data descriptors of the metaclass, then the class's own order, then the metaclass.
pub fn type_getattro(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult {
    match type_getattr_opt(vm, this, name)? {
        Some(value) => Ok(value),
        None => {
            let class = match this.downcast_ref::<Class>() {
                Some(class) => full_name(class),
                None => this.class().name().to_string(),
            };
            Err(vm.attribute_error(
                this,
                name,
                format!("type object '{class}' has no attribute '{}'", name.as_ref()),
            ))
        }
    }
}

/// The same without an error where there is none.
pub fn type_getattr_opt(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult<Option<Value>> {
    let Some(class) = this.downcast_ref::<Class>() else { return Ok(None) };
    let metaclass = class.class();
    let meta_attribute = metaclass.lookup(name);
    let meta_get = meta_attribute.as_ref().and_then(|found| found.class().slots.descr_get.get());
    if let (Some(found), Some(get)) = (&meta_attribute, meta_get)
        && found.class().slots.descr_set.get().is_some()
    {
        let metaclass = metaclass.as_value().clone();
        return get(vm, found, Some(this), &metaclass).map(Some);
    }
    if let Some(found) = class.lookup(name) {
        return match found.class().slots.descr_get.get() {
            Some(get) => get(vm, &found, None, this).map(Some),
            None => Ok(Some(found)),
        };
    }
    match (meta_attribute, meta_get) {
        (Some(found), Some(get)) => {
            let metaclass = metaclass.as_value().clone();
            get(vm, &found, Some(this), &metaclass).map(Some)
        }
        (found, _) => Ok(found),
    }
}

/// Sets or deletes an attribute of a class.
pub fn type_setattro(vm: &mut Vm, this: &Value, name: &Ref<Str>, value: Option<Value>) -> PyResult<()> {
    let Some(class) = this.downcast_ref::<Class>() else {
        return Err(vm.type_error("not a class"));
    };
    if !class.has(flag::HEAP) {
        let shown = vm.repr(name.as_value())?;
        let owner = full_name(class);
        return Err(vm.type_error(format!("cannot set {shown} attribute of immutable type '{owner}'")));
    }
    if let Some(found) = class.class().lookup(name)
        && let Some(set) = found.class().slots.descr_set.get()
    {
        return set(vm, &found, this, value);
    }
    let deleting = value.is_none();
    // The old value is dropped only when every cache knows of the new one: its finaliser may run code.
    let old = match value {
        Some(value) => class.attributes().replace_str(name, value),
        None => class.attributes().remove_str(name),
    };
    if deleting && old.is_none() {
        let owner = full_name(class);
        let text = format!("type object '{owner}' has no attribute '{}'", name.as_ref());
        return Err(vm.attribute_error(this, name, text));
    }
    class.modified();
    slot_functions::attribute_changed(class, name);
    // Caches have seen what instances of this class are as attributes of other classes: they may be descriptors now.
    use super::slot_table::Dunder;
    let descriptor = [Dunder::Get, Dunder::Set, Dunder::Delete];
    if descriptor.iter().any(|dunder| dunder.name().is(name)) {
        interp::current().types().object.modified();
    }
    drop(old);
    Ok(())
}

fn own(class: &Ref<Class>, name: &Ref<Str>) -> Option<Value> {
    class.attributes().get_str(name)
}

fn set_own(class: &Ref<Class>, name: &Ref<Str>, value: Option<Value>) -> bool {
    let old = match value {
        Some(value) => {
            let old = class.attributes().replace_str(name, value);
            class.modified();
            drop(old);
            return true;
        }
        None => class.attributes().remove_str(name),
    };
    class.modified();
    old.is_some()
}

/// `__module__` of a class, where it is known.
pub fn module_of(class: &Ref<Class>) -> Option<Value> {
    let names = interp::current().names();
    match own(class, &names.dunder_module) {
        // `type` has the attribute that computes it.
        Some(module) if module.holds::<super::init::GetSet>() => Some(names.builtins.clone().into()),
        Some(module) => Some(module),
        None if !class.has(flag::HEAP) => Some(names.builtins.clone().into()),
        None => None,
    }
}

/// `__qualname__`
pub fn qualname_of(class: &Class) -> Value {
    class.qualname().map_or_else(|| Str::from_str(&class.name()).into(), Value::from)
}

#[pymethods(
    name = "type",
    doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    flags = flag::BASE_TYPE | flag::METACLASS | flag::HAS_WEAKREF,
    extend = extend
)]
impl Class {
    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Value) -> PyResult {
        let Some(class) = this.downcast_ref::<Class>() else {
            return crate::types::object_type::repr(vm, this);
        };
        let qualname = qualname_of(class);
        let qualname = vm.str(&qualname)?;
        let builtins = &vm.names().builtins;
        Ok(match module_of(class).and_then(|m| m.downcast::<Str>().ok()) {
            Some(module) if !module.equals(builtins) => format!("<class '{}.{qualname}'>", module.as_ref()),
            Some(_) => format!("<class '{qualname}'>"),
            None => format!("<class '{}'>", class.name()),
        }
        .into())
    }

    /// X | Y
    #[slot(or)]
    fn or_slot(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        crate::types::union_type::or(vm, a, b)
    }

    /// Return a type's method resolution order.
    #[method(name = "mro")]
    fn mro_method(vm: &mut Vm, this: &Ref<Class>) -> PyResult<Value> {
        let order = mro::linearize(vm, this, &this.bases())?;
        Ok(crate::types::list::List::new(order.into_iter().map(Value::from).collect()).into())
    }

    /// Return a list of immediate subclasses.
    #[method(name = "__subclasses__")]
    fn subclasses_method(this: &Ref<Class>) -> Value {
        crate::types::list::List::new(this.subclasses().into_iter().map(Value::from).collect()).into()
    }

    /// __prepare__() -> dict
    /// used to create the namespace for the class statement
    #[classmethod(name = "__prepare__", sig = "")]
    fn prepare(_cls: &Ref<Class>, args: Args<'_>) -> Value {
        let _ = args;
        Dict::new().into()
    }

    /// Check if an object is an instance.
    #[method(name = "__instancecheck__")]
    fn instancecheck(vm: &mut Vm, this: &Ref<Class>, instance: &Value) -> PyResult<bool> {
        vm.recursive_is_instance(instance, this.as_value())
    }

    /// Check if a class is a subclass.
    #[method(name = "__subclasscheck__")]
    fn subclasscheck(vm: &mut Vm, this: &Ref<Class>, subclass: &Value) -> PyResult<bool> {
        vm.recursive_is_subclass(subclass, this.as_value())
    }

    /// Specialized __dir__ implementation for types.
    #[method(name = "__dir__")]
    fn dir(vm: &mut Vm, this: &Ref<Class>) -> PyResult<Value> {
        let all = Dict::new();
        merge_class_dict(vm, &all, this.as_value())?;
        Ok(crate::types::list::List::new(all.keys()).into())
    }

    /// Return memory consumption of the type object.
    #[method(name = "__sizeof__")]
    fn sizeof(this: &Ref<Class>) -> i64 {
        if this.has(flag::HEAP) { 1064 } else { 408 }
    }

    #[getter(name = "__name__")]
    fn get_name(this: &Ref<Class>) -> String {
        this.name().to_string()
    }

    #[setter(name = "__name__")]
    fn set_name_attribute(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        let text = text_for(vm, this, "__name__", value)?;
        let text = match text.as_ref().to_utf8() {
            Ok(text) => text.into_owned(),
            Err(position) => return Err(vm.surrogate_error(&text, position)),
        };
        if text.contains('\0') {
            return Err(vm.value_error("type name must not contain null characters"));
        }
        if this.qualname().is_none() {
            this.set_qualname(Str::from_str(&this.name()));
        }
        this.set_name(&text);
        Ok(())
    }

    #[getter(name = "__qualname__")]
    fn get_qualname(this: &Ref<Class>) -> Value {
        qualname_of(this)
    }

    #[setter(name = "__qualname__")]
    fn set_qualname_attribute(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        let text = text_for(vm, this, "__qualname__", value)?;
        this.set_qualname(text);
        Ok(())
    }

    #[getter(name = "__module__")]
    fn get_module(vm: &mut Vm, this: &Ref<Class>) -> PyResult<Value> {
        match module_of(this) {
            Some(module) => Ok(module),
            None => Err(missing(vm, this, "__module__")),
        }
    }

    #[setter(name = "__module__")]
    fn set_module(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        check_settable(vm, this, "__module__", &value)?;
        let name = vm.names().dunder_module.clone();
        set_own(this, &name, value);
        Ok(())
    }

    #[getter(name = "__doc__")]
    fn get_doc(vm: &mut Vm, this: &Ref<Class>) -> PyResult<Value> {
        let name = vm.names().dunder_doc.clone();
        let Some(found) = own(this, &name) else { return Ok(Value::NONE) };
        match found.class().slots.descr_get.get() {
            Some(get) => get(vm, &found, None, this.as_value()),
            None => Ok(found),
        }
    }

    #[setter(name = "__doc__")]
    fn set_doc(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        check_settable(vm, this, "__doc__", &value)?;
        let name = vm.names().dunder_doc.clone();
        set_own(this, &name, value);
        Ok(())
    }

    #[getter(name = "__bases__")]
    fn get_bases(this: &Ref<Class>) -> Value {
        let bases: Vec<Value> = this.bases().iter().map(Value::from).collect();
        Tuple::new(bases).into()
    }

    #[setter(name = "__bases__")]
    fn set_bases_attribute(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        check_settable(vm, this, "__bases__", &value)?;
        bases::set_bases(vm, this, value)
    }

    #[getter(name = "__base__")]
    fn get_base(this: &Ref<Class>) -> Option<Ref<Class>> {
        this.base()
    }

    #[getter(name = "__mro__")]
    fn get_mro(this: &Ref<Class>) -> Value {
        let order: Vec<Value> = this.mro().iter().map(Value::from).collect();
        Tuple::new(order).into()
    }

    #[getter(name = "__dict__")]
    fn get_dict(this: &Ref<Class>) -> Value {
        crate::types::mapping_proxy::MappingProxy::new(this.attributes().into()).into()
    }

    #[getter(name = "__abstractmethods__")]
    fn get_abstractmethods(vm: &mut Vm, this: &Ref<Class>) -> PyResult<Value> {
        let name = vm.names().dunder_abstractmethods.clone();
        let is_type = this.is(&vm.types().type_);
        match own(this, &name).filter(|_| !is_type) {
            Some(value) => Ok(value),
            None => Err(vm.attribute_error(this.as_value(), &name, "__abstractmethods__")),
        }
    }

    #[setter(name = "__abstractmethods__")]
    fn set_abstractmethods(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        let name = vm.names().dunder_abstractmethods.clone();
        let is_abstract = match &value {
            Some(value) => vm.truth(value)?,
            None => false,
        };
        let deleting = value.is_none();
        if !set_own(this, &name, value) && deleting {
            return Err(vm.attribute_error(this.as_value(), &name, "__abstractmethods__"));
        }
        this.set_flags(flag::ABSTRACT, is_abstract);
        Ok(())
    }

    #[getter(name = "__text_signature__")]
    fn get_text_signature(vm: &mut Vm, this: &Ref<Class>) -> PyResult<Value> {
        let name = vm.names().dunder_text_signature.clone();
        Ok(own(this, &name).unwrap_or(Value::NONE))
    }

    #[getter(name = "__annotations__")]
    fn get_annotations(vm: &mut Vm, this: &Ref<Class>) -> PyResult<Value> {
        let name = vm.names().dunder_annotations.clone();
        if !this.has(flag::HEAP) {
            return Err(missing(vm, this, "__annotations__"));
        }
        if let Some(found) = own(this, &name) {
            return match found.class().slots.descr_get.get() {
                Some(get) => get(vm, &found, None, this.as_value()),
                None => Ok(found),
            };
        }
        let annotations: Value = Dict::new().into();
        set_own(this, &name, Some(annotations.clone()));
        Ok(annotations)
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        if !this.has(flag::HEAP) {
            let owner = full_name(this);
            return Err(
                vm.type_error(format!("cannot set '__annotations__' attribute of immutable type '{owner}'"))
            );
        }
        let name = vm.names().dunder_annotations.clone();
        let deleting = value.is_none();
        if !set_own(this, &name, value) && deleting {
            return Err(vm.attribute_error(this.as_value(), &name, "__annotations__"));
        }
        Ok(())
    }

    #[getter(name = "__type_params__")]
    fn get_type_params(vm: &mut Vm, this: &Ref<Class>) -> Value {
        let name = vm.names().dunder_type_params.clone();
        own(this, &name).unwrap_or_else(|| vm.names().empty_tuple.clone().into())
    }

    #[setter(name = "__type_params__")]
    fn set_type_params(vm: &mut Vm, this: &Ref<Class>, value: Option<Value>) -> PyResult<()> {
        check_settable(vm, this, "__type_params__", &value)?;
        let name = vm.names().dunder_type_params.clone();
        set_own(this, &name, value);
        Ok(())
    }

    #[getter(name = "__basicsize__")]
    fn get_basicsize(this: &Ref<Class>) -> usize {
        this.layout().size + this.attributes_bytes()
    }

    #[getter(name = "__itemsize__")]
    fn get_itemsize(this: &Ref<Class>) -> i64 {
        if mro::is_variable_size(this) { 8 } else { 0 }
    }

    #[getter(name = "__flags__")]
    fn get_flags(this: &Ref<Class>) -> i64 {
        flags_of_cpython(this)
    }

    #[getter(name = "__dictoffset__")]
    fn get_dictoffset(this: &Ref<Class>) -> i64 {
        if creation::has_any_dict(this) { -1 } else { 0 }
    }

    #[getter(name = "__weakrefoffset__")]
    fn get_weakrefoffset(this: &Ref<Class>) -> i64 {
        if this.has(flag::HAS_WEAKREF) { 24 } else { 0 }
    }
}

/// The slots that others compare by address.
fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.call.set(Some(type_call));
    class.slots.getattro.set(Some(type_getattro));
    class.slots.setattro.set(Some(type_setattro));
    class.slots.new.set(Some(creation::type_new));
    class.slots.init.set(Some(type_init));
    Ok(())
}

fn type_init(vm: &mut Vm, _this: &Value, args: Args<'_>) -> PyResult<()> {
    match args.pos().len() {
        1 if !args.names.is_empty() => Err(vm.type_error("type.__init__() takes no keyword arguments")),
        1 | 3 => Ok(()),
        _ => Err(vm.type_error("type.__init__() takes 1 or 3 arguments")),
    }
}

/// The bits of CPython's `tp_flags` that programs look at (`inspect.isabstract`, `abc`).
fn flags_of_cpython(class: &Class) -> i64 {
    let types = interp::current().types();
    let subclass = |of: &Ref<Class>, bit: i64| if class.is_subclass(of) { 1 << bit } else { 0 };
    let bit = |flags: u32, bit: i64| if class.has(flags) { 1 << bit } else { 0 };
    bit(flag::SEQUENCE, 5)
        | bit(flag::MAPPING, 6)
        | bit(flag::NO_INSTANTIATION, 7)
        | if class.has(flag::HEAP) { 1 << 9 } else { 1 << 8 }
        | bit(flag::BASE_TYPE, 10)
        | 1 << 12
        | if class.layout().gc || class.has(flag::HEAP) { 1 << 14 } else { 0 }
        | bit(flag::METHOD_DESCRIPTOR, 17)
        | bit(flag::ABSTRACT, 20)
        | bit(flag::MATCH_SELF, 22)
        | subclass(&types.int, 24)
        | subclass(&types.list, 25)
        | subclass(&types.tuple, 26)
        | subclass(&types.bytes, 27)
        | subclass(&types.str, 28)
        | subclass(&types.dict, 29)
        | subclass(&types.exceptions.base_exception, 30)
        | subclass(&types.type_, 31)
}

#[cold]
fn missing(vm: &mut Vm, class: &Ref<Class>, name: &str) -> Raised {
    let owner = full_name(class);
    let interned = vm.intern(name);
    vm.attribute_error(
        class.as_value(),
        &interned,
        format!("type object '{owner}' has no attribute '{name}'"),
    )
}

/// Whether a special attribute of a class can be set.
fn check_settable(vm: &mut Vm, class: &Ref<Class>, name: &str, value: &Option<Value>) -> PyResult<()> {
    let owner = full_name(class);
    if !class.has(flag::HEAP) {
        return Err(vm.type_error(format!("cannot set '{name}' attribute of immutable type '{owner}'")));
    }
    if value.is_none() {
        return Err(vm.type_error(format!("cannot delete '{name}' attribute of immutable type '{owner}'")));
    }
    Ok(())
}

fn text_for(vm: &mut Vm, class: &Ref<Class>, name: &str, value: Option<Value>) -> PyResult<Ref<Str>> {
    check_settable(vm, class, name, &value)?;
    let value = value.unwrap_or(Value::NONE);
    match value.downcast_ref::<Str>() {
        Some(text) => Ok(text.clone()),
        None => {
            let (owner, found) = (class.name(), value.class().name());
            Err(vm.type_error(format!("can only assign string to {owner}.{name}, not '{found}'")))
        }
    }
}

/// Adds the attributes of a class and of its bases to `all`, as `dir()` collects them.
pub fn merge_class_dict(vm: &mut Vm, all: &Ref<Dict>, class: &Value) -> PyResult<()> {
    vm.check_native_stack(" while collecting attributes")?;
    if let Some(class) = class.downcast_ref::<Class>() {
        for base in class.mro().iter().rev() {
            for (key, value) in base.attributes().items() {
                all.set(vm, key, value)?;
            }
        }
        return Ok(());
    }
    let names = vm.names();
    if let Some(dict) = vm.lookup_attr(class, &names.dunder_dict)? {
        vm.update_dict(all, &dict)?;
    }
    if let Some(bases) = vm.lookup_attr(class, &names.dunder_bases)?
        && let Some(bases) = bases.downcast_ref::<Tuple>()
    {
        for base in bases.as_slice() {
            merge_class_dict(vm, all, base)?;
        }
    }
    Ok(())
}

/// The slots of a class that were declared by name, for `__class__` assignment and pickling.
pub fn slot_members(class: &Ref<Class>) -> Vec<Ref<MemberDescriptor>> {
    class
        .attributes()
        .items()
        .into_iter()
        .filter_map(|(_, v)| v.downcast::<MemberDescriptor>().ok())
        .filter(|member| !member.is_native())
        .collect()
}
