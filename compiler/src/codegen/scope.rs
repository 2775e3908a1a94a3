//! Blocks: opening one, finishing it, and making a function of its code.

use super::frame_block::FrameBlock;
use super::{Generator, function_flags, line_start};
use crate::names::NameId;
use crate::symtable::{NameScope, Scope, ScopeId, symbol_flags};
use crate::unit::{self, CodeUnit, ConstantTable, IdTable, InstructionSequence};
use crate::{Result, system_error};
use pvm_pycfile::{CodeObject, Constant, Location, Opcode, Text};
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
        let symbols = self.table.scope(scope);
        let mut unit = Unit {
            scope,
            kind,
            name,
            firstlineno: lineno,
            class: self.unit.class,
            cellvars: self.sorted(symbols, NameScope::Cell, symbol_flags::DEF_COMP_CELL),
            freevars: self.sorted(symbols, NameScope::Free, symbol_flags::DEF_FREE_CLASS),
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
            location.lineno = 0;
        } else {
            self.set_qualname();
        }
        self.op_arg(Opcode::Resume, 0, location);
        Ok(())
    }

    /// The names of a scope, or with a flag, in the order of their text: cells and free variables have it.
    fn sorted(&self, symbols: &Scope, scope: NameScope, flag: u32) -> IdTable {
        let mut names: Vec<NameId> = symbols
            .symbols
            .entries()
            .iter()
            .filter(|(_, flags)| NameScope::from_flags(*flags) == scope || flags & flag != 0)
            .map(|(name, _)| *name)
            .collect();
        // UTF-8 sorts as code points do.
        names.sort_unstable_by(|a, b| {
            self.table.names.text(*a).as_bytes().cmp(self.table.names.text(*b).as_bytes())
        });
        names.into_iter().collect()
    }

    fn set_qualname(&mut self) {
        let prefix = self.qualname_prefix();
        let name = self.table.names.text(self.unit.name);
        let qualname = match prefix {
            Some(mut qualname) => {
                qualname.push_str(name.as_str().unwrap_or_default());
                Text::from(qualname.as_str())
            }
            None => name.clone(),
        };
        self.unit.qualname = Some(qualname);
    }

    /// What stands before the block's name in its qualified name, with space for the name.
    fn qualname_prefix(&mut self) -> Option<String> {
        let (module_or_parent, depth) = (self.around.last()?, self.around.len());
        if depth <= 1 {
            return None;
        }
        let mut parent = module_or_parent;
        if parent.kind == UnitKind::TypeParams {
            if depth == 2 {
                return None;
            }
            parent = &self.around[depth - 2];
        }
        if matches!(self.unit.kind, UnitKind::Function | UnitKind::AsyncFunction | UnitKind::Class) {
            let mangled = self.table.names.mangle(parent.class, self.unit.name);
            if self.table.scope(parent.scope).scope_of(mangled) == NameScope::GlobalExplicit {
                return None;
            }
        }
        let is_function =
            matches!(parent.kind, UnitKind::Function | UnitKind::AsyncFunction | UnitKind::Lambda);
        let parent = parent.qualname.as_ref().and_then(Text::as_str).unwrap_or_default();
        let suffix = if is_function { ".<locals>." } else { "." };
        let mut prefix = String::with_capacity(parent.len() + suffix.len() + 64);
        prefix.push_str(parent);
        prefix.push_str(suffix);
        Some(prefix)
    }

    /// Ends the current block: the one around it is current again.
    pub(super) fn finish_scope(&mut self, returns_none: bool) -> Result<Finished> {
        let flags = self.code_flags();
        if returns_none {
            self.load_none(Location::NONE);
        }
        self.op(Opcode::ReturnValue, Location::NONE);
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
    pub(super) fn make_closure(&mut self, finished: Finished, mut flags: u32, location: Location) -> Result {
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
