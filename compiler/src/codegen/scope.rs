//! Blocks: opening one, finishing it, and making a function of its code.

use super::frame_block::FrameBlock;
use super::name::View;
use super::{Generator, function_flags, line_start};
use crate::names::{NameId, Names};
use crate::position::Position;
use crate::symtable::symbol_flags::{DEF_COMP_CELL, DEF_FREE_CLASS, DEF_GLOBAL, SCOPE_OFFSET};
use crate::symtable::{NameScope, Scope, ScopeId};
use crate::unit::{self, CodeUnit};
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
    pub code: CodeUnit,
    pub scope: ScopeId,
    pub kind: UnitKind,
    /// What the qualified names of blocks within begin with, as UTF-8. Empty until there is one.
    prefix: Vec<u8>,
    /// A `global` statement names something in this block.
    declares_globals: bool,
    /// Tells what is known of names in this block from what is known of them in others.
    pub view: View,
    /// The class whose name mangles private names.
    pub class: Option<NameId>,
    /// Names that are fast locals of an inlined comprehension in a module or class; `true` while it is compiled.
    pub fast_hidden: Vec<(NameId, bool)>,
    /// Open loops, `try` and `with` statements.
    pub frame_blocks: Vec<FrameBlock<'a>>,
    /// How many inlined comprehensions are open.
    pub inlined_comprehensions: u32,
    /// The block around this one.
    around: Option<Box<Unit<'a>>>,
}

impl Unit<'_> {
    /// The qualified name of a block within.
    fn qualified(&mut self, name: NameId, names: &Names) -> Option<Text> {
        if self.prefix.is_empty() {
            let own = self.code.qualname.as_ref().unwrap_or_else(|| names.text(self.code.name));
            self.prefix.extend_from_slice(own.as_bytes());
            let is_function =
                matches!(self.kind, UnitKind::Function | UnitKind::AsyncFunction | UnitKind::Lambda);
            self.prefix.extend_from_slice(if is_function { b".<locals>." } else { b"." });
        }
        let len = self.prefix.len();
        self.prefix.extend_from_slice(names.text(name).as_bytes());
        let qualified = Text::from_wtf8(&self.prefix);
        self.prefix.truncate(len);
        qualified
    }

    /// The block whose name stands before this block's in its qualified name: not the module.
    fn named_around(&mut self) -> Option<&mut Self> {
        let mut around = self.around.as_mut()?;
        if around.kind == UnitKind::TypeParams {
            around = around.around.as_mut()?;
        }
        if around.kind == UnitKind::Module { None } else { Some(around) }
    }
}

/// A block's code, and the names that the block takes from those around it.
pub(super) struct Finished {
    pub code: Arc<CodeObject>,
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
        let mut unit = self.spare.take().unwrap_or_default();
        self.spare = unit.around.take();
        unit.code.restart(name, lineno);
        (unit.scope, unit.kind, unit.view, unit.class) =
            (scope, kind, self.known.new_view(), self.unit.class);
        unit.prefix.clear();
        unit.fast_hidden.clear();
        unit.frame_blocks.clear();
        unit.inlined_comprehensions = 0;

        let symbols = self.table.scope(scope);
        let code = &mut unit.code;
        let all_flags = self.known.learn_block(unit.view, symbols, &mut code.varnames);
        unit.declares_globals = all_flags & DEF_GLOBAL != 0;
        code.nparams = code.varnames.len() as u32;
        // Most blocks have neither cells nor free variables. Only these two kinds of scope have this bit.
        const CELL_OR_FREE: u32 = NameScope::Cell as u32 & NameScope::Free as u32;
        const IN_CELLS: u32 = CELL_OR_FREE << SCOPE_OFFSET | DEF_COMP_CELL | DEF_FREE_CLASS;
        if all_flags & IN_CELLS != 0 || symbols.needs_class_closure || symbols.needs_classdict {
            self.find_cells_and_free(symbols, code);
        }
        let around = std::mem::replace(&mut self.unit, unit);
        self.unit.around = Some(around);
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
    #[inline(never)]
    fn find_cells_and_free(&self, scope: &Scope, code: &mut CodeUnit) {
        let is_cell = |flags| NameScope::from_flags(flags) == NameScope::Cell || flags & DEF_COMP_CELL != 0;
        let is_free = |flags| NameScope::from_flags(flags) == NameScope::Free || flags & DEF_FREE_CLASS != 0;
        let entries = scope.symbols.entries();
        code.cellvars.extend(self.sorted(entries, is_cell));
        code.freevars.extend(self.sorted(entries, is_free));
        if scope.needs_class_closure {
            code.cellvars.insert(NameId::CLASS);
        }
        if scope.needs_classdict {
            code.cellvars.insert(NameId::CLASSDICT);
        }
    }

