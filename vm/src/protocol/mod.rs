//! The operations on objects, as methods of [`Vm`](crate::vm::Vm): what CPython calls the abstract object layer.

pub mod attributes;
pub mod calls;
pub mod compare;
pub mod environment;
pub mod errors;
pub mod items;
pub mod iteration;
pub mod numbers;
pub mod text;
