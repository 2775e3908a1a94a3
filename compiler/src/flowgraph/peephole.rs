//! Replacing short runs of instructions within a block by better ones.
//!
//! What disappears becomes a `NOP` first; `cleanup` removes those.

use super::graph::{BlockId, Graph, Instr, kind};
use super::{consts, swaps};
use crate::consttable::ConstantTable;
use crate::fold::is_true;
use pvm_pycfile::{Constant, Opcode};

/// Optimises each block by itself. All blocks are in the order of their making still.
#[inline(never)]
pub(super) fn optimize(graph: &mut Graph, table: &mut ConstantTable) {
    graph.for_each_of(|graph| &graph.rewritable, |graph, id| optimize_block(graph, id, table));
}

#[allow(clippy::collapsible_match, reason = "a guard would borrow the graph twice")]
fn optimize_block(graph: &mut Graph, id: BlockId, table: &mut ConstantTable) {
    // Threading cannot take more steps than there are blocks unless jumps form a ring.
    let mut threadings_left = graph.block_count() + graph.len(id);
    if !graph.block(id).has_rewrites {
        let Some(last) = graph.last(id) else { return };
        if last.is(kind::JUMP) && last.is(kind::PEEPHOLE) {
            let index = graph.len(id) - 1;
            while threadings_left > 0 && thread_jump(graph, id, index) {
                threadings_left -= 1;
            }
        }
        return;
    }
    // The instruction at hand, but `COPY 1` after `LOAD_CONST` counts as the same `LOAD_CONST` again.
    let (mut opcode, mut oparg) = (Opcode::Nop, 0);
    let (mut has_nops, mut made_jump, mut dropped_consts) = (false, false, 0);
    let len = graph.len(id);
    let sought = if graph.has_null_to_merge { kind::PEEPHOLE } else { kind::REWRITE };
    let mut index = first_to_rewrite(graph.instrs(id), 0, sought);
    while index < len {
        let instrs = graph.instrs_mut(id);
        // Most instructions are none that this knows.
        let instr = instrs[index];
        if !instr.is(kind::PEEPHOLE) {
            index = first_to_rewrite(instrs, index + 1, sought);
            opcode = Opcode::Nop;
            continue;
        }
        if !(opcode == Opcode::LoadConst && instr.opcode == Opcode::Copy && instr.oparg == 1) {
            (opcode, oparg) = (instr.opcode, instr.oparg);
        }
        let next_opcode = instrs.get(index + 1).map(|next| next.opcode);
        match opcode {
            Opcode::Nop => has_nops = true,
            Opcode::LoadConst => match next_opcode {
                Some(Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue) => {
                    has_nops = true;
                    dropped_consts |= consts::bit(oparg);
                    let truth = table.items().get(oparg as usize).is_some_and(is_true);
                    let jumps = truth == (next_opcode == Some(Opcode::PopJumpIfTrue));
                    instrs[index].make_nop();
                    if jumps {
                        instrs[index + 1].opcode = Opcode::Jump;
                        made_jump = true;
                    } else {
                        instrs[index + 1].make_nop();
                    }
                }
                Some(Opcode::IsOp) => {
                    let jump = instrs.get(index + 2).map(|jump| jump.opcode);
                    if matches!(table.items().get(oparg as usize), Some(Constant::None))
                        && matches!(jump, Some(Opcode::PopJumpIfFalse | Opcode::PopJumpIfTrue))
                    {
                        has_nops = true;
                        dropped_consts |= consts::bit(oparg);
                        let inverted = instrs[index + 1].oparg & 0xff != 0;
                        instrs[index].make_nop();
                        instrs[index + 1].make_nop();
                        instrs[index + 2].opcode = if inverted ^ (jump == Some(Opcode::PopJumpIfFalse)) {
                            Opcode::PopJumpIfNotNone
                        } else {
                            Opcode::PopJumpIfNone
                        };
                    }
                }
                Some(Opcode::ReturnValue) => {
                    has_nops = true;
                    instrs[index].make_nop();
                    instrs[index + 1].opcode = Opcode::ReturnConst;
                    instrs[index + 1].oparg = oparg;
                    index += 1;
                }
                _ => {}
            },
            Opcode::BuildTuple => {
                has_nops = true;
                let unpacks = next_opcode == Some(Opcode::UnpackSequence) && instrs[index + 1].oparg == oparg;
                match oparg {
                    1 if unpacks => {
                        instrs[index].make_nop();
                        instrs[index + 1].make_nop();
                    }
                    2 | 3 if unpacks => {
                        instrs[index].make_nop();
                        instrs[index + 1].opcode = Opcode::Swap;
                    }
                    _ => dropped_consts |= fold_tuple(graph, id, index, oparg as usize, table),
                }
            }
            Opcode::PopJumpIfNotNone
            | Opcode::PopJumpIfNone
            | Opcode::PopJumpIfFalse
            | Opcode::PopJumpIfTrue
            | Opcode::Jump => {
                if threadings_left > 0 && thread_jump(graph, id, index) {
                    threadings_left -= 1;
                    continue;
                }
            }
            Opcode::Swap if oparg == 1 => {
                has_nops = true;
                instrs[index].make_nop();
            }
            Opcode::Swap => {
                has_nops = true;
                index = swaps::shorten_run(instrs, index);
                swaps::apply_statically(instrs, index);
            }
            // Only if there is none in it yet: that was another `PUSH_NULL`.
            Opcode::PushNull
                if next_opcode == Some(Opcode::LoadGlobal) && instrs[index + 1].oparg & 1 == 0 =>
            {
                has_nops = true;
                instrs[index].make_nop();
                instrs[index + 1].oparg |= 1;
            }
            _ => {}
        }
        index += 1;
    }
    graph.note_nops(id, has_nops);
    graph.dropped_consts |= dropped_consts;
    if made_jump {
        graph.jumping.insert(id);
    }
}

