//! Class definitions.

use super::scope::{Finished, UnitKind};
use super::{Generator, intrinsic_1, line_start};
use crate::names::NameId;
use crate::position::Position;
use crate::symtable::{BlockKey, Scope};
use crate::{Result, system_error};
use pvm_pycfile::{Constant, Opcode};
use rustpython_ast as ast;

impl<'a> Generator<'a> {
    pub(super) fn class(&mut self, def: &'a ast::StmtClassDef) -> Result {
        self.expressions(&def.decorator_list)?;
        let scope = self.block(BlockKey::node(def))?;
        // The symbol table knows the name and the location already.
        let &Scope { name, location, .. } = self.table.scope(scope);
        let location = Position::from(location);
        let firstlineno = self.first_line(def, &def.decorator_list);
        let generic = !def.type_params.is_empty();
        if generic {
            // CPython 3.12 never takes this back: private names after a generic class are mangled with its name.
            self.set_class(name);
            self.op(Opcode::PushNull, location);
            self.enter_type_params(name, BlockKey::type_params(def), firstlineno)?;
            self.type_params(&def.type_params)?;
            self.store_name(NameId::DOT_TYPE_PARAMS, location)?;
        }
        self.enter_scope(name, UnitKind::Class, scope, firstlineno)?;
        self.set_class(name);
        let finished = self.class_body(def, line_start(firstlineno))?;
        self.op(Opcode::PushNull, location);
        self.op(Opcode::LoadBuildClass, location);
        self.make_closure(finished, 0, location)?;
        self.load_const(self.name_constant(name), location);
        if generic {
            self.load_name(NameId::DOT_TYPE_PARAMS, location)?;
            self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::SUBSCRIPT_GENERIC, location);
            self.store_name(NameId::DOT_GENERIC_BASE, location)?;
            self.check_keywords(&def.keywords)?;
            self.call_with(2, &def.bases, Some(NameId::DOT_GENERIC_BASE), &def.keywords, location)?;
            let finished = self.finish_scope(false)?;
            self.make_closure(finished, 0, location)?;
            self.op_arg(Opcode::Call, 0, location);
        } else {
            self.check_keywords(&def.keywords)?;
            self.call_with(2, &def.bases, None, &def.keywords, location)?;
        }
        self.apply_decorators(&def.decorator_list);
        self.store_name(name, location)
    }

    /// Compiles the body, in the scope that has been entered for it, as a function that fills the class's namespace.
    fn class_body(&mut self, def: &'a ast::StmtClassDef, location: Position) -> Result<Finished> {
        self.load_name(NameId::DUNDER_NAME, location)?;
        self.store_name(NameId::DUNDER_MODULE, location)?;
        let code = &self.unit.code;
        let qualname = code.qualname.as_ref().unwrap_or_else(|| self.table.names.text(code.name));
        self.load_const(Constant::Str(qualname.clone()), location);
        self.store_name(NameId::QUALNAME, location)?;
        if !def.type_params.is_empty() {
            self.load_name(NameId::DOT_TYPE_PARAMS, location)?;
            self.store_name(NameId::TYPE_PARAMS, location)?;
        }
        if self.scope().needs_classdict {
            self.op(Opcode::LoadLocals, location);
            let index = self.unit.code.cellvars.insert(NameId::CLASSDICT);
            self.op_arg(Opcode::StoreDeref, index, location);
        }
        self.body(location, &def.body)?;
        if self.scope().needs_classdict {
            self.load_cell(NameId::CLASSDICT)?;
            self.store_name(NameId::CLASSDICTCELL, Position::NONE)?;
        }
        // The function returns the cell of `__class__`, for type.__new__ to fill, if a method needs it.
        if self.scope().needs_class_closure {
            self.load_cell(NameId::CLASS)?;
            self.op_arg(Opcode::Copy, 1, Position::NONE);
            self.store_name(NameId::CLASSCELL, Position::NONE)?;
        } else {
            self.load_none(Position::NONE);
        }
        self.op(Opcode::ReturnValue, Position::NONE);
        self.finish_scope(true)
    }

    /// From now on private names are mangled with this class's name.
    fn set_class(&mut self, name: NameId) {
        self.unit.class = Some(name);
    }

    fn load_cell(&mut self, name: NameId) -> Result {
        let Some(index) = self.unit.code.cellvars.get(name) else {
            return Err(system_error("a class lacks its implicit cell"));
        };
        self.op_arg(Opcode::LoadClosure, index, Position::NONE);
        Ok(())
    }
}
