//! Methods of functions written in Python, and of cells.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value, attributes};
use crate::types::cell::Cell;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::{BoundMethod, Function};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// `None` or an instance of a type, as an attribute's new value; anything else is an error.
fn optional<T: crate::object::Payload>(
    vm: &mut Vm,
    value: Option<Value>,
    message: &str,
) -> PyResult<Option<Ref<T>>> {
    match value {
        None => Ok(None),
        Some(value) if value.is_none() => Ok(None),
        Some(value) => match value.downcast::<T>() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(vm.type_error(message)),
        },
    }
}

fn text(vm: &mut Vm, value: Option<Value>, message: &str) -> PyResult<Ref<Str>> {
    match value.map(Value::downcast::<Str>) {
        Some(Ok(text)) => Ok(text),
        _ => Err(vm.type_error(message)),
    }
}

impl Function {
    /// `__annotations__`, made into a dictionary at first use.
    pub fn annotations_dict(&self, vm: &mut Vm) -> PyResult<Ref<Dict>> {
        let stored = self.annotations.borrow().clone();
        if let Some(dict) = stored.downcast_ref::<Dict>() {
            return Ok(dict.clone());
        }
        let dict = Dict::new();
        if let Some(pairs) = stored.downcast_ref::<Tuple>() {
            for pair in pairs.as_slice().chunks_exact(2) {
                dict.set(vm, pair[0].clone(), pair[1].clone())?;
            }
        }
        drop(self.annotations.replace((&dict).into()));
        Ok(dict)
    }
}

