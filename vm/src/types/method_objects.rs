//! `classmethod`, `staticmethod` and bound methods.

use crate::interp;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value, attributes};
use crate::types::function::BoundMethod;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// A `classmethod`.
pub struct ClassMethod {
    callable: RefCell<Value>,
}

crate::payload!(ClassMethod, "classmethod", |m, visit| visit(&m.callable.borrow()), |m| {
    drop(m.callable.replace(Value::NONE))
});

/// A `staticmethod`.
pub struct StaticMethod {
    callable: RefCell<Value>,
}

crate::payload!(StaticMethod, "staticmethod", |m, visit| visit(&m.callable.borrow()), |m| {
    drop(m.callable.replace(Value::NONE))
});

impl ClassMethod {
    /// Around a callable.
    pub fn new(callable: Value) -> Ref<ClassMethod> {
        let method = ClassMethod { callable: RefCell::new(callable) };
        Ref::new(method, &interp::current().types().classmethod)
    }

    /// `__func__`
    pub fn callable(&self) -> Value {
        self.callable.borrow().clone()
    }
}

impl StaticMethod {
    /// Around a callable.
    pub fn new(callable: Value) -> Ref<StaticMethod> {
        let method = StaticMethod { callable: RefCell::new(callable) };
        Ref::new(method, &interp::current().types().staticmethod)
    }

    /// `__func__`
    pub fn callable(&self) -> Value {
        self.callable.borrow().clone()
    }
}

/// The one argument of `classmethod` and `staticmethod`.
fn only_argument(vm: &mut Vm, name: &str, args: Args<'_>) -> PyResult<Value> {
    if !args.names.is_empty() {
        return Err(vm.type_error(format!("{name}() takes no keyword arguments")));
    }
    match args.values {
        [callable] => Ok(callable.clone()),
        _ => Err(vm.type_error(format!("{name} expected 1 argument, got {}", args.values.len()))),
    }
}

/// Copies what describes the function, as `functools.wraps` does.
fn copy_metadata(vm: &mut Vm, from: &Value, to: &Value) -> PyResult<()> {
    let names = vm.names();
    for name in [
        &names.dunder_module,
        &names.dunder_name,
        &names.dunder_qualname,
        &names.dunder_doc,
        &names.dunder_annotations,
    ] {
        if let Some(value) = vm.lookup_attr(from, name)? {
            vm.set_attr(to, name, value)?;
        }
    }
    Ok(())
}

fn is_abstract(vm: &mut Vm, callable: &Value) -> PyResult<bool> {
    let name = vm.names().dunder_isabstractmethod.clone();
    match vm.lookup_attr(callable, &name)? {
        Some(value) => vm.truth(&value),
        None => Ok(false),
    }
}

const WRAPPER_FLAGS: u32 = flag::BASE_TYPE | flag::HAS_ATTRIBUTES | flag::HAS_DICT;

#[pymethods(
    name = "classmethod",
    doc = "classmethod(function) -> method\n\nConvert a function to be a class method.\n\nA class method receives the class as implicit first argument,\njust like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n  class C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()).  The instance is ignored except for its class.\nIf a class method is called for a derived class, the derived class\nobject is passed as the implied first argument.\n\nClass methods are different than C++ or Java static methods.\nIf you want those, see the staticmethod builtin.",
    flags = WRAPPER_FLAGS
)]
impl ClassMethod {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(ClassMethod { callable: RefCell::new(Value::NONE) }, class).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<ClassMethod>, args: Args<'_>) -> PyResult<()> {
        let callable = only_argument(vm, "classmethod", args)?;
        drop(this.callable.replace(callable.clone()));
        copy_metadata(vm, &callable, this.as_value())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<ClassMethod>) -> PyResult {
        let inner = vm.repr(&this.callable())?;
        Ok(format!("<classmethod({inner})>").into())
    }

    #[slot(descr_get)]
    fn get(vm: &mut Vm, this: &Ref<ClassMethod>, instance: Option<&Value>, owner: &Value) -> PyResult {
        let callable = this.callable();
        let class = match instance {
            Some(instance) if owner.is_none() => instance.class().as_value().clone(),
            _ => owner.clone(),
        };
        vm.check_native_stack("")?;
        match callable.class().slots.descr_get.get() {
            // Since 3.9, and until 3.13, a class method binds other descriptors to the class.
            Some(get) => get(vm, &callable, Some(&class), &class),
            None => Ok(BoundMethod::new(callable, class).into()),
        }
    }

    #[getter(name = "__func__")]
    fn func(this: &Ref<ClassMethod>) -> Value {
        this.callable()
    }

    #[getter(name = "__wrapped__")]
    fn wrapped(this: &Ref<ClassMethod>) -> Value {
        this.callable()
    }

    #[getter(name = "__isabstractmethod__")]
    fn isabstract(vm: &mut Vm, this: &Ref<ClassMethod>) -> PyResult<bool> {
        is_abstract(vm, &this.callable())
    }

    #[getter(name = "__dict__")]
    fn dict(this: &Value) -> Value {
        attributes::dict(this).into()
    }
}

