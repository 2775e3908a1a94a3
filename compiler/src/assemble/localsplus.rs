//! The order of the fast locals, and the instructions that set up cells and generators.
//!
//! Locals come first, then cells, then free variables. A cell that is also a local (an argument that an inner
//! function uses) shares its place.

use crate::flowgraph::{Graph, Instr};
use crate::names::Names;
use crate::position::Position;
use crate::unit::CodeUnit;
use pvm_pycfile::code::{code_flags, local_kind};
use pvm_pycfile::{NameList, Opcode};
use std::sync::Arc;

/// Adds the prefix, makes the opargs of `*_DEREF` instructions count fast locals, and returns the names and kinds
/// of those.
#[inline(never)]
pub(super) fn lay_out(unit: &CodeUnit, graph: &mut Graph, names: &Names) -> (NameList, Arc<[u8]>) {
    let CodeUnit { varnames, cellvars, freevars, fasthidden, .. } = unit;
    let mut numbers = varnames.numbers();
    if cellvars.is_empty() && freevars.is_empty() && fasthidden.is_empty() {
        insert_prefix(unit, graph, &[]);
        return (names.list(numbers), std::iter::repeat_n(local_kind::LOCAL, varnames.len()).collect());
    }
    let more = cellvars.len() + freevars.len();
    numbers.reserve(more);
    let mut kinds = Vec::with_capacity(numbers.len() + more);
    kinds.extend(varnames.ids().iter().map(|name| {
        let hidden = if fasthidden.contains(*name) { local_kind::HIDDEN } else { 0 };
        let cell = if cellvars.contains(*name) { local_kind::CELL } else { 0 };
        local_kind::LOCAL | hidden | cell
    }));
    // For each cell and free variable its fast local.
    let mut places = Vec::with_capacity(more);
    for name in cellvars.ids() {
        places.push(varnames.get(*name).unwrap_or(numbers.len() as u32));
        if !varnames.contains(*name) {
            numbers.push(name.number());
            kinds.push(local_kind::CELL);
        }
    }
    for name in freevars.ids() {
        places.push(numbers.len() as u32);
        numbers.push(name.number());
        kinds.push(local_kind::FREE);
    }
    insert_prefix(unit, graph, &places);
    if !places.is_empty() {
        graph.for_each_block(|graph, id| {
            for instr in graph.instrs_mut(id).iter_mut().filter(|instr| instr.uses_cell()) {
                if let Some(&place) = places.get(instr.oparg as usize) {
                    instr.oparg = place;
                }
            }
        });
    }
    (names.list(numbers), kinds.into())
}

/// `COPY_FREE_VARS`, then `MAKE_CELL` in the order of the cells' places, then what turns the call into a generator.
fn insert_prefix(unit: &CodeUnit, graph: &mut Graph, places: &[u32]) {
    let mut prefix = Vec::new();
    if !unit.freevars.is_empty() {
        let count = unit.freevars.len() as u32;
        prefix.push(Instr::new(Opcode::CopyFreeVars, count, Position::NONE));
    }
    let mut cells: Vec<u32> = (0..unit.cellvars.len() as u32).collect();
    cells.sort_by_key(|&cell| places[cell as usize]);
    prefix.extend(cells.into_iter().map(|cell| Instr::new(Opcode::MakeCell, cell, Position::NONE)));
    let resumable = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
    if unit.flags & resumable != 0 {
        let location = Position::in_line(unit.firstlineno, -1, -1);
        prefix.push(Instr::new(Opcode::ReturnGenerator, 0, location));
        prefix.push(Instr::new(Opcode::PopTop, 0, Position::NONE));
    }
    if !prefix.is_empty() {
        graph.prepend(graph.entry, &prefix);
    }
}