#[pymethods(
    name = "function",
    doc = "Create a function object.\n\n  code\n    a code object\n  globals\n    the globals dictionary\n  name\n    a string that overrides the name from the code object\n  argdefs\n    a tuple that specifies the default argument values\n  closure\n    a tuple that supplies the bindings for free variables",
    flags = flag::METHOD_DESCRIPTOR | flag::HAS_WEAKREF | flag::HAS_ATTRIBUTES | flag::HAS_DICT,
    extend = extend_function
)]
impl Function {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        use crate::native::{Argument, Param, ParamKind, Place, bind, borrow_argument, present};
        const fn param(name: &'static str, required: bool) -> Param {
            Param { name, kind: ParamKind::Positional, required }
        }
        const PARAMS: &[Param] = &[
            param("code", true),
            param("globals", true),
            param("name", false),
            param("argdefs", false),
            param("closure", false),
        ];
        let (slots, _) = bind::<5, 2, 5>(vm, "function", PARAMS, args)?;
        let argument = |name| Argument { function: "function", place: Place::Name(name) };
        let code = present(vm, slots[0])?;
        let code = borrow_argument::<Code>(vm, code, &argument("code"))?;
        let globals = present(vm, slots[1])?;
        let globals = borrow_argument::<Dict>(vm, globals, &argument("globals"))?;
        let name = optional::<Str>(vm, slots[2].cloned(), "arg 3 (name) must be None or string")?;
        let defaults = optional::<Tuple>(vm, slots[3].cloned(), "arg 4 (defaults) must be None or tuple")?;
        let free = code.free_count();
        let message =
            if free > 0 { "arg 5 (closure) must be tuple" } else { "arg 5 (closure) must be None or tuple" };
        let closure = optional::<Tuple>(vm, slots[4].cloned(), message)?;
        if free > 0 && closure.is_none() {
            return Err(vm.type_error(message));
        }
        let given = closure.as_ref().map_or(0, |c| c.len());
        if given != free {
            let name = code.name.to_string();
            return Err(vm.value_error(format!("{name} requires closure of length {free}, not {given}")));
        }
        if let Some(other) =
            closure.as_ref().and_then(|c| c.as_slice().iter().find(|item| !item.holds::<Cell>()))
        {
            let found = other.class().name();
            return Err(vm.type_error(format!("arg 5 (closure) expected cell, found {found}")));
        }
        let builtins = vm.builtins_of(globals);
        let function = Function::new(code.clone(), globals, builtins, closure.filter(|c| !c.is_empty()));
        if let Some(name) = name {
            drop(function.name.replace(name));
        }
        drop(function.defaults.replace(defaults));
        Ok(function.into())
    }

    #[slot(repr)]
    fn repr(this: &Ref<Function>) -> PyResult {
        let qualname = this.qualname.borrow().clone();
        Ok(format!("<function {qualname} at {:#x}>", this.as_value().identity()).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<Function>, args: Args<'_>) -> PyResult {
        crate::exec::call_function(vm, this, args)
    }

    #[slot(descr_get)]
    fn get(_vm: &mut Vm, this: &Value, instance: Option<&Value>, _owner: &Value) -> PyResult {
        match instance {
            Some(instance) => Ok(BoundMethod::new(this.clone(), instance.clone()).into()),
            None => Ok(this.clone()),
        }
    }

    #[getter(name = "__code__")]
    fn get_code(this: &Ref<Function>) -> Ref<Code> {
        this.code.borrow().clone()
    }

    #[setter(name = "__code__")]
    fn set_code(vm: &mut Vm, this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        let Some(Ok(code)) = value.map(Value::downcast::<Code>) else {
            return Err(vm.type_error("__code__ must be set to a code object"));
        };
        let (free, has) = (code.free_count(), this.closure.as_ref().map_or(0, |c| c.len()));
        if free != has {
            let name = this.name.borrow().clone();
            return Err(
                vm.value_error(format!("{name}() requires a code object with {has} free vars, not {free}"))
            );
        }
        this.simple_parameters.set(code.simple_parameters());
        this.prepared.set(None);
        drop(this.code.replace(code));
        Ok(())
    }

    #[getter(name = "__defaults__")]
    fn get_defaults(this: &Ref<Function>) -> Option<Ref<Tuple>> {
        this.defaults.borrow().clone()
    }

    #[setter(name = "__defaults__")]
    fn set_defaults(vm: &mut Vm, this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        let defaults = optional::<Tuple>(vm, value, "__defaults__ must be set to a tuple object")?;
        drop(this.defaults.replace(defaults));
        Ok(())
    }

    #[getter(name = "__kwdefaults__")]
    fn get_kwdefaults(this: &Ref<Function>) -> Option<Ref<Dict>> {
        this.kwdefaults.borrow().clone()
    }

    #[setter(name = "__kwdefaults__")]
    fn set_kwdefaults(vm: &mut Vm, this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        let defaults = optional::<Dict>(vm, value, "__kwdefaults__ must be set to a dict object")?;
        drop(this.kwdefaults.replace(defaults));
        Ok(())
    }

    #[getter(name = "__annotations__")]
    fn get_annotations(vm: &mut Vm, this: &Ref<Function>) -> PyResult<Ref<Dict>> {
        this.annotations_dict(vm)
    }

    #[setter(name = "__annotations__")]
    fn set_annotations(vm: &mut Vm, this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        let annotations = optional::<Dict>(vm, value, "__annotations__ must be set to a dict object")?;
        drop(this.annotations.replace(annotations.map_or(Value::UNBOUND, Value::from)));
        Ok(())
    }

    #[getter(name = "__name__")]
    fn get_name(this: &Ref<Function>) -> Ref<Str> {
        this.name.borrow().clone()
    }

    #[setter(name = "__name__")]
    fn set_name(vm: &mut Vm, this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        let name = text(vm, value, "__name__ must be set to a string object")?;
        drop(this.name.replace(name));
        Ok(())
    }

    #[getter(name = "__qualname__")]
    fn get_qualname(this: &Ref<Function>) -> Ref<Str> {
        this.qualname.borrow().clone()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(vm: &mut Vm, this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        let qualname = text(vm, value, "__qualname__ must be set to a string object")?;
        drop(this.qualname.replace(qualname));
        Ok(())
    }

    #[getter(name = "__doc__")]
    fn get_doc(this: &Ref<Function>) -> Value {
        this.doc.borrow().clone()
    }

    #[setter(name = "__doc__")]
    fn set_doc(this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        drop(this.doc.replace(value.unwrap_or(Value::NONE)));
        Ok(())
    }

    #[getter(name = "__module__")]
    fn get_module(this: &Ref<Function>) -> Value {
        this.module.borrow().clone()
    }

    #[setter(name = "__module__")]
    fn set_module(this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        drop(this.module.replace(value.unwrap_or(Value::NONE)));
        Ok(())
    }

    #[getter(name = "__dict__")]
    fn get_dict(this: &Value) -> Option<Ref<Dict>> {
        attributes::dict(this)
    }

    #[setter(name = "__dict__")]
    fn set_dict(vm: &mut Vm, this: &Value, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("cannot delete __dict__")) };
        match value.downcast::<Dict>() {
            Ok(dict) => {
                attributes::set_dict(this, dict);
                Ok(())
            }
            Err(other) => {
                let found = other.class().name();
                Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{found}'")))
            }
        }
    }

    #[getter(name = "__globals__")]
    fn get_globals(this: &Ref<Function>) -> Ref<Dict> {
        this.globals.clone()
    }

    #[getter(name = "__builtins__")]
    fn get_builtins(this: &Ref<Function>) -> Ref<Dict> {
        this.builtins.clone()
    }

    #[getter(name = "__closure__")]
    fn get_closure(this: &Ref<Function>) -> Option<Ref<Tuple>> {
        this.closure.clone()
    }

    #[getter(name = "__type_params__")]
    fn get_type_params(vm: &mut Vm, this: &Ref<Function>) -> Ref<Tuple> {
        this.type_params.borrow().clone().unwrap_or_else(|| vm.names().empty_tuple.clone())
    }

    #[setter(name = "__type_params__")]
    fn set_type_params(vm: &mut Vm, this: &Ref<Function>, value: Option<Value>) -> PyResult<()> {
        match value.map(Value::downcast::<Tuple>) {
            Some(Ok(params)) => {
                drop(this.type_params.replace(Some(params)));
                Ok(())
            }
            _ => Err(vm.type_error("__type_params__ must be set to a tuple")),
        }
    }
}

