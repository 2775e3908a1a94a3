//! Which loads of locals must check that the local is bound.
//!
//! The first 64 locals are followed through the whole graph, as bits of one mask a block. Others are followed
//! within each block only, so that the time does not grow with the square of the number of locals.

use super::graph::{BlockId, Graph, Instr, kind};
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
    graph.clear_visited();
    let mut todo = std::mem::take(&mut graph.todo);
    reach(graph, graph.entry, unbound, &mut todo);
    // The second one: `DELETE_FAST` anywhere, so each block is looked at at least once.
    graph.for_each_block(|graph, id| scan(graph, id, &mut todo));
    while let Some(id) = todo.pop() {
        if graph.block(id).visited {
            scan(graph, id, &mut todo);
        }
    }
    graph.todo = todo;
}

/// Notes that a block can be entered with these locals unbound, and has it scanned if that is news. A block
/// that is to be scanned is marked as visited; one that is in `todo` may have been scanned since.
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
    let unbinds = graph.has(kind::UNBINDS);
    let block = graph.block_mut(id);
    block.visited = false;
    let before = block.unsafe_locals;
    // Where nothing is unbound, nothing needs a check.
    if before == 0 && !unbinds {
        return;
    }
    let unbound = if graph.has_handlers {
        scan_protected(graph, id, before, todo)
    } else {
        graph.instrs_mut(id).iter_mut().fold(before, |unbound, instr| follow(instr, unbound))
    };
    // A local that is not unbound anywhere is no news to anyone.
    if unbound == 0 {
        return;
    }
    if let Some(next) = graph.fallthrough(id) {
        reach(graph, next, unbound, todo);
    }
    if let Some(target) = graph.last(id).filter(|last| last.is_jump()).and_then(|last| last.target) {
        reach(graph, target, unbound, todo);
    }
}

/// Follows the unbound locals through a block, whose instructions may have handlers.
fn scan_protected(graph: &mut Graph, id: BlockId, mut unbound: u64, todo: &mut Vec<BlockId>) -> u64 {
    // What the handler has been told last, to tell it only what is new.
    let mut told = (None, 0);
    let unbinds = graph.has(kind::UNBINDS);
    for index in graph.range(id) {
        let instr = &mut graph.code[index];
        let before = (instr.handler, unbound);
        unbound = follow(instr, unbound);
        if before != told {
            told = before;
            if let (Some(handler), unbound @ 1..) = before {
                reach(graph, handler, unbound, todo);
            }
        }
        if unbound == 0 && !unbinds {
            break;
        }
    }
    unbound
}

/// The locals that may be unbound after an instruction, given those before it. Which instructions have to do with locals cannot
/// be predicted, so that is no branch.
#[inline]
fn follow(instr: &mut Instr, unbound: u64) -> u64 {
    let is_tracked = instr.is(kind::LOCAL) & ((instr.oparg as usize) < TRACKED);
    let bit = u64::from(is_tracked) << (instr.oparg % u64::BITS);
    let needs_check = (instr.opcode == Opcode::LoadFast) & (unbound & bit != 0);
    instr.opcode = [instr.opcode, Opcode::LoadFastCheck][usize::from(needs_check)];
    unbound & !bit | (bit * u64::from(instr.is(kind::UNBINDS)))
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
