//! Which loads of locals must check that the local is bound.
//!
//! The first 64 locals are followed through the whole graph, as bits of one mask a block. Others are followed
//! within each block only, so that the time does not grow with the square of the number of locals.

use super::graph::{Block, BlockId, Graph, Instr, kind};
use pvm_pycfile::Opcode;

const TRACKED: usize = 64;

/// Turns `LOAD_FAST` into `LOAD_FAST_CHECK` where the local may be unbound.
#[inline(never)]
pub(super) fn check_loads(graph: &mut Graph, nlocals: usize, nparams: usize) {
    if nlocals == 0 {
        return;
    }
    if nlocals > TRACKED {
        check_within_blocks(graph, nlocals);
    }
    // The first source of unbound locals: those that are not parameters, at entry.
    let unbound = (nparams..nlocals.min(TRACKED)).fold(0, |mask, local| mask | 1 << local);
    if unbound == 0 && !graph.has(kind::UNBINDS) {
        return;
    }
    let todo = Todo { blocks: std::mem::take(&mut graph.todo), mark: graph.new_mark() };
    if graph.has_handlers || graph.has(kind::UNBINDS) {
        check_tracked::<false>(graph, unbound, todo);
    } else {
        check_tracked::<true>(graph, unbound, todo);
    }
}

/// Does that for the first locals. Code is simple if it never unbinds a local and has no handlers.
fn check_tracked<const IS_SIMPLE: bool>(graph: &mut Graph, unbound: u64, mut todo: Todo) {
    todo.reach(&mut graph.blocks, graph.entry, unbound);
    // The second one: `DELETE_FAST` anywhere, so each block is looked at at least once.
    graph.for_each_block(|graph, id| scan::<IS_SIMPLE>(graph, id, &mut todo));
    while let Some(id) = todo.blocks.pop() {
        if graph.block(id).mark == todo.mark {
            scan::<IS_SIMPLE>(graph, id, &mut todo);
        }
    }
    graph.todo = todo.blocks;
}

/// The blocks that are to be scanned. They have the mark; others may have been scanned since.
struct Todo {
    blocks: Vec<BlockId>,
    mark: u32,
}

impl Todo {
    /// Notes that a block can be entered with these locals unbound, and has it scanned if that is news.
    fn reach(&mut self, blocks: &mut [Block], id: BlockId, unbound: u64) {
        let block = &mut blocks[id.index()];
        let both = block.unsafe_locals | unbound;
        if both != block.unsafe_locals {
            block.unsafe_locals = both;
            if block.mark != self.mark {
                block.mark = self.mark;
                self.blocks.push(id);
            }
        }
    }
}

/// Follows the unbound locals through a block.
#[inline(never)]
fn scan<const IS_SIMPLE: bool>(graph: &mut Graph, id: BlockId, todo: &mut Todo) {
    let unbinds = !IS_SIMPLE && graph.has(kind::UNBINDS);
    let Graph { blocks, code, .. } = graph;
    let block = &mut blocks[id.index()];
    block.mark = 0;
    let (mut unbound, next) = (block.unsafe_locals, block.next);
    // Where nothing is unbound, nothing needs a check.
    if unbound == 0 && !unbinds {
        return;
    }
    let instrs = &mut code[block.range()];
    // A handler, and what may be unbound at any of the instructions in a row that have it.
    let (mut handler, mut seen) = (None, 0);
    for instr in &mut *instrs {
        if !IS_SIMPLE {
            if !BlockId::is_same(instr.handler, handler) {
                if let Some(handler) = handler {
                    todo.reach(blocks, handler, seen);
                }
                (handler, seen) = (instr.handler, 0);
            }
            seen |= unbound;
        }
        unbound = follow::<IS_SIMPLE>(instr, unbound);
    }
    if let Some(handler) = handler {
        todo.reach(blocks, handler, seen);
    }
    // A local that is not unbound anywhere is no news to anyone.
    if unbound == 0 {
        return;
    }
    let last = instrs.last();
    if let Some(next) = next.filter(|_| last.is_none_or(|last| !last.ends_block())) {
        todo.reach(blocks, next, unbound);
    }
    if let Some(target) = last.filter(|last| last.is_jump()).and_then(|last| last.target) {
        todo.reach(blocks, target, unbound);
    }
}

/// The locals that may be unbound after an instruction, given those before it. Which instructions have to do with locals cannot
/// be predicted, so that is no branch.
#[inline]
fn follow<const IS_SIMPLE: bool>(instr: &mut Instr, unbound: u64) -> u64 {
    let is_tracked = instr.is(kind::LOCAL) & ((instr.oparg as usize) < TRACKED);
    let bit = u64::from(is_tracked) << (instr.oparg % u64::BITS);
    instr.opcode = CHECKED[instr.opcode as usize % CHECKED.len()][usize::from(unbound & bit != 0)];
    let unbinds = !IS_SIMPLE & instr.is(kind::UNBINDS);
    unbound & !bit | (bit * u64::from(unbinds))
}

/// By opcode: what it becomes where its local is bound, and where it may be unbound.
static CHECKED: [[Opcode; 2]; 512] = {
    let mut checked = [[Opcode::Nop; 2]; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        let unbound = if matches!(opcode, Opcode::LoadFast) { Opcode::LoadFastCheck } else { opcode };
        checked[opcode as usize] = [opcode, unbound];
        index += 1;
    }
    checked
};

/// For locals from the 65th on: bound is what the block itself has loaded or stored.
fn check_within_blocks(graph: &mut Graph, nlocals: usize) {
    // The number of the block in which the local was last known to be bound.
    let mut bound_in = vec![0_u32; nlocals - TRACKED];
    let mut number = 0;
    graph.for_each_block(|graph, id| {
        number += 1;
        for instr in graph.instrs_mut(id) {
            let Some(local) = (instr.oparg as usize).checked_sub(TRACKED) else { continue };
            match instr.opcode {
                Opcode::DeleteFast | Opcode::LoadFastAndClear | Opcode::StoreFastMaybeNull => {
                    bound_in[local] = number - 1;
                }
                Opcode::StoreFast => bound_in[local] = number,
                Opcode::LoadFast => {
                    if bound_in[local] != number {
                        instr.opcode = Opcode::LoadFastCheck;
                    }
                    bound_in[local] = number;
                }
                _ => {}
            }
        }
    });
}
