//! `with` and `async with`.

use super::Generator;
use super::frame_block::FrameBlockKind;
use crate::Result;
use crate::position::Position;
use crate::unit::Label;
use pvm_pycfile::Opcode;
use rustpython_ast::{Stmt, WithItem};

impl<'a> Generator<'a> {
    pub(super) fn with(&mut self, location: Position, items: &'a [WithItem], body: &'a [Stmt]) -> Result {
        let Some((item, rest)) = items.split_first() else { return self.statements(body) };
        let [block, finally, exit, cleanup] = std::array::from_fn(|_| self.new_label());
        self.expression(&item.context_expr)?;
        self.op(Opcode::BeforeWith, location);
        self.jump(Opcode::SetupWith, finally, location);
        self.place(block);
        self.push_block(FrameBlockKind::With, Some(block), Some(finally), location)?;
        self.bind_entered(item, location)?;
        self.with(location, rest, body)?;
        self.op(Opcode::PopBlock, Position::NONE);
        self.pop_block();
        self.call_exit_with_nones(location);
        self.op(Opcode::PopTop, location);
        self.jump(Opcode::Jump, exit, location);

        self.place(finally);
        self.jump(Opcode::SetupCleanup, cleanup, location);
        self.op(Opcode::PushExcInfo, location);
        self.op(Opcode::WithExceptStart, location);
        self.finish_with_except(cleanup);
        self.place(exit);
        Ok(())
    }

    pub(super) fn async_with(
        &mut self,
        location: Position,
        items: &'a [WithItem],
        body: &'a [Stmt],
    ) -> Result {
        let Some((item, rest)) = items.split_first() else { return self.statements(body) };
        self.require_async("'async with' outside async function", location)?;
        let [block, finally, exit, cleanup] = std::array::from_fn(|_| self.new_label());
        self.expression(&item.context_expr)?;
        self.op(Opcode::BeforeAsyncWith, location);
        self.await_result(1, location);
        self.jump(Opcode::SetupWith, finally, location);
        self.place(block);
        self.push_block(FrameBlockKind::AsyncWith, Some(block), Some(finally), location)?;
        self.bind_entered(item, location)?;
        self.async_with(location, rest, body)?;
        self.pop_block();
        self.op(Opcode::PopBlock, location);
        self.call_exit_with_nones(location);
        self.await_result(2, location);
        self.op(Opcode::PopTop, location);
        self.jump(Opcode::Jump, exit, location);

        self.place(finally);
        self.jump(Opcode::SetupCleanup, cleanup, location);
        self.op(Opcode::PushExcInfo, location);
        self.op(Opcode::WithExceptStart, location);
        self.await_result(2, location);
        self.finish_with_except(cleanup);
        self.place(exit);
        Ok(())
    }

    /// Binds or drops what `__enter__` returned.
    fn bind_entered(&mut self, item: &'a WithItem, location: Position) -> Result {
        match &item.optional_vars {
            Some(target) => self.expression(target),
            None => {
                self.op(Opcode::PopTop, location);
                Ok(())
            }
        }
    }

    /// What follows the call of `__exit__` after an exception: raise it again unless the result is true.
    fn finish_with_except(&mut self, cleanup: Label) {
        let suppress = self.new_label();
        self.jump(Opcode::PopJumpIfTrue, suppress, Position::NONE);
        self.op_arg(Opcode::Reraise, 2, Position::NONE);
        self.place(suppress);
        self.op(Opcode::PopTop, Position::NONE);
        self.op(Opcode::PopBlock, Position::NONE);
        self.op(Opcode::PopExcept, Position::NONE);
        self.op(Opcode::PopTop, Position::NONE);
        self.op(Opcode::PopTop, Position::NONE);
        let exit = self.new_label();
        self.jump(Opcode::Jump, exit, Position::NONE);
        self.place(cleanup);
        self.pop_except_and_reraise(Position::NONE);
        self.place(exit);
    }

    /// Awaits the value on top of the stack. `context` tells GET_AWAITABLE which error message to give.
    pub(super) fn await_result(&mut self, context: u32, location: Position) {
        self.op_arg(Opcode::GetAwaitable, context, location);
        self.load_none(location);
        self.yield_from(true, location);
    }

    /// Drives the iterator below the top of the stack, as `await` or `yield from`.
    pub(super) fn yield_from(&mut self, awaits: bool, location: Position) {
        let [send, fail, exit] = std::array::from_fn(|_| self.new_label());
        self.place(send);
        self.jump(Opcode::Send, exit, location);
        // A handler for StopIteration out of close() or throw(): only these make YIELD_VALUE raise.
        self.jump(Opcode::SetupFinally, fail, location);
        self.op_arg(Opcode::YieldValue, 0, location);
        self.op(Opcode::PopBlock, Position::NONE);
        self.op_arg(Opcode::Resume, if awaits { 3 } else { 2 }, location);
        self.jump(Opcode::JumpNoInterrupt, send, location);
        self.place(fail);
        self.op(Opcode::CleanupThrow, location);
        self.place(exit);
        self.op(Opcode::EndSend, location);
    }
}
