//! One code block between code generation and assembly.
//!
//! Code generation fills a [`CodeUnit`]: a flat [`InstructionSequence`] with labels, and the tables that its
//! opargs index. [`finish`] turns it into a code object: control-flow graph, optimisation, assembly.

use crate::assemble;
use crate::consttable::ConstantTable;
use crate::error::CompileError;
use crate::flowgraph::{self, Graph, Instr};
use crate::idtable::IdTable;
use crate::names::{NameId, Names};
use crate::position::Position;
use pvm_pycfile::{CodeObject, Opcode, Text};
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
