//! `functools.partial`

use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value, attributes};
use pvm_vm::types::container_support::class_getitem;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// A callable with some arguments given.
pub struct Partial {
    function: RefCell<Value>,
    args: RefCell<Ref<Tuple>>,
    keywords: RefCell<Ref<Dict>>,
}

pvm_vm::payload!(
    Partial,
    "functools.partial",
    |p, visit| {
        visit(&p.function.borrow());
        visit(p.args.borrow().as_value());
        visit(p.keywords.borrow().as_value());
    },
    |_p| ()
);

#[pymethods(
    name = "partial",
    module = "functools",
    doc = "partial(func, *args, **keywords) - new function with partial application\n    of the given arguments and keywords.\n",
    flags = flag::BASE_TYPE | flag::HAS_DICT | flag::HAS_ATTRIBUTES | flag::HAS_WEAKREF
)]
impl Partial {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let [function, rest @ ..] = args.pos() else {
            return Err(vm.type_error("type 'partial' takes at least one argument"));
        };
        if !vm.is_callable(function) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let keywords = Dict::new();
        let mut given = Vec::new();
        let mut inner = function.clone();
        // A partial of a partial is flattened unless it has attributes of its own.
        if let Some(other) = function.downcast_ref::<Partial>()
            && attributes::snapshot(function).is_none_or(|a| a.is_empty())
        {
            given.extend_from_slice(other.args.borrow().as_slice());
            other.keywords.borrow().copy_into(&keywords);
            inner = other.function.borrow().clone();
        }
        given.extend_from_slice(rest);
        for (name, value) in args.keywords() {
            keywords.set(vm, name.clone(), value.clone())?;
        }
        let partial = Partial {
            function: RefCell::new(inner),
            args: RefCell::new(Tuple::new(given)),
            keywords: RefCell::new(keywords),
        };
        Ok(Ref::new(partial, cls).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<Partial>, args: Args<'_>) -> PyResult {
        let function = this.function.borrow().clone();
        let (given, keywords) = (this.args.borrow().clone(), this.keywords.borrow().clone());
        let mut values: smallvec::SmallVec<[Value; 8]> = given.as_slice().iter().cloned().collect();
        values.extend(args.pos().iter().cloned());
        if keywords.is_empty() && args.names.is_empty() {
            return vm.call(&function, &values);
        }
        let merged = keywords.copy();
        for (name, value) in args.keywords() {
            merged.set(vm, name.clone(), value.clone())?;
        }
        let mut names = Vec::with_capacity(merged.len());
        for (name, value) in merged.items() {
            if !name.holds::<Str>() {
                return Err(vm.type_error("keywords must be strings"));
            }
            names.push(name);
            values.push(value);
        }
        vm.call_args(&function, Args { values: &values, names: &names })
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Partial>) -> PyResult {
        let shown = vm.repr_guard(this.as_value(), |vm| {
            let function = this.function.borrow().clone();
            let mut text = vm.repr(&function)?.to_string();
            let args = this.args.borrow().clone();
            for arg in args.as_slice() {
                let shown = vm.repr(arg)?;
                text.push_str(&format!(", {shown}"));
            }
            let keywords = this.keywords.borrow().clone();
            for (name, value) in keywords.items() {
                let (name, shown) = (vm.str(&name)?, vm.repr(&value)?);
                text.push_str(&format!(", {name}={shown}"));
            }
            Ok(text)
        })?;
        let Some(shown) = shown else { return Ok("...".into()) };
        let class = this.class();
        let name = class.name();
        let exact = pvm_vm::types::init::class_of::<Partial>(vm)?;
        let prefix = if class.is(&exact) { "functools." } else { "" };
        Ok(format!("{prefix}{name}({shown})").into())
    }

    #[method(sig = "")]
    fn __reduce__(this: &Ref<Partial>) -> Value {
        let function = this.function.borrow().clone();
        let attributes = match attributes::snapshot(this.as_value()) {
            Some(all) if !all.is_empty() => {
                attributes::dict(this.as_value()).map_or(Value::NONE, Value::from)
            }
            _ => Value::NONE,
        };
        let state = Tuple::new([
            function.clone(),
            this.args.borrow().clone().into(),
            this.keywords.borrow().clone().into(),
            attributes,
        ]);
        Tuple::new([this.class().into(), Tuple::new([function]).into(), state.into()]).into()
    }

    #[method(sig = "")]
    fn __setstate__(vm: &mut Vm, this: &Ref<Partial>, state: &Value) -> PyResult<()> {
        let parts = state.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec());
        let Some([function, args, keywords, attributes]) = parts.as_deref() else {
            return Err(vm.type_error("invalid partial state"));
        };
        let args_ok = args.holds::<Tuple>();
        let keywords_ok = keywords.is_none() || keywords.holds::<Dict>();
        if !vm.is_callable(function) || !args_ok || !keywords_ok {
            return Err(vm.type_error("invalid partial state"));
        }
        let args = vm.collect(args)?;
        let new_keywords = Dict::new();
        if let Some(keywords) = keywords.downcast_ref::<Dict>() {
            keywords.copy_into(&new_keywords);
        }
        let old = (
            this.function.replace(function.clone()),
            this.args.replace(Tuple::new(args)),
            this.keywords.replace(new_keywords),
        );
        drop(old);
        if let Some(attributes) = attributes.downcast_ref::<Dict>() {
            attributes::set_dict(this.as_value(), attributes.clone());
        }
        Ok(())
    }

    /// See PEP 585
    #[classmethod(sig = "")]
    fn __class_getitem__(cls: &Ref<Class>, item: &Value) -> Value {
        class_getitem(cls, item)
    }

    /// function object to use in future partial calls
    #[getter]
    fn func(this: &Ref<Partial>) -> Value {
        this.function.borrow().clone()
    }

    /// tuple of arguments to future partial calls
    #[getter]
    fn args(this: &Ref<Partial>) -> Ref<Tuple> {
        this.args.borrow().clone()
    }

    /// dictionary of keyword arguments to future partial calls
    #[getter]
    fn keywords(this: &Ref<Partial>) -> Ref<Dict> {
        this.keywords.borrow().clone()
    }

    #[getter(name = "__dict__")]
    fn dict_attribute(this: &Ref<Partial>) -> Option<Ref<Dict>> {
        attributes::dict(this.as_value())
    }

    #[setter(name = "__dict__")]
    fn set_dict_attribute(vm: &mut Vm, this: &Ref<Partial>, value: Option<Value>) -> PyResult<()> {
        crate::support::set_instance_dict(vm, this.as_value(), value)
    }
}
