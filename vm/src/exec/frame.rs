//! Activations: the records of running functions, and the registers they work on.
//!
//! Records lie in a vector, registers on one contiguous stack that never moves. A call's arguments are
//! written where the callee's first registers will be, so that calling copies nothing. A suspended generator
//! takes its record and its registers with it.

use super::instruction::Instruction;
use super::prepared::Prepared;
use crate::object::{Ref, Value, Visitor};
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::frame::FrameObject;
use crate::types::function::Function;
use crate::types::generator::Generator;
use smallvec::SmallVec;
use std::cell::{Cell, OnceCell};
use std::ptr::NonNull;

/// What happens with an activation's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// It leaves the dispatch loop: native code called.
    Native,
    /// It goes to the destination register of the caller's current instruction.
    Register,
    /// It must be `None`; the new instance, which the record keeps, goes to the caller's destination.
    Init,
    /// A generator that the caller's `ForIter` advances.
    ForIter,
    /// A generator or coroutine that the caller's `Send` advances.
    Send,
}

/// The record of an activation.
pub struct Frame {
    /// The function.
    pub function: Ref<Function>,
    /// Its code when it was called.
    pub code: Ref<Code>,
    /// The code's register form. It lives as long as the code.
    pub prepared: NonNull<Prepared>,
    /// The current instruction, up to date whenever other code runs.
    pub pc: *const Instruction,
    /// What happens with the result.
    pub result: Return,
    /// The first register.
    pub base: *mut Value,
    /// Where registers of an activation that this one calls may begin: above all that are in use.
    pub top: *mut Value,
    /// Whether the registers lie on the thread's stack, and not in a generator.
    pub on_stack: bool,
    /// The name space of module and class bodies; `UNBOUND` in functions.
    pub locals: Value,
    /// The generator whose activation this is, or the instance that `Init` returns; `UNBOUND` else.
    pub owner: Value,
    /// What Python code sees of it, once somebody has asked.
    pub object: OnceCell<Ref<FrameObject>>,
    /// Number of the activation, unique in the interpreter.
    pub activation: u64,
}

impl Frame {
    /// The register code.
    #[inline(always)]
    pub fn prepared(&self) -> &Prepared {
        // SAFETY: `code` keeps it alive.
        unsafe { self.prepared.as_ref() }
    }

    /// Offset in bytes of the current instruction in the code object.
    pub fn lasti(&self) -> i32 {
        self.prepared().offsets.get(self.pc_index()).map_or(-1, |o| *o as i32)
    }

    /// Index of the current instruction.
    pub fn pc_index(&self) -> usize {
        (self.pc as usize - self.prepared().instructions.as_ptr() as usize) / size_of::<Instruction>()
    }

    /// Makes an instruction the current one.
    pub(crate) fn set_pc(&mut self, index: usize) {
        self.pc = &raw const self.prepared().instructions[index];
    }

    /// The registers of variables.
    pub(crate) fn variables(&self) -> &[Value] {
        // SAFETY: the activation owns its registers, and each holds a value.
        unsafe { std::slice::from_raw_parts(self.base, self.prepared().locals_count as usize) }
    }

    /// Drops what the registers from `first` on hold, and leaves them dead. All of them are dead before anything is
    /// dropped: that can run code, which may use them.
    pub(crate) fn clear_registers(&mut self, first: u32) {
        let registers = first..self.prepared().register_count;
        let values: SmallVec<[Value; 16]> = registers
            // SAFETY: the activation owns its registers, and each holds a value.
            .map(|i| unsafe { self.base.add(i as usize).replace(Value::UNBOUND) })
            .collect();
        drop(values);
    }

    /// Global names.
    pub fn globals(&self) -> &Ref<Dict> {
        &self.function.globals
    }

    /// The generator whose activation this is.
    pub fn generator(&self) -> Option<&Ref<Generator>> {
        if self.on_stack { None } else { self.owner.downcast_ref::<Generator>() }
    }

    /// Whether its end is that of any function: nobody has its frame object, it has no name space and no owner.
    #[inline(always)]
    pub(super) fn is_plain(&self) -> bool {
        self.object.get().is_none() && !self.owner.is_object() && !self.locals.is_object()
    }
}

/// The records of a thread's activations, innermost last. Their memory is reserved at once and never moves.
pub struct Frames {
    start: NonNull<Frame>,
    /// One past the innermost record.
    end: *mut Frame,
}

