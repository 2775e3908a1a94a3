//! Resuming generators.

use super::frame::Return;
use super::{run, unwind};
use crate::object::header::META_FINALIZED;
use crate::object::{Ref, Value};
use crate::types::generator::{Generator, State};
use crate::vm::{PyResult, Raised, Vm};

/// What a generator is resumed with.
pub enum Resume {
    /// A value for the `yield` at which it waits (`None` to start it).
    Value(Value),
    /// An exception to raise there.
    Throw(Raised),
}

/// What a generator did.
#[derive(Debug)]
pub enum Step {
    /// It waits at a `yield` with this value.
    Yielded(Value),
    /// It has returned this value.
    Returned(Value),
}

/// Resumes a generator, coroutine or asynchronous generator that is created or suspended, until its next `yield` or its end. The caller
/// has checked the state.
pub fn resume(vm: &mut Vm, generator: &Ref<Generator>, with: Resume) -> PyResult<Step> {
    vm.nested("", |vm| match with {
        Resume::Value(value) => {
            enter(vm, generator, value, Return::Native)?;
            let value = run::run(vm)?;
            Ok(step(generator, value))
        }
        Resume::Throw(raised) => {
            enter(vm, generator, Value::NONE, Return::Native)?;
            let value = run::run_raising(vm, raised)?;
            Ok(step(generator, value))
        }
    })
}

fn step(generator: &Ref<Generator>, value: Value) -> Step {
    if generator.state.get() == State::Suspended { Step::Yielded(value) } else { Step::Returned(value) }
}

/// Puts a generator's activation on the stack of records, with the value that its `yield` gives.
#[inline(always)]
pub(super) fn enter(vm: &mut Vm, generator: &Ref<Generator>, value: Value, result: Return) -> PyResult<()> {
    if super::call::is_exhausted(vm) {
        return Err(vm.recursion_error_for(""));
    }
    let top = vm.free_stack();
    let mut suspended = generator.frame.borrow_mut();
    let Some(suspended) = suspended.as_mut() else { return Err(no_frame(vm)) };
    let Some(frame) = vm.frames.push_from(&mut suspended.frame) else { return Err(no_frame(vm)) };
    frame.result = result;
    frame.top = top;
    frame.owner = generator.into();
    if generator.state.get() == State::Suspended {
        // SAFETY: the current instruction is the `Yield` at which it stopped.
        let at = unsafe { &*frame.pc };
        // SAFETY: its destination is a register of the activation, dead while it is suspended.
        unsafe { frame.base.add(at.a as usize).write(value) };
    }
    // SAFETY: every instruction but the last is followed by one, and no code ends in a `Yield`.
    frame.pc = unsafe { frame.pc.add(1) };
    generator.state.set(State::Running);
    vm.depth += 1;
    let handled = std::mem::replace(&mut suspended.handled, Value::NONE);
    let outer = std::mem::replace(&mut vm.handled, handled);
    vm.handled_outer.push(outer);
    Ok(())
}

#[cold]
#[inline(never)]
fn no_frame(vm: &mut Vm) -> Raised {
    vm.system_error("generator has no frame")
}

/// Runs `f`, which does something with what a suspended generator delegates to. Meanwhile the generator's own activation
/// is on the stack of records, as it is when the delegate is resumed through it.
pub fn delegating<R>(
    vm: &mut Vm,
    generator: &Ref<Generator>,
    f: impl FnOnce(&mut Vm) -> PyResult<R>,
) -> PyResult<R> {
    if super::call::is_exhausted(vm) {
        return Err(vm.recursion_error_for(""));
    }
    let top = vm.free_stack();
    let handled = {
        let mut suspended = generator.frame.borrow_mut();
        let Some(suspended) = suspended.as_mut() else { return Err(no_frame(vm)) };
        let Some(frame) = vm.frames.push_from(&mut suspended.frame) else { return Err(no_frame(vm)) };
        frame.result = Return::Native;
        frame.top = top;
        frame.owner = generator.into();
        std::mem::replace(&mut suspended.handled, Value::NONE)
    };
    generator.state.set(State::Running);
    vm.depth += 1;
    let outer = std::mem::replace(&mut vm.handled, handled);
    vm.handled_outer.push(outer);
    let result = vm.nested("", f);
    suspend(vm);
    result
}

/// Takes the innermost activation, a generator's, off the stack of records, and suspends it.
#[inline(always)]
pub(super) fn suspend(vm: &mut Vm) {
    vm.depth -= 1;
    let outer = vm.handled_outer.pop().unwrap_or(Value::NONE);
    let handled = std::mem::replace(&mut vm.handled, outer);
    let Some(frame) = vm.frames.last_mut() else { return };
    let owner = std::mem::replace(&mut frame.owner, Value::UNBOUND);
    if let Some(generator) = owner.downcast_ref::<Generator>() {
        generator.state.set(State::Suspended);
        if let Some(suspended) = generator.frame.borrow_mut().as_mut() {
            suspended.handled = handled;
            vm.frames.pop_into(&mut suspended.frame);
        }
    }
}

/// After a generator's activation has ended: its registers go, and what its caller handled is handled again.
pub(super) fn finish(vm: &mut Vm, generator: &Ref<Generator>) {
    let outer = vm.handled_outer.pop().unwrap_or(Value::NONE);
    let handled = std::mem::replace(&mut vm.handled, outer);
    generator.state.set(State::Ended);
    // Nothing is left that its finaliser would have to end.
    generator.header().set(META_FINALIZED);
    let registers = generator.frame.take();
    drop(handled);
    drop(registers);
}

/// Drops the activation of a generator that is created or suspended, without running it.
pub fn discard(generator: &Ref<Generator>) {
    generator.state.set(State::Ended);
    let frame = generator.frame.take();
    if let Some(mut suspended) = frame
        && let Some(frame) = suspended.frame.take()
    {
        unwind::release_to_object(frame, suspended.registers_mut());
    }
}

/// The object that a suspended generator delegates to (`gi_yieldfrom`), if it does.
pub fn delegate(generator: &Ref<Generator>) -> Option<Value> {
    if generator.state.get() != State::Suspended {
        return None;
    }
    let suspended = generator.frame.borrow();
    let frame = suspended.as_ref()?.frame.as_ref()?;
    let index = frame.pc_index();
    let prepared = frame.prepared();
    // `yield from` and `await` are loops of `Send`, `Yield`, `Resume 2 or 3`, jump back.
    let next = prepared.instructions.get(index + 1)?;
    if next.op.get() != super::instruction::Op::Resume || next.x.get() & 3 < 2 {
        return None;
    }
    let receiver = prepared.instructions[index].b.checked_sub(1)?;
    let value = suspended.as_ref()?.registers().get(usize::from(receiver))?.clone();
    (!value.is_unbound()).then_some(value)
}
