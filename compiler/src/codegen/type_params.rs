//! Type parameters and `type` statements (PEP 695): scopes of their own, evaluated when asked for.

use super::scope::UnitKind;
use super::{Generator, intrinsic_1, intrinsic_2};
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::BlockKey;
use crate::{Result, system_error};
use pvm_pycfile::{Constant, Opcode};
use rustpython_ast::{self as ast, Expr, TypeParam};

impl<'a> Generator<'a> {
    /// Starts the scope in which the type parameters of a function, class or alias live.
    pub(super) fn enter_type_params(&mut self, owner: NameId, key: BlockKey, lineno: i32) -> Result {
        let name = format!("<generic parameters of {}>", self.table.names.str(owner));
        let name = self.intern(&name);
        let scope = self.block(key)?;
        self.enter_scope(name, UnitKind::TypeParams, scope, lineno)
    }

    /// Makes and binds each type parameter, and pushes the tuple of them.
    pub(super) fn type_params(&mut self, params: &'a [TypeParam]) -> Result {
        for param in params {
            let location = self.loc(param);
            let name = match param {
                TypeParam::TypeVar(var) => &var.name,
                TypeParam::ParamSpec(var) => &var.name,
                TypeParam::TypeVarTuple(var) => &var.name,
            };
            let name = self.intern(name);
            self.load_const(self.name_constant(name), location);
            match param {
                TypeParam::TypeVar(var) => match &var.bound {
                    Some(bound) => self.bounded_type_var(var, name, bound, location)?,
                    None => self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::TYPEVAR, location),
                },
                TypeParam::ParamSpec(_) => {
                    self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::PARAMSPEC, location);
                }
                TypeParam::TypeVarTuple(_) => {
                    self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::TYPEVARTUPLE, location);
                }
            }
            self.op_arg(Opcode::Copy, 1, location);
            self.store_name(name, location)?;
        }
        if let Some(first) = params.first() {
            self.op_arg(Opcode::BuildTuple, params.len() as u32, self.loc(first));
        }
        Ok(())
    }

    fn bounded_type_var(
        &mut self,
        var: &'a ast::TypeParamTypeVar,
        name: NameId,
        bound: &'a Expr,
        location: Position,
    ) -> Result {
        let scope = self.block(BlockKey::node(var))?;
        self.enter_scope(name, UnitKind::TypeParams, scope, self.lines.line(bound))?;
        self.expression(bound)?;
        self.op(Opcode::ReturnValue, location);
        let finished = self.finish_scope(true)?;
        self.make_closure(finished, 0, location)?;
        let intrinsic = match bound {
            Expr::Tuple(_) => intrinsic_2::TYPEVAR_WITH_CONSTRAINTS,
            _ => intrinsic_2::TYPEVAR_WITH_BOUND,
        };
        self.op_arg(Opcode::CallIntrinsic2, intrinsic, location);
        Ok(())
    }

    pub(super) fn type_alias(&mut self, alias: &'a ast::StmtTypeAlias) -> Result {
        let location = self.loc(alias);
        let Expr::Name(target) = &*alias.name else {
            return Err(system_error("the target of a type alias must be a name"));
        };
        let name = self.name_id(target);
        let generic = !alias.type_params.is_empty();
        if generic {
            self.op(Opcode::PushNull, location);
            self.enter_type_params(name, BlockKey::type_params(alias), location.lineno())?;
            self.load_const(self.name_constant(name), location);
            self.type_params(&alias.type_params)?;
        } else {
            self.load_const(self.name_constant(name), location);
            self.load_none(location);
        }
        self.type_alias_value(alias, name, location)?;
        if generic {
            let finished = self.finish_scope(false)?;
            self.make_closure(finished, 0, location)?;
            self.op_arg(Opcode::Call, 0, location);
        }
        self.store_name(name, location)
    }

    /// The function that evaluates the alias, and the alias made of its name, type parameters and this.
    fn type_alias_value(
        &mut self,
        alias: &'a ast::StmtTypeAlias,
        name: NameId,
        location: Position,
    ) -> Result {
        let scope = self.block(BlockKey::node(alias))?;
        self.enter_scope(name, UnitKind::Function, scope, location.lineno())?;
        // It has no docstring.
        self.unit.code.consts.insert(Constant::None);
        self.expression(&alias.value)?;
        self.op(Opcode::ReturnValue, location);
        let finished = self.finish_scope(false)?;
        self.make_closure(finished, 0, location)?;
        self.op_arg(Opcode::BuildTuple, 3, location);
        self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::TYPEALIAS, location);
        Ok(())
    }
}
