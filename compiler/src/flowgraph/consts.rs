//! Dropping constants that no instruction loads any more.

use super::graph::{Graph, Instr};
use pvm_pycfile::Constant;

/// The bit of [`Graph::dropped_consts`] that stands for a constant.
pub(super) fn bit(oparg: u32) -> u64 {
    1 << oparg.min(LAST_BIT)
}

const LAST_BIT: u32 = u64::BITS - 1;

/// The bit of the constant that an instruction uses, if it uses one and that has a bit of its own. Which instructions do cannot
/// be predicted, so that is no branch.
#[inline]
fn bit_in_use(instr: &Instr) -> u64 {
    u64::from(instr.has_const()) << instr.oparg.min(LAST_BIT) & !(1 << LAST_BIT)
}

/// Removes unused constants and renumbers the others. The first one stays, as it may be the docstring. Code generation
/// puts all others into the table for an instruction that loads them.
#[inline(never)]
pub(super) fn remove_unused(graph: &mut Graph, mut consts: Vec<Constant>) -> Vec<Constant> {
    let mut missing = graph.dropped_consts & !bit(0);
    if missing == 0 {
        return consts;
    }
    // Blocks that are no longer linked are empty.
    for block in &graph.blocks {
        missing &= !graph.code[block.range()].iter().map(bit_in_use).fold(0, |all, bit| all | bit);
        if missing == 0 {
            return consts;
        }
    }
    // Nearly always it is one: `None`, which comparisons with it need no more.
    if !missing.is_power_of_two() || missing == bit(LAST_BIT) {
        return remove_all_unused(graph, consts);
    }
    let unused = missing.trailing_zeros();
    consts.remove(unused as usize);
    for instr in &mut graph.code {
        instr.oparg -= u32::from(instr.has_const() & (instr.oparg > unused));
    }
    consts
}

/// The same when there are many, or many constants.
#[cold]
fn remove_all_unused(graph: &mut Graph, mut consts: Vec<Constant>) -> Vec<Constant> {
    let mut used = vec![false; consts.len()];
    if let Some(first) = used.first_mut() {
        *first = true;
    }
    for id in graph.order() {
        for instr in graph.instrs(id).iter().filter(|instr| instr.has_const()) {
            if let Some(used) = used.get_mut(instr.oparg as usize) {
                *used = true;
            }
        }
    }
    if used.iter().all(|used| *used) {
        return consts;
    }
    let mut count = 0;
    let new_index: Vec<u32> = used
        .iter()
        .map(|used| {
            count += u32::from(*used);
            count.saturating_sub(1)
        })
        .collect();
    let mut keep = used.iter();
    consts.retain(|_| keep.next().copied().unwrap_or(false));
    graph.for_each_block(|graph, id| {
        for instr in graph.instrs_mut(id).iter_mut().filter(|instr| instr.has_const()) {
            if let Some(index) = new_index.get(instr.oparg as usize) {
                instr.oparg = *index;
            }
        }
    });
    consts
}
