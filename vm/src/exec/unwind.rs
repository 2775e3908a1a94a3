//! Exceptions on their way up: tracebacks, handlers, activations that end.

use super::frame::{Frame, Return};
use super::generator;
use super::run::{Registers, Stop};
use crate::object::{Ref, Value};
use crate::types::exception::Exception;
use crate::types::frame::FrameObject;
use crate::types::generator::Generator;
use crate::types::traceback::Traceback;
use crate::types::weakref::WeakRef;
use crate::vm::{Raised, Vm};
use std::cell::{Cell, RefCell};

/// Where an exception has ended up.
pub(super) enum Outcome {
    /// In a handler, at which the innermost activation is now.
    Handled,
    /// It leaves the dispatch loop.
    Left(Raised),
}

/// Finds the handler of an exception that the innermost activation raises, ending activations that have none.
#[cold]
pub(super) fn unwind(vm: &mut Vm, stop: Stop) -> Outcome {
    let (mut raised, mut fresh, mut place) = match stop {
        Stop::Raised(raised) => (raised, true, None),
        Stop::Reraised(raised, place) => (raised, false, place),
    };
    loop {
        if fresh {
            set_context_if_new(vm, &raised);
            add_traceback(vm, &raised);
        }
        fresh = true;
        let Some(frame) = vm.frames.last_mut() else { return Outcome::Left(raised) };
        let index = frame.pc_index() as u32;
        // Whoever looks at the activation, or handles the exception next, sees where it was raised first.
        let place = place.take().filter(|place| *place < frame.prepared().instructions.len());
        let handler = frame.prepared().handlers.iter().find(|h| (h.start..h.end).contains(&index)).copied();
        if let Some(handler) = handler {
            let first = frame.prepared().locals_count + handler.depth;
            let lasti = place.unwrap_or(index as usize);
            frame.set_pc(handler.target as usize);
            // Dropping registers can run code, so what it needs is out of `frame` by now.
            let registers = Registers(frame.base);
            let count = frame.prepared().register_count;
            for register in first..count {
                registers.kill(register as u16);
            }
            let mut at = first as u16;
            if handler.push_lasti {
                registers.set(at, Value::from(lasti));
                at += 1;
            }
            registers.set(at, raised.0.into());
            return Outcome::Handled;
        }
        if let Some(place) = place {
            frame.set_pc(place);
        }
        // Before the activation ends: finalisers that run now belong to it.
        let temporaries = frame.prepared().locals_count;
        frame.clear_registers(temporaries);
        let Some(frame) = vm.frames.pop() else { return Outcome::Left(raised) };
        vm.depth -= 1;
        let result = frame.result;
        release(vm, frame);
        match result {
            Return::Native => return Outcome::Left(raised),
            Return::Register | Return::Init | Return::ForIter => {}
            Return::Send => {
                // The delegate has ended by raising. A `StopIteration` cannot come out of a generator.
            }
        }
        raised = Raised(raised.0);
    }
}

/// The first time that an exception is seen, the one being handled becomes its context.
fn set_context_if_new(vm: &mut Vm, raised: &Raised) {
    if raised.0.traceback.borrow().is_some() || !raised.0.context.borrow().is_none() {
        return;
    }
    if let Some(handled) = vm.current_handled() {
        set_context(&raised.0, &handled);
    }
}

/// Makes `handled` the context of `exception`, without making a cycle.
pub(super) fn set_context(exception: &Ref<Exception>, handled: &Ref<Exception>) {
    if exception.is(handled) {
        return;
    }
    // Cut the exception out of the chain that it is to be put in front of.
    let mut link = handled.clone();
    let mut slow = handled.clone();
    let mut steps = 0usize;
    loop {
        let next = link.context.borrow().downcast_ref::<Exception>().cloned();
        let Some(next) = next else { break };
        if next.is(exception) {
            drop(link.context.replace(Value::NONE));
            break;
        }
        steps += 1;
        if steps.is_multiple_of(2) {
            let following = slow.context.borrow().downcast_ref::<Exception>().cloned();
            if let Some(following) = following {
                slow = following;
            }
            if slow.is(&next) {
                break; // a cycle that somebody else made
            }
        }
        link = next;
    }
    drop(exception.context.replace(handled.into()));
}

