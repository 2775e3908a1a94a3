//! Folding of constant expressions on the tree, before code generation (CPython 3.12's `Python/ast_opt.c`).
//!
//! A node all of whose operands are constants becomes a constant of the same range, unless evaluating it would
//! raise, or the result would be large. `__debug__` becomes a constant; a list that is only looked up in or iterated
//! over becomes a tuple, a set of constants a frozenset; `'%s' % (x,)` becomes an f-string.
//!
//! Annotations that are kept as text (PEP 563) are not folded.

mod format;
mod number;
mod operators;
pub(crate) mod set;

pub(crate) use operators::is_true;

use crate::error::ErrorKind;
use crate::names::{self, NameId};
use crate::{CompileError, RECURSION_MESSAGE, Result};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use pvm_parser::Literals;
use pvm_pycfile::{Constant, Text};
use rustc_hash::FxHashMap;
use rustpython_ast::text_size::{TextRange, TextSize};
use rustpython_ast::{self as ast, Expr, ExprConstant, ExprContext, Mod, Pattern, Stmt};
use std::sync::Arc;

/// The deepest nesting of statements, expressions and patterns that `compileall` of CPython 3.12.1 compiles. (The
/// limit is 3000 less what is in use of the C stack: `compile()` at the top of a script takes eight more.)
pub(crate) const MAX_DEPTH: u32 = 2988;

/// Nodes that folding makes out of nothing have a range that starts here or later, beyond any source. They
/// have no location.
pub const SYNTHETIC_START: u32 = 0xF000_0000;

/// The values of all constants in a folded tree, including those that the tree cannot hold: strings with lone
/// surrogates, frozensets, and tuples of such.
#[derive(Debug)]
pub struct Constants<'a> {
    literals: &'a Literals,
    /// By the range of the constant; what the tree has in its place; the value.
    special: FxHashMap<TextRange, (ast::Constant, Constant)>,
}

impl<'a> Constants<'a> {
    /// For a tree as it was parsed.
    pub fn new(literals: &'a Literals) -> Self {
        Constants { literals, special: FxHashMap::default() }
    }

    /// What the tree does not hold.
    pub fn literals(&self) -> &'a Literals {
        self.literals
    }

    /// The value of a constant node, given what the tree holds and the node's range.
    pub fn value(&self, in_tree: &ast::Constant, range: TextRange) -> Constant {
        if !self.special.is_empty() || !self.literals.is_empty() {
            self.any_value(in_tree, range)
        } else {
            constant_of(in_tree)
        }
    }

    /// As [`Self::value`], where there are some that the tree does not hold.
    #[inline(never)]
    fn any_value(&self, in_tree: &ast::Constant, range: TextRange) -> Constant {
        if let Some((placeholder, value)) = self.special.get(&range)
            // Not as constants of trees, where not a number equals nothing.
            && constant_of(placeholder) == constant_of(in_tree)
        {
            return value.clone();
        }
        if let Some(wtf8) = self.literals.get(range)
            && let ast::Constant::Str(_) = in_tree
            && let Some(text) = Text::from_wtf8(wtf8)
        {
            return Constant::Str(text);
        }
        constant_of(in_tree)
    }

    fn of(&self, node: &ExprConstant) -> Constant {
        self.value(&node.value, node.range)
    }

    /// A constant node with this value.
    fn make(&mut self, range: TextRange, value: Constant) -> Expr {
        let mut exact = true;
        let in_tree = ast_constant(&value, &mut exact);
        if !exact {
            self.special.insert(range, (in_tree.clone(), value));
        }
        Expr::Constant(ExprConstant { range, value: in_tree, kind: None })
    }

    /// Whether the tree holds the value of the node.
    fn is_plain(&self, node: &ExprConstant) -> bool {
        !self.special.contains_key(&node.range) && self.literals.get(node.range).is_none()
    }
}

/// The constant that the tree holds.
fn constant_of(constant: &ast::Constant) -> Constant {
    match constant {
        ast::Constant::None => Constant::None,
        ast::Constant::Bool(value) => Constant::Bool(*value),
        ast::Constant::Str(text) => Constant::Str(Text::from(text.as_str())),
        ast::Constant::Bytes(bytes) => bytes_of(bytes),
        ast::Constant::Int(value) => integer(value),
        ast::Constant::Tuple(items) => tuple_of(items),
        ast::Constant::Float(value) => Constant::Float(*value),
        ast::Constant::Complex { real, imag } => Constant::Complex(*real, *imag),
        ast::Constant::Ellipsis => Constant::Ellipsis,
    }
}

