//! Comprehensions and generator expressions.
//!
//! A generator expression is a function of its own. The other kinds are compiled into the block around them
//! (PEP 709): names that they bind and that mean something there are saved on the stack and restored after.

use super::Generator;
use super::frame_block::FrameBlockKind;
use super::name::View;
use super::scope::UnitKind;
use crate::Result;
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::{BlockKey, BlockKind, ComprehensionKind, NameScope, ScopeId, symbol_flags};
use crate::unit::Label;
use pvm_pycfile::Opcode;
use rustpython_ast::{self as ast, Expr, Ranged, text_size::TextRange};

/// What all comprehensions have in common.
#[derive(Clone, Copy)]
pub(super) struct Comprehension<'a> {
    range: TextRange,
    key: BlockKey,
    kind: ComprehensionKind,
    generators: &'a [ast::Comprehension],
    element: &'a Expr,
    /// The value of a dict comprehension; `element` is the key.
    value: Option<&'a Expr>,
}

impl Ranged for Comprehension<'_> {
    fn range(&self) -> TextRange {
        self.range
    }
}

macro_rules! impl_from {
    ($($node:ident => $kind:ident,)*) => {$(
        impl<'a> From<&'a ast::$node> for Comprehension<'a> {
            fn from(node: &'a ast::$node) -> Self {
                Comprehension {
                    range: node.range,
                    key: BlockKey::node(&*node.elt),
                    kind: ComprehensionKind::$kind,
                    generators: &node.generators,
                    element: &node.elt,
                    value: None,
                }
            }
        }
    )*};
}

impl_from! {
    ExprListComp => List,
    ExprSetComp => Set,
    ExprGeneratorExp => Generator,
}

impl<'a> From<&'a ast::ExprDictComp> for Comprehension<'a> {
    fn from(node: &'a ast::ExprDictComp) -> Self {
        Comprehension {
            range: node.range,
            key: BlockKey::node(&*node.key),
            kind: ComprehensionKind::Dict,
            generators: &node.generators,
            element: &node.key,
            value: Some(&node.value),
        }
    }
}

/// What must be undone after an inlined comprehension.
#[derive(Default)]
struct Inlined {
    /// What names mean in the block around.
    view_around: View,
    /// Names whose values were saved on the stack, in that order, and where the handler that restores them is.
    saved: Vec<NameId>,
    labels: Option<(Label, Label)>,
    /// Names whose scope differs within, with their flags in the block around.
    outer_flags: Vec<(NameId, u32)>,
    /// Names that became fast locals.
    hidden: Vec<NameId>,
}

impl<'a> Generator<'a> {
    pub(super) fn comprehension(&mut self, node: Comprehension<'a>) -> Result {
        let around = self.unit.kind;
        let top_level_await = self.is_top_level_await();
        let scope = self.block(node.key)?;
        let entry = self.table.scope(scope);
        let (inlined, is_async) = (entry.comp_inlined, entry.coroutine);
        let location = self.loc(&node);
        let is_generator = node.kind == ComprehensionKind::Generator;
        let Some(outermost) = node.generators.first() else {
            return Err(crate::system_error("comprehension with no generators"));
        };
        let mut state = Inlined::default();
        if inlined {
            self.outermost_iterator(outermost, location)?;
            state = self.enter_inlined(scope, location);
        } else {
            let name = match node.kind {
                ComprehensionKind::Generator => NameId::GENEXPR,
                ComprehensionKind::List => NameId::LISTCOMP,
                ComprehensionKind::Set => NameId::SETCOMP,
                ComprehensionKind::Dict => NameId::DICTCOMP,
            };
            self.enter_scope(name, UnitKind::Comprehension, scope, location.lineno())?;
        }
        if is_async
            && !is_generator
            && !matches!(around, UnitKind::AsyncFunction | UnitKind::Comprehension)
            && !top_level_await
        {
            let message = "asynchronous comprehension outside of an asynchronous function";
            return self.error(message, location);
        }
        let build = match node.kind {
            ComprehensionKind::Generator => None,
            ComprehensionKind::List => Some(Opcode::BuildList),
            ComprehensionKind::Set => Some(Opcode::BuildSet),
            ComprehensionKind::Dict => Some(Opcode::BuildMap),
        };
        if let Some(build) = build {
            self.op_arg(build, 0, location);
            if inlined {
                self.op_arg(Opcode::Swap, 2, location);
            }
        }
        self.generator(node, 0, 0, inlined, location)?;
        if inlined {
            self.leave_inlined(state, location);
            return Ok(());
        }
        if is_generator {
            self.wrap_in_stopiteration_handler();
        } else {
            self.op(Opcode::ReturnValue, location);
        }
        let finished = self.finish_scope(true)?;
        if top_level_await && is_async {
            let module = self.unit.scope;
            self.table.scope_mut(module).coroutine = true;
        }
        self.make_closure(finished, 0, location)?;
        self.outermost_iterator(outermost, location)?;
        self.op_arg(Opcode::Call, 0, location);
        if is_async && !is_generator {
            self.await_result(0, location);
        }
        Ok(())
    }

