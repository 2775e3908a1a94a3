//! `typing.Generic`

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use smallvec::SmallVec;

/// The declaration of `Generic`.
pub struct Generic;

/// The base of a class with type parameters: `Generic[params]`.
pub fn subscript_generic(vm: &mut Vm, params: &Value) -> PyResult {
    let params = match params.downcast_ref::<Tuple>() {
        Some(params) => super::unpack_tuples(vm, params)?.into(),
        None => params.clone(),
    };
    let generic: Value = (&vm.types().generic).into();
    super::call_typing(vm, "_GenericAlias", Args::positional(&[generic, params]))
}

fn with_class(vm: &mut Vm, name: &str, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
    let mut buffer = SmallVec::new();
    let args = args.with_first(cls.as_value(), &mut buffer);
    super::call_typing(vm, name, args)
}

#[pymethods(
    name = "Generic",
    module = "typing",
    doc = "Abstract base class for generic types\n\nOn Python 3.12 and newer, generic classes implicitly inherit from\nGeneric when they declare a parameter list after the class's name::\n\n    class Mapping[KT, VT]:\n        def __getitem__(self, key: KT) -> VT:\n            ...\n            # Etc.\n\nOn older versions of Python, however, generic classes have to\nexplicitly inherit from Generic.\n\nAfter a class has been declared to be generic, it can then be used as\nfollows::\n\n    def lookup_name[KT, VT](mapping: Mapping[KT, VT], key: KT, default: VT) -> VT:\n        try:\n            return mapping[key]\n        except KeyError:\n            return default\n",
    flags = flag::BASE_TYPE,
    payload = crate::types::Plain
)]
impl Generic {
    /// Parameterizes a generic class.
    ///
    /// At least, parameterizing a generic class is the *main* thing this
    /// method does. For example, for some generic class `Foo`, this is called
    /// when we do `Foo[int]` - there, with `cls=Foo` and `params=int`.
    ///
    /// However, note that this method is also called when defining generic
    /// classes in the first place with `class Foo[T]: ...`.
    #[classmethod(sig = "")]
    fn __class_getitem__(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        with_class(vm, "_generic_class_getitem", cls, args)
    }

    /// Function to initialize subclasses.
    #[classmethod(sig = "")]
    fn __init_subclass__(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        with_class(vm, "_generic_init_subclass", cls, args)
    }
}
