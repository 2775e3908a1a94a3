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
//!
//! None of the passes is inlined into another function, as each needs all registers for its loops.

mod blockset;
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

pub(crate) use graph::{BlockId, Graph, Instr};

use crate::consttable::ConstantTable;
use crate::error::CompileError;
use crate::unit::CodeUnit;
use pvm_pycfile::Constant;

/// Runs all passes over the graph of a unit, and returns the constants that the instructions use.
pub(crate) fn optimize(graph: &mut Graph, unit: &mut CodeUnit) -> Result<Vec<Constant>, CompileError> {
    if graph.has_handlers {
        exceptions::assign_handlers(graph)?;
    }
    optimize_blocks(graph, &mut unit.consts);
    let consts = consts::remove_unused(graph, unit.consts.take_items());
    locals::check_loads(graph, unit.varnames.len(), unit.nparams as usize);
    layout::push_cold_blocks_to_end(graph);
    lines::resolve(graph, unit.firstlineno);
    Ok(consts)
}

/// CPython's `optimize_cfg`: everything that makes the code shorter. A graph starts without empty blocks.
fn optimize_blocks(graph: &mut Graph, consts: &mut ConstantTable) {
    if graph.is_one_block() {
        // The other passes have to do with jumps.
        peephole::optimize(graph, consts);
        return cleanup::remove_nops_and_pairs(graph);
    }
    cleanup::inline_small_generated_exits(graph);
    peephole::optimize(graph, consts);
    cleanup::remove_nops_and_pairs(graph);
    cleanup::inline_small_exits(graph);
    cleanup::remove_unreachable(graph);
    cleanup::remove_nops(graph);
    cleanup::eliminate_empty_blocks(graph);
    cleanup::remove_redundant_jumps(graph);
}
