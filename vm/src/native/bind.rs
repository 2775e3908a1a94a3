//! Binding of a call's arguments to a native function's parameters, with CPython's messages.
//!
//! CPython has three ways of parsing arguments, each with its own wording: functions of none or of exactly
//! one argument (`METH_NOARGS`, `METH_O`), purely positional ones (`_PyArg_CheckPositional`), and those with
//! names (`_PyArg_UnpackKeywords`). Which one a function would have follows from its parameters.

use super::{Args, NativeType, Param, ParamKind};
use crate::object::{Class, Payload, Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};

/// Arguments beyond the named parameters.
#[derive(Default)]
pub struct Extra<'a> {
    /// For `*args`.
    pub positional: &'a [Value],
    /// For `**kwargs`: name and value.
    pub keywords: Vec<(Value, Value)>,
}

/// How a message names an argument.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// The only one.
    Only,
    /// A positional one, counted from 1.
    Position(u32),
    /// One with a name.
    Name(&'static str),
}

/// An argument of a native function, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// The function's name.
    pub function: &'static str,
    /// Which argument.
    pub place: Place,
}

impl std::fmt::Display for Argument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let function = self.function;
        match self.place {
            Place::Only => write!(f, "{function}() argument"),
            Place::Position(position) => write!(f, "{function}() argument {position}"),
            Place::Name(name) => write!(f, "{function}() argument '{name}'"),
        }
    }
}

impl Argument {
    /// The error for an argument of the wrong type.
    #[cold]
    pub fn wrong_type(&self, vm: &mut Vm, expected: &str, value: &Value) -> Raised {
        let found = if value.is_none() { "None".into() } else { value.class().name() };
        vm.type_error(format!("{self} must be {expected}, not {found}"))
    }
}

/// Binds a call's arguments to parameters: one slot for each that is not `*args` or `**kwargs`.
///
/// `args` leaves out the receiver. `AT_LEAST` to `TAKES` positional arguments fill the slots in order and
/// leave out nothing that is required; other calls take the long way. `qualified` is `type.method` or `module.function`.
#[inline(always)]
pub fn bind<'a, const N: usize, const AT_LEAST: usize, const TAKES: usize>(
    vm: &mut Vm,
    qualified: &str,
    params: &'static [Param],
    args: Args<'a>,
) -> PyResult<([Option<&'a Value>; N], Extra<'a>)> {
    let mut slots = [None; N];
    let given = args.values.len();
    if args.names.is_empty() && given >= AT_LEAST && given <= TAKES {
        for (slot, value) in slots.iter_mut().zip(args.values) {
            *slot = Some(value);
        }
        return Ok((slots, Extra::default()));
    }
    let extra = bind_slow(vm, qualified, params, args, &mut slots)?;
    Ok((slots, extra))
}

/// What the parameters of a function amount to.
struct Bounds {
    /// Parameters with a slot.
    named: Vec<&'static Param>,
    /// Those that take positional arguments.
    takes: usize,
    /// Those of them that are required.
    required: usize,
    /// Those of them that cannot be given by name.
    positional_only: usize,
    var_args: bool,
    var_keywords: bool,
}

impl Bounds {
    fn new(params: &'static [Param]) -> Bounds {
        let is_var = |p: &&Param| matches!(p.kind, ParamKind::VarArgs | ParamKind::VarKeywords);
        let named: Vec<&Param> = params.iter().filter(|p| !is_var(p)).collect();
        let takes = named.iter().filter(|p| p.kind != ParamKind::KeywordOnly).count();
        Bounds {
            takes,
            required: named[..takes].iter().filter(|p| p.required).count(),
            positional_only: named.iter().filter(|p| p.kind == ParamKind::PositionalOnly).count(),
            var_args: params.iter().any(|p| p.kind == ParamKind::VarArgs),
            var_keywords: params.iter().any(|p| p.kind == ParamKind::VarKeywords),
            named,
        }
    }

    /// No argument has a name.
    fn positional(&self) -> bool {
        self.positional_only == self.named.len() && !self.var_keywords
    }
}

#[inline(never)]
fn bind_slow<'a>(
    vm: &mut Vm,
    qualified: &str,
    params: &'static [Param],
    args: Args<'a>,
    slots: &mut [Option<&'a Value>],
) -> PyResult<Extra<'a>> {
    let bounds = Bounds::new(params);
    let positional = args.pos();
    if bounds.positional() {
        check_positional(vm, qualified, &bounds, positional.len(), args.names.len())?;
    } else {
        check_counts(vm, qualified, &bounds, positional.len(), args.names.len())?;
    }
    for (slot, value) in slots.iter_mut().zip(positional.iter().take(bounds.takes)) {
        *slot = Some(value);
    }
    let mut extra = Extra { positional: positional.get(bounds.takes..).unwrap_or(&[]), keywords: Vec::new() };
    let name = short_name(qualified);
    let mut failure = None;
    for (key, value) in args.keywords() {
        let Some(text) = key.downcast_ref::<Str>() else {
            return Err(vm.type_error("keywords must be strings"));
        };
        let found =
            bounds.named[bounds.positional_only..].iter().position(|p| text.as_ref().equals_str(p.name));
        match found.map(|i| i + bounds.positional_only) {
            Some(i) if slots[i].is_some() => {
                let position = i + 1;
                failure.get_or_insert_with(|| {
                    format!(
                        "argument for {name}() given by name ('{}') and position ({position})",
                        text.as_ref()
                    )
                });
            }
            Some(i) => slots[i] = Some(value),
            None if bounds.var_keywords => extra.keywords.push((key.clone(), value.clone())),
            None => {
                failure.get_or_insert_with(|| {
                    format!("'{}' is an invalid keyword argument for {name}()", text.as_ref())
                });
            }
        }
    }
    for (i, param) in bounds.named.iter().enumerate() {
        if param.required && slots[i].is_none() {
            let position = i + 1;
            return Err(vm.type_error(format!(
                "{name}() missing required argument '{}' (pos {position})",
                param.name
            )));
        }
    }
    match failure {
        Some(message) => Err(vm.type_error(message)),
        None => Ok(extra),
    }
}

