//! Blocks and simple statements.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::expressions::starts_expression;
use super::{Failure, Node, Outcome, Parser, start_of};
use crate::type_comment::{TypeComment, type_comment};

impl Parser<'_> {
    pub(super) fn file(&mut self) -> Outcome<Vec<ast::Stmt>> {
        while !self.at(TokenKind::EndOfFile) {
            self.statement_start = self.start();
            self.statement()?;
        }
        Ok(std::mem::take(&mut self.stmts))
    }

    /// One statement at a prompt. What follows it, and the line ends, are left to the caller to check.
    pub(super) fn interactive(&mut self) -> Outcome<Vec<ast::Stmt>> {
        match self.token.kind {
            TokenKind::EndOfFile => return Err(Failure),
            TokenKind::Newline => {
                let range = super::range(self.token.span.start, self.token.span.end);
                self.push(ast::StmtPass { range })?;
            }
            _ => {
                self.statement()?;
            }
        }
        Ok(self.take_stmts(0))
    }

    /// Puts a statement behind the others of its block.
    #[inline]
    pub(super) fn push(&mut self, statement: impl Into<ast::Stmt>) -> Outcome<()> {
        self.stmts.push(statement.into());
        Ok(())
    }

    #[inline]
    pub(super) fn take_stmts(&mut self, height: usize) -> Vec<ast::Stmt> {
        self.stmts.split_off(height)
    }

    /// `block`: an indented block, or simple statements on the line.
    #[inline(always)]
    pub(super) fn block(&mut self) -> Outcome<Vec<ast::Stmt>> {
        let height = self.stmts.len();
        self.push_block()?;
        Ok(self.take_stmts(height))
    }

    /// Pushes the statements of a block.
    fn push_block(&mut self) -> Outcome<()> {
        if self.at(TokenKind::Newline) {
            self.bump()?;
            if !self.at(TokenKind::Indent) {
                return Err(Failure);
            }
            self.bump()?;
            while !self.at(TokenKind::Dedent) {
                if self.at(TokenKind::EndOfFile) {
                    return Err(Failure);
                }
                self.statement()?;
            }
            self.bump()
        } else {
            self.simple_statements()
        }
    }

    /// Pushes one compound statement, or a line of simple ones; says whether it was a compound one.
    pub(super) fn statement(&mut self) -> Outcome<bool> {
        match self.token.kind {
            TokenKind::If => self.if_statement()?,
            TokenKind::Def => self.function_definition(Vec::new())?,
            TokenKind::Class => self.class_definition(Vec::new())?,
            TokenKind::At => self.decorated()?,
            TokenKind::For => self.for_statement()?,
            TokenKind::While => self.while_statement()?,
            TokenKind::Try => self.try_statement()?,
            TokenKind::With => self.with_statement()?,
            TokenKind::Async => self.async_statement()?,
            TokenKind::Name if self.at_soft_keyword("match") && self.is_match_statement() => {
                self.match_statement()?
            }
            _ => {
                self.simple_statements()?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn simple_statements(&mut self) -> Outcome<()> {
        loop {
            self.simple_statement()?;
            self.end_statement();
            if self.at(TokenKind::Semicolon) {
                self.advance()?;
                if self.at(TokenKind::Newline) {
                    return self.bump();
                }
            } else {
                return self.expect_newline();
            }
        }
    }

    /// Notes what is to be known of a simple statement.
    #[inline]
    fn end_statement(&mut self) {
        let contents = std::mem::take(&mut self.contents);
        if let Some(names) = &mut self.literals.names {
            names.uses.end_statement(contents);
        }
    }

    fn simple_statement(&mut self) -> Outcome<()> {
        let start = self.start();
        match self.token.kind {
            TokenKind::Return => {
                self.advance()?;
                let value =
                    if starts_expression(self.token.kind) { Some(self.star_expressions()?) } else { None };
                self.contents.returns_value = value.is_some();
                self.push(ast::StmtReturn { range: self.range_from(start), value })
            }
            TokenKind::Import => {
                self.contents.is_unusual = true;
                self.import_statement()
            }
            TokenKind::From => {
                self.contents.is_unusual = true;
                self.import_from_statement()
            }
            TokenKind::Raise => {
                self.advance()?;
                let (mut exc, mut cause) = (None, None);
                if starts_expression(self.token.kind) {
                    exc = Some(self.expression()?);
                    if self.eat(TokenKind::From)? {
                        cause = Some(self.expression()?);
                    }
                }
                self.push(ast::StmtRaise { range: self.range_from(start), exc, cause })
            }
            TokenKind::Pass => {
                self.advance()?;
                self.push(ast::StmtPass { range: self.range_from(start) })
            }
            TokenKind::Break => {
                self.advance()?;
                self.push(ast::StmtBreak { range: self.range_from(start) })
            }
            TokenKind::Continue => {
                self.advance()?;
                self.push(ast::StmtContinue { range: self.range_from(start) })
            }
            TokenKind::Del => {
                self.advance()?;
                let targets = self.delete_targets()?;
                if !matches!(self.token.kind, TokenKind::Semicolon | TokenKind::Newline) {
                    return Err(Failure);
                }
                self.push(ast::StmtDelete { range: self.range_from(start), targets })
            }
            TokenKind::Assert => {
                self.advance()?;
                let test = self.expression()?;
                let msg = if self.eat(TokenKind::Comma)? { Some(self.expression()?) } else { None };
                self.push(ast::StmtAssert { range: self.range_from(start), test, msg })
            }
            TokenKind::Global => {
                let names = self.scope_names()?;
                self.push(ast::StmtGlobal { range: self.range_from(start), names })
            }
            TokenKind::Nonlocal => {
                let names = self.scope_names()?;
                self.push(ast::StmtNonlocal { range: self.range_from(start), names })
            }
            TokenKind::Name if self.at_soft_keyword("type") && self.is_type_alias() => self.type_alias(),
            TokenKind::Yield => {
                let value = self.yield_expression()?;
                if self.at(TokenKind::Equal) {
                    return Err(Failure);
                }
                self.push(ast::StmtExpr { range: self.range_from(start), value })
            }
            _ => self.expression_statement(),
        }
    }

    fn scope_names(&mut self) -> Outcome<Vec<ast::Identifier>> {
        self.contents.is_unusual = true;
        self.advance()?;
        let mut names = vec![self.identifier()?];
        while self.eat(TokenKind::Comma)? {
            names.push(self.identifier()?);
        }
        Ok(names)
    }

    /// An expression as a statement, or any of the three assignments.
    fn expression_statement(&mut self) -> Outcome<()> {
        let start = self.start();
        let first_kind = self.token.kind;
        let expr = self.star_expressions()?;
        match self.token.kind {
            TokenKind::Equal => self.assignment(start, expr),
            TokenKind::Colon => self.annotated_assignment(start, first_kind, expr),
            kind => match augmented_operator(kind) {
                Some(op) => self.augmented_assignment(start, expr, op),
                None => self.push(ast::StmtExpr { range: self.range_from(start), value: expr }),
            },
        }
    }

    fn assignment(&mut self, start: u32, first: Node) -> Outcome<()> {
        self.expect(TokenKind::Equal)?;
        // Nearly always there is one.
        let mut targets = vec![*first];
        self.set_context(&mut targets[0], ast::ExprContext::Store)?;
        let mut value = self.yield_or_star_expressions()?;
        while self.eat(TokenKind::Equal)? {
            // `a = yield = b`: a yield expression can only be the value.
            self.set_context(&mut value, ast::ExprContext::Store)?;
            targets.push(*value);
            value = self.yield_or_star_expressions()?;
        }
        let type_comment = self.type_comment()?;
        let range = self.range_from(start);
        self.push(ast::StmtAssign { range, targets, value, type_comment })
    }

    fn annotated_assignment(&mut self, start: u32, first_kind: TokenKind, mut target: Node) -> Outcome<()> {
        let simple = match &*target {
            ast::Expr::Name(_) => first_kind == TokenKind::Name && start_of(&target) == start,
            ast::Expr::Attribute(_) | ast::Expr::Subscript(_)
                if first_kind == TokenKind::LeftParen && begins_with_bracketed_target(&target, start) =>
            {
                return Err(Failure);
            }
            ast::Expr::Attribute(_) | ast::Expr::Subscript(_) => false,
            _ => return Err(Failure),
        };
        self.set_context(&mut target, ast::ExprContext::Store)?;
        self.contents.is_unusual = true;
        self.expect(TokenKind::Colon)?;
        let annotation = self.expression()?;
        let value = if self.eat(TokenKind::Equal)? { Some(self.yield_or_star_expressions()?) } else { None };
        let range = self.range_from(start);
        self.push(ast::StmtAnnAssign { range, target, annotation, value, simple })
    }

    fn augmented_assignment(&mut self, start: u32, mut target: Node, op: ast::Operator) -> Outcome<()> {
        if !matches!(*target, ast::Expr::Name(_) | ast::Expr::Attribute(_) | ast::Expr::Subscript(_)) {
            return Err(Failure);
        }
        self.set_context(&mut target, ast::ExprContext::Store)?;
        self.advance()?;
        let value = self.yield_or_star_expressions()?;
        self.push(ast::StmtAugAssign { range: self.range_from(start), target, op, value })
    }

    /// A type comment, where the options ask for them.
    #[inline(always)]
    pub(super) fn type_comment(&mut self) -> Outcome<Option<String>> {
        if self.at(TokenKind::Comment) { self.read_type_comment() } else { Ok(None) }
    }

    #[cold]
    fn read_type_comment(&mut self) -> Outcome<Option<String>> {
        let comment = self.text(self.token);
        let start = match type_comment(comment) {
            Some(TypeComment::Type(start)) => start,
            _ => return Ok(None),
        };
        self.advance()?;
        Ok(Some(comment[start..].to_owned()))
    }

    /// The type comment of a function: after the colon, or alone on the line after it.
    pub(super) fn function_type_comment(&mut self) -> Outcome<Option<String>> {
        if !(self.options.type_comments && self.at(TokenKind::Newline)) {
            return self.type_comment();
        }
        let checkpoint = self.checkpoint();
        self.bump()?;
        if self.at(TokenKind::Comment) {
            let comment = self.type_comment()?;
            if self.at(TokenKind::NonLogicalNewline) {
                self.token.kind = TokenKind::Newline;
                return Ok(comment);
            }
        }
        self.restore(checkpoint);
        Ok(None)
    }

    /// Whether the name `type` at hand begins a type alias: a name and then `=` or `[` follow.
    fn is_type_alias(&self) -> bool {
        let after = self.source[self.token.span.end as usize..].trim_start_matches([' ', '\t', '\x0c']);
        if !after.starts_with(|c: char| c == '\\' || c == '_' || c.is_ascii_alphabetic() || !c.is_ascii()) {
            return false;
        }
        let mut lexer = self.lexer.clone();
        let mut next = || lexer.next_token().map_or(TokenKind::EndOfFile, |token| token.kind);
        next() == TokenKind::Name && matches!(next(), TokenKind::Equal | TokenKind::LeftBracket)
    }

    fn type_alias(&mut self) -> Outcome<()> {
        self.contents.is_unusual = true;
        let start = self.start();
        self.advance()?;
        let name_start = self.start();
        let id = self.identifier()?;
        let name = ast::ExprName { range: self.range_from(name_start), id, ctx: ast::ExprContext::Store };
        let type_params = self.type_params()?;
        self.expect(TokenKind::Equal)?;
        let value = self.expression()?;
        let range = self.range_from(start);
        self.push(ast::StmtTypeAlias { range, name: Box::new(name.into()), type_params, value })
    }

    /// `func_type`: `(types) -> type`
    pub(super) fn function_type(&mut self) -> Outcome<ast::Mod> {
        self.expect(TokenKind::LeftParen)?;
        let mut argtypes = Vec::new();
        // 0: expressions; 1: after `*x`; 2: after `**x`
        let mut stage = 0;
        while !self.at(TokenKind::RightParen) {
            match self.token.kind {
                TokenKind::Star if stage == 0 => {
                    self.advance()?;
                    stage = 1;
                }
                TokenKind::DoubleStar if stage < 2 => {
                    self.advance()?;
                    stage = 2;
                }
                _ if stage == 0 => {}
                _ => return Err(Failure),
            }
            argtypes.push(*self.expression()?);
            if !self.eat(TokenKind::Comma)? {
                break;
            }
            if self.at(TokenKind::RightParen) {
                return Err(Failure);
            }
        }
        self.expect(TokenKind::RightParen)?;
        self.expect(TokenKind::Arrow)?;
        let returns = self.expression()?;
        self.end_of_expression_source()?;
        Ok(ast::ModFunctionType { range: Default::default(), argtypes, returns }.into())
    }
}

/// Whether a target that begins with a bracket begins with another target in brackets, as `(f).x` does. CPython's grammar takes
/// that for the whole of an annotation's target and does not look back.
fn begins_with_bracketed_target(target: &ast::Expr, start: u32) -> bool {
    let mut first = target;
    while start_of(first) == start {
        first = match first {
            ast::Expr::Attribute(node) => &node.value,
            ast::Expr::Subscript(node) => &node.value,
            ast::Expr::Call(node) => &node.func,
            _ => return false,
        };
    }
    // Not the whole target in brackets: that begins behind the first one.
    !std::ptr::eq(first, target)
        && matches!(first, ast::Expr::Name(_) | ast::Expr::Attribute(_) | ast::Expr::Subscript(_))
}

fn augmented_operator(kind: TokenKind) -> Option<ast::Operator> {
    use ast::Operator;
    Some(match kind {
        TokenKind::PlusEqual => Operator::Add,
        TokenKind::MinusEqual => Operator::Sub,
        TokenKind::StarEqual => Operator::Mult,
        TokenKind::AtEqual => Operator::MatMult,
        TokenKind::SlashEqual => Operator::Div,
        TokenKind::PercentEqual => Operator::Mod,
        TokenKind::AmpersandEqual => Operator::BitAnd,
        TokenKind::VerticalBarEqual => Operator::BitOr,
        TokenKind::CaretEqual => Operator::BitXor,
        TokenKind::LeftShiftEqual => Operator::LShift,
        TokenKind::RightShiftEqual => Operator::RShift,
        TokenKind::DoubleStarEqual => Operator::Pow,
        TokenKind::DoubleSlashEqual => Operator::FloorDiv,
        _ => return None,
    })
}
