//! Which handler an instruction's exception goes to.
//!
//! Code generation brackets protected code with `SETUP_*` and `POP_BLOCK` pseudo-instructions. Following the
//! flow from the entry with a stack of the open brackets gives each instruction its handler.

use super::graph::{BlockId, Graph, kind};
use crate::error::{CompileError, ErrorKind};
use pvm_pycfile::Opcode;

/// Stacks of open brackets. They share their tails, so that handing a stack to another block costs nothing.
#[derive(Default)]
struct Stacks {
    /// The handler, the stack below it, the height.
    nodes: Vec<(BlockId, Option<usize>, u32)>,
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
    let mut stacks = Stacks::default();
    graph.clear_visited();
    graph.block_mut(graph.entry).visited = true;
    let mut todo = vec![(graph.entry, None)];
    // Blocks are handed on in this order, as the last one pushed is the next one visited.
    let mut found = Vec::new();
    while let Some((id, mut stack)) = todo.pop() {
        let mut handler = stacks.handler(stack);
        for index in graph.range(id) {
            let instr = &mut graph.code[index];
            if !instr.is(kind::PUSH | kind::BRACKET | kind::JUMP) {
                instr.handler = handler;
                continue;
            }
            let (opcode, target) = (instr.opcode, instr.target);
            if instr.is_block_push() {
                let Some(target) = target else { continue };
                found.push((target, stack));
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
                if instr.is_jump() {
                    found.extend(target.map(|target| (target, stack)));
                } else if opcode == Opcode::YieldValue {
                    instr.oparg = stacks.height(stack);
                }
            }
        }
        found.extend(graph.fallthrough(id).map(|next| (next, stack)));
        for (target, stack) in found.drain(..) {
            let block = graph.block_mut(target);
            if !block.visited {
                block.visited = true;
                todo.push((target, stack));
            }
        }
    }
    Ok(())
}
