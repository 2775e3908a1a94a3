//! `match` statements.
//!
//! Code for a pattern consumes the subject on top of the stack, and jumps out on failure. Names are bound only when
//! the whole pattern has matched: until then the captured values wait on the stack, below everything that the
//! pattern still needs. [`PatternContext`] counts both, so that a failure can drop as many values.

use super::Generator;
use super::constant::PythonKey;
use crate::names::NameId;
use crate::position::Position;
use crate::unit::Label;
use crate::{Result, system_error};
use pvm_pycfile::{Constant, Opcode, repr};
use rustc_hash::FxHashSet;
use rustpython_ast::{self as ast, CmpOp, Expr, ExprContext, Operator, Pattern};

#[derive(Default)]
struct PatternContext {
    /// Names whose captured values lie on the stack, in that order.
    stores: Vec<NameId>,
    /// Whether a pattern that always matches is allowed here.
    allow_irrefutable: bool,
    /// Where to jump on failure: `fail_pop[n]` drops n values.
    fail_pop: Vec<Label>,
    /// How many values above the captured ones must be dropped on failure.
    on_top: usize,
}

/// Whether a pattern is `_`.
fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::MatchAs(node) if node.name.is_none())
}

impl<'a> Generator<'a> {
    pub(super) fn match_(&mut self, node: &'a ast::StmtMatch) -> Result {
        self.expression(&node.subject)?;
        let end = self.new_label();
        let Some((last, before_last)) = node.cases.split_last() else {
            return Err(system_error("match without cases"));
        };
        let default = is_wildcard(&last.pattern) && !before_last.is_empty();
        let cases = if default { before_last } else { &node.cases[..] };
        for (index, case) in cases.iter().enumerate() {
            let location = self.loc(&case.pattern);
            let is_last = index + 1 == cases.len();
            // The last case consumes the subject itself.
            if !is_last {
                self.op_arg(Opcode::Copy, 1, location);
            }
            let mut context = PatternContext {
                allow_irrefutable: case.guard.is_some() || index + 1 == node.cases.len(),
                ..PatternContext::default()
            };
            self.pattern(&case.pattern, &mut context)?;
            for name in std::mem::take(&mut context.stores) {
                self.store_name(name, location)?;
            }
            if let Some(guard) = &case.guard {
                self.ensure_fail_pop(&mut context, 0);
                self.jump_if(guard, context.fail_pop[0], false)?;
            }
            if !is_last {
                self.op(Opcode::PopTop, location);
            }
            self.statements(&case.body)?;
            self.jump(Opcode::Jump, end, Position::NONE);
            self.emit_fail_pop(&mut context, location);
        }
        if default {
            // `case _`: nothing to test, but its line is to be seen.
            let location = self.loc(&last.pattern);
            self.op(Opcode::Nop, location);
            if let Some(guard) = &last.guard {
                self.jump_if(guard, end, false)?;
            }
            self.statements(&last.body)?;
        }
        self.place(end);
        Ok(())
    }

    fn ensure_fail_pop(&mut self, context: &mut PatternContext, count: usize) {
        while context.fail_pop.len() <= count {
            context.fail_pop.push(self.new_label());
        }
    }

    /// Jumps to where everything that the pattern has pushed is dropped.
    fn jump_to_fail_pop(&mut self, opcode: Opcode, context: &mut PatternContext, location: Position) {
        let count = context.on_top + context.stores.len();
        self.ensure_fail_pop(context, count);
        self.jump(opcode, context.fail_pop[count], location);
    }

    fn emit_fail_pop(&mut self, context: &mut PatternContext, location: Position) {
        let mut labels = std::mem::take(&mut context.fail_pop);
        while let Some(label) = labels.pop() {
            self.place(label);
            if !labels.is_empty() {
                self.op(Opcode::PopTop, location);
            }
        }
    }

    /// Moves the value on top below `count - 1` others.
    fn rotate(&mut self, count: usize, location: Position) {
        for depth in (2..=count).rev() {
            self.op_arg(Opcode::Swap, depth as u32, location);
        }
    }

    /// Captures the value on top under a name, or drops it.
    fn capture(
        &mut self,
        name: Option<&ast::Identifier>,
        context: &mut PatternContext,
        location: Position,
    ) -> Result {
        let Some(name) = name else {
            self.op(Opcode::PopTop, location);
            return Ok(());
        };
        let name = self.intern(name);
        self.check_forbidden(name, ExprContext::Store, location)?;
        if context.stores.contains(&name) {
            return self.duplicate_capture(name, location);
        }
        self.rotate(context.on_top + context.stores.len() + 1, location);
        context.stores.push(name);
        Ok(())
    }

