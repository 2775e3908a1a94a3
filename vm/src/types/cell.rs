//! `cell` objects: variables shared between a function and the functions nested in it.

use crate::interp;
use crate::object::{Ref, Value};
use std::cell::UnsafeCell;

/// A variable that closures share.
pub struct Cell {
    /// `UNBOUND` where it is empty.
    content: UnsafeCell<Value>,
}

crate::payload!(Cell, "cell", |cell, visit| visit(cell.peek()), |cell| drop(cell.replace(Value::UNBOUND)));

impl Cell {
    /// A cell; `UNBOUND` makes an empty one.
    pub fn new(content: Value) -> Ref<Cell> {
        Ref::new(Cell { content: UnsafeCell::new(content) }, &interp::current().types().cell)
    }

    #[inline(always)]
    fn peek(&self) -> &Value {
        // SAFETY: no method hands out a reference that lives across foreign code.
        unsafe { &*self.content.get() }
    }

    /// The content; `UNBOUND` where it is empty.
    #[inline(always)]
    pub fn get(&self) -> Value {
        self.peek().clone()
    }

    /// Replaces the content and gives the old one back.
    #[inline(always)]
    pub fn replace(&self, content: Value) -> Value {
        // SAFETY: as for `peek`; the lock keeps other threads out.
        unsafe { std::mem::replace(&mut *self.content.get(), content) }
    }
}
