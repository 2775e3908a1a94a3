//! The buffer protocol: memory that one object lends to others.

use crate::object::Value;
use std::rc::Rc;

/// Memory lent by `owner`. The owner counts its exports and refuses to move the memory while there are any.
pub struct Buffer {
    /// Who lends.
    pub owner: Value,
    /// Access to the bytes; `None` from `write` where they are read-only.
    pub memory: Rc<dyn Memory>,
    /// `memoryview.format`
    pub format: String,
    /// Bytes an item.
    pub item_size: usize,
    /// Extent in items of each dimension.
    pub shape: Vec<usize>,
    /// Distance in bytes between items of each dimension.
    pub strides: Vec<isize>,
    /// First item's byte offset in the memory.
    pub offset: usize,
    /// Whether it cannot be written.
    pub readonly: bool,
}

/// Bytes that live in an object. Dropping it ends the export.
pub trait Memory {
    /// The number of bytes.
    fn len(&self) -> usize;
    /// Reads the bytes. `f` must not run Python code.
    fn read(&self, f: &mut dyn FnMut(&[u8]));
    /// Writes the bytes; `false` where they are read-only. `f` must not run Python code.
    fn write(&self, f: &mut dyn FnMut(&mut [u8])) -> bool;
}
