//! One code block between code generation and assembly.
//!
//! Code generation fills a [`CodeUnit`]: a flat [`InstructionSequence`] with labels, and the tables that its
//! opargs index. [`finish`] turns it into a code object: control-flow graph, optimisation, assembly.

use crate::assemble;
use crate::error::CompileError;
use crate::flowgraph::{self, Graph, Instr};
use crate::idtable::IdTable;
use crate::names::{NameId, Names};
use crate::position::Position;
use pvm_pycfile::text::hash_bytes;
use pvm_pycfile::{CodeObject, Constant, Opcode, Text};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A jump target, valid within the sequence that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Label(pub u32);

/// The instructions of a code block in the order in which they were generated.
#[derive(Clone, Debug)]
pub(crate) struct InstructionSequence {
    /// The oparg of a jump or a `SETUP_*` pseudo-instruction is a label's number.
    pub(crate) code: Vec<Instr>,
    /// For each label the index of the instruction that follows it; `UNPLACED` before `use_label`.
    pub(crate) labels: Vec<u32>,
    /// The index of the instruction that follows the label placed last.
    last_label: usize,
    /// There is a `PUSH_NULL` that `peephole` has to make a part of a `LOAD_GLOBAL`.
    pub(crate) has_null_to_merge: bool,
}

pub(crate) const UNPLACED: u32 = u32::MAX;

impl Default for InstructionSequence {
    /// An empty one with room for what most blocks have.
    fn default() -> Self {
        InstructionSequence {
            code: Vec::with_capacity(256),
            labels: Vec::with_capacity(32),
            last_label: 0,
            has_null_to_merge: false,
        }
    }
}

impl InstructionSequence {
    /// Makes a label that is not placed yet. Labels must be made in CPython's order, since the assembler's first
    /// guess of a jump's size depends on the label's number.
    pub fn new_label(&mut self) -> Label {
        self.labels.push(UNPLACED);
        Label(self.labels.len() as u32 - 1)
    }

    /// Places a label before the instruction that is appended next. Every label that is placed starts a new
    /// basic block, whether anything jumps to it or not, and at least one instruction must follow it.
    pub fn use_label(&mut self, label: Label) {
        self.last_label = self.code.len();
        self.labels[label.0 as usize] = self.last_label as u32;
    }

    /// Appends an instruction that does not jump.
    #[inline]
    pub fn emit(&mut self, opcode: Opcode, oparg: u32, location: Position) {
        if self.code.len() < self.code.capacity() {
            self.code.push(Instr::new(opcode, oparg, location));
        } else {
            self.make_room_and_emit(opcode, oparg, location);
        }
    }

    /// On its own, so that what emits instructions has no registers to save.
    #[cold]
    #[inline(never)]
    fn make_room_and_emit(&mut self, opcode: Opcode, oparg: u32, location: Position) {
        const FEW: usize = 128;
        self.code.reserve(FEW);
        self.code.push(Instr::new(opcode, oparg, location));
    }

    /// Appends the load of the global that `names` holds at an index. A `PUSH_NULL` before it becomes part of it: CPython
    /// leaves that to its peephole optimiser, and so does this if tracing might have to stop at the `PUSH_NULL`.
    #[inline(never)]
    pub fn emit_load_global(&mut self, index: u32, location: Position) {
        let end = self.code.len();
        if let Some(last) = self.code.last_mut()
            && last.opcode == Opcode::PushNull
            && self.last_label != end
        {
            if last.location.lineno() == location.lineno() {
                *last = Instr::new(Opcode::LoadGlobal, index << 1 | 1, location);
                return;
            }
            self.has_null_to_merge = true;
        }
        self.emit(Opcode::LoadGlobal, index << 1, location);
    }

    /// Appends a jump or a `SETUP_*` pseudo-instruction.
    #[inline]
    pub fn emit_jump(&mut self, opcode: Opcode, target: Label, location: Position) {
        self.emit(opcode, target.0, location);
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.code.clear();
        self.labels.clear();
        self.last_label = 0;
        self.has_null_to_merge = false;
    }

    /// Inserts a jump or a `SETUP_*` pseudo-instruction before everything else; labels move with what they mark.
    pub fn insert_first(&mut self, opcode: Opcode, target: Label, location: Position) {
        self.code.insert(0, Instr::new(opcode, target.0, location));
        for position in &mut self.labels {
            if *position != UNPLACED {
                *position += 1;
            }
        }
        self.last_label += 1;
    }
}

