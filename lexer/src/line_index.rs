//! From byte offsets to lines and columns and back.

use crate::error::Columns;

/// A line, from 1, and a column, from 0, in the unit that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 0.
    pub column: u32,
}

/// Where the lines of a text begin.
///
/// A line ends with `\n`, as everywhere in this crate. Python's own unit for columns (`col_offset` of the AST, the
/// positions in code objects) is bytes of UTF-8; messages and `tokenize` count code points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    length: u32,
    is_ascii: bool,
}

impl LineIndex {
    /// The index of a text of less than 4 GiB.
    pub fn new(text: &str) -> Self {
        LineIndex { starts: line_starts(text), length: text.len() as u32, is_ascii: text.is_ascii() }
    }

    /// How many lines there are. A text that ends in a line end has an empty one after it.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The number, from 1, of the line that holds an offset; of the last for one beyond the end.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset) as u32
    }

    /// The offset at which a line, from 1, begins; none if there is no such line.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }

    /// The text of a line, from 1, with its line end.
    pub fn line_text<'a>(&self, text: &'a str, line: u32) -> Option<&'a str> {
        let start = self.line_start(line)?;
        let end = self.line_start(line + 1).unwrap_or(self.length);
        text.get(start as usize..end as usize)
    }

    /// Line and column of an offset, the column in bytes.
    pub fn position(&self, offset: u32) -> LineColumn {
        let line = self.line(offset);
        LineColumn { line, column: offset - self.starts[line as usize - 1] }
    }

    /// Line and column of an offset, the column in the given unit.
    pub fn position_in(&self, text: &str, offset: u32, columns: Columns) -> LineColumn {
        let LineColumn { line, column } = self.position(offset);
        if self.is_ascii || columns == Columns::Bytes {
            return LineColumn { line, column };
        }
        let start = (offset - column) as usize;
        let before = text.as_bytes().get(start..offset as usize).unwrap_or_default();
        LineColumn { line, column: columns.count(before) as u32 }
    }

    /// The offset of a position whose column is in bytes. None if there is no such line, or it is shorter.
    pub fn offset(&self, position: LineColumn) -> Option<u32> {
        let offset = self.line_start(position.line)?.checked_add(position.column)?;
        let end = self.line_start(position.line + 1).map_or(self.length, |next| next - 1);
        (offset <= end).then_some(offset)
    }

    /// The offset of a position whose column is in the given unit.
    pub fn offset_in(&self, text: &str, position: LineColumn, columns: Columns) -> Option<u32> {
        if self.is_ascii || columns == Columns::Bytes {
            return self.offset(position);
        }
        let line = self.line_text(text, position.line)?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
        let in_line = ends.into_iter().nth(position.column as usize)?;
        Some(self.line_start(position.line)? + in_line as u32)
    }
}

/// The offsets at which the lines of a text of less than 4 GiB begin: one more than there are line ends.
pub fn line_starts(text: &str) -> Vec<u32> {
    let mut starts = first_line_start(text);
    add_line_starts(&mut starts, text.as_bytes());
    starts
}

/// The start of the first line, with room for those of the others.
pub(crate) fn first_line_start(text: &str) -> Vec<u32> {
    let mut starts = Vec::with_capacity(text.len() / 32 + 1);
    starts.push(0);
    starts
}

/// Adds the starts of the lines of a text from the last one that is known on, up to where the bytes end.
pub(crate) fn add_line_starts(starts: &mut Vec<u32>, bytes: &[u8]) {
    let known = starts.last().map_or(0, |start| *start as usize);
    starts.extend(memchr::memchr_iter(b'\n', &bytes[known..]).map(|newline| (known + newline) as u32 + 1));
}
