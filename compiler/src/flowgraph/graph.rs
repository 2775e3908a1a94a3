//! Basic blocks, and how they are made from an instruction sequence.

use super::blockset::{BlockSet, push_if};
use super::exceptions::Stacks;
use crate::error::{CompileError, ErrorKind};
use crate::position::Position;
use crate::unit::{InstructionSequence, UNPLACED};
use pvm_pycfile::Opcode;
use std::num::NonZeroU32;
use std::ops::Range;

/// A block of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockId(NonZeroU32);

impl Default for BlockId {
    fn default() -> Self {
        BlockId(NonZeroU32::MIN)
    }
}

impl BlockId {
    pub(super) fn new(index: usize) -> BlockId {
        BlockId(NonZeroU32::MIN.saturating_add(index as u32))
    }

    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// The block that was made just before.
    pub(super) fn previous(self) -> Option<BlockId> {
        NonZeroU32::new(self.0.get() - 1).map(BlockId)
    }

    /// Whether two are the same, in one comparison: that of two `Option`s takes two, of which neither can be predicted.
    #[inline]
    pub fn is_same(a: Option<BlockId>, b: Option<BlockId>) -> bool {
        let number = |id: Option<BlockId>| id.map_or(0, |id| id.0.get());
        number(a) == number(b)
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
    pub location: Position,
}

impl Instr {
    #[inline]
    pub fn new(opcode: Opcode, oparg: u32, location: Position) -> Instr {
        Instr { opcode, oparg, target: None, handler: None, location }
    }

    /// Turns the instruction into a `NOP` that keeps its location.
    pub fn make_nop(&mut self) {
        self.opcode = Opcode::Nop;
        self.oparg = 0;
        self.target = None;
    }

    #[inline]
    pub(super) fn kinds(&self) -> u16 {
        KINDS[self.opcode as usize % KINDS.len()]
    }

