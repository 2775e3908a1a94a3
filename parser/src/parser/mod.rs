//! The parser proper: recursive descent for statements, precedence climbing for expressions.
//!
//! It only knows valid programs. Where it meets something else it gives up with a [`Failure`], which says
//! nothing of the reason: that is found by the slower [`crate::errors`], so that this code stays free of
//! diagnosis and fast.
//!
//! Lists under construction lie on scratch stacks (`exprs`, `stmts`): a list notes the stack's height, pushes its
//! elements and at the end splits them off, in one allocation of the exact size.
#![allow(clippy::boxed_local, reason = "functions hand expressions on in the boxes that they were made in")]

mod arguments;
mod atoms;
mod brackets;
mod compound;
mod expressions;
mod fstrings;
mod functions;
mod imports;
mod patterns;
mod statements;
mod strings;
mod targets;

pub(crate) use strings::{StringToken, split_string};

use pvm_lexer::{Lexer, Span, Token, TokenKind};
use rustpython_ast::{
    self as ast,
    text_size::{TextRange, TextSize},
};

use crate::literal;
use crate::names::Names;
use crate::parsed::{Literals, Mode, Options, SyntaxWarning, WarningCategory, WarningOrigin};
use crate::type_comment::{TypeComment, is_alone_on_line, type_comment};
use crate::uses::Contents;

/// The parser has given up: the source is not valid Python, or [`Parser::is_too_deep`].
///
/// It says nothing more so that most of what functions return comes in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure;

pub(crate) type Outcome<T> = Result<T, Failure>;

/// An expression where it is made. Most stay there; only those that are elements of a list move once more. To hand
/// expressions from function to function as they are takes longer than what the functions do: the processor waits
/// for small writes to arrive in memory before it reads them in larger pieces.
type Node = Box<ast::Expr>;

#[inline]
fn node(expr: impl Into<ast::Expr>) -> Node {
    Box::new(expr.into())
}

/// The same for an expression that is not there before its place is, for those that are many.
#[inline(always)]
fn node_with<T: Into<ast::Expr>>(make: impl FnOnce() -> T) -> Node {
    let place = Box::new_uninit();
    Box::write(place, make().into())
}

/// The same for those that are few, among many.
#[inline(never)]
fn other_node(expr: impl Into<ast::Expr>) -> Node {
    node(expr)
}

/// How deep a parse may nest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DepthLimits {
    /// Nested calls of the parser's recursive functions.
    pub nesting: u32,
    /// Links of one left-deep chain such as `a + b + c` or `a.b.c`: a tree this deep is built without
    /// recursion, but dropping it on a later error recurses.
    pub chain: u32,
}

/// How large a scratch stack is at first: few sources need more, and what none needs is not touched.
const SCRATCH_BYTES: usize = 30 << 10;

pub(crate) struct Parser<'src> {
    source: &'src str,
    options: Options,
    lexer: Lexer<'src>,
    /// The token that comes next.
    token: Token,
    /// End of the last token consumed, not counting those that only lay out lines.
    prev_end: u32,
    depth: u32,
    /// Greatest depth of the tree so far, chains included.
    pub(crate) deepest: u32,
    limits: DepthLimits,
    /// The source is nested deeper than the stack at hand allows.
    pub(crate) is_too_deep: bool,
    exprs: Vec<ast::Expr>,
    stmts: Vec<ast::Stmt>,
    pub(crate) literals: Literals,
    pub(crate) warnings: Vec<SyntaxWarning>,
    pub(crate) type_ignores: Vec<ast::TypeIgnore>,
    /// What is known of the statement at hand.
    contents: Contents,
    /// A comment that holds a type has a line of its own, whose end comes next.
    is_after_type_comment: bool,
    /// Where the last statement at the top level begins.
    pub(crate) statement_start: u32,
}

/// A statement with a chain of so many links is an unusual one: of the others, each level of nesting adds few to the tree's depth.
const LONG_CHAIN: u32 = 8;