#[pymethods(
    name = "staticmethod",
    doc = "staticmethod(function) -> method\n\nConvert a function to be a static method.\n\nA static method does not receive an implicit first argument.\nTo declare a static method, use this idiom:\n\n     class C:\n         @staticmethod\n         def f(arg1, arg2, argN):\n             ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()). Both the class and the instance are ignored, and\nneither is passed implicitly as the first argument to the method.\n\nStatic methods in Python are similar to those found in Java or C++.\nFor a more advanced concept, see the classmethod builtin.",
    flags = WRAPPER_FLAGS
)]
impl StaticMethod {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(StaticMethod { callable: RefCell::new(Value::NONE) }, class).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<StaticMethod>, args: Args<'_>) -> PyResult<()> {
        let callable = only_argument(vm, "staticmethod", args)?;
        drop(this.callable.replace(callable.clone()));
        copy_metadata(vm, &callable, this.as_value())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<StaticMethod>) -> PyResult {
        let inner = vm.repr(&this.callable())?;
        Ok(format!("<staticmethod({inner})>").into())
    }

    #[slot(descr_get)]
    fn get(_vm: &mut Vm, this: &Value, _instance: Option<&Value>, _owner: &Value) -> PyResult {
        Ok(this.downcast_ref::<StaticMethod>().map_or(Value::NONE, |m| m.callable()))
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<StaticMethod>, args: Args<'_>) -> PyResult {
        let callable = this.callable();
        vm.call_args(&callable, args)
    }

    #[getter(name = "__func__")]
    fn func(this: &Ref<StaticMethod>) -> Value {
        this.callable()
    }

    #[getter(name = "__wrapped__")]
    fn wrapped(this: &Ref<StaticMethod>) -> Value {
        this.callable()
    }

    #[getter(name = "__isabstractmethod__")]
    fn isabstract(vm: &mut Vm, this: &Ref<StaticMethod>) -> PyResult<bool> {
        is_abstract(vm, &this.callable())
    }

    #[getter(name = "__dict__")]
    fn dict(this: &Value) -> Value {
        attributes::dict(this).into()
    }
}

#[pymethods(
    name = "method",
    doc = "Create a bound instance method object.",
    flags = flag::HAS_WEAKREF,
    extend = extend_method
)]
impl BoundMethod {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        if !args.names.is_empty() {
            return Err(vm.type_error("method() takes no keyword arguments"));
        }
        let [function, instance] = args.values else {
            return Err(vm.type_error(format!("method expected 2 arguments, got {}", args.values.len())));
        };
        if !vm.is_callable(function) {
            return Err(vm.type_error("first argument must be callable"));
        }
        if instance.is_none() {
            return Err(vm.type_error("instance must not be None"));
        }
        Ok(BoundMethod::new(function.clone(), instance.clone()).into())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<BoundMethod>) -> PyResult {
        let names = vm.names();
        let mut name = vm.lookup_attr(&this.function, &names.dunder_qualname)?;
        if name.is_none() {
            name = vm.lookup_attr(&this.function, &names.dunder_name)?;
        }
        let name = match name.and_then(|n| n.downcast::<Str>().ok()) {
            Some(name) => name.to_string(),
            None => "?".to_string(),
        };
        let instance = vm.repr(&this.instance)?;
        Ok(format!("<bound method {name} of {instance}>").into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Value, args: Args<'_>) -> PyResult {
        vm.call_args(this, args)
    }

    #[slot(hash)]
    fn hash(vm: &mut Vm, this: &Ref<BoundMethod>) -> PyResult<i64> {
        let identity = (this.instance.identity() >> 4) as i64;
        let hash = identity ^ vm.hash(&this.function)?;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<BoundMethod>(), b.downcast_ref::<BoundMethod>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = x.instance.is(&y.instance) && vm.equals(&x.function, &y.function)?;
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(getattro)]
    fn getattro(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult {
        let class = this.class().clone();
        if let Some(found) = class.lookup(name) {
            return match found.class().slots.descr_get.get() {
                Some(get) => get(vm, &found, Some(this), class.as_value()),
                None => Ok(found),
            };
        }
        match this.downcast_ref::<BoundMethod>() {
            Some(method) => {
                vm.check_native_stack("")?;
                vm.get_attr(&method.function, name)
            }
            None => Err(vm.no_attribute(this, name)),
        }
    }

    #[slot(descr_get)]
    fn get(_vm: &mut Vm, this: &Value, _instance: Option<&Value>, _owner: &Value) -> PyResult {
        // A bound method stays bound as it is.
        Ok(this.clone())
    }

    #[getter(name = "__func__")]
    fn func(this: &Ref<BoundMethod>) -> Value {
        this.function.clone()
    }

    #[getter(name = "__self__")]
    fn instance_attribute(this: &Ref<BoundMethod>) -> Value {
        this.instance.clone()
    }

    #[getter(name = "__doc__")]
    fn doc(vm: &mut Vm, this: &Ref<BoundMethod>) -> PyResult {
        let name = vm.names().dunder_doc.clone();
        vm.get_attr(&this.function, &name)
    }

    #[method(name = "__reduce__")]
    fn reduce(vm: &mut Vm, this: &Ref<BoundMethod>) -> PyResult<Value> {
        let name = vm.names().dunder_name.clone();
        let name = vm.get_attr(&this.function, &name)?;
        let getattr = vm.builtin("getattr")?;
        let args: Value = Tuple::new([this.instance.clone(), name]).into();
        Ok(Tuple::new([getattr, args]).into())
    }
}

fn extend_method(_vm: &mut Vm, _class: &Ref<Class>) -> PyResult<()> {
    Ok(())
}
