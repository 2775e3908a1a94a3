//! Basic blocks, and how they are made from an instruction sequence.

use crate::error::{CompileError, ErrorKind};
use crate::unit::{InstructionSequence, UNPLACED};
use pvm_pycfile::{Location, Opcode};
use std::num::NonZeroU32;
use std::ops::Range;

/// A block of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockId(NonZeroU32);

impl BlockId {
    fn new(index: usize) -> BlockId {
        BlockId(NonZeroU32::MIN.saturating_add(index as u32))
    }

    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// An instruction in a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    pub opcode: Opcode,
    /// Of a jump: the number of its label until the assembler writes the distance here. The number is of
    /// consequence, since the assembler's first guess of the instruction's size depends on it.
    pub oparg: u32,
    /// Where a jump goes, or the handler that a `SETUP_*` pseudo-instruction names.
    pub target: Option<BlockId>,
    /// Where control goes when the instruction raises.
    pub handler: Option<BlockId>,
    pub location: Location,
}

impl Instr {
    pub fn new(opcode: Opcode, oparg: u32, location: Location) -> Instr {
        Instr { opcode, oparg, target: None, handler: None, location }
    }

    /// Turns the instruction into a `NOP` that keeps its location.
    pub fn make_nop(&mut self) {
        self.opcode = Opcode::Nop;
        self.oparg = 0;
        self.target = None;
    }

    fn is(&self, kinds: u8) -> bool {
        KINDS[self.opcode as usize % KINDS.len()] & kinds != 0
    }

    /// Whether control may go to `target`. `SETUP_*` pseudo-instructions are not jumps.
    pub fn is_jump(&self) -> bool {
        self.is(kind::JUMP)
    }

    pub fn is_block_push(&self) -> bool {
        self.is(kind::PUSH)
    }

    pub fn is_unconditional_jump(&self) -> bool {
        self.is(kind::UNCONDITIONAL)
    }

    pub fn is_scope_exit(&self) -> bool {
        self.is(kind::EXIT)
    }

    /// Whether `oparg` is an index into the constants.
    pub fn has_const(&self) -> bool {
        self.is(kind::CONST)
    }

    pub fn has_line(&self) -> bool {
        self.location.lineno >= 0
    }

    /// The size in code units: `EXTENDED_ARG` prefixes, the instruction, its caches.
    pub fn size(&self) -> u32 {
        let prefixes =
            u32::from(self.oparg > 0xff) + u32::from(self.oparg > 0xffff) + u32::from(self.oparg > 0xff_ffff);
        prefixes + 1 + u32::from(CACHE_UNITS[self.opcode as usize % CACHE_UNITS.len()])
    }
}

/// The number of inline-cache code units by opcode.
pub(crate) const CACHE_UNITS: [u8; 512] = {
    let mut units = [0; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        units[opcode as usize] = opcode.cache_units() as u8;
        index += 1;
    }
    units
};

/// What the passes ask of opcodes all the time.
mod kind {
    /// Control may go to the target.
    pub const JUMP: u8 = 1;
    /// Control never goes on to the next instruction, but to the target.
    pub const UNCONDITIONAL: u8 = 2;
    /// Opens protected code.
    pub const PUSH: u8 = 4;
    /// Leaves the function.
    pub const EXIT: u8 = 8;
    /// The oparg is an index into the constants.
    pub const CONST: u8 = 16;
}

/// The kinds of all opcodes.
const KINDS: [u8; 512] = {
    let mut kinds = [0; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        let mut bits = 0;
        if matches!(opcode, Opcode::SetupFinally | Opcode::SetupWith | Opcode::SetupCleanup) {
            bits |= kind::PUSH;
        } else if opcode.is_jump() {
            bits |= kind::JUMP;
        }
        if matches!(
            opcode,
            Opcode::Jump
                | Opcode::JumpNoInterrupt
                | Opcode::JumpForward
                | Opcode::JumpBackward
                | Opcode::JumpBackwardNoInterrupt
        ) {
            bits |= kind::UNCONDITIONAL;
        }
        if matches!(
            opcode,
            Opcode::ReturnValue | Opcode::ReturnConst | Opcode::RaiseVarargs | Opcode::Reraise
        ) {
            bits |= kind::EXIT;
        }
        if matches!(opcode, Opcode::LoadConst | Opcode::ReturnConst | Opcode::KwNames) {
            bits |= kind::CONST;
        }
        kinds[opcode as usize] = bits;
        index += 1;
    }
    kinds
};