/// A place in the source to come back to.
struct Checkpoint<'src> {
    lexer: Lexer<'src>,
    token: Token,
    prev_end: u32,
    depth: u32,
    n_exprs: usize,
    n_stmts: usize,
    n_warnings: usize,
    n_uses: usize,
}

impl<'src> Parser<'src> {
    pub(crate) fn new(source: &'src str, options: &Options, limits: DepthLimits) -> Parser<'src> {
        let mut literals = Literals::default();
        literals.names = options.first_names.map(|first| Names::new(first, source));
        Parser {
            source,
            options: *options,
            lexer: Lexer::new(source),
            token: Token { kind: TokenKind::Newline, span: Span::default() },
            prev_end: 0,
            depth: 0,
            deepest: 0,
            limits,
            is_too_deep: false,
            exprs: Vec::with_capacity(SCRATCH_BYTES / size_of::<ast::Expr>()),
            stmts: Vec::with_capacity(SCRATCH_BYTES / size_of::<ast::Stmt>()),
            literals,
            warnings: Vec::new(),
            type_ignores: Vec::new(),
            contents: Contents::default(),
            is_after_type_comment: false,
            statement_start: 0,
        }
    }

    pub(crate) fn parse(&mut self, mode: Mode) -> Outcome<ast::Mod> {
        self.bump()?;
        Ok(match mode {
            Mode::Module => {
                let body = self.file()?;
                ast::ModModule {
                    range: Default::default(),
                    body,
                    type_ignores: std::mem::take(&mut self.type_ignores),
                }
                .into()
            }
            Mode::Interactive => {
                ast::ModInteractive { range: Default::default(), body: self.interactive()? }.into()
            }
            Mode::Expression => {
                let body = self.expression_list()?;
                self.end_of_expression_source()?;
                ast::ModExpression { range: Default::default(), body }.into()
            }
            Mode::FunctionType => self.function_type()?,
        })
    }

    /// What was found beside the tree, in its final order, and the depth of the tree.
    pub(crate) fn into_rest(mut self) -> (Literals, Vec<SyntaxWarning>, u32) {
        let warnings = self.take_warnings();
        (self.literals, warnings, self.deepest)
    }

    /// Where the lines of the source begin.
    pub(crate) fn take_line_starts(&mut self) -> Vec<u32> {
        match self.token.kind {
            TokenKind::EndOfFile => self.lexer.take_line_starts(),
            // What follows a statement at a prompt has not been read.
            _ => pvm_lexer::line_starts(self.source),
        }
    }

    /// What CPython has warned of so far.
    pub(crate) fn take_warnings(&mut self) -> Vec<SyntaxWarning> {
        for warning in self.lexer.warnings() {
            self.warnings.push(SyntaxWarning {
                category: WarningCategory::SyntaxWarning,
                message: warning.kind.to_string(),
                range: range(warning.span.start, warning.span.end),
                lineno: 0,
                origin: WarningOrigin::Tokenizer,
            });
        }
        self.warnings.sort_by_key(|warning| warning.range.start());
        let (mut lineno, mut counted) = (1, 0);
        for warning in &mut self.warnings {
            let start = warning.range.start().to_usize();
            lineno += memchr::memchr_iter(b'\n', &self.source.as_bytes()[counted..start]).count() as u32;
            (warning.lineno, counted) = (lineno, start);
        }
        std::mem::take(&mut self.warnings)
    }

    fn end_of_expression_source(&mut self) -> Outcome<()> {
        while self.at(TokenKind::Newline) {
            self.bump()?;
        }
        if self.at(TokenKind::EndOfFile) { Ok(()) } else { Err(Failure) }
    }

    /// Reads the next token that is not trivia.
    #[inline(always)]
    fn bump(&mut self) -> Outcome<()> {
        let token = self.lexer.next_valid_token().ok_or(Failure)?;
        if is_trivia(token.kind) { self.bump_over(token) } else { self.take(token) }
    }

    /// On its own, as tokens are read in so many places that all of this would be most of the code.
    #[inline(never)]
    fn bump_over(&mut self, mut token: Token) -> Outcome<()> {
        while is_trivia(token.kind) && !(self.options.type_comments && self.is_type_comment_token(token)) {
            token = self.lexer.next_valid_token().ok_or(Failure)?;
        }
        self.take(token)
    }

    #[inline(always)]
    fn take(&mut self, token: Token) -> Outcome<()> {
        // Field by field, as the bytes between them would be copied, too.
        self.token.kind = token.kind;
        self.token.span = token.span;
        Ok(())
    }

    /// Whether a comment, or the line end after one that has a line of its own, is a token of the grammar
    /// because the comment holds a type. Such a line end ends a statement.
    #[cold]
    fn is_type_comment_token(&mut self, token: Token) -> bool {
        if token.kind == TokenKind::NonLogicalNewline {
            return std::mem::take(&mut self.is_after_type_comment) && self.lexer.open_brackets().is_empty();
        }
        match type_comment(self.text(token)) {
            Some(TypeComment::Type(_)) => {
                self.is_after_type_comment = is_alone_on_line(self.source, token.span.start);
                true
            }
            Some(TypeComment::Ignore(tag_start)) => {
                let line =
                    self.source[..token.span.start as usize].bytes().filter(|&byte| byte == b'\n').count();
                let mut tag = self.text(token)[tag_start..].to_owned();
                if is_alone_on_line(self.source, token.span.start) {
                    tag.push('\n');
                }
                let lineno = ast::Int::new(line as u32 + 1);
                let ignore = ast::TypeIgnoreTypeIgnore { range: Default::default(), lineno, tag };
                if !self.type_ignores.iter().any(|known| {
                    let ast::TypeIgnore::TypeIgnore(known) = known;
                    known.lineno == ignore.lineno
                }) {
                    self.type_ignores.push(ignore.into());
                }
                false
            }
            None => false,
        }
    }

    /// Consumes the token at hand, which must not be one that only lays out lines.
    #[inline(always)]
    fn advance(&mut self) -> Outcome<()> {
        self.prev_end = self.token.span.end;
        self.bump()
    }

    #[inline]
    fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    /// Consumes a token of this kind if it is next.
    #[inline(always)]
    fn eat(&mut self, kind: TokenKind) -> Outcome<bool> {
        if self.token.kind == kind {
            self.advance()?;
            Ok(true)
        } else {
            Ok(false)
        }
    }

    #[inline(always)]
    fn expect(&mut self, kind: TokenKind) -> Outcome<()> {
        if self.token.kind == kind { self.advance() } else { Err(Failure) }
    }

    #[inline]
    fn expect_newline(&mut self) -> Outcome<()> {
        if matches!(self.token.kind, TokenKind::Newline | TokenKind::NonLogicalNewline) {
            self.bump()
        } else {
            Err(Failure)
        }
    }

    /// Where the token at hand begins; and where it ends if it is a name, 0 if not.
    #[inline]
    fn name_span(&self) -> Span {
        let end = if self.token.kind == TokenKind::Name { self.token.span.end } else { 0 };
        Span { start: self.token.span.start, end }
    }

    #[inline]
    fn start(&self) -> u32 {
        self.token.span.start
    }

    /// From an offset to the end of the last token consumed.
    #[inline]
    fn range_from(&self, start: u32) -> TextRange {
        range(start, self.prev_end)
    }

    #[inline]
    fn text(&self, token: Token) -> &'src str {
        &self.source[token.span.start as usize..token.span.end as usize]
    }

