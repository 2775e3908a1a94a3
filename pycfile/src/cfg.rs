//! The control-flow graph of a code object: its basic blocks and how control passes between them.

use crate::code::CodeObject;
use crate::instruction::{Instruction, instructions};
use crate::opcode::{Opcode, flags};
use std::collections::{BTreeMap, BTreeSet};

/// Why control passes from one block to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// The block's last instruction is followed by the other block.
    Next,
    /// The block's last instruction jumps.
    Jump,
    /// An instruction of the block raises.
    Raise,
}

impl Edge {
    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Edge::Next => "next",
            Edge::Jump => "jump",
            Edge::Raise => "raise",
        }
    }
}

/// Instructions that run one after the other, entered only at the first and left only at the last, or by an
/// exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The offset in bytes of its first instruction.
    pub start_bytes: u32,
    /// The instructions, `EXTENDED_ARG`s included.
    pub instructions: Vec<Instruction>,
    /// Where control goes, as positions in the list of blocks.
    pub successors: Vec<(Edge, usize)>,
}

/// The blocks of a code object, in the order of the code. Jumps that lead nowhere are left out.
pub fn blocks(code: &CodeObject) -> Vec<Block> {
    let list: Vec<Instruction> = instructions(&code.code).collect();
    let handlers: Vec<_> = code.handlers().collect();
    let mut leaders: BTreeSet<u32> = BTreeSet::from([0]);
    for (i, instruction) in list.iter().enumerate() {
        let ends = instruction.opcode.is_some_and(|op| op.flags() & (flags::JUMPS | flags::ENDS_BLOCK) != 0);
        if let (true, Some(next)) = (ends, list.get(i + 1)) {
            leaders.insert(next.offset_bytes);
        }
        leaders.extend(instruction.jump_target_bytes().and_then(|target| u32::try_from(target).ok()));
    }
    for handler in &handlers {
        leaders.extend(
            [handler.start_units, handler.end_units, handler.target_units].map(|unit| unit.saturating_mul(2)),
        );
    }
    let mut blocks: Vec<Block> = Vec::new();
    for instruction in &list {
        if blocks.is_empty() || leaders.contains(&instruction.offset_bytes) {
            let start_bytes = instruction.offset_bytes;
            blocks.push(Block { start_bytes, instructions: Vec::new(), successors: Vec::new() });
        }
        if let Some(block) = blocks.last_mut() {
            block.instructions.push(*instruction);
        }
    }
    let at: BTreeMap<u32, usize> =
        blocks.iter().enumerate().map(|(i, block)| (block.start_bytes, i)).collect();
    let n_blocks = blocks.len();
    for (i, block) in blocks.iter_mut().enumerate() {
        let mut successors = BTreeSet::new();
        let last = block.instructions.last().copied();
        let ends = last.and_then(|last| last.opcode).is_some_and(|op| op.flags() & flags::ENDS_BLOCK != 0);
        if !ends && i + 1 < n_blocks {
            successors.insert((Edge::Next, i + 1));
        }
        let target =
            last.and_then(Instruction::jump_target_bytes).and_then(|target| u32::try_from(target).ok());
        successors.extend(target.and_then(|target| at.get(&target)).map(|target| (Edge::Jump, *target)));
        let may_raise = |op: Opcode| op.flags() & flags::MAY_RAISE != 0;
        if block.instructions.iter().any(|instruction| instruction.opcode.is_some_and(may_raise)) {
            let unit = block.start_bytes / 2;
            let covering =
                handlers.iter().find(|handler| (handler.start_units..handler.end_units).contains(&unit));
            let handler = covering.and_then(|handler| at.get(&handler.target_units.saturating_mul(2)));
            successors.extend(handler.map(|target| (Edge::Raise, *target)));
        }
        block.successors = successors.into_iter().collect();
    }
    blocks
}
