//! Byte offsets to lines and columns.

use crate::fold::SYNTHETIC_START;
use pvm_pycfile::Location;
use rustpython_ast::{Ranged, text_size::TextRange};
use std::cell::Cell;

/// Maps ranges of the source to [`Location`]s.
pub struct Lines<'a> {
    starts: &'a [u32],
    /// The line that was asked for last: the next one is nearly always that or near it.
    last: Cell<Line>,
}

/// A line of the source: its number from 0, where it starts, and where the next one does.
#[derive(Clone, Copy, Default)]
struct Line {
    index: usize,
    start: u32,
    end: u32,
}

impl Line {
    fn holds(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

impl<'a> Lines<'a> {
    /// `starts` holds the offset of each line's first byte, in ascending order.
    pub fn new(starts: &'a [u32]) -> Self {
        let lines = Lines { starts, last: Cell::default() };
        lines.last.set(lines.nth(0));
        lines
    }

    /// The location of a node.
    #[inline]
    pub fn of(&self, node: &impl Ranged) -> Location {
        self.range(node.range())
    }

    /// The location of a range.
    pub fn range(&self, range: TextRange) -> Location {
        let (start, end) = (range.start().to_u32(), range.end().to_u32());
        // Most nodes lie on one line, and on the same as the one before.
        let line = self.last.get();
        if line.start <= start && start <= end && end < line.end {
            let lineno = line.index as i32 + 1;
            let (col_offset, end_col_offset) = ((start - line.start) as i32, (end - line.start) as i32);
            return Location { lineno, end_lineno: lineno, col_offset, end_col_offset };
        }
        self.other_range(start, end)
    }

    #[inline(never)]
    fn other_range(&self, start: u32, end: u32) -> Location {
        if start >= SYNTHETIC_START {
            return Location::NONE;
        }
        let line = self.line_at(start);
        let col_offset = start.saturating_sub(line.start) as i32;
        let lineno = line.index as i32 + 1;
        if end < line.end {
            let end_col_offset = end.saturating_sub(line.start) as i32;
            return Location { lineno, end_lineno: lineno, col_offset, end_col_offset };
        }
        let last = self.find(line, end);
        let end_col_offset = end.saturating_sub(last.start) as i32;
        Location { lineno, end_lineno: last.index as i32 + 1, col_offset, end_col_offset }
    }

    /// The line of a range's start.
    pub fn line(&self, node: &impl Ranged) -> i32 {
        self.line_at(node.range().start().to_u32()).index as i32 + 1
    }

    #[inline]
    fn line_at(&self, offset: u32) -> Line {
        let last = self.last.get();
        if last.holds(offset) {
            return last;
        }
        let line = self.find(last, offset);
        self.last.set(line);
        line
    }

    /// The line of an offset that is not in the line `near`, but probably not far from it.
    ///
    /// The steps away from `near` double, until the line is between the last two; then these are halved.
    fn find(&self, near: Line, offset: u32) -> Line {
        let before = |index: usize| self.starts.get(index).is_some_and(|start| *start <= offset);
        let mut step = 1;
        // The first one starts before the offset or is the first line, the second one starts after it.
        let (mut low, mut high);
        if offset >= near.end {
            (low, high) = (near.index + 1, near.index + 2);
            while before(high) {
                low = high;
                step *= 2;
                high += step;
            }
        } else {
            (low, high) = (near.index.saturating_sub(1), near.index);
            while low > 0 && !before(low) {
                high = low;
                step *= 2;
                low = low.saturating_sub(step);
            }
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if before(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.nth(low.min(self.starts.len().saturating_sub(1)))
    }

    /// A line; one that there is not holds nothing.
    fn nth(&self, index: usize) -> Line {
        match self.starts.get(index) {
            Some(&start) => {
                let end = self.starts.get(index + 1).copied().unwrap_or(u32::MAX);
                // What has no location lies in no line.
                Line { index, start, end: end.min(SYNTHETIC_START) }
            }
            None => Line::default(),
        }
    }
}
