//! `typing.TypeAliasType`

use crate::native::{Args, Param, ParamKind, bind, present};
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::function::Function;
use crate::types::generic_alias::GenericAlias;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// What a `type` statement makes. Its value is computed when first asked for.
pub struct TypeAlias {
    name: Ref<Str>,
    params: Option<Ref<Tuple>>,
    compute: Value,
    /// `UNBOUND` until it is computed.
    value: RefCell<Value>,
    module: Value,
}

crate::payload!(
    TypeAlias,
    "typing.TypeAliasType",
    |a, visit| {
        a.params.iter().for_each(|p| visit(p.as_value()));
        visit(&a.compute);
        visit(&a.value.borrow());
        visit(&a.module);
    },
    |a| drop(a.value.replace(Value::NONE))
);

impl TypeAlias {
    /// From the name, the type parameters (or `None`) and the function that computes the value.
    pub fn from_parts(vm: &mut Vm, parts: &Value) -> PyResult {
        let parts = parts.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec());
        let Some([name, params, compute]) = parts.as_deref() else {
            return Err(vm.system_error("a type alias is made of three parts"));
        };
        let name = super::name_argument(vm, "typealias", name)?;
        let module = compute.downcast_ref::<Function>().map(|f| f.module.borrow().clone());
        let alias = TypeAlias {
            name,
            params: params.downcast_ref::<Tuple>().cloned(),
            compute: compute.clone(),
            value: RefCell::new(Value::UNBOUND),
            module: module.unwrap_or(Value::NONE),
        };
        Ok(Ref::new(alias, &vm.types().type_alias).into())
    }
}

const NEW_PARAMS: &[Param] = &[
    Param { name: "name", kind: ParamKind::Positional, required: true },
    Param { name: "value", kind: ParamKind::Positional, required: true },
    Param { name: "type_params", kind: ParamKind::KeywordOnly, required: false },
];

#[pymethods(
    name = "TypeAliasType",
    module = "typing",
    doc = "Type alias.\n\nType aliases are created through the type statement::\n\n    type Alias = int\n\nIn this example, Alias and int will be treated equivalently by static\ntype checkers.\n\nAt runtime, Alias is an instance of TypeAliasType. The __name__\nattribute holds the name of the type alias. The value of the type alias\nis stored in the __value__ attribute. It is evaluated lazily, so the\nvalue is computed only if the attribute is accessed.\n",
    flags = flag::HAS_WEAKREF
)]
impl TypeAlias {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([name, value, params], _) = bind::<3, 2, 2>(vm, "typealias", NEW_PARAMS, args)?;
        let (name, value) = (present(vm, name)?, present(vm, value)?);
        let name = super::name_argument(vm, "typealias", name)?;
        let params = match params {
            None => None,
            Some(params) => match params.downcast_ref::<Tuple>() {
                Some(tuple) => Some(tuple.clone()).filter(|t| !t.is_empty()),
                None => return Err(vm.type_error("type_params must be a tuple")),
            },
        };
        let module = super::calling_module(vm);
        let value = RefCell::new(value.clone());
        let alias = TypeAlias { name, params, compute: Value::NONE, value, module };
        Ok(Ref::new(alias, cls).into())
    }

    #[slot(repr)]
    fn repr(this: &Ref<TypeAlias>) -> PyResult {
        Ok((&this.name).into())
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        crate::types::union_type::or(vm, a, b)
    }

    #[slot(getitem)]
    fn get_item(vm: &mut Vm, this: &Ref<TypeAlias>, args: &Value) -> PyResult {
        if this.params.is_none() {
            return Err(vm.type_error("Only generic type aliases are subscriptable"));
        }
        Ok(GenericAlias::new(this.into(), args.clone()).into())
    }

    #[method(sig = "")]
    fn __reduce__(this: &Ref<TypeAlias>) -> Ref<Str> {
        this.name.clone()
    }

    #[getter(name = "__name__")]
    fn name_attribute(this: &Ref<TypeAlias>) -> Ref<Str> {
        this.name.clone()
    }

    #[getter(name = "__value__")]
    fn value_attribute(vm: &mut Vm, this: &Ref<TypeAlias>) -> PyResult {
        let known = this.value.borrow().clone();
        if !known.is_unbound() {
            return Ok(known);
        }
        let value = vm.call(&this.compute, &[])?;
        let old = this.value.replace(value.clone());
        drop(old);
        Ok(value)
    }

    #[getter(name = "__parameters__")]
    fn parameters(vm: &mut Vm, this: &Ref<TypeAlias>) -> PyResult<Ref<Tuple>> {
        match &this.params {
            Some(params) => super::unpack_tuples(vm, params),
            None => Ok(vm.names().empty_tuple.clone()),
        }
    }

    #[getter(name = "__type_params__")]
    fn type_params(vm: &mut Vm, this: &Ref<TypeAlias>) -> Ref<Tuple> {
        this.params.clone().unwrap_or_else(|| vm.names().empty_tuple.clone())
    }

    #[getter(name = "__module__")]
    fn module_attribute(this: &Ref<TypeAlias>) -> Value {
        this.module.clone()
    }
}
