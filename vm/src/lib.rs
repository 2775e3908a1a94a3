//! Executes Python 3.12 code objects.

pub mod number;
pub mod text;
