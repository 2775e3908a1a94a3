//! Patterns.

use rustpython_ast as ast;

use super::{Precedence, Unparser};

impl Unparser<'_> {
    pub(super) fn match_case(&mut self, case: &ast::MatchCase) {
        self.fill("case ");
        self.pattern(&case.pattern, Precedence::Test);
        if let Some(guard) = &case.guard {
            self.write(" if ");
            self.expr(guard, Precedence::Test);
        }
        self.block(&case.body);
    }

    fn pattern(&mut self, node: &ast::Pattern, precedence: Precedence) {
        match node {
            ast::Pattern::MatchValue(node) => self.expr(&node.value, Precedence::Test),
            ast::Pattern::MatchSingleton(node) => self.constant(&node.value, None),
            ast::Pattern::MatchSequence(node) => {
                self.out.push('[');
                self.separated(&node.patterns, |this, pattern| this.pattern(pattern, Precedence::Test));
                self.out.push(']');
            }
            ast::Pattern::MatchStar(node) => {
                self.out.push('*');
                self.write(node.name.as_deref().unwrap_or("_"));
            }
            ast::Pattern::MatchMapping(node) => {
                self.out.push('{');
                for (index, (key, pattern)) in node.keys.iter().zip(&node.patterns).enumerate() {
                    if index > 0 {
                        self.write(", ");
                    }
                    self.expr(key, Precedence::Test);
                    self.write(": ");
                    self.pattern(pattern, Precedence::Test);
                }
                if let Some(rest) = &node.rest {
                    self.write(if node.keys.is_empty() { "**" } else { ", **" });
                    self.write(rest);
                }
                self.out.push('}');
            }
            ast::Pattern::MatchClass(node) => {
                self.expr(&node.cls, Precedence::Atom);
                self.out.push('(');
                self.separated(&node.patterns, |this, pattern| this.pattern(pattern, Precedence::Test));
                for (index, (name, pattern)) in node.kwd_attrs.iter().zip(&node.kwd_patterns).enumerate() {
                    if index > 0 || !node.patterns.is_empty() {
                        self.write(", ");
                    }
                    self.write(name);
                    self.out.push('=');
                    self.pattern(pattern, Precedence::Test);
                }
                self.out.push(')');
            }
            ast::Pattern::MatchAs(node) => {
                let name = node.name.as_deref().unwrap_or("_");
                match &node.pattern {
                    None => self.write(name),
                    Some(pattern) => self.parenthesized_if(precedence > Precedence::Test, |this| {
                        this.pattern(pattern, Precedence::Expr);
                        this.write(" as ");
                        this.write(name);
                    }),
                }
            }
            ast::Pattern::MatchOr(node) => self.parenthesized_if(precedence > Precedence::Expr, |this| {
                for (index, pattern) in node.patterns.iter().enumerate() {
                    if index > 0 {
                        this.write(" | ");
                    }
                    this.pattern(pattern, Precedence::BXor);
                }
            }),
        }
    }

    fn parenthesized_if(&mut self, has_parens: bool, write: impl FnOnce(&mut Self)) {
        if has_parens {
            self.out.push('(');
        }
        write(self);
        if has_parens {
            self.out.push(')');
        }
    }
}
