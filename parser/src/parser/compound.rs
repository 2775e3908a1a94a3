//! Compound statements other than `match`.

use pvm_lexer::TokenKind;
use rustpython_ast::{self as ast, text_size::TextSize};

use super::{Failure, Node, Outcome, Parser};
use crate::uses::{OpenBody, is_display};

/// To CPython's parser each `elif` is one rule more within the others, of which it takes 6000 in all.
const MAX_ARMS: usize = 5966;

impl Parser<'_> {
    /// `if` and all that belongs to it. Many `elif` do not nest natively.
    pub(super) fn if_statement(&mut self) -> Outcome<()> {
        self.enter()?;
        let (start, test, body) = self.arm()?;
        let mut elifs = Vec::new();
        while self.at(TokenKind::Elif) {
            elifs.push(self.arm()?);
            let arms = elifs.len() + 1;
            self.note_chain(arms as u32)?;
            if arms > MAX_ARMS {
                self.give_up_too_deep()?;
            }
        }
        let mut orelse = self.else_block()?;
        self.leave();
        while let Some((start, test, body)) = elifs.pop() {
            orelse = vec![ast::StmtIf { range: self.range_from(start), test, body, orelse }.into()];
        }
        self.push(ast::StmtIf { range: self.range_from(start), test, body, orelse })
    }

    /// From `if` or `elif` on: where it begins, its condition, its block.
    #[inline(always)]
    fn arm(&mut self) -> Outcome<(u32, Node, Vec<ast::Stmt>)> {
        let start = self.start();
        self.advance()?;
        let test = self.named_expression()?;
        self.expect(TokenKind::Colon)?;
        Ok((start, test, self.block()?))
    }

    fn else_block(&mut self) -> Outcome<Vec<ast::Stmt>> {
        if !self.eat(TokenKind::Else)? {
            return Ok(Vec::new());
        }
        self.expect(TokenKind::Colon)?;
        self.block()
    }

    pub(super) fn while_statement(&mut self) -> Outcome<()> {
        self.enter()?;
        let start = self.start();
        self.advance()?;
        let test = self.named_expression()?;
        self.expect(TokenKind::Colon)?;
        let body = self.block()?;
        let orelse = self.else_block()?;
        self.leave();
        self.push(ast::StmtWhile { range: self.range_from(start), test, body, orelse })
    }

    pub(super) fn for_statement(&mut self) -> Outcome<()> {
        let start = self.start();
        let (target, iter, body, orelse, type_comment) = self.for_parts()?;
        let range = self.range_from(start);
        self.push(ast::StmtFor { range, target, iter, body, orelse, type_comment })
    }

    #[allow(clippy::type_complexity, reason = "the fields of two statements, in their order")]
    fn for_parts(&mut self) -> Outcome<(Node, Node, Vec<ast::Stmt>, Vec<ast::Stmt>, Option<String>)> {
        self.enter()?;
        self.expect(TokenKind::For)?;
        let target = self.star_targets()?;
        self.expect(TokenKind::In)?;
        let iter = self.star_expressions()?;
        self.contents.is_foldable |= is_display(&iter);
        self.expect(TokenKind::Colon)?;
        let type_comment = self.type_comment()?;
        let body = self.block()?;
        let orelse = self.else_block()?;
        self.leave();
        Ok((target, iter, body, orelse, type_comment))
    }

    pub(super) fn with_statement(&mut self) -> Outcome<()> {
        let start = self.start();
        let (items, body, type_comment) = self.with_parts()?;
        self.push(ast::StmtWith { range: self.range_from(start), items, body, type_comment })
    }

    fn with_parts(&mut self) -> Outcome<(Vec<ast::WithItem>, Vec<ast::Stmt>, Option<String>)> {
        self.enter()?;
        self.expect(TokenKind::With)?;
        let items = match self.parenthesized_with_items()? {
            Some(items) => items,
            None => {
                let mut items = Vec::with_capacity(1);
                loop {
                    items.push(self.with_item()?);
                    if !self.eat(TokenKind::Comma)? {
                        break;
                    }
                }
                items
            }
        };
        self.expect(TokenKind::Colon)?;
        let type_comment = self.type_comment()?;
        let body = self.block()?;
        self.leave();
        Ok((items, body, type_comment))
    }

    /// Items in parentheses of their own. They look like a parenthesized expression, and only the colon after
    /// the closing parenthesis tells, so this reads ahead and comes back if it was none.
    fn parenthesized_with_items(&mut self) -> Outcome<Option<Vec<ast::WithItem>>> {
        if !self.at(TokenKind::LeftParen) {
            return Ok(None);
        }
        let checkpoint = self.checkpoint();
        match self.with_items_in_parentheses() {
            Ok(items) if self.at(TokenKind::Colon) => Ok(Some(items)),
            Err(_) if self.is_too_deep => Err(Failure),
            _ => {
                self.restore(checkpoint);
                Ok(None)
            }
        }
    }

    fn with_items_in_parentheses(&mut self) -> Outcome<Vec<ast::WithItem>> {
        self.expect(TokenKind::LeftParen)?;
        let mut items = Vec::with_capacity(2);
        loop {
            items.push(self.with_item()?);
            if !self.eat(TokenKind::Comma)? || self.at(TokenKind::RightParen) {
                break;
            }
        }
        self.expect(TokenKind::RightParen)?;
        Ok(items)
    }

    fn with_item(&mut self) -> Outcome<ast::WithItem> {
        let context_expr = *self.expression()?;
        let optional_vars = if self.eat(TokenKind::As)? { Some(self.with_target()?) } else { None };
        Ok(ast::WithItem { range: Default::default(), context_expr, optional_vars })
    }

    pub(super) fn async_statement(&mut self) -> Outcome<()> {
        let start = self.start();
        self.advance()?;
        match self.token.kind {
            TokenKind::Def => self.async_function_definition(start, Vec::new()),
            TokenKind::For => {
                let (target, iter, body, orelse, type_comment) = self.for_parts()?;
                let range = self.range_from(start);
                self.push(ast::StmtAsyncFor { range, target, iter, body, orelse, type_comment })
            }
            TokenKind::With => {
                let (items, body, type_comment) = self.with_parts()?;
                self.push(ast::StmtAsyncWith { range: self.range_from(start), items, body, type_comment })
            }
            _ => Err(Failure),
        }
    }

    pub(super) fn decorated(&mut self) -> Outcome<()> {
        let height = self.exprs.len();
        while self.eat(TokenKind::At)? {
            let decorator = self.named_expression()?;
            self.exprs.push(*decorator);
            self.expect_newline()?;
        }
        let decorators = self.take_exprs(height);
        let start = self.start();
        match self.token.kind {
            TokenKind::Def => self.function_definition(decorators),
            TokenKind::Class => self.class_definition(decorators),
            TokenKind::Async => {
                self.advance()?;
                self.async_function_definition(start, decorators)
            }
            _ => Err(Failure),
        }
    }

    pub(super) fn function_definition(&mut self, decorator_list: Vec<ast::Expr>) -> Outcome<()> {
        let start = self.start();
        let function = self.function_parts()?;
        self.push(ast::StmtFunctionDef {
            range: self.range_from(start),
            name: function.name,
            args: function.args,
            body: function.body,
            decorator_list,
            returns: function.returns,
            type_comment: function.type_comment,
            type_params: function.type_params,
        })
    }

    fn async_function_definition(&mut self, start: u32, decorator_list: Vec<ast::Expr>) -> Outcome<()> {
        let function = self.function_parts()?;
        self.push(ast::StmtAsyncFunctionDef {
            range: self.range_from(start),
            name: function.name,
            args: function.args,
            body: function.body,
            decorator_list,
            returns: function.returns,
            type_comment: function.type_comment,
            type_params: function.type_params,
        })
    }

    #[inline(always)]
    fn function_parts(&mut self) -> Outcome<FunctionParts> {
        self.enter()?;
        self.expect(TokenKind::Def)?;
        let name = self.identifier()?;
        let type_params = self.type_params()?;
        self.expect(TokenKind::LeftParen)?;
        let args = Box::new(self.parameters(TokenKind::RightParen)?);
        self.expect(TokenKind::RightParen)?;
        let returns = if self.eat(TokenKind::Arrow)? { Some(self.expression()?) } else { None };
        self.expect(TokenKind::Colon)?;
        let type_comment = self.function_type_comment()?;
        let opened = self.open_body();
        let body = self.block()?;
        self.close_body(opened);
        self.leave();
        Ok(FunctionParts { name, args, body, returns, type_comment, type_params })
    }

    pub(super) fn class_definition(&mut self, decorator_list: Vec<ast::Expr>) -> Outcome<()> {
        self.enter()?;
        let start = self.start();
        self.expect(TokenKind::Class)?;
        let name = self.identifier()?;
        let type_params = self.type_params()?;
        let open = self.start();
        let (bases, keywords) =
            if self.at(TokenKind::LeftParen) { self.class_arguments()? } else { (Vec::new(), Vec::new()) };
        // A generator expression may borrow the parentheses of a call, but not those of a class.
        if let [ast::Expr::GeneratorExp(generator)] = &bases[..]
            && generator.range.start().to_u32() == open
        {
            return Err(Failure);
        }
        self.expect(TokenKind::Colon)?;
        let opened = self.open_body();
        let body = self.block()?;
        self.close_body(opened);
        self.leave();
        let range = self.range_from(start);
        self.push(ast::StmtClassDef { range, name, bases, keywords, body, decorator_list, type_params })
    }

    /// Notes that the body of a function or class begins.
    fn open_body(&mut self) -> Option<OpenBody> {
        let names = self.literals.names.as_mut()?;
        let head = std::mem::take(&mut self.contents);
        Some(names.uses.open_body(TextSize::new(self.prev_end), head))
    }

    /// Notes that it ends.
    fn close_body(&mut self, opened: Option<OpenBody>) {
        if let Some(names) = &mut self.literals.names
            && let Some(opened) = opened
        {
            names.uses.close_body(opened);
        }
    }

    /// Notes that a compound statement binds names by itself.
    pub(super) fn note_unusual(&mut self) {
        if let Some(names) = &mut self.literals.names {
            names.uses.note_unusual();
        }
    }

    /// Bases and keywords of a class with their parentheses.
    #[inline(never)]
    fn class_arguments(&mut self) -> Outcome<(Vec<ast::Expr>, Vec<ast::Keyword>)> {
        self.call_arguments()
    }

    pub(super) fn try_statement(&mut self) -> Outcome<()> {
        self.enter()?;
        let start = self.start();
        self.advance()?;
        self.expect(TokenKind::Colon)?;
        let body = self.block()?;
        let mut handlers = Vec::new();
        let mut is_star = false;
        while self.at(TokenKind::Except) {
            let handler_start = self.start();
            self.advance()?;
            let has_star = self.eat(TokenKind::Star)?;
            if !handlers.is_empty() && has_star != is_star {
                return Err(Failure);
            }
            is_star = has_star;
            handlers.push(self.except_handler(handler_start, is_star)?);
            // `except:` must be the last one, but it is the compiler that says so.
        }
        let orelse = if handlers.is_empty() { Vec::new() } else { self.else_block()? };
        let finalbody = if self.eat(TokenKind::Finally)? {
            self.expect(TokenKind::Colon)?;
            self.block()?
        } else if handlers.is_empty() {
            return Err(Failure);
        } else {
            Vec::new()
        };
        self.leave();
        let range = self.range_from(start);
        if is_star {
            self.push(ast::StmtTryStar { range, body, handlers, orelse, finalbody })
        } else {
            self.push(ast::StmtTry { range, body, handlers, orelse, finalbody })
        }
    }

    fn except_handler(&mut self, start: u32, is_star: bool) -> Outcome<ast::ExceptHandler> {
        let (mut type_, mut name) = (None, None);
        if is_star || !self.at(TokenKind::Colon) {
            type_ = Some(self.expression()?);
            if self.eat(TokenKind::As)? {
                name = Some(self.identifier()?);
                self.note_unusual();
            }
        }
        self.expect(TokenKind::Colon)?;
        let body = self.block()?;
        Ok(ast::ExceptHandlerExceptHandler { range: self.range_from(start), type_, name, body }.into())
    }
}

struct FunctionParts {
    name: ast::Identifier,
    args: Box<ast::Arguments>,
    body: Vec<ast::Stmt>,
    returns: Option<Node>,
    type_comment: Option<String>,
    type_params: Vec<ast::TypeParam>,
}