fn short_name(qualified: &str) -> &str {
    qualified.rsplit('.').next().unwrap_or(qualified)
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// The checks of functions none of whose arguments has a name.
fn check_positional(
    vm: &mut Vm,
    qualified: &str,
    bounds: &Bounds,
    given: usize,
    keywords: usize,
) -> PyResult<()> {
    let (takes, required) = (bounds.takes, bounds.required);
    if keywords > 0 {
        return Err(vm.type_error(format!("{qualified}() takes no keyword arguments")));
    }
    if given >= required && (given <= takes || bounds.var_args) {
        return Ok(());
    }
    Err(match (takes, required) {
        (0, _) => vm.type_error(format!("{qualified}() takes no arguments ({given} given)")),
        (1, 1) if !bounds.var_args => {
            vm.type_error(format!("{qualified}() takes exactly one argument ({given} given)"))
        }
        _ => {
            let (bound, count) = if required == takes && !bounds.var_args {
                ("", takes)
            } else if given < required {
                ("at least ", required)
            } else {
                ("at most ", takes)
            };
            let name = short_name(qualified);
            vm.type_error(format!("{name} expected {bound}{count} argument{}, got {given}", plural(count)))
        }
    })
}

/// The checks of functions with named arguments that come before names are looked at.
fn check_counts(
    vm: &mut Vm,
    qualified: &str,
    bounds: &Bounds,
    given: usize,
    keywords: usize,
) -> PyResult<()> {
    let name = short_name(qualified);
    let (takes, all) = (bounds.takes, bounds.named.len());
    if given + keywords > all && !bounds.var_args && !bounds.var_keywords {
        let bound = if bounds.named.iter().all(|p| p.required) { "exactly" } else { "at most" };
        let what = if given == 0 { "keyword " } else { "" };
        let (plural, given) = (plural(all), given + keywords);
        return Err(
            vm.type_error(format!("{name}() takes {bound} {all} {what}argument{plural} ({given} given)"))
        );
    }
    if given > takes && !bounds.var_args {
        if takes == 0 {
            return Err(vm.type_error(format!("{name}() takes no positional arguments")));
        }
        let bound = if bounds.required < takes { "at most" } else { "exactly" };
        let plural = plural(takes);
        return Err(vm.type_error(format!(
            "{name}() takes {bound} {takes} positional argument{plural} ({given} given)"
        )));
    }
    let least = bounds.required.min(bounds.positional_only);
    if given < least {
        let bound = if least < takes || bounds.var_args { "at least" } else { "exactly" };
        let plural = plural(least);
        return Err(vm.type_error(format!(
            "{name}() takes {bound} {least} positional argument{plural} ({given} given)"
        )));
    }
    Ok(())
}

/// A required argument, which [`bind`] has checked to be there.
#[inline(always)]
pub fn present<'a>(vm: &mut Vm, slot: Option<&'a Value>) -> PyResult<&'a Value> {
    match slot {
        Some(value) => Ok(value),
        None => Err(vm.type_error("a required argument is missing")),
    }
}

