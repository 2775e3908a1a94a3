//! Blocks: opening one, finishing it, and making a function of its code.

use super::frame_block::FrameBlock;
use super::name::View;
use super::{Generator, function_flags, line_start};
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::{NameScope, Scope, ScopeId, symbol_flags};
use crate::unit::{self, CodeUnit, ConstantTable, IdTable, InstructionSequence};
use crate::{Result, system_error};
use pvm_pycfile::{CodeObject, Constant, Opcode, Text};
use std::sync::Arc;

/// What kind of block a unit compiles. It differs from the symbol table's kind: a `type` statement's value counts
/// as a function here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum UnitKind {
    #[default]
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    TypeParams,
}

/// A block that is being compiled.
#[derive(Debug, Default)]
pub(super) struct Unit<'a> {
    pub scope: ScopeId,
    pub kind: UnitKind,
    pub name: NameId,
    /// None for a module.
    pub qualname: Option<Text>,
    /// What the qualified names of blocks within begin with. Empty until there is one.
    prefix: String,
    /// Tells what is known of names in this block from what is known of them in others.
    pub view: View,
    /// The class whose name mangles private names.
    pub class: Option<NameId>,
    pub instructions: InstructionSequence,
    pub consts: ConstantTable,
    pub names: IdTable,
    pub varnames: IdTable,
    pub cellvars: IdTable,
    pub freevars: IdTable,
    /// Names that are fast locals of an inlined comprehension in a module or class; `true` while it is compiled.
    pub fast_hidden: Vec<(NameId, bool)>,
    pub argcount: usize,
    pub posonlyargcount: usize,
    pub kwonlyargcount: usize,
    pub firstlineno: i32,
    /// Open loops, `try` and `with` statements.
    pub frame_blocks: Vec<FrameBlock<'a>>,
    /// How many inlined comprehensions are open.
    pub inlined_comprehensions: u32,
}

impl Unit<'_> {
    /// The qualified name of a block within.
    fn qualified(&mut self, name: &Text) -> Text {
        if self.prefix.is_empty() {
            let own = self.qualname.as_ref().and_then(Text::as_str).unwrap_or_default();
            let is_function =
                matches!(self.kind, UnitKind::Function | UnitKind::AsyncFunction | UnitKind::Lambda);
            self.prefix = [own, if is_function { ".<locals>." } else { "." }].concat();
        }
        let len = self.prefix.len();
        self.prefix.push_str(name.as_str().unwrap_or_default());
        let qualified = Text::from(self.prefix.as_str());
        self.prefix.truncate(len);
        qualified
    }
}

/// A block's code, and the names that the block takes from those around it.
pub(super) struct Finished {
    pub code: CodeObject,
    freevars: Vec<NameId>,
}

impl<'a> Generator<'a> {
    /// Starts a block within the current one.
    pub(super) fn enter_scope(
        &mut self,
        name: NameId,
        kind: UnitKind,
        scope: ScopeId,
        lineno: i32,
    ) -> Result {
        let instructions = self.workspace.sequence();
        let view = self.known.new_view();
        let symbols = self.table.scope(scope);
        let (cellvars, freevars) = self.cells_and_free(symbols);
        let mut unit = Unit {
            scope,
            kind,
            name,
            view,
            firstlineno: lineno,
            class: self.unit.class,
            cellvars,
            freevars,
            instructions,
            ..Unit::default()
        };
        if symbols.needs_class_closure {
            unit.cellvars.insert(NameId::CLASS);
        }
        if symbols.needs_classdict {
            unit.cellvars.insert(NameId::CLASSDICT);
        }
        for name in &symbols.varnames {
            unit.varnames.insert(*name);
        }
        let around = std::mem::replace(&mut self.unit, unit);
        if self.nesting > 0 {
            self.around.push(around);
        }
        self.nesting += 1;
        let mut location = line_start(lineno);
        if kind == UnitKind::Module {
            location = location.with_lineno(0);
        } else {
            self.set_qualname();
        }
        self.op_arg(Opcode::Resume, 0, location);
        Ok(())
    }

    /// The cells and the free variables of a block.
    fn cells_and_free(&self, scope: &Scope) -> (IdTable, IdTable) {
        use symbol_flags::{DEF_COMP_CELL, DEF_FREE_CLASS};
        let is_cell = |flags| NameScope::from_flags(flags) == NameScope::Cell || flags & DEF_COMP_CELL != 0;
        let is_free = |flags| NameScope::from_flags(flags) == NameScope::Free || flags & DEF_FREE_CLASS != 0;
        let entries = scope.symbols.entries();
        // Most blocks have neither.
        if !entries.iter().any(|(_, flags)| is_cell(*flags) || is_free(*flags)) {
            return <(IdTable, IdTable)>::default();
        }
        (self.sorted(entries, is_cell), self.sorted(entries, is_free))
    }

