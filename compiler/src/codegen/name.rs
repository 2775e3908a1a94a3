//! Names: which instruction reads, binds or deletes one, by where it lives.

use super::Generator;
use crate::Result;
use crate::idtable::IdTable;
use crate::names::{NameId, Names};
use crate::position::Position;
use crate::symtable::{BlockKind, NameScope, Scope, ScopeId, SymbolTable, symbol_flags};
use crate::unit::{CodeUnit, InstructionSequence};
use pvm_pycfile::Opcode;
use rustpython_ast::{ExprContext, ExprName};

/// How a name is read, bound and deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Access {
    /// As a fast local.
    Fast,
    /// As a global.
    Global,
    /// In the namespace of the block.
    Name,
    /// The same in a comprehension within a class, which does not see the class's names.
    NamePastClass,
    /// As a global in a block that sees a class.
    ClassOrGlobal,
    /// As a cell or free variable.
    Deref,
}

/// One for each [`NameScope`], as it stands in a symbol's flags.
type Accesses = [Access; symbol_flags::SCOPE_MASK as usize + 1];

impl Access {
    const IN_NAMESPACE: Accesses = {
        let mut accesses = [Access::Name; symbol_flags::SCOPE_MASK as usize + 1];
        accesses[NameScope::GlobalExplicit as usize] = Access::Global;
        accesses[NameScope::Free as usize] = Access::Deref;
        accesses[NameScope::Cell as usize] = Access::Deref;
        accesses
    };

    const IN_FUNCTION: Accesses = {
        let mut accesses = Access::IN_NAMESPACE;
        accesses[NameScope::Local as usize] = Access::Fast;
        accesses[NameScope::GlobalImplicit as usize] = Access::Global;
        accesses
    };

    /// In a block that sees the names of the class around it.
    const IN_CLASS_VIEW: Accesses = {
        let mut accesses = Access::IN_FUNCTION;
        accesses[NameScope::GlobalImplicit as usize] = Access::ClassOrGlobal;
        accesses
    };

    /// How names are accessed in a block, unless it is in a comprehension that is inlined into it.
    fn in_block(scope: &Scope) -> &'static Accesses {
        if scope.can_see_class_scope {
            &Access::IN_CLASS_VIEW
        } else if scope.is_function_like() {
            &Access::IN_FUNCTION
        } else {
            &Access::IN_NAMESPACE
        }
    }

    /// What the oparg indexes.
    #[inline]
    fn table(self, code: &mut CodeUnit) -> &mut IdTable {
        if self == Access::Fast { &mut code.varnames } else { &mut code.names }
    }

    /// The instruction for a context. What a cell needs is not so simple.
    fn opcode(self, context: ExprContext) -> Opcode {
        use Opcode::*;
        const OPCODES: [[Opcode; 3]; 6] = [
            [LoadFast, StoreFast, DeleteFast],
            [LoadGlobal, StoreGlobal, DeleteGlobal],
            [LoadName, StoreName, DeleteName],
            [LoadGlobal, StoreName, DeleteName],
            [LoadFromDictOrGlobals, StoreGlobal, DeleteGlobal],
            [LoadDeref, StoreDeref, DeleteDeref],
        ];
        OPCODES[self as usize][context as usize]
    }
}

/// A block outside or within a comprehension that is inlined into it: there names mean the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct View(u32);

/// What is known of each name in the view in which it was used last, or is to be used next.
pub(super) struct KnownNames {
    /// By the name's index.
    names: Vec<Known>,
    views: u32,
}

#[derive(Clone, Copy)]
struct Known {
    /// No block has the default view.
    view: View,
    /// The simple ones only.
    access: Access,
    /// Whether the module imports the name.
    imported: bool,
    /// Whether the name is private: of such a name it would have to be known in which class.
    private: bool,
}

