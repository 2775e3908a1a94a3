//! `type.__new__`: how a class is made from its name, bases and name space.

use super::mro::{best_base, calculate_metaclass, is_variable_size, resolution_order};
use crate::interp;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Payload, Ref, Value};
use crate::types::cell::Cell;
use crate::types::descriptor::MemberDescriptor;
use crate::types::dict::Dict;
use crate::types::function::{Function, NativeFunction};
use crate::types::init::GetSet;
use crate::types::method_objects::{ClassMethod, StaticMethod};
use crate::types::module::Module;
use crate::types::slot_functions;
use crate::types::slot_table::Dunder;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use std::rc::Rc;

/// The three arguments of `type(name, bases, dict)`.
struct Request {
    name: Ref<Str>,
    bases: Vec<Value>,
    namespace: Ref<Dict>,
}

impl Request {
    fn parse(vm: &mut Vm, args: Args<'_>) -> PyResult<Request> {
        let [name, bases, namespace] = args.pos() else {
            let given = args.pos().len();
            return Err(vm.type_error(format!("type.__new__() takes exactly 3 arguments ({given} given)")));
        };
        let wrong = |vm: &mut Vm, position: u32, expected: &str, value: &Value| {
            let found = if value.is_none() { Rc::from("None") } else { value.class().name() };
            Err(vm.type_error(format!("type.__new__() argument {position} must be {expected}, not {found}")))
        };
        let Some(name) = name.downcast_ref::<Str>() else { return wrong(vm, 1, "str", name) };
        let Some(bases) = bases.downcast_ref::<Tuple>() else { return wrong(vm, 2, "tuple", bases) };
        let Some(namespace) = namespace.downcast_ref::<Dict>() else {
            return wrong(vm, 3, "dict", namespace);
        };
        Ok(Request { name: name.clone(), bases: bases.as_slice().to_vec(), namespace: namespace.clone() })
    }
}

/// `type.__new__(metaclass, name, bases, dict, **keywords)`
pub fn type_new(vm: &mut Vm, metaclass: &Ref<Class>, args: Args<'_>) -> PyResult {
    let request = Request::parse(vm, args)?;
    let mut metaclass = metaclass.clone();
    let bases = if request.bases.is_empty() {
        vec![vm.types().object.clone()]
    } else {
        check_mro_entries(vm, &request.bases)?;
        let winner = calculate_metaclass(vm, &metaclass, &request.bases)?;
        if !winner.is(&metaclass) {
            if let Some(new) = winner.slots.new.get()
                && !std::ptr::fn_addr_eq(new, type_new as crate::object::slots::NewFn)
            {
                return new(vm, &winner, args);
            }
            metaclass = winner;
        }
        class_bases(vm, &request.bases)?
    };
    let base = best_base(vm, &bases)?;
    let class = build(vm, &metaclass, &request, bases, base)?;
    set_names(vm, &class)?;
    init_subclass(vm, &class, args)?;
    Ok(class.into())
}

fn check_mro_entries(vm: &mut Vm, bases: &[Value]) -> PyResult<()> {
    let name = vm.names().dunder_mro_entries.clone();
    for base in bases {
        if !base.holds::<Class>() && vm.lookup_attr(base, &name)?.is_some() {
            return Err(vm.type_error("type() doesn't support MRO entry resolution; use types.new_class()"));
        }
    }
    Ok(())
}

fn class_bases(vm: &mut Vm, bases: &[Value]) -> PyResult<Vec<Ref<Class>>> {
    let mut classes = Vec::with_capacity(bases.len());
    for base in bases {
        match base.downcast_ref::<Class>() {
            Some(class) => classes.push(class.clone()),
            None => return Err(vm.type_error("bases must be types")),
        }
    }
    Ok(classes)
}

