//! Positions of nodes as the compiler has them: ranges of bytes in a source that need not exist.
//!
//! Nodes say lines and columns, the compiler's tree ranges, and a table of where lines start maps the one to the other.
//! For trees of objects such a table is made up, in which each line is just as long as the columns ask for.

use pvm_parser::ast::text_size::{TextRange, TextSize};

/// More lines than any source has; beyond them positions are as good as none.
const MAX_LINE: i64 = 1 << 22;

/// Offsets from here on mean no position (`pvm_compiler`).
const NO_POSITION: u32 = 0xF000_0000;

/// The position that a node claims.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    /// First line.
    pub lineno: i64,
    /// First column.
    pub col_offset: i64,
    /// Last line.
    pub end_lineno: i64,
    /// Column after the last.
    pub end_col_offset: i64,
}

/// The made-up source.
#[derive(Debug, Default)]
pub struct Lines {
    widths: Vec<u32>,
    /// Where lines start; made from the widths when all are known.
    starts: Vec<u32>,
}

impl Lines {
    /// Makes room for a position.
    pub fn add(&mut self, position: Position) {
        self.add_place(position.lineno, position.col_offset);
        self.add_place(position.end_lineno, position.end_col_offset);
    }

    fn add_place(&mut self, line: i64, column: i64) {
        if let Some((line, column)) = place(line, column) {
            if self.widths.len() <= line {
                self.widths.resize(line + 1, 1);
            }
            self.widths[line] = self.widths[line].max(column.saturating_add(1));
        }
    }

    /// Lays the lines out.
    pub fn finish(&mut self) {
        let mut start = 0u32;
        self.starts = Vec::with_capacity(self.widths.len());
        for width in &self.widths {
            self.starts.push(start);
            start = start.saturating_add(*width).min(NO_POSITION - 1);
        }
    }

    /// The range of a position that room was made for.
    pub fn range(&self, position: Position) -> TextRange {
        let offset = |line: i64, column: i64| {
            let (line, column) = place(line, column)?;
            self.starts.get(line)?.checked_add(column).filter(|offset| *offset < NO_POSITION)
        };
        let start = offset(position.lineno, position.col_offset);
        let end = offset(position.end_lineno, position.end_col_offset);
        match (start, end) {
            (Some(start), Some(end)) => TextRange::new(TextSize::new(start), TextSize::new(end.max(start))),
            (Some(start), None) => TextRange::empty(TextSize::new(start)),
            _ => TextRange::empty(TextSize::new(NO_POSITION)),
        }
    }

    /// Where lines start.
    pub fn into_starts(self) -> Vec<u32> {
        self.starts
    }
}

/// Line and column, both counted from 0.
fn place(line: i64, column: i64) -> Option<(usize, u32)> {
    if !(0..=MAX_LINE).contains(&line) {
        return None;
    }
    Some((usize::try_from(line.max(1) - 1).ok()?, u32::try_from(column.max(0)).ok()?))
}
