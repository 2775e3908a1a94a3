//! Displays of lists, tuples, sets and dicts, and unpacking into targets.

use super::{Generator, STACK_USE_GUIDELINE, intrinsic_1};
use crate::Result;
use crate::names::NameId;
use crate::position::Position;
use pvm_pycfile::{Constant, Opcode};
use rustpython_ast::{self as ast, Expr, ExprContext};

/// How a collection is built.
#[derive(Clone, Copy)]
struct Builder {
    build: Opcode,
    add: Opcode,
    extend: Opcode,
    /// Build a list, then make a tuple of it.
    tuple: bool,
}

const LIST: Builder =
    Builder { build: Opcode::BuildList, add: Opcode::ListAppend, extend: Opcode::ListExtend, tuple: false };
const TUPLE: Builder = Builder { tuple: true, ..LIST };
const SET: Builder =
    Builder { build: Opcode::BuildSet, add: Opcode::SetAdd, extend: Opcode::SetUpdate, tuple: false };

/// The most that may stand before a starred target.
const MAX_BEFORE_STAR: usize = 1 << 8;
/// The most that may stand after one.
const MAX_AFTER_STAR: usize = (i32::MAX >> 8) as usize;

impl<'a> Generator<'a> {
    pub(super) fn list(&mut self, node: &'a ast::ExprList) -> Result {
        match node.ctx {
            ExprContext::Store => self.unpack_into(&node.elts, self.loc(node)),
            ExprContext::Load => self.collect(0, &node.elts, None, LIST, self.loc(node)),
            ExprContext::Del => self.expressions(&node.elts),
        }
    }

    pub(super) fn tuple(&mut self, node: &'a ast::ExprTuple) -> Result {
        match node.ctx {
            ExprContext::Store => self.unpack_into(&node.elts, self.loc(node)),
            ExprContext::Load => self.collect(0, &node.elts, None, TUPLE, self.loc(node)),
            ExprContext::Del => self.expressions(&node.elts),
        }
    }

    pub(super) fn set(&mut self, node: &'a ast::ExprSet) -> Result {
        self.collect(0, &node.elts, None, SET, self.loc(node))
    }

    /// Packs the positional arguments of a call into a tuple, those on the stack included.
    pub(super) fn argument_tuple(
        &mut self,
        pushed: usize,
        args: &'a [Expr],
        extra: Option<NameId>,
        location: Position,
    ) -> Result {
        self.collect(pushed, args, extra, TUPLE, location)
    }

