//! One code block between code generation and assembly.
//!
//! Code generation fills a [`CodeUnit`]: a flat [`InstructionSequence`] with labels, and the tables that its
//! opargs index. [`finish`] turns it into a code object: control-flow graph, optimisation, assembly.

use crate::assemble;
use crate::error::CompileError;
use crate::flowgraph::{self, Instr};
use hashbrown::HashTable;
use pvm_pycfile::{CodeObject, Constant, Location, Opcode, Text};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};

/// A jump target, valid within the sequence that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(pub u32);

/// The instructions of a code block in the order in which they were generated.
#[derive(Clone, Debug, Default)]
pub struct InstructionSequence {
    /// The oparg of a jump or a `SETUP_*` pseudo-instruction is a label's number.
    pub(crate) code: Vec<Instr>,
    /// For each label the index of the instruction that follows it; `UNPLACED` before `use_label`.
    pub(crate) labels: Vec<u32>,
}

pub(crate) const UNPLACED: u32 = u32::MAX;

impl InstructionSequence {
    /// An empty sequence.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty sequence with space for the instructions of a short function.
    pub(crate) fn with_space() -> Self {
        InstructionSequence { code: Vec::with_capacity(48), labels: Vec::new() }
    }

    /// Makes a label that is not placed yet. Labels must be made in CPython's order, since the assembler's first
    /// guess of a jump's size depends on the label's number.
    pub fn new_label(&mut self) -> Label {
        self.labels.push(UNPLACED);
        Label(self.labels.len() as u32 - 1)
    }

    /// Places a label before the instruction that is appended next. Every label that is placed starts a new
    /// basic block, whether anything jumps to it or not, and at least one instruction must follow it.
    pub fn use_label(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.code.len() as u32;
    }

    /// Appends an instruction that does not jump.
    #[inline]
    pub fn emit(&mut self, opcode: Opcode, oparg: u32, location: Location) {
        self.code.push(Instr::new(opcode, oparg, location));
    }

    /// Appends a jump or a `SETUP_*` pseudo-instruction.
    #[inline]
    pub fn emit_jump(&mut self, opcode: Opcode, target: Label, location: Location) {
        self.code.push(Instr::new(opcode, target.0, location));
    }

    /// Inserts a jump or a `SETUP_*` pseudo-instruction before everything else; labels move with what they mark.
    pub fn insert_first(&mut self, opcode: Opcode, target: Label, location: Location) {
        self.code.insert(0, Instr::new(opcode, target.0, location));
        for position in &mut self.labels {
            if *position != UNPLACED {
                *position += 1;
            }
        }
    }
}

/// Names in the order in which they were first added; an oparg is an index into it.
#[derive(Clone, Debug, Default)]
pub struct NameTable {
    names: Vec<Text>,
    /// Made when there are too many names for a linear search.
    index: FxHashMap<Text, u32>,
}

const LINEAR_SEARCH_LIMIT: usize = 24;

impl NameTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Of names that are all different.
    pub(crate) fn of_unique(names: Vec<Text>) -> Self {
        let mut table = NameTable { names, index: FxHashMap::default() };
        if table.names.len() > LINEAR_SEARCH_LIMIT {
            table.make_index();
        }
        table
    }

    fn make_index(&mut self) {
        self.index = self.names.iter().enumerate().map(|(i, name)| (name.clone(), i as u32)).collect();
    }

    /// The index of a name, which is added if it is new.
    pub fn insert(&mut self, name: &Text) -> u32 {
        if let Some(index) = self.get(name) {
            return index;
        }
        let index = self.names.len() as u32;
        self.names.push(name.clone());
        if self.names.len() == LINEAR_SEARCH_LIMIT + 1 {
            self.make_index();
        } else if self.names.len() > LINEAR_SEARCH_LIMIT {
            self.index.insert(name.clone(), index);
        }
        index
    }

    /// The index of a name.
    pub fn get(&self, name: &Text) -> Option<u32> {
        if self.names.len() <= LINEAR_SEARCH_LIMIT {
            return self.names.iter().position(|other| other == name).map(|index| index as u32);
        }
        self.index.get(name).copied()
    }

    /// Whether the name is there.
    pub fn contains(&self, name: &Text) -> bool {
        self.get(name).is_some()
    }

    /// The names in order.
    pub fn names(&self) -> &[Text] {
        &self.names
    }

    /// The names without the index.
    pub(crate) fn into_names(self) -> Vec<Text> {
        self.names
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl FromIterator<Text> for NameTable {
    fn from_iter<I: IntoIterator<Item = Text>>(names: I) -> Self {
        let mut table = NameTable::new();
        for name in names {
            table.insert(&name);
        }
        table
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
        hash_constant(&self.0, state);
    }
}

fn hash_constant<H: Hasher>(constant: &Constant, state: &mut H) {
    std::mem::discriminant(constant).hash(state);
    match constant {
        Constant::None | Constant::Ellipsis => {}
        Constant::Bool(value) => value.hash(state),
        Constant::Int(value) => value.hash(state),
        Constant::BigInt(value) => value.hash(state),
        Constant::Float(value) => value.to_bits().hash(state),
        Constant::Complex(real, imag) => (real.to_bits(), imag.to_bits()).hash(state),
        Constant::Str(value) => value.hash(state),
        Constant::Bytes(value) => value.hash(state),
        Constant::Tuple(items) | Constant::FrozenSet(items) => {
            items.len().hash(state);
            items.iter().for_each(|item| hash_constant(item, state));
        }
        // Equal code objects are rare (a `finally` body is compiled twice): its place and bytes tell enough.
        Constant::Code(code) => (&code.name, code.firstlineno, &code.code, &code.linetable).hash(state),
    }
}

/// The constants of one code unit in the order in which they were first added.
#[derive(Clone, Debug, Default)]
pub struct ConstantTable {
    items: Vec<Constant>,
    /// The places of the items, by their hashes. Made when there are too many for a linear search.
    index: HashTable<u32>,
}

/// Up to this many constants are searched one by one.
const SEARCHED_CONSTANTS: usize = 8;

fn hash_of(constant: &Constant) -> u64 {
    let mut hasher = FxHasher::default();
    hash_constant(constant, &mut hasher);
    hasher.finish()
}

fn may_merge(a: &Constant, b: &Constant) -> bool {
    a == b && !holds_nan(a)
}

impl ConstantTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// The index of a constant, which is added if none is equal to it by type and value.
    pub fn insert(&mut self, constant: Constant) -> u32 {
        let ConstantTable { items, index } = self;
        let place = items.len() as u32;
        if items.len() < SEARCHED_CONSTANTS {
            if let Some(place) = items.iter().position(|item| may_merge(item, &constant)) {
                return place as u32;
            }
            if items.is_empty() {
                items.reserve(SEARCHED_CONSTANTS);
            }
            items.push(constant);
            return place;
        }
        if index.is_empty() {
            for (place, item) in items.iter().enumerate() {
                index.insert_unique(hash_of(item), place as u32, |place| hash_of(&items[*place as usize]));
            }
        }
        let hash = hash_of(&constant);
        if let Some(place) = index.find(hash, |place| may_merge(&items[*place as usize], &constant)) {
            return *place;
        }
        items.push(constant);
        index.insert_unique(hash, place, |place| hash_of(&items[*place as usize]));
        place
    }

    /// The constants in order.
    pub fn items(&self) -> &[Constant] {
        &self.items
    }

    /// The number of constants.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The constants without the index.
    pub(crate) fn into_items(self) -> Vec<Constant> {
        self.items
    }
}

