//! `Context`: the settings of arithmetic, and what has come up under them.

use super::State;
use super::arithmetic::{Env, MAX_EMAX, MAX_PREC, MIN_EMIN, Number, Rounding, status};
use super::object::Decimal;
use super::signals::{self, SignalDictMixin};
use crate::contextvars::ContextVar;
use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::Cell;

/// A context.
pub struct Context {
    prec: Cell<i64>,
    emax: Cell<i64>,
    emin: Cell<i64>,
    rounding: Cell<Rounding>,
    capitals: Cell<bool>,
    clamp: Cell<bool>,
    traps: Ref<SignalDictMixin>,
    flags: Ref<SignalDictMixin>,
}

pvm_vm::payload!(
    Context,
    "decimal.Context",
    |c, visit| {
        visit(c.traps.as_value());
        visit(c.flags.as_value());
    },
    |_c| ()
);

/// The current context, made from `DefaultContext` where the thread has none yet.
pub fn current(vm: &mut Vm) -> PyResult<Ref<Context>> {
    let state = State::get(vm)?;
    current_of(vm, &state)
}

/// [`current`], for a caller that has the module's state.
pub fn current_of(vm: &mut Vm, state: &State) -> PyResult<Ref<Context>> {
    if let Some(Ok(context)) = ContextVar::current_value(&state.variable, vm).map(Value::downcast::<Context>)
    {
        return Ok(context);
    }
    let context = state.templates[0].duplicate(state);
    context.flags.set(0);
    ContextVar::assign(&state.variable, vm, (&context).into())?;
    Ok(context)
}

/// Makes a context current; of a template, a copy.
pub fn set_current(vm: &mut Vm, context: &Ref<Context>) -> PyResult<()> {
    let state = State::get(vm)?;
    let context = if state.templates.iter().any(|template| template.is(context)) {
        let copy = context.duplicate(&state);
        copy.flags.set(0);
        copy
    } else {
        context.clone()
    };
    ContextVar::assign(&state.variable, vm, context.into())
}

/// An optional argument that is a context; the current one for `None`.
pub fn chosen(vm: &mut Vm, argument: Option<&Value>) -> PyResult<Ref<Context>> {
    match argument {
        None => current(vm),
        Some(value) => match value.downcast_ref::<Context>() {
            Some(context) => Ok(context.clone()),
            None => Err(vm.type_error("optional argument must be a context")),
        },
    }
}

/// The names of `Context`'s arguments, in order.
const SETTINGS: [&str; 8] = ["prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"];

impl Context {
    /// A context of the module's own.
    pub fn create(
        class: &Ref<Class>,
        signal_dict: &Ref<Class>,
        prec: i64,
        rounding: Rounding,
        traps: u32,
    ) -> Ref<Context> {
        let context = Context {
            prec: Cell::new(prec),
            emax: Cell::new(999_999),
            emin: Cell::new(-999_999),
            rounding: Cell::new(rounding),
            capitals: Cell::new(true),
            clamp: Cell::new(false),
            traps: SignalDictMixin::create(signal_dict, traps),
            flags: SignalDictMixin::create(signal_dict, 0),
        };
        Ref::new(context, class)
    }

    fn with_class(&self, state: &State, class: &Ref<Class>) -> Ref<Context> {
        let context = Context {
            prec: self.prec.clone(),
            emax: self.emax.clone(),
            emin: self.emin.clone(),
            rounding: self.rounding.clone(),
            capitals: self.capitals.clone(),
            clamp: self.clamp.clone(),
            traps: SignalDictMixin::create(&state.signal_dict, self.traps.get()),
            flags: SignalDictMixin::create(&state.signal_dict, self.flags.get()),
        };
        Ref::new(context, class)
    }

    /// A copy.
    pub fn duplicate(&self, state: &State) -> Ref<Context> {
        self.with_class(state, &state.context)
    }

    /// The settings that results depend on.
    #[inline]
    pub fn env(&self) -> Env {
        Env {
            prec: self.prec.get(),
            emax: self.emax.get(),
            emin: self.emin.get(),
            rounding: self.rounding.get(),
            clamp: self.clamp.get(),
            status: 0,
        }
    }

    /// Whether exponents are shown with a capital letter.
    pub fn capitals(&self) -> bool {
        self.capitals.get()
    }

    /// Notes conditions without raising.
    pub fn note(&self, conditions: u32) {
        self.flags.set(self.flags.get() | conditions);
    }

    /// Notes conditions; an exception where one of them is trapped.
    #[inline]
    pub fn check(&self, vm: &mut Vm, conditions: u32) -> PyResult<()> {
        if conditions == 0 { Ok(()) } else { self.check_some(vm, conditions) }
    }

    fn check_some(&self, vm: &mut Vm, conditions: u32) -> PyResult<()> {
        self.note(conditions & !status::MEMORY);
        if conditions & status::MEMORY != 0 {
            return Err(vm.memory_error());
        }
        let trapped = conditions & self.traps.get();
        if trapped == 0 {
            return Ok(());
        }
        let state = State::get(vm)?;
        Err(state.signals.raise(vm, trapped))
    }

