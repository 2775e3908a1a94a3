//! Execution: code objects are translated to register code at their first call, and run on the vm's own stack.
//!
//! In the order in which code meets them: `translate` turns stack bytecode into [`prepared`] register code
//! (`instruction` defines its set), `calls` finds the way to what is called, `call` binds arguments and makes activations ([`frame`]), `run` is the dispatch
//! loop, with the slow paths of its instructions in `operations`; `unwind` handles exceptions.

mod arguments;
mod attribute_cache;
pub mod call;
mod calls;
pub mod frame;
pub mod generator;
pub mod instruction;
mod iteration;
mod matching;
mod names;
mod operations;
pub mod prepared;
mod run;
mod super_cache;
pub mod translate;
mod unwind;

pub use call::{call_function, run_class_body, run_code, run_function_body};
