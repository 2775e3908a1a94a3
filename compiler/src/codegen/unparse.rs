//! Annotations as text: what `from __future__ import annotations` stores.
//!
//! The layout is that of CPython's `ast_unparse.c`, oddities included.

use super::Generator;
use crate::names;
use pvm_pycfile::{Constant, Text, repr};
use rustpython_ast::{self as ast, Arg, Arguments, BoolOp, CmpOp, ConversionFlag, Expr, Operator, UnaryOp};

/// How tightly an expression binds; one that binds less than its place asks for gets parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Comparison,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Arithmetic,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Level {
    /// The next tighter level.
    fn tighter(self) -> Level {
        use Level::*;
        match self {
            Tuple => Test,
            Test => Or,
            Or => And,
            And => Not,
            Not => Comparison,
            Comparison => BitOr,
            BitOr => BitXor,
            BitXor => BitAnd,
            BitAnd => Shift,
            Shift => Arithmetic,
            Arithmetic => Term,
            Term => Factor,
            Factor => Power,
            Power => Await,
            Await | Atom => Atom,
        }
    }
}

impl Generator<'_> {
    /// The text of an expression.
    pub(super) fn unparse(&self, expression: &Expr) -> Text {
        let mut writer = Writer { generator: self, out: Vec::new() };
        writer.expression(expression, Level::Test);
        text_of(&writer.out)
    }
}

fn text_of(wtf8: &[u8]) -> Text {
    Text::from_wtf8(wtf8).unwrap_or_else(|| Text::from(""))
}

struct Writer<'g, 'a> {
    generator: &'g Generator<'a>,
    /// WTF-8, since pieces of f-strings may hold lone surrogates.
    out: Vec<u8>,
}

