//! Byte offsets to lines and columns.

use crate::fold::SYNTHETIC_START;
use crate::position::Position;
use pvm_pycfile::Location;
use rustpython_ast::{Ranged, text_size::TextRange};
use std::cell::Cell;

/// Maps ranges of the source to [`Location`]s.
pub struct Lines<'a> {
    starts: &'a [u32],
    /// The index of the line that each [`STRETCH`] of the source begins in.
    stretches: Vec<u32>,
    /// The line that was asked for last: the next one is nearly always that or near it.
    last: LastLine,
}

/// So many bytes of source are about a line.
const STRETCH: u32 = 32;

/// A line of the source: its number from 0, where it starts, and where the next one does.
#[derive(Clone, Copy, Default)]
struct Line {
    index: u32,
    start: u32,
    end: u32,
}

impl Line {
    fn new(index: u32, start: u32, end: u32) -> Line {
        // What has no location lies in no line.
        Line { index, start, end: end.min(SYNTHETIC_START) }
    }

    fn holds(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }

    /// The position of what starts and ends in this line.
    #[inline]
    fn position(self, start: u32, end: u32) -> Position {
        let column = |offset: u32| offset.saturating_sub(self.start) as i32;
        Position::in_line(self.index as i32 + 1, column(start), column(end))
    }
}

/// A line in pieces: what is written in pieces cannot be read as a whole at once.
#[derive(Default)]
struct LastLine {
    index: Cell<u32>,
    start: Cell<u32>,
    end: Cell<u32>,
}

impl LastLine {
    #[inline]
    fn get(&self) -> Line {
        Line { index: self.index.get(), start: self.start.get(), end: self.end.get() }
    }

    #[inline]
    fn set(&self, line: Line) {
        self.index.set(line.index);
        self.start.set(line.start);
        self.end.set(line.end);
    }
}

impl<'a> Lines<'a> {
    /// `starts` holds the offset of each line's first byte, in ascending order.
    pub fn new(starts: &'a [u32]) -> Self {
        let lines = Lines { starts, stretches: stretches(starts), last: LastLine::default() };
        lines.last.set(lines.nth(0));
        lines
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The location of a node.
    #[inline]
    pub fn of(&self, node: &impl Ranged) -> Location {
        self.range(node.range())
    }

    /// The same in two words.
    #[inline]
    pub(crate) fn at(&self, node: &impl Ranged) -> Position {
        self.position(node.range())
    }

    /// The location of a range.
    pub fn range(&self, range: TextRange) -> Location {
        self.position(range).into()
    }

    /// The same in two words.
    fn position(&self, range: TextRange) -> Position {
        match self.in_last_line(range) {
            Some(position) => position,
            None => self.other_position(range.start().to_u32(), range.end().to_u32()),
        }
    }

    /// The same if the range is in the line that was asked for last. Most nodes lie on one line, and on the same as the one
    /// before.
    #[inline]
    pub(crate) fn in_last_line(&self, range: TextRange) -> Option<Position> {
        let (start, end) = (range.start().to_u32(), range.end().to_u32());
        let line = self.last.get();
        (line.start <= start && start <= end && end < line.end).then(|| line.position(start, end))
    }

    #[inline(never)]
    fn other_position(&self, start: u32, end: u32) -> Position {
        let Some(line) = self.near(start) else { return self.searched_position(start, end) };
        self.last.set(line);
        if end < line.end {
            return line.position(start, end);
        }
        let Some(last) = self.near(end) else { return self.searched_position(start, end) };
        line.position(start, start).to_end_of(last.position(end, end))
    }

    /// On its own, so that [`Self::other_position`] calls nothing that comes back, and has few registers to save.
    #[inline(never)]
    fn searched_position(&self, start: u32, end: u32) -> Position {
        if start >= SYNTHETIC_START {
            return Position::NONE;
        }
        let line = self.search(start);
        self.last.set(line);
        let last = if end < line.end { line } else { self.search(end) };
        line.position(start, start).to_end_of(last.position(end, end))
    }

    /// The line of a range's start.
    pub fn line(&self, node: &impl Ranged) -> i32 {
        let start = node.range().start().to_u32();
        let mut line = self.last.get();
        if !line.holds(start) {
            line = self.near(start).unwrap_or_else(|| self.search(start));
            self.last.set(line);
        }
        line.index as i32 + 1
    }

    /// The line of an offset, if it is one of the first three that begin in its stretch or reach into it. Which of them it is
    /// cannot be predicted, that it is one of them can.
    #[inline]
    fn near(&self, offset: u32) -> Option<Line> {
        let first = *self.stretches.get((offset / STRETCH) as usize)?;
        let starts = self.starts.get(first as usize..)?.first_chunk::<4>()?;
        if offset >= starts[3] {
            return None;
        }
        let place = usize::from(starts[1] <= offset) + usize::from(starts[2] <= offset);
        Some(Line::new(first + place as u32, starts[place], starts[place + 1]))
    }

    /// The line of any offset.
    #[inline(never)]
    fn search(&self, offset: u32) -> Line {
        self.nth(self.starts.partition_point(|start| *start <= offset).saturating_sub(1))
    }

    /// A line; one that there is not holds nothing.
    fn nth(&self, index: usize) -> Line {
        match self.starts.get(index) {
            Some(&start) => {
                let end = self.starts.get(index + 1).copied().unwrap_or(u32::MAX);
                Line::new(index as u32, start, end)
            }
            None => Line::default(),
        }
    }
}

/// For [`Lines::stretches`]. Empty if there would be many more of them than lines: a tree that came from no source may
/// have lines of any length.
fn stretches(starts: &[u32]) -> Vec<u32> {
    let count = starts.last().map_or(0, |last| (last / STRETCH) as usize + 1);
    if count > 64 * (starts.len() + 16) {
        return Vec::new();
    }
    let mut stretches = vec![0_u32; count];
    // How many lines begin at or before the start of each, and after that of the one before; then how many in all.
    for start in starts {
        if let Some(stretch) = stretches.get_mut(start.div_ceil(STRETCH) as usize) {
            *stretch += 1;
        }
    }
    let mut lines = 0_u32;
    for stretch in &mut stretches {
        lines += *stretch;
        *stretch = lines.saturating_sub(1);
    }
    stretches
}
