//! `complex` objects: the storage. Methods are in `types/complex_methods`.

use crate::interp;
use crate::object::Ref;

/// A complex number.
pub struct Complex {
    /// `real`
    pub re: f64,
    /// `imag`
    pub im: f64,
}

crate::payload!(Complex, "complex");

impl Complex {
    /// A complex number.
    pub fn new(re: f64, im: f64) -> Ref<Complex> {
        Ref::new(Complex { re, im }, &interp::current().types().complex)
    }
}