/// A constant as a key: equal when the compiler may merge the two (CPython's `_PyCode_ConstantKey`).
///
/// Not a number equals nothing, as each evaluation makes another object.
#[derive(Clone, Debug)]
pub(crate) struct ConstantKey(pub(crate) Constant);

impl PartialEq for ConstantKey {
    fn eq(&self, other: &Self) -> bool {
        may_merge(&self.0, &other.0)
    }
}

impl Eq for ConstantKey {}

fn holds_nan(constant: &Constant) -> bool {
    match constant {
        Constant::Float(value) => value.is_nan(),
        Constant::Complex(real, imag) => real.is_nan() || imag.is_nan(),
        Constant::Tuple(items) | Constant::FrozenSet(items) => items.iter().any(holds_nan),
        _ => false,
    }
}

impl Hash for ConstantKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(hash_of(&self.0));
    }
}

/// A hash of a constant. Constants that may be merged have the same.
fn hash_of(constant: &Constant) -> u32 {
    match constant {
        Constant::None => 1,
        Constant::Bool(value) => 2 + u32::from(*value),
        Constant::Ellipsis => 4,
        Constant::Int(value) => mix(*value as u64),
        Constant::BigInt(value) => {
            value.iter_u64_digits().fold(0, |hash, digit| mix(u64::from(hash) ^ digit))
        }
        Constant::Float(value) => mix(value.to_bits()),
        Constant::Complex(real, imag) => mix(u64::from(mix(real.to_bits())) ^ imag.to_bits()),
        Constant::Str(text) => text.hash_value(),
        Constant::Bytes(bytes) => hash_bytes(bytes),
        Constant::Tuple(items) | Constant::FrozenSet(items) => {
            items.iter().fold(0, |hash, item| mix(u64::from(hash) << 32 | u64::from(hash_of(item))))
        }
        // Equal code objects are rare (a `finally` body is compiled twice), and so are different ones of the same name
        // and line. The end of the line table tells those apart.
        Constant::Code(code) => {
            let columns = code.linetable.last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
            mix(columns ^ u64::from(code.name.hash_value()) << 32 ^ u64::from(code.firstlineno as u32))
        }
    }
}

/// So many slots there are for each constant: nearly every one is in the first slot where it is looked for, or that one is empty.
const SLOTS_PER_CONSTANT: usize = 4;

