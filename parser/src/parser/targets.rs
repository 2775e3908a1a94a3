//! Assignment targets: which expressions can be one, and the change of their context.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::{Failure, Node, Outcome, Parser, node};

impl Parser<'_> {
    /// Turns an expression into a target; fails for what cannot be one.
    pub(super) fn set_context(&mut self, expr: &mut ast::Expr, ctx: ast::ExprContext) -> Outcome<()> {
        match expr {
            ast::Expr::Name(name) => {
                name.ctx = ctx;
                if let Some(names) = &mut self.literals.names {
                    names.uses.set_context(name.range.end(), ctx);
                }
            }
            ast::Expr::Attribute(attribute) => attribute.ctx = ctx,
            ast::Expr::Subscript(subscript) => subscript.ctx = ctx,
            ast::Expr::Starred(starred) if ctx.is_store() => {
                starred.ctx = ctx;
                self.set_context(&mut starred.value, ctx)?;
            }
            ast::Expr::Tuple(tuple) => {
                tuple.ctx = ctx;
                self.set_contexts(&mut tuple.elts, ctx)?;
            }
            ast::Expr::List(list) => {
                list.ctx = ctx;
                self.set_contexts(&mut list.elts, ctx)?;
            }
            _ => return Err(Failure),
        }
        Ok(())
    }

    /// The last one first, as the last names are found soonest.
    fn set_contexts(&mut self, exprs: &mut [ast::Expr], ctx: ast::ExprContext) -> Outcome<()> {
        exprs.iter_mut().rev().try_for_each(|expr| self.set_context(expr, ctx))
    }

    /// `star_targets`: the targets of `for`, with no context set on `in`.
    pub(super) fn star_targets(&mut self) -> Outcome<Node> {
        let start = self.start();
        let mut target = self.star_target()?;
        if self.at(TokenKind::Comma) {
            let height = self.exprs.len();
            self.exprs.push(*target);
            while self.eat(TokenKind::Comma)? {
                if !starts_target(self.token.kind) {
                    break;
                }
                let next = self.star_target()?;
                self.exprs.push(*next);
            }
            let elts = self.take_exprs(height);
            let range = self.range_from(start);
            target = node(ast::ExprTuple { range, elts, ctx: ast::ExprContext::Store });
        }
        self.set_context(&mut target, ast::ExprContext::Store)?;
        Ok(target)
    }

    fn star_target(&mut self) -> Outcome<Node> {
        if !self.at(TokenKind::Star) {
            return self.primary();
        }
        let start = self.start();
        self.advance()?;
        let value = self.primary()?;
        Ok(node(ast::ExprStarred { range: self.range_from(start), value, ctx: ast::ExprContext::Store }))
    }

    /// The one target after `as` in a `with` statement.
    pub(super) fn with_target(&mut self) -> Outcome<Node> {
        let mut target = self.star_target()?;
        self.set_context(&mut target, ast::ExprContext::Store)?;
        Ok(target)
    }

    /// `del_targets`
    pub(super) fn delete_targets(&mut self) -> Outcome<Vec<ast::Expr>> {
        let height = self.exprs.len();
        loop {
            let mut target = self.primary()?;
            self.set_context(&mut target, ast::ExprContext::Del)?;
            self.exprs.push(*target);
            if !self.eat(TokenKind::Comma)? || !starts_target(self.token.kind) {
                break;
            }
        }
        Ok(self.take_exprs(height))
    }
}

fn starts_target(kind: TokenKind) -> bool {
    super::expressions::starts_expression(kind)
}
