//! Optimised instructions to a code object.
//!
//! As CPython 3.12's `Python/assemble.c` and the end of `Python/compile.c`: lay out the fast locals, add the
//! instructions that set up cells and generators, fix the jump distances, then write the bytes and the tables.

mod exceptions;
mod jumps;
mod lines;
mod localsplus;

use crate::error::CompileError;
use crate::flowgraph::{CACHE_UNITS, Graph, OptimizedUnit};
use pvm_pycfile::{CodeObject, Opcode, Text};

/// Writes the code object.
pub(crate) fn assemble(optimized: OptimizedUnit, filename: &Text) -> Result<CodeObject, CompileError> {
    let OptimizedUnit { unit, mut graph, consts } = optimized;
    let (localsplusnames, localspluskinds) = localsplus::lay_out(&unit, &mut graph);
    let stacksize = graph.measure_stack(unit.flags)?;
    graph.convert_pseudo_instructions();
    graph.normalize_jumps();
    jumps::resolve(&mut graph);
    let (mut units, mut instructions) = (0, 0);
    for id in graph.order() {
        units += graph.block(id).size as usize;
        instructions += graph.len(id);
    }
    Ok(CodeObject {
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize,
        flags: unit.flags,
        exceptiontable: exceptions::table(&graph).into(),
        linetable: lines::table(&graph, instructions, unit.firstlineno).into(),
        code: code_units(&graph, units).into(),
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

/// The bytecode, which takes so many code units. `EXTENDED_ARG` prefixes come first, from the highest byte; caches are zeros.
fn code_units(graph: &Graph, units: usize) -> Vec<u8> {
    let mut code = Vec::with_capacity(units * 2);
    for id in graph.order() {
        for instr in graph.instrs(id) {
            let [highest, high, low, lowest] = instr.oparg.to_be_bytes();
            if instr.oparg > 0xff {
                let mut started = false;
                for byte in [highest, high, low] {
                    started |= byte != 0;
                    if started {
                        code.extend([Opcode::ExtendedArg as u8, byte]);
                    }
                }
            }
            code.extend([instr.opcode as u8, lowest]);
            let caches = CACHE_UNITS[instr.opcode as usize % CACHE_UNITS.len()];
            if caches > 0 {
                code.resize(code.len() + 2 * usize::from(caches), 0);
            }
        }
    }
    code
}