    #[inline]
    fn at_soft_keyword(&self, text: &str) -> bool {
        let (start, end) = (self.token.span.start as usize, self.token.span.end as usize);
        // Few names begin with it; how long they are cannot be predicted.
        self.token.kind == TokenKind::Name
            && self.source.as_bytes()[start..].starts_with(text.as_bytes())
            && end - start == text.len()
    }

    /// Consumes a name.
    fn identifier(&mut self) -> Outcome<ast::Identifier> {
        if self.token.kind != TokenKind::Name {
            return Err(Failure);
        }
        let (start, end) = (self.token.span.start as usize, self.token.span.end as usize);
        self.advance()?;
        Ok(literal::identifier(self.source, start, end))
    }

    /// Makes a node with the name at hand, by itself or of an attribute. The token is one.
    #[inline(always)]
    fn named<T: Into<ast::Expr>>(
        &mut self,
        is_expression: bool,
        make: impl FnOnce(ast::Identifier) -> T,
    ) -> Node {
        let (start, end) = (self.token.span.start as usize, self.token.span.end as usize);
        if let Some(names) = &mut self.literals.names
            && names.add(self.source, start, end, is_expression)
        {
            return node_with(|| make(ast::Identifier::new(String::new())));
        }
        self.named_with_text(make)
    }

