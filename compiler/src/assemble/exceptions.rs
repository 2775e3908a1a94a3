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

/// Writes the table.
#[inline(never)]
pub(super) fn table(graph: &Graph, table: &mut Vec<u8>) {
    table.clear();
    if !graph.has_handlers {
        return;
    }
    let describe = |id: BlockId| {
        let block = graph.block(id);
        // What the handler finds on the stack beyond the restored depth: the exception, maybe the index.
        let pushed = 1 + u32::from(block.preserve_lasti);
        let depth = block.start_depth.unwrap_or(0).saturating_sub(pushed);
        Handler { offset: block.offset, depth_and_lasti: depth << 1 | u32::from(block.preserve_lasti) }
    };
    let mut current_id = None;
    let mut current: Option<Handler> = None;
    let (mut start, mut offset) = (0, 0);
    for id in graph.order() {
        for instr in graph.instrs(id) {
            if instr.handler != current_id {
                current_id = instr.handler;
                let handler = current_id.map(describe);
                if handler.map(|handler| handler.offset) != current.map(|handler| handler.offset) {
                    if let Some(handler) = current {
                        write_entry(table, start, offset, handler);
                    }
                    start = offset;
                    current = handler;
                }
            }
            offset += instr.size();
        }
    }
    if let Some(handler) = current {
        write_entry(table, start, offset, handler);
    }
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
