//! `slice` objects: the storage. Methods are in `types/slice_methods`.

use crate::interp;
use crate::object::{Ref, Value};

/// A slice.
pub struct Slice {
    /// `start`
    pub start: Value,
    /// `stop`
    pub stop: Value,
    /// `step`
    pub step: Value,
}

crate::payload!(
    Slice,
    "slice",
    |s, visit| {
        visit(&s.start);
        visit(&s.stop);
        visit(&s.step);
    },
    |_s| ()
);

impl Slice {
    /// A slice.
    pub fn new(start: Value, stop: Value, step: Value) -> Ref<Slice> {
        Ref::new(Slice { start, stop, step }, &interp::current().types().slice)
    }
}