/// The class without the calls that tell others about it.
fn build(
    vm: &mut Vm,
    metaclass: &Ref<Class>,
    request: &Request,
    bases: Vec<Ref<Class>>,
    base: Ref<Class>,
) -> PyResult<Ref<Class>> {
    let attributes = Dict::new();
    request.namespace.copy_into(&attributes);
    let names = vm.names();
    let plan = plan_slots(vm, &attributes, request, &bases, &base)?;
    let name = class_name(vm, &request.name)?;

    let inherited = flag::HAS_ATTRIBUTES
        | flag::HAS_DICT
        | flag::HAS_WEAKREF
        | flag::EXCEPTION
        | flag::METACLASS
        | flag::MATCH_SELF;
    let mut flags = flag::HEAP | flag::BASE_TYPE | base.flags() & inherited;
    // For patterns a class is a sequence or a mapping, whichever its first base is that is one.
    let collections = bases.iter().map(|base| base.flags() & (flag::SEQUENCE | flag::MAPPING));
    flags |= collections.into_iter().find(|flags| *flags != 0).unwrap_or_default();
    if plan.add_dict {
        flags |= flag::HAS_DICT | flag::HAS_ATTRIBUTES;
    }
    if plan.add_weakref {
        flags |= flag::HAS_WEAKREF;
    }
    let reserved = base.reserved_slots() + plan.names.len() as u32;
    if reserved > 0 {
        flags |= flag::HAS_ATTRIBUTES;
    }
    let qualname = match attributes.remove_str(&names.dunder_qualname) {
        None => request.name.clone(),
        Some(qualname) => match qualname.downcast_ref::<Str>() {
            Some(text) => text.clone(),
            None => {
                let found = qualname.class().name();
                return Err(vm.type_error(format!("type __qualname__ must be a str, not {found}")));
            }
        },
    };
    if attributes.get_str(&names.dunder_module).is_none()
        && let Some(module) = vm.caller_module_name()
    {
        attributes.set_str(&names.dunder_module, module);
    }
    wrap_special_functions(&attributes);
    let cells = take_cells(vm, &attributes)?;

    let class = Ref::new(Class::new(&name, base.layout(), flags, attributes.clone()), metaclass);
    class.set_qualname(qualname);
    class.set_bases(Some(base.clone()), Rc::from(bases.as_slice()));
    class.set_reserved_slots(reserved);
    for (i, name) in plan.names.iter().enumerate() {
        let slot = base.reserved_slots() + i as u32;
        attributes.set_str(name, MemberDescriptor::slot(&class, name, slot).into());
    }
    let mro = resolution_order(vm, &class)?;
    class.set_mro(mro);
    if plan.add_dict {
        add_getset(&class, &super::instance_getsets::DICT);
    }
    if plan.add_weakref {
        add_getset(&class, &super::instance_getsets::WEAKREF);
    }
    if attributes.get_str(&names.dunder_doc).is_none() {
        attributes.set_str(&names.dunder_doc, Value::NONE);
    }
    if attributes.get_str(&names.dunder_eq).is_some() && attributes.get_str(&names.dunder_hash).is_none() {
        attributes.set_str(&names.dunder_hash, Value::NONE);
    }
    for base in class.bases().iter() {
        base.add_subclass(&class);
    }
    // A metaclass's `mro` may have looked attributes up already.
    class.modified();
    slot_functions::fill(&class);
    if let Some(cell) = cells.class {
        drop(cell.replace((&class).into()));
    }
    if let Some(cell) = cells.namespace {
        drop(cell.replace((&request.namespace).into()));
    }
    Ok(class)
}

fn class_name(vm: &mut Vm, name: &Ref<Str>) -> PyResult<String> {
    let text = match name.as_ref().to_utf8() {
        Ok(text) => text.into_owned(),
        Err(position) => return Err(vm.surrogate_error(name, position)),
    };
    if text.contains('\0') {
        return Err(vm.value_error("type name must not contain null characters"));
    }
    Ok(text)
}

fn add_getset(class: &Ref<Class>, def: &'static crate::native::GetSetDef) {
    let name = interp::current().intern(def.name);
    if class.attributes().get_str(&name).is_none() {
        class.attributes().set_str(&name, GetSet::new(class, def).into());
    }
}

// --- __slots__ ---

struct Plan {
    /// Mangled names that get a slot, sorted.
    names: Vec<Ref<Str>>,
    add_dict: bool,
    add_weakref: bool,
}

/// Whether instances have a `__dict__` of any kind.
pub fn has_any_dict(class: &Class) -> bool {
    class.has_dict() || class.has(flag::METACLASS) || class.layout().is(Module::layout())
}

fn plan_slots(
    vm: &mut Vm,
    attributes: &Ref<Dict>,
    request: &Request,
    bases: &[Ref<Class>],
    base: &Ref<Class>,
) -> PyResult<Plan> {
    let names = vm.names();
    let may_add_dict = !has_any_dict(base);
    let may_add_weakref = !base.has(flag::HAS_WEAKREF) && !is_variable_size(base);
    let Some(slots) = attributes.get_str(&names.dunder_slots) else {
        return Ok(Plan { names: Vec::new(), add_dict: may_add_dict, add_weakref: may_add_weakref });
    };
    let items = if slots.holds::<Str>() { vec![slots.clone()] } else { vm.collect(&slots)? };
    if !items.is_empty() && is_variable_size(base) {
        let name = super::full_name(base);
        return Err(vm.type_error(format!("nonempty __slots__ not supported for subtype of '{name}'")));
    }
    let mut plan = Plan { names: Vec::new(), add_dict: false, add_weakref: false };
    for item in &items {
        let Some(name) = item.downcast_ref::<Str>() else {
            let found = item.class().name();
            return Err(vm.type_error(format!("__slots__ items must be strings, not '{found}'")));
        };
        if !crate::text::classify::is_identifier(name.as_ref()) {
            return Err(vm.type_error("__slots__ must be identifiers"));
        }
        if name.equals(&names.dunder_dict) {
            if !may_add_dict || plan.add_dict {
                return Err(vm.type_error("__dict__ slot disallowed: we already got one"));
            }
            plan.add_dict = true;
        } else if name.equals(&names.dunder_weakref) {
            if !may_add_weakref || plan.add_weakref {
                return Err(vm.type_error("__weakref__ slot disallowed: we already got one"));
            }
            plan.add_weakref = true;
        } else {
            let mangled = mangle(&request.name, name);
            let exempt = ["__qualname__", "__classcell__", "__classdictcell__"];
            if attributes.get_str(&mangled).is_some()
                && !exempt.iter().any(|e| mangled.as_ref().equals_str(e))
            {
                let shown = vm.repr(name.as_value())?;
                return Err(vm.value_error(format!("{shown} in __slots__ conflicts with class variable")));
            }
            plan.names.push(mangled);
        }
    }
    plan.names.sort_by_cached_key(|name| name.as_ref().code_points().collect::<Vec<u32>>());
    // A name that stands there twice has two slots in CPython too; only the last can be reached.
    for other in bases.iter().filter(|other| !other.is(base)) {
        plan.add_dict |= may_add_dict && has_any_dict(other);
        plan.add_weakref |= may_add_weakref && other.has(flag::HAS_WEAKREF);
    }
    Ok(plan)
}

