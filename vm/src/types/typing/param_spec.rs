//! `typing.ParamSpec`, and its `args` and `kwargs`

use super::Variance;
use crate::native::{Args, Param, ParamKind, bind, present};
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A parameter specification variable.
pub struct ParamSpec {
    name: Ref<Str>,
    bound: Value,
    variance: Variance,
}

crate::payload!(ParamSpec, "typing.ParamSpec", |p, visit| visit(&p.bound), |_p| ());

impl ParamSpec {
    /// One that syntax makes.
    pub fn inferred(vm: &mut Vm, name: &Value) -> PyResult {
        let name = super::name_argument(vm, "paramspec", name)?;
        let class = vm.types().param_spec.clone();
        Ok(ParamSpec::finish(
            vm,
            ParamSpec { name, bound: Value::NONE, variance: Variance::INFERRED },
            &class,
        ))
    }

    fn finish(vm: &mut Vm, payload: ParamSpec, class: &Ref<Class>) -> Value {
        let object: Value = Ref::new(payload, class).into();
        let module = super::calling_module(vm);
        super::set_module(vm, &object, module);
        object
    }
}

const NEW_PARAMS: &[Param] = &[
    Param { name: "name", kind: ParamKind::Positional, required: true },
    Param { name: "bound", kind: ParamKind::KeywordOnly, required: false },
    Param { name: "covariant", kind: ParamKind::KeywordOnly, required: false },
    Param { name: "contravariant", kind: ParamKind::KeywordOnly, required: false },
    Param { name: "infer_variance", kind: ParamKind::KeywordOnly, required: false },
];

#[pymethods(
    name = "ParamSpec",
    module = "typing",
    doc = "Parameter specification variable.\n\nThe preferred way to construct a parameter specification is via the\ndedicated syntax for generic functions, classes, and type aliases,\nwhere the use of '**' creates a parameter specification::\n\n    type IntFunc[**P] = Callable[P, int]\n\nFor compatibility with Python 3.11 and earlier, ParamSpec objects\ncan also be created as follows::\n\n    P = ParamSpec('P')\n",
    flags = flag::HAS_DICT | flag::HAS_ATTRIBUTES | flag::HAS_WEAKREF
)]
impl ParamSpec {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([name, bound, covariant, contravariant, infer], _) =
            bind::<5, 1, 1>(vm, "paramspec", NEW_PARAMS, args)?;
        let name = present(vm, name)?;
        let name = super::name_argument(vm, "paramspec", name)?;
        let variance = Variance::parse(vm, [covariant, contravariant, infer])?;
        let bound = match bound.filter(|b| !b.is_none()) {
            Some(bound) => super::check_bound(vm, bound)?,
            None => Value::NONE,
        };
        Ok(ParamSpec::finish(vm, ParamSpec { name, bound, variance }, cls))
    }

    #[slot(repr)]
    fn repr(this: &Ref<ParamSpec>) -> PyResult {
        Ok(format!("{}{}", this.variance.sign(), this.name).into())
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        super::make_union(vm, a, b)
    }

    #[method(sig = "")]
    fn __typing_subst__(vm: &mut Vm, this: &Value, arg: &Value) -> PyResult {
        super::call_typing(vm, "_paramspec_subst", Args::positional(&[this.clone(), arg.clone()]))
    }

    #[method(sig = "")]
    fn __typing_prepare_subst__(vm: &mut Vm, this: &Value, alias: &Value, args: &Value) -> PyResult {
        let all = [this.clone(), alias.clone(), args.clone()];
        super::call_typing(vm, "_paramspec_prepare_subst", Args::positional(&all))
    }

    #[method(sig = "")]
    fn __reduce__(this: &Ref<ParamSpec>) -> Ref<Str> {
        this.name.clone()
    }

    #[method(sig = "")]
    fn __mro_entries__(vm: &mut Vm, this: &Value, _bases: &Value) -> PyResult {
        Err(super::cannot_subclass(vm, this))
    }

    /// Represents positional arguments.
    #[getter]
    fn args(vm: &mut Vm, this: &Ref<ParamSpec>) -> Value {
        Ref::new(ParamSpecAttribute { origin: this.into() }, &vm.types().param_spec_args).into()
    }

    /// Represents keyword arguments.
    #[getter]
    fn kwargs(vm: &mut Vm, this: &Ref<ParamSpec>) -> Value {
        Ref::new(ParamSpecAttribute { origin: this.into() }, &vm.types().param_spec_kwargs).into()
    }

    #[getter(name = "__name__")]
    fn name_attribute(this: &Ref<ParamSpec>) -> Ref<Str> {
        this.name.clone()
    }

    #[getter(name = "__bound__")]
    fn bound_attribute(this: &Ref<ParamSpec>) -> Value {
        this.bound.clone()
    }

    #[getter(name = "__covariant__")]
    fn covariant(this: &Ref<ParamSpec>) -> bool {
        this.variance.covariant
    }

    #[getter(name = "__contravariant__")]
    fn contravariant(this: &Ref<ParamSpec>) -> bool {
        this.variance.contravariant
    }

    #[getter(name = "__infer_variance__")]
    fn infer_variance(this: &Ref<ParamSpec>) -> bool {
        this.variance.inferred
    }
}

