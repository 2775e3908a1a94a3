//! Optimised instructions to a code object.
//!
//! As CPython 3.12's `Python/assemble.c` and the end of `Python/compile.c`: lay out the fast locals, add the
//! instructions that set up cells and generators, fix the jump distances, then write the bytes and the tables.

mod exceptions;
mod jumps;
mod lines;
mod localsplus;

use crate::error::CompileError;
use crate::flowgraph::{Graph, Instr};
use crate::names::Names;
use crate::unit::CodeUnit;
use pvm_pycfile::{CodeObject, Constant, Location, Opcode, Text};

/// Memory that the assembly of each block reuses.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    code: Vec<u8>,
    linetable: Vec<u8>,
    exceptiontable: Vec<u8>,
}

/// Writes the code object.
#[inline(never)]
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
    let units = jumps::resolve(graph);
    let mut lines = lines::Writer::new(&mut scratch.linetable, unit.firstlineno);
    code_units(graph, units, &mut scratch.code, &mut lines);
    let linetable = lines.finish().into();
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
        linetable,
        exceptiontable: scratch.exceptiontable.as_slice().into(),
    })
}

/// The bytecode, which takes so many code units, and the lines. `EXTENDED_ARG` prefixes come first, from the highest
/// byte; caches are zeros.
#[inline(never)]
fn code_units(graph: &Graph, units: u32, code: &mut Vec<u8>, lines: &mut lines::Writer<'_>) {
    code.clear();
    code.resize(units as usize * 2, 0);
    let mut at = 0;
    // The location of the instructions whose lines are not written yet, and their size.
    let (mut location, mut pending) = (Location::NONE, 0);
    for id in graph.order() {
        for instr in graph.instrs(id) {
            let size = instr.size();
            if !is_same(instr.location, location) {
                lines.write(location, pending);
                (location, pending) = (instr.location, 0);
            }
            pending += size;
            let end = at + size as usize * 2;
            if instr.oparg > 0xff {
                extended(&mut code[at..end], instr);
            } else if let Some(unit) = code.get_mut(at..at + 2) {
                unit.copy_from_slice(&[instr.opcode as u8, instr.oparg as u8]);
            }
            at = end;
        }
    }
    lines.write(location, pending);
}

/// Equality without a branch for each field: it holds as often as not.
#[inline]
fn is_same(a: Location, b: Location) -> bool {
    (a.lineno ^ b.lineno)
        | (a.end_lineno ^ b.end_lineno)
        | (a.col_offset ^ b.col_offset)
        | (a.end_col_offset ^ b.end_col_offset)
        == 0
}

/// An instruction whose oparg does not fit one byte.
#[cold]
fn extended(units: &mut [u8], instr: &Instr) {
    let [highest, high, low, lowest] = instr.oparg.to_be_bytes();
    let prefixes = [highest, high, low].into_iter().skip_while(|byte| *byte == 0);
    let bytes = prefixes.flat_map(|byte| [Opcode::ExtendedArg as u8, byte]);
    for (unit, byte) in units.iter_mut().zip(bytes.chain([instr.opcode as u8, lowest])) {
        *unit = byte;
    }
}
