//! `def`, `async def` and `lambda`.

use super::scope::{Finished, UnitKind};
use super::{Generator, function_flags, intrinsic_1, intrinsic_2, line_start};
use crate::Result;
use crate::future;
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::{BlockKey, Scope, ScopeId, symbol_flags};
use pvm_pycfile::{Constant, Opcode};
use rustpython_ast::{
    self as ast, Arg, ArgWithDefault, Arguments, Expr, ExprContext, Ranged, Stmt, TypeParam,
    text_size::TextRange,
};

/// What `def` and `async def` have in common.
pub(super) struct Function<'a> {
    range: TextRange,
    key: BlockKey,
    type_params_key: BlockKey,
    kind: UnitKind,
    args: &'a Arguments,
    body: &'a [Stmt],
    decorators: &'a [Expr],
    returns: Option<&'a Expr>,
    type_params: &'a [TypeParam],
}

impl Ranged for Function<'_> {
    fn range(&self) -> TextRange {
        self.range
    }
}

impl<'a> From<&'a ast::StmtFunctionDef> for Function<'a> {
    fn from(def: &'a ast::StmtFunctionDef) -> Self {
        Function {
            range: def.range,
            key: BlockKey::node(def),
            type_params_key: BlockKey::type_params(def),
            kind: UnitKind::Function,
            args: &def.args,
            body: &def.body,
            decorators: &def.decorator_list,
            returns: def.returns.as_deref(),
            type_params: &def.type_params,
        }
    }
}

impl<'a> From<&'a ast::StmtAsyncFunctionDef> for Function<'a> {
    fn from(def: &'a ast::StmtAsyncFunctionDef) -> Self {
        Function {
            range: def.range,
            key: BlockKey::node(def),
            type_params_key: BlockKey::type_params(def),
            kind: UnitKind::AsyncFunction,
            args: &def.args,
            body: &def.body,
            decorators: &def.decorator_list,
            returns: def.returns.as_deref(),
            type_params: &def.type_params,
        }
    }
}

impl<'a> Generator<'a> {
    pub(super) fn function(&mut self, def: &Function<'a>) -> Result {
        let scope = self.block(def.key)?;
        self.check_parameters(scope, def.args)?;
        self.expressions(def.decorators)?;
        // The symbol table knows the name and the location already.
        let &Scope { name, location, .. } = self.table.scope(scope);
        let location = Position::from(location);
        let firstlineno = self.first_line(def, def.decorators);
        let generic = !def.type_params.is_empty();
        if generic {
            // For the call of the function that makes the type parameters.
            self.op(Opcode::PushNull, location);
        }
        let mut flags = self.default_arguments(def.args, location)?;
        let default_tuples =
            (flags & function_flags::DEFAULTS != 0) as u32 + (flags & function_flags::KWDEFAULTS != 0) as u32;
        if generic {
            if default_tuples == 2 {
                self.op_arg(Opcode::Swap, 2, location);
            }
            self.enter_type_params(name, def.type_params_key, firstlineno)?;
            self.type_params(def.type_params)?;
            // Defaults are evaluated outside and passed in.
            for index in 0..default_tuples {
                self.op_arg(Opcode::LoadFast, index, location);
            }
        }
        if self.annotations(def.args, def.returns, location)? {
            flags |= function_flags::ANNOTATIONS;
        }
        self.enter_scope(name, def.kind, scope, firstlineno)?;
        let finished = self.function_body(def)?;
        self.make_closure(finished, flags, location)?;
        if generic {
            self.op_arg(Opcode::Swap, 2, location);
            self.op_arg(Opcode::CallIntrinsic2, intrinsic_2::SET_FUNCTION_TYPE_PARAMS, location);
            self.unit.code.argcount = default_tuples;
            let finished = self.finish_scope(false)?;
            self.make_closure(finished, 0, location)?;
            if default_tuples > 0 {
                self.op_arg(Opcode::Swap, default_tuples + 1, location);
            }
            self.op_arg(Opcode::Call, default_tuples, location);
        }
        self.apply_decorators(def.decorators);
        self.store_name(name, location)
    }

    /// The line where a definition's code starts: that of its first decorator, if any.
    pub(super) fn first_line(&self, definition: &impl Ranged, decorators: &[Expr]) -> i32 {
        match decorators.first() {
            Some(decorator) => self.lines.line(decorator),
            None => self.lines.line(definition),
        }
    }

    pub(super) fn apply_decorators(&mut self, decorators: &[Expr]) {
        for decorator in decorators.iter().rev() {
            self.op_arg(Opcode::Call, 0, self.loc(decorator));
        }
    }

    /// Compiles the body in the scope that has been entered for it.
    fn function_body(&mut self, def: &Function<'a>) -> Result<Finished> {
        let docstring = if self.options.optimize < 2 { future::docstring(def.body) } else { None };
        // The first constant is the docstring.
        let first = match docstring {
            Some(docstring) => self.constant(&docstring.value, docstring.range),
            None => Constant::None,
        };
        self.unit.code.consts.insert(first);
        self.set_argument_counts(def.args);
        self.statements(&def.body[usize::from(docstring.is_some())..])?;
        if self.scope().coroutine || self.scope().generator {
            self.wrap_in_stopiteration_handler();
        }
        self.finish_scope(true)
    }