/// Adds the innermost activation to an exception's traceback.
fn add_traceback(vm: &mut Vm, raised: &Raised) {
    let Some(object) = vm.frame_object(0) else { return };
    let Some(frame) = vm.frames.last() else { return };
    let lasti = frame.lasti();
    let next = raised.0.traceback.take();
    let level = Traceback::new(object, lasti, -1, next);
    let old = raised.0.traceback.replace(Some(level));
    drop(old);
}

impl Vm {
    /// The activation `depth` levels up as an object; 0 is the innermost.
    pub fn frame_object(&mut self, depth: usize) -> Option<Ref<FrameObject>> {
        let index = self.frames.len().checked_sub(depth + 1)?;
        Some(self.object_of(index))
    }

    fn object_of(&self, index: usize) -> Ref<FrameObject> {
        let frame = &self.frames[index];
        if let Some(object) = frame.object.get() {
            return object.clone();
        }
        let object = new_object(frame, frame.generator());
        let _ = frame.object.set(object.clone());
        object
    }

    /// How many activations this thread has.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// The position on this thread's stack of the activation that an object shows, if it is alive here.
    pub fn frame_index(&self, object: &FrameObject) -> Option<usize> {
        let activation = object.activation.get();
        if activation == 0 {
            return None;
        }
        self.frames.iter().rposition(|f| f.activation == activation)
    }

    /// `f_back`
    pub fn frame_back(&mut self, object: &Ref<FrameObject>) -> Option<Ref<FrameObject>> {
        match self.frame_index(object) {
            Some(0) => None,
            Some(index) => {
                let depth = self.frames.len() - index;
                self.frame_object(depth)
            }
            None => self.frame_back_elsewhere(object).or_else(|| object.back.borrow().clone()),
        }
    }

    /// `f_back` of an activation of another thread.
    fn frame_back_elsewhere(&self, object: &FrameObject) -> Option<Ref<FrameObject>> {
        if object.activation.get() == 0 {
            return None;
        }
        self.interp.find_in_threads(|vm| {
            let outer = vm.frame_index(object)?.checked_sub(1)?;
            Some(vm.object_of(outer))
        })
    }

    /// The innermost activations of all threads that have one, with the threads' numbers.
    pub fn innermost_frames(&self) -> Vec<(u64, Ref<FrameObject>)> {
        let mut found = Vec::new();
        self.interp.find_in_threads(|vm| {
            if let Some(innermost) = vm.frames.len().checked_sub(1) {
                found.push((vm.thread_ident, vm.object_of(innermost)));
            }
            None::<()>
        });
        found
    }

    /// Calls `f` with the activation that an object shows and its variables, if it lives: on this thread's stack,
    /// suspended in a generator, or on the stack of another thread.
    fn with_activation<R>(&self, object: &FrameObject, f: impl FnOnce(&Frame, &[Value]) -> R) -> Option<R> {
        if let Some(index) = self.frame_index(object) {
            let frame = &self.frames[index];
            return Some(f(frame, frame.variables()));
        }
        if object.activation.get() == 0 {
            return None;
        }
        let generator = object.generator.as_ref().and_then(|generator| generator.get());
        if let Some(generator) =
            generator.as_ref().and_then(|generator| generator.downcast_ref::<Generator>())
            && let Some(suspended) = generator.frame.borrow().as_ref()
            && let Some(frame) = suspended.frame.as_ref()
        {
            let count = frame.prepared().locals_count as usize;
            return Some(f(frame, suspended.registers().get(..count)?));
        }
        let mut f = Some(f);
        self.interp.find_in_threads(|vm| {
            let frame = &vm.frames[vm.frame_index(object)?];
            Some(f.take()?(frame, frame.variables()))
        })
    }

    /// Offset in bytes of an activation's current instruction.
    pub fn frame_lasti(&self, object: &FrameObject) -> i32 {
        self.with_activation(object, |frame, _| frame.lasti()).unwrap_or_else(|| object.lasti.get())
    }

    /// The line that an activation is at.
    pub fn frame_line(&self, object: &FrameObject) -> Option<i32> {
        object.code.line_at(self.frame_lasti(object))
    }

