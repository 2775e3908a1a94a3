//! Executes Python 3.12 code objects.
//!
//! In: code objects, from a compiler that the embedder provides or from `.pyc` files. Out: their effects. This crate
//! knows nothing of source text; it asks for a compiler through [`host::Host`].
//!
//! In reading order: [`object`] is the object model, [`types`] the built-in types, [`protocol`] the
//! operations on objects, [`native`] how native functions are declared, [`exec`] how code runs, [`gc`] the cycle
//! collector, [`interp`] and [`vm`] the state of an interpreter and of a thread. [`text`] and [`number`] are the
//! pure algorithms of strings and numbers.

extern crate self as pvm_vm;

pub mod config;
pub mod display;
pub mod exec;
pub mod gc;
pub mod host;
pub mod interp;
pub mod interpreter;
pub mod modules;
pub mod native;
pub mod number;
pub mod object;
pub mod protocol;
pub mod text;
pub mod threads;
pub mod types;
pub mod vm;
pub mod warnings;

pub use interpreter::Interpreter;
pub use object::{Class, Payload, Ref, Value};
pub use vm::{PyResult, Raised, Vm};
