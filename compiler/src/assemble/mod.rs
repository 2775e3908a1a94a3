//! Optimised instructions to a code object.

use crate::error::{CompileError, ErrorKind};
use crate::flowgraph::OptimizedUnit;
use crate::unit::ConstantCache;
use pvm_pycfile::{CodeObject, Text};

/// Writes the code object.
pub(crate) fn assemble(
    _unit: OptimizedUnit,
    _cache: &mut ConstantCache,
    _filename: &Text,
) -> Result<CodeObject, CompileError> {
    Err(CompileError::without_location(ErrorKind::System, "the assembler is not written yet"))
}
