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

/// So many lines from the last one a search goes line by line.
const NEAR: usize = 16;

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
        if start >= SYNTHETIC_START {
            return Location::NONE;
        }
        let line = self.line_at(start);
        let col_offset = start.saturating_sub(line.start) as i32;
        let lineno = line.index as i32 + 1;
        // Most nodes lie on one line.
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
    fn find(&self, near: Line, offset: u32) -> Line {
        let starts = self.starts;
        if offset >= near.end {
            for index in near.index + 1..starts.len().min(near.index + NEAR) {
                let end = starts.get(index + 1).copied().unwrap_or(u32::MAX);
                if offset < end {
                    return Line { index, start: starts[index], end };
                }
            }
        } else {
            for index in (near.index.saturating_sub(NEAR)..near.index.min(starts.len())).rev() {
                if starts[index] <= offset {
                    return self.nth(index);
                }
            }
        }
        self.nth(starts.partition_point(|start| *start <= offset).saturating_sub(1))
    }

    /// A line; one that there is not holds nothing.
    fn nth(&self, index: usize) -> Line {
        match self.starts.get(index) {
            Some(&start) => {
                let end = self.starts.get(index + 1).copied().unwrap_or(u32::MAX);
                Line { index, start, end }
            }
            None => Line::default(),
        }
    }
}