    /// Runs an operation under the context, and checks what has come up.
    #[inline]
    pub fn compute(&self, vm: &mut Vm, operation: impl FnOnce(&mut Env) -> Number) -> PyResult {
        let state = State::get(vm)?;
        self.compute_with(vm, &state, operation)
    }

    /// [`Context::compute`], for a caller that has the module's state.
    #[inline]
    pub fn compute_with(
        &self,
        vm: &mut Vm,
        state: &State,
        operation: impl FnOnce(&mut Env) -> Number,
    ) -> PyResult {
        let mut env = self.env();
        let result = operation(&mut env);
        self.check(vm, env.status)?;
        Ok(Decimal::create(state, result))
    }

    /// Sets what is given by the names of [`SETTINGS`].
    pub fn configure(this: &Ref<Context>, vm: &mut Vm, settings: &[Option<Value>; 8]) -> PyResult<()> {
        for (name, value) in SETTINGS.iter().zip(settings) {
            let Some(value) = value.clone().filter(|value| !value.is_none()) else { continue };
            if let ("flags" | "traps", Some(list)) = (*name, value.downcast_ref::<List>()) {
                let conditions = State::get(vm)?.signals.conditions_in_list(vm, list)?;
                let target = if *name == "flags" { &this.flags } else { &this.traps };
                target.set(conditions);
                continue;
            }
            this.set(vm, name, Some(value))?;
        }
        Ok(())
    }

    fn set(&self, vm: &mut Vm, name: &str, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else {
            let class = &vm.types().exceptions.attribute_error;
            return Err(vm.new_error(class, "context attributes cannot be deleted"));
        };
        match name {
            "prec" => self.prec.set(ranged(vm, &value, 1..=MAX_PREC, "prec is [1, MAX_PREC]")?),
            "Emax" => self.emax.set(ranged(vm, &value, 0..=MAX_EMAX, "Emax is [0, MAX_EMAX]")?),
            "Emin" => self.emin.set(ranged(vm, &value, MIN_EMIN..=0, "Emin is [MIN_EMIN, 0]")?),
            "rounding" => self.rounding.set(rounding(vm, &value)?),
            "capitals" => self.capitals.set(switch(vm, &value, "capitals")?),
            "clamp" => self.clamp.set(switch(vm, &value, "clamp")?),
            "flags" => self.flags.set(State::get(vm)?.signals.conditions_in(vm, &value)?),
            _ => self.traps.set(State::get(vm)?.signals.conditions_in(vm, &value)?),
        }
        Ok(())
    }
}

fn ranged(vm: &mut Vm, value: &Value, range: std::ops::RangeInclusive<i64>, valid: &str) -> PyResult<i64> {
    match machine_integer(vm, value)? {
        number if range.contains(&number) => Ok(number),
        _ => Err(vm.value_error(format!("valid range for {valid}"))),
    }
}

/// An `int` as a machine integer, without `__index__`.
fn machine_integer(vm: &mut Vm, value: &Value) -> PyResult<i64> {
    match value.as_int() {
        Some(number) => match number.to_i64() {
            Some(number) => Ok(number),
            None => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
        },
        None => Err(vm.type_error("an integer is required")),
    }
}

fn switch(vm: &mut Vm, value: &Value, name: &str) -> PyResult<bool> {
    match machine_integer(vm, value)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(vm.value_error(format!("valid values for {name} are 0 or 1"))),
    }
}

/// A rounding mode by its name.
pub fn rounding(vm: &mut Vm, value: &Value) -> PyResult<Rounding> {
    if let Some(name) = value.downcast_ref::<Str>() {
        let found = Rounding::ALL.iter().find(|(_, known)| name.as_ref().equals_str(known));
        if let Some((rounding, _)) = found {
            return Ok(*rounding);
        }
    }
    Err(vm.type_error(
        "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]",
    ))
}

/// Sorts arguments by names of parameters that positional ones may fill, too.
pub fn by_name<const N: usize>(
    vm: &mut Vm,
    names: &[&str; N],
    args: Args<'_>,
) -> PyResult<[Option<Value>; N]> {
    let mut found: [Option<Value>; N] = std::array::from_fn(|i| args.pos().get(i).cloned());
    let given = args.values.len();
    if given > N {
        return Err(vm.type_error(format!("function takes at most {N} arguments ({given} given)")));
    }
    for (key, value) in args.keywords() {
        let key = vm.str(key)?.to_string();
        match names.iter().position(|name| **name == key) {
            Some(index) if found[index].is_some() => {
                let position = index + 1;
                return Err(vm.type_error(format!(
                    "argument for function given by name ('{key}') and position ({position})"
                )));
            }
            Some(index) => found[index] = Some(value.clone()),
            None => {
                return Err(
                    vm.type_error(format!("'{key}' is an invalid keyword argument for this function"))
                );
            }
        }
    }
    Ok(found)
}

