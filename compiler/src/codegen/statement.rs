//! Statements: dispatch, loops, `if`, `return`, `break`, `continue`, `assert`, `raise`.

use super::frame_block::{FrameBlockKind, Top};
use super::{Generator, intrinsic_1};
use crate::Result;
use crate::position::Position;
use crate::symtable::BlockKind;
use pvm_pycfile::Opcode;
use rustpython_ast::{self as ast, Constant, ExceptHandler, Expr, Stmt};

/// Whether a variable is annotated somewhere in a block: it then needs `__annotations__`.
pub(super) fn has_annotations(body: &[Stmt]) -> bool {
    let in_handlers = |handlers: &[ExceptHandler]| {
        handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| has_annotations(&handler.body))
    };
    body.iter().any(|statement| match statement {
        Stmt::AnnAssign(_) => true,
        Stmt::For(node) => has_annotations(&node.body) || has_annotations(&node.orelse),
        Stmt::AsyncFor(node) => has_annotations(&node.body) || has_annotations(&node.orelse),
        Stmt::While(node) => has_annotations(&node.body) || has_annotations(&node.orelse),
        Stmt::If(node) => has_annotations(&node.body) || has_annotations(&node.orelse),
        Stmt::With(node) => has_annotations(&node.body),
        Stmt::AsyncWith(node) => has_annotations(&node.body),
        Stmt::Try(node) => {
            in_handlers(&node.handlers)
                || has_annotations(&node.body)
                || has_annotations(&node.finalbody)
                || has_annotations(&node.orelse)
        }
        Stmt::TryStar(node) => {
            in_handlers(&node.handlers)
                || has_annotations(&node.body)
                || has_annotations(&node.finalbody)
                || has_annotations(&node.orelse)
        }
        Stmt::Match(node) => node.cases.iter().any(|case| has_annotations(&case.body)),
        _ => false,
    })
}

impl<'a> Generator<'a> {
    pub(super) fn statements(&mut self, statements: &'a [Stmt]) -> Result {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'a Stmt) -> Result {
        match statement {
            Stmt::FunctionDef(def) => self.function(&def.into()),
            Stmt::AsyncFunctionDef(def) => self.function(&def.into()),
            Stmt::ClassDef(def) => self.class(def),
            Stmt::TypeAlias(alias) => self.type_alias(alias),
            Stmt::Return(node) => self.return_(node),
            Stmt::Delete(node) => self.expressions(&node.targets),
            Stmt::Assign(assign) => self.assign(assign),
            Stmt::AugAssign(assign) => self.augmented_assignment(assign),
            Stmt::AnnAssign(assign) => self.annotated_assignment(assign),
            Stmt::For(node) => self.for_(node),
            Stmt::AsyncFor(node) => self.async_for(node),
            Stmt::While(node) => self.while_(node),
            Stmt::If(node) => self.if_(node),
            Stmt::Match(node) => self.match_(node),
            Stmt::Raise(node) => self.raise(node),
            Stmt::Try(node) => self.try_(node.into(), false),
            Stmt::TryStar(node) => self.try_(node.into(), true),
            Stmt::Assert(node) => self.assert(node),
            Stmt::Import(node) => self.import(node),
            Stmt::ImportFrom(node) => self.import_from(node),
            Stmt::Global(_) | Stmt::Nonlocal(_) => Ok(()),
            Stmt::Expr(node) => self.expression_statement(node),
            Stmt::Pass(node) => {
                self.op(Opcode::Nop, self.loc(node));
                Ok(())
            }
            Stmt::Break(node) => self.break_(self.loc(node)),
            Stmt::Continue(node) => self.continue_(self.loc(node)),
            Stmt::With(node) => self.with(self.loc(node), &node.items, &node.body),
            Stmt::AsyncWith(node) => self.async_with(self.loc(node), &node.items, &node.body),
        }
    }