    fn collect(
        &mut self,
        pushed: usize,
        elements: &'a [Expr],
        extra: Option<NameId>,
        builder: Builder,
        location: Position,
    ) -> Result {
        let count = elements.len() + usize::from(extra.is_some());
        if count > 2 && extra.is_none() && elements.iter().all(|element| element.is_constant_expr()) {
            self.collect_constants(pushed, elements, builder, location);
            return Ok(());
        }
        let big = count + pushed > STACK_USE_GUIDELINE;
        let has_star = elements.iter().any(|element| matches!(element, Expr::Starred(_)));
        if !has_star && !big {
            self.expressions(elements)?;
            if let Some(extra) = extra {
                self.load_name(extra, location)?;
            }
            let opcode = if builder.tuple { Opcode::BuildTuple } else { builder.build };
            self.op_arg(opcode, (count + pushed) as u32, location);
            return Ok(());
        }
        let mut built = big;
        if big {
            self.op_arg(builder.build, pushed as u32, location);
        }
        for (index, element) in elements.iter().enumerate() {
            if let Expr::Starred(starred) = element {
                if !built {
                    self.op_arg(builder.build, (index + pushed) as u32, location);
                    built = true;
                }
                self.expression(&starred.value)?;
                self.op_arg(builder.extend, 1, location);
            } else {
                self.expression(element)?;
                if built {
                    self.op_arg(builder.add, 1, location);
                }
            }
        }
        if let Some(extra) = extra {
            self.load_name(extra, location)?;
            self.op_arg(builder.add, 1, location);
        }
        if builder.tuple {
            self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::LIST_TO_TUPLE, location);
        }
        Ok(())
    }

    fn collect_constants(
        &mut self,
        pushed: usize,
        elements: &'a [Expr],
        builder: Builder,
        location: Position,
    ) {
        let members: Vec<Constant> =
            elements.iter().filter_map(|element| self.constant_value(element)).collect();
        if builder.tuple && pushed == 0 {
            self.load_const(Constant::Tuple(members.into()), location);
            return;
        }
        let folded = match builder.add {
            Opcode::SetAdd => crate::fold::set::frozenset(members),
            _ => Constant::Tuple(members.into()),
        };
        self.op_arg(builder.build, pushed as u32, location);
        self.load_const(folded, location);
        self.op_arg(builder.extend, 1, location);
        if builder.tuple {
            self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::LIST_TO_TUPLE, location);
        }
    }

    fn unpack_into(&mut self, targets: &'a [Expr], location: Position) -> Result {
        let mut star = None;
        for (index, target) in targets.iter().enumerate() {
            if !matches!(target, Expr::Starred(_)) {
                continue;
            }
            if star.is_some() {
                return self.error("multiple starred expressions in assignment", location);
            }
            let after = targets.len() - index - 1;
            if index >= MAX_BEFORE_STAR || after >= MAX_AFTER_STAR {
                return self.error("too many expressions in star-unpacking assignment", location);
            }
            self.op_arg(Opcode::UnpackEx, (index + (after << 8)) as u32, location);
            star = Some(index);
        }
        if star.is_none() {
            self.op_arg(Opcode::UnpackSequence, targets.len() as u32, location);
        }
        targets.iter().try_for_each(|target| match target {
            Expr::Starred(starred) => self.expression(&starred.value),
            target => self.expression(target),
        })
    }

    pub(super) fn dict(&mut self, node: &'a ast::ExprDict) -> Result {
        let location = self.loc(node);
        let mut have_dict = false;
        let mut elements = 0;
        for (index, key) in node.keys.iter().enumerate() {
            if key.is_none() {
                if elements > 0 {
                    self.dict_part(node, index - elements, index)?;
                    if have_dict {
                        self.op_arg(Opcode::DictUpdate, 1, location);
                    }
                    have_dict = true;
                    elements = 0;
                }
                if !have_dict {
                    self.op_arg(Opcode::BuildMap, 0, location);
                    have_dict = true;
                }
                if let Some(value) = node.values.get(index) {
                    self.expression(value)?;
                }
                self.op_arg(Opcode::DictUpdate, 1, location);
            } else if elements * 2 > STACK_USE_GUIDELINE {
                self.dict_part(node, index - elements, index + 1)?;
                if have_dict {
                    self.op_arg(Opcode::DictUpdate, 1, location);
                }
                have_dict = true;
                elements = 0;
            } else {
                elements += 1;
            }
        }
        let count = node.keys.len();
        if elements > 0 {
            self.dict_part(node, count - elements, count)?;
            if have_dict {
                self.op_arg(Opcode::DictUpdate, 1, location);
            }
            have_dict = true;
        }
        if !have_dict {
            self.op_arg(Opcode::BuildMap, 0, location);
        }
        Ok(())
    }

    /// Pushes a dict of the members from `begin` to `end`, which all have keys.
    fn dict_part(&mut self, node: &'a ast::ExprDict, begin: usize, end: usize) -> Result {
        let location = self.loc(node);
        let count = end - begin;
        let big = count * 2 > STACK_USE_GUIDELINE;
        let keys = &node.keys[begin..end];
        let values = node.values.get(begin..end).unwrap_or_default();
        let constant_keys = keys.iter().flatten().all(|key| key.is_constant_expr());
        if count > 1 && !big && constant_keys {
            self.expressions(values)?;
            let keys = keys.iter().flatten().filter_map(|key| self.constant_value(key)).collect();
            self.load_const(Constant::Tuple(keys), location);
            self.op_arg(Opcode::BuildConstKeyMap, count as u32, location);
            return Ok(());
        }
        if big {
            self.op_arg(Opcode::BuildMap, 0, location);
        }
        for (key, value) in keys.iter().flatten().zip(values) {
            self.expression(key)?;
            self.expression(value)?;
            if big {
                self.op_arg(Opcode::MapAdd, 1, location);
            }
        }
        if !big {
            self.op_arg(Opcode::BuildMap, count as u32, location);
        }
        Ok(())
    }
}
