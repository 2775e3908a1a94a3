//! Assignments: plain, augmented, annotated.

use super::Generator;
use super::expression::is_two_element_slice;
use crate::names::NameId;
use crate::{Result, system_error};
use pvm_pycfile::{Constant, Opcode};
use rustpython_ast::{self as ast, Expr, ExprContext};

impl<'a> Generator<'a> {
    #[inline(never)]
    pub(super) fn assign(&mut self, node: &'a ast::StmtAssign) -> Result {
        self.expression(&node.value)?;
        let last = node.targets.len().saturating_sub(1);
        for (index, target) in node.targets.iter().enumerate() {
            if index < last {
                self.op_arg(Opcode::Copy, 1, self.loc(node));
            }
            self.expression(target)?;
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn augmented_assignment(&mut self, node: &'a ast::StmtAugAssign) -> Result {
        let location = self.loc(&*node.target);
        match &*node.target {
            Expr::Attribute(target) => {
                self.expression(&target.value)?;
                self.op_arg(Opcode::Copy, 1, location);
                let at_name = self.at_attribute_name(location, location, target);
                let attr = self.attr_id(target);
                self.name_op(Opcode::LoadAttr, attr, at_name);
                self.augment(node)?;
                self.op_arg(Opcode::Swap, 2, at_name);
                self.name_op(Opcode::StoreAttr, attr, at_name);
            }
            Expr::Subscript(target) if is_two_element_slice(&target.slice) => {
                self.expression(&target.value)?;
                self.slice_parts(&target.slice)?;
                for _ in 0..3 {
                    self.op_arg(Opcode::Copy, 3, location);
                }
                self.op(Opcode::BinarySlice, location);
                self.augment(node)?;
                for depth in [4, 3, 2] {
                    self.op_arg(Opcode::Swap, depth, location);
                }
                self.op(Opcode::StoreSlice, location);
            }
            Expr::Subscript(target) => {
                self.expression(&target.value)?;
                self.expression(&target.slice)?;
                self.op_arg(Opcode::Copy, 2, location);
                self.op_arg(Opcode::Copy, 2, location);
                self.op(Opcode::BinarySubscr, location);
                self.augment(node)?;
                self.op_arg(Opcode::Swap, 3, location);
                self.op_arg(Opcode::Swap, 2, location);
                self.op(Opcode::StoreSubscr, location);
            }
            Expr::Name(target) => {
                let name = self.name_id(target);
                self.load_name(name, location)?;
                self.augment(node)?;
                self.store_name(name, location)?;
            }
            _ => return Err(system_error("invalid node type for augmented assignment")),
        }
        Ok(())
    }

    fn augment(&mut self, node: &'a ast::StmtAugAssign) -> Result {
        self.expression(&node.value)?;
        self.binary_op(node.op, true, self.loc(node));
        Ok(())
    }

    #[inline(never)]
    pub(super) fn annotated_assignment(&mut self, node: &'a ast::StmtAnnAssign) -> Result {
        let location = self.loc(node);
        if let Some(value) = &node.value {
            self.expression(value)?;
            self.expression(&node.target)?;
        }
        match &*node.target {
            Expr::Name(target) => {
                let name = self.name_id(target);
                self.check_forbidden(name, ExprContext::Store, location)?;
                if node.simple && self.stores_annotations() {
                    self.annotation(&node.annotation)?;
                    self.name_op(Opcode::LoadName, NameId::ANNOTATIONS, location);
                    let mangled = self.mangle(name);
                    self.load_const(self.name_constant(mangled), location);
                    self.op(Opcode::StoreSubscr, location);
                }
            }
            Expr::Attribute(target) => {
                let name = self.attr_id(target);
                self.check_forbidden(name, ExprContext::Store, location)?;
                if node.value.is_none() {
                    self.evaluate_and_drop(&target.value)?;
                }
            }
            Expr::Subscript(target) => {
                if node.value.is_none() {
                    self.evaluate_and_drop(&target.value)?;
                    self.check_subscript(&target.slice)?;
                }
            }
            _ => return Err(system_error("invalid node type for annotated assignment")),
        }
        if !node.simple && !self.future_annotations() && self.stores_annotations() {
            self.evaluate_and_drop(&node.annotation)?;
        }
        Ok(())
    }

    /// An annotation's value, or its text where annotations are not evaluated.
    pub(super) fn annotation(&mut self, annotation: &'a Expr) -> Result {
        if !self.future_annotations() {
            return self.expression(annotation);
        }
        let text = self.unparse(annotation);
        self.load_const(Constant::Str(text), self.loc(annotation));
        Ok(())
    }

    fn evaluate_and_drop(&mut self, expression: &'a Expr) -> Result {
        self.expression(expression)?;
        self.op(Opcode::PopTop, self.loc(expression));
        Ok(())
    }

    /// Evaluates all parts of an annotated target's subscript, to find names that are not defined.
    fn check_subscript(&mut self, subscript: &'a Expr) -> Result {
        match subscript {
            Expr::Slice(slice) => [&slice.lower, &slice.upper, &slice.step]
                .into_iter()
                .flatten()
                .try_for_each(|part| self.evaluate_and_drop(part)),
            Expr::Tuple(tuple) => tuple.elts.iter().try_for_each(|part| self.check_subscript(part)),
            part => self.evaluate_and_drop(part),
        }
    }
}
