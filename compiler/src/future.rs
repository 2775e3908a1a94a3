//! `from __future__ import …` statements: which features they turn on, and where they may stand.

use crate::error::{CompileError, Result};
use crate::lines::Lines;
use pvm_pycfile::Location;
use pvm_pycfile::code::code_flags;
use rustpython_ast::{self as ast, Constant, Expr, Mod, Stmt};

/// What a module's future statements say.
#[derive(Clone, Copy, Debug)]
pub struct Future {
    /// `CO_FUTURE_*` flags.
    pub features: u32,
    /// Where the last future statement stands. Any later one is misplaced.
    pub location: Location,
}

/// Collects the features of the module's future statements.
///
/// They must follow nothing but the docstring and each other. That later ones are misplaced is found when
/// they are compiled, as in CPython.
pub fn find(module: &Mod, lines: &Lines<'_>) -> Result<Future> {
    let start = Location { lineno: -1, end_lineno: -1, col_offset: -1, end_col_offset: -1 };
    let mut future = Future { features: 0, location: start };
    let body = match module {
        Mod::Module(module) => &module.body,
        Mod::Interactive(module) => &module.body,
        Mod::Expression(_) | Mod::FunctionType(_) => return Ok(future),
    };
    let mut docstring_seen = false;
    for (index, statement) in body.iter().enumerate() {
        match statement {
            Stmt::ImportFrom(import) if is_future(import) => {
                future.location = lines.of(import);
                for alias in &import.names {
                    future.features |= feature(alias.name.as_str(), future.location)?;
                }
            }
            Stmt::Expr(expression) if index == 0 && !docstring_seen && is_string(&expression.value) => {
                docstring_seen = true;
            }
            _ => break,
        }
    }
    Ok(future)
}

fn is_future(import: &ast::StmtImportFrom) -> bool {
    import.module.as_ref().is_some_and(|module| module.as_str() == "__future__")
        && import.level.is_none_or(|level| level.to_u32() == 0)
}

fn is_string(expression: &Expr) -> bool {
    matches!(expression, Expr::Constant(constant) if matches!(constant.value, Constant::Str(_)))
}

fn feature(name: &str, statement: Location) -> Result<u32> {
    let message = match name {
        "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement"
        | "print_function" | "unicode_literals" | "generator_stop" => return Ok(0),
        "barry_as_FLUFL" => return Ok(code_flags::FUTURE_BARRY_AS_BDFL),
        "annotations" => return Ok(code_flags::FUTURE_ANNOTATIONS),
        "braces" => "not a chance".to_owned(),
        _ => format!("future feature {} is not defined", name.chars().take(100).collect::<String>()),
    };
    let location = Location { end_lineno: statement.lineno, end_col_offset: -1, ..statement };
    Err(CompileError::syntax(message, location))
}