// On their own, so that the others have no registers to save.
#[inline(never)]
fn bytes_of(bytes: &[u8]) -> Constant {
    Constant::Bytes(Arc::from(bytes))
}

#[inline(never)]
fn tuple_of(items: &[ast::Constant]) -> Constant {
    Constant::Tuple(items.iter().map(constant_of).collect())
}

fn integer(value: &BigInt) -> Constant {
    match value.to_i64() {
        Some(small) => Constant::Int(small),
        None => Constant::BigInt(Arc::new(value.clone())),
    }
}

/// The nearest thing that the tree can hold. Clears `exact` where that is something else.
fn ast_constant(constant: &Constant, exact: &mut bool) -> ast::Constant {
    match constant {
        Constant::None => ast::Constant::None,
        Constant::Bool(value) => ast::Constant::Bool(*value),
        Constant::Ellipsis => ast::Constant::Ellipsis,
        Constant::Int(value) => ast::Constant::Int(BigInt::from(*value)),
        Constant::BigInt(value) => ast::Constant::Int(BigInt::clone(value)),
        Constant::Float(value) => ast::Constant::Float(*value),
        Constant::Complex(real, imag) => ast::Constant::Complex { real: *real, imag: *imag },
        Constant::Str(text) => ast::Constant::Str(match text.as_str() {
            Some(text) => text.to_owned(),
            None => {
                *exact = false;
                text.to_string_lossy()
            }
        }),
        Constant::Bytes(bytes) => ast::Constant::Bytes(bytes.to_vec()),
        Constant::Tuple(items) => {
            ast::Constant::Tuple(items.iter().map(|item| ast_constant(item, exact)).collect())
        }
        Constant::FrozenSet(items) => {
            *exact = false;
            ast::Constant::Tuple(items.iter().map(|item| ast_constant(item, exact)).collect())
        }
        Constant::Code(_) => {
            *exact = false;
            ast::Constant::Ellipsis
        }
    }
}

/// Folds a tree in place, statement by statement. The walk that builds the symbol table says where there is something to
/// fold: that is in few statements.
pub(crate) struct Folder<'a> {
    constants: Constants<'a>,
    optimize: u8,
    annotations_are_text: bool,
    depth: u32,
    /// The number of nodes made out of nothing so far.
    synthetic: u32,
}

impl<'a> Folder<'a> {
    /// `annotations_are_text` says that PEP 563 is in force.
    pub fn new(literals: &'a Literals, optimize: u8, annotations_are_text: bool) -> Self {
        let constants = Constants::new(literals);
        Folder { constants, optimize, annotations_are_text, depth: 0, synthetic: 0 }
    }

    /// What the tree does not hold.
    pub fn literals(&self) -> &'a Literals {
        self.constants.literals
    }

    /// The values of the constants in what was folded.
    pub fn into_constants(self) -> Constants<'a> {
        self.constants
    }
}

/// Whether a body may not begin with a docstring once it is folded: see [`guard_docstring`].
pub(crate) fn has_docstring(body: &[Stmt]) -> bool {
    let Some(Stmt::Expr(first)) = body.first() else { return false };
    matches!(&*first.value, Expr::Constant(ExprConstant { value: ast::Constant::Str(_), .. }))
}

/// For a folded body that had no docstring before. Folding must not make one: `'a' + 'b'` is wrapped into an f-string.
pub(crate) fn guard_docstring(body: &mut [Stmt]) {
    if has_docstring(body)
        && let Some(Stmt::Expr(first)) = body.first_mut()
    {
        let range = first.range;
        let value = std::mem::replace(&mut *first.value, none(range));
        *first.value = Expr::JoinedStr(ast::ExprJoinedStr { range, values: vec![value] });
    }
}

