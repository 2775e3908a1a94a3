//! Which handler an instruction's exception goes to.
//!
//! Code generation brackets protected code with `SETUP_*` and `POP_BLOCK` pseudo-instructions. Following the
//! flow from the entry with a stack of the open brackets gives each instruction its handler.

use super::graph::{BlockId, Graph, kind};
use crate::error::{CompileError, ErrorKind};
use pvm_pycfile::Opcode;

/// Stacks of open brackets. They share their tails, so that handing a stack to another block costs nothing.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    /// The handler, the stack below it, the height.
    nodes: Vec<(BlockId, Option<usize>, u32)>,
    /// The blocks that are to be visited, each with the stack at its start.
    todo: Vec<(BlockId, Option<usize>)>,
}

impl Stacks {
    fn push(&mut self, below: Option<usize>, handler: BlockId) -> Option<usize> {
        self.nodes.push((handler, below, self.height(below) + 1));
        Some(self.nodes.len() - 1)
    }

    fn handler(&self, stack: Option<usize>) -> Option<BlockId> {
        stack.map(|node| self.nodes[node].0)
    }

    fn height(&self, stack: Option<usize>) -> u32 {
        stack.map_or(0, |node| self.nodes[node].2)
    }
}

/// Sets `handler` of all reachable instructions, and the handler depth that `YIELD_VALUE` wants as its oparg.
#[inline(never)]
pub(super) fn assign_handlers(graph: &mut Graph) -> Result<(), CompileError> {
    let mut stacks = std::mem::take(&mut graph.stacks);
    stacks.nodes.clear();
    stacks.todo.clear();
    let mark = graph.new_mark();
    graph.block_mut(graph.entry).mark = mark;
    stacks.todo.push((graph.entry, None));
    let reach = |graph: &mut Graph, stacks: &mut Stacks, id: BlockId, stack: Option<usize>| {
        let block = graph.block_mut(id);
        if block.mark != mark {
            block.mark = mark;
            stacks.todo.push((id, stack));
        }
    };
    while let Some((id, mut stack)) = stacks.todo.pop() {
        let mut handler = stacks.handler(stack);
        let block = graph.block(id);
        let mut range = block.range();
        if !block.has_brackets {
            // Only the last instruction is of interest, and none has a handler yet.
            if handler.is_some() {
                graph.instrs_mut(id).iter_mut().for_each(|instr| instr.handler = handler);
            }
            range.start = range.end.saturating_sub(1).max(range.start);
        }
        for index in range {
            let instr = &mut graph.code[index];
            if !instr.is(kind::PUSH | kind::BRACKET | kind::JUMP) {
                instr.handler = handler;
                continue;
            }
            let (opcode, target) = (instr.opcode, instr.target);
            if instr.is_block_push() {
                let Some(target) = target else { continue };
                reach(graph, &mut stacks, target, stack);
                stack = stacks.push(stack, target);
                handler = Some(target);
                let block = graph.block_mut(target);
                block.is_handler = true;
                block.preserve_lasti |= opcode != Opcode::SetupFinally;
            } else if opcode == Opcode::PopBlock {
                let Some(node) = stack else {
                    let message = "POP_BLOCK without a block";
                    return Err(CompileError::without_location(ErrorKind::System, message));
                };
                stack = stacks.nodes[node].1;
                handler = stacks.handler(stack);
            } else {
                instr.handler = handler;
                if opcode == Opcode::YieldValue {
                    instr.oparg = stacks.height(stack);
                } else if let Some(target) = target.filter(|_| instr.is_jump()) {
                    reach(graph, &mut stacks, target, stack);
                }
            }
        }
        if let Some(next) = graph.fallthrough(id) {
            reach(graph, &mut stacks, next, stack);
        }
    }
    graph.stacks = stacks;
    Ok(())
}