    fn outermost_iterator(&mut self, outermost: &'a ast::Comprehension, location: Position) -> Result {
        self.expression(&outermost.iter)?;
        let opcode = if outermost.is_async { Opcode::GetAiter } else { Opcode::GetIter };
        self.op(opcode, location);
        Ok(())
    }

    fn generator(
        &mut self,
        node: Comprehension<'a>,
        index: usize,
        depth: u32,
        iterator_on_stack: bool,
        location: Position,
    ) -> Result {
        let Some(generator) = node.generators.get(index) else { return Ok(()) };
        if generator.is_async {
            self.async_generator(node, generator, index, depth, iterator_on_stack, location)
        } else {
            self.sync_generator(node, generator, index, depth, iterator_on_stack, location)
        }
    }

    /// The iterator of a clause: an argument for the first one, else made in place.
    fn iterator(&mut self, generator: &'a ast::Comprehension, index: usize, location: Position) -> Result {
        if index == 0 {
            self.unit.code.argcount = 1;
            self.op_arg(Opcode::LoadFast, 0, location);
            return Ok(());
        }
        self.outermost_iterator(generator, location)
    }

    fn sync_generator(
        &mut self,
        node: Comprehension<'a>,
        generator: &'a ast::Comprehension,
        index: usize,
        mut depth: u32,
        iterator_on_stack: bool,
        location: Position,
    ) -> Result {
        let [start, if_cleanup, anchor] = std::array::from_fn(|_| self.new_label());
        // `for x in [y]` is an assignment.
        let single = match &generator.iter {
            Expr::List(list) => Some(&list.elts[..]),
            Expr::Tuple(tuple) => Some(&tuple.elts[..]),
            _ => None,
        };
        let single = match single {
            Some([only]) if index > 0 && !iterator_on_stack && !matches!(only, Expr::Starred(_)) => {
                Some(only)
            }
            _ => None,
        };
        if let Some(only) = single {
            self.expression(only)?;
        } else {
            if !iterator_on_stack {
                self.iterator(generator, index, location)?;
            }
            depth += 1;
            self.place(start);
            self.jump(Opcode::ForIter, anchor, location);
        }
        self.expression(&generator.target)?;
        for condition in &generator.ifs {
            self.jump_if(condition, if_cleanup, false)?;
        }
        let element_location = self.inner(node, index + 1, depth, location)?;
        self.place(if_cleanup);
        if single.is_none() {
            self.jump(Opcode::Jump, start, element_location);
            self.place(anchor);
            self.op(Opcode::EndFor, Position::NONE);
        }
        Ok(())
    }

    fn async_generator(
        &mut self,
        node: Comprehension<'a>,
        generator: &'a ast::Comprehension,
        index: usize,
        depth: u32,
        iterator_on_stack: bool,
        location: Position,
    ) -> Result {
        let [start, except, if_cleanup] = std::array::from_fn(|_| self.new_label());
        if !iterator_on_stack {
            self.iterator(generator, index, location)?;
        }
        self.place(start);
        self.push_block(FrameBlockKind::AsyncComprehension, Some(start), None, location)?;
        self.jump(Opcode::SetupFinally, except, location);
        self.op(Opcode::GetAnext, location);
        self.load_none(location);
        self.yield_from(true, location);
        self.op(Opcode::PopBlock, location);
        self.expression(&generator.target)?;
        for condition in &generator.ifs {
            self.jump_if(condition, if_cleanup, false)?;
        }
        let element_location = self.inner(node, index + 1, depth + 1, location)?;
        self.place(if_cleanup);
        self.jump(Opcode::Jump, start, element_location);
        self.pop_block();
        self.place(except);
        self.op(Opcode::EndAsyncFor, location);
        Ok(())
    }

    /// The next clause, or after the last one the element. Returns where the loop's jump back is reported.
    fn inner(
        &mut self,
        node: Comprehension<'a>,
        next: usize,
        depth: u32,
        location: Position,
    ) -> Result<Position> {
        let element_location = self.loc(node.element);
        if next < node.generators.len() {
            self.generator(node, next, depth, false, location)?;
            return Ok(element_location);
        }
        self.expression(node.element)?;
        let add = match node.kind {
            ComprehensionKind::Generator => {
                self.yield_value(element_location);
                self.op(Opcode::PopTop, element_location);
                return Ok(element_location);
            }
            ComprehensionKind::List => Opcode::ListAppend,
            ComprehensionKind::Set => Opcode::SetAdd,
            ComprehensionKind::Dict => Opcode::MapAdd,
        };
        let mut pair_location = element_location;
        if let Some(value) = node.value {
            self.expression(value)?;
            let end = self.loc(value);
            pair_location = pair_location.to_end_of(end);
        }
        self.op_arg(add, depth + 1, pair_location);
        Ok(pair_location)
    }

