//! Call arguments.

use pvm_lexer::{Span, TokenKind};
use rustpython_ast as ast;

use super::{Failure, Outcome, Parser, range};
use crate::literal;

impl Parser<'_> {
    /// Arguments with their parentheses.
    ///
    /// Positional ones come first; a keyword may be followed by `*iterable`, and `**mapping` by keywords only.
    #[inline(always)]
    pub(super) fn call_arguments(&mut self) -> Outcome<(Vec<ast::Expr>, Vec<ast::Keyword>)> {
        let open = self.start();
        self.expect(TokenKind::LeftParen)?;
        let height = self.exprs.len();
        let mut keywords: Vec<ast::Keyword> = Vec::new();
        let mut seen_mapping = false;
        let mut n_args = 0;
        while !self.at(TokenKind::RightParen) {
            let name = self.name_span();
            match self.token.kind {
                TokenKind::Star => {
                    if seen_mapping {
                        return Err(Failure);
                    }
                    self.advance()?;
                    let value = self.expression()?;
                    let range = self.range_from(name.start);
                    self.exprs.push(ast::ExprStarred { range, value, ctx: ast::ExprContext::Load }.into());
                }
                TokenKind::DoubleStar => {
                    seen_mapping = true;
                    self.advance()?;
                    let value = *self.expression()?;
                    let range = self.range_from(name.start);
                    keywords.push(ast::Keyword { range, arg: None, value });
                }
                TokenKind::Name if self.is_keyword_next() => {
                    self.advance()?;
                    self.keyword(name, &mut keywords)?;
                }
                _ => {
                    let expr = self.expression()?;
                    match self.token.kind {
                        TokenKind::Equal => {
                            if self.prev_end != name.end {
                                return Err(Failure);
                            }
                            if !expr.is_name_expr() {
                                return Err(Failure);
                            }
                            // It was none of the names of expressions.
                            drop(expr);
                            self.forget_uses(self.n_uses().saturating_sub(1));
                            self.keyword(name, &mut keywords)?;
                        }
                        kind => {
                            if !keywords.is_empty() {
                                return Err(Failure);
                            }
                            let expr =
                                if kind == TokenKind::ColonEqual { self.walrus(name, expr)? } else { expr };
                            if matches!(self.token.kind, TokenKind::For | TokenKind::Async) {
                                let generators = self.comprehensions()?;
                                // Only alone may it do without parentheses of its own: it borrows the call's.
                                if n_args != 0 || !self.at(TokenKind::RightParen) {
                                    return Err(Failure);
                                }
                                self.advance()?;
                                let range = range(open, self.prev_end);
                                let generator = ast::ExprGeneratorExp { range, elt: expr, generators };
                                return Ok((vec![generator.into()], keywords));
                            }
                            // Many calls have no other argument.
                            if n_args == 0 && self.at(TokenKind::RightParen) {
                                self.advance()?;
                                return Ok((vec![*expr], keywords));
                            }
                            self.exprs.push(*expr);
                        }
                    }
                }
            }
            n_args += 1;
            if !self.eat(TokenKind::Comma)? {
                break;
            }
        }
        self.expect(TokenKind::RightParen)?;
        Ok((self.take_exprs(height), keywords))
    }
    /// Whether `=` follows the name at hand at once, as it nearly always does where it makes a keyword of the name.
    #[inline]
    fn is_keyword_next(&self) -> bool {
        matches!(self.source.as_bytes().get(self.token.span.end as usize..), Some([b'=', next, ..]) if *next != b'=')
    }

    /// The rest of a keyword argument, from its `=` on.
    #[inline(never)]
    fn keyword(&mut self, name: Span, keywords: &mut Vec<ast::Keyword>) -> Outcome<()> {
        let arg = Some(literal::identifier(self.source, name.start as usize, name.end as usize));
        self.expect(TokenKind::Equal)?;
        let value = *self.expression()?;
        let range = self.range_from(name.start);
        keywords.push(ast::Keyword { range, arg, value });
        Ok(())
    }
}
