//! Which loads of locals must check that the local is bound.
//!
//! The first 64 locals are followed through the whole graph, as bits of one mask a block. Others are followed
//! within each block only, so that the time does not grow with the square of the number of locals.

use super::graph::{BlockId, Graph};
use pvm_pycfile::Opcode;

const TRACKED: usize = 64;

/// Turns `LOAD_FAST` into `LOAD_FAST_CHECK` where the local may be unbound.
pub(super) fn check_loads(graph: &mut Graph, nlocals: usize, nparams: usize) {
    if nlocals == 0 {
        return;
    }
    if nlocals > TRACKED {
        check_within_blocks(graph, nlocals);
    }
    graph.clear_visited();
    let mut todo = Vec::new();
    // The first source of unbound locals: those that are not parameters, at entry.
    let unbound = (nparams..nlocals.min(TRACKED)).fold(0, |mask, local| mask | 1 << local);
    reach(graph, graph.entry, unbound, &mut todo);
    // The second one: `DELETE_FAST` anywhere, so each block is looked at at least once.
    graph.for_each_block(|graph, id| scan(graph, id, &mut todo));
    while let Some(id) = todo.pop() {
        graph.block_mut(id).visited = false;
        scan(graph, id, &mut todo);
    }
}

/// Notes that a block can be entered with these locals unbound, and has it scanned if that is news. A block
/// that is in `todo` is marked as visited.
fn reach(graph: &mut Graph, id: BlockId, unbound: u64, todo: &mut Vec<BlockId>) {
    let block = graph.block_mut(id);
    let both = block.unsafe_locals | unbound;
    if both != block.unsafe_locals {
        block.unsafe_locals = both;
        if !block.visited {
            block.visited = true;
            todo.push(id);
        }
    }
}

fn scan(graph: &mut Graph, id: BlockId, todo: &mut Vec<BlockId>) {
    let mut unbound = graph.block(id).unsafe_locals;
    // What the handler has been told last, to tell it only what is new.
    let mut told = None;
    for index in graph.range(id) {
        let instr = &mut graph.code[index];
        let handler = instr.handler;
        let before = unbound;
        if (instr.oparg as usize) < TRACKED {
            let bit = 1 << instr.oparg;
            match instr.opcode {
                Opcode::DeleteFast | Opcode::LoadFastAndClear | Opcode::StoreFastMaybeNull => unbound |= bit,
                Opcode::StoreFast | Opcode::LoadFastCheck => unbound &= !bit,
                Opcode::LoadFast => {
                    if unbound & bit != 0 {
                        instr.opcode = Opcode::LoadFastCheck;
                    }
                    unbound &= !bit;
                }
                _ => {}
            }
        }
        if let Some(handler) = handler
            && told != Some((handler, before))
        {
            told = Some((handler, before));
            reach(graph, handler, before, todo);
        }
    }
    if let Some(next) = graph.fallthrough(id) {
        reach(graph, next, unbound, todo);
    }
    if let Some(target) = graph.last(id).filter(|last| last.is_jump()).and_then(|last| last.target) {
        reach(graph, target, unbound, todo);
    }
}

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
