//! Warnings about code that can hardly be meant.

use super::Generator;
use rustpython_ast::{self as ast, CmpOp, Constant, Expr};

/// The type of a display, literal or lambda.
fn type_name(expression: &Expr) -> Option<&'static str> {
    Some(match expression {
        Expr::Tuple(_) => "tuple",
        Expr::List(_) | Expr::ListComp(_) => "list",
        Expr::Dict(_) | Expr::DictComp(_) => "dict",
        Expr::Set(_) | Expr::SetComp(_) => "set",
        Expr::GeneratorExp(_) => "generator",
        Expr::Lambda(_) => "function",
        Expr::JoinedStr(_) | Expr::FormattedValue(_) => "str",
        Expr::Constant(constant) => match constant.value {
            Constant::None => "NoneType",
            Constant::Bool(_) => "bool",
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
            Constant::Int(_) => "int",
            Constant::Tuple(_) => "tuple",
            Constant::Float(_) => "float",
            Constant::Complex { .. } => "complex",
            Constant::Ellipsis => "ellipsis",
        },
        _ => return None,
    })
}

/// Whether an operand of `is` is a literal that is no singleton.
fn is_plain_literal(expression: &Expr) -> bool {
    match expression {
        Expr::Constant(constant) => {
            !matches!(constant.value, Constant::None | Constant::Bool(_) | Constant::Ellipsis)
        }
        _ => false,
    }
}

impl Generator<'_> {
    /// `x is 1`
    pub(super) fn check_compare(&mut self, node: &ast::ExprCompare) {
        let mut left = &*node.left;
        for (op, right) in node.ops.iter().zip(&node.comparators) {
            let (text, better) = match op {
                CmpOp::Is => ("is", "=="),
                CmpOp::IsNot => ("is not", "!="),
                _ => {
                    left = right;
                    continue;
                }
            };
            let literal = [left, right].into_iter().find(|operand| is_plain_literal(operand));
            if let Some(kind) = literal.and_then(type_name) {
                let message = format!("\"{text}\" with '{kind}' literal. Did you mean \"{better}\"?");
                self.warn(message, self.loc(node));
                return;
            }
            left = right;
        }
    }

    /// `(1, 2) (3, 4)`
    #[inline]
    pub(super) fn check_caller(&mut self, callee: &Expr) {
        if !matches!(callee, Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Lambda(_)) {
            self.check_unusual_caller(callee);
        }
    }

    #[inline(never)]
    fn check_unusual_caller(&mut self, callee: &Expr) {
        if let Some(kind) = type_name(callee) {
            let message = format!("'{kind}' object is not callable; perhaps you missed a comma?");
            self.warn(message, self.loc(callee));
        }
    }

    /// `1 [2]`
    pub(super) fn check_subscripted(&mut self, value: &Expr) {
        let suspicious = match value {
            Expr::Constant(constant) => matches!(
                constant.value,
                Constant::None
                    | Constant::Ellipsis
                    | Constant::Int(_)
                    | Constant::Bool(_)
                    | Constant::Float(_)
                    | Constant::Complex { .. }
            ),
            Expr::Set(_) | Expr::SetComp(_) | Expr::GeneratorExp(_) | Expr::Lambda(_) => true,
            _ => false,
        };
        if suspicious && let Some(kind) = type_name(value) {
            let message = format!("'{kind}' object is not subscriptable; perhaps you missed a comma?");
            self.warn(message, self.loc(value));
        }
    }

    /// `[1, 2] [3, 4]`
    pub(super) fn check_index(&mut self, value: &Expr, index: &Expr) {
        let suspicious = match value {
            Expr::Constant(constant) => {
                matches!(constant.value, Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_))
            }
            Expr::Tuple(_)
            | Expr::List(_)
            | Expr::ListComp(_)
            | Expr::JoinedStr(_)
            | Expr::FormattedValue(_) => true,
            _ => false,
        };
        if suspicious
            && let Some(kind) = type_name(value)
            && let Some(index_kind) = type_name(index)
            && index_kind != "int"
            && index_kind != "bool"
        {
            let message = format!(
                "{kind} indices must be integers or slices, not {index_kind}; perhaps you missed a comma?"
            );
            self.warn(message, self.loc(value));
        }
    }
}