/// A run of instructions that is entered at its start only, and left at its end only unless something raises.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The instructions are `len` members of the graph's code from `start`.
    start: u32,
    len: u32,
    /// The block that follows in the code.
    pub next: Option<BlockId>,
    /// The number of the label that marks the block.
    pub label: Option<u32>,
    /// How many ways lead here; counted by `cleanup::remove_unreachable`.
    pub predecessors: u32,
    /// The depth of the value stack at entry, once known.
    pub start_depth: Option<u32>,
    /// The position in code units, once known.
    pub offset: u32,
    /// The size in code units, once known.
    pub size: u32,
    /// Bit n is set when local n may be unbound at entry.
    pub unsafe_locals: u64,
    /// The block is an exception handler that finds the index of the raising instruction on the stack.
    pub preserve_lasti: bool,
    /// An exception handler starts here.
    pub is_handler: bool,
    /// Reached only by raising.
    pub cold: bool,
    /// Reached without raising.
    pub warm: bool,
    /// For the pass at work.
    pub visited: bool,
}

/// The blocks of one code unit.
#[derive(Debug)]
pub(crate) struct Graph {
    blocks: Vec<Block>,
    /// The instructions of all blocks; a block that grows moves to the end.
    pub(super) code: Vec<Instr>,
    /// Whether there is protected code, and with it pseudo-instructions other than `JUMP`.
    pub has_handlers: bool,
    /// Where execution starts. All blocks that count are reached from here by `next`.
    pub entry: BlockId,
    next_label: u32,
}

impl Graph {
    /// Splits a sequence into blocks. A block ends after a jump or an exit and before a label.
    pub fn from_sequence(sequence: InstructionSequence) -> Result<Graph, CompileError> {
        let malformed =
            || CompileError::without_location(ErrorKind::System, "malformed instruction sequence");
        let InstructionSequence { mut code, labels } = sequence;
        if code.is_empty() {
            return Err(malformed());
        }
        // Where labels stand, and their numbers, which count from 1. Of those that mark one instruction the last
        // stands for all.
        let placed = labels.iter().zip(1..).filter(|(at, _)| **at != UNPLACED);
        let mut placed: Vec<(u32, u32)> = placed.map(|(at, number)| (*at, number)).collect();
        placed.sort_unstable();
        let mut unused = &placed[..];
        // For each label the number of the one that stands for it, and the block.
        let mut resolved: Vec<Option<(u32, BlockId)>> = vec![None; labels.len() + 1];

        let mut blocks: Vec<Block> = Vec::with_capacity(labels.len() * 2 + 1);
        let mut jumps = Vec::with_capacity(labels.len() * 2);
        let mut has_handlers = false;
        let mut terminated = true;
        let mut next_label_at = unused.first().map_or(u32::MAX, |label| label.0);
        for (position, instr) in (0_u32..).zip(&code) {
            if terminated || position == next_label_at {
                let id = BlockId::new(blocks.len());
                if let Some(previous) = blocks.last_mut() {
                    previous.len = position - previous.start;
                    previous.next = Some(id);
                }
                let mut label = None;
                if position == next_label_at {
                    let count = unused.iter().take_while(|label| label.0 == position).count();
                    let (here, rest) = unused.split_at(count);
                    label = here.last().map(|label| label.1);
                    for (_, number) in here {
                        resolved[*number as usize] = label.map(|label| (label, id));
                    }
                    unused = rest;
                    next_label_at = unused.first().map_or(u32::MAX, |label| label.0);
                }
                blocks.push(Block::new(position, 0, label));
            }
            let kind = KINDS[instr.opcode as usize % KINDS.len()];
            terminated = kind & (kind::JUMP | kind::EXIT) != 0;
            if kind & (kind::JUMP | kind::PUSH) != 0 {
                has_handlers |= kind & kind::PUSH != 0;
                jumps.push(position);
            }
        }
        if !unused.is_empty() {
            return Err(malformed());
        }
        if let Some(last) = blocks.last_mut() {
            last.len = code.len() as u32 - last.start;
        }
        for position in jumps {
            let instr = &mut code[position as usize];
            let target = resolved.get(instr.oparg as usize + 1).copied().flatten().ok_or_else(malformed)?;
            instr.oparg = target.0;
            instr.target = Some(target.1);
        }
        let next_label = labels.len() as u32 + 1;
        Ok(Graph { blocks, code, has_handlers, entry: BlockId::new(0), next_label })
    }

