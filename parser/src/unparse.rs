//! `ast.unparse`: a tree as source text again.
//!
//! Layout and choice of quotes are those of CPython's `ast.unparse`, so that its output is the same text.

mod expressions;
mod patterns;
mod statements;
mod strings;

use rustpython_ast as ast;

use crate::parsed::{Literals, Parsed};

/// The text that `ast.unparse` gives for a tree.
pub fn unparse(parsed: &Parsed) -> String {
    let mut writer = Unparser { literals: &parsed.literals, out: String::new(), indent: 0 };
    crate::on_stack_for(parsed.depth(), || {
        writer.module(&parsed.module);
        writer.out
    })
}

/// How strongly an expression must bind to stand without parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Precedence {
    NamedExpr,
    Tuple,
    Yield,
    Test,
    Or,
    And,
    Not,
    Cmp,
    /// Also that of `|`.
    Expr,
    BXor,
    BAnd,
    Shift,
    Arith,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Precedence {
    fn next(self) -> Precedence {
        use Precedence::*;
        match self {
            NamedExpr => Tuple,
            Tuple => Yield,
            Yield => Test,
            Test => Or,
            Or => And,
            And => Not,
            Not => Cmp,
            Cmp => Expr,
            Expr => BXor,
            BXor => BAnd,
            BAnd => Shift,
            Shift => Arith,
            Arith => Term,
            Term => Factor,
            Factor => Power,
            Power => Await,
            Await | Atom => Atom,
        }
    }
}

struct Unparser<'a> {
    literals: &'a Literals,
    out: String,
    indent: usize,
}

impl Unparser<'_> {
    fn module(&mut self, module: &ast::Mod) {
        match module {
            ast::Mod::Module(module) => self.body_with_docstring(&module.body),
            ast::Mod::Interactive(module) => self.body(&module.body),
            ast::Mod::Expression(module) => self.expr(&module.body, Precedence::Test),
            ast::Mod::FunctionType(module) => {
                self.out.push('(');
                for (index, argument) in module.argtypes.iter().enumerate() {
                    if index > 0 {
                        self.out.push_str(", ");
                    }
                    self.expr(argument, Precedence::Test);
                }
                self.out.push_str(") -> ");
                self.expr(&module.returns, Precedence::Test);
            }
        }
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Begins a line, the first one without a line end before it.
    fn new_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn fill(&mut self, text: &str) {
        self.new_line();
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
    }

    fn block(&mut self, body: &[ast::Stmt]) {
        self.out.push(':');
        self.indent += 1;
        self.body(body);
        self.indent -= 1;
    }

    fn body(&mut self, body: &[ast::Stmt]) {
        for statement in body {
            self.stmt(statement);
        }
    }

    fn separated<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            write(self, item);
        }
    }
}
