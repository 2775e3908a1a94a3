//! Passes that remove instructions and blocks.

use super::blockset::push_if;
use super::consts;
use super::graph::{BlockId, Graph, Instr, kind};
use pvm_pycfile::Opcode;

/// Unlinks blocks without instructions; jumps to them go to what follows them. All blocks are in the order of their making
/// still.
#[inline(never)]
pub(super) fn eliminate_empty_blocks(graph: &mut Graph) {
    let mut has_jumps = false;
    graph.for_each_of(
        |graph| &graph.emptied,
        |graph, id| {
            let mut next = graph.block(id).next;
            while let Some(empty) = next.filter(|next| graph.is_empty(*next)) {
                next = graph.block(empty).next;
            }
            let block = graph.block_mut(id);
            block.successor = next;
            has_jumps |= block.label.is_some() & (block.predecessors > 0);
            if id == graph.entry {
                graph.entry = next.unwrap_or(id);
            } else if let Some(previous) = id.previous() {
                graph.block_mut(previous).next = next;
            }
        },
    );
    if !has_jumps {
        return;
    }
    graph.for_each_block(|graph, id| {
        for index in graph.block(id).leading_away() {
            let Some(target) = graph.code[index].target else { continue };
            if let Some(successor) = graph.block(target).successor.filter(|successor| *successor != target) {
                let label = graph.label(successor);
                let instr = &mut graph.code[index];
                if instr.is_jump() || instr.is_block_push() {
                    instr.target = Some(successor);
                    instr.oparg = label;
                }
            }
        }
    });
}

/// Where a block ends in a jump to a few instructions that leave the function, appends those in place of the jump.
#[inline(never)]
pub(super) fn inline_small_exits(graph: &mut Graph) {
    graph.for_each_jumping(|graph, id| inline_exit(graph, id, <[Instr]>::len));
}

/// The same, when the instructions are still those that code generation made, but for what it and `Graph::fill` have done
/// of the work of `peephole` already.
#[inline(never)]
pub(super) fn inline_small_generated_exits(graph: &mut Graph) {
    let generated = |instr: &Instr| match instr.opcode {
        Opcode::ReturnConst => 2,
        Opcode::LoadGlobal => 1 + (instr.oparg & 1) as usize,
        _ => 1,
    };
    graph.for_each_jumping(|graph, id| {
        inline_exit(graph, id, |exit| exit.iter().map(generated).sum());
    });
}

/// Does that for one block. The function tells how many instructions count, of those of the exit.
#[inline]
fn inline_exit(graph: &mut Graph, id: BlockId, count: impl Fn(&[Instr]) -> usize) {
    const MAX_COPIED: usize = 4;
    let Some(last) = graph.last(id) else { return };
    if !last.is_unconditional_jump() {
        return;
    }
    let Some(target) = last.target else { return };
    let exit = graph.instrs(target);
    let exits = exit.last().is_some_and(|last| last.is_scope_exit());
    if exits && exit.len() <= MAX_COPIED && count(exit) <= MAX_COPIED {
        if let Some(last) = graph.last_mut(id) {
            last.make_nop();
        }
        graph.note_nops(id, true);
        graph.append_copy(id, target);
    }
}

/// Removes the `NOP`s of all blocks that no line needs. All blocks are in the order of their making still.
#[inline(never)]
pub(super) fn remove_nops(graph: &mut Graph) {
    graph.for_each_of(|graph| &graph.untidy, remove_nops_of_block);
}

/// A `NOP` stays when it is all that its line consists of, since tracing has to stop there.
#[inline]
pub(super) fn remove_nops_of_block(graph: &mut Graph, id: BlockId) {
    if graph.block(id).has_nops {
        remove_nops_found(graph, id);
    }
}

#[inline(never)] // few blocks have any
fn remove_nops_found(graph: &mut Graph, id: BlockId) {
    let len = graph.len(id);
    let Some(first_nop) = graph.instrs(id).iter().position(|instr| instr.opcode == Opcode::Nop) else {
        graph.block_mut(id).has_nops = false;
        return;
    };
    let line_after_block = line_after(graph, id);
    let instrs = graph.instrs_mut(id);
    let mut kept = first_nop;
    let mut left = false;
    let mut previous_line = if first_nop > 0 { instrs[first_nop - 1].location.lineno() } else { -1 };
    for index in first_nop..len {
        let line = instrs[index].location.lineno();
        if instrs[index].opcode == Opcode::Nop {
            if line < 0 || line == previous_line {
                continue;
            }
            match instrs.get(index + 1).map(|next| next.location.lineno()) {
                Some(next_line) if next_line == line => continue,
                Some(next_line) if next_line < 0 => {
                    instrs[index + 1].location = instrs[index].location;
                    continue;
                }
                None if line_after_block == Some(line) => continue,
                _ => {}
            }
            left = true;
        }
        instrs[kept] = instrs[index];
        kept += 1;
        previous_line = line;
    }
    graph.truncate(id, kept);
    graph.block_mut(id).has_nops = left;
}

