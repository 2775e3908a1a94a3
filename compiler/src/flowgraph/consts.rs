//! Dropping constants that no instruction loads any more.

use super::graph::Graph;
use pvm_pycfile::Constant;

/// Removes unused constants and renumbers the others. The first one stays, as it may be the docstring. Code generation
/// puts all others into the table for an instruction that loads them.
pub(super) fn remove_unused(graph: &mut Graph, mut consts: Vec<Constant>) -> Vec<Constant> {
    if consts.is_empty() || !graph.dropped_consts {
        return consts;
    }
    if consts.len() <= 64 {
        // Nearly always all constants are in use, which takes no memory to find out.
        let mut used = 1_u64;
        for id in graph.order() {
            for instr in graph.instrs(id) {
                if instr.has_const() {
                    used |= 1_u64.checked_shl(instr.oparg).unwrap_or(0);
                }
            }
        }
        if used.count_ones() as usize >= consts.len() {
            return consts;
        }
    }
    let mut used = vec![false; consts.len()];
    used[0] = true;
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
