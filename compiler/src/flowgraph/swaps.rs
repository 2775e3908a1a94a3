//! Fewer `SWAP`s: shorter runs of them, and stores in another order instead.

use super::graph::Instr;
use pvm_pycfile::Opcode;

/// Replaces the run of `SWAP`s and `NOP`s that starts at `start` by the shortest one with the same effect, and
/// returns the index of the run's last instruction (of `start` where there was nothing to do).
///
/// A permutation is a set of cycles; `SWAP` exchanges the top with one other item, so a cycle is shuffled by
/// swapping the top with each of its members in turn. The run is written from its end, as that undoes the
/// sorting of the permutation.
pub(super) fn shorten_run(instrs: &mut [Instr], start: usize) -> usize {
    let is_swap = |instr: &Instr| instr.opcode == Opcode::Swap;
    let len = instrs[start..].iter().take_while(|i| is_swap(i) || i.opcode == Opcode::Nop).count();
    let run = &mut instrs[start..start + len];
    if run.iter().filter(|i| is_swap(i)).count() < 2 {
        return start;
    }
    let depth = run.iter().filter(|i| is_swap(i)).map(|i| i.oparg as usize).max().unwrap_or(0);
    let mut stack: Vec<usize> = (0..depth).collect();
    for swap in run.iter().filter(|i| is_swap(i)) {
        if let Some(below) = (swap.oparg as usize).checked_sub(1) {
            stack.swap(0, below);
        }
    }
    let mut swaps = Vec::new();
    let mut visited = vec![false; depth];
    for first in 0..depth {
        if visited[first] || stack[first] == first {
            continue;
        }
        let mut item = first;
        loop {
            if item != 0 {
                swaps.push(item as u32 + 1);
            }
            if visited[item] {
                break;
            }
            visited[item] = true;
            item = stack[item];
        }
    }
    let mut swaps = swaps.into_iter();
    for instr in run.iter_mut().rev() {
        match swaps.next() {
            Some(oparg) => {
                instr.opcode = Opcode::Swap;
                instr.oparg = oparg;
            }
            None => instr.make_nop(),
        }
    }
    start + len - 1
}

/// Where a `SWAP` at or before `index` is followed by instructions that only take the top of the stack, exchanges
/// two of those instead.
pub(super) fn apply_statically(instrs: &mut [Instr], index: usize) {
    for at in (0..=index).rev() {
        let swap = instrs[at];
        if swap.opcode != Opcode::Swap {
            if swap.opcode == Opcode::Nop || is_swappable(swap.opcode) {
                continue;
            }
            return;
        }
        let Some(first) = next_swappable(instrs, at, None) else { return };
        let line = instrs[first].location.lineno();
        let mut second = first;
        for _ in 1..swap.oparg {
            match next_swappable(instrs, second, Some(line).filter(|line| *line >= 0)) {
                Some(next) => second = next,
                None => return,
            }
        }
        // Two stores to one local, or a store in between to either, fix the order.
        let (store_first, store_second) = (stored_local(&instrs[first]), stored_local(&instrs[second]));
        if store_first.is_some() || store_second.is_some() {
            if store_first == store_second {
                return;
            }
            let between = instrs.get(first + 1..second).unwrap_or_default();
            if between
                .iter()
                .filter_map(stored_local)
                .any(|local| store_first == Some(local) || store_second == Some(local))
            {
                return;
            }
        }
        instrs[at].make_nop();
        instrs.swap(first, second);
    }
}

/// Whether all that the instruction does is to take the top of the stack.
fn is_swappable(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::StoreFast | Opcode::StoreFastMaybeNull | Opcode::PopTop)
}

fn stored_local(instr: &Instr) -> Option<u32> {
    matches!(instr.opcode, Opcode::StoreFast | Opcode::StoreFastMaybeNull).then_some(instr.oparg)
}

/// The next instruction but `NOP`s, if it is swappable. With a line, all on the way must be on that line, or the
/// names bound at a line event would change.
fn next_swappable(instrs: &[Instr], after: usize, line: Option<i32>) -> Option<usize> {
    for (index, instr) in instrs.iter().enumerate().skip(after + 1) {
        if line.is_some_and(|line| instr.location.lineno() != line) {
            return None;
        }
        if instr.opcode != Opcode::Nop {
            return is_swappable(instr.opcode).then_some(index);
        }
    }
    None
}