    #[inline]
    pub fn is(&self, kinds: u16) -> bool {
        self.kinds() & kinds != 0
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

    /// Whether control never goes on to the next instruction.
    pub fn ends_block(&self) -> bool {
        self.is(kind::EXIT | kind::UNCONDITIONAL)
    }

    pub fn is_scope_exit(&self) -> bool {
        self.is(kind::EXIT)
    }

    /// Whether `oparg` is an index into the constants.
    pub fn has_const(&self) -> bool {
        self.is(kind::CONST)
    }

    /// Whether `oparg` counts the cells and free variables.
    pub fn uses_cell(&self) -> bool {
        self.is(kind::CELL)
    }

    pub fn has_line(&self) -> bool {
        self.location.lineno() >= 0
    }

    /// How many code units of caches follow the instruction.
    #[inline]
    pub fn cache_units(&self) -> usize {
        CACHE_UNITS[self.opcode as usize % CACHE_UNITS.len()].into()
    }

    /// The size in code units: `EXTENDED_ARG` prefixes, the instruction, its caches.
    #[inline]
    pub fn size(&self) -> u32 {
        let size = 1 + self.cache_units() as u32;
        size + u32::from(self.oparg > 0xff)
            + u32::from(self.oparg > 0xffff)
            + u32::from(self.oparg > 0xff_ffff)
    }
}

/// The number of inline-cache code units by opcode.
static CACHE_UNITS: [u8; 512] = {
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
pub(super) mod kind {
    /// Control may go to the target.
    pub const JUMP: u16 = 1;
    /// Control never goes on to the next instruction, but to the target.
    pub const UNCONDITIONAL: u16 = 2;
    /// Opens protected code.
    pub const PUSH: u16 = 4;
    /// Leaves the function.
    pub const EXIT: u16 = 8;
    /// The oparg is an index into the constants.
    pub const CONST: u16 = 16;
    /// The oparg is a fast local that is read, bound or unbound.
    pub const LOCAL: u16 = 32;
    /// Leaves a fast local unbound, maybe.
    pub const UNBINDS: u16 = 64;
    /// The oparg is a cell or a free variable.
    pub const CELL: u16 = 128;
    /// `peephole` may have to do with it.
    pub const PEEPHOLE: u16 = 256;
    /// `peephole` may have to do with it, whatever stands around it.
    pub const REWRITE: u16 = 512;
    /// Closes protected code, or wants to know how deep in protected code it is.
    pub const BRACKET: u16 = 1024;
    /// Loads a constant.
    pub const LOADS_CONST: u16 = 1 << 11;
    /// `peephole` makes one of it and of a constant loaded before.
    pub const AFTER_CONST: u16 = LOADS_CONST << 1;
    /// Pushes a value, and does nothing else.
    pub const PUSHES: u16 = 1 << 13;
    /// Takes one value off the stack and drops it.
    pub const POP: u16 = PUSHES << 1;
    /// A pseudo-instruction that opens or closes protected code.
    pub const PROTECTION: u16 = 1 << 15;

    /// Of the kinds of an instruction and of the one after it, what the second is together with the first: `AFTER_CONST`
    /// after what loads a constant, `POP` after what pushes a value. Each of these is the bit above the other. Other bits say
    /// nothing.
    pub fn together(first: u16, second: u16) -> u16 {
        first << 1 & second
    }
}

/// The kinds of all opcodes.
static KINDS: [u16; 512] = {
    let mut kinds = [0; 512];
    let mut index = 0;
    while index < Opcode::ALL.len() {
        let opcode = Opcode::ALL[index];
        kinds[opcode as usize] = kinds_of(opcode);
        index += 1;
    }
    kinds
};

const fn kinds_of(opcode: Opcode) -> u16 {
    use Opcode::*;
    match opcode {
        SetupFinally | SetupWith | SetupCleanup => kind::PUSH | kind::PROTECTION,
        PopBlock => kind::BRACKET | kind::PROTECTION,
        YieldValue => kind::BRACKET,
        Jump => kind::JUMP | kind::UNCONDITIONAL | kind::PEEPHOLE,
        JumpNoInterrupt | JumpForward | JumpBackward | JumpBackwardNoInterrupt => {
            kind::JUMP | kind::UNCONDITIONAL
        }
        PopJumpIfNotNone | PopJumpIfNone => kind::JUMP | kind::PEEPHOLE,
        PopJumpIfFalse | PopJumpIfTrue => kind::JUMP | kind::PEEPHOLE | kind::AFTER_CONST,
        ReturnValue => kind::EXIT | kind::AFTER_CONST,
        RaiseVarargs | Reraise => kind::EXIT,
        ReturnConst => kind::EXIT | kind::CONST,
        LoadConst => kind::CONST | kind::PEEPHOLE | kind::LOADS_CONST | kind::PUSHES,
        KwNames => kind::CONST,
        LoadFast | LoadFastCheck | StoreFast => kind::LOCAL,
        DeleteFast | LoadFastAndClear | StoreFastMaybeNull => kind::LOCAL | kind::UNBINDS,
        MakeCell | LoadClosure | LoadDeref | StoreDeref | DeleteDeref | LoadFromDictOrDeref => kind::CELL,
        PushNull => kind::PEEPHOLE,
        BuildTuple | Swap | Nop => kind::PEEPHOLE | kind::REWRITE,
        Copy => kind::PEEPHOLE | kind::AFTER_CONST | kind::PUSHES,
        IsOp => kind::AFTER_CONST,
        PopTop => kind::POP,
        opcode if opcode.is_jump() => kind::JUMP,
        _ => 0,
    }
}

/// A run of instructions that is entered at its start only, and left at its end only unless something raises.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The instructions are `len` members of the graph's code from `start`.
    start: u32,
    len: u32,
    /// The block that follows in the code.
    pub next: Option<BlockId>,
    /// The number of the label that marks the block.
    pub label: Option<NonZeroU32>,
    /// The first block from here on that is not empty; known to `cleanup::eliminate_empty_blocks` alone.
    pub successor: Option<BlockId>,
    /// How many ways lead here; counted by `cleanup::remove_unreachable`.
    pub predecessors: u32,
    /// The depth of the value stack at entry, once known.
    pub start_depth: Option<u32>,
    /// The position in code units, once known.
    pub offset: u32,
    /// The size in code units, once known; before that, the number of caches.
    pub size: u32,
    /// Bit n is set when local n may be unbound at entry.
    pub unsafe_locals: u64,
    /// May hold opargs that do not fit one byte; known with `size`.
    pub has_prefixes: bool,
    /// Opens protected code: other instructions than the last one may name another block.
    pub has_setups: bool,
    /// Opens or closes protected code, or wants to know how deep in it it is.
    pub has_brackets: bool,
    /// May hold `NOP`s that no line needs.
    pub has_nops: bool,
    /// May hold instructions without a line.
    pub lacks_lines: bool,
    /// May hold what `peephole` rewrites, jumps aside.
    pub has_rewrites: bool,
    /// May hold a value that is pushed and popped at once, or starts by popping one.
    pub has_pairs: bool,
    /// The block is an exception handler that finds the index of the raising instruction on the stack.
    pub preserve_lasti: bool,
    /// An exception handler starts here.
    pub is_handler: bool,
    /// Reached only by raising.
    pub cold: bool,
    /// Reached without raising.
    pub warm: bool,
    /// The mark of the latest pass that has visited the block, of those that mark any.
    pub mark: u32,
}

/// What there is to know of the instructions of a block.
struct Survey {
    /// How many they are.
    len: usize,
    /// The kinds of all.
    in_block: u16,
    /// The kinds of the last one.
    last: u16,
    /// Negative if one of them has no line.
    lines: i32,
    /// [`kind::together`] of all pairs but the last one.
    together: u16,
    /// The same of the last pair.
    last_together: u16,
}

/// Goes over instructions up to the end of the block that begins with them. On its own, since the loop needs all registers.
#[inline(never)]
fn survey(instrs: &[Instr]) -> Survey {
    let mut survey =
        Survey { len: instrs.len(), in_block: 0, last: 0, lines: 0, together: 0, last_together: 0 };
    for (index, instr) in instrs.iter().enumerate() {
        let kind = instr.kinds();
        survey.in_block |= kind;
        survey.together |= survey.last_together;
        survey.last_together = kind::together(survey.last, kind);
        survey.last = kind;
        survey.lines |= instr.location.lineno();
        if kind & (kind::JUMP | kind::EXIT) != 0 {
            survey.len = index + 1;
            break;
        }
    }
    survey
}

/// Makes one instruction of the last two of a block, if they load a constant and return it on one line, and returns
/// whether it did. That is the work of `peephole`, and what it has to do most often.
fn return_const(instrs: &mut [Instr]) -> bool {
    let [.., load, exit] = instrs else { return false };
    let same_line = load.location.lineno() < 0 || load.location.lineno() == exit.location.lineno();
    if exit.opcode != Opcode::ReturnValue || load.opcode != Opcode::LoadConst || !same_line {
        return false;
    }
    *load = Instr { opcode: Opcode::ReturnConst, oparg: load.oparg, ..*exit };
    true
}

/// The blocks of one code unit. One graph serves many units one after the other, for its memory.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(super) blocks: Vec<Block>,
    /// The instructions of all blocks; a block that grows moves to the end.
    pub(super) code: Vec<Instr>,
    /// The kinds of all instructions that code generation made.
    pub(super) kinds: u16,
    /// The blocks that end in an unconditional jump, and more that do no longer. Which ones do cannot be predicted, so a pass
    /// that has to do with these alone looks at no others.
    pub(super) jumping: BlockSet,
    /// The blocks that `peephole` has to do with.
    pub(super) rewritable: BlockSet,
    /// The blocks that may hold idle `NOP`s, or a value that is pushed and popped at once.
    pub(super) untidy: BlockSet,
    /// The blocks that may hold instructions without a line.
    pub(super) lineless: BlockSet,
    /// Those of them that may be exits without any line.
    pub(super) lineless_exits: BlockSet,
    /// The blocks that have lost all of their instructions.
    pub(super) emptied: BlockSet,
    /// Whether there may be a `PUSH_NULL` that `peephole` has to do with.
    pub(super) has_null_to_merge: bool,
    /// Whether there is protected code, and with it pseudo-instructions other than `JUMP`.
    pub has_handlers: bool,
    /// The constants that instructions loaded which have disappeared, as bits; the last one stands for all from there on.
    pub(super) dropped_consts: u64,
    /// Where execution starts. All blocks that count are reached from here by `next`.
    pub entry: BlockId,
    next_label: NonZeroU32,
    latest_mark: u32,
    labels: Labels,
    /// An empty list, for the passes that follow the flow of control.
    pub todo: Vec<BlockId>,
    /// Memory for `exceptions`.
    pub(super) stacks: Stacks,
}

/// How labels become blocks.
#[derive(Debug)]
struct Labels {
    /// Where labels stand, and their numbers, which count from 1.
    placed: Vec<(u32, NonZeroU32)>,
    /// For each label the block that it marks.
    resolved: Vec<Option<BlockId>>,
    /// The positions of the instructions that name a label.
    jumps: Vec<u32>,
}

impl Default for Graph {
    fn default() -> Self {
        Graph {
            blocks: Vec::with_capacity(64),
            code: Vec::with_capacity(256),
            kinds: 0,
            jumping: BlockSet::default(),
            rewritable: BlockSet::default(),
            untidy: BlockSet::default(),
            lineless: BlockSet::default(),
            lineless_exits: BlockSet::default(),
            emptied: BlockSet::default(),
            has_null_to_merge: false,
            has_handlers: false,
            dropped_consts: 0,
            entry: BlockId::default(),
            next_label: NonZeroU32::MIN,
            latest_mark: 0,
            labels: Labels {
                placed: Vec::with_capacity(64),
                resolved: Vec::with_capacity(64),
                jumps: Vec::with_capacity(64),
            },
            todo: Vec::with_capacity(64),
            stacks: Stacks::default(),
        }
    }
}

impl Graph {
    /// Splits a sequence into blocks, and empties it. A block ends after a jump or an exit and before a label.
    #[inline(never)]
    pub fn fill(&mut self, sequence: &mut InstructionSequence) -> Result<(), CompileError> {
        let malformed =
            || CompileError::without_location(ErrorKind::System, "malformed instruction sequence");
        std::mem::swap(&mut self.code, &mut sequence.code);
        let Graph {
            blocks,
            code,
            jumping,
            rewritable,
            untidy,
            lineless,
            lineless_exits,
            emptied,
            labels,
            ..
        } = self;
        let Labels { placed, resolved, jumps } = labels;
        if code.is_empty() {
            return Err(malformed());
        }
        let number = |index: usize| NonZeroU32::MIN.saturating_add(index as u32);
        placed.clear();
        let all = sequence.labels.iter().enumerate().filter(|(_, at)| **at != UNPLACED);
        placed.extend(all.map(|(index, at)| (*at, number(index))));
        if !placed.is_sorted() {
            placed.sort_unstable();
        }
        let label_count = sequence.labels.len();
        let has_null_to_merge = sequence.has_null_to_merge;
        sequence.clear();
        let mut unused = &placed[..];
        resolved.clear();
        resolved.resize(label_count, None);
        blocks.clear();
        jumps.clear();
        jumping.clear();
        rewritable.clear();
        untidy.clear();
        lineless.clear();
        lineless_exits.clear();
        emptied.clear();
        let mut kinds = 0;
        let mut start = 0;
        // Which of the latest blocks belong to which set. Whether one does cannot be predicted, so that is no branch.
        let mut sets = [jumping, rewritable, untidy, lineless, lineless_exits];
        let mut members = [0; 5];
        while start < code.len() {
            let id = BlockId::new(blocks.len());
            // Of the labels that mark one instruction the last stands for all.
            let mut label = None;
            while let Some((&(place, number), rest)) = unused.split_first()
                && place as usize == start
            {
                resolved[number.get() as usize - 1] = Some(id);
                label = Some(number);
                unused = rest;
            }
            let latest_end = unused.first().map_or(code.len(), |label| code.len().min(label.0 as usize));
            let Survey { len, in_block, last: previous, lines, mut together, last_together } =
                survey(&code[start..latest_end]);
            let end = start + len;
            let instrs = &mut code[start..end];
            if in_block & kind::PUSH != 0 {
                let places = (start as u32..).zip(&*instrs);
                let named = |instr: &Instr| instr.is(kind::JUMP | kind::PUSH);
                jumps.extend(places.filter(|(_, instr)| named(instr)).map(|(place, _)| place));
            } else {
                push_if(previous & kind::JUMP != 0, jumps, end as u32 - 1);
            }
            kinds |= in_block;
            let mut block = Block::new(start as u32, (end - start) as u32, label);
            let first = &instrs[0];
            block.has_pairs = first.is(kind::POP);
            let is_lineless_exit = (previous & kind::EXIT != 0) & !first.has_line();
            if last_together & kind::AFTER_CONST != 0 && return_const(instrs) {
                block.len -= 1;
            } else {
                together |= last_together;
            }
            block.has_setups = in_block & kind::PUSH != 0;
            block.has_brackets = in_block & (kind::PUSH | kind::BRACKET) != 0;
            block.lacks_lines = lines < 0;
            block.has_rewrites =
                has_null_to_merge | (in_block & kind::REWRITE | together & kind::AFTER_CONST != 0);
            block.has_pairs |= together & kind::POP != 0;
            let is_jumping = previous & kind::UNCONDITIONAL != 0;
            // The exit that may come in a jump's place may hold anything.
            const THREADED: u16 = kind::JUMP | kind::PEEPHOLE;
            let is_rewritable = block.has_rewrites | is_jumping | (previous & THREADED == THREADED);
            let belongs = [is_jumping, is_rewritable, block.has_pairs, block.lacks_lines, is_lineless_exit];
            for (members, belongs) in members.iter_mut().zip(belongs) {
                *members |= u64::from(belongs) << (blocks.len() % 64);
            }
            block.next = (end < code.len()).then(|| BlockId::new(blocks.len() + 1));
            blocks.push(block);
            start = end;
            if blocks.len() % 64 == 0 || start == code.len() {
                for (set, members) in sets.iter_mut().zip(&mut members) {
                    set.push_word(std::mem::take(members));
                }
            }
        }
        if !unused.is_empty() {
            return Err(malformed());
        }
        for position in jumps {
            let instr = &mut code[*position as usize];
            let target = resolved.get(instr.oparg as usize).copied().flatten().ok_or_else(malformed)?;
            instr.oparg = blocks[target.index()].label.map_or(0, NonZeroU32::get);
            instr.target = Some(target);
        }
        self.kinds = kinds;
        self.has_null_to_merge = has_null_to_merge;
        self.has_handlers = kinds & kind::PUSH != 0;
        self.dropped_consts = 0;
        self.entry = BlockId::default();
        self.next_label = number(label_count);
        self.latest_mark = 0;
        Ok(())
    }

