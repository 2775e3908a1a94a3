//! `try` with `except`, `except*` and `finally`.

use super::frame_block::FrameBlockKind;
use super::{Generator, intrinsic_2};
use crate::Result;
use crate::names::NameId;
use crate::position::Position;
use crate::unit::Label;
use pvm_pycfile::Opcode;
use rustpython_ast::{self as ast, ExceptHandler, Ranged, Stmt, text_size::TextRange};

/// What `try` statements of both kinds have in common.
#[derive(Clone, Copy)]
pub(super) struct Try<'a> {
    range: TextRange,
    body: &'a [Stmt],
    handlers: &'a [ExceptHandler],
    orelse: &'a [Stmt],
    finalbody: &'a [Stmt],
}

impl Ranged for Try<'_> {
    fn range(&self) -> TextRange {
        self.range
    }
}

impl<'a> From<&'a ast::StmtTry> for Try<'a> {
    fn from(node: &'a ast::StmtTry) -> Self {
        let ast::StmtTry { range, body, handlers, orelse, finalbody } = node;
        Try { range: *range, body, handlers, orelse, finalbody }
    }
}

impl<'a> From<&'a ast::StmtTryStar> for Try<'a> {
    fn from(node: &'a ast::StmtTryStar) -> Self {
        let ast::StmtTryStar { range, body, handlers, orelse, finalbody } = node;
        Try { range: *range, body, handlers, orelse, finalbody }
    }
}

impl<'a> Generator<'a> {
    pub(super) fn try_(&mut self, node: Try<'a>, star: bool) -> Result {
        if node.finalbody.is_empty() {
            return if star { self.try_except_star(node) } else { self.try_except(node) };
        }
        let [body, end, exit, cleanup] = std::array::from_fn(|_| self.new_label());
        let location = self.loc(&node);
        self.jump(Opcode::SetupFinally, end, location);
        self.place(body);
        self.push_block(FrameBlockKind::FinallyTry(node.finalbody), Some(body), Some(end), location)?;
        if node.handlers.is_empty() {
            self.statements(node.body)?;
        } else if star {
            self.try_except_star(node)?;
        } else {
            self.try_except(node)?;
        }
        self.op(Opcode::PopBlock, Position::NONE);
        self.pop_block();
        self.statements(node.finalbody)?;
        self.jump(Opcode::Jump, exit, Position::NONE);

        // The same statements again, for when there was an exception.
        self.place(end);
        self.jump(Opcode::SetupCleanup, cleanup, Position::NONE);
        self.op(Opcode::PushExcInfo, Position::NONE);
        self.push_block(FrameBlockKind::FinallyEnd, Some(end), None, Position::NONE)?;
        self.statements(node.finalbody)?;
        self.pop_block();
        self.op_arg(Opcode::Reraise, 0, Position::NONE);
        self.place(cleanup);
        self.pop_except_and_reraise(Position::NONE);
        self.place(exit);
        Ok(())
    }

    pub(super) fn pop_except_and_reraise(&mut self, location: Position) {
        self.op_arg(Opcode::Copy, 3, location);
        self.op(Opcode::PopExcept, location);
        self.op_arg(Opcode::Reraise, 1, location);
    }

    fn try_except(&mut self, node: Try<'a>) -> Result {
        let [body, except, end, cleanup] = std::array::from_fn(|_| self.new_label());
        let location = self.loc(&node);
        self.jump(Opcode::SetupFinally, except, location);
        self.place(body);
        self.push_block(FrameBlockKind::TryExcept, Some(body), None, location)?;
        self.statements(node.body)?;
        self.pop_block();
        self.op(Opcode::PopBlock, Position::NONE);
        self.statements(node.orelse)?;
        self.jump(Opcode::Jump, end, Position::NONE);

        self.place(except);
        self.jump(Opcode::SetupCleanup, cleanup, Position::NONE);
        self.op(Opcode::PushExcInfo, Position::NONE);
        self.push_block(FrameBlockKind::ExceptionHandler, None, None, location)?;
        for (index, ExceptHandler::ExceptHandler(handler)) in node.handlers.iter().enumerate() {
            let location = self.loc(handler);
            if handler.type_.is_none() && index + 1 < node.handlers.len() {
                return self.error("default 'except:' must be last", location);
            }
            let next = self.new_label();
            if let Some(kind) = &handler.type_ {
                self.expression(kind)?;
                self.op(Opcode::CheckExcMatch, location);
                self.jump(Opcode::PopJumpIfFalse, next, location);
            }
            match &handler.name {
                Some(name) => {
                    let name = self.intern(name);
                    self.named_handler(name, &handler.body, end, location)?;
                }
                None => {
                    let cleanup_body = self.new_label();
                    self.op(Opcode::PopTop, location);
                    self.place(cleanup_body);
                    self.push_block(
                        FrameBlockKind::HandlerCleanup(None),
                        Some(cleanup_body),
                        None,
                        location,
                    )?;
                    self.statements(&handler.body)?;
                    self.pop_block();
                    self.op(Opcode::PopBlock, Position::NONE);
                    self.op(Opcode::PopExcept, Position::NONE);
                    self.jump(Opcode::Jump, end, Position::NONE);
                }
            }
            self.place(next);
        }
        self.pop_block();
        self.op_arg(Opcode::Reraise, 0, Position::NONE);
        self.place(cleanup);
        self.pop_except_and_reraise(Position::NONE);
        self.place(end);
        Ok(())
    }

