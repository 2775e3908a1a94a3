//! Code generation: from the tree to one [`CodeUnit`] per block.
//!
//! Each kind of statement and expression becomes the instructions that CPython 3.12's `compile.c` makes of it,
//! pseudo-instructions included, with the same labels and source positions: the passes that follow decide by
//! them. Nested blocks are finished first, since the code that makes a function holds the function's code.
//!
//! [`CodeUnit`]: crate::unit::CodeUnit

mod assign;
mod call;
mod check;
mod class;
mod collection;
mod comprehension;
mod condition;
mod constant;
mod exception;
mod expression;
mod frame_block;
mod function;
mod import;
mod name;
mod pattern;
mod scope;
mod statement;
mod type_params;
mod unparse;
mod with;

use crate::fold::Constants;
use crate::future::{self, Future};
use crate::lines::Lines;
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::{BlockKey, BlockKind, Scope, ScopeId, SymbolTable};
use crate::unit::{Label, Workspace};
use crate::{ALLOW_TOP_LEVEL_AWAIT, CompileWarning, Compiled, FUTURE_FLAGS, Options, Result};
use crate::{syntax_error, system_error};
use name::KnownNames;
use pvm_pycfile::code::code_flags;
use pvm_pycfile::{CodeObject, Constant, Opcode};
use rustpython_ast::{Expr, ExprAttribute, ExprName, Mod, Ranged, Stmt};
use scope::{Unit, UnitKind};
use std::sync::Arc;

/// A collection or a call with more members than this is built step by step, to bound the value stack.
const STACK_USE_GUIDELINE: usize = 30;

/// `CALL_INTRINSIC_1` opargs.
mod intrinsic_1 {
    pub const PRINT: u32 = 1;
    pub const IMPORT_STAR: u32 = 2;
    pub const STOPITERATION_ERROR: u32 = 3;
    pub const ASYNC_GEN_WRAP: u32 = 4;
    pub const UNARY_POSITIVE: u32 = 5;
    pub const LIST_TO_TUPLE: u32 = 6;
    pub const TYPEVAR: u32 = 7;
    pub const PARAMSPEC: u32 = 8;
    pub const TYPEVARTUPLE: u32 = 9;
    pub const SUBSCRIPT_GENERIC: u32 = 10;
    pub const TYPEALIAS: u32 = 11;
}

/// `CALL_INTRINSIC_2` opargs.
mod intrinsic_2 {
    pub const PREP_RERAISE_STAR: u32 = 1;
    pub const TYPEVAR_WITH_BOUND: u32 = 2;
    pub const TYPEVAR_WITH_CONSTRAINTS: u32 = 3;
    pub const SET_FUNCTION_TYPE_PARAMS: u32 = 4;
}

/// `MAKE_FUNCTION` flags: what lies on the stack below the code object.
mod function_flags {
    pub const DEFAULTS: u32 = 1;
    pub const KWDEFAULTS: u32 = 2;
    pub const ANNOTATIONS: u32 = 4;
    pub const CLOSURE: u32 = 8;
}

/// Generates code for a module whose constants have been folded.
pub(crate) fn compile(
    module: &Mod,
    table: SymbolTable,
    constants: &Constants<'_>,
    lines: &Lines<'_>,
    future: Future,
    options: &Options,
) -> Result<Compiled> {
    let flags = future.features | options.flags;
    let mut generator = Generator {
        known: KnownNames::new(&table),
        table,
        lines,
        constants,
        options,
        future_location: future.location.into(),
        flags,
        interactive: false,
        workspace: Workspace::default(),
        unit: Box::default(),
        spare: None,
        nesting: 0,
        warnings: Vec::new(),
    };
    let code = match generator.module(module) {
        Ok(code) => code,
        Err(mut error) => {
            error.warnings = generator.warnings;
            return Err(error);
        }
    };
    let identifiers = generator.table.names.complete();
    // Nobody else holds it.
    let code = Arc::unwrap_or_clone(code);
    Ok(Compiled { code, warnings: generator.warnings, identifiers })
}

/// The state of one compilation; `'a` is the life of the tree.
struct Generator<'a> {
    table: SymbolTable,
    known: KnownNames,
    lines: &'a Lines<'a>,
    constants: &'a Constants<'a>,
    options: &'a Options,
    future_location: Position,
    /// Future features in force, and `ALLOW_TOP_LEVEL_AWAIT`.
    flags: u32,
    /// Compiling a statement at the prompt: expression statements print their value.
    interactive: bool,
    workspace: Workspace,
    /// The block being compiled.
    unit: Box<Unit<'a>>,
    /// Of blocks that are finished, for their memory: one and within it the next.
    spare: Option<Box<Unit<'a>>>,
    /// How many blocks are open.
    nesting: u32,
    warnings: Vec<CompileWarning>,
}

impl<'a> Generator<'a> {
    fn module(&mut self, module: &'a Mod) -> Result<Arc<CodeObject>> {
        self.enter_scope(NameId::MODULE, UnitKind::Module, ScopeId::MODULE, 1)?;
        let location = line_start(1);
        match module {
            Mod::Module(module) => self.body(location, &module.body)?,
            Mod::Interactive(module) => {
                if statement::has_annotations(&module.body) {
                    self.op(Opcode::SetupAnnotations, location);
                }
                self.interactive = true;
                self.statements(&module.body)?;
            }
            Mod::Expression(module) => self.expression(&module.body)?,
            Mod::FunctionType(_) => return Err(system_error("module kind 4 should not be possible")),
        }
        let returns_none = !matches!(module, Mod::Expression(_));
        Ok(self.finish_scope(returns_none)?.code)
    }

