//! Conditions, one bit each, with libmpdec's numbers: pickles and `Context(flags=…)` carry them.

/// The exponent of a zero or of an overflowing number was changed to fit.
pub const CLAMPED: u32 = 1;
/// Text that is no number.
pub const CONVERSION_SYNTAX: u32 = 1 << 1;
/// A finite number by zero.
pub const DIVISION_BY_ZERO: u32 = 1 << 2;
/// An integer quotient has more digits than the precision.
pub const DIVISION_IMPOSSIBLE: u32 = 1 << 3;
/// Zero by zero.
pub const DIVISION_UNDEFINED: u32 = 1 << 4;
/// Digits other than zeros were lost.
pub const INEXACT: u32 = 1 << 6;
/// A context that is no good for the operation.
pub const INVALID_CONTEXT: u32 = 1 << 7;
/// An operation without a useful result.
pub const INVALID_OPERATION: u32 = 1 << 8;
/// The result has more digits than memory holds.
pub const MEMORY: u32 = 1 << 9;
/// The exponent is too large.
pub const OVERFLOW: u32 = 1 << 11;
/// Digits were lost.
pub const ROUNDED: u32 = 1 << 12;
/// The result is below the smallest normal number.
pub const SUBNORMAL: u32 = 1 << 13;
/// Subnormal and inexact.
pub const UNDERFLOW: u32 = 1 << 14;
/// A float was mixed in.
pub const FLOAT_OPERATION: u32 = 1 << 10;

/// All conditions that the signal `InvalidOperation` stands for.
pub const ANY_INVALID: u32 = CONVERSION_SYNTAX
    | DIVISION_IMPOSSIBLE
    | DIVISION_UNDEFINED
    | (1 << 5)
    | INVALID_CONTEXT
    | INVALID_OPERATION;
