//! The buffer protocol: memory that one object lends to others.
//!
//! A type fills the slot `buffer` with a function that makes a [`Buffer`]. Whoever only wants bytes asks
//! [`Vm::bytes_like`] (read) or [`Vm::bytes_like_mut`] (write); as types of a native function's parameter, [`BytesLike`] and
//! [`BytesLikeMut`] do the same. Memory that can move counts its exports and refuses to move while there are any.

use crate::native::{Argument, FromValue};
use crate::object::{Ref, Value};
use crate::types::bytearray::ByteArray;
use crate::types::bytes::Bytes;
use crate::vm::{PyResult, Vm};
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;
use std::rc::Rc;

/// Memory lent by `owner`. The owner counts its exports and refuses to move the memory while there are any.
#[derive(Clone)]
pub struct Buffer {
    /// Who lends.
    pub owner: Value,
    /// Access to the bytes.
    pub memory: Rc<dyn Memory>,
    /// `memoryview.format`
    pub format: Cow<'static, str>,
    /// Bytes an item.
    pub item_size: usize,
    /// Extent in items of each dimension.
    pub shape: SmallVec<[usize; 2]>,
    /// Distance in bytes between items of each dimension.
    pub strides: SmallVec<[isize; 2]>,
    /// First item's byte offset in the memory.
    pub offset: usize,
    /// Whether it cannot be written.
    pub readonly: bool,
}

/// Bytes that live in an object. Dropping it ends the export.
pub trait Memory {
    /// The number of bytes.
    fn len(&self) -> usize;
    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Reads the bytes. `f` must not run Python code.
    fn read(&self, f: &mut dyn FnMut(&[u8]));
    /// Writes the bytes; `false` where they are read-only. `f` must not run Python code.
    fn write(&self, f: &mut dyn FnMut(&mut [u8])) -> bool;
}

impl Buffer {
    /// All bytes of a memory, in one dimension of unsigned bytes.
    pub fn simple(owner: Value, memory: Rc<dyn Memory>, readonly: bool) -> Buffer {
        let len = memory.len();
        Buffer {
            owner,
            memory,
            format: Cow::Borrowed("B"),
            item_size: 1,
            shape: smallvec![len],
            strides: smallvec![1],
            offset: 0,
            readonly,
        }
    }

    /// All bytes of a memory, in one dimension of items.
    pub fn items(
        owner: Value,
        memory: Rc<dyn Memory>,
        readonly: bool,
        format: impl Into<Cow<'static, str>>,
        item_size: usize,
    ) -> Buffer {
        let count = memory.len() / item_size.max(1);
        Buffer {
            format: format.into(),
            item_size,
            shape: smallvec![count],
            strides: smallvec![item_size as isize],
            ..Buffer::simple(owner, memory, readonly)
        }
    }

    /// The number of items.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// The number of bytes of all items.
    pub fn byte_len(&self) -> usize {
        self.count() * self.item_size
    }

    /// Whether the items follow each other without gaps, the last dimension varying fastest.
    pub fn is_c_contiguous(&self) -> bool {
        let mut expected = self.item_size as isize;
        if self.count() == 0 {
            return true;
        }
        for (extent, stride) in self.shape.iter().zip(&self.strides).rev() {
            if *extent > 1 && *stride != expected {
                return false;
            }
            expected *= *extent as isize;
        }
        true
    }

    /// Whether the items follow each other without gaps, the first dimension varying fastest.
    pub fn is_fortran_contiguous(&self) -> bool {
        let mut expected = self.item_size as isize;
        if self.count() == 0 {
            return true;
        }
        for (extent, stride) in self.shape.iter().zip(&self.strides) {
            if *extent > 1 && *stride != expected {
                return false;
            }
            expected *= *extent as isize;
        }
        true
    }

    /// Reads the bytes of a contiguous buffer, or a copy of those of another. `f` must not run Python code.
    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        let mut f = Some(f);
        let mut result = None;
        if self.is_c_contiguous() {
            let range = self.offset..self.offset + self.byte_len();
            self.memory.read(&mut |bytes| {
                if let Some(f) = f.take() {
                    result = Some(f(bytes.get(range.clone()).unwrap_or(&[])));
                }
            });
        }
        match (result, f) {
            (Some(result), _) => result,
            (None, Some(f)) => f(&self.to_vec()),
            (None, None) => unreachable!("a memory calls its reader"),
        }
    }

    /// Writes the bytes of a contiguous buffer; `None` where it is not contiguous or cannot be written. `f` must
    /// not run Python code.
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
        if self.readonly || !self.is_c_contiguous() {
            return None;
        }
        let range = self.offset..self.offset + self.byte_len();
        let mut f = Some(f);
        let mut result = None;
        self.memory.write(&mut |bytes| {
            if let (Some(f), Some(bytes)) = (f.take(), bytes.get_mut(range.clone())) {
                result = Some(f(bytes));
            }
        });
        result
    }

    /// The byte offset of every item in the memory, the last dimension varying fastest.
    pub fn offsets(&self) -> Vec<usize> {
        let mut offsets = vec![self.offset as isize];
        for (extent, stride) in self.shape.iter().zip(&self.strides) {
            offsets = offsets
                .iter()
                .flat_map(|base| (0..*extent as isize).map(move |i| base + i * stride))
                .collect();
        }
        offsets.into_iter().map(|offset| offset.max(0) as usize).collect()
    }

    /// A copy of the items' bytes, the last dimension varying fastest.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.byte_len());
        let contiguous = self.is_c_contiguous();
        self.memory.read(&mut |bytes| {
            if contiguous {
                out.extend_from_slice(bytes.get(self.offset..self.offset + self.byte_len()).unwrap_or(&[]));
                return;
            }
            for offset in self.offsets() {
                out.extend_from_slice(bytes.get(offset..offset + self.item_size).unwrap_or(&[]));
            }
        });
        out
    }
}

