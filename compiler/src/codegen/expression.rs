//! Expressions: dispatch, and those that are short.

use super::scope::UnitKind;
use super::{Generator, STACK_USE_GUIDELINE, intrinsic_1};
use crate::names::{self, NameId};
use crate::position::Position;
use crate::{Result, system_error};
use pvm_pycfile::{Constant, Location, Opcode, Text};
use rustpython_ast::{self as ast, ConversionFlag, Expr, ExprContext, Operator, UnaryOp};

/// Whether a subscript is `a:b`, which has instructions of its own.
pub(super) fn is_two_element_slice(slice: &Expr) -> bool {
    matches!(slice, Expr::Slice(slice) if slice.step.is_none())
}

impl<'a> Generator<'a> {
    /// Where an attribute's access is reported, which would be at `location`: from the name on, if the expression spans
    /// lines. `attribute` is the location of the whole attribute.
    #[inline]
    pub(super) fn at_attribute_name(
        &self,
        location: Position,
        attribute: Position,
        node: &ast::ExprAttribute,
    ) -> Position {
        if location.lineno() == attribute.end_lineno() {
            location
        } else {
            self.on_last_line(location, attribute, node)
        }
    }

    #[inline(never)]
    fn on_last_line(&self, location: Position, attribute: Position, node: &ast::ExprAttribute) -> Position {
        let lineno = attribute.end_lineno();
        // CPython takes the length in characters from a column in bytes.
        let length =
            names::text_of(self.constants.literals(), &node.attr, node.range.end()).chars().count() as i32;
        let (column, mut end_column) = if length <= attribute.end_column() {
            (attribute.end_column() - length, location.end_column())
        } else {
            // A tree that no parser made.
            (-1, -1)
        };
        let end_lineno = location.end_lineno().max(lineno);
        if lineno == end_lineno {
            end_column = end_column.max(column);
        }
        Location { lineno, end_lineno, col_offset: column, end_col_offset: end_column }.into()
    }

    pub(super) fn expression(&mut self, expression: &'a Expr) -> Result {
        match expression {
            // Four of five expressions are one of these. What others do here would slow these down.
            Expr::Name(node) => self.name_expression(node),
            Expr::Constant(node) => self.constant_expression(node),
            Expr::Attribute(node) => self.attribute(node),
            Expr::Call(node) => self.call(node),
            _ => self.other_expression(expression),
        }
    }

    #[inline(never)]
    fn constant_expression(&mut self, node: &'a ast::ExprConstant) -> Result {
        let constant = self.constant(&node.value, node.range);
        self.load_const(constant, self.loc(node));
        Ok(())
    }

    #[inline(never)]
    fn other_expression(&mut self, expression: &'a Expr) -> Result {
        match expression {
            Expr::Name(node) => self.name_expression(node),
            Expr::Constant(node) => self.constant_expression(node),
            Expr::Attribute(node) => self.attribute(node),
            Expr::Call(node) => self.call(node),
            Expr::Subscript(node) => self.subscript(node),
            Expr::BinOp(node) => {
                self.expression(&node.left)?;
                self.expression(&node.right)?;
                self.binary_op(node.op, false, self.loc(node));
                Ok(())
            }
            Expr::UnaryOp(node) => self.unary_op(node),
            Expr::Compare(node) => self.compare(node),
            Expr::BoolOp(node) => self.bool_op(node),
            Expr::IfExp(node) => self.if_expression(node),
            Expr::NamedExpr(node) => {
                self.expression(&node.value)?;
                self.op_arg(Opcode::Copy, 1, self.loc(node));
                self.expression(&node.target)
            }
            Expr::Lambda(node) => self.lambda(node),
            Expr::Dict(node) => self.dict(node),
            Expr::Set(node) => self.set(node),
            Expr::List(node) => self.list(node),
            Expr::Tuple(node) => self.tuple(node),
            Expr::GeneratorExp(node) => self.comprehension(node.into()),
            Expr::ListComp(node) => self.comprehension(node.into()),
            Expr::SetComp(node) => self.comprehension(node.into()),
            Expr::DictComp(node) => self.comprehension(node.into()),
            Expr::Yield(node) => self.yield_(node),
            Expr::YieldFrom(node) => self.yield_from_expression(node),
            Expr::Await(node) => self.await_(node),
            Expr::JoinedStr(node) => self.joined_str(node),
            Expr::FormattedValue(node) => self.formatted_value(node),
            Expr::Starred(node) => {
                let message = match node.ctx {
                    ExprContext::Store => "starred assignment target must be in a list or tuple",
                    _ => "can't use starred expression here",
                };
                self.error(message, self.loc(node))
            }
            Expr::Slice(node) => {
                let count = self.slice_parts(expression)?;
                self.op_arg(Opcode::BuildSlice, count, self.loc(node));
                Ok(())
            }
        }
    }

