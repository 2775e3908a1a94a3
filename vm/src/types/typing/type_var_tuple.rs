//! `typing.TypeVarTuple`

use crate::native::{Args, Param, ParamKind, bind, present};
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A type variable that stands for any number of types.
pub struct TypeVarTuple {
    name: Ref<Str>,
}

crate::payload!(TypeVarTuple, "typing.TypeVarTuple");

impl TypeVarTuple {
    /// One of this name.
    pub fn make(vm: &mut Vm, name: &Value) -> PyResult {
        let class = vm.types().type_var_tuple.clone();
        TypeVarTuple::of_class(vm, name, &class)
    }

    fn of_class(vm: &mut Vm, name: &Value, class: &Ref<Class>) -> PyResult {
        let name = super::name_argument(vm, "typevartuple", name)?;
        let object: Value = Ref::new(TypeVarTuple { name }, class).into();
        let module = super::calling_module(vm);
        super::set_module(vm, &object, module);
        Ok(object)
    }
}

#[pymethods(
    name = "TypeVarTuple",
    module = "typing",
    doc = "Type variable tuple. A specialized form of type variable that enables\nvariadic generics.\n\nThe preferred way to construct a type variable tuple is via the\ndedicated syntax for generic functions, classes, and type aliases,\nwhere a single '*' indicates a type variable tuple::\n\n    def move_first_element_to_last[T, *Ts](tup: tuple[T, *Ts]) -> tuple[*Ts, T]:\n        return (*tup[1:], tup[0])\n\nFor compatibility with Python 3.11 and earlier, TypeVarTuple objects\ncan also be created as follows::\n\n    Ts = TypeVarTuple('Ts')  # Can be given any name\n",
    flags = flag::HAS_DICT | flag::HAS_ATTRIBUTES | flag::HAS_WEAKREF
)]
impl TypeVarTuple {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[Param { name: "name", kind: ParamKind::Positional, required: true }];
        let ([name], _) = bind::<1, 1, 1>(vm, "typevartuple", PARAMS, args)?;
        let name = present(vm, name)?;
        TypeVarTuple::of_class(vm, name, cls)
    }

    #[slot(repr)]
    fn repr(this: &Ref<TypeVarTuple>) -> PyResult {
        Ok((&this.name).into())
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Value) -> PyResult {
        let unpacked = super::unpack(vm, this)?;
        vm.iter(Tuple::new([unpacked]).as_value())
    }

    #[method(sig = "")]
    fn __typing_subst__(vm: &mut Vm, _this: &Value, _arg: &Value) -> PyResult {
        Err(vm.type_error("Substitution of bare TypeVarTuple is not supported"))
    }

    #[method(sig = "")]
    fn __typing_prepare_subst__(vm: &mut Vm, this: &Value, alias: &Value, args: &Value) -> PyResult {
        let all = [this.clone(), alias.clone(), args.clone()];
        super::call_typing(vm, "_typevartuple_prepare_subst", Args::positional(&all))
    }

    #[method(sig = "")]
    fn __reduce__(this: &Ref<TypeVarTuple>) -> Ref<Str> {
        this.name.clone()
    }

    #[method(sig = "")]
    fn __mro_entries__(vm: &mut Vm, this: &Value, _bases: &Value) -> PyResult {
        Err(super::cannot_subclass(vm, this))
    }

    #[getter(name = "__name__")]
    fn name_attribute(this: &Ref<TypeVarTuple>) -> Ref<Str> {
        this.name.clone()
    }
}
