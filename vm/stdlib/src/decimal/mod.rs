//! `_decimal`: decimal floating-point arithmetic.
//!
//! [`coefficient`] holds the digits, [`arithmetic`] the specification's operations; neither knows Python. Above them are the
//! classes: `Decimal` in [`object`] and [`methods`], `Context` in [`context`], the signals in [`signals`].

mod arithmetic;
mod coefficient;
mod context;
mod context_methods;
mod convert;
mod format;
mod manager;
mod methods;
mod object;
mod signals;

use arithmetic::{MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY, Rounding, status};
use context::Context;
use manager::ContextManager;
use object::Decimal;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use signals::{SignalDictMixin, Signals};
use std::cell::OnceCell;
use std::rc::Rc;

/// What the module keeps for an interpreter.
struct State {
    decimal: Ref<Class>,
    context: Ref<Class>,
    /// The mutable mapping of signals: a class of Python's below the native one.
    signal_dict: Ref<Class>,
    signals: Signals,
    /// `DecimalTuple`
    tuple: Value,
    /// `numbers.Rational`
    rational: Value,
    /// The variable that holds the current context.
    variable: Ref<crate::contextvars::ContextVar>,
    /// `DefaultContext`, `BasicContext`, `ExtendedContext`
    templates: [Ref<Context>; 3],
}

/// The state, which importing the module makes.
struct Handle(Rc<OnceCell<State>>);

impl std::ops::Deref for Handle {
    type Target = State;
    #[inline]
    fn deref(&self) -> &State {
        match self.0.get() {
            Some(state) => state,
            None => unreachable!("a handle is made with the state in place"),
        }
    }
}

impl State {
    /// The state.
    #[inline]
    fn get(vm: &mut Vm) -> PyResult<Handle> {
        let slot = vm.interp.extension(OnceCell::<State>::new);
        if slot.get().is_none() {
            let state = State::make(vm)?;
            slot.get_or_init(|| state);
        }
        Ok(Handle(slot))
    }

    fn make(vm: &mut Vm) -> PyResult<State> {
        let numbers = vm.import_module("numbers")?;
        let rational = vm.get_attr_str(&numbers, "Rational")?;
        let number = vm.get_attr_str(&numbers, "Number")?;
        let decimal = class_of::<Decimal>(vm)?;
        vm.call_method_str(&number, "register", &[decimal.as_value().clone()])?;
        let signal_dict = signal_dict_class(vm)?;
        let context = class_of::<Context>(vm)?;
        let signals = Signals::make(vm)?;
        let variable = crate::contextvars::ContextVar::create(vm, "decimal_context")?;
        let invalid = status::ANY_INVALID | status::DIVISION_BY_ZERO | status::OVERFLOW;
        let template = |prec, rounding, traps| Context::create(&context, &signal_dict, prec, rounding, traps);
        let templates = [
            template(28, Rounding::HalfEven, invalid),
            template(9, Rounding::HalfUp, invalid | status::UNDERFLOW | status::CLAMPED),
            template(9, Rounding::HalfEven, 0),
        ];
        let tuple = decimal_tuple(vm)?;
        Ok(State { decimal, context, signal_dict, signals, tuple, rational, variable, templates })
    }
}

/// `class SignalDict(SignalDictMixin, MutableMapping)`
fn signal_dict_class(vm: &mut Vm) -> PyResult<Ref<Class>> {
    let mixin = class_of::<SignalDictMixin>(vm)?;
    let abc = vm.import_module("collections.abc")?;
    let mapping = match vm.interp.modules.get().and_then(|modules| modules.get_name("collections.abc")) {
        Some(module) => vm.get_attr_str(&module, "MutableMapping")?,
        None => vm.get_attr_str(&abc, "MutableMapping")?,
    };
    let bases = Tuple::new([mixin.as_value().clone(), mapping]);
    let namespace = Dict::new();
    // What the metaclass would otherwise take from whoever imports the module.
    namespace.set_name("__module__", "abc");
    let metaclass: Value = bases.as_slice()[1].class().as_value().clone();
    let made = vm.call(&metaclass, &["SignalDict".into(), bases.into(), namespace.into()])?;
    made.downcast::<Class>().map_err(|_| vm.type_error("SignalDict is no class"))
}

fn decimal_tuple(vm: &mut Vm) -> PyResult {
    let collections = vm.import_module("collections")?;
    let fields = List::new(["sign", "digits", "exponent"].map(Value::from).to_vec());
    let class = vm.call_method_str(&collections, "namedtuple", &["DecimalTuple".into(), fields.into()])?;
    vm.set_attr_str(&class, "__module__", "decimal")?;
    Ok(class)
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_decimal", doc = "Decimal floating-point arithmetic, natively.")]
pub mod decimal_module {
    use super::*;
    use pvm_vm::native::Args;

    /// The current context.
    #[pyfunction]
    fn getcontext(vm: &mut Vm) -> PyResult<Ref<Context>> {
        context::current(vm)
    }

    /// Makes a context the current one.
    #[pyfunction(sig = "(context, /)")]
    fn setcontext(vm: &mut Vm, context: &Value) -> PyResult<()> {
        let Some(context) = context.downcast_ref::<Context>() else {
            return Err(vm.type_error("argument must be a context"));
        };
        context::set_current(vm, context)
    }

    /// A context manager that makes a copy of a context, the current one unless given, current for a while.
    /// Keywords change the copy.
    #[pyfunction(sig = "")]
    fn localcontext(vm: &mut Vm, args: Args<'_>) -> PyResult {
        manager::local_context(vm, args)
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let state = State::get(vm)?;
        module.set("__name__", "decimal");
        module.set("__version__", "1.70");
        module.set("__libmpdec_version__", "2.5.1");
        module.set("Decimal", state.decimal.as_value().clone());
        module.set("Context", state.context.as_value().clone());
        module.set("DecimalTuple", state.tuple.clone());
        module.set("DecimalException", state.signals.base.clone());
        for (name, class) in state.signals.classes() {
            module.set(name, class.clone());
        }
        for (name, context) in
            ["DefaultContext", "BasicContext", "ExtendedContext"].iter().zip(&state.templates)
        {
            module.set(name, context.clone());
        }
        for (_, name) in Rounding::ALL {
            let name = vm.intern(name);
            module.set(&name.to_string(), name);
        }
        module.set("MAX_PREC", MAX_PREC);
        module.set("MAX_EMAX", MAX_EMAX);
        module.set("MIN_EMIN", MIN_EMIN);
        module.set("MIN_ETINY", MIN_ETINY);
        module.set("HAVE_THREADS", true);
        module.set("HAVE_CONTEXTVAR", true);
        // Not part of the module, but its class must exist.
        class_of::<ContextManager>(vm)?;
        Ok(())
    }
}
