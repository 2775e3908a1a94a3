//! General Decimal Arithmetic (Cowlishaw's specification, version 1.70), as libmpdec computes it.
//!
//! Pure: a [`Number`] is data, and an [`Env`] is the part of a context that results depend on, with the conditions that have
//! come up.

mod add;
mod basic;
mod compare;
mod digits;
mod divide;
mod elementary;
mod env;
mod fixed;
mod number;
mod power;
mod quantize;
mod round;
pub mod status;
mod text;

pub use compare::{Choice, compare_values};
pub use env::{Env, MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY};
pub use number::{Kind, Number};
pub use round::Rounding;
pub use text::{Parsed, parse};
