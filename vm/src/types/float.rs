//! `float` objects: doubles with extreme exponents, and instances of `float`'s subclasses. Methods are in
//! `types/float_methods`.

use crate::interp;
use crate::object::{Class, Ref, Value};

/// A boxed float.
pub struct Float(f64);

crate::payload!(Float, "float");

impl Float {
    #[cold]
    #[inline(never)]
    pub(crate) fn boxed(f: f64) -> Value {
        Ref::new(Float(f), &interp::current().types().float).into()
    }

    /// An instance of `class`, which may be a subclass of `float`.
    pub fn with_class(f: f64, class: &Ref<Class>) -> Value {
        if class.is(&interp::current().types().float) {
            Value::float(f)
        } else {
            Ref::new(Float(f), class).into()
        }
    }
}

impl Value {
    /// The float, if it is a `float` (subclasses included).
    #[inline]
    pub fn as_float(&self) -> Option<f64> {
        self.as_tagged_float().or_else(|| self.downcast_ref::<Float>().map(|float| float.0))
    }
}
