//! `property`.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::function::Function;
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// A `property`. Missing functions are `None`.
pub struct Property {
    get: RefCell<Value>,
    set: RefCell<Value>,
    delete: RefCell<Value>,
    doc: RefCell<Value>,
    /// The name that `__set_name__` told; `UNBOUND` before.
    name: RefCell<Value>,
    doc_from_getter: Cell<bool>,
}

crate::payload!(
    Property,
    "property",
    |p, visit| {
        visit(&p.get.borrow());
        visit(&p.set.borrow());
        visit(&p.delete.borrow());
        visit(&p.doc.borrow());
        visit(&p.name.borrow());
    },
    |p| {
        let old = [&p.get, &p.set, &p.delete, &p.doc].map(|cell| cell.replace(Value::NONE));
        drop(old);
    }
);

impl Property {
    /// The getter, if it is a function written in Python that takes just the object.
    #[inline]
    pub(crate) fn python_getter(&self) -> Option<Ref<Function>> {
        let get = self.get.borrow();
        let function = get.downcast_ref::<Function>()?;
        (function.simple_parameters.get() == 1).then(|| function.clone())
    }

    fn empty() -> Property {
        let none = || RefCell::new(Value::NONE);
        Property {
            get: none(),
            set: none(),
            delete: none(),
            doc: none(),
            name: RefCell::new(Value::UNBOUND),
            doc_from_getter: Cell::new(false),
        }
    }
}

/// `property 'x' of 'C' object has no getter`
#[cold]
fn lacks(vm: &mut Vm, this: &Ref<Property>, object: &Value, what: &str) -> Raised {
    let class = super::type_object::qualname_of(object.class());
    let class = match vm.repr(&class) {
        Ok(text) => text,
        Err(raised) => return raised,
    };
    let name = this.name.borrow().clone();
    let text = if name.is_unbound() {
        format!("property of {class} object has no {what}")
    } else {
        match vm.repr(&name) {
            Ok(name) => format!("property {name} of {class} object has no {what}"),
            Err(raised) => return raised,
        }
    };
    let class = vm.types().exceptions.attribute_error.clone();
    vm.new_error(&class, text)
}

/// A property like this one with one function replaced.
fn with(
    vm: &mut Vm,
    this: &Ref<Property>,
    get: Option<&Value>,
    set: Option<&Value>,
    delete: Option<&Value>,
) -> PyResult {
    let choose = |new: Option<&Value>, old: &RefCell<Value>| match new {
        Some(new) if !new.is_none() => new.clone(),
        _ => old.borrow().clone(),
    };
    let get = choose(get, &this.get);
    let doc =
        if this.doc_from_getter.get() && !get.is_none() { Value::NONE } else { this.doc.borrow().clone() };
    let args = [get, choose(set, &this.set), choose(delete, &this.delete), doc];
    let class = this.class().as_value().clone();
    let new = vm.call(&class, &args)?;
    if let Some(property) = new.downcast_ref::<Property>() {
        drop(property.name.replace(this.name.borrow().clone()));
    }
    Ok(new)
}