    /// The body of `except … as name`: the name is deleted at its end, whatever happens.
    fn named_handler(&mut self, name: NameId, body: &'a [Stmt], end: Label, location: Position) -> Result {
        let [cleanup_end, cleanup_body] = std::array::from_fn(|_| self.new_label());
        self.store_name(name, location)?;
        self.jump(Opcode::SetupCleanup, cleanup_end, location);
        self.place(cleanup_body);
        self.push_block(FrameBlockKind::HandlerCleanup(Some(name)), Some(cleanup_body), None, location)?;
        self.statements(body)?;
        self.pop_block();
        self.op(Opcode::PopBlock, Position::NONE);
        self.op(Opcode::PopBlock, Position::NONE);
        self.op(Opcode::PopExcept, Position::NONE);
        self.unbind_exception(name, Position::NONE)?;
        self.jump(Opcode::Jump, end, Position::NONE);
        self.place(cleanup_end);
        self.unbind_exception(name, Position::NONE)?;
        self.op_arg(Opcode::Reraise, 1, Position::NONE);
        Ok(())
    }

    /// `except*`: each handler takes its part of the exception group; what handlers raise is collected in a list,
    /// and raised at the end together with what no handler took.
    fn try_except_star(&mut self, node: Try<'a>) -> Result {
        let [body, except, orelse, end, cleanup, reraise_star] = std::array::from_fn(|_| self.new_label());
        let location = self.loc(&node);
        self.jump(Opcode::SetupFinally, except, location);
        self.place(body);
        self.push_block(FrameBlockKind::TryExcept, Some(body), None, location)?;
        self.statements(node.body)?;
        self.pop_block();
        self.op(Opcode::PopBlock, Position::NONE);
        self.jump(Opcode::Jump, orelse, Position::NONE);

        self.place(except);
        self.jump(Opcode::SetupCleanup, cleanup, Position::NONE);
        self.op(Opcode::PushExcInfo, Position::NONE);
        self.push_block(FrameBlockKind::ExceptionGroupHandler, None, None, location)?;
        for (index, ExceptHandler::ExceptHandler(handler)) in node.handlers.iter().enumerate() {
            let location = self.loc(handler);
            let [except, except_with_error, no_match] = std::array::from_fn(|_| self.new_label());
            if index == 0 {
                // The list of what handlers raise, and a copy of the group.
                self.op_arg(Opcode::BuildList, 0, location);
                self.op_arg(Opcode::Copy, 2, location);
            }
            if let Some(kind) = &handler.type_ {
                self.expression(kind)?;
                self.op(Opcode::CheckEgMatch, location);
                self.op_arg(Opcode::Copy, 1, location);
                self.jump(Opcode::PopJumpIfNone, no_match, location);
            }
            let [cleanup_end, cleanup_body] = std::array::from_fn(|_| self.new_label());
            let name = handler.name.as_ref().map(|name| self.table.names.intern(name));
            match name {
                Some(name) => self.store_name(name, location)?,
                None => self.op(Opcode::PopTop, location),
            }
            self.jump(Opcode::SetupCleanup, cleanup_end, location);
            self.place(cleanup_body);
            self.push_block(FrameBlockKind::HandlerCleanup(name), Some(cleanup_body), None, location)?;
            self.statements(&handler.body)?;
            self.pop_block();
            self.op(Opcode::PopBlock, Position::NONE);
            if let Some(name) = name {
                self.unbind_exception(name, Position::NONE)?;
            }
            self.jump(Opcode::Jump, except, Position::NONE);

            self.place(cleanup_end);
            if let Some(name) = name {
                self.unbind_exception(name, Position::NONE)?;
            }
            self.op_arg(Opcode::ListAppend, 3, Position::NONE);
            self.op(Opcode::PopTop, Position::NONE);
            self.jump(Opcode::Jump, except_with_error, Position::NONE);

            self.place(except);
            // Holds a position that is propagated here.
            self.op(Opcode::Nop, Position::NONE);
            self.jump(Opcode::Jump, except_with_error, Position::NONE);
            self.place(no_match);
            self.op(Opcode::PopTop, location);
            self.place(except_with_error);
            if index + 1 == node.handlers.len() {
                // What is left of the group, or None.
                self.op_arg(Opcode::ListAppend, 1, Position::NONE);
                self.jump(Opcode::Jump, reraise_star, Position::NONE);
            }
        }
        self.pop_block();
        let reraise = self.new_label();
        self.place(reraise_star);
        self.op_arg(Opcode::CallIntrinsic2, intrinsic_2::PREP_RERAISE_STAR, Position::NONE);
        self.op_arg(Opcode::Copy, 1, Position::NONE);
        self.jump(Opcode::PopJumpIfNotNone, reraise, Position::NONE);
        self.op(Opcode::PopTop, Position::NONE);
        self.op(Opcode::PopBlock, Position::NONE);
        self.op(Opcode::PopExcept, Position::NONE);
        self.jump(Opcode::Jump, end, Position::NONE);

        self.place(reraise);
        self.op(Opcode::PopBlock, Position::NONE);
        self.op_arg(Opcode::Swap, 2, Position::NONE);
        self.op(Opcode::PopExcept, Position::NONE);
        self.op_arg(Opcode::Reraise, 0, Position::NONE);
        self.place(cleanup);
        self.pop_except_and_reraise(Position::NONE);
        self.place(orelse);
        self.statements(node.orelse)?;
        self.place(end);
        Ok(())
    }
}
