//! Conditions: jumps on truth values, comparisons, `and`, `or`, conditional expressions.

use super::Generator;
use crate::Result;
use crate::position::Position;
use crate::unit::Label;
use pvm_pycfile::Opcode;
use rustpython_ast::{self as ast, BoolOp, CmpOp, Expr, UnaryOp};

impl<'a> Generator<'a> {
    /// Jumps to `next` if the truth value of an expression is `condition`.
    pub(super) fn jump_if(&mut self, expression: &'a Expr, next: Label, condition: bool) -> Result {
        match expression {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                return self.jump_if(&node.operand, next, !condition);
            }
            Expr::BoolOp(node) => {
                let stops_at = node.op == BoolOp::Or;
                let short_cut = if stops_at == condition { next } else { self.new_label() };
                if let Some((last, values)) = node.values.split_last() {
                    for value in values {
                        self.jump_if(value, short_cut, stops_at)?;
                    }
                    self.jump_if(last, next, condition)?;
                }
                if short_cut != next {
                    self.place(short_cut);
                }
                return Ok(());
            }
            Expr::IfExp(node) => {
                let [end, orelse] = std::array::from_fn(|_| self.new_label());
                self.jump_if(&node.test, orelse, false)?;
                self.jump_if(&node.body, next, condition)?;
                self.jump(Opcode::Jump, end, Position::NONE);
                self.place(orelse);
                self.jump_if(&node.orelse, next, condition)?;
                self.place(end);
                return Ok(());
            }
            Expr::Compare(node) if node.ops.len() > 1 => {
                return self.jump_if_chain(node, next, condition);
            }
            _ => {}
        }
        self.expression(expression)?;
        let opcode = if condition { Opcode::PopJumpIfTrue } else { Opcode::PopJumpIfFalse };
        self.jump(opcode, next, self.loc(expression));
        Ok(())
    }

    fn jump_if_chain(&mut self, node: &'a ast::ExprCompare, next: Label, condition: bool) -> Result {
        self.check_compare(node);
        let location = self.loc(node);
        let cleanup = self.new_label();
        self.expression(&node.left)?;
        let last = node.ops.len() - 1;
        for (index, (op, comparator)) in node.ops.iter().zip(&node.comparators).enumerate() {
            self.expression(comparator)?;
            if index < last {
                self.op_arg(Opcode::Swap, 2, location);
                self.op_arg(Opcode::Copy, 2, location);
                self.compare_op(*op, location);
                self.jump(Opcode::PopJumpIfFalse, cleanup, location);
            } else {
                self.compare_op(*op, location);
            }
        }
        let opcode = if condition { Opcode::PopJumpIfTrue } else { Opcode::PopJumpIfFalse };
        self.jump(opcode, next, location);
        let end = self.new_label();
        self.jump(Opcode::Jump, end, Position::NONE);
        self.place(cleanup);
        self.op(Opcode::PopTop, location);
        if !condition {
            self.jump(Opcode::Jump, next, Position::NONE);
        }
        self.place(end);
        Ok(())
    }

    pub(super) fn compare(&mut self, node: &'a ast::ExprCompare) -> Result {
        let location = self.loc(node);
        self.check_compare(node);
        self.expression(&node.left)?;
        if let ([op], [comparator]) = (&node.ops[..], &node.comparators[..]) {
            self.expression(comparator)?;
            self.compare_op(*op, location);
            return Ok(());
        }
        let cleanup = self.new_label();
        let last = node.ops.len().saturating_sub(1);
        for (index, (op, comparator)) in node.ops.iter().zip(&node.comparators).enumerate() {
            self.expression(comparator)?;
            if index < last {
                self.op_arg(Opcode::Swap, 2, location);
                self.op_arg(Opcode::Copy, 2, location);
                self.compare_op(*op, location);
                self.op_arg(Opcode::Copy, 1, location);
                self.jump(Opcode::PopJumpIfFalse, cleanup, location);
                self.op(Opcode::PopTop, location);
            } else {
                self.compare_op(*op, location);
            }
        }
        let end = self.new_label();
        self.jump(Opcode::Jump, end, Position::NONE);
        self.place(cleanup);
        self.op_arg(Opcode::Swap, 2, location);
        self.op(Opcode::PopTop, location);
        self.place(end);
        Ok(())
    }

    /// COMPARE_OP has the operator in the high four bits; the low ones are the outcomes that make it true:
    /// 1 unordered, 2 less, 4 greater, 8 equal.
    pub(super) fn compare_op(&mut self, op: CmpOp, location: Position) {
        let (opcode, oparg) = match op {
            CmpOp::Lt => (Opcode::CompareOp, 2),
            CmpOp::LtE => (Opcode::CompareOp, 1 << 4 | 2 | 8),
            CmpOp::Eq => (Opcode::CompareOp, 2 << 4 | 8),
            CmpOp::NotEq => (Opcode::CompareOp, 3 << 4 | 1 | 2 | 4),
            CmpOp::Gt => (Opcode::CompareOp, 4 << 4 | 4),
            CmpOp::GtE => (Opcode::CompareOp, 5 << 4 | 4 | 8),
            CmpOp::Is => (Opcode::IsOp, 0),
            CmpOp::IsNot => (Opcode::IsOp, 1),
            CmpOp::In => (Opcode::ContainsOp, 0),
            CmpOp::NotIn => (Opcode::ContainsOp, 1),
        };
        self.op_arg(opcode, oparg, location);
    }

    pub(super) fn bool_op(&mut self, node: &'a ast::ExprBoolOp) -> Result {
        let location = self.loc(node);
        let opcode = match node.op {
            BoolOp::And => Opcode::PopJumpIfFalse,
            BoolOp::Or => Opcode::PopJumpIfTrue,
        };
        let end = self.new_label();
        if let Some((last, values)) = node.values.split_last() {
            for value in values {
                self.expression(value)?;
                self.op_arg(Opcode::Copy, 1, location);
                self.jump(opcode, end, location);
                self.op(Opcode::PopTop, location);
            }
            self.expression(last)?;
        }
        self.place(end);
        Ok(())
    }

    pub(super) fn if_expression(&mut self, node: &'a ast::ExprIfExp) -> Result {
        let [end, next] = std::array::from_fn(|_| self.new_label());
        self.jump_if(&node.test, next, false)?;
        self.expression(&node.body)?;
        self.jump(Opcode::Jump, end, Position::NONE);
        self.place(next);
        self.expression(&node.orelse)?;
        self.place(end);
        Ok(())
    }
}