impl Folder<'_> {
    #[inline]
    fn enter(&mut self) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(too_deep()) } else { Ok(()) }
    }

    /// A range of its own for a node without a location.
    fn synthetic_range(&mut self) -> TextRange {
        self.synthetic = self.synthetic.wrapping_add(1) % (u32::MAX - SYNTHETIC_START);
        TextRange::empty(TextSize::new(SYNTHETIC_START + self.synthetic))
    }

    /// Folds all that a tree holds. Says whether it nests too deep, for a tree that has another error.
    pub fn module(&mut self, module: &mut Mod) -> Result {
        self.depth = 0;
        match module {
            Mod::Module(module) => self.stmts(&mut module.body),
            Mod::Interactive(module) => self.stmts(&mut module.body),
            Mod::Expression(module) => self.expr(&mut module.body),
            Mod::FunctionType(_) => Ok(()),
        }
    }

    fn stmts(&mut self, stmts: &mut [Stmt]) -> Result {
        for stmt in stmts {
            let depth = self.depth + 1;
            self.statement(stmt, depth)?;
            for body in bodies(stmt) {
                self.stmts(body)?;
            }
            self.depth = depth - 1;
        }
        Ok(())
    }

    /// Folds an expression that is a module.
    pub fn expression(&mut self, expr: &mut Expr) -> Result {
        self.expr(expr)
    }

    /// Folds what stands in a statement, but for the statements within. `depth` is the number of statements around it
    /// and one more.
    pub fn statement(&mut self, stmt: &mut Stmt, depth: u32) -> Result {
        self.depth = depth;
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        match stmt {
            Stmt::FunctionDef(node) => {
                self.type_params(&mut node.type_params)?;
                self.arguments(&mut node.args)?;
                self.exprs(&mut node.decorator_list)?;
                if self.annotations_are_text { Ok(()) } else { self.optional(&mut node.returns) }
            }
            Stmt::AsyncFunctionDef(node) => {
                self.type_params(&mut node.type_params)?;
                self.arguments(&mut node.args)?;
                self.exprs(&mut node.decorator_list)?;
                if self.annotations_are_text { Ok(()) } else { self.optional(&mut node.returns) }
            }
            Stmt::ClassDef(node) => {
                self.type_params(&mut node.type_params)?;
                self.exprs(&mut node.bases)?;
                self.keywords(&mut node.keywords)?;
                self.exprs(&mut node.decorator_list)
            }
            Stmt::Return(node) => self.optional(&mut node.value),
            Stmt::Delete(node) => self.exprs(&mut node.targets),
            Stmt::Assign(node) => {
                self.exprs(&mut node.targets)?;
                self.expr(&mut node.value)
            }
            Stmt::TypeAlias(node) => {
                self.expr(&mut node.name)?;
                self.type_params(&mut node.type_params)?;
                self.expr(&mut node.value)
            }
            Stmt::AugAssign(node) => {
                self.expr(&mut node.target)?;
                self.expr(&mut node.value)
            }
            Stmt::AnnAssign(node) => {
                self.expr(&mut node.target)?;
                if !self.annotations_are_text {
                    self.expr(&mut node.annotation)?;
                }
                self.optional(&mut node.value)
            }
            Stmt::For(node) => {
                self.expr(&mut node.target)?;
                self.expr(&mut node.iter)?;
                self.iterated(&mut node.iter);
                Ok(())
            }
            Stmt::AsyncFor(node) => {
                self.expr(&mut node.target)?;
                self.expr(&mut node.iter)
            }
            Stmt::While(node) => self.expr(&mut node.test),
            Stmt::If(node) => self.expr(&mut node.test),
            Stmt::With(node) => self.with_items(&mut node.items),
            Stmt::AsyncWith(node) => self.with_items(&mut node.items),
            Stmt::Match(node) => {
                self.expr(&mut node.subject)?;
                for case in &mut node.cases {
                    self.pattern(&mut case.pattern)?;
                    self.optional(&mut case.guard)?;
                }
                Ok(())
            }
            Stmt::Raise(node) => {
                self.optional(&mut node.exc)?;
                self.optional(&mut node.cause)
            }
            Stmt::Try(node) => self.handlers(&mut node.handlers),
            Stmt::TryStar(node) => self.handlers(&mut node.handlers),
            Stmt::Assert(node) => {
                self.expr(&mut node.test)?;
                self.optional(&mut node.msg)
            }
            Stmt::Expr(node) => self.expr(&mut node.value),
            Stmt::Import(_)
            | Stmt::ImportFrom(_)
            | Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_) => Ok(()),
        }
    }

    fn handlers(&mut self, handlers: &mut [ast::ExceptHandler]) -> Result {
        for ast::ExceptHandler::ExceptHandler(handler) in handlers {
            self.optional(&mut handler.type_)?;
        }
        Ok(())
    }

    fn with_items(&mut self, items: &mut [ast::WithItem]) -> Result {
        for item in items {
            self.expr(&mut item.context_expr)?;
            self.optional(&mut item.optional_vars)?;
        }
        Ok(())
    }

    fn type_params(&mut self, params: &mut [ast::TypeParam]) -> Result {
        for param in params {
            if let ast::TypeParam::TypeVar(param) = param {
                self.optional(&mut param.bound)?;
            }
        }
        Ok(())
    }

    fn arguments(&mut self, arguments: &mut ast::Arguments) -> Result {
        let positional = arguments.posonlyargs.iter_mut().chain(&mut arguments.args);
        for argument in positional.chain(&mut arguments.kwonlyargs) {
            self.argument(&mut argument.def)?;
            self.optional(&mut argument.default)?;
        }
        for argument in arguments.vararg.iter_mut().chain(&mut arguments.kwarg) {
            self.argument(argument)?;
        }
        Ok(())
    }

    fn argument(&mut self, argument: &mut ast::Arg) -> Result {
        if self.annotations_are_text { Ok(()) } else { self.optional(&mut argument.annotation) }
    }

    fn keywords(&mut self, keywords: &mut [ast::Keyword]) -> Result {
        keywords.iter_mut().try_for_each(|keyword| self.expr(&mut keyword.value))
    }

    fn pattern(&mut self, pattern: &mut Pattern) -> Result {
        self.enter()?;
        match pattern {
            Pattern::MatchValue(node) => self.expr(&mut node.value)?,
            Pattern::MatchSingleton(_) | Pattern::MatchStar(_) => {}
            Pattern::MatchSequence(node) => self.patterns(&mut node.patterns)?,
            Pattern::MatchMapping(node) => {
                self.exprs(&mut node.keys)?;
                self.patterns(&mut node.patterns)?;
            }
            Pattern::MatchClass(node) => {
                self.expr(&mut node.cls)?;
                self.patterns(&mut node.patterns)?;
                self.patterns(&mut node.kwd_patterns)?;
            }
            Pattern::MatchAs(node) => {
                if let Some(pattern) = &mut node.pattern {
                    self.pattern(pattern)?;
                }
            }
            Pattern::MatchOr(node) => self.patterns(&mut node.patterns)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn patterns(&mut self, patterns: &mut [Pattern]) -> Result {
        patterns.iter_mut().try_for_each(|pattern| self.pattern(pattern))
    }

    fn exprs(&mut self, exprs: &mut [Expr]) -> Result {
        exprs.iter_mut().try_for_each(|expr| self.expr(expr))
    }

    fn optional(&mut self, expr: &mut Option<Box<Expr>>) -> Result {
        expr.iter_mut().try_for_each(|expr| self.expr(expr))
    }

    fn comprehensions(&mut self, generators: &mut [ast::Comprehension]) -> Result {
        for generator in generators {
            self.expr(&mut generator.target)?;
            self.expr(&mut generator.iter)?;
            self.exprs(&mut generator.ifs)?;
            self.iterated(&mut generator.iter);
        }
        Ok(())
    }

    fn is_debug(&self, node: &ast::ExprName) -> bool {
        names::is(self.constants.literals, &node.id, node.range.end(), NameId::DEBUG)
    }

    #[inline]
    fn expr(&mut self, expr: &mut Expr) -> Result {
        // The two leaves that nearly all expressions end in need no count of their depth unless it is at its end.
        match expr {
            Expr::Constant(_) if self.depth < MAX_DEPTH => Ok(()),
            Expr::Name(node) if self.depth < MAX_DEPTH && !self.is_debug(node) => Ok(()),
            _ => self.other_expr(expr),
        }
    }

    #[inline(never)]
    fn other_expr(&mut self, expr: &mut Expr) -> Result {
        self.enter()?;
        match expr {
            Expr::BoolOp(node) => self.exprs(&mut node.values)?,
            Expr::NamedExpr(node) => self.expr(&mut node.value)?,
            Expr::BinOp(node) => {
                self.expr(&mut node.left)?;
                self.expr(&mut node.right)?;
                self.binary(expr);
            }
            Expr::UnaryOp(node) => {
                self.expr(&mut node.operand)?;
                self.unary(expr);
            }
            Expr::Lambda(node) => {
                self.arguments(&mut node.args)?;
                self.expr(&mut node.body)?;
            }
            Expr::IfExp(node) => {
                self.expr(&mut node.test)?;
                self.expr(&mut node.body)?;
                self.expr(&mut node.orelse)?;
            }
            Expr::Dict(node) => {
                node.keys.iter_mut().flatten().try_for_each(|key| self.expr(key))?;
                self.exprs(&mut node.values)?;
            }
            Expr::Set(node) => self.exprs(&mut node.elts)?,
            Expr::ListComp(node) => {
                self.expr(&mut node.elt)?;
                self.comprehensions(&mut node.generators)?;
            }
            Expr::SetComp(node) => {
                self.expr(&mut node.elt)?;
                self.comprehensions(&mut node.generators)?;
            }
            Expr::DictComp(node) => {
                self.expr(&mut node.key)?;
                self.expr(&mut node.value)?;
                self.comprehensions(&mut node.generators)?;
            }
            Expr::GeneratorExp(node) => {
                self.expr(&mut node.elt)?;
                self.comprehensions(&mut node.generators)?;
            }
            Expr::Await(node) => self.expr(&mut node.value)?,
            Expr::Yield(node) => self.optional(&mut node.value)?,
            Expr::YieldFrom(node) => self.expr(&mut node.value)?,
            Expr::Compare(node) => {
                self.expr(&mut node.left)?;
                self.exprs(&mut node.comparators)?;
                if let (Some(ast::CmpOp::In | ast::CmpOp::NotIn), Some(last)) =
                    (node.ops.last(), node.comparators.last_mut())
                {
                    self.iterated(last);
                }
            }
            Expr::Call(node) => {
                self.expr(&mut node.func)?;
                self.exprs(&mut node.args)?;
                self.keywords(&mut node.keywords)?;
            }
            Expr::FormattedValue(node) => {
                self.expr(&mut node.value)?;
                self.optional(&mut node.format_spec)?;
            }
            Expr::JoinedStr(node) => self.exprs(&mut node.values)?,
            Expr::Attribute(node) => self.expr(&mut node.value)?,
            Expr::Subscript(node) => {
                self.expr(&mut node.value)?;
                self.expr(&mut node.slice)?;
                self.subscript(expr);
            }
            Expr::Starred(node) => self.expr(&mut node.value)?,
            Expr::List(node) => self.exprs(&mut node.elts)?,
            Expr::Tuple(node) => {
                self.exprs(&mut node.elts)?;
                if node.ctx == ExprContext::Load
                    && let Some(tuple) = self.constant_tuple(node.range, &mut node.elts)
                {
                    *expr = tuple;
                }
            }
            Expr::Slice(node) => {
                self.optional(&mut node.lower)?;
                self.optional(&mut node.upper)?;
                self.optional(&mut node.step)?;
            }
            Expr::Name(node) => {
                if node.ctx == ExprContext::Load && self.is_debug(node) {
                    *expr = self.constants.make(node.range, Constant::Bool(self.optimize == 0));
                }
            }
            Expr::Constant(_) => {}
        }
        self.depth -= 1;
        Ok(())
    }

    fn unary(&mut self, expr: &mut Expr) {
        let Expr::UnaryOp(node) = expr else { return };
        match &mut *node.operand {
            Expr::Constant(operand) => {
                let value = self.constants.of(operand);
                if let Some(result) = operators::unary(node.op, &value) {
                    *expr = self.constants.make(node.range, result);
                }
            }
            // `not (a in b)` is `a not in b`; equality and order promise no such thing.
            Expr::Compare(compare) if node.op == ast::UnaryOp::Not => {
                let [op] = compare.ops.as_mut_slice() else { return };
                *op = match op {
                    ast::CmpOp::Is => ast::CmpOp::IsNot,
                    ast::CmpOp::IsNot => ast::CmpOp::Is,
                    ast::CmpOp::In => ast::CmpOp::NotIn,
                    ast::CmpOp::NotIn => ast::CmpOp::In,
                    _ => return,
                };
                let range = node.range;
                let compare = std::mem::replace(&mut *node.operand, none(range));
                *expr = compare;
            }
            _ => {}
        }
    }

    fn binary(&mut self, expr: &mut Expr) {
        let Expr::BinOp(node) = expr else { return };
        let Expr::Constant(left) = &*node.left else { return };
        match &mut *node.right {
            Expr::Tuple(right)
                if node.op == ast::Operator::Mod && matches!(left.value, ast::Constant::Str(_)) =>
            {
                let Constant::Str(template) = self.constants.of(left) else { return };
                if let Some(joined) = self.format(node.range, &template, &mut right.elts) {
                    *expr = joined;
                }
            }
            Expr::Constant(right) => {
                let left = self.constants.of(left);
                let right = self.constants.of(right);
                if let Some(result) = operators::binary(node.op, &left, &right) {
                    *expr = self.constants.make(node.range, result);
                }
            }
            _ => {}
        }
    }

    fn subscript(&mut self, expr: &mut Expr) {
        let Expr::Subscript(node) = expr else { return };
        if let (ExprContext::Load, Expr::Constant(value), Expr::Constant(index)) =
            (node.ctx, &*node.value, &*node.slice)
        {
            // Looking at the index first spares copying a long constant.
            let index = self.constants.of(index);
            if let Some(result) = operators::subscript(&self.constants.of(value), &index) {
                *expr = self.constants.make(node.range, result);
            }
        }
    }

    /// What is only iterated over or looked up in need not be a list or a set.
    fn iterated(&mut self, expr: &mut Expr) {
        match expr {
            Expr::List(node) if !node.elts.iter().any(|item| matches!(item, Expr::Starred(_))) => {
                let range = node.range;
                *expr = self.constant_tuple(range, &mut node.elts).unwrap_or_else(|| {
                    let elts = std::mem::take(&mut node.elts);
                    Expr::Tuple(ast::ExprTuple { range, elts, ctx: node.ctx })
                });
            }
            Expr::Set(node) => {
                let Some(items) = self.constant_items(&node.elts) else { return };
                *expr = self.constants.make(node.range, set::frozenset(items));
            }
            _ => {}
        }
    }

    /// The constant tuple of these items, if all are constants; it takes their values.
    fn constant_tuple(&mut self, range: TextRange, items: &mut [Expr]) -> Option<Expr> {
        let plain = items.iter().try_fold(true, |plain, item| match item {
            Expr::Constant(item) => Some(plain && self.constants.is_plain(item)),
            _ => None,
        })?;
        if !plain {
            let items = self.constant_items(items)?;
            return Some(self.constants.make(range, Constant::Tuple(items.into())));
        }
        let values = items.iter_mut().filter_map(|item| match item {
            Expr::Constant(item) => Some(std::mem::replace(&mut item.value, ast::Constant::None)),
            _ => None,
        });
        let value = ast::Constant::Tuple(values.collect());
        Some(Expr::Constant(ExprConstant { range, value, kind: None }))
    }

    /// The values of these items, if all are constants.
    fn constant_items(&self, items: &[Expr]) -> Option<Vec<Constant>> {
        items
            .iter()
            .map(|item| match item {
                Expr::Constant(item) => Some(self.constants.of(item)),
                _ => None,
            })
            .collect()
    }
}

#[cold]
fn too_deep() -> Box<CompileError> {
    Box::new(CompileError::without_location(ErrorKind::Recursion, RECURSION_MESSAGE))
}

fn none(range: TextRange) -> Expr {
    Expr::Constant(ExprConstant { range, value: ast::Constant::None, kind: None })
}

/// The statements within a statement.
fn bodies(stmt: &mut Stmt) -> Vec<&mut Vec<Stmt>> {
    fn of_handler(handler: &mut ast::ExceptHandler) -> &mut Vec<Stmt> {
        let ast::ExceptHandler::ExceptHandler(handler) = handler;
        &mut handler.body
    }
    match stmt {
        Stmt::FunctionDef(node) => vec![&mut node.body],
        Stmt::AsyncFunctionDef(node) => vec![&mut node.body],
        Stmt::ClassDef(node) => vec![&mut node.body],
        Stmt::For(node) => vec![&mut node.body, &mut node.orelse],
        Stmt::AsyncFor(node) => vec![&mut node.body, &mut node.orelse],
        Stmt::While(node) => vec![&mut node.body, &mut node.orelse],
        Stmt::If(node) => vec![&mut node.body, &mut node.orelse],
        Stmt::With(node) => vec![&mut node.body],
        Stmt::AsyncWith(node) => vec![&mut node.body],
        Stmt::Match(node) => node.cases.iter_mut().map(|case| &mut case.body).collect(),
        Stmt::Try(node) => {
            let mut bodies = vec![&mut node.body, &mut node.orelse, &mut node.finalbody];
            bodies.extend(node.handlers.iter_mut().map(of_handler));
            bodies
        }
        Stmt::TryStar(node) => {
            let mut bodies = vec![&mut node.body, &mut node.orelse, &mut node.finalbody];
            bodies.extend(node.handlers.iter_mut().map(of_handler));
            bodies
        }
        _ => Vec::new(),
    }
}
