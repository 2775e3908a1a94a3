//! The location table (PEP 626 and 657): the source range of each run of instructions.
//!
//! An entry starts with a byte `1 cccc lll`: a form `c` and the length `l` + 1 in code units. What follows
//! depends on the form: columns in one byte (0 to 9), two columns in a byte each (10 to 12, which is also the
//! line's distance from the last one plus 10), a line only (13), everything (14), or nothing (15).

use pvm_pycfile::Location;

const ONE_LINE: u8 = 10;
const NO_COLUMNS: u8 = 13;
const LONG: u8 = 14;
const NO_LOCATION: u8 = 15;

/// Writes the table, given the instructions one by one.
pub(super) struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    /// The line of the entry before.
    line: i32,
    /// The location of the instructions that are not written yet.
    location: Location,
    /// The size of these, in code units.
    size: u32,
}

impl<'a> Writer<'a> {
    /// A table for a block that starts at this line, in place of what there was.
    pub fn new(bytes: &'a mut Vec<u8>, firstlineno: i32) -> Writer<'a> {
        bytes.clear();
        Writer { bytes, line: firstlineno, location: Location::NONE, size: 0 }
    }

    /// Adds an instruction of so many code units.
    #[inline]
    pub fn add(&mut self, location: Location, size: u32) {
        if !is_same(location, self.location) {
            self.flush();
            self.location = location;
            self.size = 0;
        }
        self.size += size;
    }

    /// Writes what is left.
    pub fn flush(&mut self) {
        self.write(self.location, self.size);
    }

    /// An entry holds up to eight code units.
    fn write(&mut self, location: Location, mut size: u32) {
        while size > 8 {
            self.write_entry(location, 8);
            size -= 8;
        }
        if size > 0 {
            self.write_entry(location, size);
        }
    }

    fn write_entry(&mut self, location: Location, size: u32) {
        let Location { lineno, end_lineno, col_offset: column, end_col_offset: end_column } = location;
        if lineno < 0 {
            self.start(NO_LOCATION, size);
            return;
        }
        let delta = lineno - self.line;
        self.line = lineno;
        let one_line = end_lineno == lineno;
        if column < 0 || end_column < 0 {
            if one_line || end_lineno == -1 {
                self.start(NO_COLUMNS, size);
                self.signed(delta);
                return;
            }
        } else if one_line && delta == 0 && column < 80 && (0..16).contains(&(end_column - column)) {
            let columns = ((column & 7) << 4 | (end_column - column)) as u8;
            self.bytes.extend_from_slice(&[head((column >> 3) as u8, size), columns]);
            return;
        } else if one_line && (0..3).contains(&delta) && column < 128 && end_column < 128 {
            let head = head(ONE_LINE + delta as u8, size);
            self.bytes.extend_from_slice(&[head, column as u8, end_column as u8]);
            return;
        }
        let numbers = [
            delta.unsigned_abs() << 1 | u32::from(delta < 0),
            end_lineno.wrapping_sub(lineno) as u32,
            column.wrapping_add(1) as u32,
            end_column.wrapping_add(1) as u32,
        ];
        let [line, lines, column, end_column] = numbers;
        if line | lines | column | end_column < 64 {
            let entry = [head(LONG, size), line as u8, lines as u8, column as u8, end_column as u8];
            self.bytes.extend_from_slice(&entry);
            return;
        }
        self.start(LONG, size);
        numbers.into_iter().for_each(|number| self.unsigned(number));
    }

    fn start(&mut self, form: u8, size: u32) {
        self.bytes.push(head(form, size));
    }

    /// Groups of six bits, lowest first; bit 6 says that more follow.
    fn unsigned(&mut self, mut number: u32) {
        while number >= 64 {
            self.bytes.push(0x40 | (number & 0x3f) as u8);
            number >>= 6;
        }
        self.bytes.push(number as u8);
    }

    /// The sign goes to the lowest bit.
    fn signed(&mut self, number: i32) {
        self.unsigned(number.unsigned_abs() << 1 | u32::from(number < 0));
    }
}

/// The first byte of an entry.
fn head(form: u8, size: u32) -> u8 {
    0x80 | form << 3 | (size - 1) as u8
}

/// Equality without a branch for each field: it holds as often as not.
#[inline]
fn is_same(a: Location, b: Location) -> bool {
    (a.lineno ^ b.lineno)
        | (a.end_lineno ^ b.end_lineno)
        | (a.col_offset ^ b.col_offset)
        | (a.end_col_offset ^ b.end_col_offset)
        == 0
}
