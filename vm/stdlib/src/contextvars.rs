//! `_contextvars`: variables whose values belong to a context, such as a task.

use pvm_vm::native::{Args, Optional};
use pvm_vm::object::class::flag;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::{pymethods, pymodule};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// A mapping of variables to values. Copies are made eagerly: contexts hold few variables.
pub struct Context {
    /// By the variable's address.
    values: RefCell<FxHashMap<u64, (Ref<ContextVar>, Value)>>,
    /// The context that was current when this one was entered.
    previous: RefCell<Value>,
    entered: Cell<bool>,
}

pvm_vm::payload!(
    Context,
    "Context",
    |c, visit| {
        for (variable, value) in c.values.borrow().values() {
            visit(variable.as_value());
            visit(value);
        }
        visit(&c.previous.borrow());
    },
    |c| {
        let old = (c.values.take(), c.previous.replace(Value::NONE));
        drop(old);
    }
);

/// A variable.
pub struct ContextVar {
    name: Ref<Str>,
    default: Option<Value>,
}

pvm_vm::payload!(ContextVar, "ContextVar", |v, visit| v.default.iter().for_each(visit), |_v| ());

/// What `ContextVar.set` gives, for `reset`.
pub struct Token {
    context: Ref<Context>,
    variable: Ref<ContextVar>,
    old: Option<Value>,
    used: Cell<bool>,
}

pvm_vm::payload!(
    Token,
    "Token",
    |t, visit| {
        visit(t.context.as_value());
        visit(t.variable.as_value());
        t.old.iter().for_each(&mut *visit);
    },
    |_t| ()
);

/// The class of `Token.MISSING`.
pub struct Missing;

pvm_vm::payload!(Missing, "Token.MISSING");

#[pymethods(name = "Token.MISSING", flags = flag::NO_INSTANTIATION)]
impl Missing {
    #[slot(repr)]
    fn repr(_vm: &mut Vm, _this: &Value) -> PyResult {
        Ok("<Token.MISSING>".into())
    }
}

impl Context {
    fn create(vm: &mut Vm, values: FxHashMap<u64, (Ref<ContextVar>, Value)>) -> PyResult<Ref<Context>> {
        let class = pvm_vm::types::init::class_of::<Context>(vm)?;
        let context = Context {
            values: RefCell::new(values),
            previous: RefCell::new(Value::NONE),
            entered: Cell::new(false),
        };
        Ok(Ref::new(context, &class))
    }

    fn lookup(&self, variable: &Ref<ContextVar>) -> Option<Value> {
        self.values.borrow().get(&variable.as_value().identity()).map(|(_, value)| value.clone())
    }

    fn store(&self, variable: &Ref<ContextVar>, value: Value) {
        let key = variable.as_value().identity();
        let old = self.values.borrow_mut().insert(key, (variable.clone(), value));
        drop(old);
    }

    fn remove(&self, variable: &Ref<ContextVar>) {
        let old = self.values.borrow_mut().remove(&variable.as_value().identity());
        drop(old);
    }

    fn pairs(&self) -> Vec<(Value, Value)> {
        self.values.borrow().values().map(|(variable, value)| (variable.into(), value.clone())).collect()
    }

    fn copy_of(&self, vm: &mut Vm) -> PyResult<Ref<Context>> {
        let values = self.values.borrow().clone();
        Context::create(vm, values)
    }
}

impl ContextVar {
    /// A variable without a default, for another native module.
    pub(crate) fn create(vm: &mut Vm, name: &str) -> PyResult<Ref<ContextVar>> {
        let class = pvm_vm::types::init::class_of::<ContextVar>(vm)?;
        Ok(Ref::new(ContextVar { name: Str::from_str(name), default: None }, &class))
    }

    /// The value in the current context.
    pub(crate) fn current_value(this: &Ref<ContextVar>, vm: &Vm) -> Option<Value> {
        vm.context.downcast_ref::<Context>().and_then(|context| context.lookup(this))
    }

    /// Sets the value in the current context.
    pub(crate) fn assign(this: &Ref<ContextVar>, vm: &mut Vm, value: Value) -> PyResult<()> {
        current(vm)?.store(this, value);
        Ok(())
    }
}

/// The thread's current context, made where there is none yet.
fn current(vm: &mut Vm) -> PyResult<Ref<Context>> {
    if let Some(context) = vm.context.downcast_ref::<Context>() {
        return Ok(context.clone());
    }
    let context = Context::create(vm, FxHashMap::default())?;
    let old = std::mem::replace(&mut vm.context, (&context).into());
    drop(old);
    Ok(context)
}

fn variable_key(vm: &mut Vm, key: &Value) -> PyResult<Ref<ContextVar>> {
    match key.downcast_ref::<ContextVar>() {
        Some(variable) => Ok(variable.clone()),
        None => {
            let shown = vm.repr(key)?;
            Err(vm.type_error(format!("a ContextVar key was expected, got {}", shown.as_ref())))
        }
    }
}

