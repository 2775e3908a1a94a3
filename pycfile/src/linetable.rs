//! The line table: from instruction to source position (PEP 626, PEP 657).
//!
//! Each entry is a byte `1cccclll` (kind, length in code units less one) and what the kind needs:
//!
//! ```text
//! kind 0..=9    same line, one byte: columns 8*kind + its bits 4 to 6, and as many columns as its bits 0 to 3
//! kind 10..=12  line + (kind - 10), two bytes: column, end column
//! kind 13       line + signed varint, no columns
//! kind 14       line + signed varint, then varints: lines to the end, column + 1, end column + 1
//! kind 15       no position
//! ```
//!
//! Source: CPython 3.12 `Objects/locations.md`. A malformed table ends where it stops making sense.

use crate::code::{CodeObject, Location};

/// A run of code units with one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionRange {
    /// First code unit.
    pub start_units: u32,
    /// One past the last code unit.
    pub end_units: u32,
    /// Where it is in the source.
    pub location: Location,
}

/// A run of code units with one line, as `co_lines` reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRange {
    /// First byte.
    pub start_bytes: u32,
    /// One past the last byte.
    pub end_bytes: u32,
    /// The line, or `None` for code that is of no line.
    pub line: Option<i32>,
}

/// Decodes a line table entry by entry.
#[derive(Clone, Debug)]
pub struct Positions<'a> {
    table: &'a [u8],
    line: i32,
    next_units: u32,
}

/// The entries of a line table.
pub fn positions(table: &[u8], firstlineno: i32) -> Positions<'_> {
    Positions { table, line: firstlineno, next_units: 0 }
}

impl Positions<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.table.split_first()?;
        self.table = rest;
        Some(*first)
    }

    /// Six bits a byte, least significant first.
    fn varint(&mut self) -> Option<i32> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = self.byte()?;
            if shift < 32 {
                value |= u64::from(byte & 0x3F) << shift;
            }
            shift += 6;
            if byte & 0x40 == 0 {
                return Some(value as u32 as i32);
            }
        }
    }

    fn signed_varint(&mut self) -> Option<i32> {
        let value = self.varint()? as u32;
        let magnitude = (value >> 1) as i32;
        Some(if value & 1 == 1 { -magnitude } else { magnitude })
    }

    fn location(&mut self, kind: u8) -> Option<Location> {
        Some(match kind {
            0..=9 => {
                let byte = i32::from(self.byte()?);
                let col_offset = i32::from(kind) * 8 + (byte >> 4 & 7);
                self.here(col_offset, col_offset + (byte & 15))
            }
            10..=12 => {
                self.line = self.line.wrapping_add(i32::from(kind - 10));
                let col_offset = self.byte()?.into();
                let end_col_offset = self.byte()?.into();
                self.here(col_offset, end_col_offset)
            }
            13 => {
                self.line = self.line.wrapping_add(self.signed_varint()?);
                self.here(-1, -1)
            }
            14 => {
                self.line = self.line.wrapping_add(self.signed_varint()?);
                let end_lineno = self.line.wrapping_add(self.varint()?);
                let col_offset = self.varint()?.wrapping_sub(1);
                let end_col_offset = self.varint()?.wrapping_sub(1);
                Location { lineno: self.line, end_lineno, col_offset, end_col_offset }
            }
            _ => Location::NONE,
        })
    }

    fn here(&self, col_offset: i32, end_col_offset: i32) -> Location {
        Location { lineno: self.line, end_lineno: self.line, col_offset, end_col_offset }
    }
}

impl Iterator for Positions<'_> {
    type Item = PositionRange;

    fn next(&mut self) -> Option<PositionRange> {
        let head = self.byte()?;
        if head & 0x80 == 0 {
            self.table = &[];
            return None;
        }
        let location = self.location(head >> 3 & 15)?;
        let start_units = self.next_units;
        self.next_units = start_units.checked_add(u32::from(head & 7) + 1)?;
        Some(PositionRange { start_units, end_units: self.next_units, location })
    }
}

/// The entries of `co_lines`: runs of code of the same line.
pub fn lines(table: &[u8], firstlineno: i32) -> impl Iterator<Item = LineRange> + '_ {
    let mut entries = positions(table, firstlineno).peekable();
    std::iter::from_fn(move || {
        let first = entries.next()?;
        let lineno = first.location.lineno;
        let mut end_units = first.end_units;
        while let Some(next) = entries.next_if(|next| next.location.lineno == lineno) {
            end_units = next.end_units;
        }
        Some(LineRange {
            start_bytes: first.start_units.saturating_mul(2),
            end_bytes: end_units.saturating_mul(2),
            line: (lineno != -1).then_some(lineno),
        })
    })
}

/// The position of the instruction at an offset in bytes; [`Location::NONE`] where there is none.
pub fn location_at(table: &[u8], firstlineno: i32, offset_bytes: u32) -> Location {
    let unit = offset_bytes / 2;
    let found = positions(table, firstlineno).find(|range| unit < range.end_units);
    found.map_or(Location::NONE, |range| range.location)
}

impl CodeObject {
    /// The runs of code units and their positions.
    pub fn positions(&self) -> Positions<'_> {
        positions(&self.linetable, self.firstlineno)
    }

    /// The runs of code of the same line (`co_lines`).
    pub fn lines(&self) -> impl Iterator<Item = LineRange> + '_ {
        lines(&self.linetable, self.firstlineno)
    }

    /// The position of the instruction at an offset in bytes; [`Location::NONE`] where there is none.
    pub fn location_at(&self, offset_bytes: u32) -> Location {
        location_at(&self.linetable, self.firstlineno, offset_bytes)
    }
}