    #[cold]
    fn duplicate_capture(&self, name: NameId, location: Position) -> Result {
        let name = repr::str(self.table.names.text(name));
        self.error(format!("multiple assignments to name {name} in pattern"), location)
    }

    /// A pattern within another one, where one that always matches is allowed.
    fn subpattern(&mut self, pattern: &'a Pattern, context: &mut PatternContext) -> Result {
        let allowed = std::mem::replace(&mut context.allow_irrefutable, true);
        self.pattern(pattern, context)?;
        context.allow_irrefutable = allowed;
        Ok(())
    }

    fn pattern(&mut self, pattern: &'a Pattern, context: &mut PatternContext) -> Result {
        match pattern {
            Pattern::MatchValue(node) => self.pattern_value(node, context),
            Pattern::MatchSingleton(node) => {
                let location = self.loc(node);
                let constant = self.constant(&node.value, node.range);
                self.load_const(constant, location);
                self.compare_op(CmpOp::Is, location);
                self.jump_to_fail_pop(Opcode::PopJumpIfFalse, context, location);
                Ok(())
            }
            Pattern::MatchSequence(node) => self.pattern_sequence(node, context),
            Pattern::MatchMapping(node) => self.pattern_mapping(node, context),
            Pattern::MatchClass(node) => self.pattern_class(node, context),
            Pattern::MatchStar(node) => self.capture(node.name.as_ref(), context, self.loc(node)),
            Pattern::MatchAs(node) => self.pattern_as(node, context),
            Pattern::MatchOr(node) => self.pattern_or(node, context),
        }
    }

    fn pattern_value(&mut self, node: &'a ast::PatternMatchValue, context: &mut PatternContext) -> Result {
        let location = self.loc(node);
        if !matches!(*node.value, Expr::Constant(_) | Expr::Attribute(_)) {
            return self.error("patterns may only match literals and attribute lookups", location);
        }
        self.expression(&node.value)?;
        self.compare_op(CmpOp::Eq, location);
        self.jump_to_fail_pop(Opcode::PopJumpIfFalse, context, location);
        Ok(())
    }

    fn pattern_as(&mut self, node: &'a ast::PatternMatchAs, context: &mut PatternContext) -> Result {
        let location = self.loc(node);
        let Some(pattern) = &node.pattern else {
            if !context.allow_irrefutable {
                let message = match &node.name {
                    Some(name) => {
                        let name = self.intern(name);
                        let name = repr::str(self.table.names.text(name));
                        format!("name capture {name} makes remaining patterns unreachable")
                    }
                    None => "wildcard makes remaining patterns unreachable".to_owned(),
                };
                return self.error(message, location);
            }
            return self.capture(node.name.as_ref(), context, location);
        };
        context.on_top += 1;
        self.op_arg(Opcode::Copy, 1, location);
        self.pattern(pattern, context)?;
        context.on_top -= 1;
        self.capture(node.name.as_ref(), context, location)
    }

    fn pattern_sequence(
        &mut self,
        node: &'a ast::PatternMatchSequence,
        context: &mut PatternContext,
    ) -> Result {
        let location = self.loc(node);
        let size = node.patterns.len();
        let mut star = None;
        let mut star_is_wildcard = false;
        let mut only_wildcards = true;
        for (index, pattern) in node.patterns.iter().enumerate() {
            if let Pattern::MatchStar(starred) = pattern {
                if star.is_some() {
                    return self.error("multiple starred names in sequence pattern", location);
                }
                star_is_wildcard = starred.name.is_none();
                only_wildcards &= star_is_wildcard;
                star = Some(index);
            } else {
                only_wildcards &= is_wildcard(pattern);
            }
        }
        context.on_top += 1;
        self.op(Opcode::MatchSequence, location);
        self.jump_to_fail_pop(Opcode::PopJumpIfFalse, context, location);
        if star.is_none() {
            self.check_length(size, CmpOp::Eq, context, location);
        } else if size > 1 {
            self.check_length(size - 1, CmpOp::GtE, context, location);
        }
        context.on_top -= 1;
        match star {
            _ if only_wildcards => {
                self.op(Opcode::PopTop, location);
                Ok(())
            }
            Some(star) if star_is_wildcard => self.sequence_by_index(&node.patterns, star, context, location),
            _ => self.sequence_by_unpacking(&node.patterns, context, location),
        }
    }

    fn check_length(&mut self, length: usize, op: CmpOp, context: &mut PatternContext, location: Position) {
        self.op(Opcode::GetLen, location);
        self.load_const(Constant::Int(length as i64), location);
        self.compare_op(op, location);
        self.jump_to_fail_pop(Opcode::PopJumpIfFalse, context, location);
    }

