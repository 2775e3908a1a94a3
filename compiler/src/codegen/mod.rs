//! Code generation.
use crate::fold::Constants;
use crate::future::Future;
use crate::lines::Lines;
use crate::symtable::SymbolTable;
use crate::{Compiled, Options, Result, system_error};
use rustpython_ast::Mod;

pub(crate) fn compile(
    module: &Mod,
    constants: &Constants<'_>,
    lines: &Lines<'_>,
    future: Future,
    options: &Options,
) -> Result<Compiled> {
    let _ = (constants, options);
    SymbolTable::new(module, lines, future.features != 0)?;
    Err(system_error("code generation is not there yet"))
}
