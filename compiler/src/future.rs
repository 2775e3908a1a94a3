//! `from __future__ import …` statements: which features they turn on, and where they may stand.

use crate::lines::Lines;
use crate::{Result, syntax_error};
use pvm_pycfile::Location;
use pvm_pycfile::code::code_flags;
use rustpython_ast::{Constant, Expr, Mod, Stmt};

/// What a module's future statements say.
#[derive(Clone, Copy, Debug)]
pub struct Future {
    /// `FUTURE_*` flags.
    pub features: u32,
    /// Where the last future statement stands. Any later one is misplaced.
    pub location: Location,
}

/// Collects the features of the module's future statements.
///
/// They must follow nothing but the docstring and each other. That later ones are misplaced is found when
/// they are compiled, as in CPython.
pub(crate) fn find(module: &Mod, lines: &Lines<'_>) -> Result<Future> {
    let mut future = Future { features: 0, location: Location::NONE };
    let body = match module {
        Mod::Module(module) => &module.body,
        Mod::Interactive(module) => &module.body,
        Mod::Expression(_) | Mod::FunctionType(_) => return Ok(future),
    };
    let after_docstring = usize::from(docstring(body).is_some());
    for statement in &body[after_docstring..] {
        let Stmt::ImportFrom(import) = statement else { break };
        if import.module.as_deref() != Some("__future__") {
            break;
        }
        future.location = lines.of(import);
        for alias in &import.names {
            future.features |= feature(&alias.name, future.location)?;
        }
    }
    Ok(future)
}

/// The string that a body starts with.
pub(crate) fn docstring(body: &[Stmt]) -> Option<&rustpython_ast::ExprConstant> {
    match body.first()? {
        Stmt::Expr(statement) => match &*statement.value {
            Expr::Constant(constant) if matches!(constant.value, Constant::Str(_)) => Some(constant),
            _ => None,
        },
        _ => None,
    }
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
    Err(syntax_error(message, location))
}
