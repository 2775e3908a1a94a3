//! Expressions.

use rustpython_ast as ast;

use super::{Precedence, Unparser};
use crate::repr;

fn binary_operator(op: ast::Operator) -> (&'static str, Precedence) {
    match op {
        ast::Operator::Add => ("+", Precedence::Arith),
        ast::Operator::Sub => ("-", Precedence::Arith),
        ast::Operator::Mult => ("*", Precedence::Term),
        ast::Operator::MatMult => ("@", Precedence::Term),
        ast::Operator::Div => ("/", Precedence::Term),
        ast::Operator::Mod => ("%", Precedence::Term),
        ast::Operator::FloorDiv => ("//", Precedence::Term),
        ast::Operator::LShift => ("<<", Precedence::Shift),
        ast::Operator::RShift => (">>", Precedence::Shift),
        ast::Operator::BitOr => ("|", Precedence::Expr),
        ast::Operator::BitXor => ("^", Precedence::BXor),
        ast::Operator::BitAnd => ("&", Precedence::BAnd),
        ast::Operator::Pow => ("**", Precedence::Power),
    }
}

/// The sign of an augmented assignment, without its `=`.
pub(super) fn operator_sign(op: ast::Operator) -> &'static str {
    binary_operator(op).0
}

impl Unparser<'_> {
    /// An expression where one that binds less than `precedence` needs parentheses.
    pub(super) fn expr(&mut self, node: &ast::Expr, precedence: Precedence) {
        let own = match node {
            ast::Expr::NamedExpr(_) => Precedence::NamedExpr,
            ast::Expr::Await(_) => Precedence::Await,
            ast::Expr::Yield(_) | ast::Expr::YieldFrom(_) => Precedence::Yield,
            ast::Expr::IfExp(_) | ast::Expr::Lambda(_) => Precedence::Test,
            ast::Expr::UnaryOp(node) if matches!(node.op, ast::UnaryOp::Not) => Precedence::Not,
            ast::Expr::UnaryOp(_) => Precedence::Factor,
            ast::Expr::BinOp(node) => binary_operator(node.op).1,
            ast::Expr::Compare(_) => Precedence::Cmp,
            ast::Expr::BoolOp(node) if matches!(node.op, ast::BoolOp::And) => Precedence::And,
            ast::Expr::BoolOp(_) => Precedence::Or,
            ast::Expr::Tuple(node) if !node.elts.is_empty() => Precedence::Tuple,
            ast::Expr::Tuple(_) => Precedence::NamedExpr,
            _ => Precedence::Atom,
        };
        let is_empty_tuple = matches!(node, ast::Expr::Tuple(node) if node.elts.is_empty());
        if precedence > own || is_empty_tuple {
            self.out.push('(');
            self.bare_expr(node);
            self.out.push(')');
        } else {
            self.bare_expr(node);
        }
    }

    fn bare_expr(&mut self, node: &ast::Expr) {
        match node {
            ast::Expr::BoolOp(node) => self.boolean(node),
            ast::Expr::NamedExpr(node) => {
                self.expr(&node.target, Precedence::Atom);
                self.write(" := ");
                self.expr(&node.value, Precedence::Atom);
            }
            ast::Expr::BinOp(node) => self.binary(node),
            ast::Expr::UnaryOp(node) => {
                let (sign, precedence) = match node.op {
                    ast::UnaryOp::Invert => ("~", Precedence::Factor),
                    ast::UnaryOp::UAdd => ("+", Precedence::Factor),
                    ast::UnaryOp::USub => ("-", Precedence::Factor),
                    ast::UnaryOp::Not => ("not ", Precedence::Not),
                };
                self.write(sign);
                self.expr(&node.operand, precedence);
            }
            ast::Expr::Lambda(node) => {
                self.write("lambda");
                let before = self.out.len();
                self.out.push(' ');
                self.arguments(&node.args);
                if self.out.len() == before + 1 {
                    self.out.pop();
                }
                self.write(": ");
                self.expr(&node.body, Precedence::Test);
            }
            ast::Expr::IfExp(node) => {
                self.expr(&node.body, Precedence::Or);
                self.write(" if ");
                self.expr(&node.test, Precedence::Or);
                self.write(" else ");
                self.expr(&node.orelse, Precedence::Test);
            }
            ast::Expr::Dict(node) => self.dictionary(node),
            ast::Expr::Set(node) if node.elts.is_empty() => self.write("{*()}"),
            ast::Expr::Set(node) => self.bracketed(&node.elts, '{', '}'),
            ast::Expr::ListComp(node) => {
                self.out.push('[');
                self.expr(&node.elt, Precedence::Test);
                self.comprehensions(&node.generators);
                self.out.push(']');
            }
            ast::Expr::SetComp(node) => {
                self.out.push('{');
                self.expr(&node.elt, Precedence::Test);
                self.comprehensions(&node.generators);
                self.out.push('}');
            }
            ast::Expr::GeneratorExp(node) => {
                self.out.push('(');
                self.expr(&node.elt, Precedence::Test);
                self.comprehensions(&node.generators);
                self.out.push(')');
            }
            ast::Expr::DictComp(node) => {
                self.out.push('{');
                self.expr(&node.key, Precedence::Test);
                self.write(": ");
                self.expr(&node.value, Precedence::Test);
                self.comprehensions(&node.generators);
                self.out.push('}');
            }
            ast::Expr::Await(node) => {
                self.write("await ");
                self.expr(&node.value, Precedence::Atom);
            }
            ast::Expr::Yield(node) => {
                self.write("yield");
                if let Some(value) = &node.value {
                    self.out.push(' ');
                    self.expr(value, Precedence::Atom);
                }
            }
            ast::Expr::YieldFrom(node) => {
                self.write("yield from ");
                self.expr(&node.value, Precedence::Atom);
            }
            ast::Expr::Compare(node) => {
                self.expr(&node.left, Precedence::Expr);
                for (op, right) in node.ops.iter().zip(&node.comparators) {
                    self.out.push(' ');
                    self.write(op.as_str());
                    self.out.push(' ');
                    self.expr(right, Precedence::Expr);
                }
            }
            ast::Expr::Call(node) => {
                self.expr(&node.func, Precedence::Atom);
                self.out.push('(');
                self.call_arguments(&node.args, &node.keywords);
                self.out.push(')');
            }
            ast::Expr::FormattedValue(_) => self.joined_str(std::slice::from_ref(node)),
            ast::Expr::JoinedStr(node) => self.joined_str(&node.values),
            ast::Expr::Constant(node) => {
                if node.kind.as_deref() == Some("u") {
                    self.out.push('u');
                }
                self.constant(&node.value, self.literals.get(node.range));
            }
            ast::Expr::Attribute(node) => {
                self.expr(&node.value, Precedence::Atom);
                // `3.real` would read as a number and a name.
                if let ast::Expr::Constant(constant) = &*node.value
                    && matches!(constant.value, ast::Constant::Int(_) | ast::Constant::Bool(_))
                {
                    self.out.push(' ');
                }
                self.out.push('.');
                self.write(&node.attr);
            }
            ast::Expr::Subscript(node) => {
                self.expr(&node.value, Precedence::Atom);
                self.out.push('[');
                match &*node.slice {
                    ast::Expr::Tuple(tuple) if !tuple.elts.is_empty() => self.items(&tuple.elts),
                    slice => self.expr(slice, Precedence::Test),
                }
                self.out.push(']');
            }
            ast::Expr::Starred(node) => {
                self.out.push('*');
                self.expr(&node.value, Precedence::Expr);
            }
            ast::Expr::Name(node) => self.write(&node.id),
            ast::Expr::List(node) => self.bracketed(&node.elts, '[', ']'),
            ast::Expr::Tuple(node) => self.items(&node.elts),
            ast::Expr::Slice(node) => {
                if let Some(lower) = &node.lower {
                    self.expr(lower, Precedence::Test);
                }
                self.out.push(':');
                if let Some(upper) = &node.upper {
                    self.expr(upper, Precedence::Test);
                }
                if let Some(step) = &node.step {
                    self.out.push(':');
                    self.expr(step, Precedence::Test);
                }
            }
        }
    }

    /// `and` or `or`. Each operand is put into parentheses sooner than the one before it, as CPython does.
    fn boolean(&mut self, node: &ast::ExprBoolOp) {
        let (keyword, mut precedence) = match node.op {
            ast::BoolOp::And => (" and ", Precedence::And),
            ast::BoolOp::Or => (" or ", Precedence::Or),
        };
        for (index, value) in node.values.iter().enumerate() {
            if index > 0 {
                self.write(keyword);
            }
            precedence = precedence.next();
            self.expr(value, precedence);
        }
    }

    /// A binary operator. Long chains of them are left-deep, so the left operands are not recursed into.
    fn binary(&mut self, node: &ast::ExprBinOp) {
        let mut chain = vec![node];
        while let Some(last) = chain.last()
            && let ast::Expr::BinOp(left) = &*last.left
        {
            let required = left_precedence(last.op);
            if required > binary_operator(left.op).1 {
                break;
            }
            chain.push(left);
        }
        let Some(innermost) = chain.last() else { return };
        self.expr(&innermost.left, left_precedence(innermost.op));
        for node in chain.iter().rev() {
            let (sign, precedence) = binary_operator(node.op);
            self.out.push(' ');
            self.write(sign);
            self.out.push(' ');
            let right = if node.op == ast::Operator::Pow { precedence } else { precedence.next() };
            self.expr(&node.right, right);
        }
    }

    fn dictionary(&mut self, node: &ast::ExprDict) {
        self.out.push('{');
        for (index, (key, value)) in node.keys.iter().zip(&node.values).enumerate() {
            if index > 0 {
                self.write(", ");
            }
            match key {
                Some(key) => {
                    self.expr(key, Precedence::Test);
                    self.write(": ");
                    self.expr(value, Precedence::Test);
                }
                None => {
                    self.write("**");
                    self.expr(value, Precedence::Expr);
                }
            }
        }
        self.out.push('}');
    }

    fn comprehensions(&mut self, generators: &[ast::Comprehension]) {
        for generator in generators {
            self.write(if generator.is_async { " async for " } else { " for " });
            self.expr(&generator.target, Precedence::Tuple);
            self.write(" in ");
            self.expr(&generator.iter, Precedence::Or);
            for condition in &generator.ifs {
                self.write(" if ");
                self.expr(condition, Precedence::Or);
            }
        }
    }

    fn bracketed(&mut self, elements: &[ast::Expr], open: char, close: char) {
        self.out.push(open);
        self.separated(elements, |this, element| this.expr(element, Precedence::Test));
        self.out.push(close);
    }

    /// The elements of a tuple.
    fn items(&mut self, elements: &[ast::Expr]) {
        self.separated(elements, |this, element| this.expr(element, Precedence::Test));
        if elements.len() == 1 {
            self.out.push(',');
        }
    }

    /// Arguments of a call or bases of a class, without the parentheses.
    pub(super) fn call_arguments(&mut self, args: &[ast::Expr], keywords: &[ast::Keyword]) {
        self.separated(args, |this, argument| this.expr(argument, Precedence::Test));
        if !args.is_empty() && !keywords.is_empty() {
            self.write(", ");
        }
        self.separated(keywords, |this, keyword| {
            match &keyword.arg {
                Some(name) => {
                    this.write(name);
                    this.out.push('=');
                }
                None => this.write("**"),
            }
            this.expr(&keyword.value, Precedence::Test);
        });
    }

    pub(super) fn arguments(&mut self, node: &ast::Arguments) {
        let mut is_first = true;
        let mut separate = |this: &mut Self| {
            if !std::mem::take(&mut is_first) {
                this.write(", ");
            }
        };
        for (index, parameter) in node.posonlyargs.iter().chain(&node.args).enumerate() {
            separate(self);
            self.parameter(parameter);
            if index + 1 == node.posonlyargs.len() {
                self.write(", /");
            }
        }
        if node.vararg.is_some() || !node.kwonlyargs.is_empty() {
            separate(self);
            self.out.push('*');
            if let Some(vararg) = &node.vararg {
                self.arg(vararg);
            }
        }
        for parameter in &node.kwonlyargs {
            self.write(", ");
            self.parameter(parameter);
        }
        if let Some(kwarg) = &node.kwarg {
            separate(self);
            self.write("**");
            self.arg(kwarg);
        }
    }

    fn parameter(&mut self, parameter: &ast::ArgWithDefault) {
        self.arg(&parameter.def);
        if let Some(default) = &parameter.default {
            self.out.push('=');
            self.expr(default, Precedence::Test);
        }
    }

    fn arg(&mut self, arg: &ast::Arg) {
        self.write(&arg.arg);
        if let Some(annotation) = &arg.annotation {
            self.write(": ");
            self.expr(annotation, Precedence::Test);
        }
    }

    pub(super) fn constant(&mut self, value: &ast::Constant, wtf8: Option<&[u8]>) {
        // Larger than any number, so that it reads back as infinity.
        const INFINITY: &str = "1e309";
        match value {
            ast::Constant::Ellipsis => self.write("..."),
            ast::Constant::Float(_) | ast::Constant::Complex { .. } => {
                let mut text = String::new();
                repr::write_constant(&mut text, value, None);
                let text = text.replace("inf", INFINITY);
                self.write(&text.replace("nan", &format!("({INFINITY}-{INFINITY})")));
            }
            _ => repr::write_constant(&mut self.out, value, wtf8),
        }
    }
}

fn left_precedence(op: ast::Operator) -> Precedence {
    let precedence = binary_operator(op).1;
    if op == ast::Operator::Pow { precedence.next() } else { precedence }
}