impl Writer<'_, '_> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes `body` in parentheses if `condition` holds.
    fn parenthesized_if(&mut self, condition: bool, body: impl FnOnce(&mut Self)) {
        if condition {
            self.text("(");
        }
        body(self);
        if condition {
            self.text(")");
        }
    }

    fn list<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>, level: Level) {
        for (index, expression) in expressions.into_iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.expression(expression, level);
        }
    }

    fn expression(&mut self, expression: &Expr, level: Level) {
        match expression {
            Expr::BoolOp(node) => self.bool_op(node, level),
            Expr::BinOp(node) => self.bin_op(node, level),
            Expr::UnaryOp(node) => self.unary_op(node, level),
            Expr::Lambda(node) => self.lambda(node, level),
            Expr::IfExp(node) => self.parenthesized_if(level > Level::Test, |w| {
                w.expression(&node.body, Level::Test.tighter());
                w.text(" if ");
                w.expression(&node.test, Level::Test.tighter());
                w.text(" else ");
                w.expression(&node.orelse, Level::Test);
            }),
            Expr::Dict(node) => self.dict(node),
            Expr::Set(node) => {
                self.text("{");
                self.list(&node.elts, Level::Test);
                self.text("}");
            }
            Expr::List(node) => {
                self.text("[");
                self.list(&node.elts, Level::Test);
                self.text("]");
            }
            Expr::Tuple(node) if node.elts.is_empty() => self.text("()"),
            Expr::Tuple(node) => self.parenthesized_if(level > Level::Tuple, |w| {
                w.list(&node.elts, Level::Test);
                if node.elts.len() == 1 {
                    w.text(",");
                }
            }),
            Expr::GeneratorExp(node) => self.comprehension("(", &node.elt, None, &node.generators, ")"),
            Expr::ListComp(node) => self.comprehension("[", &node.elt, None, &node.generators, "]"),
            Expr::SetComp(node) => self.comprehension("{", &node.elt, None, &node.generators, "}"),
            Expr::DictComp(node) => {
                self.comprehension("{", &node.key, Some(&node.value), &node.generators, "}");
            }
            Expr::Yield(node) => match &node.value {
                None => self.text("(yield)"),
                Some(value) => {
                    self.text("(yield ");
                    self.expression(value, Level::Test);
                    self.text(")");
                }
            },
            Expr::YieldFrom(node) => {
                self.text("(yield from ");
                self.expression(&node.value, Level::Test);
                self.text(")");
            }
            Expr::Await(node) => self.parenthesized_if(level > Level::Await, |w| {
                w.text("await ");
                w.expression(&node.value, Level::Atom);
            }),
            Expr::Compare(node) => self.compare(node, level),
            Expr::Call(node) => self.call(node),
            Expr::Constant(node) => {
                if node.kind.is_some() {
                    self.text("u");
                }
                let constant = self.generator.constant(&node.value, node.range);
                self.constant(&constant);
            }
            Expr::JoinedStr(node) => self.joined_str(node, false),
            Expr::FormattedValue(node) => self.formatted_value(node),
            Expr::Attribute(node) => {
                self.expression(&node.value, Level::Atom);
                let after_integer =
                    matches!(&*node.value, Expr::Constant(constant) if constant.value.is_int());
                self.text(if after_integer { " ." } else { "." });
                let literals = self.generator.constants.literals();
                self.text(names::text_of(literals, &node.attr, node.range.end()));
            }
            Expr::Starred(node) => {
                self.text("*");
                self.expression(&node.value, Level::BitOr);
            }
            Expr::Name(node) => {
                let literals = self.generator.constants.literals();
                self.text(names::text_of(literals, &node.id, node.range.end()));
            }
            Expr::NamedExpr(node) => self.parenthesized_if(level > Level::Tuple, |w| {
                w.expression(&node.target, Level::Atom);
                w.text(" := ");
                w.expression(&node.value, Level::Atom);
            }),
            Expr::Subscript(node) => {
                self.expression(&node.value, Level::Atom);
                self.text("[");
                self.expression(&node.slice, Level::Tuple);
                self.text("]");
            }
            Expr::Slice(node) => {
                self.list(node.lower.as_deref(), Level::Test);
                self.text(":");
                self.list(node.upper.as_deref(), Level::Test);
                if let Some(step) = &node.step {
                    self.text(":");
                    self.expression(step, Level::Test);
                }
            }
        }
    }

    fn bool_op(&mut self, node: &ast::ExprBoolOp, level: Level) {
        let (text, own) = match node.op {
            BoolOp::And => (" and ", Level::And),
            BoolOp::Or => (" or ", Level::Or),
        };
        self.parenthesized_if(level > own, |w| {
            for (index, value) in node.values.iter().enumerate() {
                if index > 0 {
                    w.text(text);
                }
                w.expression(value, own.tighter());
            }
        });
    }

    fn bin_op(&mut self, node: &ast::ExprBinOp, level: Level) {
        let (text, own) = match node.op {
            Operator::Add => (" + ", Level::Arithmetic),
            Operator::Sub => (" - ", Level::Arithmetic),
            Operator::Mult => (" * ", Level::Term),
            Operator::MatMult => (" @ ", Level::Term),
            Operator::Div => (" / ", Level::Term),
            Operator::Mod => (" % ", Level::Term),
            Operator::FloorDiv => (" // ", Level::Term),
            Operator::LShift => (" << ", Level::Shift),
            Operator::RShift => (" >> ", Level::Shift),
            Operator::BitOr => (" | ", Level::BitOr),
            Operator::BitXor => (" ^ ", Level::BitXor),
            Operator::BitAnd => (" & ", Level::BitAnd),
            Operator::Pow => (" ** ", Level::Power),
        };
        let (left, right) =
            if node.op == Operator::Pow { (own.tighter(), own) } else { (own, own.tighter()) };
        self.parenthesized_if(level > own, |w| {
            w.expression(&node.left, left);
            w.text(text);
            w.expression(&node.right, right);
        });
    }

    fn unary_op(&mut self, node: &ast::ExprUnaryOp, level: Level) {
        let (text, own) = match node.op {
            UnaryOp::Invert => ("~", Level::Factor),
            UnaryOp::Not => ("not ", Level::Not),
            UnaryOp::UAdd => ("+", Level::Factor),
            UnaryOp::USub => ("-", Level::Factor),
        };
        self.parenthesized_if(level > own, |w| {
            w.text(text);
            w.expression(&node.operand, own);
        });
    }

    fn lambda(&mut self, node: &ast::ExprLambda, level: Level) {
        let args = &node.args;
        self.parenthesized_if(level > Level::Test, |w| {
            // The space is missing where there are no positional parameters.
            let positional = args.posonlyargs.len() + args.args.len();
            w.text(if positional > 0 { "lambda " } else { "lambda" });
            w.arguments(args);
            w.text(": ");
            w.expression(&node.body, Level::Test);
        });
    }

    fn arguments(&mut self, args: &Arguments) {
        let mut separator = "";
        for (index, arg) in args.posonlyargs.iter().chain(&args.args).enumerate() {
            self.text(separator);
            separator = ", ";
            self.parameter(&arg.def, arg.default.as_deref());
            if index + 1 == args.posonlyargs.len() {
                self.text(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            self.text(separator);
            separator = ", ";
            self.text("*");
            if let Some(arg) = &args.vararg {
                self.parameter(arg, None);
            }
        }
        for arg in &args.kwonlyargs {
            self.text(separator);
            separator = ", ";
            self.parameter(&arg.def, arg.default.as_deref());
        }
        if let Some(arg) = &args.kwarg {
            self.text(separator);
            self.text("**");
            self.parameter(arg, None);
        }
    }

    fn parameter(&mut self, arg: &Arg, default: Option<&Expr>) {
        self.text(&arg.arg);
        if let Some(annotation) = &arg.annotation {
            self.text(": ");
            self.expression(annotation, Level::Test);
        }
        if let Some(default) = default {
            self.text("=");
            self.expression(default, Level::Test);
        }
    }

    fn dict(&mut self, node: &ast::ExprDict) {
        self.text("{");
        for (index, (key, value)) in node.keys.iter().zip(&node.values).enumerate() {
            if index > 0 {
                self.text(", ");
            }
            match key {
                Some(key) => {
                    self.expression(key, Level::Test);
                    self.text(": ");
                    self.expression(value, Level::Test);
                }
                None => {
                    self.text("**");
                    self.expression(value, Level::BitOr);
                }
            }
        }
        self.text("}");
    }

    fn comprehension(
        &mut self,
        open: &str,
        element: &Expr,
        value: Option<&Expr>,
        generators: &[ast::Comprehension],
        close: &str,
    ) {
        self.text(open);
        self.expression(element, Level::Test);
        if let Some(value) = value {
            self.text(": ");
            self.expression(value, Level::Test);
        }
        for generator in generators {
            self.text(if generator.is_async { " async for " } else { " for " });
            self.expression(&generator.target, Level::Tuple);
            self.text(" in ");
            self.expression(&generator.iter, Level::Test.tighter());
            for condition in &generator.ifs {
                self.text(" if ");
                self.expression(condition, Level::Test.tighter());
            }
        }
        self.text(close);
    }

    fn compare(&mut self, node: &ast::ExprCompare, level: Level) {
        self.parenthesized_if(level > Level::Comparison, |w| {
            w.expression(&node.left, Level::Comparison.tighter());
            for (op, comparator) in node.ops.iter().zip(&node.comparators) {
                w.text(match op {
                    CmpOp::Eq => " == ",
                    CmpOp::NotEq => " != ",
                    CmpOp::Lt => " < ",
                    CmpOp::LtE => " <= ",
                    CmpOp::Gt => " > ",
                    CmpOp::GtE => " >= ",
                    CmpOp::Is => " is ",
                    CmpOp::IsNot => " is not ",
                    CmpOp::In => " in ",
                    CmpOp::NotIn => " not in ",
                });
                w.expression(comparator, Level::Comparison.tighter());
            }
        });
    }

    fn call(&mut self, node: &ast::ExprCall) {
        self.expression(&node.func, Level::Atom);
        if let ([only @ Expr::GeneratorExp(_)], []) = (&node.args[..], &node.keywords[..]) {
            // It brings its own parentheses.
            return self.expression(only, Level::Test);
        }
        self.text("(");
        self.list(&node.args, Level::Test);
        for (index, keyword) in node.keywords.iter().enumerate() {
            if index > 0 || !node.args.is_empty() {
                self.text(", ");
            }
            match &keyword.arg {
                Some(name) => {
                    self.text(name);
                    self.text("=");
                }
                None => self.text("**"),
            }
            self.expression(&keyword.value, Level::Test);
        }
        self.text(")");
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Ellipsis => self.text("..."),
            // There is no literal for infinity but one that overflows.
            Constant::Float(value) => self.text(&repr::float(*value).replace("inf", "1e309")),
            Constant::Complex(real, imag) => {
                self.text(&repr::complex(*real, *imag).replace("inf", "1e309"));
            }
            Constant::Tuple(members) => {
                self.text("(");
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        self.text(", ");
                    }
                    self.constant(member);
                }
                self.text(if members.len() == 1 { ",)" } else { ")" });
            }
            constant => self.text(&repr::constant(constant)),
        }
    }

    /// An f-string, or the format specification of one of its fields.
    fn joined_str(&mut self, node: &ast::ExprJoinedStr, is_format_spec: bool) {
        let mut body = Writer { generator: self.generator, out: Vec::new() };
        for value in &node.values {
            body.fstring_element(value, is_format_spec);
        }
        if is_format_spec {
            self.out.append(&mut body.out);
        } else {
            self.text("f");
            self.text(&repr::str(&text_of(&body.out)));
        }
    }

    fn fstring_element(&mut self, element: &Expr, is_format_spec: bool) {
        match element {
            Expr::JoinedStr(node) => self.joined_str(node, is_format_spec),
            Expr::FormattedValue(node) => self.formatted_value(node),
            Expr::Constant(node) => {
                if let Constant::Str(text) = self.generator.constant(&node.value, node.range) {
                    for byte in text.as_bytes() {
                        self.out.push(*byte);
                        if matches!(byte, b'{' | b'}') {
                            self.out.push(*byte);
                        }
                    }
                }
            }
            other => self.expression(other, Level::Test),
        }
    }

    fn formatted_value(&mut self, node: &ast::ExprFormattedValue) {
        let mut value = Writer { generator: self.generator, out: Vec::new() };
        value.expression(&node.value, Level::Test.tighter());
        // Two braces in a row would mean one literal brace.
        self.text(if value.out.starts_with(b"{") { "{ " } else { "{" });
        self.out.append(&mut value.out);
        self.text(match node.conversion {
            ConversionFlag::None => "",
            ConversionFlag::Str => "!s",
            ConversionFlag::Repr => "!r",
            ConversionFlag::Ascii => "!a",
        });
        if let Some(spec) = &node.format_spec {
            self.text(":");
            self.fstring_element(spec, true);
        }
        self.text("}");
    }
}
