//! `typing.TypeVar`

use super::Variance;
use crate::native::{Args, Param, ParamKind, bind, present};
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// A type variable. Bound and constraints of those that syntax makes are computed when first asked for.
pub struct TypeVar {
    name: Ref<Str>,
    /// `UNBOUND` for one that is not known yet.
    bound: RefCell<Value>,
    evaluate_bound: RefCell<Value>,
    constraints: RefCell<Value>,
    evaluate_constraints: RefCell<Value>,
    variance: Variance,
}

crate::payload!(
    TypeVar,
    "typing.TypeVar",
    |t, visit| {
        visit(&t.bound.borrow());
        visit(&t.evaluate_bound.borrow());
        visit(&t.constraints.borrow());
        visit(&t.evaluate_constraints.borrow());
    },
    |t| {
        let old = [&t.bound, &t.evaluate_bound, &t.constraints, &t.evaluate_constraints]
            .map(|cell| cell.replace(Value::NONE));
        drop(old);
    }
);

/// What a cell holds, computed by the function in another cell if it is not known yet.
fn evaluated(vm: &mut Vm, value: &RefCell<Value>, evaluate: &RefCell<Value>, default: Value) -> PyResult {
    let known = value.borrow().clone();
    if !known.is_unbound() {
        return Ok(known);
    }
    let function = evaluate.borrow().clone();
    let result = if function.is_none() { default } else { vm.call(&function, &[])? };
    let old = value.replace(result.clone());
    drop(old);
    Ok(result)
}

impl TypeVar {
    /// One that syntax makes.
    pub fn inferred(
        vm: &mut Vm,
        name: &Value,
        evaluate_bound: Option<&Value>,
        evaluate_constraints: Option<&Value>,
    ) -> PyResult {
        let name = super::name_argument(vm, "typevar", name)?;
        let type_var = TypeVar {
            name,
            bound: RefCell::new(Value::UNBOUND),
            evaluate_bound: RefCell::new(evaluate_bound.cloned().unwrap_or(Value::NONE)),
            constraints: RefCell::new(Value::UNBOUND),
            evaluate_constraints: RefCell::new(evaluate_constraints.cloned().unwrap_or(Value::NONE)),
            variance: Variance::INFERRED,
        };
        let object: Value = Ref::new(type_var, &vm.types().type_var).into();
        let module = super::calling_module(vm);
        super::set_module(vm, &object, module);
        Ok(object)
    }
}

const NEW_PARAMS: &[Param] = &[
    Param { name: "name", kind: ParamKind::Positional, required: true },
    Param { name: "constraints", kind: ParamKind::VarArgs, required: false },
    Param { name: "bound", kind: ParamKind::KeywordOnly, required: false },
    Param { name: "covariant", kind: ParamKind::KeywordOnly, required: false },
    Param { name: "contravariant", kind: ParamKind::KeywordOnly, required: false },
    Param { name: "infer_variance", kind: ParamKind::KeywordOnly, required: false },
];

#[pymethods(
    name = "TypeVar",
    module = "typing",
    doc = "Type variable.\n\nThe preferred way to construct a type variable is via the dedicated\nsyntax for generic functions, classes, and type aliases::\n\n    class Sequence[T]:  # T is a TypeVar\n        ...\n\nThis syntax can also be used to create bound and constrained type\nvariables::\n\n    # S is a TypeVar bound to str\n    class StrSequence[S: str]:\n        ...\n\n    # A is a TypeVar constrained to str or bytes\n    class StrOrBytesSequence[A: (str, bytes)]:\n        ...\n\nHowever, if desired, reusable type variables can also be constructed\nmanually, like so::\n\n   T = TypeVar('T')  # Can be anything\n   S = TypeVar('S', bound=str)  # Can be any subtype of str\n   A = TypeVar('A', str, bytes)  # Must be exactly str or bytes\n\nType variables exist primarily for the benefit of static type\ncheckers.  They serve as the parameters for generic types as well\nas for generic function and type alias definitions.\n\nThe variance of type variables is inferred by type checkers when they\nare created through the type parameter syntax and when\n``infer_variance=True`` is passed. Manually created type variables may\nbe explicitly marked covariant or contravariant by passing\n``covariant=True`` or ``contravariant=True``. By default, manually\ncreated type variables are invariant. See PEP 484 and PEP 695 for more\ndetails.\n",
    flags = flag::HAS_DICT | flag::HAS_ATTRIBUTES | flag::HAS_WEAKREF
)]
impl TypeVar {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([name, bound, covariant, contravariant, infer], extra) =
            bind::<5, 1, 1>(vm, "typevar", NEW_PARAMS, args)?;
        let name = present(vm, name)?;
        let name = super::name_argument(vm, "typevar", name)?;
        let variance = Variance::parse(vm, [covariant, contravariant, infer])?;
        let bound = match bound.filter(|b| !b.is_none()) {
            Some(bound) => Some(super::check_bound(vm, bound)?),
            None => None,
        };
        let constraints = extra.positional;
        if constraints.len() == 1 {
            return Err(vm.type_error("A single constraint is not allowed"));
        }
        if !constraints.is_empty() && bound.is_some() {
            return Err(vm.type_error("Constraints cannot be combined with bound=..."));
        }
        let type_var = TypeVar {
            name,
            bound: RefCell::new(bound.unwrap_or(Value::NONE)),
            evaluate_bound: RefCell::new(Value::NONE),
            constraints: RefCell::new(Tuple::new(constraints.to_vec()).into()),
            evaluate_constraints: RefCell::new(Value::NONE),
            variance,
        };
        let object: Value = Ref::new(type_var, cls).into();
        let module = super::calling_module(vm);
        super::set_module(vm, &object, module);
        Ok(object)
    }

    #[slot(repr)]
    fn repr(this: &Ref<TypeVar>) -> PyResult {
        Ok(format!("{}{}", this.variance.sign(), this.name).into())
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        super::make_union(vm, a, b)
    }

    #[method(sig = "")]
    fn __typing_subst__(vm: &mut Vm, this: &Value, arg: &Value) -> PyResult {
        super::call_typing(vm, "_typevar_subst", Args::positional(&[this.clone(), arg.clone()]))
    }

    #[method(sig = "")]
    fn __reduce__(this: &Ref<TypeVar>) -> Ref<Str> {
        this.name.clone()
    }

    #[method(sig = "")]
    fn __mro_entries__(vm: &mut Vm, this: &Value, _bases: &Value) -> PyResult {
        Err(super::cannot_subclass(vm, this))
    }

    #[getter(name = "__name__")]
    fn name_attribute(this: &Ref<TypeVar>) -> Ref<Str> {
        this.name.clone()
    }

    #[getter(name = "__bound__")]
    fn bound_attribute(vm: &mut Vm, this: &Ref<TypeVar>) -> PyResult {
        evaluated(vm, &this.bound, &this.evaluate_bound, Value::NONE)
    }

    #[getter(name = "__constraints__")]
    fn constraints_attribute(vm: &mut Vm, this: &Ref<TypeVar>) -> PyResult {
        let none = vm.names().empty_tuple.clone().into();
        evaluated(vm, &this.constraints, &this.evaluate_constraints, none)
    }

    #[getter(name = "__covariant__")]
    fn covariant(this: &Ref<TypeVar>) -> bool {
        this.variance.covariant
    }

    #[getter(name = "__contravariant__")]
    fn contravariant(this: &Ref<TypeVar>) -> bool {
        this.variance.contravariant
    }

    #[getter(name = "__infer_variance__")]
    fn infer_variance(this: &Ref<TypeVar>) -> bool {
        this.variance.inferred
    }
}
