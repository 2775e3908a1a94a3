//! The location table (PEP 626 and 657): the source range of each run of instructions.
//!
//! An entry starts with a byte `1 cccc lll`: a form `c` and the length `l` + 1 in code units. What follows
//! depends on the form: columns in one byte (0 to 9), two columns in a byte each (10 to 12, which is also the
//! line's distance from the last one plus 10), a line only (13), everything (14), or nothing (15).

use crate::position::Position;
use pvm_pycfile::Location;
use std::hint::select_unpredictable;

const ONE_LINE: u64 = 10;
const NO_COLUMNS: u64 = 13;
const LONG: u64 = 14;
const NO_LOCATION: u64 = 15;

/// Writes the table, given where each instruction begins.
pub(super) struct Writer<'a> {
    /// The table, and space for more of it.
    bytes: &'a mut Vec<u8>,
    /// The length of the table.
    len: usize,
    /// The line of the entry before.
    line: i32,
    /// The location of the run of instructions at hand.
    location: Position,
    /// Where that run began, in code units.
    start: usize,
}

/// No entry takes more bytes: the first one, and four numbers of up to six.
const LONGEST_ENTRY: usize = 1 + 4 * 6;

/// An entry holds so many code units at most.
const LARGEST_ENTRY: usize = 8;

impl<'a> Writer<'a> {
    /// A table for a block that starts at this line, in memory that may hold anything.
    pub fn new(bytes: &'a mut Vec<u8>, firstlineno: i32) -> Writer<'a> {
        Writer { bytes, len: 0, line: firstlineno, location: Position::NONE, start: 0 }
    }

    /// An instruction of this location begins here.
    #[inline]
    pub fn reach(&mut self, location: Position, at: usize) {
        if !location.is(self.location) {
            self.end_run(at);
            (self.location, self.start) = (location, at);
        }
    }

    /// The table for code that ends here.
    pub fn finish(mut self, end: usize) -> &'a [u8] {
        self.end_run(end);
        &self.bytes[..self.len]
    }

    /// Writes the run at hand.
    #[inline]
    fn end_run(&mut self, end: usize) {
        if self.bytes.len() < self.len + 2 * LONGEST_ENTRY {
            self.grow();
        }
        let size = end - self.start;
        let lineno = self.location.lineno();
        // No line is -1, so that it comes before all others, and an earlier line is far ahead.
        let delta = lineno.wrapping_sub(self.line) as u32;
        let is_usual = self.location.is_short() & (delta <= 2) & (size.wrapping_sub(1) < 2 * LARGEST_ENTRY);
        if !is_usual {
            return self.end_unusual_run(size);
        }
        self.line = lineno;
        let columns = [self.location.column(), self.location.end_column()];
        let [column, end_column] = columns.map(|column| column as u64);
        self.write_usual(delta.into(), column, end_column, size);
    }

    /// Writes one entry or two for a part of one line, up to two lines on, whose columns take seven bits. Neither which of two
    /// forms an entry takes nor whether there is a second one, as there is after the load of an attribute, can be predicted:
    /// nothing of that is a branch.
    #[inline]
    fn write_usual(&mut self, delta: u64, column: u64, end_column: u64, size: usize) {
        let width = end_column.wrapping_sub(column);
        let short = head(column >> 3, 1) | (column & 7) << 12 | (width & 15) << 8;
        let one_line = head(ONE_LINE, 1) | column << 8 | end_column << 16;
        let may_be_short = (column < 80) & (width < 16);
        let is_short = may_be_short & (delta == 0);
        let first = select_unpredictable(is_short, short, one_line + (delta << 3));
        let second = select_unpredictable(may_be_short, short, one_line);
        let (first_len, second_len) = (3 - usize::from(is_short), 3 - usize::from(may_be_short));
        // An entry's lowest bits, zero so far, are its length less one.
        let rest = size.saturating_sub(LARGEST_ENTRY);
        let first = first + (size - rest) as u64 - 1;
        let second = second.wrapping_add(rest as u64).wrapping_sub(1);
        let len = first_len + select_unpredictable(rest > 0, second_len, 0);
        self.append(first | second << (8 * first_len), len);
    }

    #[inline(never)]
    fn end_unusual_run(&mut self, mut size: usize) {
        let Location { lineno, col_offset, end_col_offset, .. } = self.location.into();
        // Mostly that is one entry, and then a long one.
        if (lineno | col_offset | end_col_offset >= 0) & (size.wrapping_sub(1) < LARGEST_ENTRY) {
            let delta = lineno.wrapping_sub(self.line);
            self.line = lineno;
            return self.write_long(delta, size);
        }
        while size > LARGEST_ENTRY {
            self.write_entry(LARGEST_ENTRY);
            size -= LARGEST_ENTRY;
        }
        if size > 0 {
            self.write_entry(size);
        }
    }

    /// Adds up to eight bytes, the lowest first.
    #[inline]
    fn append(&mut self, bytes: u64, len: usize) {
        if let Some(space) = self.bytes.get_mut(self.len..).and_then(|space| space.first_chunk_mut()) {
            *space = bytes.to_le_bytes();
        }
        self.len += len;
    }

    #[inline(never)]
    fn write_entry(&mut self, size: usize) {
        if self.bytes.len() < self.len + LONGEST_ENTRY + 8 {
            self.grow();
        }
        let Location { lineno, end_lineno, col_offset, end_col_offset } = self.location.into();
        if lineno < 0 {
            return self.append(head(NO_LOCATION, size), 1);
        }
        let delta = lineno.wrapping_sub(self.line);
        self.line = lineno;
        if col_offset < 0 || end_col_offset < 0 {
            if end_lineno == lineno || end_lineno == -1 {
                self.append(head(NO_COLUMNS, size), 1);
                return self.number(signed(delta));
            }
            return self.write_long(delta, size);
        }
        if self.location.is_short() && (0..=2).contains(&delta) {
            self.write_usual(delta as u64, col_offset as u64, end_col_offset as u64, size);
        } else {
            self.write_long(delta, size);
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.bytes.resize(2 * self.bytes.len() + 256, 0);
    }

    #[inline]
    fn write_long(&mut self, delta: i32, size: usize) {
        let Location { lineno, end_lineno, col_offset, end_col_offset } = self.location.into();
        let numbers = [
            signed(delta),
            end_lineno.wrapping_sub(lineno) as u32,
            col_offset.wrapping_add(1) as u32,
            end_col_offset.wrapping_add(1) as u32,
        ];
        let [line, lines, column, end_column] = numbers;
        // Nearly always columns take one byte or two, and the others one. Which cannot be predicted.
        if (line | lines < 1 << 6) & (column | end_column < 1 << 12) {
            let [column, end_column] = [column, end_column].map(u64::from);
            let in_bytes = |number: u64| (number & 0x3f) | (number >> 6) << 8 | u64::from(number > 0x3f) << 6;
            let column_len = 1 + usize::from(column > 0x3f);
            let columns = in_bytes(column) | in_bytes(end_column) << (8 * column_len);
            let entry = head(LONG, size) | u64::from(line) << 8 | u64::from(lines) << 16 | columns << 24;
            return self.append(entry, 4 + column_len + usize::from(end_column > 0x3f));
        }
        self.write_numbers(head(LONG, size), numbers);
    }

    /// Adds a byte and numbers of any size.
    #[cold]
    fn write_numbers(&mut self, first: u64, numbers: [u32; 4]) {
        self.append(first, 1);
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
#[inline]
fn head(form: u64, size: usize) -> u64 {
    0x80 | form << 3 | (size as u64 - 1)
}
