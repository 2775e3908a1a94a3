//! Which names the expressions of a source load and bind, one after the other: all that a symbol table needs to know of
//! most statements, without a walk over their expressions.

use rustpython_ast::{Expr, ExprContext, text_size::TextSize};

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
    /// More than names of expressions that belong to the block around: a block (as of a `lambda`), `:=`, `yield`, `await`, an
    /// annotation, names that an `import` or `global` has; or what makes the tree deep, that is a long chain such as `a + b + c`.
    pub is_unusual: bool,
    /// Something that folding constants may change.
    pub is_foldable: bool,
    /// A value that is returned.
    pub returns_value: bool,
}

/// The body of a function or class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Where it begins.
    pub start: TextSize,
    /// What there is before it, the heads of compound statements directly before the function or class included.
    pub head: Contents,
    /// How many simple statements it has, if it holds nothing but names of expressions. Else 0.
    pub n_usual: u32,
    /// Whether one of those returns a value.
    pub returns_value: bool,
}

/// A body whose end has not been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenBody {
    place: usize,
    n_statements: usize,
    n_unusual: u32,
    n_returns: u32,
}

/// The names of all expressions in the order of the source, and what the statements hold otherwise.
#[derive(Clone, Debug, Default)]
pub struct Uses {
    /// The names and room for more.
    names: Vec<Use>,
    n_names: usize,
    statements: Vec<Contents>,
    bodies: Vec<Body>,
    /// How many statements held more than names of expressions so far.
    n_unusual: u32,
    /// How many returned values.
    n_returns: u32,
}

/// So many names there is more room for each time: what is cleared is still in the cache when it is written.
const MORE_NAMES: usize = 128;

impl Uses {
    pub(crate) fn new(source: &str) -> Uses {
        // Few sources have more.
        const BYTES_PER_NAME: usize = 20;
        const BYTES_PER_STATEMENT: usize = 40;
        const BYTES_PER_BODY: usize = 200;
        Uses {
            names: Vec::with_capacity(source.len() / BYTES_PER_NAME + MORE_NAMES),
            n_names: 0,
            statements: Vec::with_capacity(source.len() / BYTES_PER_STATEMENT),
            bodies: Vec::with_capacity(source.len() / BYTES_PER_BODY),
            n_unusual: 0,
            n_returns: 0,
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

    /// For each function and class, in the order in which they begin, what its body is.
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// Whether there is room for one more name.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.n_names < self.names.len()
    }

    pub(crate) fn make_room(&mut self) {
        self.names.resize(self.n_names + MORE_NAMES, Use::default());
    }

    /// Adds a name if it is one of an expression. There is room for it.
    #[inline]
    pub(crate) fn add(&mut self, name: Use, is_expression: bool) {
        if let Some(place) = self.names.get_mut(self.n_names) {
            // Whether it is cannot be predicted: one that is not is overwritten.
            *place = name;
            self.n_names += usize::from(is_expression);
        }
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
        self.n_unusual += u32::from(contents.is_unusual | contents.is_foldable);
        self.n_returns += u32::from(contents.returns_value);
    }

    /// Notes that a compound statement holds more than names of expressions.
    pub(crate) fn note_unusual(&mut self) {
        self.n_unusual += 1;
    }

    /// The body of a function or class begins, after a head that holds this.
    pub(crate) fn open_body(&mut self, start: TextSize, head: Contents) -> OpenBody {
        self.bodies.push(Body { start, head, ..Body::default() });
        OpenBody {
            place: self.bodies.len() - 1,
            n_statements: self.statements.len(),
            n_unusual: self.n_unusual,
            n_returns: self.n_returns,
        }
    }

    /// A body ends.
    pub(crate) fn close_body(&mut self, opened: OpenBody) {
        let Some(body) = self.bodies.get_mut(opened.place) else { return };
        if self.n_unusual == opened.n_unusual {
            body.n_usual = (self.statements.len() - opened.n_statements) as u32;
            body.returns_value = self.n_returns != opened.n_returns;
        }
        // The heads of compound statements that the function or class stands in are in none of their own.
        if let Some(first) = self.statements.get_mut(opened.n_statements) {
            first.is_unusual |= body.head.is_unusual;
            first.is_foldable |= body.head.is_foldable;
        }
        // It is one itself.
        self.n_unusual += 1;
    }
}

/// Whether folding makes a tuple or a frozenset of an expression that is only iterated over or looked up in.
#[inline]
pub fn is_display(expression: &Expr) -> bool {
    matches!(expression, Expr::List(_) | Expr::Set(_))
}
