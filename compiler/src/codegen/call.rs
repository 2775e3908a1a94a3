//! Calls, method calls, and the attributes of `super()`.

use super::{Generator, STACK_USE_GUIDELINE};
use crate::Result;
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::{NameScope, ScopeId, symbol_flags};
use pvm_pycfile::{Constant, Opcode};
use rustc_hash::FxHashMap;
use rustpython_ast::{self as ast, Expr, ExprContext, Keyword};

impl<'a> Generator<'a> {
    #[inline(never)]
    pub(super) fn call(&mut self, node: &'a ast::ExprCall) -> Result {
        if !node.keywords.is_empty() {
            self.check_keywords(&node.keywords)?;
        }
        let plain = are_plain(&node.args, &node.keywords);
        if plain && let Some(method) = self.method_of(node) {
            return self.method_call(node, method);
        }
        self.check_caller(&node.func);
        self.op(Opcode::PushNull, self.loc(&*node.func));
        self.expression(&node.func)?;
        let location = self.loc(node);
        if plain && node.args.len() + node.keywords.len() * 2 <= STACK_USE_GUIDELINE {
            self.plain_call(node, location, location)
        } else {
            self.call_with_collected(0, &node.args, None, &node.keywords, location)
        }
    }

    /// The attribute in `value.attr(…)`, given that the arguments are plain, if that needs no bound method.
    #[inline]
    fn method_of(&mut self, node: &'a ast::ExprCall) -> Option<&'a ast::ExprAttribute> {
        let Expr::Attribute(method) = &*node.func else { return None };
        let count = node.args.len() + node.keywords.len() + usize::from(!node.keywords.is_empty());
        if method.ctx != ExprContext::Load || count >= STACK_USE_GUIDELINE {
            return None;
        }
        // The attributes of what the module imports are hardly methods.
        match &*method.value {
            Expr::Name(name) => {
                let name = self.name_id(name);
                (!self.is_imported(name)).then_some(method)
            }
            _ => Some(method),
        }
    }

    fn method_call(&mut self, node: &'a ast::ExprCall, method: &'a ast::ExprAttribute) -> Result {
        let attribute = self.loc(method);
        let at_name = self.at_attribute_name(attribute, attribute, method);
        let attr = self.attr_id(method);
        if let Some(call) = self.optimizable_super_call(method)? {
            self.super_attribute(call, attr, true, attribute)?;
            self.op(Opcode::Nop, at_name);
        } else {
            self.expression(&method.value)?;
            self.name_op(Opcode::LoadMethod, attr, at_name);
        }
        let location = self.at_attribute_name(self.loc(node), attribute, method);
        self.plain_call(node, at_name, location)
    }

    /// Compiles the arguments of a call, which are plain, and the call. `at_names` is where the keywords are announced.
    fn plain_call(&mut self, node: &'a ast::ExprCall, at_names: Position, location: Position) -> Result {
        self.expressions(&node.args)?;
        self.keyword_values(&node.keywords, at_names)?;
        let count = node.args.len() + node.keywords.len();
        self.op_arg(Opcode::Call, count as u32, location);
        Ok(())
    }

    /// Whether the module imports the name.
    fn is_imported(&self, name: NameId) -> bool {
        self.known.is_imported(name)
            && self.table.scope(ScopeId::MODULE).flags(name) & symbol_flags::DEF_IMPORT != 0
    }

    /// Pushes the values of simple keyword arguments, and announces their names.
    fn keyword_values(&mut self, keywords: &'a [Keyword], location: Position) -> Result {
        if keywords.is_empty() {
            return Ok(());
        }
        for keyword in keywords {
            self.expression(&keyword.value)?;
        }
        let names = self.keyword_names(keywords);
        let index = self.unit.code.consts.insert(names);
        self.op_arg(Opcode::KwNames, index, location);
        Ok(())
    }

    fn keyword_names(&mut self, keywords: &[Keyword]) -> Constant {
        let names = keywords.iter().map(|keyword| {
            let name = self.table.names.intern(keyword.arg.as_deref().unwrap_or_default());
            Constant::Str(self.table.names.text(name).clone())
        });
        Constant::Tuple(names.collect())
    }

    pub(super) fn check_keywords(&self, keywords: &[Keyword]) -> Result {
        let repeated = repeated_keyword(keywords);
        for (index, keyword) in keywords.iter().enumerate() {
            let Some(name) = &keyword.arg else { continue };
            if name.as_str() == "__debug__" {
                self.check_forbidden(NameId::DEBUG, ExprContext::Store, self.loc(keyword))?;
            }
            if let Some((first, again)) = repeated
                && first == index
            {
                return self.error(format!("keyword argument repeated: {name}"), self.loc(&keywords[again]));
            }
        }
        Ok(())
    }

    /// Compiles the arguments of a call and the call, whose keywords have been checked. `pushed` arguments lie on the stack
    /// already; `extra` is the name of one more positional argument.
    pub(super) fn call_with(
        &mut self,
        pushed: usize,
        args: &'a [Expr],
        extra: Option<NameId>,
        keywords: &'a [Keyword],
        location: Position,
    ) -> Result {
        let positional = args.len() + usize::from(extra.is_some());
        if !are_plain(args, keywords) || positional + keywords.len() * 2 > STACK_USE_GUIDELINE {
            return self.call_with_collected(pushed, args, extra, keywords, location);
        }
        self.expressions(args)?;
        if let Some(extra) = extra {
            self.load_name(extra, location)?;
        }
        self.keyword_values(keywords, location)?;
        let count = pushed + positional + keywords.len();
        self.op_arg(Opcode::Call, count as u32, location);
        Ok(())
    }

    /// As [`Self::call_with`], with arguments that are too many or not plain: a tuple and a dict of them are made first.
    fn call_with_collected(
        &mut self,
        pushed: usize,
        args: &'a [Expr],
        extra: Option<NameId>,
        keywords: &'a [Keyword],
        location: Position,
    ) -> Result {
        match args {
            [Expr::Starred(only)] if pushed == 0 && extra.is_none() => self.expression(&only.value)?,
            _ => self.argument_tuple(pushed, args, extra, location)?,
        }
        if !keywords.is_empty() {
            self.keyword_dict(keywords, location)?;
        }
        self.op_arg(Opcode::CallFunctionEx, u32::from(!keywords.is_empty()), location);
        Ok(())
    }

    /// Pushes a dict of keyword arguments, `**` ones merged in.
    fn keyword_dict(&mut self, keywords: &'a [Keyword], location: Position) -> Result {
        let mut have_dict = false;
        let mut start = 0;
        for (index, keyword) in keywords.iter().enumerate() {
            if keyword.arg.is_some() {
                continue;
            }
            if start < index {
                self.keyword_map(&keywords[start..index], location)?;
                if have_dict {
                    self.op_arg(Opcode::DictMerge, 1, location);
                }
                have_dict = true;
            }
            start = index + 1;
            if !have_dict {
                self.op_arg(Opcode::BuildMap, 0, location);
                have_dict = true;
            }
            self.expression(&keyword.value)?;
            self.op_arg(Opcode::DictMerge, 1, location);
        }
        if start < keywords.len() {
            self.keyword_map(&keywords[start..], location)?;
            if have_dict {
                self.op_arg(Opcode::DictMerge, 1, location);
            }
        }
        Ok(())
    }

    /// Pushes a dict of keyword arguments without `**`.
    fn keyword_map(&mut self, keywords: &'a [Keyword], location: Position) -> Result {
        let count = keywords.len();
        let big = count * 2 > STACK_USE_GUIDELINE;
        if count > 1 && !big {
            for keyword in keywords {
                self.expression(&keyword.value)?;
            }
            let names = self.keyword_names(keywords);
            self.load_const(names, location);
            self.op_arg(Opcode::BuildConstKeyMap, count as u32, location);
            return Ok(());
        }
        if big {
            self.op_arg(Opcode::BuildMap, 0, Position::NONE);
        }
        for keyword in keywords {
            let name = self.intern(keyword.arg.as_deref().unwrap_or_default());
            self.load_const(self.name_constant(name), location);
            self.expression(&keyword.value)?;
            if big {
                self.op_arg(Opcode::MapAdd, 1, Position::NONE);
            }
        }
        if !big {
            self.op_arg(Opcode::BuildMap, count as u32, location);
        }
        Ok(())
    }

    /// The call in `super().attr` or `super(type, object).attr`, if no binding of `super` is in sight and what it
    /// needs is there.
    #[inline]
    pub(super) fn optimizable_super_call(
        &mut self,
        node: &'a ast::ExprAttribute,
    ) -> Result<Option<&'a ast::ExprCall>> {
        match &*node.value {
            Expr::Call(call) => self.optimizable_call(node, call),
            _ => Ok(None),
        }
    }

