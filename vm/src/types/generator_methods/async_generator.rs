//! The class `async_generator`, and the values that its `yield` hands out.

use super::async_steps::{AsyncSend, AsyncThrow};
use super::classes::{set_name, set_qualname, sizeof};
use super::{finalize, frame_of, repr};
use crate::exec::generator::{Step, delegate};
use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::code::Code;
use crate::types::frame::FrameObject;
use crate::types::generator::{Generator, State};
use crate::types::init::class_of;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// A value that an asynchronous generator yields, as opposed to one that something it awaits yields through it.
pub struct WrappedValue {
    value: Value,
}

crate::payload!(WrappedValue, "async_generator_wrapped_value", |w, visit| visit(&w.value), |_w| ());

#[pymethods(name = "async_generator_wrapped_value", flags = flag::NO_INSTANTIATION)]
impl WrappedValue {}

/// What an asynchronous generator's `yield` hands out.
pub fn wrap_async_value(vm: &mut Vm, value: Value) -> PyResult {
    let class = class_of::<WrappedValue>(vm)?;
    Ok(Ref::new(WrappedValue { value }, &class).into())
}

/// Whether a step has handed out a value of the generator itself.
pub(super) fn is_wrapped(step: &PyResult<Step>) -> bool {
    matches!(step, Ok(Step::Yielded(value)) if value.holds::<WrappedValue>())
}

/// What a step means for whoever awaits it: a value that the generator yields ends the waiting.
pub(super) fn unwrap_step(vm: &mut Vm, generator: &Ref<Generator>, step: PyResult<Step>) -> PyResult {
    let result = match step {
        Ok(Step::Yielded(value)) => {
            if let Some(wrapped) = value.downcast_ref::<WrappedValue>() {
                generator.running_async.set(false);
                return Err(vm.stop_iteration(wrapped.value.clone()));
            }
            return Ok(value);
        }
        Ok(Step::Returned(value)) => Err(super::throw::end(vm, generator, value)),
        Err(raised) => Err(raised),
    };
    if let Err(raised) = &result {
        let exceptions = &vm.types().exceptions;
        if raised.is(&exceptions.stop_async_iteration) || raised.is(&exceptions.generator_exit) {
            generator.closed.set(true);
        }
        generator.running_async.set(false);
    }
    result
}

/// Tells the hooks of the event loop about a generator that is iterated for the first time.
fn init_hooks(vm: &mut Vm, generator: &Ref<Generator>) -> PyResult<()> {
    if generator.hooks_inited.replace(true) {
        return Ok(());
    }
    let (first, finalizer) = vm.asyncgen_hooks.clone();
    if !finalizer.is_none() {
        let old = generator.origin_or_finalizer.replace(finalizer);
        drop(old);
    }
    if !first.is_none() {
        vm.call(&first, &[generator.into()])?;
    }
    Ok(())
}

/// `async_generator`
pub struct AsyncGenerator;

#[pymethods(
    name = "async_generator",
    payload = Generator,
    flags = flag::HAS_WEAKREF | flag::NO_INSTANTIATION,
    extend = extend,
    accepts = is_async_generator
)]
impl AsyncGenerator {
    #[slot(repr)]
    fn repr(_vm: &mut Vm, this: &Ref<Generator>) -> PyResult {
        Ok(repr(this, "async_generator"))
    }

    #[slot(aiter)]
    fn aiter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(anext)]
    fn anext(vm: &mut Vm, this: &Ref<Generator>) -> PyResult {
        init_hooks(vm, this)?;
        AsyncSend::create(vm, this.clone(), Value::NONE)
    }

    /// asend(v) -> send 'v' in generator.
    #[method(sig = "")]
    fn asend(vm: &mut Vm, this: &Ref<Generator>, value: Value) -> PyResult {
        init_hooks(vm, this)?;
        AsyncSend::create(vm, this.clone(), value)
    }

    /// athrow(value)
    /// athrow(type[,value[,tb]])
    ///
    /// raise exception in generator.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    #[method(sig = "")]
    fn athrow(vm: &mut Vm, this: &Ref<Generator>, args: Args<'_>) -> PyResult {
        super::throw::Thrown::check_signature(vm, "athrow", args)?;
        init_hooks(vm, this)?;
        AsyncThrow::create(vm, this.clone(), Some(args.values.to_vec()))
    }

    /// aclose() -> raise GeneratorExit inside generator.
    #[method(sig = "")]
    fn aclose(vm: &mut Vm, this: &Ref<Generator>) -> PyResult {
        init_hooks(vm, this)?;
        AsyncThrow::create(vm, this.clone(), None)
    }

    /// gen.__sizeof__() -> size of gen in memory, in bytes
    #[method(name = "__sizeof__", sig = "")]
    fn sizeof(this: &Ref<Generator>) -> usize {
        sizeof(this)
    }

    /// See PEP 585
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(cls: &Ref<Class>, item: &Value) -> Value {
        crate::types::generic_alias::GenericAlias::new(cls.into(), item.clone()).into()
    }

    #[getter(name = "__name__", doc = "name of the async generator")]
    fn name_attribute(this: &Ref<Generator>) -> Ref<Str> {
        this.name.borrow().clone()
    }

    #[setter(name = "__name__")]
    fn set_name(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
        set_name(vm, this, value)
    }

    #[getter(name = "__qualname__", doc = "qualified name of the async generator")]
    fn qualname_attribute(this: &Ref<Generator>) -> Ref<Str> {
        this.qualname.borrow().clone()
    }

    #[setter(name = "__qualname__")]
    fn set_qualname(vm: &mut Vm, this: &Ref<Generator>, value: Option<Value>) -> PyResult<()> {
        set_qualname(vm, this, value)
    }

    #[getter(doc = "object being awaited on, or None")]
    fn ag_await(this: &Ref<Generator>) -> Option<Value> {
        delegate(this)
    }

    #[getter]
    fn ag_running(this: &Ref<Generator>) -> bool {
        this.running_async.get()
    }

    #[getter]
    fn ag_frame(vm: &mut Vm, this: &Ref<Generator>) -> Option<Ref<FrameObject>> {
        frame_of(vm, this)
    }

    #[getter]
    fn ag_code(this: &Ref<Generator>) -> Ref<Code> {
        this.code.clone()
    }

    #[getter]
    fn ag_suspended(this: &Ref<Generator>) -> bool {
        this.state.get() == State::Suspended
    }
}

fn is_async_generator(value: &Value) -> bool {
    value.class().is(&crate::interp::current().types().async_generator)
}

fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.finalize.set(Some(finalize));
    crate::types::descriptor::MemberDescriptor::replace_getsets(class, &["ag_running"]);
    Ok(())
}