/// Makes equal constants of all code units of one module share their memory (CPython's `c_const_cache`).
/// A compiler creates one, and passes it to every call that takes one.
#[derive(Clone, Debug, Default)]
pub struct ConstantCache {
    seen: FxHashSet<ConstantKey>,
}

impl ConstantCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// The constant that stands for all that are equal to this one.
    pub fn merge(&mut self, constant: Constant) -> Constant {
        match constant {
            // These stay as they are: a string says whether it came from a name.
            Constant::Str(_) | Constant::Tuple(_) | Constant::FrozenSet(_) => return constant,
            _ => {}
        }
        self.merge_shallow(constant)
    }

    /// As [`merge`](Self::merge), for a constant whose members have been merged.
    pub(crate) fn merge_shallow(&mut self, constant: Constant) -> Constant {
        match constant {
            Constant::None
            | Constant::Bool(_)
            | Constant::Ellipsis
            | Constant::Int(_)
            | Constant::Float(_)
            | Constant::Complex(..)
            | Constant::Code(_) => return constant,
            _ => {}
        }
        let key = ConstantKey(constant);
        if let Some(seen) = self.seen.get(&key) {
            return seen.0.clone();
        }
        let constant = key.0.clone();
        self.seen.insert(key);
        constant
    }
}

/// A code block that is being compiled (CPython's `_PyCompile_CodeUnitMetadata` and its instructions).
#[derive(Clone, Debug)]
pub struct CodeUnit {
    /// The block's name.
    pub name: Text,
    /// The block's dotted name within its module.
    pub qualname: Text,
    /// What has been generated so far.
    pub instructions: InstructionSequence,
    /// What `LOAD_CONST` and the like index. The first one stays even when no instruction uses it, since it may
    /// be the docstring.
    pub consts: ConstantTable,
    /// What `LOAD_NAME`, `LOAD_ATTR` and the like index.
    pub names: NameTable,
    /// Parameters, then other fast locals.
    pub varnames: NameTable,
    /// Cell variables, arguments among them; the oparg of the `*_DEREF` instructions counts these first …
    pub cellvars: NameTable,
    /// … and then these: the oparg of a free variable is its index here plus the number of `cellvars`.
    pub freevars: NameTable,
    /// Those of `varnames` that are locals of an inlined comprehension only (PEP 709), hence hidden from
    /// `locals()`. May hold other names too; they count for nothing.
    pub fasthidden: NameTable,
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
    /// An empty unit.
    pub fn new(name: Text, qualname: Text, firstlineno: i32) -> CodeUnit {
        CodeUnit {
            name,
            qualname,
            instructions: InstructionSequence::new(),
            consts: ConstantTable::new(),
            names: NameTable::new(),
            varnames: NameTable::new(),
            cellvars: NameTable::new(),
            freevars: NameTable::new(),
            fasthidden: NameTable::new(),
            argcount: 0,
            posonlyargcount: 0,
            kwonlyargcount: 0,
            nparams: 0,
            flags: 0,
            firstlineno,
        }
    }
}

/// Optimises and assembles a unit. Its last instructions must return already (CPython's `add_return_at_end`).
pub fn finish(
    unit: CodeUnit,
    cache: &mut ConstantCache,
    filename: &Text,
) -> Result<CodeObject, CompileError> {
    let optimized = flowgraph::optimize(unit, cache)?;
    assemble::assemble(optimized, filename)
}