    fn unary_op(&mut self, node: &'a ast::ExprUnaryOp) -> Result {
        self.expression(&node.operand)?;
        let location = self.loc(node);
        match node.op {
            UnaryOp::Invert => self.op(Opcode::UnaryInvert, location),
            UnaryOp::Not => self.op(Opcode::UnaryNot, location),
            UnaryOp::USub => self.op(Opcode::UnaryNegative, location),
            UnaryOp::UAdd => self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::UNARY_POSITIVE, location),
        }
        Ok(())
    }

    pub(super) fn binary_op(&mut self, op: Operator, in_place: bool, location: Position) {
        let oparg = match op {
            Operator::Add => 0,
            Operator::BitAnd => 1,
            Operator::FloorDiv => 2,
            Operator::LShift => 3,
            Operator::MatMult => 4,
            Operator::Mult => 5,
            Operator::Mod => 6,
            Operator::BitOr => 7,
            Operator::Pow => 8,
            Operator::RShift => 9,
            Operator::Sub => 10,
            Operator::Div => 11,
            Operator::BitXor => 12,
        };
        // The in-place operators follow the others in the same order.
        self.op_arg(Opcode::BinaryOp, oparg + if in_place { 13 } else { 0 }, location);
    }

    #[inline(never)]
    fn attribute(&mut self, node: &'a ast::ExprAttribute) -> Result {
        let location = self.loc(node);
        let attr = self.attr_id(node);
        if node.ctx == ExprContext::Load
            && let Some(call) = self.optimizable_super_call(node)?
        {
            self.super_attribute(call, attr, false, location)?;
            self.op(Opcode::Nop, self.at_attribute_name(location, location, node));
            return Ok(());
        }
        self.expression(&node.value)?;
        let location = self.at_attribute_name(location, location, node);
        let opcode = match node.ctx {
            ExprContext::Load => Opcode::LoadAttr,
            ExprContext::Store => {
                self.check_forbidden(attr, ExprContext::Store, location)?;
                Opcode::StoreAttr
            }
            ExprContext::Del => Opcode::DeleteAttr,
        };
        self.name_op(opcode, attr, location);
        Ok(())
    }

    #[inline(never)]
    fn subscript(&mut self, node: &'a ast::ExprSubscript) -> Result {
        let location = self.loc(node);
        if node.ctx == ExprContext::Load {
            self.check_subscripted(&node.value);
            self.check_index(&node.value, &node.slice);
        }
        self.expression(&node.value)?;
        if is_two_element_slice(&node.slice) && node.ctx != ExprContext::Del {
            self.slice_parts(&node.slice)?;
            let opcode = match node.ctx {
                ExprContext::Load => Opcode::BinarySlice,
                _ => Opcode::StoreSlice,
            };
            self.op(opcode, location);
            return Ok(());
        }
        self.expression(&node.slice)?;
        let opcode = match node.ctx {
            ExprContext::Load => Opcode::BinarySubscr,
            ExprContext::Store => Opcode::StoreSubscr,
            ExprContext::Del => Opcode::DeleteSubscr,
        };
        self.op(opcode, location);
        Ok(())
    }

    /// Pushes the two or three parts of a slice; returns how many.
    pub(super) fn slice_parts(&mut self, slice: &'a Expr) -> Result<u32> {
        let Expr::Slice(slice) = slice else { return Err(system_error("expected a slice")) };
        let location = self.loc(slice);
        for part in [&slice.lower, &slice.upper] {
            match part {
                Some(part) => self.expression(part)?,
                None => self.load_none(location),
            }
        }
        match &slice.step {
            Some(step) => {
                self.expression(step)?;
                Ok(3)
            }
            None => Ok(2),
        }
    }

    fn joined_str(&mut self, node: &'a ast::ExprJoinedStr) -> Result {
        let location = self.loc(node);
        if node.values.len() > STACK_USE_GUIDELINE {
            self.load_const(Constant::Str(Text::from("")), location);
            self.name_op(Opcode::LoadMethod, NameId::JOIN, location);
            self.op_arg(Opcode::BuildList, 0, location);
            for value in &node.values {
                self.expression(value)?;
                self.op_arg(Opcode::ListAppend, 1, location);
            }
            self.op_arg(Opcode::Call, 1, location);
            return Ok(());
        }
        self.expressions(&node.values)?;
        if node.values.len() != 1 {
            self.op_arg(Opcode::BuildString, node.values.len() as u32, location);
        }
        Ok(())
    }

    fn formatted_value(&mut self, node: &'a ast::ExprFormattedValue) -> Result {
        self.expression(&node.value)?;
        let mut oparg = match node.conversion {
            ConversionFlag::None => 0,
            ConversionFlag::Str => 1,
            ConversionFlag::Repr => 2,
            ConversionFlag::Ascii => 3,
        };
        if let Some(spec) = &node.format_spec {
            self.expression(spec)?;
            oparg |= 4;
        }
        self.op_arg(Opcode::FormatValue, oparg, self.loc(node));
        Ok(())
    }

    fn yield_(&mut self, node: &'a ast::ExprYield) -> Result {
        let location = self.loc(node);
        if !self.scope().is_function_like() {
            return self.error("'yield' outside function", location);
        }
        match &node.value {
            Some(value) => self.expression(value)?,
            None => self.load_none(location),
        }
        self.yield_value(location);
        Ok(())
    }

    pub(super) fn yield_value(&mut self, location: Position) {
        let scope = self.scope();
        if scope.generator && scope.coroutine {
            self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::ASYNC_GEN_WRAP, location);
        }
        self.op_arg(Opcode::YieldValue, 0, location);
        self.op_arg(Opcode::Resume, 1, location);
    }

    fn yield_from_expression(&mut self, node: &'a ast::ExprYieldFrom) -> Result {
        let location = self.loc(node);
        if !self.scope().is_function_like() {
            return self.error("'yield' outside function", location);
        }
        if self.unit.kind == UnitKind::AsyncFunction {
            return self.error("'yield from' inside async function", location);
        }
        self.expression(&node.value)?;
        self.op(Opcode::GetYieldFromIter, location);
        self.load_none(location);
        self.yield_from(false, location);
        Ok(())
    }

    fn await_(&mut self, node: &'a ast::ExprAwait) -> Result {
        let location = self.loc(node);
        if !self.is_top_level_await() {
            if !self.scope().is_function_like() {
                return self.error("'await' outside function", location);
            }
            if !matches!(self.unit.kind, UnitKind::AsyncFunction | UnitKind::Comprehension) {
                return self.error("'await' outside async function", location);
            }
        }
        self.expression(&node.value)?;
        self.await_result(0, location);
        Ok(())
    }
}
