//! `defaultdict`

use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::container_support::class_getitem;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// A dictionary that makes missing values.
#[repr(C)]
pub struct DefaultDict {
    dict: Dict,
    factory: RefCell<Value>,
}

pvm_vm::payload!(
    DefaultDict,
    "collections.defaultdict",
    parent = Dict,
    |d, visit| {
        d.dict.traverse(&mut *visit);
        visit(&d.factory.borrow());
    },
    |d| d.dict.clear()
);

#[pymethods(
    name = "defaultdict",
    module = "collections",
    doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is called without arguments to produce\na new value when a key is not present, in __getitem__ only.\nA defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the same as if they were\npassed to the dict constructor, including keyword arguments.",
    flags = flag::BASE_TYPE | flag::MAPPING,
    base = vm.types().dict.clone()
)]
impl DefaultDict {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let payload = DefaultDict { dict: Dict::payload(), factory: RefCell::new(Value::NONE) };
        Ok(Ref::new(payload, cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<DefaultDict>, args: Args<'_>) -> PyResult<()> {
        let mut rest = args;
        if let Some(factory) = args.pos().first() {
            if !factory.is_none() && !vm.is_callable(factory) {
                return Err(vm.type_error("first argument must be callable or None"));
            }
            crate::support::store(&this.factory, factory.clone());
            rest = args.rest();
        } else {
            crate::support::store(&this.factory, Value::NONE);
        }
        match vm.types().dict.slots.init.get() {
            Some(init) => init(vm, this.as_value(), rest),
            None => Ok(()),
        }
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<DefaultDict>) -> PyResult {
        let Some(dict_repr) = vm.types().dict.slots.repr.get() else { return Ok(Value::NONE) };
        let base = dict_repr(vm, this.as_value())?;
        let base = vm.str(&base)?;
        let factory = this.factory.borrow().clone();
        // The factory may be a method of this very object.
        let shown = vm.repr_guard(&factory, |vm| vm.repr(&factory))?;
        let shown = shown.map_or("...".to_owned(), |s| s.to_string());
        Ok(format!("{}({shown}, {base})", this.class().name()).into())
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        let (Some(_), Some(_)) = (a.downcast_ref::<Dict>(), b.downcast_ref::<Dict>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let own = a.downcast_ref::<DefaultDict>().or_else(|| b.downcast_ref::<DefaultDict>()).cloned();
        let Some(own) = own else { return Ok(Value::NOT_IMPLEMENTED) };
        let factory = own.factory.borrow().clone();
        let result = vm.call(own.class().as_value(), &[factory, a.clone()])?;
        if let Some(dict) = result.downcast_ref::<Dict>() {
            vm.update_dict(dict, b)?;
        }
        Ok(result)
    }

    /// __missing__(key) # Called by __getitem__ for missing key; pseudo-code:
    /// if self.default_factory is None: raise KeyError((key,))
    /// self[key] = value = self.default_factory()
    /// return value
    #[method(sig = "")]
    fn __missing__(vm: &mut Vm, this: &Ref<DefaultDict>, key: &Value) -> PyResult {
        let factory = this.factory.borrow().clone();
        if factory.is_none() {
            return Err(vm.key_error(key.clone()));
        }
        let value = vm.call(&factory, &[])?;
        vm.set_item(this.as_value(), key, value.clone())?;
        Ok(value)
    }

    /// D.copy() -> a shallow copy of D.
    #[method(sig = "")]
    fn copy(vm: &mut Vm, this: &Ref<DefaultDict>) -> PyResult {
        let factory = this.factory.borrow().clone();
        vm.call(this.class().as_value(), &[factory, this.into()])
    }

    /// D.copy() -> a shallow copy of D.
    #[method(sig = "")]
    fn __copy__(vm: &mut Vm, this: &Ref<DefaultDict>) -> PyResult {
        Self::copy(vm, this)
    }

    /// Return state information for pickling.
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<DefaultDict>) -> PyResult {
        let factory = this.factory.borrow().clone();
        let args = if factory.is_none() { Tuple::new([]) } else { Tuple::new([factory]) };
        let items = vm.call_method_str(this.as_value(), "items", &[])?;
        let items = vm.iter(&items)?;
        Ok(Tuple::new([this.class().into(), args.into(), Value::NONE, Value::NONE, items]).into())
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        class_getitem(cls, item)
    }

    /// Factory for default value called by __missing__().
    #[getter]
    fn default_factory(this: &Ref<DefaultDict>) -> Value {
        this.factory.borrow().clone()
    }

    #[setter]
    fn set_default_factory(_vm: &mut Vm, this: &Ref<DefaultDict>, value: Option<Value>) -> PyResult<()> {
        crate::support::store(&this.factory, value.unwrap_or(Value::NONE));
        Ok(())
    }
}
