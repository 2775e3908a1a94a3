//! The control-flow graph of a code unit and the passes over it.

use crate::error::{CompileError, ErrorKind};
use crate::unit::{CodeUnit, ConstantCache};

/// What assembly needs of a code unit.
pub(crate) struct OptimizedUnit {}

/// Runs all passes.
pub(crate) fn optimize(_unit: CodeUnit, _cache: &mut ConstantCache) -> Result<OptimizedUnit, CompileError> {
    Err(CompileError::without_location(ErrorKind::System, "the control-flow graph is not written yet"))
}
