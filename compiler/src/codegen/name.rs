//! Names: which instruction reads, binds or deletes one, by where it lives.

use super::Generator;
use crate::Result;
use crate::names::NameId;
use crate::symtable::{BlockKind, NameScope};
use pvm_pycfile::{Location, Opcode};
use rustpython_ast::ExprContext;

impl Generator<'_> {
    pub(super) fn load_name(&mut self, name: NameId, location: Location) -> Result {
        self.name(name, ExprContext::Load, location)
    }

    pub(super) fn store_name(&mut self, name: NameId, location: Location) -> Result {
        self.name(name, ExprContext::Store, location)
    }

    pub(super) fn delete_name(&mut self, name: NameId, location: Location) -> Result {
        self.name(name, ExprContext::Del, location)
    }

    /// Names that cannot be bound.
    pub(super) fn check_forbidden(&self, name: NameId, context: ExprContext, location: Location) -> Result {
        if name != NameId::DEBUG {
            return Ok(());
        }
        match context {
            ExprContext::Load => Ok(()),
            ExprContext::Store => self.error("cannot assign to __debug__", location),
            ExprContext::Del => self.error("cannot delete __debug__", location),
        }
    }

    pub(super) fn name(&mut self, name: NameId, context: ExprContext, location: Location) -> Result {
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
                    self.unit.cellvars.insert(mangled)
                } else {
                    self.unit.freevars.insert(mangled) + self.unit.cellvars.len() as u32
                };
                self.op_arg(opcode, index, location);
            }
            NameScope::Local if function_like || self.is_fast_hidden(mangled) => {
                let opcode = match context {
                    Load => Opcode::LoadFast,
                    Store => Opcode::StoreFast,
                    Del => Opcode::DeleteFast,
                };
                let index = self.unit.varnames.insert(mangled);
                self.op_arg(opcode, index, location);
            }
            place @ (NameScope::GlobalImplicit | NameScope::GlobalExplicit)
                if function_like || place == NameScope::GlobalExplicit =>
            {
                let opcode = match context {
                    Load if sees_class && place == NameScope::GlobalImplicit => {
                        self.load_classdict(location);
                        Opcode::LoadFromDictOrGlobals
                    }
                    Load => return self.load_global(mangled, location),
                    Store => Opcode::StoreGlobal,
                    Del => Opcode::DeleteGlobal,
                };
                let index = self.unit.names.insert(mangled);
                self.op_arg(opcode, index, location);
            }
            _ => {
                let opcode = match context {
                    Load if in_class && in_comprehension => return self.load_global(mangled, location),
                    Load => Opcode::LoadName,
                    Store => Opcode::StoreName,
                    Del => Opcode::DeleteName,
                };
                let index = self.unit.names.insert(mangled);
                self.op_arg(opcode, index, location);
            }
        }
        Ok(())
    }

    fn load_global(&mut self, mangled: NameId, location: Location) -> Result {
        let index = self.unit.names.insert(mangled);
        self.unit.instructions.emit_load_global(index, location);
        Ok(())
    }

    /// Pushes the namespace of the class around an annotation scope.
    fn load_classdict(&mut self, location: Location) {
        let index = self.unit.freevars.insert(NameId::CLASSDICT) + self.unit.cellvars.len() as u32;
        self.op_arg(Opcode::LoadDeref, index, location);
    }

    /// Whether a name is a fast local for the time being, though its block is a module or class.
    fn is_fast_hidden(&self, name: NameId) -> bool {
        self.unit.inlined_comprehensions > 0
            && self.unit.fast_hidden.iter().any(|(hidden, active)| *active && *hidden == name)
    }

    /// Appends an instruction whose oparg is a name. `LOAD_METHOD` and the super pseudo-instructions become the
    /// real ones, whose oparg has flags in its low bits.
    pub(super) fn name_op(&mut self, opcode: Opcode, name: NameId, location: Location) {
        let mangled = self.mangle(name);
        let index = self.unit.names.insert(mangled);
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
