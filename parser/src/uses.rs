//! Which names the expressions of a source load and bind, one after the other: all that a symbol table needs to know of
//! most statements, without a walk over their expressions.

use rustpython_ast::{ExprContext, text_size::TextSize};

/// A name in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Where the name ends in the source.
    pub end: TextSize,
    /// Its number in the table of names.
    pub number: u16,
    /// Whether it is loaded. Otherwise it is bound or deleted.
    pub is_load: bool,
}

/// The names of all expressions in the order of the source.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    list: Vec<Use>,
    plain: Vec<bool>,
}

impl Uses {
    pub(crate) fn new(source: &str) -> Uses {
        // Few sources have more.
        const BYTES_PER_USE: usize = 20;
        const BYTES_PER_STATEMENT: usize = 40;
        Uses {
            list: Vec::with_capacity(source.len() / BYTES_PER_USE),
            plain: Vec::with_capacity(source.len() / BYTES_PER_STATEMENT),
        }
    }

    /// The names, those of statements that are not plain included.
    pub fn list(&self) -> &[Use] {
        &self.list
    }

    /// For each simple statement, in the order of the source, whether it is plain: neither in it nor in the heads of compound
    /// statements directly before it is there a block of its own (as of a `lambda`), a `:=`, `yield` or `await`, anything that
    /// folding constants may change, or a long chain such as `a + b + c`.
    pub fn plain(&self) -> &[bool] {
        &self.plain
    }

    /// Adds a name that is loaded, as far as is known.
    #[inline]
    pub(crate) fn add(&mut self, end: TextSize, number: u16) {
        self.list.push(Use { end, number, is_load: true });
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Forgets the last ones.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.list.truncate(len);
    }

    /// The name that ends at an offset turns out to have this context. Nearly always it is one of the last.
    pub(crate) fn set_context(&mut self, end: TextSize, ctx: ExprContext) {
        if let Some(name) = self.list.iter_mut().rev().find(|name| name.end <= end) {
            name.is_load = ctx.is_load();
        }
    }

    /// A simple statement ends.
    #[inline]
    pub(crate) fn end_statement(&mut self, is_plain: bool) {
        self.plain.push(is_plain);
    }
}
