//! How many values the stack holds, and what else there is to learn from each instruction by itself.

use super::graph::{Block, BlockId, Graph, Instr, kind};
use crate::error::{CompileError, ErrorKind};
use pvm_pycfile::Opcode;
use pvm_pycfile::code::code_flags;

impl Graph {
    /// Sets each block's `start_depth`, and returns the greatest depth there is. Also sets `size` to the number of its caches,
    /// and turns the pseudo-instructions that open and close protected code, of no more use, into `NOP`s.
    #[inline(never)]
    pub(crate) fn measure_stack(&mut self, flags: u32) -> Result<u32, CompileError> {
        // A generator starts with the value that it was sent.
        let resumable = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
        let start = u32::from(flags & resumable != 0);
        let mut todo = std::mem::take(&mut self.todo);
        todo.push(self.entry);
        self.block_mut(self.entry).start_depth = Some(start);
        let Graph { blocks, code, .. } = self;
        let reach = |blocks: &mut [Block], todo: &mut Vec<BlockId>, target: BlockId, depth: i32| {
            let known = &mut blocks[target.index()].start_depth;
            if known.is_none() {
                *known = Some(depth as u32);
                todo.push(target);
            }
        };
        // Negative if the depth ever was.
        let (mut sign, mut greatest) = (0, 0);
        while let Some(id) = todo.pop() {
            let block = &blocks[id.index()];
            let (next, mut depth) = (block.next, block.start_depth.unwrap_or(0) as i32);
            let has_brackets = block.has_brackets;
            let instrs = &mut code[block.range()];
            let (mut caches, mut opargs, mut made_nops) = (0, 0, false);
            for instr in &mut *instrs {
                let effect = &EFFECTS[instr.opcode as usize % EFFECTS.len()];
                depth = depth.wrapping_add(stack_effect(effect, instr));
                sign |= depth;
                greatest = greatest.max(depth);
                caches += u32::from(effect.caches);
                opargs |= instr.oparg;
                if has_brackets && instr.is(kind::PROTECTION) {
                    if instr.is_block_push()
                        && let Some(handler) = instr.target
                    {
                        // What a handler finds: the exception, and the index of what raised it where it is kept.
                        let found = if instr.opcode == Opcode::SetupCleanup { 2 } else { 1 };
                        greatest = greatest.max(depth + found);
                        reach(blocks, &mut todo, handler, depth + found);
                    }
                    instr.make_nop();
                    made_nops = true;
                }
            }
            let block = &mut blocks[id.index()];
            block.size = caches;
            block.has_prefixes = opargs > 0xff;
            block.has_nops |= made_nops;
            let last = instrs.last();
            if let Some(target) = last.filter(|last| last.is_jump()).and_then(|last| last.target) {
                reach(blocks, &mut todo, target, depth);
            }
            let falls_through = last.is_none_or(|last| !last.ends_block());
            if let Some(next) = next.filter(|_| falls_through) {
                reach(blocks, &mut todo, next, depth);
            }
        }
        self.todo = todo;
        if sign < 0 {
            let message = "an instruction pops more than there is on the stack";
            return Err(CompileError::without_location(ErrorKind::System, message));
        }
        Ok(greatest as u32)
    }
}

/// How many values more there are after an instruction.
#[inline]
fn stack_effect(effect_of_opcode: &Effect, instr: &Instr) -> i32 {
    let Effect { base, by_oparg, mask, .. } = *effect_of_opcode;
    if by_oparg == IRREGULAR {
        return effect(instr.opcode, instr.oparg);
    }
    i32::from(base) + i32::from(by_oparg).wrapping_mul((instr.oparg & mask) as i32)
}

const fn effect(opcode: Opcode, oparg: u32) -> i32 {
    opcode.pushed(oparg).wrapping_sub(opcode.popped(oparg)) as i32
}

/// An opcode's stack effect: `base`, and `by_oparg` times those bits of the oparg that are in `mask`. And what else its pass
/// wants to know of an opcode.
#[derive(Clone, Copy)]
struct Effect {
    base: i8,
    by_oparg: i8,
    /// The number of inline-cache code units.
    caches: u8,
    mask: u32,
}

/// In place of `by_oparg`: the effect is none of that kind.
const IRREGULAR: i8 = i8::MIN;

/// The effects of the opcodes.
static EFFECTS: [Effect; 512] = {
    let mut effects = [Effect { base: 0, by_oparg: 0, caches: 0, mask: 0 }; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        effects[opcode as usize] = regular_effect(opcode);
        index += 1;
    }
    effects
};

/// Finds out what kind of effect an opcode has. Where the oparg matters, it is a count, or its lowest bit says whether one
/// value more is there; a few opargs show which.
const fn regular_effect(opcode: Opcode) -> Effect {
    const OPARGS: [u32; 10] = [0, 1, 2, 3, 4, 5, 8, 256, 257, 65536];
    let base = effect(opcode, 0);
    let by_oparg = effect(opcode, 1).wrapping_sub(base);
    let caches = opcode.cache_units() as u8;
    let masks = [1, u32::MAX];
    let mut choice = 0;
    while choice < masks.len() {
        let mask = masks[choice];
        let mut fits = true;
        let mut index = 0;
        while index < OPARGS.len() {
            let oparg = OPARGS[index];
            fits &= effect(opcode, oparg) == base + by_oparg * (oparg & mask) as i32;
            index += 1;
        }
        if fits {
            return Effect { base: base as i8, by_oparg: by_oparg as i8, caches, mask };
        }
        choice += 1;
    }
    Effect { base: 0, by_oparg: IRREGULAR, caches, mask: 0 }
}
