//! Symbol tables: for each block of a module the names it uses, and where each of them lives.
//!
//! Two passes, as in CPython's `symtable.c`: [`build`] walks the tree and records for each name how its block
//! uses it; [`analyze`] walks the blocks and decides which names are local, global, free or cells.
//! What the parser has noted of names ([`pvm_parser::uses`]) spares the first one most statements.
//! Comprehensions that will be inlined (PEP 709) are merged into the blocks around them by the second.

mod analyze;
mod build;

use crate::Result;
use crate::fold::Folder;
use crate::lines::Lines;
use crate::names::{NameId, Names};
use pvm_parser::Literals;
use pvm_pycfile::Location;
use rustc_hash::FxHashMap;
use rustpython_ast::Mod;

/// Bits of a symbol's flags, with the numbers that the module `_symtable` shows.
pub mod symbol_flags {
    /// A `global` statement names it.
    pub const DEF_GLOBAL: u32 = 1;
    /// The block binds it.
    pub const DEF_LOCAL: u32 = 2;
    /// It is a parameter.
    pub const DEF_PARAM: u32 = 2 << 1;
    /// A `nonlocal` statement names it.
    pub const DEF_NONLOCAL: u32 = 2 << 2;
    /// The block reads it.
    pub const USE: u32 = 2 << 3;
    /// It is free in a method of this class, and also a name of the class itself.
    pub const DEF_FREE_CLASS: u32 = 2 << 5;
    /// An import binds it.
    pub const DEF_IMPORT: u32 = 2 << 6;
    /// It is annotated.
    pub const DEF_ANNOT: u32 = 2 << 7;
    /// It is the iteration variable of a comprehension.
    pub const DEF_COMP_ITER: u32 = 2 << 8;
    /// It is a type parameter.
    pub const DEF_TYPE_PARAM: u32 = 2 << 9;
    /// It is a cell in a comprehension that was inlined into this block.
    pub const DEF_COMP_CELL: u32 = 2 << 10;
    /// The block gives it a value.
    pub const DEF_BOUND: u32 = DEF_LOCAL | DEF_PARAM | DEF_IMPORT;
    /// Where in the flags the [`NameScope`](super::NameScope) stands.
    pub const SCOPE_OFFSET: u32 = 12;
    /// The width of the scope, as a mask.
    pub const SCOPE_MASK: u32 = 15;
}

/// Where a name lives, as seen from one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NameScope {
    /// The block does not know the name.
    Unknown = 0,
    /// A local variable, or in a class or module an entry of its namespace.
    Local = 1,
    /// Global because a `global` statement says so.
    GlobalExplicit = 2,
    /// Global because no block around binds it.
    GlobalImplicit = 3,
    /// Bound by a function around this block.
    Free = 4,
    /// Bound here and used by a block within.
    Cell = 5,
}

impl NameScope {
    /// The scope in a symbol's flags.
    pub const fn from_flags(flags: u32) -> NameScope {
        match flags >> symbol_flags::SCOPE_OFFSET & symbol_flags::SCOPE_MASK {
            1 => NameScope::Local,
            2 => NameScope::GlobalExplicit,
            3 => NameScope::GlobalImplicit,
            4 => NameScope::Free,
            5 => NameScope::Cell,
            _ => NameScope::Unknown,
        }
    }
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BlockKind {
    /// A function, lambda or comprehension.
    Function = 0,
    /// A class.
    Class = 1,
    /// The module.
    Module = 2,
    /// An annotation that is not evaluated (`from __future__ import annotations`).
    Annotation = 3,
    /// The bound of a type variable.
    TypeVarBound = 4,
    /// The value of a `type` statement.
    TypeAlias = 5,
    /// The type parameters of a function, class or alias.
    TypeParam = 6,
}

/// Which comprehension a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// `[…]`
    List,
    /// `{…: …}`
    Dict,
    /// `{…}`
    Set,
    /// `(…)`
    Generator,
}

/// A block of a [`SymbolTable`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScopeId(u32);

impl ScopeId {
    /// The module's block.
    pub const MODULE: ScopeId = ScopeId(0);
}