    /// Prepares the block for a comprehension within it: its names mean there what they mean in the
    /// comprehension, and the values that it would overwrite are saved.
    fn enter_inlined(&mut self, comprehension: ScopeId, location: Position) -> Inlined {
        let mut state = Inlined::default();
        let in_class = self.scope().kind == BlockKind::Class && self.unit.inlined_comprehensions == 0;
        self.unit.inlined_comprehensions += 1;
        state.view_around = std::mem::replace(&mut self.unit.view, self.known.new_view());
        let function_like = self.scope().is_function_like();
        let scope_id = self.unit.scope;
        let entries = self.table.scope(comprehension).symbols.entries().to_vec();
        for (name, flags) in entries {
            // Only what the comprehension binds must be kept apart. An assignment expression's target is local and
            // nonlocal: it belongs to the block around.
            let bound = flags & symbol_flags::DEF_LOCAL != 0 && flags & symbol_flags::DEF_NONLOCAL == 0;
            if !bound && !in_class {
                continue;
            }
            if !function_like {
                self.hide(name, &mut state);
            }
            let inner = NameScope::from_flags(flags);
            let outer_flags = self.scope().flags(name);
            let outer = NameScope::from_flags(outer_flags);
            // A name that is a cell within and free around stays free: the instructions are the same.
            if inner != outer && !(inner == NameScope::Cell && outer == NameScope::Free) {
                self.table.scope_mut(scope_id).symbols.set(name, flags);
                state.outer_flags.push((name, outer_flags));
            }
            let index = self.unit.code.varnames.insert(name);
            self.op_arg(Opcode::LoadFastAndClear, index, location);
            if inner == NameScope::Cell {
                let index = if outer == NameScope::Free {
                    self.unit.code.freevars.insert(name) + self.unit.code.cellvars.len() as u32
                } else {
                    self.unit.code.cellvars.insert(name)
                };
                self.op_arg(Opcode::MakeCell, index, location);
            }
            state.saved.push(name);
        }
        if !state.saved.is_empty() {
            // The iterator must be on top.
            self.op_arg(Opcode::Swap, state.saved.len() as u32 + 1, location);
            let [cleanup, end] = std::array::from_fn(|_| self.new_label());
            state.labels = Some((cleanup, end));
            self.jump(Opcode::SetupFinally, cleanup, location);
        }
        state
    }

    /// Makes a name of a module or class a fast local while the comprehension lasts.
    fn hide(&mut self, name: NameId, state: &mut Inlined) {
        match self.unit.fast_hidden.iter_mut().find(|hidden| hidden.0 == name) {
            Some((_, true)) => return,
            Some((_, active)) => *active = true,
            None => self.unit.fast_hidden.push((name, true)),
        }
        state.hidden.push(name);
    }

    fn leave_inlined(&mut self, state: Inlined, location: Position) {
        self.unit.inlined_comprehensions -= 1;
        self.unit.view = state.view_around;
        let scope = self.unit.scope;
        for (name, flags) in &state.outer_flags {
            self.table.scope_mut(scope).symbols.set(*name, *flags);
        }
        if let Some((cleanup, end)) = state.labels {
            self.op(Opcode::PopBlock, Position::NONE);
            self.jump(Opcode::Jump, end, Position::NONE);
            self.place(cleanup);
            // The unfinished collection lies below the exception.
            self.op_arg(Opcode::Swap, 2, Position::NONE);
            self.op(Opcode::PopTop, Position::NONE);
            self.restore_saved(&state.saved, location);
            self.op_arg(Opcode::Reraise, 0, Position::NONE);
            self.place(end);
            self.restore_saved(&state.saved, location);
        }
        for name in &state.hidden {
            if let Some(hidden) = self.unit.fast_hidden.iter_mut().find(|hidden| hidden.0 == *name) {
                hidden.1 = false;
            }
        }
    }

    fn restore_saved(&mut self, saved: &[NameId], location: Position) {
        self.op_arg(Opcode::Swap, saved.len() as u32 + 1, location);
        for name in saved.iter().rev() {
            let index = self.unit.code.varnames.insert(*name);
            self.op_arg(Opcode::StoreFastMaybeNull, index, location);
        }
    }
}
