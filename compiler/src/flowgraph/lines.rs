//! Line numbers of instructions that code generation gave none (PEP 626).

use super::graph::{BlockId, Graph};
use pvm_pycfile::{Location, Opcode};

/// Gives instructions without a line that of what runs before them, where that is unambiguous.
pub(super) fn resolve(graph: &mut Graph, firstlineno: i32) {
    if !graph.order().any(|id| graph.block(id).lacks_lines) {
        return;
    }
    if !graph.is_one_block() {
        duplicate_exits(graph);
    }
    propagate(graph);
    number_exits(graph, firstlineno);
}

/// Copies exits without a line for each jump to them, so that each has one predecessor to take its line from.
#[inline(never)]
fn duplicate_exits(graph: &mut Graph) {
    graph.for_each_block(|graph, id| {
        let Some(last) = graph.last(id).filter(|last| last.is_jump()) else { return };
        let (location, Some(target)) = (last.location, last.target) else { return };
        if graph.block(target).predecessors <= 1 || !is_exit_without_line(graph, target) {
            return;
        }
        let copy = graph.new_block();
        graph.append_copy(copy, target);
        if let Some(first) = graph.instrs_mut(copy).first_mut() {
            first.location = location;
        }
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
    // What is left is reached by running into it, so from one block.
    graph.for_each_block(|graph, id| {
        let Some(location) = graph.last(id).map(|last| last.location) else { return };
        let Some(next) = graph.fallthrough(id) else { return };
        if is_exit_without_line(graph, next)
            && let Some(first) = graph.instrs_mut(next).first_mut()
        {
            first.location = location;
        }
    });
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
            let mut location = Location::NONE;
            for instr in graph.instrs_mut(id) {
                if instr.has_line() {
                    location = instr.location;
                } else {
                    instr.location = location;
                }
            }
        }
        let Some(last) = graph.last(id) else { return };
        let location = if last.has_line() { last.location } else { Location::NONE };
        let jump = last.target.filter(|_| last.is_jump());
        for successor in graph.fallthrough(id).into_iter().chain(jump) {
            if graph.block(successor).predecessors == 1
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
            line = last.location.lineno;
        } else if last.opcode == Opcode::ReturnValue {
            for instr in graph.instrs_mut(id) {
                instr.location.lineno = line;
            }
        }
    });
}
