//! The order of the blocks, and the direction of the jumps.

use super::blockset::push_if;
use super::cleanup;
use super::graph::{BlockId, Graph, Instr};
use crate::position::Position;
use pvm_pycfile::Opcode;

/// Moves blocks that only run after an exception behind all others.
#[inline(never)]
pub(super) fn push_cold_blocks_to_end(graph: &mut Graph) {
    if !graph.has_handlers || graph.block(graph.entry).next.is_none() {
        return;
    }
    mark_warm(graph);
    mark_cold(graph);
    // The last block of each kind so far, and the first cold one. The first block, which is the entry, is warm.
    let mut last_warm = graph.entry;
    let (mut first_cold, mut last_cold) = (None, None);
    graph.for_each_block(|graph, id| {
        if !graph.block(id).cold {
            if id != last_warm {
                graph.block_mut(last_warm).next = Some(id);
            }
            last_warm = id;
            return;
        }
        jump_to_warm(graph, id);
        match last_cold {
            Some(last) => graph.block_mut(last).next = Some(id),
            None => first_cold = Some(id),
        }
        last_cold = Some(id);
    });
    let Some(last_cold) = last_cold else { return };
    graph.block_mut(last_warm).next = first_cold;
    graph.block_mut(last_cold).next = None;
    cleanup::remove_redundant_jumps(graph);
}

/// Where a cold block runs into a warm one, it needs a jump once it has moved.
fn jump_to_warm(graph: &mut Graph, id: BlockId) {
    let Some(next) = graph.fallthrough(id).filter(|next| graph.block(*next).warm) else { return };
    let label = graph.label(next);
    let jump = graph.new_block();
    let mut instr = Instr::new(Opcode::Jump, label, Position::NONE);
    instr.target = Some(next);
    graph.push(jump, instr);
    graph.block_mut(jump).cold = true;
    graph.block_mut(jump).next = Some(next);
    graph.block_mut(id).next = Some(jump);
    graph.jumping.insert(jump);
}

/// Marks what the entry leads to without raising.
fn mark_warm(graph: &mut Graph) {
    let Graph { blocks, code, entry, todo, .. } = graph;
    blocks[entry.index()].warm = true;
    todo.push(*entry);
    while let Some(id) = todo.pop() {
        for successor in blocks[id.index()].successors(code, *entry) {
            let block = &mut blocks[successor.index()];
            push_if(!block.warm, todo, successor);
            block.warm = true;
        }
    }
}

/// Marks what handlers lead to and is not warm.
fn mark_cold(graph: &mut Graph) {
    let mut todo = std::mem::take(&mut graph.todo);
    todo.extend(graph.order().filter(|&id| graph.block(id).is_handler && !graph.block(id).warm));
    let Graph { blocks, code, entry, .. } = graph;
    for id in &todo {
        blocks[id.index()].cold = true;
    }
    while let Some(id) = todo.pop() {
        for successor in blocks[id.index()].successors(code, *entry) {
            let block = &mut blocks[successor.index()];
            push_if(!block.warm & !block.cold, &mut todo, successor);
            block.cold = !block.warm;
        }
    }
    graph.todo = todo;
}

impl Graph {
    /// Removes the `NOP`s that were left, gives jumps their direction, and places the blocks as if distances were what jumps
    /// have for opargs. Returns the blocks that end in a jump, and the size of all in code units. [`Self::measure_stack`] comes first.
    #[inline(never)]
    pub(crate) fn place_blocks(&mut self) -> (Vec<BlockId>, u32) {
        let mark = self.new_mark();
        let mut jumps = std::mem::take(&mut self.todo);
        let mut total = 0;
        self.for_each_block(|graph, id| {
            // A `NOP` that was left for its line may be idle now that others have got the line.
            cleanup::remove_nops_of_block(graph, id);
            graph.block_mut(id).mark = mark;
            // A jump has as many caches in either direction.
            let caches = graph.block(id).size as usize;
            if graph.last(id).is_some_and(Instr::is_jump) {
                normalize_jump(graph, id, mark);
                jumps.push(id);
            }
            let instrs = graph.instrs(id);
            // Few opargs need a prefix.
            let size = if graph.block(id).has_prefixes {
                instrs.iter().map(Instr::size).sum()
            } else {
                (instrs.len() + caches) as u32
            };
            let block = graph.block_mut(id);
            (block.offset, block.size) = (total, size);
            total += size;
        });
        (jumps, total)
    }
}

/// Gives the jump at the end of a block its direction: from `JUMP` to `JUMP_FORWARD` and so on. Since conditional jumps only
/// go forwards, one that goes backwards is inverted to skip an added `JUMP_BACKWARD`. The blocks from the entry on to this
/// one have the mark.
fn normalize_jump(graph: &mut Graph, id: BlockId, mark: u32) {
    let Some(&last) = graph.last(id) else { return };
    let Some(target) = last.target else { return };
    let forward = graph.block(target).mark != mark;
    let opcode = match last.opcode {
        Opcode::Jump | Opcode::JumpNoInterrupt if forward => Opcode::JumpForward,
        Opcode::Jump => Opcode::JumpBackward,
        Opcode::JumpNoInterrupt => Opcode::JumpBackwardNoInterrupt,
        _ if forward => return,
        Opcode::PopJumpIfNotNone => Opcode::PopJumpIfNone,
        Opcode::PopJumpIfNone => Opcode::PopJumpIfNotNone,
        Opcode::PopJumpIfFalse => Opcode::PopJumpIfTrue,
        Opcode::PopJumpIfTrue => Opcode::PopJumpIfFalse,
        _ => return,
    };
    let next = graph.block(id).next;
    let inverts = !last.is_unconditional_jump();
    if let Some(last) = graph.last_mut(id) {
        last.opcode = opcode;
        if inverts {
            last.target = next;
        }
    }
    if inverts {
        let label = graph.label(target);
        let jump = graph.new_block();
        let mut instr = Instr::new(Opcode::Jump, label, last.location);
        instr.target = Some(target);
        graph.push(jump, instr);
        graph.block_mut(jump).has_prefixes = label > 0xff;
        graph.block_mut(jump).cold = graph.block(id).cold;
        graph.block_mut(jump).next = next;
        graph.block_mut(id).next = Some(jump);
    }
}