fn extend_function(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    let members = ["__closure__", "__doc__", "__globals__", "__module__", "__builtins__"];
    crate::types::descriptor::MemberDescriptor::replace_getsets(class, &members);
    Ok(())
}

#[pymethods(
    name = "cell",
    doc = "Create a new cell object.\n\n  contents\n    the contents of the cell. If not specified, the cell will be empty,\n    and \nfurther attempts to access its cell_contents attribute will\n    raise a ValueError."
)]
impl Cell {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        if !args.names.is_empty() {
            return Err(vm.type_error("cell() takes no keyword arguments"));
        }
        match args.values {
            [] => Ok(Cell::new(Value::UNBOUND).into()),
            [content] => Ok(Cell::new(content.clone()).into()),
            more => Err(vm.type_error(format!("cell expected at most 1 argument, got {}", more.len()))),
        }
    }

    #[slot(repr)]
    fn repr(this: &Ref<Cell>) -> PyResult {
        let (id, content) = (this.as_value().identity(), this.get());
        if content.is_unbound() {
            return Ok(format!("<cell at {id:#x}: empty>").into());
        }
        let class = content.class().name();
        Ok(format!("<cell at {id:#x}: {class} object at {:#x}>", content.identity()).into())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<Cell>(), b.downcast_ref::<Cell>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        let (x, y) = (x.get(), y.get());
        match (x.is_unbound(), y.is_unbound()) {
            (false, false) => vm.compare(&x, &y, op),
            // An empty cell comes before a full one.
            (x, y) => Ok(Value::bool(op.holds((!x).cmp(&!y)))),
        }
    }

    #[getter]
    fn cell_contents(vm: &mut Vm, this: &Ref<Cell>) -> PyResult {
        let content = this.get();
        if content.is_unbound() { Err(vm.value_error("Cell is empty")) } else { Ok(content) }
    }

    #[setter]
    fn set_cell_contents(this: &Ref<Cell>, value: Option<Value>) -> PyResult<()> {
        drop(this.replace(value.unwrap_or(Value::UNBOUND)));
        Ok(())
    }
}
