//! Signals: the exceptions, and the mappings that say which are trapped or have come up.

use super::State;
use super::arithmetic::status;
use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::Cell;

/// The signals in the order in which they are looked at, with their conditions.
pub const SIGNALS: [(&str, u32); 9] = [
    ("InvalidOperation", status::ANY_INVALID),
    ("FloatOperation", status::FLOAT_OPERATION),
    ("DivisionByZero", status::DIVISION_BY_ZERO),
    ("Overflow", status::OVERFLOW),
    ("Underflow", status::UNDERFLOW),
    ("Subnormal", status::SUBNORMAL),
    ("Inexact", status::INEXACT),
    ("Rounded", status::ROUNDED),
    ("Clamped", status::CLAMPED),
];

/// The conditions behind `InvalidOperation` that have classes of their own.
const CONDITIONS: [(&str, u32); 5] = [
    ("InvalidOperation", status::INVALID_OPERATION),
    ("ConversionSyntax", status::CONVERSION_SYNTAX),
    ("DivisionImpossible", status::DIVISION_IMPOSSIBLE),
    ("DivisionUndefined", status::DIVISION_UNDEFINED),
    ("InvalidContext", status::INVALID_CONTEXT),
];

const INVALID_SIGNAL: &str = "valid values for signals are:\n  [InvalidOperation, FloatOperation, DivisionByZero,\n   Overflow, Underflow, Subnormal, Inexact, Rounded,\n   Clamped]";

/// The exception classes.
pub struct Signals {
    /// `DecimalException`
    pub base: Value,
    /// By the positions in [`SIGNALS`].
    signals: Vec<Value>,
    /// By the positions in [`CONDITIONS`].
    conditions: Vec<Value>,
}

impl Signals {
    /// Makes the classes.
    pub fn make(vm: &mut Vm) -> PyResult<Signals> {
        let exceptions = &vm.types().exceptions;
        let arithmetic = exceptions.arithmetic_error.as_value().clone();
        let zero_division = exceptions.zero_division_error.as_value().clone();
        let type_error = exceptions.type_error.as_value().clone();
        let base = new_class(vm, "DecimalException", &[arithmetic])?;
        let mut made: Vec<(&str, Value)> = Vec::new();
        // Bases first.
        let order = ["InvalidOperation", "DivisionByZero", "Inexact", "Rounded", "Clamped", "Subnormal"];
        for name in order.into_iter().chain(["FloatOperation", "Overflow", "Underflow"]) {
            let known = |name: &str| {
                let found = made.iter().find(|(known, _)| *known == name);
                found.map_or(Value::NONE, |(_, class)| class.clone())
            };
            let bases = match name {
                "FloatOperation" => vec![base.clone(), type_error.clone()],
                "DivisionByZero" => vec![base.clone(), zero_division.clone()],
                "Overflow" => vec![known("Inexact"), known("Rounded")],
                "Underflow" => vec![known("Inexact"), known("Rounded"), known("Subnormal")],
                _ => vec![base.clone()],
            };
            made.push((name, new_class(vm, name, &bases)?));
        }
        let signals = SIGNALS
            .iter()
            .filter_map(|(name, _)| made.iter().find(|(known, _)| known == name))
            .map(|(_, class)| class.clone())
            .collect::<Vec<_>>();
        let invalid = signals[0].clone();
        let mut conditions = vec![invalid.clone()];
        for (name, _) in &CONDITIONS[1..] {
            let bases = match *name {
                "DivisionUndefined" => vec![invalid.clone(), zero_division.clone()],
                _ => vec![invalid.clone()],
            };
            conditions.push(new_class(vm, name, &bases)?);
        }
        Ok(Signals { base, signals, conditions })
    }

    /// All classes below the base, with their names.
    pub fn classes(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let signals = SIGNALS.iter().map(|(name, _)| *name).zip(&self.signals);
        signals.chain(CONDITIONS.iter().map(|(name, _)| *name).zip(&self.conditions).skip(1))
    }

