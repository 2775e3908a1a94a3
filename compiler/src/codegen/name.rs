//! Names: which instruction reads, binds or deletes one, by where it lives.

use super::Generator;
use crate::Result;
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::{BlockKind, NameScope, ScopeId, SymbolTable, symbol_flags};
use pvm_pycfile::Opcode;
use rustpython_ast::ExprContext;

/// The instructions that read, bind and delete a name, and their oparg.
#[derive(Clone, Copy, Debug)]
struct Access {
    opcodes: &'static [Opcode; 3],
    index: u32,
}

const FAST: &[Opcode; 3] = &[Opcode::LoadFast, Opcode::StoreFast, Opcode::DeleteFast];

const GLOBAL: &[Opcode; 3] = &[Opcode::LoadGlobal, Opcode::StoreGlobal, Opcode::DeleteGlobal];

/// Of a global in a block that sees a class.
const CLASS_OR_GLOBAL: &[Opcode; 3] =
    &[Opcode::LoadFromDictOrGlobals, Opcode::StoreGlobal, Opcode::DeleteGlobal];

const NAME: &[Opcode; 3] = &[Opcode::LoadName, Opcode::StoreName, Opcode::DeleteName];

/// In a comprehension within a class, which does not see the class's names.
const NAME_PAST_CLASS: &[Opcode; 3] = &[Opcode::LoadGlobal, Opcode::StoreName, Opcode::DeleteName];

/// A block, for as long as names mean the same in it: until a comprehension is inlined or ends, or private names are
/// mangled in another way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct View(u32);

/// What is known of each name in the view in which it was used last. Most uses of a name follow others in the same block.
pub(super) struct KnownNames {
    /// By the name's index.
    names: Vec<Known>,
    views: u32,
}

#[derive(Clone, Copy)]
struct Known {
    /// No block has the default view.
    view: View,
    access: Access,
    /// Whether the module imports the name.
    imported: bool,
}

const NOT_KNOWN: Known = Known { view: View(0), access: Access { opcodes: NAME, index: 0 }, imported: false };

impl KnownNames {
    pub(super) fn new(table: &SymbolTable) -> Self {
        let mut names = vec![NOT_KNOWN; table.names.len()];
        for (name, flags) in table.scope(ScopeId::MODULE).symbols.entries() {
            names[name.index()].imported = flags & symbol_flags::DEF_IMPORT != 0;
        }
        KnownNames { names, views: 0 }
    }

    /// Whether the module imports the name, if only in the block itself and not in a comprehension inlined into it.
    #[inline]
    pub(super) fn is_imported(&self, name: NameId) -> bool {
        self.names.get(name.index()).is_some_and(|known| known.imported)
    }

    pub(super) fn new_view(&mut self) -> View {
        self.views += 1;
        View(self.views)
    }

    #[inline]
    fn get(&self, view: View, name: NameId) -> Option<Access> {
        self.names.get(name.index()).filter(|known| known.view == view).map(|known| known.access)
    }

    /// Remembers how a name is accessed in a view, out of so many names.
    fn learn(&mut self, view: View, name: NameId, access: Access, names: usize) {
        // This one can be forbidden to be bound.
        if name == NameId::DEBUG {
            return;
        }
        if name.index() >= self.names.len() {
            self.names.resize(names, NOT_KNOWN);
        }
        let known = &mut self.names[name.index()];
        known.view = view;
        known.access = access;
    }
}

