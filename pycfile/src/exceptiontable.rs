//! The exception table: from a range of instructions to the handler of what they raise.
//!
//! Four numbers an entry: start, length and target in code units, then depth of the value stack at the handler
//! times two, plus one if the handler wants the offset of the raising instruction pushed. A number is written
//! in groups of six bits, most significant first; bit 6 says that more groups follow, bit 7 marks the first
//! byte of an entry.
//!
//! Source: CPython 3.12 `Objects/exception_handling_notes.txt`.

use crate::code::CodeObject;

/// A range of code units and its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First code unit covered.
    pub start_units: u32,
    /// One past the last code unit covered.
    pub end_units: u32,
    /// First code unit of the handler.
    pub target_units: u32,
    /// To which depth the value stack is cut before the exception is pushed.
    pub depth_slots: u32,
    /// Whether the offset of the raising instruction is pushed before the exception.
    pub push_lasti: bool,
}

/// Decodes an exception table entry by entry; a truncated last entry is left out.
pub fn handlers(table: &[u8]) -> impl Iterator<Item = Handler> + '_ {
    let mut rest = table.iter();
    let mut number = move || {
        let mut byte = *rest.next()?;
        let mut value = u32::from(byte & 0x3F);
        while byte & 0x40 != 0 {
            byte = *rest.next()?;
            value = value << 6 | u32::from(byte & 0x3F);
        }
        Some(value)
    };
    std::iter::from_fn(move || {
        let (start_units, length_units) = (number()?, number()?);
        let target_units = number()?;
        let depth_and_lasti = number()?;
        Some(Handler {
            start_units,
            end_units: start_units.saturating_add(length_units),
            target_units,
            depth_slots: depth_and_lasti >> 1,
            push_lasti: depth_and_lasti & 1 == 1,
        })
    })
}

impl CodeObject {
    /// The entries of the exception table.
    pub fn handlers(&self) -> impl Iterator<Item = Handler> + '_ {
        handlers(&self.exceptiontable)
    }
}
