//! Optimised instructions to a code object.
//!
//! As CPython 3.12's `Python/assemble.c` and the end of `Python/compile.c`: lay out the fast locals, add the
//! instructions that set up cells and generators, fix the jump distances, then write the bytes and the tables.

mod exceptions;
mod jumps;
mod lines;
mod localsplus;

use crate::error::CompileError;
use crate::flowgraph::{Graph, Instr, OptimizedUnit};
use crate::unit::ConstantCache;
use pvm_pycfile::{CodeObject, Constant, Opcode, Text};
use std::sync::Arc;

/// Writes the code object.
pub(crate) fn assemble(
    optimized: OptimizedUnit,
    cache: &mut ConstantCache,
    filename: &Text,
) -> Result<CodeObject, CompileError> {
    let OptimizedUnit { unit, mut graph, consts } = optimized;
    let (localsplusnames, localspluskinds) = localsplus::lay_out(&unit, &mut graph);
    let stacksize = graph.measure_stack(unit.flags)?;
    graph.convert_pseudo_instructions();
    graph.normalize_jumps();
    jumps::resolve(&mut graph);
    let mut share = |bytes: Vec<u8>| match cache.merge_shallow(Constant::Bytes(bytes.into())) {
        Constant::Bytes(bytes) => bytes,
        _ => Arc::from([]),
    };
    Ok(CodeObject {
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize,
        flags: unit.flags,
        exceptiontable: share(exceptions::table(&graph)),
        linetable: share(lines::table(&graph, unit.firstlineno)),
        code: share(code_units(&graph)),
        consts,
        names: unit.names.into_names(),
        localsplusnames,
        localspluskinds: localspluskinds.into(),
        filename: filename.clone(),
        name: unit.name,
        qualname: unit.qualname,
        firstlineno: unit.firstlineno,
    })
}

/// All instructions in the order of the code.
fn instructions(graph: &Graph) -> impl Iterator<Item = &Instr> {
    graph.order().flat_map(|id| graph.instrs(id))
}

/// The bytecode. `EXTENDED_ARG` prefixes come first, from the highest byte; caches are zeros.
fn code_units(graph: &Graph) -> Vec<u8> {
    let mut code = Vec::new();
    for instr in instructions(graph) {
        let [highest, high, low, lowest] = instr.oparg.to_be_bytes();
        let mut started = false;
        for byte in [highest, high, low] {
            started |= byte != 0;
            if started {
                code.extend([Opcode::ExtendedArg as u8, byte]);
            }
        }
        code.extend([instr.opcode as u8, lowest]);
        code.resize(code.len() + 2 * instr.opcode.cache_units(), 0);
    }
    code
}
