//! Register code: what a function's bytecode is translated to at its first call.

use super::instruction::Instruction;
use crate::object::Value;
use std::cell::RefCell;

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

    /// Adds objects for a cache; the index of the first.
    pub fn add_all_cached<const N: usize>(&self, values: [Value; N]) -> Option<u32> {
        let mut cached = self.cached.borrow_mut();
        if cached.len() > self.instructions.len() * 8 + 64 {
            return None;
        }
        let first = u32::try_from(cached.len()).ok()?;
        cached.extend(values);
        Some(first)
    }

    /// Adds an object for a cache; its index.
    pub fn add_cached(&self, value: Value) -> Option<u32> {
        let mut cached = self.cached.borrow_mut();
        // An instruction that keeps missing must not fill memory.
        if cached.len() > self.instructions.len() * 8 + 64 {
            return None;
        }
        cached.push(value);
        u32::try_from(cached.len() - 1).ok()
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
