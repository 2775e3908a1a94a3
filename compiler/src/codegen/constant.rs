//! Constants of the tree as constants of code objects.

use super::Generator;
use num_bigint::BigInt;
use pvm_pycfile::{Constant, Text};
use rustpython_ast::{self as ast, Expr, text_size::TextRange};
use std::sync::Arc;

impl Generator<'_> {
    /// A constant that stands at a range of the source.
    pub(super) fn constant(&self, constant: &ast::Constant, range: TextRange) -> Constant {
        self.constants.value(constant, range)
    }

    /// The value of an expression that is a constant.
    pub(super) fn constant_value(&self, expression: &Expr) -> Option<Constant> {
        match expression {
            Expr::Constant(node) => Some(self.constant(&node.value, node.range)),
            _ => None,
        }
    }
}

/// What decides whether Python's `==` holds between two constants, numbers of different types included.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum PythonKey {
    None,
    Ellipsis,
    Integer(BigInt),
    /// Bits of the real and of the imaginary part, zeros without their sign.
    Number(u64, u64),
    Str(Text),
    Bytes(Arc<[u8]>),
    Tuple(Vec<PythonKey>),
    FrozenSet(Vec<PythonKey>),
    /// Equal to nothing else.
    Code(usize),
}

impl PythonKey {
    pub(super) fn of(constant: &Constant) -> PythonKey {
        match constant {
            Constant::None => PythonKey::None,
            Constant::Ellipsis => PythonKey::Ellipsis,
            Constant::Bool(value) => PythonKey::Integer(BigInt::from(*value)),
            Constant::Int(value) => PythonKey::Integer(BigInt::from(*value)),
            Constant::BigInt(value) => PythonKey::Integer((**value).clone()),
            Constant::Float(value) => PythonKey::number(*value, 0.0),
            Constant::Complex(real, imag) => PythonKey::number(*real, *imag),
            Constant::Str(value) => PythonKey::Str(value.clone()),
            Constant::Bytes(value) => PythonKey::Bytes(value.clone()),
            Constant::Tuple(members) => PythonKey::Tuple(members.iter().map(PythonKey::of).collect()),
            Constant::FrozenSet(members) => PythonKey::FrozenSet(members.iter().map(PythonKey::of).collect()),
            Constant::Code(code) => PythonKey::Code(Arc::as_ptr(code).addr()),
        }
    }

    fn number(real: f64, imag: f64) -> PythonKey {
        if imag == 0.0
            && real.fract() == 0.0
            && let Some(integer) = num_traits::FromPrimitive::from_f64(real)
        {
            return PythonKey::Integer(integer);
        }
        // Adding zero turns -0.0 into 0.0.
        PythonKey::Number((real + 0.0).to_bits(), (imag + 0.0).to_bits())
    }
}