/// An argument as a borrowed payload.
#[inline(always)]
pub fn borrow_argument<'a, T: Payload>(
    vm: &mut Vm,
    value: &'a Value,
    argument: &Argument,
) -> PyResult<&'a Ref<T>> {
    match value.downcast_ref::<T>() {
        Some(reference) => Ok(reference),
        None => Err(argument.wrong_type(vm, T::layout().name, value)),
    }
}

/// A method's receiver.
#[inline(always)]
pub fn receiver<'a, T: Payload>(
    vm: &mut Vm,
    args: &Args<'a>,
    owner: &str,
    name: &str,
) -> PyResult<&'a Ref<T>> {
    match args.pos().first() {
        Some(value) => instance(vm, value, owner, name),
        None => Err(no_receiver(vm, owner, name)),
    }
}

/// A method's receiver, which need not be a heap object.
#[inline(always)]
pub fn value_receiver<'a, T: NativeType>(
    vm: &mut Vm,
    args: &Args<'a>,
    owner: &str,
    name: &str,
) -> PyResult<&'a Value> {
    match args.pos().first() {
        Some(value) => value_instance::<T>(vm, value, owner, name),
        None => Err(no_receiver(vm, owner, name)),
    }
}

/// A class method's receiver.
#[inline(always)]
pub fn class_receiver<'a>(vm: &mut Vm, args: &Args<'a>, owner: &str, name: &str) -> PyResult<&'a Ref<Class>> {
    let Some(value) = args.pos().first() else {
        return Err(vm.type_error(format!("descriptor '{name}' of '{owner}' object needs an argument")));
    };
    match value.downcast_ref::<Class>() {
        Some(class) => Ok(class),
        None => {
            let found = value.class().name();
            Err(vm.type_error(format!(
                "descriptor '{name}' for type '{owner}' needs a type, not a '{found}' as arg 2"
            )))
        }
    }
}

/// What a computed attribute or a slot works on.
#[inline(always)]
pub fn instance<'a, T: Payload>(
    vm: &mut Vm,
    value: &'a Value,
    owner: &str,
    name: &str,
) -> PyResult<&'a Ref<T>> {
    match value.downcast_ref::<T>() {
        Some(instance) => Ok(instance),
        None => Err(wrong_receiver(vm, value, owner, name)),
    }
}

/// The same where it need not be a heap object.
#[inline(always)]
pub fn value_instance<'a, T: NativeType>(
    vm: &mut Vm,
    value: &'a Value,
    owner: &str,
    name: &str,
) -> PyResult<&'a Value> {
    if T::accepts(value) { Ok(value) } else { Err(wrong_receiver(vm, value, owner, name)) }
}

#[cold]
fn no_receiver(vm: &mut Vm, owner: &str, name: &str) -> Raised {
    vm.type_error(format!("unbound method {owner}.{name}() needs an argument"))
}

#[cold]
fn wrong_receiver(vm: &mut Vm, value: &Value, owner: &str, name: &str) -> Raised {
    let found = value.class().name();
    vm.type_error(format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{found}' object"))
}
