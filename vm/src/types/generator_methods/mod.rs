//! What generators, coroutines and asynchronous generators do.

pub mod async_generator;
mod async_steps;
mod classes;
mod throw;

use crate::exec::generator::{Resume, Step, resume};
use crate::object::{Ref, Value};
use crate::types::frame::FrameObject;
use crate::types::generator::{Generator, State};
use crate::types::init::fill;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};

pub use async_generator::wrap_async_value;
pub use classes::AnextAwaitable;
pub use throw::{close, throw};

/// Fills the classes of generators.
pub fn fill_generators(vm: &mut Vm) -> PyResult<()> {
    let types = vm.types();
    fill::<Generator>(vm, &types.generator)?;
    fill::<classes::Coroutine>(vm, &types.coroutine)?;
    fill::<async_generator::AsyncGenerator>(vm, &types.async_generator)
}

/// What messages call a generator of either of the three kinds.
fn kind_of(vm: &Vm, generator: &Ref<Generator>) -> &'static str {
    let types = vm.types();
    if generator.class().is(&types.coroutine) {
        "coroutine"
    } else if generator.class().is(&types.async_generator) {
        "async generator"
    } else {
        "generator"
    }
}

/// Resumes with a value, checking the state: what `send` does, without turning the end into an exception.
pub fn send_step(vm: &mut Vm, generator: &Ref<Generator>, value: Value) -> PyResult<Step> {
    match generator.state.get() {
        State::Created if !value.is_none() => {
            let kind = kind_of(vm, generator);
            Err(vm.type_error(format!("can't send non-None value to a just-started {kind}")))
        }
        State::Running => Err(already_executing(vm, generator)),
        State::Ended => ended(vm, generator),
        State::Created | State::Suspended => resume(vm, generator, Resume::Value(value)),
    }
}

#[cold]
fn already_executing(vm: &mut Vm, generator: &Ref<Generator>) -> Raised {
    let kind = kind_of(vm, generator);
    vm.value_error(format!("{kind} already executing"))
}

#[cold]
fn ended(vm: &mut Vm, generator: &Ref<Generator>) -> PyResult<Step> {
    if generator.class().is(&vm.types().coroutine) {
        // A second `await` of one coroutine is a mistake, not an early end.
        return Err(vm.runtime_error("cannot reuse already awaited coroutine"));
    }
    Ok(Step::Returned(Value::NONE))
}

/// A step as `send` reports it: the end is an exception.
pub(crate) fn step_to_result(vm: &mut Vm, generator: &Ref<Generator>, step: Step) -> PyResult {
    match step {
        Step::Yielded(value) => Ok(value),
        Step::Returned(value) => Err(end_of(vm, generator, value)),
    }
}

/// The exception that reports a generator's end.
fn end_of(vm: &mut Vm, generator: &Ref<Generator>, value: Value) -> Raised {
    if generator.class().is(&vm.types().async_generator) {
        return vm.new_error_with(&vm.types().exceptions.stop_async_iteration.clone(), &[]);
    }
    vm.stop_iteration(value)
}

/// `generator.send(value)`
pub fn send(vm: &mut Vm, generator: &Ref<Generator>, value: Value) -> PyResult {
    let step = send_step(vm, generator, value)?;
    step_to_result(vm, generator, step)
}

/// The slot `next` of generators.
fn next_slot(vm: &mut Vm, this: &Value) -> PyResult<Option<Value>> {
    let Some(generator) = this.downcast_ref::<Generator>() else { return Ok(None) };
    match send_step(vm, generator, Value::NONE)? {
        Step::Yielded(value) => Ok(Some(value)),
        Step::Returned(value) => {
            if !value.is_none() {
                let stop = vm.stop_iteration(value);
                vm.stop = Some(stop);
            }
            Ok(None)
        }
    }
}

/// `next(iterator)` where the end is a `StopIteration`, with the return value of generators.
pub fn next_with_value(vm: &mut Vm, iterator: &Value) -> PyResult {
    let stale = vm.stop.take();
    drop(stale);
    match vm.next(iterator)? {
        Some(value) => Ok(value),
        None => match vm.stop.take() {
            Some(stop) => Err(stop),
            None => Err(vm.stop_iteration(Value::NONE)),
        },
    }
}

/// Notes where a coroutine was made (`cr_origin`): file, line and function of the callers, innermost first.
pub fn note_origin(vm: &mut Vm, generator: &Ref<Generator>) -> PyResult<()> {
    let mut callers = Vec::new();
    for frame in vm.frames.iter().rev().take(vm.coroutine_origin_depth) {
        let line = frame.code.line_at(frame.lasti()).unwrap_or(0);
        let caller: [Value; 3] = [(&frame.code.filename).into(), line.into(), (&frame.code.name).into()];
        callers.push(Tuple::new(caller).into());
    }
    let old = generator.origin_or_finalizer.replace(Tuple::new(callers).into());
    drop(old);
    Ok(())
}

/// `repr` of the three kinds.
fn repr(this: &Ref<Generator>, kind: &str) -> Value {
    let mut text = crate::text::StrBuilder::new();
    text.push_utf8(&format!("<{kind} object "));
    text.push_str(this.qualname.borrow().as_ref());
    text.push_utf8(&format!(" at {:#x}>", this.as_value().identity()));
    text.finish().into()
}

/// A new `__name__` or `__qualname__`.
fn checked_name(vm: &mut Vm, attribute: &str, value: Option<Value>) -> PyResult<Ref<Str>> {
    match value.and_then(|v| v.downcast::<Str>().ok()) {
        Some(name) => Ok(name),
        None => Err(vm.type_error(format!("{attribute} must be set to a string object"))),
    }
}

/// `gi_frame`
fn frame_of(vm: &mut Vm, generator: &Ref<Generator>) -> Option<Ref<FrameObject>> {
    vm.generator_frame(generator)
}

/// The finaliser of the three kinds: runs the `finally` blocks of a generator that was left alone.
fn finalize(vm: &mut Vm, this: &Value) {
    let Some(generator) = this.downcast_ref::<Generator>() else { return };
    if matches!(generator.state.get(), State::Ended | State::Running) {
        return;
    }
    if generator.class().is(&vm.types().async_generator) {
        let finalizer = generator.origin_or_finalizer.borrow().clone();
        if !finalizer.is_none() && !generator.closed.get() {
            if let Err(raised) = vm.call(&finalizer, std::slice::from_ref(this)) {
                vm.write_unraisable(raised, None, Some(&finalizer));
            }
            return;
        }
    }
    let coroutine = generator.code.has_flag(pvm_pycfile::code::code_flags::COROUTINE);
    if coroutine && generator.state.get() == State::Created {
        crate::warnings::warn_unawaited_coroutine(vm, generator);
        return;
    }
    if let Err(raised) = close(vm, generator) {
        vm.write_unraisable(raised, None, Some(this));
    }
}
