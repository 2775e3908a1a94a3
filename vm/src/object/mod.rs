//! The object model: values, heap objects, classes, shapes. The `unsafe` of the crate lives here and in
//! `exec`, behind safe interfaces.

pub mod attributes;
pub mod class;
pub mod header;
pub mod heap;
pub mod shape;
pub mod slots;
pub mod value;

pub use class::Class;
pub use header::{Header, Layout, Object, Payload, Ref, Visitor};
pub use value::Value;
