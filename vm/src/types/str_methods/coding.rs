//! `str.encode`.

use crate::native::Optional;
use crate::object::Ref;
use crate::types::str::Str;
use crate::types::str_codecs;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

#[pymethods(name = "str", part = CODING)]
impl Str {
    /// The string as bytes in an encoding.
    #[method(sig = "(encoding='utf-8', errors='strict')")]
    fn encode(
        vm: &mut Vm,
        this: &Ref<Str>,
        encoding: Optional<&Ref<Str>>,
        errors: Optional<&Ref<Str>>,
    ) -> PyResult {
        str_codecs::encode(vm, this, encoding.present(), errors.present())
    }
}
