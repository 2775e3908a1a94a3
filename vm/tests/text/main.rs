//! Compares `pvm_vm::text` with the reference interpreter.
//!
//! Each case is a Python expression and our answer in the form `ascii()` gives; one Python process
//! evaluates all of them.

mod codecs;
mod format;
mod methods;
mod properties;
mod support;
