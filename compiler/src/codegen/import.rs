//! `import` and `from … import`.

use super::{Generator, intrinsic_1};
use crate::Result;
use crate::names::NameId;
use crate::position::Position;
use pvm_pycfile::{Constant, Opcode};
use rustpython_ast as ast;

impl Generator<'_> {
    pub(super) fn import(&mut self, node: &ast::StmtImport) -> Result {
        let location = self.loc(node);
        for alias in &node.names {
            self.load_const(Constant::Int(0), location);
            self.load_none(location);
            let name = self.intern(&alias.name);
            self.name_op(Opcode::ImportName, name, location);
            match &alias.asname {
                Some(asname) => self.import_as(&alias.name, asname, location)?,
                None => {
                    let package = alias.name.split('.').next().unwrap_or_default();
                    let package = self.intern(package);
                    self.store_name(package, location)?;
                }
            }
        }
        Ok(())
    }

    /// Binds what `import a.b.c as d` means: IMPORT_NAME has pushed `a`.
    fn import_as(&mut self, name: &str, asname: &str, location: Position) -> Result {
        let asname = self.intern(asname);
        let mut attributes = name.split('.').skip(1).peekable();
        if attributes.peek().is_none() {
            return self.store_name(asname, location);
        }
        while let Some(attribute) = attributes.next() {
            let attribute = self.intern(attribute);
            // Not mangled, unlike the names of `from` imports.
            let index = self.unit.code.names.insert(attribute);
            self.op_arg(Opcode::ImportFrom, index, location);
            if attributes.peek().is_some() {
                self.op_arg(Opcode::Swap, 2, location);
                self.op(Opcode::PopTop, location);
            }
        }
        self.store_name(asname, location)?;
        self.op(Opcode::PopTop, location);
        Ok(())
    }

    pub(super) fn import_from(&mut self, node: &ast::StmtImportFrom) -> Result {
        let location = self.loc(node);
        let level = node.level.map_or(0, |level| level.to_u32());
        self.load_const(Constant::Int(level.into()), location);
        let names = node.names.iter().map(|alias| {
            let name = self.table.names.intern(&alias.name);
            Constant::Str(self.table.names.text(name).clone())
        });
        let names = Constant::Tuple(names.collect());
        if node.module.as_deref() == Some("__future__") && is_after(location, self.future_location) {
            let message = "from __future__ imports must occur at the beginning of the file";
            return self.error(message, location);
        }
        self.load_const(names, location);
        let module = match &node.module {
            Some(module) => self.intern(module),
            None => NameId::EMPTY,
        };
        self.name_op(Opcode::ImportName, module, location);
        for (index, alias) in node.names.iter().enumerate() {
            if index == 0 && alias.name.starts_with('*') {
                self.op_arg(Opcode::CallIntrinsic1, intrinsic_1::IMPORT_STAR, location);
                self.op(Opcode::PopTop, Position::NONE);
                return Ok(());
            }
            let name = self.intern(&alias.name);
            self.name_op(Opcode::ImportFrom, name, location);
            let bound = match &alias.asname {
                Some(asname) => self.intern(asname),
                None => name,
            };
            self.store_name(bound, location)?;
        }
        // The module.
        self.op(Opcode::PopTop, location);
        Ok(())
    }
}

/// Whether one piece of source starts after another ends.
fn is_after(later: Position, earlier: Position) -> bool {
    later.lineno() > earlier.end_lineno()
        || later.lineno() == earlier.end_lineno() && later.column() > earlier.end_column()
}
