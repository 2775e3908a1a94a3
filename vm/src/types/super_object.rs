//! `super`.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// What a `super` object looks attributes up with.
#[derive(Clone)]
struct Binding {
    /// The class after which the search starts.
    class: Ref<Class>,
    /// The object and its class, where it is bound.
    object: Option<(Value, Ref<Class>)>,
}

/// A `super` object.
pub struct Super {
    binding: RefCell<Option<Binding>>,
}

crate::payload!(
    Super,
    "super",
    |s, visit| {
        if let Some(binding) = &*s.binding.borrow() {
            visit(binding.class.as_value());
            if let Some((object, class)) = &binding.object {
                visit(object);
                visit(class.as_value());
            }
        }
    },
    |s| drop(s.binding.take())
);

/// The attribute that comes after `class` in the order of `owner`.
pub(crate) fn find(class: &Ref<Class>, owner: &Ref<Class>, name: &Ref<Str>) -> Option<Value> {
    let order = owner.mro();
    let mut after = order.iter().skip_while(|c| !c.is(class)).skip(1);
    after.find_map(|base| base.attributes().get_str(name))
}

/// `super(class, object).name`, where the search goes along the order of `owner`, the object's class or the
/// object itself; `None` where nothing is found.
pub fn lookup(
    vm: &mut Vm,
    class: &Ref<Class>,
    object: &Value,
    owner: &Ref<Class>,
    name: &Ref<Str>,
) -> PyResult<Option<Value>> {
    let Some(found) = find(class, owner, name) else { return Ok(None) };
    match found.class().slots.descr_get.get() {
        Some(get) => {
            let instance = Some(object).filter(|object| !object.is(owner.as_value()));
            get(vm, &found, instance, owner.as_value()).map(Some)
        }
        None => Ok(Some(found)),
    }
}

/// The class along whose order `super(class, object)` searches.
pub fn check(vm: &mut Vm, class: &Ref<Class>, object: &Value) -> PyResult<Ref<Class>> {
    if let Some(own) = object.downcast_ref::<Class>()
        && own.is_subclass(class)
    {
        return Ok(own.clone());
    }
    if object.class().is_subclass(class) {
        return Ok(object.class().clone());
    }
    // A proxy may claim another class.
    let name = vm.names().dunder_class.clone();
    if let Some(claimed) = vm.lookup_attr(object, &name)?
        && let Some(claimed) = claimed.downcast_ref::<Class>()
        && !claimed.is(object.class())
        && claimed.is_subclass(class)
    {
        return Ok(claimed.clone());
    }
    Err(vm.type_error("super(type, obj): obj must be an instance or subtype of type"))
}

/// `super(class, object).name` without the `super` object, for the interpreter's `LOAD_SUPER_ATTR`.
pub fn get_attr(vm: &mut Vm, class: &Value, object: &Value, name: &Ref<Str>) -> PyResult {
    let Some(class) = class.downcast_ref::<Class>() else {
        let found = class.class().name();
        return Err(vm.type_error(format!("super() argument 1 must be a type, not {found}")));
    };
    let owner = check(vm, class, object)?;
    if !name.equals(&vm.names().dunder_class)
        && let Some(found) = lookup(vm, class, object, &owner, name)?
    {
        return Ok(found);
    }
    let whole = Super {
        binding: RefCell::new(Some(Binding { class: class.clone(), object: Some((object.clone(), owner)) })),
    };
    let whole: Value = Ref::new(whole, &vm.types().super_).into();
    crate::protocol::attributes::generic_get_attr(vm, &whole, name)
}

impl Super {
    fn bound(&self) -> Option<Binding> {
        self.binding.borrow().clone()
    }
}

#[pymethods(
    name = "super",
    doc = "super() -> same as super(__class__, <first argument>)\nsuper(type) -> unbound super object\nsuper(type, obj) -> bound super object; requires isinstance(obj, type)\nsuper(type, type2) -> bound super object; requires issubclass(type2, type)\nTypical use to call a cooperative superclass method:\nclass C(B):\n    def meth(self, arg):\n        super().meth(arg)\nThis works for class methods too:\nclass C(B):\n    @classmethod\n    def cmeth(cls, arg):\n        super().cmeth(arg)\n",
    flags = flag::BASE_TYPE
)]
impl Super {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Super { binding: RefCell::new(None) }, class).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Super>, args: Args<'_>) -> PyResult<()> {
        if !args.names.is_empty() {
            return Err(vm.type_error("super() takes no keyword arguments"));
        }
        let (class, object) = match args.values {
            [] => vm.super_arguments()?,
            [class] => (class.clone(), Value::NONE),
            [class, object] => (class.clone(), object.clone()),
            more => {
                return Err(vm.type_error(format!("super expected at most 2 arguments, got {}", more.len())));
            }
        };
        let Some(class) = class.downcast_ref::<Class>() else {
            let found = if class.is_none() { "None".into() } else { class.class().name() };
            return Err(vm.type_error(format!("super() argument 1 must be a type, not {found}")));
        };
        let object = if object.is_none() {
            None
        } else {
            let owner = check(vm, class, &object)?;
            Some((object, owner))
        };
        drop(this.binding.replace(Some(Binding { class: class.clone(), object })));
        Ok(())
    }

    #[slot(getattro)]
    fn getattro(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult {
        if let Some(binding) = this.downcast_ref::<Super>().and_then(|s| s.bound())
            && let Some((object, owner)) = &binding.object
            && !name.equals(&vm.names().dunder_class)
            && let Some(found) = lookup(vm, &binding.class, object, owner, name)?
        {
            return Ok(found);
        }
        crate::protocol::attributes::generic_get_attr(vm, this, name)
    }

    #[slot(descr_get)]
    fn get(vm: &mut Vm, this: &Ref<Super>, instance: Option<&Value>, _owner: &Value) -> PyResult {
        let (Some(instance), Some(binding)) = (instance, this.bound()) else { return Ok(this.into()) };
        if binding.object.is_some() || instance.is_none() {
            return Ok(this.into());
        }
        if !this.class().is(&vm.types().super_) {
            let class = this.class().as_value().clone();
            return vm.call(&class, &[binding.class.into(), instance.clone()]);
        }
        let owner = check(vm, &binding.class, instance)?;
        let binding = Binding { class: binding.class, object: Some((instance.clone(), owner)) };
        Ok(Ref::new(Super { binding: RefCell::new(Some(binding)) }, &vm.types().super_).into())
    }

    #[slot(repr)]
    fn repr(this: &Ref<Super>) -> PyResult {
        let Some(binding) = this.bound() else { return Ok("<super: <class 'NULL'>, NULL>".into()) };
        let class = binding.class.name();
        Ok(match binding.object {
            Some((_, owner)) => format!("<super: <class '{class}'>, <{} object>>", owner.name()),
            None => format!("<super: <class '{class}'>, NULL>"),
        }
        .into())
    }

    #[getter(name = "__thisclass__")]
    fn thisclass(this: &Ref<Super>) -> Value {
        this.bound().map(|b| b.class).into()
    }

    #[getter(name = "__self__")]
    fn instance(this: &Ref<Super>) -> Value {
        this.bound().and_then(|b| b.object).map(|(object, _)| object).into()
    }

    #[getter(name = "__self_class__")]
    fn self_class(this: &Ref<Super>) -> Value {
        this.bound().and_then(|b| b.object).map(|(_, owner)| owner).into()
    }
}