/// One block.
#[derive(Debug)]
pub struct Scope {
    /// The block's name: a function's or class's own, else `top`, `lambda`, `genexpr` and the like.
    pub name: NameId,
    /// What it is.
    pub kind: BlockKind,
    /// Its names, in the order in which they were met.
    pub symbols: Symbols,
    /// The blocks within.
    pub children: Vec<ScopeId>,
    /// `global` and `nonlocal` statements, for errors.
    directives: Vec<(NameId, Location)>,
    /// Which comprehension, if it is one.
    pub comprehension: Option<ComprehensionKind>,
    /// Within a function.
    pub nested: bool,
    /// Has free variables.
    pub free: bool,
    /// A block within has.
    pub child_free: bool,
    /// Yields.
    pub generator: bool,
    /// Awaits, or is an `async def`.
    pub coroutine: bool,
    /// Has `*args`.
    pub varargs: bool,
    /// Has `**kwargs`.
    pub varkeywords: bool,
    /// Returns a value somewhere.
    pub returns_value: bool,
    /// A class whose methods use `__class__`.
    pub needs_class_closure: bool,
    /// A class with annotation scopes within that look names up in its namespace.
    pub needs_classdict: bool,
    /// A comprehension that is compiled into the block around it.
    pub comp_inlined: bool,
    /// An annotation scope that sees the names of the class around it.
    pub can_see_class_scope: bool,
    /// Set while the target of a comprehension is visited.
    comp_iter_target: bool,
    /// Not zero while the iterable of a comprehension is visited.
    comp_iter_expr: u32,
    /// Where the block stands.
    pub location: Location,
}

impl Scope {
    /// Whether names bound here are visible in blocks within.
    pub fn is_function_like(&self) -> bool {
        matches!(
            self.kind,
            BlockKind::Function | BlockKind::TypeVarBound | BlockKind::TypeAlias | BlockKind::TypeParam
        )
    }

    /// Its parameters in the order of a code object's variables, which is that in which they were added.
    pub fn parameters(&self) -> impl Iterator<Item = NameId> {
        let is_parameter = |flags: &u32| flags & symbol_flags::DEF_PARAM != 0;
        self.symbols.entries().iter().filter(move |(_, flags)| is_parameter(flags)).map(|(name, _)| *name)
    }

    /// A name's flags, 0 where the block does not know it.
    #[inline]
    pub fn flags(&self, name: NameId) -> u32 {
        self.symbols.get(name).unwrap_or(0)
    }

    /// Where a name lives.
    #[inline]
    pub fn scope_of(&self, name: NameId) -> NameScope {
        NameScope::from_flags(self.flags(name))
    }
}

/// Names and their flags, in order of insertion.
#[derive(Debug, Default)]
pub struct Symbols {
    entries: Vec<(NameId, u32)>,
    /// The [`NameId::bit`]s of the names: most names that are not there are known by them.
    bits: u64,
    /// The names' positions. Made when a linear search would take long.
    index: Option<Box<FxHashMap<NameId, usize>>>,
}

/// Up to so many symbols are searched one by one.
const SEARCHED_SYMBOLS: usize = 32;

impl Symbols {
    #[inline]
    fn position(&self, name: NameId) -> Option<usize> {
        if self.bits & name.bit() == 0 { None } else { self.search(name) }
    }

    #[inline(never)]
    fn search(&self, name: NameId) -> Option<usize> {
        match &self.index {
            None => self.entries.iter().position(|(known, _)| *known == name),
            Some(index) => index.get(&name).copied(),
        }
    }

    /// A name's flags.
    #[inline]
    pub fn get(&self, name: NameId) -> Option<u32> {
        self.position(name).map(|position| self.entries[position].1)
    }

    /// Sets a name's flags; a new name goes last.
    pub fn set(&mut self, name: NameId, flags: u32) {
        *self.entry(name) = flags;
    }

    /// A name's flags, to be changed. A new name goes last, without flags.
    #[inline]
    pub fn entry(&mut self, name: NameId) -> &mut u32 {
        let position = self.position_or_insert(name);
        self.flags_at(position)
    }

    /// A name's position. A new name goes last, without flags.
    #[inline]
    fn position_or_insert(&mut self, name: NameId) -> usize {
        match self.position(name) {
            Some(position) => position,
            None => self.push(name),
        }
    }

    #[inline]
    fn flags_at(&mut self, position: usize) -> &mut u32 {
        &mut self.entries[position].1
    }