#[pymethods(
    name = "property",
    doc = "Property attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\nTypical use is to define a managed attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def setx(self, value): self._x = value\n    def delx(self): del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\nDecorators make defining new properties or modifying existing ones easy:\n\nclass C(object):\n    @property\n    def x(self):\n        \"I am the 'x' property.\"\n        return self._x\n    @x.setter\n    def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        del self._x",
    flags = flag::BASE_TYPE,
    extend = extend
)]
impl Property {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Property::empty(), class).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Property>, args: Args<'_>) -> PyResult<()> {
        const PARAMS: &[crate::native::Param] = &[param("fget"), param("fset"), param("fdel"), param("doc")];
        let (slots, _) = crate::native::bind::<4, 0, 4>(vm, "property", PARAMS, args)?;
        let [get, set, delete, doc] = slots.map(|value| value.cloned().unwrap_or(Value::NONE));
        this.doc_from_getter.set(false);
        let doc_name = vm.names().dunder_doc.clone();
        let mut doc = Some(doc).filter(|doc| !doc.is_none());
        if doc.is_none() && !get.is_none() {
            doc = vm.lookup_attr(&get, &doc_name)?.filter(|doc| !doc.is_none());
            this.doc_from_getter.set(doc.is_some());
        }
        let is_plain = this.class().is(&vm.types().property);
        let own_doc = if is_plain { doc.clone().unwrap_or(Value::NONE) } else { Value::NONE };
        let old = [
            this.get.replace(get),
            this.set.replace(set),
            this.delete.replace(delete),
            this.doc.replace(own_doc),
            this.name.replace(Value::UNBOUND),
        ];
        drop(old);
        if is_plain {
            return Ok(());
        }
        // The subclass's own `__doc__` hides the base's attribute, so an instance keeps its documentation itself.
        match vm.set_attr(this.as_value(), &doc_name, doc.unwrap_or(Value::NONE)) {
            Err(raised)
                if !this.doc_from_getter.get() && raised.is(&vm.types().exceptions.attribute_error) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    #[slot(descr_get)]
    fn descr_get(vm: &mut Vm, this: &Ref<Property>, instance: Option<&Value>, _owner: &Value) -> PyResult {
        let Some(instance) = instance else { return Ok(this.into()) };
        let get = this.get.borrow().clone();
        if get.is_none() {
            return Err(lacks(vm, this, instance, "getter"));
        }
        vm.call(&get, std::slice::from_ref(instance))
    }

    #[slot(descr_set)]
    fn descr_set(vm: &mut Vm, this: &Ref<Property>, instance: &Value, value: Option<Value>) -> PyResult<()> {
        let (function, what) = match value {
            Some(_) => (this.set.borrow().clone(), "setter"),
            None => (this.delete.borrow().clone(), "deleter"),
        };
        if function.is_none() {
            return Err(lacks(vm, this, instance, what));
        }
        match value {
            Some(value) => vm.call(&function, &[instance.clone(), value]),
            None => vm.call(&function, std::slice::from_ref(instance)),
        }
        .map(drop)
    }

    /// Descriptor to obtain a copy of the property with a different getter.
    #[method(sig = "")]
    fn getter(vm: &mut Vm, this: &Ref<Property>, function: &Value) -> PyResult {
        with(vm, this, Some(function), None, None)
    }

    /// Descriptor to obtain a copy of the property with a different setter.
    #[method(sig = "")]
    fn setter(vm: &mut Vm, this: &Ref<Property>, function: &Value) -> PyResult {
        with(vm, this, None, Some(function), None)
    }

    /// Descriptor to obtain a copy of the property with a different deleter.
    #[method(sig = "")]
    fn deleter(vm: &mut Vm, this: &Ref<Property>, function: &Value) -> PyResult {
        with(vm, this, None, None, Some(function))
    }

    /// Method to set name of a property.
    #[method(name = "__set_name__", sig = "")]
    fn set_name(vm: &mut Vm, this: &Ref<Property>, args: Args<'_>) -> PyResult<()> {
        let [_owner, name] = args.values else {
            let given = args.values.len();
            return Err(
                vm.type_error(format!("__set_name__() takes 2 positional arguments but {given} were given"))
            );
        };
        drop(this.name.replace(name.clone()));
        Ok(())
    }

    #[getter]
    fn fget(this: &Ref<Property>) -> Value {
        this.get.borrow().clone()
    }

    #[getter]
    fn fset(this: &Ref<Property>) -> Value {
        this.set.borrow().clone()
    }

    #[getter]
    fn fdel(this: &Ref<Property>) -> Value {
        this.delete.borrow().clone()
    }

    #[getter(name = "__doc__")]
    fn doc_attribute(this: &Ref<Property>) -> Value {
        let names = crate::interp::current().names();
        let own = crate::object::attributes::get(this.as_value(), &names.dunder_doc);
        own.unwrap_or_else(|| this.doc.borrow().clone())
    }

    #[setter(name = "__doc__")]
    fn set_doc(this: &Ref<Property>, value: Option<Value>) -> PyResult<()> {
        let value = value.unwrap_or(Value::NONE);
        let names = crate::interp::current().names();
        if crate::object::attributes::get(this.as_value(), &names.dunder_doc).is_some() {
            crate::object::attributes::set(this.as_value(), &names.dunder_doc, value.clone());
        }
        drop(this.doc.replace(value));
        Ok(())
    }

    #[getter(name = "__isabstractmethod__")]
    fn isabstract(vm: &mut Vm, this: &Ref<Property>) -> PyResult<bool> {
        let name = vm.names().dunder_isabstractmethod.clone();
        for function in [&this.get, &this.set, &this.delete] {
            let function = function.borrow().clone();
            if let Some(value) = vm.lookup_attr(&function, &name)?
                && vm.truth(&value)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

const fn param(name: &'static str) -> crate::native::Param {
    crate::native::Param { name, kind: crate::native::ParamKind::Positional, required: false }
}

fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    let signature = Str::from_str("(fget=None, fset=None, fdel=None, doc=None)");
    super::init::set_class_attribute(class, "__text_signature__", signature);
    Ok(())
}