    /// The variables of an activation, in the order of the fast locals; cells are not opened.
    pub fn frame_variables(&self, object: &FrameObject) -> Vec<Value> {
        self.with_activation(object, |_, variables| variables.to_vec())
            .unwrap_or_else(|| object.values.borrow().clone())
    }

    /// The name space of an activation that has one (module and class bodies).
    pub fn frame_name_space(&self, object: &FrameObject) -> Option<Value> {
        match self.with_activation(object, |frame, _| frame.locals.clone()) {
            Some(locals) => Some(locals).filter(|l| !l.is_unbound()),
            None => object.locals.borrow().clone(),
        }
    }

    /// The activation of a generator that has not ended, as an object.
    pub fn generator_frame(&mut self, generator: &Ref<Generator>) -> Option<Ref<FrameObject>> {
        let running = self.frames.iter().rposition(|f| f.generator().is_some_and(|g| g.is(generator)));
        if let Some(index) = running {
            return self.frame_object(self.frames.len() - index - 1);
        }
        let mut suspended = generator.frame.borrow_mut();
        let frame = suspended.as_mut()?.frame.as_mut()?;
        if let Some(object) = frame.object.get() {
            return Some(object.clone());
        }
        let object = new_object(frame, Some(generator));
        let _ = frame.object.set(object.clone());
        Some(object)
    }

    /// The function that runs `depth` levels up; 0 is the innermost.
    pub fn running_function(&self, depth: usize) -> Option<Ref<crate::types::function::Function>> {
        let index = self.frames.len().checked_sub(depth + 1)?;
        Some(self.frames[index].function.clone())
    }
}

/// The object of an activation that has none yet.
fn new_object(frame: &Frame, generator: Option<&Ref<Generator>>) -> Ref<FrameObject> {
    let types = crate::interp::current().types();
    let payload = FrameObject {
        code: frame.code.clone(),
        function: frame.function.clone(),
        back: RefCell::new(None),
        activation: Cell::new(frame.activation),
        generator: generator.map(|g| WeakRef::new(g.as_value(), Value::NONE, &types.weakref)),
        lasti: Cell::new(-1),
        values: RefCell::new(Vec::new()),
        locals: RefCell::new(None),
        trace: RefCell::new(Value::NONE),
        trace_lines: Cell::new(true),
        trace_opcodes: Cell::new(false),
    };
    Ref::new(payload, &types.frame)
}

/// Ends an activation whose temporaries are dead: variables are dropped, or go to the object that shows it.
pub(super) fn release(vm: &mut Vm, mut frame: Frame) {
    if let Some(object) = frame.object.take() {
        show_in_object(vm, &mut frame, &object);
    }
    frame.clear_registers(0);
    let owner = std::mem::replace(&mut frame.owner, Value::UNBOUND);
    drop(frame);
    if let Some(generator) = owner.downcast_ref::<Generator>() {
        generator::finish(vm, generator);
    }
}

/// Moves what an activation's object showed of it into the object.
fn show_in_object(vm: &mut Vm, frame: &mut Frame, object: &Ref<FrameObject>) {
    object.lasti.set(frame.lasti());
    object.activation.set(0);
    // Nobody else refers to the object: what it would show is not needed.
    if object.header().count() > 1 {
        let back = vm.frame_object(0);
        drop(object.back.replace(back));
        let registers = Registers(frame.base);
        let count = frame.prepared().locals_count as u16;
        let values: Vec<Value> = (0..count).map(|n| registers.take(n)).collect();
        drop(object.values.replace(values));
        let locals = std::mem::replace(&mut frame.locals, Value::UNBOUND);
        if !locals.is_unbound() {
            drop(object.locals.replace(Some(locals)));
        }
    }
}

/// Ends the activation of a suspended generator that will not run again.
pub(super) fn release_to_object(mut frame: Frame, registers: &mut [Value]) {
    if let Some(object) = frame.object.take() {
        object.lasti.set(frame.lasti());
        object.activation.set(0);
        if object.header().count() > 1 {
            let count = frame.prepared().locals_count as usize;
            let values =
                registers.iter_mut().take(count).map(|r| std::mem::replace(r, Value::UNBOUND)).collect();
            drop(object.values.replace(values));
        }
    }
    drop(frame);
}
