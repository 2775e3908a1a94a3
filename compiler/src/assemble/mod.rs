//! Optimised instructions to a code object.
//!
//! As CPython 3.12's `Python/assemble.c` and the end of `Python/compile.c`: lay out the fast locals, add the
//! instructions that set up cells and generators, fix the jump distances, then write the bytes and the tables.

mod exceptions;
mod jumps;
mod lines;
mod localsplus;

use crate::error::CompileError;
use crate::flowgraph::{CACHE_UNITS, Graph};
use crate::names::Names;
use crate::unit::CodeUnit;
use pvm_pycfile::{CodeObject, Constant, Opcode, Text};

/// Memory that the assembly of each block reuses.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    code: Vec<u8>,
    linetable: Vec<u8>,
    exceptiontable: Vec<u8>,
}

/// Writes the code object.
pub(crate) fn assemble(
    unit: CodeUnit,
    graph: &mut Graph,
    consts: Vec<Constant>,
    scratch: &mut Scratch,
    names: &Names,
    filename: &Text,
) -> Result<CodeObject, CompileError> {
    let (localsplusnames, localspluskinds) = localsplus::lay_out(&unit, graph, names);
    let stacksize = graph.measure_stack(unit.flags)?;
    graph.convert_pseudo_instructions();
    graph.normalize_jumps();
    let units = jumps::resolve(graph);
    code_units(graph, units, &mut scratch.code);
    lines::table(graph, unit.firstlineno, &mut scratch.linetable);
    exceptions::table(graph, &mut scratch.exceptiontable);
    Ok(CodeObject {
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize,
        flags: unit.flags,
        code: scratch.code.as_slice().into(),
        consts,
        names: unit.names.ids().iter().map(|name| names.text(*name).clone()).collect(),
        localsplusnames,
        localspluskinds,
        filename: filename.clone(),
        name: unit.name,
        qualname: unit.qualname,
        firstlineno: unit.firstlineno,
        linetable: scratch.linetable.as_slice().into(),
        exceptiontable: scratch.exceptiontable.as_slice().into(),
    })
}

/// The bytecode, which takes so many code units. `EXTENDED_ARG` prefixes come first, from the highest byte; caches are zeros.
fn code_units(graph: &Graph, units: u32, code: &mut Vec<u8>) {
    code.clear();
    code.resize(units as usize * 2, 0);
    let mut rest = code.as_mut_slice();
    let mut put = |opcode: Opcode, oparg: u8, caches: u8| {
        let taken = std::mem::take(&mut rest).split_at_mut_checked(2 + 2 * usize::from(caches));
        if let Some((unit, after)) = taken {
            unit[0] = opcode as u8;
            unit[1] = oparg;
            rest = after;
        }
    };
    for id in graph.order() {
        for instr in graph.instrs(id) {
            let [highest, high, low, lowest] = instr.oparg.to_be_bytes();
            if instr.oparg > 0xff {
                let prefixes = [highest, high, low].into_iter().skip_while(|byte| *byte == 0);
                prefixes.for_each(|byte| put(Opcode::ExtendedArg, byte, 0));
            }
            put(instr.opcode, lowest, CACHE_UNITS[instr.opcode as usize % CACHE_UNITS.len()]);
        }
    }
}