/// A private name (`__x`) as it is inside a class.
fn mangle(class: &Ref<Str>, name: &Ref<Str>) -> Ref<Str> {
    let interp = interp::current();
    let text = name.to_string();
    let class = class.to_string();
    let owner = class.trim_start_matches('_');
    if !text.starts_with("__") || text.ends_with("__") || text.contains('.') || owner.is_empty() {
        return interp.intern_ref(name);
    }
    interp.intern(&format!("_{owner}{text}"))
}

// --- what the class body leaves in the name space ---

/// `__new__`, `__init_subclass__` and `__class_getitem__` need no decorator.
fn wrap_special_functions(attributes: &Ref<Dict>) {
    let interp = interp::current();
    let names = interp.names();
    if let Some(function) = attributes.get_str(&names.dunder_new)
        && function.holds::<Function>()
    {
        attributes.set_str(&names.dunder_new, StaticMethod::new(function).into());
    }
    for name in [&names.dunder_init_subclass, &names.dunder_class_getitem] {
        if let Some(function) = attributes.get_str(name)
            && function.holds::<Function>()
        {
            attributes.set_str(name, ClassMethod::new(function).into());
        }
    }
}

#[derive(Default)]
struct Cells {
    class: Option<Ref<Cell>>,
    namespace: Option<Ref<Cell>>,
}

/// The cells through which methods reach the class (`super()`) and annotations its name space.
fn take_cells(vm: &mut Vm, attributes: &Ref<Dict>) -> PyResult<Cells> {
    let names = vm.names();
    let mut cells = Cells::default();
    for (name, cell) in
        [(&names.dunder_classcell, &mut cells.class), (&names.dunder_classdictcell, &mut cells.namespace)]
    {
        let Some(value) = attributes.remove_str(name) else { continue };
        match value.downcast_ref::<Cell>() {
            Some(found) => *cell = Some(found.clone()),
            None => {
                let found = vm.repr(value.class().as_value())?;
                return Err(vm.type_error(format!("{} must be a nonlocal cell, not {found}", name.as_ref())));
            }
        }
    }
    Ok(cells)
}

// --- telling others ---

/// Calls `__set_name__` of every attribute that has it.
fn set_names(vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    let method_name = vm.names().dunder_set_name.clone();
    for (key, value) in class.attributes().items() {
        let Some(method) = slot_functions::special(vm, &value, &method_name)? else { continue };
        if let Err(raised) = method.call(vm, &value, &[class.as_value(), &key]) {
            let kind = value.class().name();
            let key = vm.repr(&key)?;
            let owner = class.name();
            vm.add_note(
                &raised,
                &format!("Error calling __set_name__ on '{kind}' instance {key} in '{owner}'"),
            );
            return Err(raised);
        }
    }
    Ok(())
}

/// Calls `__init_subclass__` of the next class in the order, with the class statement's keywords.
fn init_subclass(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult<()> {
    let name = vm.names().dunder_init_subclass.clone();
    let method = crate::types::super_object::lookup(vm, class, class.as_value(), class, &name)?;
    let keywords = Args { values: &args.values[args.pos().len()..], names: args.names };
    match method {
        Some(method) => vm.call_args(&method, keywords).map(drop),
        None => Ok(()),
    }
}

/// Whether a value is the `__new__` of a native class.
pub fn is_native_new(value: &Value) -> bool {
    value.downcast_ref::<NativeFunction>().is_some_and(|f| f.is_new())
}

/// A class's `__new__` as an attribute, for native classes.
pub fn add_native_new(class: &Ref<Class>) {
    let function = NativeFunction::new(&super::NEW, class.into(), Value::NONE);
    class.attributes().set_str(Dunder::New.name(), function.into());
}
