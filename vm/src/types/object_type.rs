//! `object`: what every object can do.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::{CompareOp, InitFn, NewFn};
use crate::object::{Class, Payload, Ref, Value};
use crate::types::Plain;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::type_object::{bases, merge_class_dict, module_of, qualname_of};
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// `<module.Class object at 0x…>`
pub fn repr(vm: &mut Vm, this: &Value) -> PyResult {
    let class = this.class();
    let id = this.identity();
    let builtins = &vm.names().builtins;
    let qualname = qualname_of(class);
    let qualname = qualname.downcast_ref::<Str>().map(|q| q.to_string()).unwrap_or_default();
    Ok(match module_of(class).and_then(|m| m.downcast::<Str>().ok()) {
        Some(module) if !module.equals(builtins) => {
            format!("<{}.{qualname} object at {id:#x}>", module.as_ref())
        }
        _ => format!("<{} object at {id:#x}>", class.name()),
    }
    .into())
}

/// `object.__new__`
pub fn new(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
    if !args.values.is_empty() {
        let own_new = class.slots.new.get().is_some_and(|f| std::ptr::fn_addr_eq(f, new as NewFn));
        if !own_new {
            return Err(
                vm.type_error("object.__new__() takes exactly one argument (the type to instantiate)")
            );
        }
        if class.slots.init.get().is_none_or(|f| std::ptr::fn_addr_eq(f, init as InitFn)) {
            let name = class.name();
            return Err(vm.type_error(format!("{name}() takes no arguments")));
        }
    }
    if class.has(flag::ABSTRACT) {
        return Err(abstract_error(vm, class));
    }
    if !std::ptr::eq(class.layout(), Plain::layout()) {
        let name = class.name();
        return Err(vm.type_error(format!("object.__new__({name}) is not safe, use {name}.__new__()")));
    }
    Ok(Ref::new(Plain, class).into())
}

#[cold]
fn abstract_error(vm: &mut Vm, class: &Ref<Class>) -> crate::vm::Raised {
    let attribute = vm.names().dunder_abstractmethods.clone();
    let methods = match vm.get_attr(class.as_value(), &attribute).and_then(|methods| vm.collect(&methods)) {
        Ok(methods) => methods,
        Err(raised) => return raised,
    };
    let mut names: Vec<String> =
        methods.iter().filter_map(|m| m.downcast_ref::<Str>().map(|name| name.to_string())).collect();
    names.sort();
    let plural = if names.len() == 1 { "" } else { "s" };
    let class = class.name();
    let names = names.join("', '");
    vm.type_error(format!(
        "Can't instantiate abstract class {class} without an implementation for abstract method{plural} '{names}'"
    ))
}

