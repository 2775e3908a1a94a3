//! What `localcontext` gives: makes a context current in a `with` block.

use super::State;
use super::context::{Context, by_name, current, set_current};
use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::init::class_of;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A context manager.
pub struct ContextManager {
    local: Ref<Context>,
    outer: Ref<Context>,
}

pvm_vm::payload!(
    ContextManager,
    "decimal.ContextManager",
    |m, visit| {
        visit(m.local.as_value());
        visit(m.outer.as_value());
    },
    |_m| ()
);

const PARAMETERS: [&str; 9] =
    ["ctx", "prec", "rounding", "Emin", "Emax", "capitals", "clamp", "flags", "traps"];

/// `decimal.localcontext`
pub fn local_context(vm: &mut Vm, args: Args<'_>) -> PyResult {
    let outer = current(vm)?;
    let [context, settings @ ..] = by_name(vm, &PARAMETERS, args)?;
    let context = match context.filter(|context| !context.is_none()) {
        None => outer.clone(),
        Some(context) => match context.downcast::<Context>() {
            Ok(context) => context,
            Err(_) => return Err(vm.type_error("optional argument must be a context")),
        },
    };
    let state = State::get(vm)?;
    let local = context.duplicate(&state);
    Context::configure(&local, vm, &settings)?;
    let class = class_of::<ContextManager>(vm)?;
    Ok(Ref::new(ContextManager { local, outer }, &class).into())
}

#[pymethods(name = "ContextManager", module = "decimal", flags = flag::NO_INSTANTIATION)]
impl ContextManager {
    #[method(sig = "")]
    fn __enter__(vm: &mut Vm, this: &Ref<ContextManager>) -> PyResult<Ref<Context>> {
        set_current(vm, &this.local)?;
        Ok(this.local.clone())
    }

    #[method(sig = "(*args)")]
    fn __exit__(vm: &mut Vm, this: &Ref<ContextManager>, _args: &[Value]) -> PyResult<()> {
        set_current(vm, &this.outer)
    }
}
