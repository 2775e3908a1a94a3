//! Parentheses, lists, sets, dictionaries and their comprehensions.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::{Failure, Node, Outcome, Parser, node};

impl Parser<'_> {
    /// A group, tuple or generator expression.
    pub(super) fn parenthesized(&mut self) -> Outcome<Node> {
        let start = self.start();
        self.expect(TokenKind::LeftParen)?;
        match self.token.kind {
            TokenKind::RightParen => {
                self.advance()?;
                return Ok(self.tuple(start, Vec::new()));
            }
            TokenKind::Yield => {
                let inner = self.yield_expression()?;
                self.expect(TokenKind::RightParen)?;
                return Ok(inner);
            }
            _ => {}
        }
        let first = self.star_named_expression()?;
        match self.token.kind {
            // A starred expression alone is neither a group nor a tuple.
            TokenKind::RightParen if !matches!(*first, ast::Expr::Starred(_)) => {
                self.advance()?;
                Ok(first)
            }
            TokenKind::For | TokenKind::Async if !matches!(*first, ast::Expr::Starred(_)) => {
                let generators = self.comprehensions()?;
                self.expect(TokenKind::RightParen)?;
                let range = self.range_from(start);
                Ok(node(ast::ExprGeneratorExp { range, elt: first, generators }))
            }
            TokenKind::Comma => {
                let elts = self.bracketed_elements(first, TokenKind::RightParen)?;
                Ok(self.tuple(start, elts))
            }
            _ => Err(Failure),
        }
    }

    /// The elements after the first one, and the closing bracket.
    fn bracketed_elements(&mut self, first: Node, close: TokenKind) -> Outcome<Vec<ast::Expr>> {
        let height = self.exprs.len();
        self.exprs.push(*first);
        while self.eat(TokenKind::Comma)? {
            if self.at(close) {
                break;
            }
            let element = self.star_named_expression()?;
            self.exprs.push(*element);
        }
        self.expect(close)?;
        Ok(self.take_exprs(height))
    }

    pub(super) fn list_display(&mut self) -> Outcome<Node> {
        let start = self.start();
        self.expect(TokenKind::LeftBracket)?;
        if self.eat(TokenKind::RightBracket)? {
            let range = self.range_from(start);
            return Ok(node(ast::ExprList { range, elts: Vec::new(), ctx: ast::ExprContext::Load }));
        }
        let first = self.star_named_expression()?;
        if matches!(self.token.kind, TokenKind::For | TokenKind::Async) {
            if matches!(*first, ast::Expr::Starred(_)) {
                return Err(Failure);
            }
            let generators = self.comprehensions()?;
            self.expect(TokenKind::RightBracket)?;
            let range = self.range_from(start);
            return Ok(node(ast::ExprListComp { range, elt: first, generators }));
        }
        let elts = self.bracketed_elements(first, TokenKind::RightBracket)?;
        Ok(node(ast::ExprList { range: self.range_from(start), elts, ctx: ast::ExprContext::Load }))
    }

    /// A dictionary or set.
    pub(super) fn brace_display(&mut self) -> Outcome<Node> {
        let start = self.start();
        self.expect(TokenKind::LeftBrace)?;
        match self.token.kind {
            TokenKind::RightBrace => {
                self.advance()?;
                let range = self.range_from(start);
                Ok(node(ast::ExprDict { range, keys: Vec::new(), values: Vec::new() }))
            }
            TokenKind::DoubleStar => self.dictionary(start, None),
            _ => {
                let first = self.star_named_expression()?;
                match self.token.kind {
                    TokenKind::Colon
                        if !matches!(*first, ast::Expr::Starred(_) | ast::Expr::NamedExpr(_)) =>
                    {
                        self.dictionary(start, Some(first))
                    }
                    // `(a := b)` in its own parentheses may be a key.
                    TokenKind::Colon if self.is_parenthesized_key(start, &first) => {
                        self.dictionary(start, Some(first))
                    }
                    TokenKind::For | TokenKind::Async if !matches!(*first, ast::Expr::Starred(_)) => {
                        let generators = self.comprehensions()?;
                        self.expect(TokenKind::RightBrace)?;
                        let range = self.range_from(start);
                        Ok(node(ast::ExprSetComp { range, elt: first, generators }))
                    }
                    _ => {
                        let elts = self.bracketed_elements(first, TokenKind::RightBrace)?;
                        Ok(node(ast::ExprSet { range: self.range_from(start), elts }))
                    }
                }
            }
        }
    }

    /// Whether a named expression just read ends before the last token: at a parenthesis of its own.
    fn is_parenthesized_key(&self, _start: u32, key: &ast::Expr) -> bool {
        use ast::Ranged;
        matches!(key, ast::Expr::NamedExpr(_)) && key.range().end().to_u32() < self.prev_end
    }

    /// A dictionary, from its first colon (after `first_key`) or `**`.
    fn dictionary(&mut self, start: u32, first_key: Option<Node>) -> Outcome<Node> {
        // Keys wait on the scratch stack's neighbour: they are optional, so they have a vector of their own.
        let mut keys = Vec::new();
        let height = self.exprs.len();
        if let Some(key) = first_key {
            self.expect(TokenKind::Colon)?;
            let value = self.expression()?;
            if matches!(self.token.kind, TokenKind::For | TokenKind::Async) {
                let generators = self.comprehensions()?;
                self.expect(TokenKind::RightBrace)?;
                let range = self.range_from(start);
                return Ok(node(ast::ExprDictComp { range, key, value, generators }));
            }
            keys.push(Some(*key));
            self.exprs.push(*value);
        } else {
            self.expect(TokenKind::DoubleStar)?;
            let value = self.bitwise_or()?;
            keys.push(None);
            self.exprs.push(*value);
        }
        while self.eat(TokenKind::Comma)? {
            if self.at(TokenKind::RightBrace) {
                break;
            }
            let value = if self.eat(TokenKind::DoubleStar)? {
                keys.push(None);
                self.bitwise_or()?
            } else {
                keys.push(Some(*self.expression()?));
                self.expect(TokenKind::Colon)?;
                self.expression()?
            };
            self.exprs.push(*value);
        }
        self.expect(TokenKind::RightBrace)?;
        let values = self.take_exprs(height);
        Ok(node(ast::ExprDict { range: self.range_from(start), keys, values }))
    }
}