    #[inline(never)]
    fn optimizable_call(
        &mut self,
        node: &'a ast::ExprAttribute,
        call: &'a ast::ExprCall,
    ) -> Result<Option<&'a ast::ExprCall>> {
        let Expr::Name(name) = &*call.func else { return Ok(None) };
        if self.name_id(name) != NameId::SUPER
            || self.attr_id(node) == NameId::CLASS
            || !call.keywords.is_empty()
        {
            return Ok(None);
        }
        if self.scope().scope_of(NameId::SUPER) != NameScope::GlobalImplicit
            || self.table.scope(ScopeId::MODULE).scope_of(NameId::SUPER) != NameScope::Unknown
        {
            return Ok(None);
        }
        let possible = match call.args.len() {
            2 => !call.args.iter().any(|arg| matches!(arg, Expr::Starred(_))),
            0 => self.unit.code.argcount > 0 && self.reference_scope(NameId::CLASS)? == NameScope::Free,
            _ => false,
        };
        Ok(possible.then_some(call))
    }

    /// Pushes an attribute of what a call of `super` gives, or a method and its object, without that call.
    pub(super) fn super_attribute(
        &mut self,
        call: &'a ast::ExprCall,
        attr: NameId,
        is_method: bool,
        location: Position,
    ) -> Result {
        self.load_super_arguments(call)?;
        let mangled = self.mangle(attr);
        let index = self.unit.code.names.insert(mangled);
        let has_arguments = !call.args.is_empty();
        let oparg = index << 2 | u32::from(has_arguments) << 1 | u32::from(is_method);
        self.op_arg(Opcode::LoadSuperAttr, oparg, location);
        Ok(())
    }

    /// Pushes `super`, the class and the object.
    fn load_super_arguments(&mut self, call: &'a ast::ExprCall) -> Result {
        let location = self.loc(call);
        self.load_name(NameId::SUPER, self.loc(&*call.func))?;
        if let [class, object] = &call.args[..] {
            self.expression(class)?;
            return self.expression(object);
        }
        self.load_name(NameId::CLASS, location)?;
        match self.unit.code.varnames.ids().first() {
            Some(first) => self.load_name(*first, location),
            None => Err(crate::system_error("super() without a first argument")),
        }
    }
}

/// Whether there is neither `*` nor `**`.
fn are_plain(args: &[Expr], keywords: &[Keyword]) -> bool {
    !args.iter().any(|arg| matches!(arg, Expr::Starred(_)))
        && keywords.iter().all(|keyword| keyword.arg.is_some())
}

/// The first keyword that occurs again, and where it first does.
fn repeated_keyword(keywords: &[Keyword]) -> Option<(usize, usize)> {
    // Most calls have a few keywords, which are compared sooner than put into a table.
    const FEW: usize = 16;
    let name = |index: usize| keywords[index].arg.as_ref();
    if keywords.len() <= FEW {
        let mut pairs = (0..keywords.len())
            .flat_map(|first| (first + 1..keywords.len()).map(move |again| (first, again)));
        return pairs.find(|(first, again)| name(*first).is_some() && name(*first) == name(*again));
    }
    let mut seen = FxHashMap::default();
    let mut found: Option<(usize, usize)> = None;
    for again in 0..keywords.len() {
        let Some(name) = name(again) else { continue };
        let first = *seen.entry(name.as_str()).or_insert(again);
        if first != again && found.is_none_or(|(before, _)| first < before) {
            found = Some((first, again));
        }
    }
    found
}