    /// Whether there may be an instruction of any of these kinds.
    pub fn has(&self, kinds: u16) -> bool {
        self.kinds & kinds != 0
    }

    /// A block that is not linked to any other yet.
    pub fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block::new(self.code.len() as u32, 0, None));
        BlockId::new(self.blocks.len() - 1)
    }

    /// Whether nothing but one block is there.
    pub fn is_one_block(&self) -> bool {
        self.blocks.len() == 1
    }

    /// The number of blocks made so far.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    #[inline]
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    #[inline]
    pub fn block_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.index()]
    }

    /// Where the instructions of a block lie in `code`.
    #[inline]
    pub(super) fn range(&self, id: BlockId) -> Range<usize> {
        let Block { start, len, .. } = *self.block(id);
        start as usize..(start + len) as usize
    }

    #[inline]
    pub fn instrs(&self, id: BlockId) -> &[Instr] {
        let Block { start, len, .. } = *self.block(id);
        &self.code[start as usize..][..len as usize]
    }

    #[inline]
    pub fn instrs_mut(&mut self, id: BlockId) -> &mut [Instr] {
        let Block { start, len, .. } = *self.block(id);
        &mut self.code[start as usize..][..len as usize]
    }

    #[inline]
    pub fn len(&self, id: BlockId) -> usize {
        self.block(id).len as usize
    }

    #[inline]
    pub fn is_empty(&self, id: BlockId) -> bool {
        self.block(id).len == 0
    }

    #[inline]
    pub fn last(&self, id: BlockId) -> Option<&Instr> {
        self.instrs(id).last()
    }

    #[inline]
    pub fn last_mut(&mut self, id: BlockId) -> Option<&mut Instr> {
        self.instrs_mut(id).last_mut()
    }

    /// Drops all instructions of a block but the first ones.
    pub fn truncate(&mut self, id: BlockId, len: usize) {
        let block = self.block_mut(id);
        block.len = block.len.min(len as u32);
        let is_empty = block.len == 0;
        self.emptied.offer(id, is_empty);
    }

    /// Appends an instruction to a block.
    pub fn push(&mut self, id: BlockId, instr: Instr) {
        self.move_to_end(id);
        self.code.push(instr);
        let block = self.block_mut(id);
        block.len += 1;
        block.lacks_lines |= !instr.has_line();
        self.lineless.offer(id, !instr.has_line());
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
        let Block {
            start,
            len,
            has_setups,
            has_brackets,
            has_nops,
            lacks_lines,
            has_rewrites,
            has_pairs,
            ..
        } = *self.block(source);
        self.code.extend_from_within(start as usize..(start + len) as usize);
        let block = self.block_mut(target);
        block.len += len;
        block.has_setups |= has_setups;
        block.has_brackets |= has_brackets;
        block.has_nops |= has_nops;
        block.lacks_lines |= lacks_lines;
        block.has_rewrites |= has_rewrites;
        block.has_pairs |= has_pairs;
        self.untidy.offer(target, has_nops | has_pairs);
        self.lineless.offer(target, lacks_lines);
        let is_lineless_exit = self.lineless_exits.has(source);
        self.lineless_exits.offer(target, is_lineless_exit);
    }

    /// Notes that a block may hold `NOP`s that no line needs.
    pub fn note_nops(&mut self, id: BlockId, has_nops: bool) {
        self.block_mut(id).has_nops |= has_nops;
        self.untidy.offer(id, has_nops);
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
    #[inline]
    pub fn falls_through(&self, id: BlockId) -> bool {
        !self.last(id).is_some_and(|last| last.ends_block())
    }

    /// The block that control goes to when it runs off the end of this one.
    #[inline]
    pub fn fallthrough(&self, id: BlockId) -> Option<BlockId> {
        self.block(id).next.filter(|_| self.falls_through(id))
    }

    /// Turns those pseudo-instructions that are left, other than jumps, into real ones.
    pub fn convert_pseudo_instructions(&mut self) {
        if self.has(kind::UNBINDS) {
            for instr in &mut self.code {
                if instr.opcode == Opcode::StoreFastMaybeNull {
                    instr.opcode = Opcode::StoreFast;
                }
            }
        }
    }

    /// The number of the block's label, which is made if there is none.
    pub fn label(&mut self, id: BlockId) -> u32 {
        if let Some(label) = self.block(id).label {
            return label.get();
        }
        let label = self.next_label;
        self.next_label = label.saturating_add(1);
        self.block_mut(id).label = Some(label);
        label.get()
    }

    /// The blocks from the entry in the order of the code.
    #[inline]
    pub fn order(&self) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(Some(self.entry), |id| self.block(*id).next)
    }

    /// Calls a function with each block from the entry in order. It may change what follows the block.
    #[inline]
    pub fn for_each_block(&mut self, mut visit: impl FnMut(&mut Graph, BlockId)) {
        let mut current = Some(self.entry);
        while let Some(id) = current {
            visit(self, id);
            current = self.block(id).next;
        }
    }

    /// Calls a function with each block that may end in an unconditional jump.
    #[inline]
    pub fn for_each_jumping(&mut self, visit: impl FnMut(&mut Graph, BlockId)) {
        self.for_each_of(|graph| &graph.jumping, visit);
    }

    /// Calls a function with each block of a set, in the order in which they were made. It may add blocks to the set.
    #[inline]
    pub(super) fn for_each_of(
        &mut self,
        set: fn(&Graph) -> &BlockSet,
        mut visit: impl FnMut(&mut Graph, BlockId),
    ) {
        let mut index = 0;
        while let Some(id) = set(self).first_from(index) {
            visit(self, id);
            index = id.index() + 1;
        }
    }

    /// Begins a pass that marks the blocks that it has visited: returns its mark.
    pub fn new_mark(&mut self) -> u32 {
        self.latest_mark += 1;
        self.latest_mark
    }
}