/// The memory of a bytes object.
struct BytesMemory(Ref<Bytes>);

impl Memory for BytesMemory {
    fn len(&self) -> usize {
        self.0.as_slice().len()
    }
    fn read(&self, f: &mut dyn FnMut(&[u8])) {
        f(self.0.as_slice());
    }
    fn write(&self, _f: &mut dyn FnMut(&mut [u8])) -> bool {
        false
    }
}

/// Lends the memory of a bytes object.
pub fn bytes_buffer(bytes: &Ref<Bytes>) -> Buffer {
    Buffer::simple(bytes.into(), Rc::new(BytesMemory(bytes.clone())), true)
}

/// The bytes of a bytes-like object, for reading.
pub enum BytesLike {
    /// A bytes object.
    Bytes(Ref<Bytes>),
    /// Anything else.
    Buffer(Buffer),
}

impl BytesLike {
    /// Reads the bytes. `f` must not run Python code.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        match self {
            BytesLike::Bytes(bytes) => f(bytes.as_slice()),
            BytesLike::Buffer(buffer) => buffer.with(f),
        }
    }

    /// A copy of the bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        match self {
            BytesLike::Bytes(bytes) => bytes.as_slice().to_vec(),
            BytesLike::Buffer(buffer) => buffer.to_vec(),
        }
    }

    /// The bytes, copied only where they could change.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            BytesLike::Bytes(bytes) => Cow::Borrowed(bytes.as_slice()),
            BytesLike::Buffer(buffer) => Cow::Owned(buffer.to_vec()),
        }
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        match self {
            BytesLike::Bytes(bytes) => bytes.as_slice().len(),
            BytesLike::Buffer(buffer) => buffer.byte_len(),
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromValue for BytesLike {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<BytesLike> {
        vm.bytes_like(value)
    }
}

/// The bytes of a bytes-like object, for writing.
pub struct BytesLikeMut(Buffer);

impl BytesLikeMut {
    /// Writes the bytes. `f` must not run Python code.
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> Option<R> {
        self.0.with_mut(f)
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.byte_len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromValue for BytesLikeMut {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<BytesLikeMut> {
        vm.bytes_like_mut(value)
    }

    fn from_argument(vm: &mut Vm, value: &Value, argument: &Argument) -> PyResult<BytesLikeMut> {
        if value.class().slots.buffer.get().is_some() {
            let buffer = vm.buffer(value)?;
            if !buffer.readonly && buffer.is_c_contiguous() {
                return Ok(BytesLikeMut(buffer));
            }
        }
        Err(argument.wrong_type(vm, "read-write bytes-like object", value))
    }
}

impl Vm {
    /// Borrows an object's memory.
    pub fn buffer(&mut self, value: &Value) -> PyResult<Buffer> {
        match value.class().slots.buffer.get() {
            Some(buffer) => buffer(self, value),
            None => {
                let class = value.class().name();
                Err(self.type_error(format!("a bytes-like object is required, not '{class}'")))
            }
        }
    }

    /// The bytes of a bytes-like object, for reading.
    #[inline]
    pub fn bytes_like(&mut self, value: &Value) -> PyResult<BytesLike> {
        if let Some(bytes) = value.downcast_ref::<Bytes>() {
            return Ok(BytesLike::Bytes(bytes.clone()));
        }
        let buffer = self.buffer(value)?;
        if !buffer.is_c_contiguous() {
            return Err(self.buffer_error("memoryview: underlying buffer is not C-contiguous"));
        }
        Ok(BytesLike::Buffer(buffer))
    }

    /// The bytes of a bytes-like object, for writing.
    pub fn bytes_like_mut(&mut self, value: &Value) -> PyResult<BytesLikeMut> {
        let buffer = self.buffer(value)?;
        if buffer.readonly {
            return Err(self.buffer_error("Object is not writable."));
        }
        if !buffer.is_c_contiguous() {
            return Err(self.buffer_error("memoryview: underlying buffer is not C-contiguous"));
        }
        Ok(BytesLikeMut(buffer))
    }

    /// A copy of the bytes of a bytes-like object.
    pub fn bytes_of(&mut self, value: &Value) -> PyResult<Vec<u8>> {
        if let Some(bytes) = value.downcast_ref::<Bytes>() {
            return Ok(bytes.as_slice().to_vec());
        }
        if let Some(array) = value.downcast_ref::<ByteArray>() {
            return Ok(array.with(<[u8]>::to_vec));
        }
        Ok(self.buffer(value)?.to_vec())
    }

    /// Whether an object lends its memory.
    pub fn is_bytes_like(&self, value: &Value) -> bool {
        value.class().slots.buffer.get().is_some()
    }
}
