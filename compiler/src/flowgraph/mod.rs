//! The control-flow graph of a code unit and the passes over it.
//!
//! In: the flat instruction sequence of a [`CodeUnit`]. Out: basic blocks in their final order, with jumps as
//! links between blocks, every instruction knowing its exception handler, and only the constants in use.
//! Since the result has to be CPython's byte for byte, the passes and their order are those of CPython 3.12's
//! `Python/flowgraph.c`:
//!
//! 1. `graph`: split the sequence into blocks.
//! 2. `exceptions`: find the handler of each instruction.
//! 3. `cleanup`, `peephole`, `swaps`: copy small exits, fold, thread jumps, drop what is empty or unreachable.
//! 4. `consts`: drop unused constants.
//! 5. `locals`: check loads of locals that may be unbound.
//! 6. `layout`: move cold blocks to the end.
//! 7. `lines`: give every instruction that needs one a line number.

mod cleanup;
mod consts;
mod depth;
mod exceptions;
mod graph;
mod layout;
mod lines;
mod locals;
mod peephole;
mod swaps;

pub(crate) use graph::{BlockId, CACHE_UNITS, Graph, Instr};

use crate::error::CompileError;
use crate::unit::{CodeUnit, ConstantCache, ConstantTable};
use pvm_pycfile::Constant;

/// What assembly needs of a code unit.
pub(crate) struct OptimizedUnit {
    /// The unit's names and counts; its instructions and constants have moved to the other fields.
    pub unit: CodeUnit,
    /// The instructions.
    pub graph: Graph,
    /// The constants that the instructions use.
    pub consts: Vec<Constant>,
}

/// Runs all passes.
pub(crate) fn optimize(mut unit: CodeUnit, cache: &mut ConstantCache) -> Result<OptimizedUnit, CompileError> {
    let sequence = std::mem::take(&mut unit.instructions);
    let mut consts = std::mem::take(&mut unit.consts);
    let mut graph = Graph::from_sequence(sequence)?;
    if graph.has_handlers {
        exceptions::assign_handlers(&mut graph)?;
    }
    optimize_blocks(&mut graph, &mut consts);
    let consts = consts::remove_unused(&mut graph, consts.into_items());
    let consts = consts.into_iter().map(|constant| cache.merge(constant)).collect();
    locals::check_loads(&mut graph, unit.varnames.len(), unit.nparams as usize);
    layout::push_cold_blocks_to_end(&mut graph);
    lines::resolve(&mut graph, unit.firstlineno);
    Ok(OptimizedUnit { unit, graph, consts })
}

/// CPython's `optimize_cfg`: everything that makes the code shorter.
fn optimize_blocks(graph: &mut Graph, consts: &mut ConstantTable) {
    cleanup::eliminate_empty_blocks(graph);
    cleanup::inline_small_exits(graph);
    peephole::optimize(graph, consts);
    cleanup::remove_nops_and_pairs(graph);
    cleanup::inline_small_exits(graph);
    cleanup::remove_unreachable(graph);
    cleanup::remove_nops(graph);
    cleanup::eliminate_empty_blocks(graph);
    cleanup::remove_redundant_jumps(graph);
}
