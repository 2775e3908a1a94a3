//! Python's numbers as pure functions: what `int`, `float`, `complex`, `math`, `cmath` and `_random` compute, without knowing
//! how the virtual machine stores a value.
//!
//! Everything takes and returns plain Rust data. The object layer hands an integer over as [`Int`], which borrows, and
//! gets an [`Integer`] back, which owns; it decides which of them become tagged words. Failures are a [`NumberError`],
//! whose kind and text are those of the exception that CPython raises.
//!
//! In reading order: [`big`] chooses the big-integer crate, [`integer`] is `int`, [`float`] is `float`, [`format`] turns
//! floats into digits, [`complex`] is `complex`. [`math`], [`cmath`] and [`random`] are the modules of those names.

pub mod big;
pub mod cmath;
pub mod complex;
mod error;
pub mod float;
pub mod format;
pub mod integer;
mod libm;
pub mod math;
pub mod random;

pub use big::BigInt;
pub use complex::{Complex, ParseComplexError};
pub use error::{ErrorKind, NumberError};
pub use integer::{Int, Integer};