impl Block {
    /// Where the block's instructions lie in the graph's code.
    #[inline]
    pub fn range(&self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }

    /// Where those instructions lie that may name another block: mostly that is the last one.
    pub(super) fn leading_away(&self) -> Range<usize> {
        let range = self.range();
        let start = if self.has_setups { range.start } else { range.end.saturating_sub(1).max(range.start) };
        start..range.end
    }

    /// Where control can go from here without raising: what follows, and where the last instruction jumps, for only that one
    /// does. Neither can be predicted, so that is no branch, and a block that the caller names stands for none.
    #[inline]
    pub(super) fn successors(&self, code: &[Instr], none: BlockId) -> [BlockId; 2] {
        let last = code[self.range()].last();
        let (kinds, target) = last.map_or((0, None), |last| (last.kinds(), last.target));
        let ends_block = kinds & (kind::EXIT | kind::UNCONDITIONAL) != 0;
        let next = [self.next.unwrap_or(none), none][usize::from(ends_block)];
        let jump = [none, target.unwrap_or(none)][usize::from(kinds & kind::JUMP != 0)];
        [next, jump]
    }

    fn new(start: u32, len: u32, label: Option<NonZeroU32>) -> Block {
        Block {
            start,
            len,
            next: None,
            successor: None,
            label,
            predecessors: 0,
            start_depth: None,
            offset: 0,
            size: 0,
            unsafe_locals: 0,
            has_prefixes: false,
            has_setups: false,
            has_brackets: false,
            has_nops: false,
            lacks_lines: false,
            has_rewrites: false,
            has_pairs: false,
            preserve_lasti: false,
            is_handler: false,
            cold: false,
            warm: false,
            mark: 0,
        }
    }
}
