//! Frame blocks: what `return`, `break` and `continue` must undo on their way out of a statement.

use super::Generator;
use crate::Result;
use crate::names::NameId;
use crate::position::Position;
use crate::unit::Label;
use pvm_pycfile::Opcode;
use rustpython_ast::Stmt;

/// How many may be open at once in one block of code.
const MAX_FRAME_BLOCKS: usize = 20;

#[derive(Clone, Copy, Debug)]
pub(super) struct FrameBlock<'a> {
    pub kind: FrameBlockKind<'a>,
    /// Where `continue` goes.
    pub start: Option<Label>,
    /// Where `break` goes.
    pub exit: Option<Label>,
    pub location: Position,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum FrameBlockKind<'a> {
    WhileLoop,
    ForLoop,
    TryExcept,
    /// The body of a `try` with these `finally` statements.
    FinallyTry(&'a [Stmt]),
    /// The `finally` statements themselves, after an exception.
    FinallyEnd,
    With,
    AsyncWith,
    /// An exception handler's body, with the name that it binds.
    HandlerCleanup(Option<NameId>),
    /// A value on the stack that must survive.
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehension,
}

/// Whether the value on top of the stack is a result that must stay there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Top {
    Keep,
    Nothing,
}

impl<'a> Generator<'a> {
    pub(super) fn push_block(
        &mut self,
        kind: FrameBlockKind<'a>,
        start: Option<Label>,
        exit: Option<Label>,
        location: Position,
    ) -> Result {
        if self.unit.frame_blocks.len() >= MAX_FRAME_BLOCKS {
            return self.error("too many statically nested blocks", location);
        }
        self.unit.frame_blocks.push(FrameBlock { kind, start, exit, location });
        Ok(())
    }

    pub(super) fn pop_block(&mut self) {
        self.unit.frame_blocks.pop();
    }

    /// Leaves one frame block. `location` becomes that of what follows.
    pub(super) fn unwind(&mut self, block: FrameBlock<'a>, top: Top, location: &mut Position) -> Result {
        let keep = top == Top::Keep;
        match block.kind {
            FrameBlockKind::WhileLoop
            | FrameBlockKind::ExceptionHandler
            | FrameBlockKind::ExceptionGroupHandler
            | FrameBlockKind::AsyncComprehension => {}
            // The iterator, or whatever value lies there.
            FrameBlockKind::ForLoop | FrameBlockKind::PopValue => {
                self.swap_if(keep, *location);
                self.op(Opcode::PopTop, *location);
            }
            FrameBlockKind::TryExcept => self.op(Opcode::PopBlock, *location),
            FrameBlockKind::FinallyTry(body) => {
                self.op(Opcode::PopBlock, *location);
                if keep {
                    self.push_block(FrameBlockKind::PopValue, None, None, *location)?;
                }
                self.statements(body)?;
                if keep {
                    self.pop_block();
                }
                // The statements appear to run after the one that leaves, so what is left of that is artificial.
                *location = Position::NONE;
            }
            FrameBlockKind::FinallyEnd => {
                self.swap_if(keep, *location);
                self.op(Opcode::PopTop, *location);
                self.swap_if(keep, *location);
                self.op(Opcode::PopBlock, *location);
                self.op(Opcode::PopExcept, *location);
            }
            FrameBlockKind::With | FrameBlockKind::AsyncWith => {
                *location = block.location;
                self.op(Opcode::PopBlock, *location);
                self.swap_if(keep, *location);
                self.call_exit_with_nones(*location);
                if matches!(block.kind, FrameBlockKind::AsyncWith) {
                    self.await_result(2, *location);
                }
                self.op(Opcode::PopTop, *location);
                *location = Position::NONE;
            }
            FrameBlockKind::HandlerCleanup(name) => {
                if name.is_some() {
                    self.op(Opcode::PopBlock, *location);
                }
                self.swap_if(keep, *location);
                self.op(Opcode::PopBlock, *location);
                self.op(Opcode::PopExcept, *location);
                if let Some(name) = name {
                    self.unbind_exception(name, *location)?;
                }
            }
        }
        Ok(())
    }

    fn swap_if(&mut self, condition: bool, location: Position) {
        if condition {
            self.op_arg(Opcode::Swap, 2, location);
        }
    }

    /// Leaves all frame blocks, for `return`.
    pub(super) fn unwind_all(&mut self, top: Top, location: &mut Position) -> Result {
        self.unwind_until(top, location, false).map(|_| ())
    }

    /// Leaves the frame blocks within the innermost loop, and returns the loop's; `None` outside loops.
    pub(super) fn unwind_to_loop(&mut self, location: &mut Position) -> Result<Option<FrameBlock<'a>>> {
        self.unwind_until(Top::Nothing, location, true)
    }

    fn unwind_until(
        &mut self,
        top: Top,
        location: &mut Position,
        stop_at_loop: bool,
    ) -> Result<Option<FrameBlock<'a>>> {
        let Some(block) = self.unit.frame_blocks.last().copied() else { return Ok(None) };
        match block.kind {
            FrameBlockKind::ExceptionGroupHandler => {
                let message = "'break', 'continue' and 'return' cannot appear in an except* block";
                return self.error(message, *location);
            }
            FrameBlockKind::WhileLoop | FrameBlockKind::ForLoop if stop_at_loop => return Ok(Some(block)),
            _ => {}
        }
        // Statements of a `finally` are compiled as if they stood outside of their `try`.
        self.unit.frame_blocks.pop();
        self.unwind(block, top, location)?;
        let found = self.unwind_until(top, location, stop_at_loop)?;
        self.unit.frame_blocks.push(block);
        Ok(found)
    }

    /// Calls the `__exit__` on the stack as for a body that ended without an exception.
    pub(super) fn call_exit_with_nones(&mut self, location: Position) {
        for _ in 0..3 {
            self.load_none(location);
        }
        self.op_arg(Opcode::Call, 2, location);
    }

    /// `name = None; del name`, after an exception handler.
    pub(super) fn unbind_exception(&mut self, name: NameId, location: Position) -> Result {
        self.load_none(location);
        self.store_name(name, location)?;
        self.delete_name(name, location)
    }
}
