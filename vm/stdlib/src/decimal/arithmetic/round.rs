//! Rounding modes.

use super::super::coefficient::{Coefficient, Tail};

/// A rounding mode, numbered as libmpdec numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards positive infinity.
    Ceiling,
    /// Towards negative infinity.
    Floor,
    /// To the nearest; halves away from zero.
    HalfUp,
    /// To the nearest; halves towards zero.
    HalfDown,
    /// To the nearest; halves to an even digit.
    HalfEven,
    /// Towards zero, but away from it where the last digit would be 0 or 5.
    Up05,
}

impl Rounding {
    /// All, by number, with their names in Python.
    pub const ALL: [(Rounding, &'static str); 8] = [
        (Rounding::Up, "ROUND_UP"),
        (Rounding::Down, "ROUND_DOWN"),
        (Rounding::Ceiling, "ROUND_CEILING"),
        (Rounding::Floor, "ROUND_FLOOR"),
        (Rounding::HalfUp, "ROUND_HALF_UP"),
        (Rounding::HalfDown, "ROUND_HALF_DOWN"),
        (Rounding::HalfEven, "ROUND_HALF_EVEN"),
        (Rounding::Up05, "ROUND_05UP"),
    ];

    /// The name in Python.
    pub fn name(self) -> &'static str {
        Rounding::ALL[self as usize].1
    }

    /// Whether a coefficient that was cut off is rounded away from zero.
    pub fn goes_up(self, negative: bool, kept: &Coefficient, tail: Tail) -> bool {
        match self {
            _ if tail == Tail::Zero => false,
            Rounding::Up => true,
            Rounding::Down => false,
            Rounding::Ceiling => !negative,
            Rounding::Floor => negative,
            Rounding::HalfUp => matches!(tail, Tail::Half | Tail::AboveHalf),
            Rounding::HalfDown => tail == Tail::AboveHalf,
            Rounding::HalfEven => tail == Tail::AboveHalf || tail == Tail::Half && kept.is_odd(),
            Rounding::Up05 => matches!(kept.last_digit(), 0 | 5),
        }
    }
}
