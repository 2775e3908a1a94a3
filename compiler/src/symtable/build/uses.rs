//! The names that the parser has noted, in the place of a walk over the statements that hold nothing else.

use super::{Builder, SPECIAL};
use crate::names::NameId;
use crate::symtable::ScopeId;
use crate::symtable::symbol_flags::{DEF_LOCAL, USE};
use crate::{CompileError, ErrorKind, Result};
use pvm_parser::uses::{Body, Contents};
use rustpython_ast::{
    Expr, Ranged, Stmt,
    text_size::{TextRange, TextSize},
};

/// What has to be looked at.
const UNKNOWN: Contents = Contents { is_unusual: true, is_foldable: false, returns_value: false };

impl Builder<'_, '_> {
    /// What is known of the next simple statement, and of the heads of compound ones that are directly before it.
    #[inline]
    pub(super) fn next_contents(&self) -> Contents {
        self.contents.first().copied().unwrap_or(UNKNOWN)
    }

    /// What is known of the body of a function or class that is come to.
    pub(super) fn next_body(&mut self) -> Body {
        let Some((body, rest)) = self.bodies.split_first() else {
            return Body { head: UNKNOWN, ..Body::default() };
        };
        self.bodies = rest;
        *body
    }

    /// Records the names that end up to an offset in the current block.
    pub(super) fn catch_up(&mut self, end: TextSize) -> Result {
        let id = self.stack.last().copied().unwrap_or(ScopeId::MODULE);
        if self.scopes.len() - 1 == id.0 as usize {
            self.catch_up_in_last(id, end);
        }
        let mut uses = self.uses;
        while let Some((name, rest)) = uses.split_first()
            && name.end <= end
        {
            uses = rest;
            let flag = [USE, DEF_LOCAL][usize::from(name.is_target)];
            match self.positions.get(usize::from(name.number)) {
                Some((known_in, position)) if *known_in == id => {
                    *self.scopes[id.0 as usize].symbols.flags_at(*position as usize) |= flag;
                }
                _ => self.first_use(id, NameId::numbered(name.number), flag)?,
            }
        }
        self.uses = uses;
        Ok(())
    }

    /// The same in the block that was entered last, up to the first name that is [`SPECIAL`]. Here `positions` has all names
    /// that the block has used so far; whether one is among them cannot be predicted, so one that is not is added without a
    /// decision.
    pub(super) fn catch_up_in_last(&mut self, id: ScopeId, end: TextSize) {
        let symbols = &mut self.scopes[id.0 as usize].symbols;
        let mut entries = std::mem::take(&mut symbols.entries);
        let n_known = entries.len();
        let mut len = n_known;
        let mut bits = 0;
        let mut uses = self.uses;
        while let Some((used, rest)) = uses.split_first()
            && used.end <= end
            && let Some((known_in, position)) = self.positions.get_mut(usize::from(used.number))
            && *known_in != SPECIAL
        {
            uses = rest;
            if len == entries.len() {
                grow(&mut entries);
            }
            let name = NameId::numbered(used.number);
            let place = [u32::MAX, *position][usize::from(*known_in == id)].min(len as u32);
            (*known_in, *position) = (id, place);
            let entry = &mut entries[place as usize];
            entry.0 = name;
            entry.1 |= [USE, DEF_LOCAL][usize::from(used.is_target)];
            bits |= name.bit();
            len += usize::from(place as usize == len);
        }
        self.uses = uses;
        entries.truncate(len);
        symbols.put_back(entries, n_known, bits);
    }

    #[inline(never)]
    pub(super) fn first_use(&mut self, id: ScopeId, name: NameId, flag: u32) -> Result {
        // That it is folded, its statement does not know.
        if name == NameId::DEBUG {
            return Err(in_doubt());
        }
        let range = TextRange::default();
        self.add_any(id, name, flag, range)?;
        if name == NameId::SUPER && flag == USE && self.current().is_function_like() {
            self.add_id(NameId::CLASS, USE, range)?;
        }
        Ok(())
    }

    /// Leaves out the names that end up to an offset: the walk has seen them.
    pub(super) fn skip(&mut self, end: TextSize) {
        let n_seen = self.uses.iter().take_while(|name| name.end <= end).count();
        self.uses = &self.uses[n_seen..];
    }

    /// Expressions in the head of a compound statement, in the order of the source.
    pub(super) fn head<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Result {
        let contents = self.next_contents();
        self.foldable |= contents.is_foldable;
        if !contents.is_unusual {
            return Ok(());
        }
        for expression in expressions {
            self.catch_up(expression.range().start())?;
            self.expression(expression)?;
            self.skip(expression.range().end());
        }
        Ok(())
    }

    pub(super) fn simple_statement(&mut self, statement: &mut Stmt) -> Result {
        let contents = self.next_contents();
        self.contents = self.contents.get(1..).unwrap_or_default();
        if contents.is_unusual {
            let range = statement.range();
            self.catch_up(range.start())?;
            self.statement(statement)?;
            self.skip(range.end());
            return Ok(());
        }
        self.current().returns_value |= contents.returns_value;
        if contents.is_foldable
            && let Some(folder) = &mut self.folder
        {
            folder.statement(statement, self.depth + 1)?;
        }
        Ok(())
    }
}

/// Makes room for at least one more symbol.
#[inline(never)]
fn grow(entries: &mut Vec<(NameId, u32)>) {
    entries.reserve(1);
    entries.resize(entries.capacity(), (NameId::NONE, 0));
}

pub(super) fn is_simple(statement: &Stmt) -> bool {
    use Stmt::{AsyncFor, AsyncFunctionDef, AsyncWith, ClassDef, For, FunctionDef};
    use Stmt::{If, Match, Try, TryStar, While, With};
    !matches!(
        statement,
        AsyncFor(_)
            | AsyncFunctionDef(_)
            | AsyncWith(_)
            | ClassDef(_)
            | For(_)
            | FunctionDef(_)
            | If(_)
            | Match(_)
            | Try(_)
            | TryStar(_)
            | While(_)
            | With(_)
    )
}

/// Where statements begin.
pub(super) fn start_of_body(body: &[Stmt]) -> TextSize {
    match body.first() {
        None => TextSize::default(),
        Some(Stmt::FunctionDef(def)) => start_with(&def.decorator_list, def.range),
        Some(Stmt::AsyncFunctionDef(def)) => start_with(&def.decorator_list, def.range),
        Some(Stmt::ClassDef(def)) => start_with(&def.decorator_list, def.range),
        Some(other) => other.range().start(),
    }
}

/// Where a definition begins, its decorators included.
pub(super) fn start_with(decorators: &[Expr], range: TextRange) -> TextSize {
    decorators.first().map_or(range, Ranged::range).start()
}

/// What stands for no error: the walk is to be done without uses.
#[cold]
pub(super) fn in_doubt() -> Box<CompileError> {
    CompileError::without_location(ErrorKind::System, "BUG: noted names do not tell").into()
}