    /// The conditions of a signal.
    fn mask(&self, vm: &mut Vm, signal: &Value) -> PyResult<u32> {
        match self.signals.iter().zip(SIGNALS).find(|(class, _)| class.is(signal)) {
            Some((_, (_, mask))) => Ok(mask),
            None => Err(vm.key_error(INVALID_SIGNAL.into())),
        }
    }

    /// The signals of some conditions.
    pub fn list(&self, conditions: u32) -> Ref<List> {
        let chosen = self.signals.iter().zip(SIGNALS).filter(|(_, (_, mask))| conditions & mask != 0);
        List::new(chosen.map(|(class, _)| class.clone()).collect())
    }

    /// The conditions that a list of signals names.
    pub fn conditions_in_list(&self, vm: &mut Vm, list: &List) -> PyResult<u32> {
        let mut conditions = 0;
        for signal in list.to_vec() {
            conditions |= self.mask(vm, &signal)?;
        }
        Ok(conditions)
    }

    /// The conditions that a mapping of all signals to truth values names.
    pub fn conditions_in(&self, vm: &mut Vm, mapping: &Value) -> PyResult<u32> {
        if let Some(signals) = mapping.downcast_ref::<SignalDictMixin>() {
            signals.check(vm)?;
            return Ok(signals.get());
        }
        let Some(dict) = mapping.downcast_ref::<Dict>().cloned() else {
            return Err(vm.type_error("argument must be a signal dict"));
        };
        if dict.len() != SIGNALS.len() {
            return Err(vm.key_error("invalid signal dict".into()));
        }
        let mut conditions = 0;
        for (class, (_, mask)) in self.signals.iter().zip(SIGNALS) {
            match dict.get(vm, class)? {
                Some(value) if vm.truth(&value)? => conditions |= mask,
                Some(_) => {}
                None => return Err(vm.key_error("invalid signal dict".into())),
            }
        }
        Ok(conditions)
    }

    /// The exception for trapped conditions.
    #[cold]
    pub fn raise(&self, vm: &mut Vm, trapped: u32) -> Raised {
        let chosen = self.signals.iter().zip(SIGNALS).find(|(_, (_, mask))| trapped & mask != 0);
        let Some((class, _)) = chosen else { return vm.runtime_error("internal error in _decimal") };
        let conditions = self.conditions.iter().zip(CONDITIONS);
        let causes = conditions.chain(self.signals.iter().zip(SIGNALS).skip(1));
        let causes: Vec<Value> =
            causes.filter(|(_, (_, mask))| trapped & mask != 0).map(|(class, _)| class.clone()).collect();
        let causes: Value = List::new(causes).into();
        match class.downcast_ref::<Class>() {
            Some(class) => vm.new_error_with(class, &[causes]),
            None => vm.runtime_error("internal error in _decimal"),
        }
    }
}

fn new_class(vm: &mut Vm, name: &str, bases: &[Value]) -> PyResult {
    let namespace = Dict::new();
    namespace.set_name("__module__", "decimal");
    let bases = Tuple::new(bases.to_vec());
    let type_ = vm.types().type_.clone();
    vm.call(type_.as_value(), &[name.into(), bases.into(), namespace.into()])
}

/// The names of conditions' signals, as a context's `repr` shows them.
pub fn names(conditions: u32) -> String {
    // In the order of the conditions' numbers.
    let mut found: Vec<(u32, &str)> = SIGNALS
        .iter()
        .filter(|(_, mask)| conditions & mask != 0)
        .map(|(name, mask)| ((conditions & mask).trailing_zeros(), *name))
        .collect();
    found.sort_unstable();
    format!("[{}]", found.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", "))
}

/// The traps or the flags of a context, as a mapping.
pub struct SignalDictMixin {
    /// The conditions that are set.
    conditions: Cell<u32>,
    /// Whether it belongs to a context. Others, which Python code can make, are good for nothing.
    tied: bool,
}

