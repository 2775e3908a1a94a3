//! Jump distances.

use crate::flowgraph::Graph;

/// Writes into each jump's oparg the distance in code units from the end of the jump, caches included.
///
/// A distance beyond 255 needs prefixes, which lengthens other distances, so this repeats until no size changes.
/// Where more than one solution is consistent, the sizes at the start decide; those follow from label numbers.
pub(super) fn resolve(graph: &mut Graph) {
    loop {
        let mut total = 0;
        graph.for_each_block(|graph, id| {
            graph.block_mut(id).offset = total;
            total += graph.instrs(id).iter().map(|instr| instr.size()).sum::<u32>();
        });
        let mut changed = false;
        graph.for_each_block(|graph, id| {
            // Jumps end blocks, so the others' sizes are of no interest here but for the sum.
            let Some(last) = graph.last(id) else { return };
            let Some(target) = last.target.filter(|_| last.is_jump()) else { return };
            let end = graph.block(id).offset + graph.instrs(id).iter().map(|instr| instr.size()).sum::<u32>();
            let distance = graph.block(target).offset.abs_diff(end);
            if let Some(last) = graph.last_mut(id) {
                let size = last.size();
                last.oparg = distance;
                changed |= last.size() != size;
            }
        });
        if !changed {
            return;
        }
    }
}
