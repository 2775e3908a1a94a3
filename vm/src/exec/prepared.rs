//! Register code: what a function's bytecode is translated to at its first call.

use super::instruction::Instruction;
use crate::object::Value;
use crate::object::shape::Shape;
use std::cell::RefCell;
use std::ptr::NonNull;

/// The exception handler of a range of instructions.
#[derive(Clone, Copy, Debug)]
pub struct Handler {
    /// First instruction covered.
    pub start: u32,
    /// One past the last instruction covered.
    pub end: u32,
    /// Where the handler begins.
    pub target: u32,
    /// Temporaries below this one survive; the exception goes after them.
    pub depth: u32,
    /// Whether the place of the raising instruction is pushed before the exception.
    pub push_lasti: bool,
}

/// A code object's register code.
pub struct Prepared {
    /// The instructions.
    pub instructions: Box<[Instruction]>,
    /// By instruction: its offset in bytes in the code object.
    pub offsets: Box<[u32]>,
    /// Handlers, innermost first where ranges overlap.
    pub handlers: Box<[Handler]>,
    /// Registers for variables (fast locals, cells, free variables); temporaries follow.
    pub locals_count: u32,
    /// All registers.
    pub register_count: u32,
    /// Objects that instructions' caches refer to.
    pub cached: RefCell<Vec<Value>>,
    /// Caches of built-in names: version of the builtins' keys, position.
    pub builtin_caches: RefCell<Vec<(u32, u32)>>,
    /// Caches of new attributes: the shape that the instance gets, the attribute's offset.
    pub transitions: RefCell<Vec<(NonNull<Shape>, u32)>>,
}

impl Prepared {
    /// An object of a cache.
    #[inline(always)]
    pub fn cached_value(&self, index: usize) -> Value {
        self.cached.borrow().get(index).cloned().unwrap_or(Value::UNBOUND)
    }

    /// Empties the caches: instructions that rely on them find nothing and start over.
    pub fn forget_caches(&self) {
        for instruction in &self.instructions {
            instruction.forget_cache();
        }
        let old = self.cached.take();
        drop(old);
    }

    /// Adds objects for a cache; the index of the first. The same objects are not added twice, so that an instruction that
    /// keeps changing its cache finds them again.
    pub fn add_cached<const N: usize>(&self, values: [Value; N]) -> Option<u32> {
        let mut cached = self.cached.borrow_mut();
        let same = |found: &[Value]| found.iter().zip(&values).all(|(a, b)| a.is(b));
        let first = match cached.windows(N).position(same) {
            Some(found) => found,
            None if cached.len() > self.instructions.len() * 8 + 64 => return None,
            None => {
                cached.extend(values);
                cached.len() - N
            }
        };
        u32::try_from(first).ok()
    }

    /// Two objects of a cache.
    #[inline(always)]
    pub fn cached_pair(&self, index: usize) -> Option<(Value, Value)> {
        let cached = self.cached.borrow();
        Some((cached.get(index)?.clone(), cached.get(index + 1)?.clone()))
    }

    /// The shape that a new attribute gives an instance, and the attribute's offset inside it.
    #[inline(always)]
    pub fn transition(&self, index: usize) -> Option<(NonNull<Shape>, u32)> {
        self.transitions.borrow().get(index).copied()
    }

    /// Adds such a change of shapes; its index. The shapes' class must be alive whenever it is used.
    pub fn add_transition(&self, shape: NonNull<Shape>, offset: u32) -> Option<u32> {
        let mut transitions = self.transitions.borrow_mut();
        if let Some(found) = transitions.iter().position(|t| *t == (shape, offset)) {
            return u32::try_from(found).ok();
        }
        if transitions.len() > self.instructions.len() * 8 + 64 {
            return None;
        }
        transitions.push((shape, offset));
        u32::try_from(transitions.len() - 1).ok()
    }

    /// A cache of a built-in name.
    #[inline(always)]
    pub fn builtin_cache(&self, index: usize) -> (u32, u32) {
        self.builtin_caches.borrow().get(index).copied().unwrap_or((0, 0))
    }

    /// Adds a cache of a built-in name; its index.
    pub fn add_builtin_cache(&self, version: u32, position: u32) -> Option<u32> {
        let mut caches = self.builtin_caches.borrow_mut();
        if caches.len() > self.instructions.len() * 8 + 64 {
            return None;
        }
        caches.push((version, position));
        u32::try_from(caches.len() - 1).ok()
    }
}
