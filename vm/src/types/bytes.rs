//! `bytes` objects: the storage. Methods are in `types/bytes_methods`.

use crate::interp;
use crate::object::Ref;
use std::cell::Cell;

/// A bytes object.
pub struct Bytes {
    data: Box<[u8]>,
    hash: Cell<i64>,
}

crate::payload!(Bytes, "bytes");

impl Bytes {
    /// The payload, for instances of subclasses.
    pub fn payload(data: impl Into<Box<[u8]>>) -> Bytes {
        Bytes { data: data.into(), hash: Cell::new(-1) }
    }

    /// A bytes object.
    pub fn new(data: impl Into<Box<[u8]>>) -> Ref<Bytes> {
        Ref::new(Bytes::payload(data), &interp::current().types().bytes)
    }

    /// The bytes.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        &self.data
    }

    /// The hash, computed once.
    pub fn hash(&self) -> i64 {
        if self.hash.get() == -1 {
            self.hash.set(crate::text::hash::hash_bytes(interp::current().hash_key.get(), &self.data));
        }
        self.hash.get()
    }
}
