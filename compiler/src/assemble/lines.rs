//! The location table (PEP 626 and 657): the source range of each run of instructions.
//!
//! An entry starts with a byte `1 cccc lll`: a form `c` and the length `l` + 1 in code units. What follows
//! depends on the form: columns in one byte (0 to 9), two columns in a byte each (10 to 12, which is also the
//! line's distance from the last one plus 10), a line only (13), everything (14), or nothing (15).

use pvm_pycfile::Location;

const ONE_LINE: u64 = 10;
const NO_COLUMNS: u64 = 13;
const LONG: u64 = 14;
const NO_LOCATION: u64 = 15;

/// Writes the table, given the runs of instructions that share a location.
pub(super) struct Writer<'a> {
    /// The table, and space for more of it.
    bytes: &'a mut Vec<u8>,
    /// The length of the table.
    len: usize,
    /// The line of the entry before.
    line: i32,
}

/// No entry takes more bytes: the first one, and four numbers of up to six.
const LONGEST_ENTRY: usize = 1 + 4 * 6;

impl<'a> Writer<'a> {
    /// A table for a block that starts at this line, in memory that may hold anything.
    pub fn new(bytes: &'a mut Vec<u8>, firstlineno: i32) -> Writer<'a> {
        Writer { bytes, len: 0, line: firstlineno }
    }

    /// Adds a run of so many code units. An entry holds up to eight.
    pub fn write(&mut self, location: Location, mut size: u32) {
        while size > 8 {
            self.write_entry(location, 8);
            size -= 8;
        }
        if size > 0 {
            self.write_entry(location, size);
        }
    }

    /// The table.
    pub fn finish(self) -> &'a [u8] {
        &self.bytes[..self.len]
    }

    /// Adds up to eight bytes, the lowest first.
    #[inline]
    fn append(&mut self, bytes: u64, len: usize) {
        if let Some(space) = self.bytes.get_mut(self.len..).and_then(|space| space.first_chunk_mut()) {
            *space = bytes.to_le_bytes();
        }
        self.len += len;
    }

    #[inline]
    fn write_entry(&mut self, location: Location, size: u32) {
        if self.bytes.len() < self.len + LONGEST_ENTRY + 8 {
            self.grow();
        }
        let Location { lineno, end_lineno, col_offset, end_col_offset } = location;
        let delta = lineno.wrapping_sub(self.line);
        // Negative if the line, the end's line, or one of the columns is missing, or the lines differ much.
        let sign = lineno | col_offset | end_col_offset | delta;
        if sign < 0 || lineno != end_lineno || delta > 2 {
            return self.write_unusual(location, size);
        }
        self.line = lineno;
        let (column, end_column) = (col_offset as u64, end_col_offset as u64);
        let width = end_column.wrapping_sub(column);
        if delta == 0 && column < 80 && width < 16 {
            self.append(head(column >> 3, size) | (column & 7) << 12 | width << 8, 2);
        } else if (column | end_column) < 128 {
            self.append(head(ONE_LINE + delta as u64, size) | column << 8 | end_column << 16, 3);
        } else {
            self.write_long(delta, location, size);
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.bytes.resize(2 * self.bytes.len() + 256, 0);
    }

    fn write_unusual(&mut self, location: Location, size: u32) {
        let Location { lineno, end_lineno, col_offset, end_col_offset } = location;
        if lineno < 0 {
            return self.append(head(NO_LOCATION, size), 1);
        }
        let delta = lineno.wrapping_sub(self.line);
        self.line = lineno;
        if (col_offset < 0 || end_col_offset < 0) && (end_lineno == lineno || end_lineno == -1) {
            self.append(head(NO_COLUMNS, size), 1);
            return self.number(signed(delta));
        }
        self.write_long(delta, location, size);
    }

    fn write_long(&mut self, delta: i32, location: Location, size: u32) {
        let Location { lineno, end_lineno, col_offset, end_col_offset } = location;
        let numbers = [
            signed(delta),
            end_lineno.wrapping_sub(lineno) as u32,
            col_offset.wrapping_add(1) as u32,
            end_col_offset.wrapping_add(1) as u32,
        ];
        let [line, lines, column, end_column] = numbers.map(u64::from);
        if line | lines | column | end_column < 64 {
            let entry = head(LONG, size) | line << 8 | lines << 16 | column << 24 | end_column << 32;
            return self.append(entry, 5);
        }
        self.append(head(LONG, size), 1);
        numbers.into_iter().for_each(|number| self.number(number));
    }

    /// Groups of six bits, lowest first; bit 6 says that more follow.
    fn number(&mut self, mut number: u32) {
        while number >= 64 {
            self.append(u64::from(0x40 | number & 0x3f), 1);
            number >>= 6;
        }
        self.append(number.into(), 1);
    }
}

/// A number with its sign in the lowest bit.
fn signed(number: i32) -> u32 {
    number.unsigned_abs() << 1 | u32::from(number < 0)
}

/// The first byte of an entry.
fn head(form: u64, size: u32) -> u64 {
    0x80 | form << 3 | u64::from(size - 1)
}
