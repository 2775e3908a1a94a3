//! Atoms: names, numbers, keyword constants; strings and brackets have their own modules.

use pvm_lexer::TokenKind;
use rustpython_ast as ast;

use super::{Failure, Node, Outcome, Parser, node_with, range};
use crate::literal;

impl Parser<'_> {
    /// The name at hand.
    #[inline(always)]
    pub(super) fn name(&mut self) -> Outcome<Node> {
        let range = range(self.token.span.start, self.token.span.end);
        let name = self.named(true, |id| ast::ExprName { range, id, ctx: ast::ExprContext::Load });
        self.advance()?;
        Ok(name)
    }

    pub(super) fn atom(&mut self) -> Outcome<Node> {
        // Each node is made before the next token is read, as it then is where it belongs when somebody looks at it.
        let value = match self.token.kind {
            TokenKind::Name => return self.name(),
            TokenKind::String | TokenKind::FStringStart => return self.strings(),
            TokenKind::LeftParen => return self.parenthesized(),
            TokenKind::LeftBracket => return self.list_display(),
            TokenKind::LeftBrace => return self.brace_display(),
            TokenKind::Int => {
                ast::Constant::Int(literal::integer(self.text(self.token)).map_err(|_| Failure)?)
            }
            TokenKind::Float => ast::Constant::Float(literal::float(self.text(self.token)).ok_or(Failure)?),
            TokenKind::Imaginary => ast::Constant::Complex {
                real: 0.0,
                imag: literal::imaginary(self.text(self.token)).ok_or(Failure)?,
            },
            TokenKind::None => ast::Constant::None,
            TokenKind::True => ast::Constant::Bool(true),
            TokenKind::False => ast::Constant::Bool(false),
            TokenKind::Ellipsis => ast::Constant::Ellipsis,
            _ => return Err(Failure),
        };
        let range = range(self.token.span.start, self.token.span.end);
        let constant = node_with(|| ast::ExprConstant { range, value, kind: None });
        self.advance()?;
        Ok(constant)
    }
}