impl KnownNames {
    pub(super) fn new(table: &SymbolTable) -> Self {
        let unknown = |private| Known { view: View(0), access: Access::Name, imported: false, private };
        let mut names: Vec<Known> = table.names.are_private().iter().copied().map(unknown).collect();
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

    /// Learns all names of a block that is about to be compiled in a view, and adds its parameters to its variables.
    /// Returns all flags together.
    #[inline(never)]
    pub(super) fn learn_block(&mut self, view: View, scope: &Scope, varnames: &mut IdTable) -> u32 {
        let accesses = Access::in_block(scope);
        let mut all_flags = 0;
        for (name, flags) in scope.symbols.entries() {
            all_flags |= flags;
            if flags & symbol_flags::DEF_PARAM != 0 {
                varnames.insert(*name);
            }
            let access = accesses[(flags >> symbol_flags::SCOPE_OFFSET & symbol_flags::SCOPE_MASK) as usize];
            let is_simple = !matches!(access, Access::ClassOrGlobal | Access::Deref);
            if let Some(known) = self.names.get_mut(name.index()) {
                known.view = [View(0), view][usize::from(is_simple & !known.private)];
                known.access = access;
            }
        }
        // This one can be forbidden to be bound.
        self.names[NameId::DEBUG.index()].view = View(0);
        all_flags
    }

    #[inline]
    fn get(&self, view: View, name: NameId) -> Option<Access> {
        self.names.get(name.index()).filter(|known| known.view == view).map(|known| known.access)
    }

    /// Remembers how a name is accessed in a view.
    fn learn(&mut self, view: View, name: NameId, access: Access) {
        if name != NameId::DEBUG
            && let Some(known) = self.names.get_mut(name.index())
            && !known.private
        {
            known.view = view;
            known.access = access;
        }
    }
}

/// Appends an instruction whose oparg stands for what the table of its access holds at an index.
#[inline]
fn emit(instructions: &mut InstructionSequence, opcode: Opcode, index: u32, location: Position) {
    if opcode == Opcode::LoadGlobal {
        instructions.emit_load_global(index, location);
    } else {
        instructions.emit(opcode, index, location);
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
                self.access(access, name, context, location);
                Ok(())
            }
            None => self.find_name(name, context, location),
        }
    }

    #[inline(never)]
    pub(super) fn name_expression(&mut self, node: &ExprName) -> Result {
        // Nearly all names go this way. It calls nothing that comes back, and so has no registers to save.
        if let Some(name) = Names::known_id_of(self.constants.literals(), &node.id, node.range.end())
            && let Some(access) = self.known.get(self.unit.view, name)
            && let Some(index) = access.table(&mut self.unit.code).insert_in_room(name)
            && let Some(location) = self.lines.in_last_line(node.range)
        {
            emit(&mut self.unit.code.instructions, access.opcode(node.ctx), index, location);
            return Ok(());
        }
        self.any_name_expression(node)
    }

    #[inline(never)]
    fn any_name_expression(&mut self, node: &ExprName) -> Result {
        let name = self.name_id(node);
        self.name(name, node.ctx, self.loc(node))
    }

    /// Appends a simple access to a name as it is written in code.
    fn access(&mut self, access: Access, mangled: NameId, context: ExprContext, location: Position) {
        let code = &mut self.unit.code;
        let index = access.table(code).insert(mangled);
        emit(&mut code.instructions, access.opcode(context), index, location);
    }

    /// As [`Self::name`], for a name of which nothing is known.
    #[inline(never)]
    fn find_name(&mut self, name: NameId, context: ExprContext, location: Position) -> Result {
        use ExprContext::Load;
        self.check_forbidden(name, context, location)?;
        let mangled = self.mangle(name);
        let scope = self.scope();
        let in_class = scope.kind == BlockKind::Class;
        let sees_class = scope.can_see_class_scope;
        let in_comprehension = self.unit.inlined_comprehensions > 0;
        let place = scope.scope_of(mangled);
        let mut access = Access::in_block(scope)[place as usize];
        if access == Access::Name && in_comprehension {
            if place == NameScope::Local && self.is_fast_hidden(mangled) {
                access = Access::Fast;
            } else if in_class {
                access = Access::NamePastClass;
            }
        }
        match access {
            Access::Deref => {
                let mut opcode = access.opcode(context);
                if context == Load && in_class && !in_comprehension {
                    self.op(Opcode::LoadLocals, location);
                    opcode = Opcode::LoadFromDictOrDeref;
                } else if context == Load && sees_class {
                    self.load_classdict(location);
                    opcode = Opcode::LoadFromDictOrDeref;
                }
                let index = if place == NameScope::Cell {
                    self.unit.code.cellvars.insert(mangled)
                } else {
                    self.unit.code.freevars.insert(mangled) + self.unit.code.cellvars.len() as u32
                };
                self.op_arg(opcode, index, location);
            }
            Access::ClassOrGlobal => {
                if context == Load {
                    self.load_classdict(location);
                }
                self.access(access, mangled, context, location);
            }
            _ => {
                self.known.learn(self.unit.view, name, access);
                self.access(access, mangled, context, location);
            }
        }
        Ok(())
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

    /// Appends an instruction whose oparg is a name. `LOAD_METHOD` becomes the real instruction, whose oparg has a flag in its
    /// lowest bit.
    #[inline(never)]
    pub(super) fn name_op(&mut self, opcode: Opcode, name: NameId, location: Position) {
        if self.unit.class.is_some() && self.table.names.is_private(name) {
            self.private_name_op(opcode, name, location);
        } else {
            self.mangled_name_op(opcode, name, location);
        }
    }

    #[inline(never)]
    fn private_name_op(&mut self, opcode: Opcode, name: NameId, location: Position) {
        let mangled = self.mangle(name);
        self.mangled_name_op(opcode, mangled, location);
    }

    #[inline]
    fn mangled_name_op(&mut self, opcode: Opcode, mangled: NameId, location: Position) {
        let code = &mut self.unit.code;
        let Some(index) = code.names.insert_in_room(mangled) else {
            return self.make_room_and_name_op(opcode, mangled, location);
        };
        let (opcode, oparg) = match opcode {
            Opcode::LoadAttr => (Opcode::LoadAttr, index << 1),
            Opcode::LoadMethod => (Opcode::LoadAttr, index << 1 | 1),
            opcode => (opcode, index),
        };
        code.instructions.emit(opcode, oparg, location);
    }

    #[cold]
    #[inline(never)]
    fn make_room_and_name_op(&mut self, opcode: Opcode, mangled: NameId, location: Position) {
        self.unit.code.names.make_room(mangled);
        self.mangled_name_op(opcode, mangled, location);
    }
}
