//! What a compiled module is: code objects and their constants.

use crate::names::NameList;
use crate::text::Text;
use num_bigint::BigInt;
use std::sync::Arc;

/// Bits of [`CodeObject::flags`] (`inspect.CO_*` and the `__future__` flags).
pub mod code_flags {
    #![allow(missing_docs, reason = "the names are CPython's and say it")]
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const FUTURE_DIVISION: u32 = 0x20000;
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x40000;
    pub const FUTURE_WITH_STATEMENT: u32 = 0x80000;
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x100000;
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x200000;
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x400000;
    pub const FUTURE_GENERATOR_STOP: u32 = 0x800000;
    pub const FUTURE_ANNOTATIONS: u32 = 0x1000000;
}

/// Bits of one byte of [`CodeObject::localspluskinds`].
pub mod local_kind {
    /// A comprehension's local that was inlined into this code (PEP 709) and is hidden from `locals()`.
    pub const HIDDEN: u8 = 0x10;
    /// A local variable.
    pub const LOCAL: u8 = 0x20;
    /// A cell variable (set together with `LOCAL` for an argument that is a cell).
    pub const CELL: u8 = 0x40;
    /// A free variable.
    pub const FREE: u8 = 0x80;
}

/// The immutable result of compiling one block (CPython's `PyCodeObject`, as marshal stores it).
#[derive(Clone, Debug, PartialEq)]
pub struct CodeObject {
    /// Positional parameters, positional-only ones included.
    pub argcount: u32,
    /// Positional-only parameters.
    pub posonlyargcount: u32,
    /// Keyword-only parameters.
    pub kwonlyargcount: u32,
    /// Depth of the value stack, in slots.
    pub stacksize: u32,
    /// See [`code_flags`].
    pub flags: u32,
    /// Code units: opcode and oparg bytes, inline caches included as zeros.
    pub code: Arc<[u8]>,
    /// The constant pool.
    pub consts: Vec<Constant>,
    /// Names of globals and attributes.
    pub names: NameList,
    /// Names of locals, cells and free variables, in the order of the fast locals.
    pub localsplusnames: NameList,
    /// One byte a name of `localsplusnames`, see [`local_kind`].
    pub localspluskinds: Arc<[u8]>,
    /// The source file's path as the compiler was given it.
    pub filename: Text,
    /// The block's name.
    pub name: Text,
    /// The block's dotted name within its module.
    pub qualname: Text,
    /// First line of the block, counted from 1.
    pub firstlineno: i32,
    /// Instruction to source position (PEP 626 and 657), packed.
    pub linetable: Arc<[u8]>,
    /// Instruction range to handler and stack depth, packed.
    pub exceptiontable: Arc<[u8]>,
}

/// A member of a constant pool.
#[derive(Clone, Debug)]
pub enum Constant {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An integer that fits 64 bits. Always used for those that do.
    Int(i64),
    /// An integer that does not fit 64 bits.
    BigInt(Arc<BigInt>),
    /// A float. Compared by bits.
    Float(f64),
    /// A complex number: real and imaginary part. Compared by bits.
    Complex(f64, f64),
    /// A string.
    Str(Text),
    /// A bytes object.
    Bytes(Arc<[u8]>),
    /// A tuple.
    Tuple(Arc<[Constant]>),
    /// A frozenset, in the order in which it was built.
    FrozenSet(Arc<[Constant]>),
    /// A nested code object.
    Code(Arc<CodeObject>),
}

impl PartialEq for Constant {
    /// Equality as the compiler merges constants: by type and by value, floats by their bits.
    fn eq(&self, other: &Self) -> bool {
        use Constant::*;
        match (self, other) {
            (None, None) | (Ellipsis, Ellipsis) => true,
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (BigInt(a), BigInt(b)) => a == b,
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (Complex(a, b), Complex(c, d)) => a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits(),
            (Str(a), Str(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (Tuple(a), Tuple(b)) | (FrozenSet(a), FrozenSet(b)) => a == b,
            (Code(a), Code(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}
impl Eq for Constant {}

/// A source position: lines from 1, columns in UTF-8 bytes from 0. `NONE` parts are -1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// First line, or -1 for an instruction without a position.
    pub lineno: i32,
    /// Last line.
    pub end_lineno: i32,
    /// Column of the first byte.
    pub col_offset: i32,
    /// Column after the last byte.
    pub end_col_offset: i32,
}

impl Location {
    /// No position.
    pub const NONE: Location = Location { lineno: -1, end_lineno: -1, col_offset: -1, end_col_offset: -1 };
}
