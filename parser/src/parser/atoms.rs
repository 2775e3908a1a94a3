//! Atoms: names, numbers, keyword constants; strings and brackets have their own modules.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::{Failure, Node, Outcome, Parser, node, range};
use crate::literal;

impl Parser<'_> {
    pub(super) fn atom(&mut self) -> Outcome<Node> {
        let token = self.token;
        let value = match token.kind {
            TokenKind::Name => {
                let range = range(token.span.start, token.span.end);
                let id = self.identifier()?;
                return Ok(node(ast::ExprName { range, id, ctx: ast::ExprContext::Load }));
            }
            TokenKind::String | TokenKind::FStringStart => return self.strings(),
            TokenKind::LeftParen => return self.parenthesized(),
            TokenKind::LeftBracket => return self.list_display(),
            TokenKind::LeftBrace => return self.brace_display(),
            TokenKind::Int => {
                ast::Constant::Int(literal::integer(self.text(token)).map_err(|_| Failure::Invalid)?)
            }
            TokenKind::Float => {
                ast::Constant::Float(literal::float(self.text(token)).ok_or(Failure::Invalid)?)
            }
            TokenKind::Imaginary => ast::Constant::Complex {
                real: 0.0,
                imag: literal::imaginary(self.text(token)).ok_or(Failure::Invalid)?,
            },
            TokenKind::None => ast::Constant::None,
            TokenKind::True => ast::Constant::Bool(true),
            TokenKind::False => ast::Constant::Bool(false),
            TokenKind::Ellipsis => ast::Constant::Ellipsis,
            _ => return Err(Failure::Invalid),
        };
        self.advance()?;
        Ok(node(ast::ExprConstant { range: range(token.span.start, token.span.end), value, kind: None }))
    }
}