    /// The body of a module or class: `__annotations__`, docstring, statements.
    fn body(&mut self, location: Position, body: &'a [Stmt]) -> Result {
        let location = match body.first() {
            // SETUP_ANNOTATIONS gets the line of a module's first statement.
            Some(first) if self.unit.kind == UnitKind::Module => self.lines.at(first),
            _ => location,
        };
        if statement::has_annotations(body) {
            self.op(Opcode::SetupAnnotations, location);
        }
        let mut rest = body;
        if self.options.optimize < 2
            && let Some(docstring) = future::docstring(body)
        {
            rest = &body[1..];
            let constant = self.constant(&docstring.value, docstring.range);
            self.load_const(constant, self.lines.at(docstring));
            self.store_name(NameId::DOC, Position::NONE)?;
        }
        self.statements(rest)
    }

    /// The symbols of the block being compiled.
    fn scope(&self) -> &Scope {
        self.table.scope(self.unit.scope)
    }

    fn future_annotations(&self) -> bool {
        self.flags & code_flags::FUTURE_ANNOTATIONS != 0
    }

    /// Whether this is a module in which `await` is allowed.
    fn is_top_level_await(&self) -> bool {
        self.flags & ALLOW_TOP_LEVEL_AWAIT != 0 && self.scope().kind == BlockKind::Module
    }

    #[inline]
    fn loc(&self, node: &impl Ranged) -> Position {
        self.lines.at(node)
    }

    /// Appends an instruction without an oparg.
    #[inline]
    fn op(&mut self, opcode: Opcode, location: Position) {
        self.unit.code.instructions.emit(opcode, 0, location);
    }

    /// Appends an instruction with an oparg.
    #[inline]
    fn op_arg(&mut self, opcode: Opcode, oparg: u32, location: Position) {
        self.unit.code.instructions.emit(opcode, oparg, location);
    }

    /// Appends a jump, or a pseudo-instruction that names a handler.
    #[inline]
    fn jump(&mut self, opcode: Opcode, target: Label, location: Position) {
        self.unit.code.instructions.emit_jump(opcode, target, location);
    }

    fn new_label(&mut self) -> Label {
        self.unit.code.instructions.new_label()
    }

    fn place(&mut self, label: Label) {
        self.unit.code.instructions.use_label(label);
    }

    fn load_const(&mut self, constant: Constant, location: Position) {
        let index = self.unit.code.consts.insert(constant);
        self.op_arg(Opcode::LoadConst, index, location);
    }

    fn load_none(&mut self, location: Position) {
        let index = self.unit.code.consts.insert_none();
        self.op_arg(Opcode::LoadConst, index, location);
    }

    /// The string constant of a name.
    fn name_constant(&self, name: NameId) -> Constant {
        Constant::Str(self.table.names.text(name).clone())
    }

    fn mangle(&mut self, name: NameId) -> NameId {
        self.table.names.mangle(self.unit.class, name)
    }

    fn intern(&mut self, name: &str) -> NameId {
        self.table.names.intern(name)
    }

    /// The id of a name in an expression.
    #[inline]
    fn name_id(&mut self, node: &ExprName) -> NameId {
        self.table.names.id_of(self.constants.literals(), &node.id, node.range.end())
    }

    /// The id of an attribute's name.
    #[inline]
    fn attr_id(&mut self, node: &ExprAttribute) -> NameId {
        self.table.names.id_of(self.constants.literals(), &node.attr, node.range.end())
    }

    /// The block that a node opens.
    fn block(&self, key: BlockKey) -> Result<ScopeId> {
        self.table.lookup(key).ok_or_else(|| system_error("unknown symbol table entry"))
    }

    #[cold]
    fn error<T>(&self, message: impl Into<String>, location: Position) -> Result<T> {
        Err(syntax_error(message, location))
    }

    fn warn(&mut self, message: String, location: Position) {
        self.warnings.push(CompileWarning { message, location: location.into() });
    }

    /// `co_flags` of the block being compiled.
    fn code_flags(&self) -> u32 {
        let scope = self.scope();
        let mut flags = 0;
        if scope.is_function_like() {
            flags |= code_flags::NEWLOCALS | code_flags::OPTIMIZED;
            let mut set = |condition: bool, flag: u32| {
                if condition {
                    flags |= flag;
                }
            };
            set(scope.nested, code_flags::NESTED);
            set(scope.generator && !scope.coroutine, code_flags::GENERATOR);
            set(!scope.generator && scope.coroutine, code_flags::COROUTINE);
            set(scope.generator && scope.coroutine, code_flags::ASYNC_GENERATOR);
            set(scope.varargs, code_flags::VARARGS);
            set(scope.varkeywords, code_flags::VARKEYWORDS);
        }
        flags |= self.flags & FUTURE_FLAGS;
        if self.is_top_level_await() && scope.coroutine && !scope.generator {
            flags |= code_flags::COROUTINE;
        }
        flags
    }

    fn expressions(&mut self, expressions: &'a [Expr]) -> Result {
        expressions.iter().try_for_each(|expression| self.expression(expression))
    }
}

/// The first column of a line: where the instructions are that a block starts with.
fn line_start(lineno: i32) -> Position {
    Position::in_line(lineno, 0, 0)
}
