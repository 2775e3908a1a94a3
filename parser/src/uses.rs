//! Which names the expressions of a source load and bind, one after the other: all that a symbol table needs to know of
//! most statements, without a walk over their expressions.

use rustpython_ast::{ExprContext, text_size::TextSize};

/// A name in an expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Where the name ends in the source.
    pub end: TextSize,
    /// Its number in the table of names.
    pub number: u16,
    /// Whether it is bound or deleted. Otherwise it is loaded.
    pub is_target: bool,
}

/// What the expressions of a simple statement hold, or those in the heads of compound statements directly before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// More than names that belong to the block around: a block (as of a `lambda`), `:=`, `yield` or `await`; or what makes the
    /// tree deep, that is a long chain such as `a + b + c`.
    pub is_unusual: bool,
    /// Something that folding constants may change.
    pub is_foldable: bool,
}

/// The names of all expressions in the order of the source, and what the statements hold otherwise.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// The names and room for more.
    names: Vec<Use>,
    n_names: usize,
    statements: Vec<Contents>,
}

/// So many names there is more room for each time: what is cleared is still in the cache when it is written.
const MORE_NAMES: usize = 256;

impl Uses {
    pub(crate) fn new(source: &str) -> Uses {
        // Few sources have more.
        const BYTES_PER_NAME: usize = 20;
        const BYTES_PER_STATEMENT: usize = 40;
        Uses {
            names: Vec::with_capacity(source.len() / BYTES_PER_NAME + MORE_NAMES),
            n_names: 0,
            statements: Vec::with_capacity(source.len() / BYTES_PER_STATEMENT),
        }
    }

    /// The names. Not only those of usual statements.
    pub fn names(&self) -> &[Use] {
        &self.names[..self.n_names]
    }

    /// For each simple statement, in the order of the source, what it holds.
    pub fn statements(&self) -> &[Contents] {
        &self.statements
    }

    /// Adds a name that is loaded, as far as is known, if it is one of an expression.
    #[inline]
    pub(crate) fn add(&mut self, name: Use, is_expression: bool) {
        if self.n_names == self.names.len() {
            self.grow();
        }
        // Whether it is cannot be predicted: one that is not is overwritten.
        self.names[self.n_names] = name;
        self.n_names += usize::from(is_expression);
    }

    #[cold]
    fn grow(&mut self) {
        self.names.resize(self.names.len() + MORE_NAMES, Use::default());
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.n_names
    }

    /// Forgets the last names.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.n_names = self.n_names.min(len);
    }

    /// The name that ends at an offset turns out to have this context. Nearly always it is one of the last.
    pub(crate) fn set_context(&mut self, end: TextSize, ctx: ExprContext) {
        const NEAR: usize = 8;
        let names = &mut self.names[..self.n_names];
        let near = names.len().saturating_sub(NEAR);
        let place = match names[near..].iter().rposition(|name| name.end <= end) {
            Some(place) => near + place,
            None => names.partition_point(|name| name.end < end),
        };
        if let Some(name) = names.get_mut(place) {
            name.is_target = !ctx.is_load();
        }
    }

    /// A simple statement ends.
    #[inline]
    pub(crate) fn end_statement(&mut self, contents: Contents) {
        self.statements.push(contents);
    }
}
