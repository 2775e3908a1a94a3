//! The exception table: which instructions are covered by which handler.
//!
//! An entry is four numbers: start, length and handler in code units; then the stack depth to restore, shifted
//! left by one, with a low bit that asks for the raising instruction's index to be pushed. Numbers are written
//! in groups of six bits, highest first; bit 6 says that more follow, bit 7 marks an entry's first byte.

use crate::flowgraph::{BlockId, Graph};

#[derive(Clone, Copy)]
struct Handler {
    offset: u32,
    depth_and_lasti: u32,
}

/// Writes the table, given where each instruction begins.
pub(super) struct Writer<'a> {
    table: &'a mut Vec<u8>,
    /// The handler of the run of instructions at hand.
    id: Option<BlockId>,
    handler: Option<Handler>,
    /// Where that run began, in code units.
    start: u32,
}

impl<'a> Writer<'a> {
    /// A table, in memory that may hold anything.
    pub fn new(table: &'a mut Vec<u8>) -> Writer<'a> {
        table.clear();
        Writer { table, id: None, handler: None, start: 0 }
    }

    /// An instruction with this handler begins here.
    #[inline]
    pub fn reach(&mut self, graph: &Graph, id: Option<BlockId>, at: usize) {
        if !BlockId::is_same(id, self.id) {
            self.id = id;
            self.change(id.map(|id| describe(graph, id)), at as u32);
        }
    }

    #[inline(never)]
    fn change(&mut self, handler: Option<Handler>, at: u32) {
        if handler.map(|handler| handler.offset) == self.handler.map(|handler| handler.offset) {
            return;
        }
        if let Some(handler) = self.handler {
            write_entry(self.table, self.start, at, handler);
        }
        (self.start, self.handler) = (at, handler);
    }

    /// The table for code that ends here.
    pub fn finish(mut self, end: usize) -> &'a [u8] {
        self.change(None, end as u32);
        self.table
    }
}

fn describe(graph: &Graph, id: BlockId) -> Handler {
    let block = graph.block(id);
    // What the handler finds on the stack beyond the restored depth: the exception, maybe the index.
    let pushed = 1 + u32::from(block.preserve_lasti);
    let depth = block.start_depth.unwrap_or(0).saturating_sub(pushed);
    Handler { offset: block.offset, depth_and_lasti: depth << 1 | u32::from(block.preserve_lasti) }
}

fn write_entry(table: &mut Vec<u8>, start: u32, end: u32, handler: Handler) {
    const ENTRY_START: u8 = 0x80;
    let first = table.len();
    for number in [start, end - start, handler.offset, handler.depth_and_lasti] {
        write_number(table, number);
    }
    table[first] |= ENTRY_START;
}

fn write_number(table: &mut Vec<u8>, number: u32) {
    const MORE: u8 = 0x40;
    for shift in [24, 18, 12, 6] {
        if number >> shift != 0 {
            table.push((number >> shift & 0x3f) as u8 | MORE);
        }
    }
    table.push((number & 0x3f) as u8);
}
