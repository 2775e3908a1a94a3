//! Line numbers of instructions that code generation gave none (PEP 626).

use super::graph::{BlockId, Graph, Instr};
use crate::position::Position;
use pvm_pycfile::Opcode;
use std::hint::select_unpredictable;

/// Gives instructions without a line that of what runs before them, where that is unambiguous.
pub(super) fn resolve(graph: &mut Graph, firstlineno: i32) {
    if graph.lineless.is_empty() {
        return;
    }
    if !graph.is_one_block() && !graph.lineless_exits.is_empty() {
        duplicate_exits(graph);
        number_next_exits(graph);
    }
    // Mostly that is all.
    if !fill_known(graph) {
        propagate(graph);
        number_exits(graph, firstlineno);
    }
}

/// Fills the blocks that know their first line, so that nothing depends on what comes before them, and returns whether those
/// were all that lacked lines.
#[inline(never)]
fn fill_known(graph: &mut Graph) -> bool {
    let mut all = true;
    graph.for_each_of(
        |graph| &graph.lineless,
        |graph, id| {
            let Some(first) = graph.instrs(id).first() else { return };
            let lacks_lines = graph.block(id).lacks_lines;
            all &= !lacks_lines | first.has_line();
            if lacks_lines & first.has_line() {
                fill(graph, id);
            }
        },
    );
    all
}

/// Copies locations onwards within a block.
fn fill(graph: &mut Graph, id: BlockId) {
    let mut location = Position::NONE;
    for instr in graph.instrs_mut(id) {
        // Which of them have a line cannot be predicted.
        location = select_unpredictable(instr.has_line(), instr.location, location);
        instr.location = location;
    }
    let starts_without = !graph.instrs(id).first().is_some_and(Instr::has_line);
    graph.block_mut(id).lacks_lines = starts_without;
}

/// Copies exits without a line for each jump to them, so that each has one predecessor to take its line from.
#[inline(never)]
fn duplicate_exits(graph: &mut Graph) {
    let is_shared = |graph: &Graph, id: BlockId| {
        let block = graph.block(id);
        (block.lacks_lines & (block.predecessors > 1)) && is_exit_without_line(graph, id)
    };
    if !graph.lineless_exits.iter().any(|id| is_shared(graph, id)) {
        return;
    }
    graph.for_each_block(|graph, id| {
        let Some(last) = graph.last(id).filter(|last| last.is_jump()) else { return };
        let (location, Some(target)) = (last.location, last.target) else { return };
        if !is_shared(graph, target) {
            return;
        }
        let copy = graph.new_block();
        graph.append_copy(copy, target);
        graph.locate_first(copy, location);
        if let Some(last) = graph.last_mut(id) {
            last.target = Some(copy);
        }
        graph.block_mut(target).predecessors -= 1;
        let after = graph.block(target).next;
        let block = graph.block_mut(copy);
        block.predecessors = 1;
        block.next = after;
        graph.block_mut(target).next = Some(copy);
    });
}

/// What exits without a line are left are reached by running into them, so from one block.
#[inline(never)]
fn number_next_exits(graph: &mut Graph) {
    graph.for_each_block(|graph, id| {
        let Some(next) = graph.block(id).next else { return };
        if graph.lineless_exits.has(next)
            && graph.block(next).lacks_lines
            && is_exit_without_line(graph, next)
            && let Some(last) = graph.last(id)
            && !last.ends_block()
        {
            graph.locate_first(next, last.location);
        }
    });
}

impl Graph {
    /// Gives the first instruction of a block a location.
    fn locate_first(&mut self, id: BlockId, location: Position) {
        let instrs = self.instrs_mut(id);
        if let Some(first) = instrs.first_mut() {
            first.location = location;
        }
        if instrs.len() == 1 {
            self.block_mut(id).lacks_lines = location.lineno() < 0;
        }
    }
}

fn is_exit_without_line(graph: &Graph, id: BlockId) -> bool {
    graph.last(id).is_some_and(|last| last.is_scope_exit() && !last.has_line())
        && !graph.instrs(id).iter().any(|instr| instr.has_line())
}

/// Copies locations onwards within blocks, and into blocks with one predecessor.
#[inline(never)]
fn propagate(graph: &mut Graph) {
    graph.for_each_block(|graph, id| {
        if graph.block(id).lacks_lines {
            fill(graph, id);
        }
        let Some(last) = graph.last(id) else { return };
        let location = if last.has_line() { last.location } else { Position::NONE };
        let jump = last.target.filter(|_| last.is_jump());
        for successor in graph.fallthrough(id).into_iter().chain(jump) {
            let block = graph.block(successor);
            if block.lacks_lines
                && block.predecessors == 1
                && let Some(first) = graph.instrs_mut(successor).first_mut()
                && !first.has_line()
            {
                first.location = location;
            }
        }
    });
}

/// Gives each `RETURN_VALUE` that still has no line that of the code before it.
#[inline(never)]
fn number_exits(graph: &mut Graph, firstlineno: i32) {
    let mut line = firstlineno;
    graph.for_each_block(|graph, id| {
        let Some(last) = graph.last(id) else { return };
        if last.has_line() {
            line = last.location.lineno();
        } else if last.opcode == Opcode::ReturnValue {
            for instr in graph.instrs_mut(id) {
                instr.location = instr.location.with_lineno(line);
            }
        }
    });
}