/// The line of the first instruction in the next block that has any, but for `NOP`s without a line.
fn line_after(graph: &Graph, id: BlockId) -> Option<i32> {
    let mut next = graph.block(id).next;
    while let Some(id) = next.filter(|&id| graph.is_empty(id)) {
        next = graph.block(id).next;
    }
    let first = graph.instrs(next?).iter().find(|instr| instr.opcode != Opcode::Nop || instr.has_line())?;
    Some(first.location.lineno())
}

/// Removes values that are pushed and popped at once, and idle `NOP`s.
#[inline(never)]
pub(super) fn remove_nops_and_pairs(graph: &mut Graph) {
    if !graph.has(kind::POP) {
        return remove_nops(graph);
    }
    loop {
        let mut changed = false;
        graph.for_each_of(
            |graph| &graph.untidy,
            |graph, id| {
                remove_nops_of_block(graph, id);
                let range = graph.range(id);
                for index in range.clone() {
                    if graph.code[index].opcode != Opcode::PopTop {
                        continue;
                    }
                    let at = if index > range.start { Some((index - 1, id)) } else { before(graph, id) };
                    let Some((at, block)) = at else { continue };
                    let pushing = &mut graph.code[at];
                    if pushing.opcode == Opcode::LoadConst
                        || (pushing.opcode == Opcode::Copy && pushing.oparg == 1)
                    {
                        let dropped = if pushing.has_const() { consts::bit(pushing.oparg) } else { 0 };
                        pushing.make_nop();
                        graph.code[index].make_nop();
                        graph.note_nops(block, true);
                        graph.note_nops(id, true);
                        graph.dropped_consts |= dropped;
                        changed = true;
                    }
                }
            },
        );
        if !changed {
            return;
        }
    }
}

/// The instruction before a block and its block, if control runs from there into the block and nothing jumps to that. All
/// blocks are in the order of their making still.
fn before(graph: &Graph, mut id: BlockId) -> Option<(usize, BlockId)> {
    while graph.block(id).label.is_none() {
        id = id.previous()?;
        if let Some(last) = graph.range(id).last() {
            return Some((last, id)).filter(|_| !graph.code[last].is(kind::JUMP | kind::EXIT));
        }
    }
    None
}

/// Counts the predecessors of each block, and empties those that have none.
#[inline(never)]
pub(super) fn remove_unreachable(graph: &mut Graph) {
    let mark = graph.new_mark();
    let entry = graph.entry;
    let mut todo = std::mem::take(&mut graph.todo);
    todo.push(entry);
    let Graph { blocks, code, .. } = graph;
    // How many lead to the entry is of no consequence, so it stands for no block.
    blocks[entry.index()].predecessors = 1;
    while let Some(id) = todo.pop() {
        let block = &mut blocks[id.index()];
        // Marked here and not when it is found, as CPython does: a block that is found twice before its turn
        // counts twice for what it leads to.
        block.mark = mark;
        let [next, jump] = block.successors(code, entry);
        let openings = if block.has_setups { block.range() } else { 0..0 };
        let mut reach = |target: BlockId| {
            let block = &mut blocks[target.index()];
            block.predecessors += 1;
            push_if(block.mark != mark, &mut todo, target);
        };
        reach(next);
        for instr in &code[openings] {
            if let Some(handler) = instr.target.filter(|_| instr.is_block_push()) {
                reach(handler);
            }
        }
        reach(jump);
    }
    graph.todo = todo;
    graph.for_each_block(|graph, id| {
        if graph.block(id).predecessors == 0 && !graph.is_empty(id) {
            for instr in &graph.code[graph.range(id)] {
                if instr.has_const() {
                    graph.dropped_consts |= consts::bit(instr.oparg);
                }
            }
            graph.truncate(id, 0);
        }
    });
}

/// Removes jumps to what follows anyway.
#[inline(never)]
pub(super) fn remove_redundant_jumps(graph: &mut Graph) {
    graph.for_each_jumping(|graph, id| {
        let next = graph.block(id).next;
        if let Some(last) = graph.last_mut(id)
            && last.is_unconditional_jump()
            && last.target.is_some()
            && last.target == next
        {
            last.make_nop();
            graph.block_mut(id).has_nops = true;
        }
    });
}