impl Frames {
    /// Reserves the records; `None` where the system has not that much to give.
    fn reserve_memory() -> Option<Frames> {
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { std::alloc::alloc(Frames::layout()) })?.cast::<Frame>();
        Some(Frames { start, end: start.as_ptr() })
    }

    fn layout() -> std::alloc::Layout {
        match std::alloc::Layout::array::<Frame>(MAX_FRAMES) {
            Ok(layout) => layout,
            Err(_) => unreachable!("a constant size"),
        }
    }

    /// Whether there is no room for one more.
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        self.end as usize - self.start.as_ptr() as usize >= MAX_FRAMES * size_of::<Frame>()
    }

    /// Where the innermost record is, if there is one.
    #[inline(always)]
    pub(super) fn innermost(&self) -> *mut Frame {
        self.end.wrapping_sub(1)
    }

    /// Adds a record, made in its place.
    #[inline(always)]
    pub(super) fn push_with(&mut self, make: impl FnOnce() -> Frame) {
        assert!(!self.is_full(), "no room for an activation");
        // SAFETY: within the reserved memory.
        unsafe {
            self.end.write(make());
            self.end = self.end.add(1);
        }
    }

    /// Moves a record here from where its generator keeps it. The caller has checked that there is room.
    #[inline(always)]
    pub(super) fn push_from(&mut self, kept: &mut Option<Frame>) -> Option<&mut Frame> {
        assert!(!self.is_full(), "no room for an activation");
        let frame: *const Frame = kept.as_ref()?;
        // SAFETY: within the reserved memory; the place that the record is copied from forgets it.
        unsafe {
            self.end.copy_from_nonoverlapping(frame, 1);
            std::ptr::write(kept, None);
            self.end = self.end.add(1);
            Some(&mut *self.end.sub(1))
        }
    }

    /// Takes the innermost record off.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<Frame> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: there is a record, which nobody looks at any more.
        unsafe {
            self.end = self.end.sub(1);
            Some(self.end.read())
        }
    }

    /// Moves the innermost record, if there is one, to where its generator keeps it.
    #[inline(always)]
    pub(super) fn pop_into(&mut self, kept: &mut Option<Frame>) {
        debug_assert!(kept.is_none());
        if self.is_empty() {
            return;
        }
        // SAFETY: there is a record. `None` is what is overwritten, and `Some` of a type with a niche is the
        // value alone (see the assertion below).
        unsafe {
            self.end = self.end.sub(1);
            std::ptr::from_mut(kept).cast::<Frame>().copy_from_nonoverlapping(self.end, 1);
        }
    }

    /// Takes the innermost record off, if it is a plain one; what it kept alive, its registers and the number of its variables.
    #[inline(always)]
    pub(super) fn pop_plain(&mut self) -> Option<(Ref<Function>, Ref<Code>, *mut Value, usize)> {
        if !self.last()?.is_plain() {
            return None;
        }
        // SAFETY: there is a record, which nobody looks at any more. What is not read of it holds no reference, as
        // `is_plain` says.
        unsafe {
            self.end = self.end.sub(1);
            let frame = &*self.end;
            let locals = frame.prepared().locals_count as usize;
            Some((std::ptr::read(&frame.function), std::ptr::read(&frame.code), frame.base, locals))
        }
    }

    /// Takes the innermost record off, if it is a generator's that nobody has the frame object of; the generator.
    #[inline(always)]
    pub(super) fn pop_generator(&mut self) -> Option<Ref<Generator>> {
        let frame = self.last()?;
        if frame.object.get().is_some() || frame.locals.is_object() {
            return None;
        }
        let generator: *const Ref<Generator> = frame.generator()?;
        // SAFETY: there is a record, which nobody looks at any more; what is not read of it holds no reference.
        unsafe {
            self.end = self.end.sub(1);
            let frame = &*self.end;
            let kept = (std::ptr::read(&frame.function), std::ptr::read(&frame.code));
            let generator = generator.read();
            drop(kept);
            Some(generator)
        }
    }
}

const _: () = assert!(size_of::<Option<Frame>>() == size_of::<Frame>());

impl std::ops::Deref for Frames {
    type Target = [Frame];
    #[inline(always)]
    fn deref(&self) -> &[Frame] {
        // SAFETY: the records from `start` to `end` are initialised.
        unsafe {
            let count = self.end.offset_from_unsigned(self.start.as_ptr());
            std::slice::from_raw_parts(self.start.as_ptr(), count)
        }
    }
}