/// Each bit of the upper half of the product depends on all bits of the word, whose own upper half is folded in first.
#[inline]
fn mix(word: u64) -> u32 {
    ((word ^ word >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// The constants of one code unit in the order in which they were first added.
#[derive(Clone, Debug)]
pub(crate) struct ConstantTable {
    items: Vec<Constant>,
    /// The hashes of the items.
    hashes: Vec<u32>,
    /// The place of `None`, which most blocks use.
    none: Option<u32>,
    /// Open addressing by hash: the constant's place plus `base`. What is less than `base` is from before the table was
    /// cleared. There is a power of two of them, or none yet.
    slots: Vec<u32>,
    /// Never 0, which empty slots have.
    base: u32,
}

/// Nearly every constant is in the first slot where it is looked for, or that one is empty.
const SLOTS_PER_CONSTANT: usize = 4;

impl Default for ConstantTable {
    fn default() -> Self {
        ConstantTable { items: Vec::new(), hashes: Vec::new(), none: None, slots: Vec::new(), base: 1 }
    }
}

/// Whether the compiler may make one constant of two (CPython's `_PyCode_ConstantKey`). Not a number equals nothing, as
/// each evaluation makes another object.
fn may_merge(a: &Constant, b: &Constant) -> bool {
    a == b && !holds_nan(a)
}

impl ConstantTable {
    /// The index of `None`, which is added if it is not there.
    #[inline]
    pub fn insert_none(&mut self) -> u32 {
        match self.none {
            Some(place) => place,
            None => {
                let place = self.insert_other(Constant::None);
                self.none = Some(place);
                place
            }
        }
    }

    /// The index of a constant, which is added if none is equal to it by type and value.
    #[inline]
    pub fn insert(&mut self, constant: Constant) -> u32 {
        match constant {
            Constant::None => self.insert_none(),
            constant => self.insert_other(constant),
        }
    }

    #[inline(never)]
    fn insert_other(&mut self, constant: Constant) -> u32 {
        let hash = hash_of(&constant);
        let place = self.hashes.len();
        if SLOTS_PER_CONSTANT * place >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let known = self.slots[at].wrapping_sub(self.base);
            let Some(&known_hash) = self.hashes.get(known as usize) else { break };
            if known_hash == hash && may_merge(&self.items[known as usize], &constant) {
                return known;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = self.base + place as u32;
        if place == 0 {
            // The optimiser has taken the list of the block before.
            self.items = Vec::with_capacity(16);
        }
        self.items.push(constant);
        self.hashes.push(hash);
        place as u32
    }

    #[cold]
    fn grow(&mut self) {
        const FIRST_SLOTS: usize = 128;
        self.slots = vec![0; (2 * self.slots.len()).max(FIRST_SLOTS)];
        self.hashes.reserve(self.slots.len() / SLOTS_PER_CONSTANT - self.hashes.len());
        let mask = self.slots.len() - 1;
        for (place, hash) in (self.base..).zip(&self.hashes) {
            let mut at = *hash as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = place;
        }
    }

    /// The constants in order.
    pub fn items(&self) -> &[Constant] {
        &self.items
    }

    /// Takes the constants out.
    pub fn take_items(&mut self) -> Vec<Constant> {
        std::mem::take(&mut self.items)
    }

    /// Drops everything.
    pub fn clear(&mut self) {
        self.items.clear();
        self.base += self.hashes.len() as u32;
        self.hashes.clear();
        self.none = None;
    }
}

/// Memory that the blocks of a module use one after the other.
#[derive(Default)]
pub(crate) struct Workspace {
    graph: Graph,
    assembly: assemble::Scratch,
}

/// A code block whose code is being generated (CPython's `_PyCompile_CodeUnitMetadata` and its instructions).
#[derive(Debug, Default)]
pub(crate) struct CodeUnit {
    /// The block's name.
    pub name: NameId,
    /// The block's dotted name within its module, where it is another one.
    pub qualname: Option<Text>,
    /// What has been generated.
    pub instructions: InstructionSequence,
    /// What `LOAD_CONST` and the like index. The first one stays even when no instruction uses it, since it may
    /// be the docstring.
    pub consts: ConstantTable,
    /// What `LOAD_NAME`, `LOAD_ATTR` and the like index.
    pub names: IdTable,
    /// Parameters, then other fast locals.
    pub varnames: IdTable,
    /// Cell variables, arguments among them; the oparg of the `*_DEREF` instructions counts these first …
    pub cellvars: IdTable,
    /// … and then these: the oparg of a free variable is its index here plus the number of `cellvars`.
    pub freevars: IdTable,
    /// Those of `varnames` that are locals of an inlined comprehension only (PEP 709), hence hidden from
    /// `locals()`. May hold other names too; they count for nothing.
    pub fasthidden: IdTable,
    /// Positional parameters, positional-only ones included.
    pub argcount: u32,
    /// Positional-only parameters.
    pub posonlyargcount: u32,
    /// Keyword-only parameters.
    pub kwonlyargcount: u32,
    /// All parameters, `*args` and `**kwargs` included: the length of the symbol table's `ste_varnames`. They come
    /// first in `varnames` and are initialised when the block starts.
    pub nparams: u32,
    /// `co_flags`, see [`pvm_pycfile::code::code_flags`].
    pub flags: u32,
    /// First line of the block, counted from 1.
    pub firstlineno: i32,
}

impl CodeUnit {
    /// Makes it one of a block of which nothing has been generated.
    pub fn restart(&mut self, name: NameId, firstlineno: i32) {
        self.name = name;
        self.qualname = None;
        self.instructions.clear();
        self.consts.clear();
        for table in [
            &mut self.names,
            &mut self.varnames,
            &mut self.cellvars,
            &mut self.freevars,
            &mut self.fasthidden,
        ] {
            table.clear();
        }
        (self.argcount, self.posonlyargcount, self.kwonlyargcount) = (0, 0, 0);
        (self.nparams, self.flags) = (0, 0);
        self.firstlineno = firstlineno;
    }
}

/// Optimises and assembles a unit. Its last instructions must return already (CPython's `add_return_at_end`). What is left
/// of it is of no use.
pub(crate) fn finish(
    unit: &mut CodeUnit,
    workspace: &mut Workspace,
    names: &Names,
    filename: &Text,
) -> Result<Arc<CodeObject>, CompileError> {
    let Workspace { graph, assembly } = workspace;
    graph.fill(&mut unit.instructions)?;
    let consts = flowgraph::optimize(graph, unit)?;
    assemble::assemble(unit, graph, consts, assembly, names, filename)
}
