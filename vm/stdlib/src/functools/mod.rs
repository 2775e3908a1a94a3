//! `_functools`

mod key;
mod lru_cache;
mod partial;

/// The module.
#[pvm_vm_macros::pymodule(name = "_functools", doc = "Tools that operate on functions.")]
pub mod functools_module {
    use super::{key, lru_cache, partial};
    use crate::support::add_class;
    use pvm_vm::native::Optional;
    use pvm_vm::object::{Ref, Value};
    use pvm_vm::types::init::class_of;
    use pvm_vm::types::module::Module;
    use pvm_vm::{PyResult, Vm};

    /// reduce(function, iterable[, initial]) -> value
    ///
    /// Apply a function of two arguments cumulatively to the items of a sequence
    /// or iterable, from left to right, so as to reduce the iterable to a single
    /// value.  For example, reduce(lambda x, y: x+y, [1, 2, 3, 4, 5]) calculates
    /// ((((1+2)+3)+4)+5).  If initial is present, it is placed before the items
    /// of the iterable in the calculation, and serves as a default when the
    /// iterable is empty.
    #[pyfunction(sig = "(function, iterable, initial=<unrepresentable>, /)")]
    fn reduce(vm: &mut Vm, function: &Value, iterable: &Value, initial: Optional<Value>) -> PyResult {
        let iterator = match vm.iter(iterable) {
            Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                return Err(vm.type_error("reduce() arg 2 must support iteration"));
            }
            other => other?,
        };
        let mut result = initial.present();
        while let Some(item) = vm.next(&iterator)? {
            result = Some(match result {
                Some(so_far) => vm.call(function, &[so_far, item])?,
                None => item,
            });
        }
        result.ok_or_else(|| vm.type_error("reduce() of empty iterable with no initial value"))
    }

    /// Convert a cmp= function into a key= function.
    #[pyfunction(sig = "(mycmp)")]
    fn cmp_to_key(vm: &mut Vm, mycmp: Value) -> PyResult {
        let class = class_of::<key::KeyWrapper>(vm)?;
        Ok(Ref::new(key::KeyWrapper { compare: mycmp, object: Value::UNBOUND.into() }, &class).into())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<partial::Partial>(vm, module, "partial")?;
        add_class::<lru_cache::LruCache>(vm, module, "_lru_cache_wrapper")?;
        Ok(())
    }
}