impl std::ops::DerefMut for Frames {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [Frame] {
        // SAFETY: as above.
        unsafe {
            let count = self.end.offset_from_unsigned(self.start.as_ptr());
            std::slice::from_raw_parts_mut(self.start.as_ptr(), count)
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        while let Some(frame) = self.pop() {
            drop(frame);
        }
        // SAFETY: allocated with this layout.
        unsafe { std::alloc::dealloc(self.start.as_ptr().cast(), Frames::layout()) };
    }
}

/// A generator's activation while it does not run.
pub struct SuspendedFrame {
    /// The record; its `base` points into `registers`. `None` while it runs: then the record is on the stack
    /// of records, and works on the registers here.
    pub frame: Option<Frame>,
    registers: Box<[Value]>,
    /// The exception that was being handled at the `yield`.
    pub handled: Value,
}

impl SuspendedFrame {
    /// Moves the registers of `frame` off the stack.
    pub(crate) fn new(mut frame: Frame) -> Box<SuspendedFrame> {
        let count = frame.prepared().register_count as usize;
        let variables = frame.prepared().locals_count as usize;
        let mut registers: Vec<Value> = Vec::with_capacity(count);
        for i in 0..variables {
            // SAFETY: the activation owns its registers; each keeps a dead value.
            registers.push(unsafe { frame.base.add(i).replace(Value::UNBOUND) });
        }
        // It has just begun: all temporaries are dead.
        registers.resize_with(count, || Value::UNBOUND);
        let mut registers = registers.into_boxed_slice();
        frame.base = registers.as_mut_ptr();
        frame.on_stack = false;
        Box::new(SuspendedFrame { frame: Some(frame), registers, handled: Value::NONE })
    }

    /// Shows the collector what the activation refers to.
    pub fn traverse(&self, visit: Visitor<'_>) {
        visit(&self.handled);
        // What runs is reachable from its thread; nothing of it may be taken for garbage.
        let Some(frame) = &self.frame else { return };
        visit(frame.function.as_value());
        visit(frame.code.as_value());
        visit(&frame.locals);
        if let Some(object) = frame.object.get() {
            visit(object.as_value());
        }
        self.registers.iter().for_each(visit);
    }

    /// The registers.
    pub fn registers(&self) -> &[Value] {
        &self.registers
    }

    /// The registers, to change variables.
    pub fn registers_mut(&mut self) -> &mut [Value] {
        &mut self.registers
    }
}

/// Registers for all activations of one thread.
pub struct Stack {
    base: NonNull<Value>,
    slots: usize,
    /// Up to here the registers hold values; beyond, memory was never written.
    initialized: Cell<*mut Value>,
}

/// How many registers a thread has. The memory is reserved at once and used as needed.
const STACK_SLOTS: usize = 1 << 25;

impl Stack {
    /// Reserves the stack; `None` where the system has not that much memory to give.
    pub fn reserve_memory() -> Option<Stack> {
        // SAFETY: the size is not zero. Fresh pages are zero, which no code reads before it writes.
        let base = NonNull::new(unsafe { std::alloc::alloc(Stack::layout(STACK_SLOTS)) })?;
        Some(Stack { base: base.cast(), slots: STACK_SLOTS, initialized: Cell::new(base.as_ptr().cast()) })
    }

    fn layout(slots: usize) -> std::alloc::Layout {
        match std::alloc::Layout::array::<Value>(slots) {
            Ok(layout) => layout,
            Err(_) => unreachable!("a constant size"),
        }
    }

    /// The first register.
    #[inline(always)]
    pub fn start(&self) -> *mut Value {
        self.base.as_ptr()
    }

    /// Whether `count` registers from `at` lie on the stack; they hold values afterwards.
    #[inline(always)]
    pub fn reserve(&self, at: *mut Value, count: usize) -> bool {
        let end = at.wrapping_add(count);
        end <= self.initialized.get() || self.extend(end)
    }

    #[cold]
    #[inline(never)]
    fn extend(&self, end: *mut Value) -> bool {
        // SAFETY: one past the end of the allocation.
        let limit = unsafe { self.base.as_ptr().add(self.slots) };
        if end as usize > limit as usize - 4096 * size_of::<Value>() {
            return false;
        }
        // Some more than asked for, so that this is rare.
        let end = end.wrapping_add(256);
        let mut at = self.initialized.get();
        while at < end {
            // SAFETY: within the allocation, and never written before.
            unsafe {
                at.write(Value::UNBOUND);
                at = at.add(1);
            }
        }
        self.initialized.set(end);
        true
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout; the registers' values belong to activations, which are gone.
        unsafe { std::alloc::dealloc(self.base.as_ptr().cast(), Stack::layout(self.slots)) };
    }
}

/// The memory for the activations of one thread.
pub struct Activations {
    pub(crate) frames: Frames,
    pub(crate) stack: Stack,
}

impl Activations {
    /// Reserves it; `None` where the system has not that much to give.
    pub fn reserve_memory() -> Option<Activations> {
        Some(Activations { frames: Frames::reserve_memory()?, stack: Stack::reserve_memory()? })
    }
}

/// Activations that a thread can have. The records are reserved at once, so that they never move.
pub const MAX_FRAMES: usize = 1 << 19;
