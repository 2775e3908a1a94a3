//! Byte offsets to lines and columns.

use crate::fold::SYNTHETIC_START;
use pvm_pycfile::Location;
use rustpython_ast::{Ranged, text_size::TextRange};
use std::cell::Cell;

/// Maps ranges of the source to [`Location`]s.
pub struct Lines<'a> {
    starts: &'a [u32],
    /// The line that was asked for last: the next one is nearly always near it.
    last: Cell<usize>,
}

impl<'a> Lines<'a> {
    /// `starts` holds the offset of each line's first byte, in ascending order.
    pub fn new(starts: &'a [u32]) -> Self {
        Lines { starts, last: Cell::new(0) }
    }

    /// The location of a node.
    #[inline]
    pub fn of(&self, node: &impl Ranged) -> Location {
        self.range(node.range())
    }

    /// The location of a range.
    pub fn range(&self, range: TextRange) -> Location {
        if range.start().to_u32() >= SYNTHETIC_START {
            return Location::NONE;
        }
        let (lineno, col_offset) = self.position(range.start().to_u32());
        let end = range.end().to_u32();
        // Most nodes lie on one line.
        let line = lineno as usize;
        if self.starts.get(line).is_none_or(|next| end < *next) {
            let length = range.len().to_u32() as i32;
            return Location { lineno, end_lineno: lineno, col_offset, end_col_offset: col_offset + length };
        }
        let (end_lineno, end_col_offset) = self.position(end);
        Location { lineno, end_lineno, col_offset, end_col_offset }
    }

    /// The line of a range's start.
    pub fn line(&self, node: &impl Ranged) -> i32 {
        self.position(node.range().start().to_u32()).0
    }

    #[inline]
    fn position(&self, offset: u32) -> (i32, i32) {
        let mut line = self.last.get();
        let within = |line: usize| {
            self.starts.get(line).is_some_and(|start| *start <= offset)
                && self.starts.get(line + 1).is_none_or(|next| offset < *next)
        };
        if !within(line) {
            line += 1;
            if !within(line) {
                line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
            }
            self.last.set(line);
        }
        let start = self.starts.get(line).copied().unwrap_or(0);
        (line as i32 + 1, offset.saturating_sub(start) as i32)
    }
}