    /// The names with such flags in the order of their text: cells and free variables have it.
    fn sorted(&self, entries: &[(NameId, u32)], belongs: impl Fn(u32) -> bool) -> IdTable {
        let mut names: Vec<NameId> =
            entries.iter().filter(|(_, flags)| belongs(*flags)).map(|(name, _)| *name).collect();
        // UTF-8 sorts as code points do.
        names.sort_unstable_by(|a, b| {
            self.table.names.text(*a).as_bytes().cmp(self.table.names.text(*b).as_bytes())
        });
        names.into_iter().collect()
    }

    fn set_qualname(&mut self) {
        let parent = self.named_parent();
        let name = self.table.names.text(self.unit.name);
        let qualname = match parent {
            Some(parent) => self.around[parent].qualified(name),
            None => name.clone(),
        };
        self.unit.qualname = Some(qualname);
    }

    /// The place in `around` of the block whose name stands before this block's in its qualified name.
    fn named_parent(&mut self) -> Option<usize> {
        let mut place = self.around.len().checked_sub(1)?;
        if place > 0 && self.around[place].kind == UnitKind::TypeParams {
            place -= 1;
        }
        if place == 0 {
            return None;
        }
        let parent = &self.around[place];
        if matches!(self.unit.kind, UnitKind::Function | UnitKind::AsyncFunction | UnitKind::Class) {
            let mangled = self.table.names.mangle(parent.class, self.unit.name);
            if self.table.scope(parent.scope).scope_of(mangled) == NameScope::GlobalExplicit {
                return None;
            }
        }
        Some(place)
    }

    /// Ends the current block: the one around it is current again.
    pub(super) fn finish_scope(&mut self, returns_none: bool) -> Result<Finished> {
        let flags = self.code_flags();
        if returns_none {
            self.load_none(Position::NONE);
        }
        self.op(Opcode::ReturnValue, Position::NONE);
        let nparams = self.scope().varnames.len() as u32;

        let around = self.around.pop().unwrap_or_default();
        let unit = std::mem::replace(&mut self.unit, around);
        self.nesting -= 1;
        let name = self.table.names.text(unit.name).clone();
        let qualname = unit.qualname.unwrap_or_else(|| name.clone());
        let freevars = unit.freevars.ids().to_vec();
        let code_unit = CodeUnit {
            name,
            qualname,
            names: unit.names,
            varnames: unit.varnames,
            cellvars: unit.cellvars,
            freevars: unit.freevars,
            fasthidden: unit.fast_hidden.iter().map(|(name, _)| *name).collect(),
            instructions: unit.instructions,
            consts: unit.consts,
            argcount: (unit.argcount + unit.posonlyargcount) as u32,
            posonlyargcount: unit.posonlyargcount as u32,
            kwonlyargcount: unit.kwonlyargcount as u32,
            nparams,
            flags,
            firstlineno: unit.firstlineno,
        };
        let code = unit::finish(code_unit, &mut self.workspace, &self.table.names, &self.options.filename)?;
        Ok(Finished { code, freevars })
    }

    /// Where a name that a nested block needs lives in this one.
    pub(super) fn reference_scope(&self, name: NameId) -> Result<NameScope> {
        if self.unit.kind == UnitKind::Class && (name == NameId::CLASS || name == NameId::CLASSDICT) {
            return Ok(NameScope::Cell);
        }
        match self.scope().scope_of(name) {
            NameScope::Unknown => Err(system_error(format!(
                "_PyST_GetScope(name='{}') failed: unknown scope in unit {}",
                self.table.names.str(name),
                self.table.names.str(self.unit.name),
            ))),
            scope => Ok(scope),
        }
    }

    /// Makes a function of a nested block's code.
    pub(super) fn make_closure(&mut self, finished: Finished, mut flags: u32, location: Position) -> Result {
        if !finished.freevars.is_empty() {
            for name in &finished.freevars {
                let index = match self.reference_scope(*name)? {
                    NameScope::Cell => self.unit.cellvars.get(*name),
                    _ => self.free_index(*name),
                };
                let Some(index) = index else {
                    return Err(system_error(format!(
                        "compiler_lookup_arg(name='{}') failed in {}",
                        self.table.names.str(*name),
                        self.table.names.str(self.unit.name),
                    )));
                };
                self.op_arg(Opcode::LoadClosure, index, location);
            }
            flags |= function_flags::CLOSURE;
            self.op_arg(Opcode::BuildTuple, finished.freevars.len() as u32, location);
        }
        self.load_const(Constant::Code(Arc::new(finished.code)), location);
        self.op_arg(Opcode::MakeFunction, flags, location);
        Ok(())
    }

    /// The oparg of a free variable: free variables are numbered after the cells.
    pub(super) fn free_index(&self, name: NameId) -> Option<u32> {
        self.unit.freevars.get(name).map(|index| index + self.unit.cellvars.len() as u32)
    }
}
