//! How many values the stack holds.

use super::graph::{Block, BlockId, Graph, Instr};
use crate::error::{CompileError, ErrorKind};
use pvm_pycfile::Opcode;
use pvm_pycfile::code::code_flags;

impl Graph {
    /// Sets each block's `start_depth`, and returns the greatest depth there is.
    pub(crate) fn measure_stack(&mut self, flags: u32) -> Result<u32, CompileError> {
        // A generator starts with the value that it was sent.
        let resumable = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
        let start = u32::from(flags & resumable != 0);
        let mut greatest = 0;
        let mut todo = std::mem::take(&mut self.todo);
        todo.push(self.entry);
        self.block_mut(self.entry).start_depth = Some(start);
        let Graph { blocks, code, .. } = self;
        while let Some(id) = todo.pop() {
            let mut depth = blocks[id.index()].start_depth.unwrap_or(0);
            let mut reach = |blocks: &mut [Block], target: BlockId, depth: u32| {
                let known = &mut blocks[target.index()].start_depth;
                if known.is_none() {
                    *known = Some(depth);
                    todo.push(target);
                }
            };
            let instrs = &code[blocks[id.index()].range()];
            for instr in instrs {
                let after = depth_after(depth, instr)?;
                greatest = greatest.max(after);
                if let Some(target) = instr.target {
                    let at_target = match instr.opcode {
                        Opcode::SetupFinally | Opcode::SetupWith => depth + 1,
                        Opcode::SetupCleanup => depth + 2,
                        _ => after,
                    };
                    greatest = greatest.max(at_target);
                    reach(blocks, target, at_target);
                }
                depth = after;
            }
            let falls_through = instrs.last().is_none_or(|last| !last.ends_block());
            if let Some(next) = blocks[id.index()].next.filter(|_| falls_through) {
                reach(blocks, next, depth);
            }
        }
        self.todo = todo;
        Ok(greatest)
    }
}

#[inline]
fn depth_after(depth: u32, instr: &Instr) -> Result<u32, CompileError> {
    depth.checked_add_signed(stack_effect(instr)).ok_or_else(|| {
        let message = format!("{} pops more than there is on the stack", instr.opcode.name());
        CompileError::without_location(ErrorKind::System, message)
    })
}

/// How many values more there are after an instruction.
#[inline]
fn stack_effect(instr: &Instr) -> i32 {
    match EFFECTS[instr.opcode as usize % EFFECTS.len()] {
        VARIES => effect(instr.opcode, instr.oparg),
        effect => i32::from(effect),
    }
}

const fn effect(opcode: Opcode, oparg: u32) -> i32 {
    opcode.pushed(oparg).wrapping_sub(opcode.popped(oparg)) as i32
}

/// In [`EFFECTS`]: the effect depends on the oparg.
const VARIES: i8 = i8::MIN;

/// The effects of the opcodes. One that depends on the oparg is a count or a bit of it, so a few opargs show that.
static EFFECTS: [i8; 512] = {
    let mut effects = [0; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        let first = effect(opcode, 0);
        effects[opcode as usize] = first as i8;
        let mut oparg = 1;
        while oparg < 16 {
            if effect(opcode, oparg) != first {
                effects[opcode as usize] = VARIES;
            }
            oparg += 1;
        }
        index += 1;
    }
    effects
};
