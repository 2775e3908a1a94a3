//! Jump distances.

use crate::flowgraph::Graph;

/// Writes into each jump's oparg the distance in code units from the end of the jump, caches included.
///
/// A distance beyond 255 needs prefixes, which lengthens other distances, so this repeats until no size changes.
/// Where more than one solution is consistent, the sizes at the start decide; those follow from label numbers.
///
/// Returns the size of the whole code in code units.
pub(super) fn resolve(graph: &mut Graph) -> u32 {
    graph.for_each_block(|graph, id| {
        graph.block_mut(id).size = graph.instrs(id).iter().map(|instr| instr.size()).sum();
    });
    loop {
        let mut total = 0;
        graph.for_each_block(|graph, id| {
            let block = graph.block_mut(id);
            block.offset = total;
            total += block.size;
        });
        let mut changed = false;
        graph.for_each_block(|graph, id| {
            let Some(last) = graph.last(id) else { return };
            let Some(target) = last.target.filter(|_| last.is_jump()) else { return };
            let old_size = last.size();
            let block = graph.block(id);
            let distance = graph.block(target).offset.abs_diff(block.offset + block.size);
            let Some(last) = graph.last_mut(id) else { return };
            last.oparg = distance;
            let new_size = last.size();
            if new_size != old_size {
                let block = graph.block_mut(id);
                block.size = block.size - old_size + new_size;
                changed = true;
            }
        });
        if !changed {
            return total;
        }
    }
}