/// Settings of decimal arithmetic: precision, rounding, the range of exponents, and which signals raise exceptions.
#[pymethods(
    name = "Context",
    module = "decimal",
    flags = flag::BASE_TYPE,
    parts = [UNARY, BINARY, OTHER, PREDICATES, CANONICAL]
)]
impl Context {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let state = State::get(vm)?;
        let context = state.templates[0].with_class(&state, class);
        context.capitals.set(true);
        Ok(context.into())
    }

    #[slot(init)]
    fn init_slot(vm: &mut Vm, this: &Ref<Context>, args: Args<'_>) -> PyResult<()> {
        let settings = by_name(vm, &SETTINGS, args)?;
        Context::configure(this, vm, &settings)
    }

    #[slot(repr)]
    fn repr(_vm: &mut Vm, this: &Ref<Context>) -> PyResult {
        Ok(format!(
            "Context(prec={}, rounding={}, Emin={}, Emax={}, capitals={}, clamp={}, flags={}, traps={})",
            this.prec.get(),
            this.rounding.get().name(),
            this.emin.get(),
            this.emax.get(),
            u8::from(this.capitals.get()),
            u8::from(this.clamp.get()),
            signals::names(this.flags.get()),
            signals::names(this.traps.get()),
        )
        .into())
    }

    #[getter]
    fn prec(this: &Ref<Context>) -> i64 {
        this.prec.get()
    }

    #[setter]
    fn set_prec(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "prec", value)
    }

    #[getter(name = "Emax")]
    fn emax(this: &Ref<Context>) -> i64 {
        this.emax.get()
    }

    #[setter(name = "Emax")]
    fn set_emax(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "Emax", value)
    }

    #[getter(name = "Emin")]
    fn emin(this: &Ref<Context>) -> i64 {
        this.emin.get()
    }

    #[setter(name = "Emin")]
    fn set_emin(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "Emin", value)
    }

    #[getter]
    fn rounding(vm: &mut Vm, this: &Ref<Context>) -> PyResult {
        Ok(vm.intern(this.rounding.get().name()).into())
    }

    #[setter]
    fn set_rounding(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "rounding", value)
    }

    #[getter(name = "capitals")]
    fn capitals_attribute(this: &Ref<Context>) -> i64 {
        i64::from(this.capitals.get())
    }

    #[setter]
    fn set_capitals(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "capitals", value)
    }

    #[getter]
    fn clamp(this: &Ref<Context>) -> i64 {
        i64::from(this.clamp.get())
    }

    #[setter]
    fn set_clamp(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "clamp", value)
    }

    #[getter]
    fn flags(this: &Ref<Context>) -> Ref<SignalDictMixin> {
        this.flags.clone()
    }

    #[setter]
    fn set_flags(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "flags", value)
    }

    #[getter]
    fn traps(this: &Ref<Context>) -> Ref<SignalDictMixin> {
        this.traps.clone()
    }

    #[setter]
    fn set_traps(vm: &mut Vm, this: &Ref<Context>, value: Option<Value>) -> PyResult<()> {
        this.set(vm, "traps", value)
    }

    /// The exponent of the smallest subnormal number: `Emin - prec + 1`.
    #[method(name = "Etiny", sig = "()")]
    fn etiny(this: &Ref<Context>) -> i64 {
        this.env().etiny()
    }

    /// The largest exponent of a number with all digits: `Emax - prec + 1`.
    #[method(name = "Etop", sig = "()")]
    fn etop(this: &Ref<Context>) -> i64 {
        this.env().etop()
    }

    /// Clears all flags.
    #[method(sig = "()")]
    fn clear_flags(this: &Ref<Context>) {
        this.flags.set(0);
    }

    /// Traps no signal any more.
    #[method(sig = "()")]
    fn clear_traps(this: &Ref<Context>) {
        this.traps.set(0);
    }

    /// A copy with mappings of its own.
    #[method(sig = "()")]
    fn copy(vm: &mut Vm, this: &Ref<Context>) -> PyResult<Ref<Context>> {
        let state = State::get(vm)?;
        Ok(this.duplicate(&state))
    }

    #[method(sig = "")]
    fn __copy__(vm: &mut Vm, this: &Ref<Context>) -> PyResult<Ref<Context>> {
        Context::copy(vm, this)
    }

    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<Context>) -> PyResult {
        let state = State::get(vm)?;
        let settings = Tuple::new([
            this.prec.get().into(),
            this.rounding.get().name().into(),
            this.emin.get().into(),
            this.emax.get().into(),
            i64::from(this.capitals.get()).into(),
            i64::from(this.clamp.get()).into(),
            state.signals.list(this.flags.get()).into(),
            state.signals.list(this.traps.get()).into(),
        ]);
        Ok(Tuple::new([this.class().into(), settings.into()]).into())
    }
}