    #[inline]
    fn push(&mut self, name: NameId) -> usize {
        let position = self.entries.len();
        if position == 0 {
            self.entries = Vec::with_capacity(16);
        }
        self.entries.push((name, 0));
        self.bits |= name.bit();
        if position >= SEARCHED_SYMBOLS {
            self.extend_index(position);
        }
        position
    }

    /// Adds the names from a position on to the index, or all if there is none yet.
    #[inline(never)]
    fn extend_index(&mut self, position: usize) {
        let names = self.entries.iter().map(|(name, _)| *name).zip(0..);
        match &mut self.index {
            Some(index) => index.extend(names.skip(position)),
            None => {
                let mut index = FxHashMap::with_capacity_and_hasher(4 * SEARCHED_SYMBOLS, Default::default());
                index.extend(names);
                self.index = Some(Box::new(index));
            }
        }
    }

    /// The names that were taken out of here, with others behind them. `bits` are those of the others.
    fn put_back(&mut self, entries: Vec<(NameId, u32)>, n_known: usize, bits: u64) {
        self.entries = entries;
        self.bits |= bits;
        if self.entries.len() > SEARCHED_SYMBOLS.max(n_known) {
            self.extend_index(n_known);
        }
    }

    /// All names with their flags.
    pub fn entries(&self) -> &[(NameId, u32)] {
        &self.entries
    }
}

/// The part of the tree that opens a block. Looked up by a node's address: statements and what expressions hold in boxes
/// do not move between the symbol table and code generation. (Folding may move an expression itself.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BlockKey(usize, KeyKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum KeyKind {
    Node,
    TypeParams,
}

impl BlockKey {
    /// The block of a function, class, type alias, type variable's bound; that of a lambda by its body, and that of a
    /// comprehension by its element.
    pub(crate) fn node<T>(node: &T) -> BlockKey {
        BlockKey(std::ptr::from_ref(node).addr(), KeyKind::Node)
    }

    /// The block of the type parameters that a statement has. It differs in kind from the statement's own, since
    /// a field may have its statement's address.
    pub(crate) fn type_params<T>(statement: &T) -> BlockKey {
        BlockKey(std::ptr::from_ref(statement).addr(), KeyKind::TypeParams)
    }
}

/// Up to this depth, as the parser counts, statements that are not unusual ([`Contents`](pvm_parser::uses::Contents)) nest less
/// than is allowed: one level of the parser's is less than 70 of the tree in them.
const DEPTH_BY_USES: u32 = 40;

/// The symbol table of a module.
#[derive(Debug)]
pub struct SymbolTable {
    /// The text of all names.
    pub names: Names,
    scopes: Vec<Scope>,
    blocks: FxHashMap<BlockKey, ScopeId>,
}

impl SymbolTable {
    /// Builds and analyses the table of a module as it was written.
    pub(crate) fn new(module: &Mod, lines: &Lines<'_>, future_annotations: bool) -> Result<SymbolTable> {
        let mut table =
            build::build(&mut module.clone(), &Literals::default(), lines, future_annotations, None, false)?;
        analyze::analyze(&mut table)?;
        Ok(table)
    }

    /// Folds a module, builds and analyses its table. `depth` is an upper bound of the parser's for the tree's depth, or 0.
    pub(crate) fn folding(
        module: &mut Mod,
        lines: &Lines<'_>,
        future_annotations: bool,
        folder: &mut Folder<'_>,
        depth: u32,
    ) -> Result<SymbolTable> {
        let literals = folder.literals();
        let by_uses = (1..=DEPTH_BY_USES).contains(&depth);
        let mut table = match build::build(module, literals, lines, future_annotations, Some(folder), by_uses)
        {
            Ok(table) => table,
            // CPython folds all before it begins with the table: that the tree nests too deep comes first. And the order
            // in which a walk by uses sees names is not CPython's: what is wrong, if anything, a walk over the tree says.
            Err(_) => {
                folder.module(module)?;
                build::build(module, literals, lines, future_annotations, None, false)?
            }
        };
        analyze::analyze(&mut table)?;
        Ok(table)
    }

    /// A block.
    #[inline]
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    #[inline]
    pub(crate) fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }

    /// All blocks, the module's first.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The block that a node opens.
    pub(crate) fn lookup(&self, key: BlockKey) -> Option<ScopeId> {
        self.blocks.get(&key).copied()
    }
}
