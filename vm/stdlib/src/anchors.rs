//! Where the operator of an expression is, for the marks in tracebacks.

use pvm_parser::ast::{self, Ranged};
use pvm_vm::display::Anchors;

/// The operator of a binary operation, or the bracket of a subscript.
pub fn operator_anchors(expression: &str) -> Option<Anchors> {
    let parsed =
        pvm_parser::parse(expression, pvm_parser::Mode::Module, &pvm_parser::Options::default()).ok()?;
    let ast::Mod::Module(module) = &parsed.module else { return None };
    let [ast::Stmt::Expr(statement)] = module.body.as_slice() else { return None };
    let text = expression.as_bytes();
    match &*statement.value {
        ast::Expr::BinOp(operation) => {
            let end = operation.right.range().start().to_usize();
            let mut left = operation.left.range().end().to_usize();
            while left < end && (is_space(*text.get(left)?) || text[left] == b')') {
                left += 1;
            }
            let two = left + 1 < end && text.get(left + 1).is_some_and(|b| !is_space(*b));
            Some(Anchors { left, right: left + 1 + usize::from(two) })
        }
        ast::Expr::Subscript(subscript) => {
            let left = subscript.value.range().end().to_usize();
            let left = left + text.get(left..)?.iter().position(|b| *b == b'[')?;
            let right = subscript.slice.range().end().to_usize();
            let right = right + text.get(right..)?.iter().position(|b| *b == b']')? + 1;
            Some(Anchors { left, right })
        }
        _ => None,
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0C)
}