    fn sequence_by_unpacking(
        &mut self,
        patterns: &'a [Pattern],
        context: &mut PatternContext,
        location: Position,
    ) -> Result {
        let size = patterns.len();
        match patterns.iter().position(|pattern| matches!(pattern, Pattern::MatchStar(_))) {
            Some(index) => {
                let after = size - index - 1;
                if index >= 1 << 8 || after >= (i32::MAX >> 8) as usize {
                    let message = "too many expressions in star-unpacking sequence pattern";
                    return self.error(message, location);
                }
                self.op_arg(Opcode::UnpackEx, (index + (after << 8)) as u32, location);
            }
            None => self.op_arg(Opcode::UnpackSequence, size as u32, location),
        }
        context.on_top += size;
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        Ok(())
    }

    /// For patterns with `*_`: takes the members one by one, without making a list of the rest.
    fn sequence_by_index(
        &mut self,
        patterns: &'a [Pattern],
        star: usize,
        context: &mut PatternContext,
        location: Position,
    ) -> Result {
        context.on_top += 1;
        let size = patterns.len();
        for (index, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) || index == star {
                continue;
            }
            self.op_arg(Opcode::Copy, 1, location);
            if index < star {
                self.load_const(Constant::Int(index as i64), location);
            } else {
                // The subject need not support negative indices.
                self.op(Opcode::GetLen, location);
                self.load_const(Constant::Int((size - index) as i64), location);
                self.binary_op(Operator::Sub, false, location);
            }
            self.op(Opcode::BinarySubscr, location);
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 1;
        self.op(Opcode::PopTop, location);
        Ok(())
    }

    fn pattern_class(&mut self, node: &'a ast::PatternMatchClass, context: &mut PatternContext) -> Result {
        let location = self.loc(node);
        if node.kwd_attrs.len() != node.kwd_patterns.len() {
            let message = format!(
                "kwd_attrs ({}) / kwd_patterns ({}) length mismatch in class pattern",
                node.kwd_attrs.len(),
                node.kwd_patterns.len()
            );
            return self.error(message, location);
        }
        self.check_keyword_attributes(node)?;
        self.expression(&node.cls)?;
        let names = node.kwd_attrs.iter().map(|name| {
            let name = self.table.names.intern(name);
            Constant::Str(self.table.names.text(name).clone())
        });
        let names = Constant::Tuple(names.collect());
        self.load_const(names, location);
        self.op_arg(Opcode::MatchClass, node.patterns.len() as u32, location);
        let count = node.patterns.len() + node.kwd_attrs.len();
        self.check_not_none(context, 1, location);
        self.op_arg(Opcode::UnpackSequence, count as u32, location);
        // One of them replaces the tuple.
        context.on_top = context.on_top + count - 1;
        for pattern in node.patterns.iter().chain(&node.kwd_patterns) {
            context.on_top -= 1;
            if is_wildcard(pattern) {
                self.op(Opcode::PopTop, location);
            } else {
                self.subpattern(pattern, context)?;
            }
        }
        Ok(())
    }

    /// Fails if the value on top is None; else it stays there, as one of `pushed` new values.
    fn check_not_none(&mut self, context: &mut PatternContext, pushed: usize, location: Position) {
        context.on_top += pushed;
        self.op_arg(Opcode::Copy, 1, location);
        self.load_none(location);
        self.op_arg(Opcode::IsOp, 1, location);
        self.jump_to_fail_pop(Opcode::PopJumpIfFalse, context, location);
    }

    fn check_keyword_attributes(&mut self, node: &ast::PatternMatchClass) -> Result {
        for (index, (name, pattern)) in node.kwd_attrs.iter().zip(&node.kwd_patterns).enumerate() {
            if name.as_str() == "__debug__" {
                self.check_forbidden(NameId::DEBUG, ExprContext::Store, self.loc(pattern))?;
            }
            let rest = node.kwd_attrs.iter().zip(&node.kwd_patterns).skip(index + 1);
            for (other, other_pattern) in rest {
                if name == other {
                    let message = format!("attribute name repeated in class pattern: {name}");
                    return self.error(message, self.loc(other_pattern));
                }
            }
        }
        Ok(())
    }