    /// The same with the name's text in the node.
    ///
    /// There are several calls of `make`, so that a short name goes from registers to its place in the node.
    #[inline(never)]
    fn named_with_text<T: Into<ast::Expr>>(&mut self, make: impl FnOnce(ast::Identifier) -> T) -> Node {
        self.contents.is_unusual = true;
        let (start, end) = (self.token.span.start as usize, self.token.span.end as usize);
        match literal::short(self.source, start, end) {
            Some(name) => node_with(|| make(ast::Identifier::new(name))),
            None => other_node(make(literal::other_identifier(&self.source[start..end]))),
        }
    }

    /// Goes one level of nesting down; each successful call is paired with [`Parser::leave`]. (After a failure
    /// the depth no longer matters, or is restored with a [`Checkpoint`].)
    #[inline]
    fn enter(&mut self) -> Outcome<()> {
        self.depth += 1;
        if self.depth > self.deepest {
            self.deepest = self.depth;
            if self.depth > self.limits.nesting {
                return self.give_up_too_deep();
            }
        }
        Ok(())
    }

    #[cold]
    fn give_up_too_deep(&mut self) -> Outcome<()> {
        self.is_too_deep = true;
        Err(Failure)
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Notes that a left-deep chain has this many links.
    #[inline]
    fn note_chain(&mut self, links: u32) -> Outcome<()> {
        self.contents.is_unusual |= links >= LONG_CHAIN;
        if links >= 64 {
            self.deepest = self.deepest.max(self.depth.saturating_add(links));
            if links > self.limits.chain {
                return self.give_up_too_deep();
            }
        }
        Ok(())
    }

    fn checkpoint(&self) -> Checkpoint<'src> {
        Checkpoint {
            lexer: self.lexer.clone(),
            token: self.token,
            prev_end: self.prev_end,
            depth: self.depth,
            n_exprs: self.exprs.len(),
            n_stmts: self.stmts.len(),
            n_warnings: self.warnings.len(),
            n_uses: self.n_uses(),
        }
    }

    fn restore(&mut self, checkpoint: Checkpoint<'src>) {
        self.lexer.go_back(checkpoint.lexer);
        self.token = checkpoint.token;
        self.prev_end = checkpoint.prev_end;
        self.depth = checkpoint.depth;
        self.exprs.truncate(checkpoint.n_exprs);
        self.stmts.truncate(checkpoint.n_stmts);
        self.warnings.truncate(checkpoint.n_warnings);
        self.forget_uses(checkpoint.n_uses);
    }

    /// The number of names in expressions so far.
    fn n_uses(&self) -> usize {
        self.literals.names.as_ref().map_or(0, |names| names.uses.len())
    }

    /// Forgets names of expressions that turned out to be none.
    fn forget_uses(&mut self, n_uses: usize) {
        if let Some(names) = &mut self.literals.names {
            names.uses.truncate(n_uses);
        }
    }

    /// The elements pushed on the scratch stack since it had this height.
    #[inline]
    fn take_exprs(&mut self, height: usize) -> Vec<ast::Expr> {
        self.exprs.split_off(height)
    }
}

/// Whether a token is of no consequence to the grammar, unless type comments are.
#[inline(always)]
fn is_trivia(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline)
}

#[inline]
fn range(start: u32, end: u32) -> TextRange {
    TextRange::new(TextSize::new(start), TextSize::new(end))
}

#[inline]
fn start_of(expr: &ast::Expr) -> u32 {
    use ast::Ranged;
    expr.range().start().to_u32()
}