    /// A block that is not linked to any other yet.
    pub fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block::new(self.code.len() as u32, 0, None));
        BlockId::new(self.blocks.len() - 1)
    }

    /// The number of blocks made so far.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    pub fn block_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.index()]
    }

    /// Where the instructions of a block lie in `code`.
    pub(super) fn range(&self, id: BlockId) -> Range<usize> {
        let Block { start, len, .. } = *self.block(id);
        start as usize..(start + len) as usize
    }

    pub fn instrs(&self, id: BlockId) -> &[Instr] {
        let Block { start, len, .. } = *self.block(id);
        &self.code[start as usize..][..len as usize]
    }

    pub fn instrs_mut(&mut self, id: BlockId) -> &mut [Instr] {
        let Block { start, len, .. } = *self.block(id);
        &mut self.code[start as usize..][..len as usize]
    }

    pub fn len(&self, id: BlockId) -> usize {
        self.block(id).len as usize
    }

    pub fn is_empty(&self, id: BlockId) -> bool {
        self.block(id).len == 0
    }

    pub fn last(&self, id: BlockId) -> Option<&Instr> {
        self.instrs(id).last()
    }

    pub fn last_mut(&mut self, id: BlockId) -> Option<&mut Instr> {
        self.instrs_mut(id).last_mut()
    }

    /// Drops all instructions of a block but the first ones.
    pub fn truncate(&mut self, id: BlockId, len: usize) {
        let block = self.block_mut(id);
        block.len = block.len.min(len as u32);
    }

    /// Appends an instruction to a block.
    pub fn push(&mut self, id: BlockId, instr: Instr) {
        self.move_to_end(id);
        self.code.push(instr);
        self.block_mut(id).len += 1;
    }

    /// Puts instructions before those of a block.
    pub fn prepend(&mut self, id: BlockId, instrs: &[Instr]) {
        let Block { start, len, .. } = *self.block(id);
        let new_start = self.code.len();
        self.code.extend_from_slice(instrs);
        self.code.extend_from_within(start as usize..(start + len) as usize);
        let block = self.block_mut(id);
        block.start = new_start as u32;
        block.len += instrs.len() as u32;
    }

    /// Appends a copy of the instructions of `source` to `target`.
    pub fn append_copy(&mut self, target: BlockId, source: BlockId) {
        self.move_to_end(target);
        let Block { start, len, .. } = *self.block(source);
        self.code.extend_from_within(start as usize..(start + len) as usize);
        self.block_mut(target).len += len;
    }

    fn move_to_end(&mut self, id: BlockId) {
        let Block { start, len, .. } = *self.block(id);
        if (start + len) as usize != self.code.len() {
            let new_start = self.code.len() as u32;
            self.code.extend_from_within(start as usize..(start + len) as usize);
            self.block_mut(id).start = new_start;
        }
    }

    /// Whether control can go from the block to the one that follows.
    pub fn falls_through(&self, id: BlockId) -> bool {
        !self.last(id).is_some_and(|last| last.is(kind::EXIT | kind::UNCONDITIONAL))
    }

    /// The block that control goes to when it runs off the end of this one.
    pub fn fallthrough(&self, id: BlockId) -> Option<BlockId> {
        self.block(id).next.filter(|_| self.falls_through(id))
    }

    /// Turns pseudo-instructions into real ones.
    pub fn convert_pseudo_instructions(&mut self) {
        if self.has_handlers {
            for instr in &mut self.code {
                if instr.is_block_push() || instr.opcode == Opcode::PopBlock {
                    instr.make_nop();
                } else if instr.opcode == Opcode::StoreFastMaybeNull {
                    instr.opcode = Opcode::StoreFast;
                }
            }
        }
        super::cleanup::remove_nops(self);
    }

    /// The number of the block's label, which is made if there is none.
    pub fn label(&mut self, id: BlockId) -> u32 {
        if let Some(label) = self.block(id).label {
            return label;
        }
        let label = self.next_label;
        self.next_label += 1;
        self.block_mut(id).label = Some(label);
        label
    }

    /// The blocks from the entry in the order of the code.
    pub fn order(&self) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(Some(self.entry), |id| self.block(*id).next)
    }

    /// Calls a function with each block from the entry in order. It may change what follows the block.
    pub fn for_each_block(&mut self, mut visit: impl FnMut(&mut Graph, BlockId)) {
        let mut current = Some(self.entry);
        while let Some(id) = current {
            visit(self, id);
            current = self.block(id).next;
        }
    }

    /// Unmarks all blocks, so that a pass can mark those it has visited.
    pub fn clear_visited(&mut self) {
        for block in &mut self.blocks {
            block.visited = false;
        }
    }
}

impl Block {
    fn new(start: u32, len: u32, label: Option<u32>) -> Block {
        Block {
            start,
            len,
            next: None,
            label,
            predecessors: 0,
            start_depth: None,
            offset: 0,
            size: 0,
            unsafe_locals: 0,
            preserve_lasti: false,
            is_handler: false,
            cold: false,
            warm: false,
            visited: false,
        }
    }
}