/// `object.__init__`
pub fn init(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult<()> {
    if args.values.is_empty() {
        return Ok(());
    }
    let class = this.class();
    if class.slots.init.get().is_some_and(|f| !std::ptr::fn_addr_eq(f, init as InitFn)) {
        return Err(
            vm.type_error("object.__init__() takes exactly one argument (the instance to initialize)")
        );
    }
    if class.slots.new.get().is_some_and(|f| std::ptr::fn_addr_eq(f, new as NewFn)) {
        let name = class.name();
        return Err(vm.type_error(format!(
            "{name}.__init__() takes exactly one argument (the instance to initialize)"
        )));
    }
    Ok(())
}

/// The hash of an object that compares by identity.
pub fn identity_hash(value: &Value) -> i64 {
    // The low bits of an address are zero.
    match value.identity().rotate_right(4) as i64 {
        -1 => -2,
        hash => hash,
    }
}

/// `object`
pub struct ObjectType;

#[pymethods(
    name = "object",
    payload = Plain,
    accepts = |_value| true,
    doc = "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n",
    flags = flag::BASE_TYPE,
    extend = extend
)]
impl ObjectType {
    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Value) -> PyResult {
        repr(vm, this)
    }

    #[slot(str)]
    fn str_slot(vm: &mut Vm, this: &Value) -> PyResult {
        Ok(vm.repr(this)?.into())
    }

    #[slot(hash)]
    fn hash_slot(_vm: &mut Vm, this: &Value) -> PyResult<i64> {
        Ok(identity_hash(this))
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        match op {
            CompareOp::Eq if a.is(b) => Ok(Value::TRUE),
            CompareOp::Ne => {
                // By default `!=` is the opposite of `==`.
                let Some(compare) = a.class().slots.richcompare.get() else {
                    return Ok(Value::NOT_IMPLEMENTED);
                };
                let result = compare(vm, a, b, CompareOp::Eq)?;
                if result.is_not_implemented() {
                    return Ok(result);
                }
                Ok(Value::bool(!vm.truth(&result)?))
            }
            _ => Ok(Value::NOT_IMPLEMENTED),
        }
    }

    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[method(name = "__format__", sig = "(format_spec, /)")]
    fn format(vm: &mut Vm, this: &Value, spec: &Ref<Str>) -> PyResult<Value> {
        if !spec.is_empty() {
            let class = this.class().name();
            return Err(vm.type_error(format!("unsupported format string passed to {class}.__format__")));
        }
        Ok(vm.str(this)?.into())
    }

    /// Size of object in memory, in bytes.
    #[method(name = "__sizeof__")]
    fn sizeof(this: &Value) -> usize {
        let class = this.class();
        class.layout().size + class.attributes_bytes()
    }

    /// Default dir() implementation.
    #[method(name = "__dir__")]
    fn dir(vm: &mut Vm, this: &Value) -> PyResult<Value> {
        let names = vm.names();
        let all = match vm.lookup_attr(this, &names.dunder_dict)? {
            Some(dict) => match dict.downcast_ref::<Dict>() {
                Some(dict) => dict.copy(),
                None => Dict::new(),
            },
            None => Dict::new(),
        };
        if let Some(class) = vm.lookup_attr(this, &names.dunder_class)? {
            merge_class_dict(vm, &all, &class)?;
        }
        Ok(List::new(all.keys()).into())
    }

    /// Helper for pickle.
    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Value) -> PyResult {
        super::object_reduce::common_reduce(vm, this, 0)
    }

    /// Helper for pickle.
    #[method(name = "__reduce_ex__", sig = "(protocol, /)")]
    fn reduce_ex(vm: &mut Vm, this: &Value, protocol: i32) -> PyResult {
        super::object_reduce::reduce_ex(vm, this, protocol)
    }

    /// Helper for pickle.
    #[method(name = "__getstate__")]
    fn getstate(vm: &mut Vm, this: &Value) -> PyResult {
        super::object_reduce::default_state(vm, this, false)
    }

    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    #[classmethod(name = "__init_subclass__", sig = "")]
    fn init_subclass(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult<()> {
        let class = qualname_of(cls);
        let class = class.downcast_ref::<Str>().map(|q| q.to_string()).unwrap_or_default();
        if !args.names.is_empty() {
            return Err(vm.type_error(format!("{class}.__init_subclass__() takes no keyword arguments")));
        }
        if !args.values.is_empty() {
            let given = args.values.len();
            return Err(
                vm.type_error(format!("{class}.__init_subclass__() takes no arguments ({given} given)"))
            );
        }
        Ok(())
    }

    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    #[classmethod(name = "__subclasshook__", sig = "")]
    fn subclasshook(_cls: &Ref<Class>, args: Args<'_>) -> Value {
        let _ = args;
        Value::NOT_IMPLEMENTED
    }

    /// the object's class
    #[getter(name = "__class__")]
    fn class(this: &Value) -> Ref<Class> {
        this.class().clone()
    }

    #[setter(name = "__class__")]
    fn set_class(vm: &mut Vm, this: &Value, value: Option<Value>) -> PyResult<()> {
        bases::set_class(vm, this, value)
    }
}

/// The slots that others compare by address.
fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.new.set(Some(new));
    class.slots.init.set(Some(init));
    class.slots.setattro.set(Some(crate::protocol::attributes::generic_set_attr));
    class.slots.getattro.set(Some(crate::protocol::attributes::generic_get_attr));
    Ok(())
}