/// The index of the first instruction from this one on that is of a kind sought, or a constant that the next one has to do
/// with, or the last one. All others need no look, whatever may be known of them.
#[inline(never)]
fn first_to_rewrite(instrs: &[Instr], start: usize, sought: u16) -> usize {
    let mut kinds = instrs.get(start).map_or(0, Instr::kinds);
    for (index, next) in instrs.iter().enumerate().skip(start + 1) {
        let next = next.kinds();
        if kinds & sought | kind::together(kinds, next) & kind::AFTER_CONST != 0 {
            return index - 1;
        }
        kinds = next;
    }
    start.max(instrs.len().saturating_sub(1))
}

/// Makes a jump to a `JUMP` go to where that goes. The line must not change, or tracing would miss one.
fn thread_jump(graph: &mut Graph, id: BlockId, index: usize) -> bool {
    let instr = graph.instrs(id)[index];
    let Some(second) = instr.target.and_then(|target| graph.instrs(target).first()) else { return false };
    let same_line = second.location.lineno() == instr.location.lineno() || second.location.lineno() == -1;
    let target = second.target;
    if second.opcode != Opcode::Jump || !same_line || target == instr.target {
        return false;
    }
    graph.instrs_mut(id)[index].target = target;
    true
}

/// Replaces constants that are loaded only to build a tuple by the tuple; returns the bits of those constants.
fn fold_tuple(graph: &mut Graph, id: BlockId, index: usize, count: usize, table: &mut ConstantTable) -> u64 {
    let Some(start) = index.checked_sub(count) else { return 0 };
    let instrs = graph.instrs_mut(id);
    if instrs[start..index].iter().any(|instr| instr.opcode != Opcode::LoadConst) {
        return 0;
    }
    let items = instrs[start..index].iter().map(|instr| table.items().get(instr.oparg as usize).cloned());
    let Some(items) = items.collect::<Option<Vec<Constant>>>() else { return 0 };
    let tuple = table.insert(Constant::Tuple(items.into()));
    let mut dropped = 0;
    for instr in &mut instrs[start..index] {
        dropped |= consts::bit(instr.oparg);
        instr.make_nop();
    }
    instrs[index].opcode = Opcode::LoadConst;
    instrs[index].oparg = tuple;
    dropped
}
