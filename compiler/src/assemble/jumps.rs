//! Jump distances.

use crate::flowgraph::Graph;

/// Writes into each jump's oparg the distance in code units from the end of the jump, caches included.
///
/// A distance beyond 255 needs prefixes, which lengthens other distances, so this repeats until no size changes.
/// Where more than one solution is consistent, the sizes at the start decide; those follow from label numbers.
///
/// Returns the size of the whole code in code units.
#[inline(never)]
pub(super) fn resolve(graph: &mut Graph) -> u32 {
    let (jumps, mut total) = graph.place_blocks();
    loop {
        let mut changed = false;
        for &id in &jumps {
            let block = graph.block(id);
            let end = block.offset + block.size;
            let Some(target) = graph.last(id).and_then(|last| last.target) else { continue };
            let distance = graph.block(target).offset.abs_diff(end);
            let Some(last) = graph.last_mut(id) else { continue };
            let old_size = last.size();
            last.oparg = distance;
            let new_size = last.size();
            if new_size != old_size {
                let block = graph.block_mut(id);
                block.size = block.size - old_size + new_size;
                changed = true;
            }
        }
        if !changed {
            break;
        }
        total = 0;
        graph.for_each_block(|graph, id| {
            let block = graph.block_mut(id);
            block.offset = total;
            total += block.size;
        });
    }
    graph.todo = jumps;
    graph.todo.clear();
    total
}