#[pymethods(name = "Context", module = "_contextvars", extend = fix_module, flags = flag::HAS_WEAKREF | flag::MAPPING)]
impl Context {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        if !args.values.is_empty() {
            return Err(vm.type_error("Context() does not accept any arguments"));
        }
        Ok(Context::create(vm, FxHashMap::default())?.into())
    }

    #[slot(len)]
    fn len(_vm: &mut Vm, this: &Ref<Context>) -> PyResult<usize> {
        Ok(this.values.borrow().len())
    }

    #[slot(getitem)]
    fn getitem(vm: &mut Vm, this: &Ref<Context>, key: &Value) -> PyResult {
        let variable = variable_key(vm, key)?;
        match this.lookup(&variable) {
            Some(value) => Ok(value),
            None => Err(vm.key_error(key.clone())),
        }
    }

    #[slot(contains)]
    fn contains(vm: &mut Vm, this: &Ref<Context>, key: &Value) -> PyResult<bool> {
        let variable = variable_key(vm, key)?;
        Ok(this.lookup(&variable).is_some())
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Ref<Context>) -> PyResult {
        let keys = this.pairs().into_iter().map(|(key, _)| key).collect();
        vm.iter(&List::new(keys).into())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<Context>(), b.downcast_ref::<Context>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let (pairs, mut equal) = (x.pairs(), x.values.borrow().len() == y.values.borrow().len());
        for (variable, value) in pairs {
            if !equal {
                break;
            }
            let variable = variable_key(vm, &variable)?;
            equal = match y.lookup(&variable) {
                Some(other) => value.is(&other) || vm.equals(&value, &other)?,
                None => false,
            };
        }
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[method(sig = "")]
    fn run(vm: &mut Vm, this: &Ref<Context>, args: Args<'_>) -> PyResult {
        let Some(callable) = args.pos().first() else {
            return Err(vm.type_error("run() missing 1 required positional argument"));
        };
        if this.entered.get() {
            let shown = vm.repr(this.as_value())?;
            return Err(
                vm.runtime_error(format!("cannot enter context: {} is already entered", shown.as_ref()))
            );
        }
        this.entered.set(true);
        let previous = std::mem::replace(&mut vm.context, this.into());
        drop(this.previous.replace(previous));
        let result = vm.call_args(callable, args.rest());
        let previous = this.previous.replace(Value::NONE);
        let own = std::mem::replace(&mut vm.context, previous);
        this.entered.set(false);
        drop(own);
        result
    }

    /// Return a shallow copy of the context object.
    #[method]
    fn copy(vm: &mut Vm, this: &Ref<Context>) -> PyResult<Ref<Context>> {
        this.copy_of(vm)
    }

    /// Return the value for `key` if `key` has the value in the context object.
    ///
    /// If `key` does not exist, return `default`. If `default` is not given,
    /// return None.
    #[method(sig = "(key, default=None, /)")]
    fn get(vm: &mut Vm, this: &Ref<Context>, key: &Value, default: Option<Value>) -> PyResult {
        let variable = variable_key(vm, key)?;
        Ok(this.lookup(&variable).or(default).unwrap_or(Value::NONE))
    }

    /// Return all variables and their values in the context object.
    ///
    /// The result is returned as a list of 2-tuples (variable, value).
    #[method]
    fn items(vm: &mut Vm, this: &Ref<Context>) -> PyResult {
        let items = this.pairs().into_iter().map(|(key, value)| Tuple::new([key, value]).into()).collect();
        vm.iter(&List::new(items).into())
    }

    /// Return a list of all variables in the context object.
    #[method]
    fn keys(vm: &mut Vm, this: &Ref<Context>) -> PyResult {
        Context::iter(vm, this)
    }

    /// Return a list of all variables' values in the context object.
    #[method]
    fn values(vm: &mut Vm, this: &Ref<Context>) -> PyResult {
        let values = this.pairs().into_iter().map(|(_, value)| value).collect();
        vm.iter(&List::new(values).into())
    }
}

/// The classes show no module in front of their names.
fn fix_module(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.attributes().set_name("__module__", "_contextvars");
    Ok(())
}