    fn pattern_mapping(
        &mut self,
        node: &'a ast::PatternMatchMapping,
        context: &mut PatternContext,
    ) -> Result {
        let location = self.loc(node);
        let size = node.keys.len();
        if size != node.patterns.len() {
            let message = format!(
                "keys ({size}) / patterns ({}) length mismatch in mapping pattern",
                node.patterns.len()
            );
            return self.error(message, location);
        }
        context.on_top += 1;
        self.op(Opcode::MatchMapping, location);
        self.jump_to_fail_pop(Opcode::PopJumpIfFalse, context, location);
        if size == 0 && node.rest.is_none() {
            context.on_top -= 1;
            self.op(Opcode::PopTop, location);
            return Ok(());
        }
        if size > 0 {
            self.check_length(size, CmpOp::GtE, context, location);
        }
        self.mapping_keys(node, location)?;
        self.op_arg(Opcode::BuildTuple, size as u32, location);
        self.op(Opcode::MatchKeys, location);
        // The tuple of keys, and the tuple of values or None.
        self.check_not_none(context, 2, location);
        self.op_arg(Opcode::UnpackSequence, size as u32, location);
        context.on_top = context.on_top + size - 1;
        for pattern in &node.patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        // The keys and the subject are left.
        context.on_top -= 2;
        if node.rest.is_none() {
            self.op(Opcode::PopTop, location);
            self.op(Opcode::PopTop, location);
            return Ok(());
        }
        // rest = dict(subject), without the keys
        self.op_arg(Opcode::BuildMap, 0, location);
        self.op_arg(Opcode::Swap, 3, location);
        self.op_arg(Opcode::DictUpdate, 2, location);
        self.op_arg(Opcode::UnpackSequence, size as u32, location);
        for left in (1..=size).rev() {
            self.op_arg(Opcode::Copy, left as u32 + 1, location);
            self.op_arg(Opcode::Swap, 2, location);
            self.op(Opcode::DeleteSubscr, location);
        }
        self.capture(node.rest.as_ref(), context, location)
    }

    fn mapping_keys(&mut self, node: &'a ast::PatternMatchMapping, location: Position) -> Result {
        let mut seen = FxHashSet::default();
        for key in &node.keys {
            match key {
                Expr::Constant(constant) => {
                    let value = self.constant(&constant.value, constant.range);
                    if !seen.insert(PythonKey::of(&value)) {
                        let key = repr::constant(&value);
                        let message = format!("mapping pattern checks duplicate key ({key})");
                        return self.error(message, location);
                    }
                }
                Expr::Attribute(_) => {}
                _ => {
                    let message = "mapping pattern keys may only match literals and attribute lookups";
                    return self.error(message, location);
                }
            }
            self.expression(key)?;
        }
        Ok(())
    }

    fn pattern_or(&mut self, node: &'a ast::PatternMatchOr, context: &mut PatternContext) -> Result {
        let location = self.loc(node);
        let end = self.new_label();
        // The names of the first alternative: the others must bind the same ones, and put them in this order.
        let mut control: Option<Vec<NameId>> = None;
        let count = node.patterns.len();
        for (index, alternative) in node.patterns.iter().enumerate() {
            let alternative_location = self.loc(alternative);
            let mut inner = PatternContext {
                // One that always matches must be the last.
                allow_irrefutable: index + 1 == count && context.allow_irrefutable,
                ..PatternContext::default()
            };
            self.op_arg(Opcode::Copy, 1, alternative_location);
            self.pattern(alternative, &mut inner)?;
            match &control {
                None => control = Some(inner.stores.clone()),
                Some(control) => {
                    if !self.reorder_captures(control, &mut inner.stores, alternative_location) {
                        let message = "alternative patterns bind different names";
                        return self.error(message, location);
                    }
                }
            }
            self.jump(Opcode::Jump, end, alternative_location);
            self.emit_fail_pop(&mut inner, alternative_location);
        }
        // No alternative has matched: drop the subject.
        self.op(Opcode::PopTop, location);
        self.jump_to_fail_pop(Opcode::Jump, context, location);
        self.place(end);
        let control = control.unwrap_or_default();
        // The captured values lie above the subject's copy and all that this context has pushed before.
        let rotations = control.len() + 1 + context.on_top + context.stores.len();
        for name in control {
            self.rotate(rotations, location);
            if context.stores.contains(&name) {
                return self.duplicate_capture(name, location);
            }
            context.stores.push(name);
        }
        self.op(Opcode::PopTop, location);
        Ok(())
    }

    /// Brings captured values into the order of `control`; false where the names are not the same.
    fn reorder_captures(&mut self, control: &[NameId], stores: &mut Vec<NameId>, location: Position) -> bool {
        if stores.len() != control.len() {
            return false;
        }
        for wanted in (0..control.len()).rev() {
            let Some(found) = stores.iter().position(|name| *name == control[wanted]) else { return false };
            if found == wanted {
                continue;
            }
            if found > wanted {
                return false;
            }
            let rotations = found + 1;
            let rotated: Vec<NameId> = stores.drain(..rotations).collect();
            let position = wanted - found;
            stores.splice(position..position, rotated);
            for _ in 0..rotations {
                self.rotate(wanted + 1, location);
            }
        }
        true
    }
}
