//! The types behind PEP 695: type parameters, type aliases and `Generic`, which `_typing` exports and instructions make.
//!
//! What is written in Python stays there: checks and substitutions call functions of the module `typing`.

mod alias;
mod generic;
mod param_spec;
mod type_var;
mod type_var_tuple;

pub use alias::TypeAlias;
pub use generic::{Generic, subscript_generic};
pub use param_spec::{ParamSpec, ParamSpecArgs, ParamSpecAttribute, ParamSpecKwargs};
pub use type_var::TypeVar;
pub use type_var_tuple::TypeVarTuple;

use crate::native::Args;
use crate::object::{Ref, Value, attributes};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};

/// `CALL_INTRINSIC_1` of type parameters (its number), and `CALL_INTRINSIC_2` (its number plus 100).
pub fn intrinsic(vm: &mut Vm, number: u64, first: &Value, second: Option<&Value>) -> PyResult {
    match number {
        7 => TypeVar::inferred(vm, first, None, None),
        8 => ParamSpec::inferred(vm, first),
        9 => TypeVarTuple::make(vm, first),
        10 => subscript_generic(vm, first),
        11 => TypeAlias::from_parts(vm, first),
        102 => TypeVar::inferred(vm, first, second, None),
        103 => TypeVar::inferred(vm, first, None, second),
        _ => Err(vm.system_error(format!("unknown intrinsic {number}"))),
    }
}

/// `typing.name(*args)`
pub(crate) fn call_typing(vm: &mut Vm, name: &str, args: Args<'_>) -> PyResult {
    let module = vm.import_module("typing")?;
    let function = vm.get_attr_str(&module, name)?;
    vm.call_args(&function, args)
}

/// The module of the code that runs, as `__module__` of what it makes.
fn calling_module(vm: &Vm) -> Value {
    let names = vm.names();
    let module = vm.frames.last().and_then(|frame| frame.globals().get_str(&names.dunder_name));
    module.unwrap_or(Value::NONE)
}

/// Sets `__module__` of a new type parameter.
fn set_module(vm: &Vm, object: &Value, module: Value) {
    if !module.is_none() {
        attributes::set(object, &vm.names().dunder_module, module);
    }
}

/// The name of a type parameter.
fn name_argument(vm: &mut Vm, function: &str, value: &Value) -> PyResult<Ref<Str>> {
    match value.downcast_ref::<Str>() {
        Some(name) => Ok(name.clone()),
        None => {
            let found = if value.is_none() { "None".into() } else { value.class().name() };
            Err(vm.type_error(format!("{function}() argument 'name' must be str, not {found}")))
        }
    }
}

/// A bound, checked to be a type.
fn check_bound(vm: &mut Vm, bound: &Value) -> PyResult {
    call_typing(vm, "_type_check", Args::positional(&[bound.clone(), "Bound must be a type.".into()]))
}

/// `a | b` of type parameters.
fn make_union(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
    call_typing(vm, "_make_union", Args::positional(&[a.clone(), b.clone()]))
}

/// The error of a class statement with an instance of one of these types as base.
fn cannot_subclass(vm: &mut Vm, object: &Value) -> Raised {
    let class = object.class().name();
    vm.type_error(format!("Cannot subclass an instance of {class}"))
}

/// `typing.Unpack[object]`
fn unpack(vm: &mut Vm, object: &Value) -> PyResult {
    let module = vm.import_module("typing")?;
    let unpack = vm.get_attr_str(&module, "Unpack")?;
    vm.get_item(&unpack, object)
}

/// Type parameters with each `TypeVarTuple` unpacked.
fn unpack_tuples(vm: &mut Vm, params: &Ref<Tuple>) -> PyResult<Ref<Tuple>> {
    if !params.as_slice().iter().any(|p| p.holds::<TypeVarTuple>()) {
        return Ok(params.clone());
    }
    let mut all = Vec::with_capacity(params.len());
    for param in params.as_slice() {
        all.push(if param.holds::<TypeVarTuple>() { unpack(vm, param)? } else { param.clone() });
    }
    Ok(Tuple::new(all))
}

/// `covariant`, `contravariant` and `infer_variance`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Variance {
    covariant: bool,
    contravariant: bool,
    inferred: bool,
}

impl Variance {
    const INFERRED: Variance = Variance { covariant: false, contravariant: false, inferred: true };

    fn parse(vm: &mut Vm, flags: [Option<&Value>; 3]) -> PyResult<Variance> {
        let mut truth = |value: Option<&Value>| value.map_or(Ok(false), |v| vm.truth(v));
        let (covariant, contravariant, inferred) = (truth(flags[0])?, truth(flags[1])?, truth(flags[2])?);
        if covariant && contravariant {
            return Err(vm.value_error("Bivariant types are not supported."));
        }
        if inferred && (covariant || contravariant) {
            return Err(vm.value_error("Variance cannot be specified with infer_variance."));
        }
        Ok(Variance { covariant, contravariant, inferred })
    }

    fn sign(self) -> &'static str {
        match self {
            Variance { inferred: true, .. } => "",
            Variance { covariant: true, .. } => "+",
            Variance { contravariant: true, .. } => "-",
            _ => "~",
        }
    }
}