    #[inline(never)]
    fn expression_statement(&mut self, node: &'a ast::StmtExpr) -> Result {
        let location = self.loc(node);
        if self.interactive && self.nesting <= 1 {
            self.expression(&node.value)?;
            self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::PRINT, location);
            self.op(Opcode::PopTop, Position::NONE);
            return Ok(());
        }
        if matches!(*node.value, Expr::Constant(_)) {
            self.op(Opcode::Nop, location);
            return Ok(());
        }
        self.expression(&node.value)?;
        self.op(Opcode::PopTop, Position::NONE);
        Ok(())
    }

    #[inline(never)]
    fn if_(&mut self, node: &'a ast::StmtIf) -> Result {
        let end = self.new_label();
        let next = if node.orelse.is_empty() { end } else { self.new_label() };
        self.jump_if(&node.test, next, false)?;
        self.statements(&node.body)?;
        if !node.orelse.is_empty() {
            self.jump(Opcode::Jump, end, Position::NONE);
            self.place(next);
            self.statements(&node.orelse)?;
        }
        self.place(end);
        Ok(())
    }

    #[inline(never)]
    fn for_(&mut self, node: &'a ast::StmtFor) -> Result {
        let [start, body, cleanup, end] = std::array::from_fn(|_| self.new_label());
        let location = self.loc(node);
        self.push_block(FrameBlockKind::ForLoop, Some(start), Some(end), location)?;
        self.expression(&node.iter)?;
        self.op(Opcode::GetIter, location);
        self.place(start);
        self.jump(Opcode::ForIter, cleanup, location);
        self.place(body);
        self.expression(&node.target)?;
        self.statements(&node.body)?;
        self.jump(Opcode::Jump, start, Position::NONE);
        self.place(cleanup);
        self.op(Opcode::EndFor, Position::NONE);
        self.pop_block();
        self.statements(&node.orelse)?;
        self.place(end);
        Ok(())
    }

    #[inline(never)]
    fn async_for(&mut self, node: &'a ast::StmtAsyncFor) -> Result {
        let location = self.loc(node);
        self.require_async("'async for' outside async function", location)?;
        let [start, except, end] = std::array::from_fn(|_| self.new_label());
        self.expression(&node.iter)?;
        self.op(Opcode::GetAiter, location);
        self.place(start);
        self.push_block(FrameBlockKind::ForLoop, Some(start), Some(end), location)?;
        // The handler ends the loop on StopAsyncIteration.
        self.jump(Opcode::SetupFinally, except, location);
        self.op(Opcode::GetAnext, location);
        self.load_none(location);
        self.yield_from(true, location);
        self.op(Opcode::PopBlock, location);
        self.expression(&node.target)?;
        self.statements(&node.body)?;
        self.jump(Opcode::Jump, start, Position::NONE);
        self.pop_block();
        self.place(except);
        // It follows the iteration, not the body.
        self.op(Opcode::EndAsyncFor, self.loc(&*node.iter));
        self.statements(&node.orelse)?;
        self.place(end);
        Ok(())
    }

    #[inline(never)]
    fn while_(&mut self, node: &'a ast::StmtWhile) -> Result {
        let [start, body, end, anchor] = std::array::from_fn(|_| self.new_label());
        let location = self.loc(node);
        self.place(start);
        self.push_block(FrameBlockKind::WhileLoop, Some(start), Some(end), location)?;
        self.jump_if(&node.test, anchor, false)?;
        self.place(body);
        self.statements(&node.body)?;
        // The condition is compiled again at the end, which saves a jump in every round.
        self.jump_if(&node.test, body, true)?;
        self.pop_block();
        self.place(anchor);
        self.statements(&node.orelse)?;
        self.place(end);
        Ok(())
    }

    #[inline(never)]
    fn return_(&mut self, node: &'a ast::StmtReturn) -> Result {
        let statement = self.loc(node);
        let mut location = statement;
        let scope = self.scope();
        if !scope.is_function_like() {
            return self.error("'return' outside function", location);
        }
        if node.value.is_some() && scope.coroutine && scope.generator {
            return self.error("'return' with value in async generator", location);
        }
        let value = node.value.as_deref();
        let constant = match value {
            Some(Expr::Constant(constant)) => Some(constant),
            _ => None,
        };
        let top = if value.is_some() && constant.is_none() { Top::Keep } else { Top::Nothing };
        match value {
            Some(value) if top == Top::Keep => self.expression(value)?,
            Some(value) => {
                location = self.loc(value);
                self.op(Opcode::Nop, location);
            }
            None => {}
        }
        if value.is_none_or(|value| self.lines.line(value) != statement.lineno()) {
            location = statement;
            self.op(Opcode::Nop, location);
        }
        self.unwind_all(top, &mut location)?;
        if value.is_none() {
            self.load_none(location);
        } else if let Some(constant) = constant {
            let constant = self.constant(&constant.value, constant.range);
            self.load_const(constant, location);
        }
        self.op(Opcode::ReturnValue, location);
        Ok(())
    }

    #[inline(never)]
    fn break_(&mut self, statement: Position) -> Result {
        let mut location = statement;
        self.op(Opcode::Nop, location);
        let Some(block) = self.unwind_to_loop(&mut location)? else {
            return self.error("'break' outside loop", statement);
        };
        self.unwind(block, Top::Nothing, &mut location)?;
        if let Some(exit) = block.exit {
            self.jump(Opcode::Jump, exit, location);
        }
        Ok(())
    }

    #[inline(never)]
    fn continue_(&mut self, statement: Position) -> Result {
        let mut location = statement;
        self.op(Opcode::Nop, location);
        let Some(block) = self.unwind_to_loop(&mut location)? else {
            return self.error("'continue' not properly in loop", statement);
        };
        if let Some(start) = block.start {
            self.jump(Opcode::Jump, start, location);
        }
        Ok(())
    }

    #[inline(never)]
    fn raise(&mut self, node: &'a ast::StmtRaise) -> Result {
        let mut count = 0;
        if let Some(exc) = &node.exc {
            self.expression(exc)?;
            count += 1;
            if let Some(cause) = &node.cause {
                self.expression(cause)?;
                count += 1;
            }
        }
        self.op_arg(Opcode::RaiseVarargs, count, self.loc(node));
        Ok(())
    }

    #[inline(never)]
    fn assert(&mut self, node: &'a ast::StmtAssert) -> Result {
        let location = self.loc(node);
        let always_true = match &*node.test {
            Expr::Tuple(tuple) => !tuple.elts.is_empty(),
            Expr::Constant(constant) => {
                matches!(&constant.value, Constant::Tuple(members) if !members.is_empty())
            }
            _ => false,
        };
        if always_true {
            self.warn("assertion is always true, perhaps remove parentheses?".to_owned(), location);
        }
        if self.options.optimize > 0 {
            return Ok(());
        }
        let end = self.new_label();
        self.jump_if(&node.test, end, true)?;
        self.op(Opcode::LoadAssertionError, location);
        if let Some(msg) = &node.msg {
            self.expression(msg)?;
            self.op_arg(Opcode::Call, 0, location);
        }
        self.op_arg(Opcode::RaiseVarargs, 1, location);
        self.place(end);
        Ok(())
    }

    /// Statements that are allowed in `async def` only, and in modules with top-level `await`.
    pub(super) fn require_async(&mut self, message: &str, location: Position) -> Result {
        if self.is_top_level_await() {
            let scope = self.unit.scope;
            self.table.scope_mut(scope).coroutine = true;
            Ok(())
        } else if self.unit.kind == super::UnitKind::AsyncFunction {
            Ok(())
        } else {
            self.error(message, location)
        }
    }

    /// Whether annotations of variables are evaluated and stored here: in modules and classes.
    pub(super) fn stores_annotations(&self) -> bool {
        matches!(self.scope().kind, BlockKind::Module | BlockKind::Class)
    }
}
