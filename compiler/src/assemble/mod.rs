//! Optimised instructions to a code object.
//!
//! As CPython 3.12's `Python/assemble.c` and the end of `Python/compile.c`: lay out the fast locals, add the
//! instructions that set up cells and generators, fix the jump distances, then write the bytes and the tables.

mod exceptions;
mod jumps;
mod lines;
mod localsplus;

use crate::error::CompileError;
use crate::flowgraph::Graph;
use crate::names::Names;
use crate::unit::CodeUnit;
use pvm_pycfile::{CodeObject, Constant, Opcode, Text};
use std::sync::Arc;

/// Memory that the assembly of each block reuses.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    linetable: Vec<u8>,
    exceptiontable: Vec<u8>,
}

/// Writes the code object.
#[inline(never)]
pub(crate) fn assemble(
    unit: &mut CodeUnit,
    graph: &mut Graph,
    consts: Vec<Constant>,
    scratch: &mut Scratch,
    names: &Names,
    filename: &Text,
) -> Result<Arc<CodeObject>, CompileError> {
    let (localsplusnames, localspluskinds) = localsplus::lay_out(unit, graph, names);
    let stacksize = graph.measure_stack(unit.flags)?;
    graph.convert_pseudo_instructions();
    let units = jumps::resolve(graph);
    let lines = lines::Writer::new(&mut scratch.linetable, unit.firstlineno);
    let handlers = exceptions::Writer::new(&mut scratch.exceptiontable);
    let mut code: Arc<[u8]> = std::iter::repeat_n(0, 2 * units as usize).collect();
    let (in_units, _) = Arc::get_mut(&mut code).unwrap_or_default().as_chunks_mut::<2>();
    let code_units = if graph.has_handlers { code_units::<true> } else { code_units::<false> };
    let (linetable, exceptiontable) = code_units(graph, in_units, lines, handlers);
    let (linetable, exceptiontable) = (linetable.into(), exceptiontable.into());
    let name = names.text(unit.name);
    Ok(Arc::new(CodeObject {
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        stacksize,
        flags: unit.flags,
        code,
        consts,
        names: names.list(unit.names.numbers()),
        localsplusnames,
        localspluskinds,
        filename: filename.clone(),
        name: name.clone(),
        qualname: unit.qualname.take().unwrap_or_else(|| name.clone()),
        firstlineno: unit.firstlineno,
        linetable,
        exceptiontable,
    }))
}

/// Writes the bytecode over zeros, and returns the tables of lines and of exceptions. `EXTENDED_ARG` prefixes come first, from
/// the highest byte; caches are zeros.
#[inline(never)]
fn code_units<'a, const HAS_HANDLERS: bool>(
    graph: &Graph,
    code: &mut [[u8; 2]],
    mut lines: lines::Writer<'a>,
    mut handlers: exceptions::Writer<'a>,
) -> (&'a [u8], &'a [u8]) {
    let mut at = 0;
    for id in graph.order() {
        for instr in graph.instrs(id) {
            lines.reach(instr.location, at);
            if HAS_HANDLERS {
                handlers.reach(graph, instr.handler, at);
            }
            if instr.oparg > 0xff {
                at += extend(&mut code[at..], instr.oparg);
            }
            if let Some(unit) = code.get_mut(at) {
                *unit = [instr.opcode as u8, instr.oparg as u8];
            }
            at += 1 + instr.cache_units();
        }
    }
    (lines.finish(at), handlers.finish(at))
}

/// Writes the prefixes for an oparg that does not fit one byte, and returns how many there are.
#[cold]
fn extend(units: &mut [[u8; 2]], oparg: u32) -> usize {
    let [highest, high, low, _] = oparg.to_be_bytes();
    let prefixes = [highest, high, low].into_iter().skip_while(|byte| *byte == 0);
    let mut count = 0;
    for (unit, byte) in units.iter_mut().zip(prefixes) {
        *unit = [Opcode::ExtendedArg as u8, byte];
        count += 1;
    }
    count
}
