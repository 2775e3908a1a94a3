//! Source locations as the compiler hands them on.

use pvm_pycfile::Location;

/// A [`Location`] in two words: lines and columns, the first of each in the lower half.
///
/// Functions take and return two words in registers. A `Location` goes through memory, where the processor has to wait
/// until four fields that have just been written can be read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    lines: u64,
    columns: u64,
}

fn word(first: i32, last: i32) -> u64 {
    u64::from(first as u32) | u64::from(last as u32) << 32
}

impl Position {
    /// No position.
    pub const NONE: Position = Position { lines: u64::MAX, columns: u64::MAX };

    /// A position in one line.
    #[inline]
    pub fn in_line(lineno: i32, column: i32, end_column: i32) -> Position {
        Position { lines: word(lineno, lineno), columns: word(column, end_column) }
    }

    /// The first line, or -1 for an instruction without a position.
    #[inline]
    pub fn lineno(self) -> i32 {
        self.lines as i32
    }

    /// The last line.
    #[inline]
    pub fn end_lineno(self) -> i32 {
        (self.lines >> 32) as i32
    }

    /// The column of the first byte.
    #[inline]
    pub fn column(self) -> i32 {
        self.columns as i32
    }

    /// The column after the last byte.
    #[inline]
    pub fn end_column(self) -> i32 {
        (self.columns >> 32) as i32
    }

    /// Whether this is a part of one line whose columns take seven bits each.
    #[inline]
    pub fn is_short(self) -> bool {
        const OTHER_BITS: u64 = !(0x7F | 0x7F << 32);
        let lines_differ = self.lines >> 32 ^ u64::from(self.lines as u32);
        lines_differ | self.columns & OTHER_BITS == 0
    }

    /// Equality without a branch for each word: of instructions that follow each other it holds as often as not.
    #[inline]
    pub fn is(self, other: Position) -> bool {
        (self.lines ^ other.lines) | (self.columns ^ other.columns) == 0
    }

    /// The same with another first line.
    pub fn with_lineno(self, lineno: i32) -> Position {
        Position { lines: word(lineno, self.end_lineno()), ..self }
    }

    /// From here to where another one ends.
    pub fn to_end_of(self, last: Position) -> Position {
        Position {
            lines: word(self.lineno(), last.end_lineno()),
            columns: word(self.column(), last.end_column()),
        }
    }
}

impl From<Location> for Position {
    #[inline]
    fn from(location: Location) -> Position {
        let Location { lineno, end_lineno, col_offset, end_col_offset } = location;
        Position { lines: word(lineno, end_lineno), columns: word(col_offset, end_col_offset) }
    }
}

impl From<Position> for Location {
    #[inline]
    fn from(position: Position) -> Location {
        Location {
            lineno: position.lineno(),
            end_lineno: position.end_lineno(),
            col_offset: position.column(),
            end_col_offset: position.end_column(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_comes_back() {
        let values = [i32::MIN, -1, 0, 1, 255, i32::MAX];
        for (lineno, end_lineno) in values.iter().flat_map(|a| values.map(|b| (*a, b))) {
            let location = Location { lineno, end_lineno, col_offset: end_lineno, end_col_offset: lineno };
            assert_eq!(Location::from(Position::from(location)), location);
        }
        assert_eq!(Location::from(Position::NONE), Location::NONE);
    }
}