#[pymethods(name = "ContextVar", module = "_contextvars", flags = flag::HAS_WEAKREF)]
impl ContextVar {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let [name] = args.pos() else {
            let given = args.pos().len();
            return Err(
                vm.type_error(format!("ContextVar() takes exactly 1 positional argument ({given} given)"))
            );
        };
        let mut default = None;
        for (key, value) in args.keywords() {
            match key.downcast_ref::<Str>() {
                Some(key) if key.as_ref().equals_str("default") => default = Some(value.clone()),
                _ => {
                    let key = vm.str(key)?;
                    return Err(vm.type_error(format!(
                        "'{}' is an invalid keyword argument for ContextVar()",
                        key.as_ref()
                    )));
                }
            }
        }
        let Some(name) = name.downcast_ref::<Str>() else {
            return Err(vm.type_error("context variable name must be a str"));
        };
        Ok(Ref::new(ContextVar { name: name.clone(), default }, class).into())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<ContextVar>) -> PyResult {
        let name = vm.repr(this.name.as_value())?;
        let default = match &this.default {
            Some(default) => format!(" default={}", vm.repr(default)?.as_ref()),
            None => String::new(),
        };
        let id = this.as_value().identity();
        Ok(format!("<ContextVar name={}{default} at {id:#x}>", name.as_ref()).into())
    }

    /// Return a value for the context variable for the current context.
    ///
    /// If there is no value for the variable in the current context, the method will:
    ///  * return the value of the default argument of the method, if provided; or
    ///  * return the default value for the context variable, if it was created
    ///    with one; or
    ///  * raise a LookupError.
    #[method(sig = "(default=<unrepresentable>, /)")]
    fn get(vm: &mut Vm, this: &Ref<ContextVar>, default: Optional<Value>) -> PyResult {
        let found = vm.context.downcast_ref::<Context>().and_then(|context| context.lookup(this));
        if let Some(value) = found.or(default.present()).or(this.default.clone()) {
            return Ok(value);
        }
        let class = vm.types().exceptions.lookup_error.clone();
        Err(vm.new_error_with(&class, &[this.into()]))
    }

    /// Call to set a new value for the context variable in the current context.
    ///
    /// The required *value* argument is the new value for the context variable.
    ///
    /// Returns a Token object that can be used to restore the variable to its previous
    /// value via the `ContextVar.reset()` method.
    #[method(sig = "(value, /)")]
    fn set(vm: &mut Vm, this: &Ref<ContextVar>, value: Value) -> PyResult {
        let context = current(vm)?;
        let old = context.lookup(this);
        context.store(this, value);
        let class = pvm_vm::types::init::class_of::<Token>(vm)?;
        let token = Token { context, variable: this.clone(), old, used: Cell::new(false) };
        Ok(Ref::new(token, &class).into())
    }

    /// Reset the context variable.
    ///
    /// The variable is reset to the value it had before the `ContextVar.set()` that
    /// created the token was used.
    #[method(sig = "(token, /)")]
    fn reset(vm: &mut Vm, this: &Ref<ContextVar>, token: &Value) -> PyResult<()> {
        let shown = |vm: &mut Vm| vm.repr(token).map(|text| text.to_string());
        let Some(known) = token.downcast_ref::<Token>() else {
            let shown = shown(vm)?;
            return Err(vm.type_error(format!("expected an instance of Token, got {shown}")));
        };
        if known.used.get() {
            let shown = shown(vm)?;
            return Err(vm.runtime_error(format!("{shown} has already been used once")));
        }
        if !known.variable.is(this) {
            let shown = shown(vm)?;
            return Err(vm.value_error(format!("{shown} was created by a different ContextVar")));
        }
        if !current(vm)?.is(&known.context) {
            let shown = shown(vm)?;
            return Err(vm.value_error(format!("{shown} was created in a different Context")));
        }
        known.used.set(true);
        match &known.old {
            Some(old) => known.context.store(this, old.clone()),
            None => known.context.remove(this),
        }
        Ok(())
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(cls: &Ref<Class>, item: &Value) -> Value {
        pvm_vm::types::generic_alias::GenericAlias::new(cls.into(), item.clone()).into()
    }

    #[getter]
    fn name(this: &Ref<ContextVar>) -> Ref<Str> {
        this.name.clone()
    }
}

#[pymethods(name = "Token", module = "_contextvars", extend = extend_token)]
impl Token {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Err(vm.runtime_error("Tokens can only be created by ContextVars"))
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Token>) -> PyResult {
        let used = if this.used.get() { " used" } else { "" };
        let variable = vm.repr(this.variable.as_value())?;
        let id = this.as_value().identity();
        Ok(format!("<Token{used} var={} at {id:#x}>", variable.as_ref()).into())
    }

    #[getter]
    fn var(this: &Ref<Token>) -> Ref<ContextVar> {
        this.variable.clone()
    }

    #[getter]
    fn old_value(vm: &mut Vm, this: &Ref<Token>) -> PyResult {
        match &this.old {
            Some(old) => Ok(old.clone()),
            None => {
                let class: Value = this.class().into();
                vm.get_attr_str(&class, "MISSING")
            }
        }
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(cls: &Ref<Class>, item: &Value) -> Value {
        pvm_vm::types::generic_alias::GenericAlias::new(cls.into(), item.clone()).into()
    }
}

fn extend_token(vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    let missing = pvm_vm::types::init::class_of::<Missing>(vm)?;
    class.attributes().set_name("MISSING", Ref::new(Missing, &missing));
    Ok(())
}

/// `_contextvars`
#[pymodule(name = "_contextvars", doc = "Context Variables")]
pub mod contextvars_module {
    use super::*;

    #[pyfunction]
    fn copy_context(vm: &mut Vm) -> PyResult<Ref<Context>> {
        let context = current(vm)?;
        context.copy_of(vm)
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        crate::support::add_class::<Context>(vm, module, "Context")?;
        crate::support::add_class::<ContextVar>(vm, module, "ContextVar")?;
        crate::support::add_class::<Token>(vm, module, "Token")?;
        Ok(())
    }
}