impl Generator<'_> {
    pub(super) fn load_name(&mut self, name: NameId, location: Position) -> Result {
        self.name(name, ExprContext::Load, location)
    }

    pub(super) fn store_name(&mut self, name: NameId, location: Position) -> Result {
        self.name(name, ExprContext::Store, location)
    }

    pub(super) fn delete_name(&mut self, name: NameId, location: Position) -> Result {
        self.name(name, ExprContext::Del, location)
    }

    /// Names that cannot be bound.
    pub(super) fn check_forbidden(&self, name: NameId, context: ExprContext, location: Position) -> Result {
        if name != NameId::DEBUG {
            return Ok(());
        }
        match context {
            ExprContext::Load => Ok(()),
            ExprContext::Store => self.error("cannot assign to __debug__", location),
            ExprContext::Del => self.error("cannot delete __debug__", location),
        }
    }

    #[inline]
    pub(super) fn name(&mut self, name: NameId, context: ExprContext, location: Position) -> Result {
        match self.known.get(self.unit.view, name) {
            Some(access) => {
                self.access(access, context, location);
                Ok(())
            }
            None => self.find_name(name, context, location),
        }
    }

    #[inline]
    fn access(&mut self, access: Access, context: ExprContext, location: Position) {
        let opcode = access.opcodes[context as usize];
        if opcode == Opcode::LoadGlobal {
            self.unit.code.instructions.emit_load_global(access.index, location);
        } else {
            self.op_arg(opcode, access.index, location);
        }
    }

    /// As [`Self::name`], for a name of which nothing is known yet.
    #[inline(never)]
    fn find_name(&mut self, name: NameId, context: ExprContext, location: Position) -> Result {
        use ExprContext::{Del, Load, Store};
        self.check_forbidden(name, context, location)?;
        let mangled = self.mangle(name);
        let scope = self.scope();
        let function_like = scope.is_function_like();
        let in_class = scope.kind == BlockKind::Class;
        let sees_class = scope.can_see_class_scope;
        let in_comprehension = self.unit.inlined_comprehensions > 0;
        match scope.scope_of(mangled) {
            place @ (NameScope::Free | NameScope::Cell) => {
                let opcode = match context {
                    Load if in_class && !in_comprehension => {
                        self.op(Opcode::LoadLocals, location);
                        Opcode::LoadFromDictOrDeref
                    }
                    Load if sees_class => {
                        self.load_classdict(location);
                        Opcode::LoadFromDictOrDeref
                    }
                    Load => Opcode::LoadDeref,
                    Store => Opcode::StoreDeref,
                    Del => Opcode::DeleteDeref,
                };
                let index = if place == NameScope::Cell {
                    self.unit.code.cellvars.insert(mangled)
                } else {
                    self.unit.code.freevars.insert(mangled) + self.unit.code.cellvars.len() as u32
                };
                self.op_arg(opcode, index, location);
            }
            NameScope::Local if function_like || self.is_fast_hidden(mangled) => {
                let access = Access { opcodes: FAST, index: self.unit.code.varnames.insert(mangled) };
                self.learn(name, access);
                self.access(access, context, location);
            }
            place @ (NameScope::GlobalImplicit | NameScope::GlobalExplicit)
                if function_like || place == NameScope::GlobalExplicit =>
            {
                let index = self.unit.code.names.insert(mangled);
                let looks_in_class = sees_class && place == NameScope::GlobalImplicit;
                let access = Access { opcodes: if looks_in_class { CLASS_OR_GLOBAL } else { GLOBAL }, index };
                if !looks_in_class {
                    self.learn(name, access);
                } else if context == Load {
                    self.load_classdict(location);
                }
                self.access(access, context, location);
            }
            _ => {
                let opcodes = if in_class && in_comprehension { NAME_PAST_CLASS } else { NAME };
                let access = Access { opcodes, index: self.unit.code.names.insert(mangled) };
                self.learn(name, access);
                self.access(access, context, location);
            }
        }
        Ok(())
    }

    fn learn(&mut self, name: NameId, access: Access) {
        self.known.learn(self.unit.view, name, access, self.table.names.len());
    }

    /// Pushes the namespace of the class around an annotation scope.
    fn load_classdict(&mut self, location: Position) {
        let index = self.unit.code.freevars.insert(NameId::CLASSDICT) + self.unit.code.cellvars.len() as u32;
        self.op_arg(Opcode::LoadDeref, index, location);
    }

    /// Whether a name is a fast local for the time being, though its block is a module or class.
    fn is_fast_hidden(&self, name: NameId) -> bool {
        self.unit.inlined_comprehensions > 0
            && self.unit.fast_hidden.iter().any(|(hidden, active)| *active && *hidden == name)
    }

    /// Appends an instruction whose oparg is a name. `LOAD_METHOD` and the super pseudo-instructions become the
    /// real ones, whose oparg has flags in its low bits.
    pub(super) fn name_op(&mut self, opcode: Opcode, name: NameId, location: Position) {
        let mangled = self.mangle(name);
        let index = self.unit.code.names.insert(mangled);
        let (opcode, oparg) = match opcode {
            Opcode::LoadAttr => (Opcode::LoadAttr, index << 1),
            Opcode::LoadMethod => (Opcode::LoadAttr, index << 1 | 1),
            Opcode::LoadSuperAttr => (Opcode::LoadSuperAttr, index << 2 | 2),
            Opcode::LoadSuperMethod => (Opcode::LoadSuperAttr, index << 2 | 3),
            Opcode::LoadZeroSuperAttr => (Opcode::LoadSuperAttr, index << 2),
            Opcode::LoadZeroSuperMethod => (Opcode::LoadSuperAttr, index << 2 | 1),
            opcode => (opcode, index),
        };
        self.op_arg(opcode, oparg, location);
    }
}