pvm_vm::payload!(SignalDictMixin, "decimal.SignalDictMixin");

impl SignalDictMixin {
    /// A mapping of the public class.
    pub fn create(class: &Ref<Class>, conditions: u32) -> Ref<SignalDictMixin> {
        Ref::new(SignalDictMixin { conditions: Cell::new(conditions), tied: true }, class)
    }

    /// The conditions that are set.
    #[inline]
    pub fn get(&self) -> u32 {
        self.conditions.get()
    }

    /// Sets the conditions.
    pub fn set(&self, conditions: u32) {
        self.conditions.set(conditions);
    }

    fn check(&self, vm: &mut Vm) -> PyResult<()> {
        if self.tied { Ok(()) } else { Err(vm.value_error("invalid signal dict")) }
    }
}

/// Signals by their exception classes.
#[pymethods(name = "SignalDictMixin", module = "decimal", flags = flag::BASE_TYPE)]
impl SignalDictMixin {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, class: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(SignalDictMixin { conditions: Cell::new(0), tied: false }, class).into())
    }

    #[slot(init)]
    fn init_slot(_vm: &mut Vm, _this: &Value, _args: Args<'_>) -> PyResult<()> {
        Ok(())
    }

    #[slot(len)]
    fn len(vm: &mut Vm, this: &Ref<SignalDictMixin>) -> PyResult<usize> {
        this.check(vm)?;
        Ok(SIGNALS.len())
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Ref<SignalDictMixin>) -> PyResult {
        this.check(vm)?;
        let state = State::get(vm)?;
        let all: Value = Tuple::new(state.signals.signals.clone()).into();
        vm.iter(&all)
    }

    #[slot(getitem)]
    fn getitem(vm: &mut Vm, this: &Ref<SignalDictMixin>, key: &Value) -> PyResult {
        this.check(vm)?;
        let mask = State::get(vm)?.signals.mask(vm, key)?;
        Ok(Value::bool(this.conditions.get() & mask != 0))
    }

    #[slot(setitem)]
    fn setitem(vm: &mut Vm, this: &Ref<SignalDictMixin>, key: &Value, value: Option<Value>) -> PyResult<()> {
        this.check(vm)?;
        let Some(value) = value else { return Err(vm.value_error("signal keys cannot be deleted")) };
        let mask = State::get(vm)?.signals.mask(vm, key)?;
        let on = vm.truth(&value)?;
        let before = this.conditions.get();
        this.conditions.set(if on { before | mask } else { before & !mask });
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<SignalDictMixin>) -> PyResult {
        this.check(vm)?;
        let shown = SIGNALS.map(|(name, mask)| {
            let set = if this.conditions.get() & mask != 0 { "True" } else { "False" };
            format!("<class 'decimal.{name}'>:{set}")
        });
        Ok(format!("{{{}}}", shown.join(", ")).into())
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(this), CompareOp::Eq | CompareOp::Ne) = (a.downcast_ref::<SignalDictMixin>(), op) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        this.check(vm)?;
        if !b.holds::<SignalDictMixin>() && !b.holds::<Dict>() {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let state = State::get(vm)?;
        match state.signals.conditions_in(vm, b) {
            Ok(other) => Ok(Value::bool((this.conditions.get() == other) == (op == CompareOp::Eq))),
            Err(raised) if raised.is(&vm.types().exceptions.key_error) => Ok(Value::NOT_IMPLEMENTED),
            Err(raised) => Err(raised),
        }
    }

    /// The mapping as a dictionary.
    #[method(sig = "")]
    fn copy(vm: &mut Vm, this: &Ref<SignalDictMixin>) -> PyResult<Ref<Dict>> {
        this.check(vm)?;
        let state = State::get(vm)?;
        let dict = Dict::new();
        for (class, (_, mask)) in state.signals.signals.iter().zip(SIGNALS) {
            dict.set(vm, class.clone(), Value::bool(this.conditions.get() & mask != 0))?;
        }
        Ok(dict)
    }
}
