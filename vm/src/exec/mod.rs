//! Execution: code objects are translated to register code at their first call, and run on the vm's own stack.
//!
//! In the order in which code meets them: `translate` turns stack bytecode into [`prepared`] register code
//! (`instruction` defines its set), `call` binds arguments and makes activations ([`frame`]), `run` is the dispatch
//! loop, with the slow paths of its instructions in `operations`; `unwind` handles exceptions.

mod arguments;
mod attribute_cache;
pub mod call;
pub mod frame;
pub mod generator;
pub mod instruction;
mod matching;
mod names;
mod operations;
pub mod prepared;
mod run;
pub mod translate;
mod unwind;

pub use call::{call_function, run_class_body, run_code, run_function_body};