    fn set_argument_counts(&mut self, args: &Arguments) {
        let code = &mut self.unit.code;
        code.posonlyargcount = args.posonlyargs.len() as u32;
        code.argcount = code.posonlyargcount + args.args.len() as u32;
        code.kwonlyargcount = args.kwonlyargs.len() as u32;
    }

    /// A StopIteration that leaves a generator becomes a RuntimeError (PEP 479).
    pub(super) fn wrap_in_stopiteration_handler(&mut self) {
        let handler = self.new_label();
        self.unit.code.instructions.insert_first(Opcode::SetupCleanup, handler, Position::NONE);
        self.load_none(Position::NONE);
        self.op(Opcode::ReturnValue, Position::NONE);
        self.place(handler);
        self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::STOPITERATION_ERROR, Position::NONE);
        self.op_arg(Opcode::Reraise, 1, Position::NONE);
    }

    pub(super) fn lambda(&mut self, lambda: &'a ast::ExprLambda) -> Result {
        let scope = self.block(BlockKey::node(&*lambda.body))?;
        self.check_parameters(scope, &lambda.args)?;
        let location = self.loc(lambda);
        let flags = self.default_arguments(&lambda.args, location)?;
        self.enter_scope(NameId::LAMBDA, UnitKind::Lambda, scope, location.lineno())?;
        // A lambda has no docstring.
        self.unit.code.consts.insert(Constant::None);
        self.set_argument_counts(&lambda.args);
        self.expression(&lambda.body)?;
        let finished = if self.scope().generator {
            self.finish_scope(false)?
        } else {
            self.op(Opcode::ReturnValue, line_start(location.lineno()));
            self.finish_scope(true)?
        };
        self.make_closure(finished, flags, location)
    }

    /// Names that no parameter may have, of the function that opens a block.
    fn check_parameters(&self, scope: ScopeId, args: &Arguments) -> Result {
        if self.table.scope(scope).flags(NameId::DEBUG) & symbol_flags::DEF_PARAM == 0 {
            return Ok(());
        }
        let check = |arg: &Arg| {
            if arg.arg.as_str() == "__debug__" {
                return self.check_forbidden(NameId::DEBUG, ExprContext::Store, self.loc(arg));
            }
            Ok(())
        };
        let check_all = |args: &[ArgWithDefault]| args.iter().try_for_each(|arg| check(&arg.def));
        check_all(&args.posonlyargs)?;
        check_all(&args.args)?;
        args.vararg.iter().try_for_each(|arg| check(arg))?;
        check_all(&args.kwonlyargs)?;
        args.kwarg.iter().try_for_each(|arg| check(arg))
    }

    /// Pushes the default values; returns the flags that say which there are.
    fn default_arguments(&mut self, args: &'a Arguments, location: Position) -> Result<u32> {
        let mut flags = 0;
        let mut count = 0;
        for default in args.posonlyargs.iter().chain(&args.args).filter_map(|arg| arg.default.as_deref()) {
            self.expression(default)?;
            count += 1;
        }
        if count > 0 {
            self.op_arg(Opcode::BuildTuple, count, location);
            flags |= function_flags::DEFAULTS;
        }
        let mut keys = Vec::new();
        for arg in &args.kwonlyargs {
            if let Some(default) = &arg.default {
                let name = self.intern(&arg.def.arg);
                let mangled = self.mangle(name);
                keys.push(self.name_constant(mangled));
                self.expression(default)?;
            }
        }
        if !keys.is_empty() {
            let count = keys.len() as u32;
            self.load_const(Constant::Tuple(keys.into()), location);
            self.op_arg(Opcode::BuildConstKeyMap, count, location);
            flags |= function_flags::KWDEFAULTS;
        }
        Ok(flags)
    }

    /// Pushes a tuple of names and annotations, if there are any.
    fn annotations(
        &mut self,
        args: &'a Arguments,
        returns: Option<&'a Expr>,
        location: Position,
    ) -> Result<bool> {
        let mut count = 0;
        let positional = args.args.iter().chain(&args.posonlyargs).map(|arg| &arg.def);
        let annotated = positional
            .chain(args.vararg.as_deref())
            .chain(args.kwonlyargs.iter().map(|arg| &arg.def))
            .chain(args.kwarg.as_deref())
            .filter_map(|arg| Some((arg.arg.as_str(), arg.annotation.as_deref()?)))
            .chain(returns.map(|returns| ("return", returns)));
        for (name, annotation) in annotated {
            let name = self.intern(name);
            let mangled = self.mangle(name);
            self.load_const(self.name_constant(mangled), location);
            match annotation {
                // `*args: *Ts`
                Expr::Starred(starred) if !self.future_annotations() => {
                    self.expression(&starred.value)?;
                    self.op_arg(Opcode::UnpackSequence, 1, location);
                }
                annotation => self.annotation(annotation)?,
            }
            count += 2;
        }
        if count > 0 {
            self.op_arg(Opcode::BuildTuple, count, location);
        }
        Ok(count > 0)
    }
}