/// `P.args` or `P.kwargs`; its class says which.
pub struct ParamSpecAttribute {
    origin: Value,
}

crate::payload!(ParamSpecAttribute, "typing.ParamSpecArgs", |p, visit| visit(&p.origin), |_p| ());

// rustfmt indents the attribute in it further each time.
#[rustfmt::skip]
macro_rules! attribute_class {
    ($name:ident, $python:tt, $attribute:tt, $doc:tt) => {
        #[doc = concat!("The declaration of `", $python, "`.")]
        pub struct $name;

        #[pymethods(
            name = $python,
            module = "typing",
            doc = $doc,
            flags = flag::HAS_WEAKREF,
            payload = ParamSpecAttribute
        )]
        impl $name {
            #[slot(new)]
            fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
                const PARAMS: &[Param] =
                    &[Param { name: "origin", kind: ParamKind::Positional, required: true }];
                let ([origin], _) = bind::<1, 1, 1>(vm, $python, PARAMS, args)?;
                let origin = present(vm, origin)?.clone();
                Ok(Ref::new(ParamSpecAttribute { origin }, cls).into())
            }

            #[slot(repr)]
            fn repr(vm: &mut Vm, this: &Ref<ParamSpecAttribute>) -> PyResult {
                if let Some(spec) = this.origin.downcast_ref::<ParamSpec>() {
                    return Ok(format!(concat!("{}.", $attribute), spec.name).into());
                }
                let origin = vm.repr(&this.origin)?;
                Ok(format!(concat!("{}.", $attribute), origin).into())
            }

            #[slot(richcompare)]
            fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
                let same = a.class().is(b.class()) && matches!(op, CompareOp::Eq | CompareOp::Ne);
                match (a.downcast_ref::<ParamSpecAttribute>(), b.downcast_ref::<ParamSpecAttribute>()) {
                    (Some(x), Some(y)) if same => vm.compare(&x.origin, &y.origin, op),
                    _ => Ok(Value::NOT_IMPLEMENTED),
                }
            }

            #[method(sig = "")]
            fn __mro_entries__(vm: &mut Vm, this: &Ref<ParamSpecAttribute>, _bases: &Value) -> PyResult {
                Err(super::cannot_subclass(vm, this.as_value()))
            }

            #[getter(name = "__origin__")]
            fn origin(this: &Ref<ParamSpecAttribute>) -> Value {
                this.origin.clone()
            }
        }
    };
}

attribute_class!(
    ParamSpecArgs,
    "ParamSpecArgs",
    "args",
    "The args for a ParamSpec object.\n\nGiven a ParamSpec object P, P.args returns an instance of ParamSpecArgs.\n\nParamSpecArgs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.args.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers.\n"
);
attribute_class!(
    ParamSpecKwargs,
    "ParamSpecKwargs",
    "kwargs",
    "The kwargs for a ParamSpec object.\n\nGiven a ParamSpec object P, P.kwargs returns an instance of ParamSpecKwargs.\n\nParamSpecKwargs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.kwargs.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers.\n"
);