    /// The names with such flags in the order of their text: cells and free variables have it.
    fn sorted(&self, entries: &[(NameId, u32)], belongs: impl Fn(u32) -> bool) -> Vec<NameId> {
        let mut names: Vec<NameId> =
            entries.iter().filter(|(_, flags)| belongs(*flags)).map(|(name, _)| *name).collect();
        // UTF-8 sorts as code points do.
        names.sort_unstable_by(|a, b| {
            self.table.names.text(*a).as_bytes().cmp(self.table.names.text(*b).as_bytes())
        });
        names
    }

    /// Gives the current block its dotted name, if that is not its name.
    #[inline(never)]
    fn set_qualname(&mut self) {
        let (name, kind) = (self.unit.code.name, self.unit.kind);
        let Some(around) = self.unit.named_around() else { return };
        // Such a block is named alone if it is declared global around it.
        if around.declares_globals
            && matches!(kind, UnitKind::Function | UnitKind::AsyncFunction | UnitKind::Class)
        {
            let mangled = self.table.names.mangle(around.class, name);
            if self.table.scope(around.scope).scope_of(mangled) == NameScope::GlobalExplicit {
                return;
            }
        }
        self.unit.code.qualname = around.qualified(name, &self.table.names);
    }

    /// Ends the current block: the one around it is current again.
    pub(super) fn finish_scope(&mut self, returns_none: bool) -> Result<Finished> {
        if returns_none {
            self.load_none(Position::NONE);
        }
        self.op(Opcode::ReturnValue, Position::NONE);
        let flags = self.code_flags();

        let around = self.unit.around.take().unwrap_or_default();
        let mut unit = std::mem::replace(&mut self.unit, around);
        self.nesting -= 1;
        unit.code.fasthidden.extend(unit.fast_hidden.iter().map(|(name, _)| *name));
        unit.code.flags = flags;
        let names = &self.table.names;
        let code = unit::finish(&mut unit.code, &mut self.workspace, names, &self.options.filename)?;
        let freevars = unit.code.freevars.ids().to_vec();
        unit.around = self.spare.take();
        self.spare = Some(unit);
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
                self.table.names.str(self.unit.code.name),
            ))),
            scope => Ok(scope),
        }
    }

    /// Makes a function of a nested block's code.
    pub(super) fn make_closure(&mut self, finished: Finished, mut flags: u32, location: Position) -> Result {
        if !finished.freevars.is_empty() {
            for name in &finished.freevars {
                let index = match self.reference_scope(*name)? {
                    NameScope::Cell => self.unit.code.cellvars.get(*name),
                    _ => self.free_index(*name),
                };
                let Some(index) = index else {
                    return Err(system_error(format!(
                        "compiler_lookup_arg(name='{}') failed in {}",
                        self.table.names.str(*name),
                        self.table.names.str(self.unit.code.name),
                    )));
                };
                self.op_arg(Opcode::LoadClosure, index, location);
            }
            flags |= function_flags::CLOSURE;
            self.op_arg(Opcode::BuildTuple, finished.freevars.len() as u32, location);
        }
        self.load_const(Constant::Code(finished.code), location);
        self.op_arg(Opcode::MakeFunction, flags, location);
        Ok(())
    }

    /// The oparg of a free variable: free variables are numbered after the cells.
    pub(super) fn free_index(&self, name: NameId) -> Option<u32> {
        self.unit.code.freevars.get(name).map(|index| index + self.unit.code.cellvars.len() as u32)
    }
}
