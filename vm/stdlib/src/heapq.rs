//! `_heapq`

use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::list::List;
use pvm_vm::{PyResult, Vm};

/// Whether the first belongs above the second. The list must not change meanwhile.
fn above(vm: &mut Vm, heap: &List, max: bool, a: &Value, b: &Value) -> PyResult<bool> {
    let len = heap.len();
    let answer =
        if max { vm.compare_bool(b, a, CompareOp::Lt)? } else { vm.compare_bool(a, b, CompareOp::Lt)? };
    if heap.len() != len {
        return Err(vm.runtime_error("list changed size during iteration"));
    }
    Ok(answer)
}

fn item(vm: &mut Vm, heap: &List, index: usize) -> PyResult {
    heap.get(index).ok_or_else(|| vm.index_error("index out of range"))
}

fn swap(heap: &List, a: usize, b: usize) {
    heap.with_mut(|items| {
        if a < items.len() && b < items.len() {
            items.swap(a, b);
        }
    });
}

/// Moves the item at `at` up to where it belongs, not above `top`.
fn sift_down(vm: &mut Vm, heap: &List, max: bool, top: usize, mut at: usize) -> PyResult<()> {
    let new = item(vm, heap, at)?;
    while at > top {
        let parent = (at - 1) / 2;
        let other = item(vm, heap, parent)?;
        if !above(vm, heap, max, &new, &other)? {
            break;
        }
        swap(heap, at, parent);
        at = parent;
    }
    Ok(())
}

/// Moves the item at `top` to a leaf, and from there up to where it belongs.
fn sift_up(vm: &mut Vm, heap: &List, max: bool, top: usize) -> PyResult<()> {
    let end = heap.len();
    let mut at = top;
    while at < end / 2 {
        let mut child = 2 * at + 1;
        if child + 1 < end {
            let (left, right) = (item(vm, heap, child)?, item(vm, heap, child + 1)?);
            if !above(vm, heap, max, &left, &right)? {
                child += 1;
            }
        }
        swap(heap, child, at);
        at = child;
    }
    sift_down(vm, heap, max, top, at)
}

fn pop(vm: &mut Vm, heap: &List, max: bool) -> PyResult {
    let Some(last) = heap.pop() else { return Err(vm.index_error("index out of range")) };
    match heap.replace(0, last) {
        Err(only) => Ok(only),
        Ok(first) => {
            sift_up(vm, heap, max, 0)?;
            Ok(first)
        }
    }
}

fn replace(vm: &mut Vm, heap: &List, max: bool, new: Value) -> PyResult {
    match heap.replace(0, new) {
        Err(_) => Err(vm.index_error("index out of range")),
        Ok(first) => {
            sift_up(vm, heap, max, 0)?;
            Ok(first)
        }
    }
}

fn heapify_list(vm: &mut Vm, heap: &List, max: bool) -> PyResult<()> {
    for i in (0..heap.len() / 2).rev() {
        sift_up(vm, heap, max, i)?;
    }
    Ok(())
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_heapq",
    doc = "Heap queue algorithm (a.k.a. priority queue).\n\nHeaps are arrays for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for\nall k, counting elements from 0.  For the sake of comparison,\nnon-existing elements are considered to be infinite.  The interesting\nproperty of a heap is that a[0] is always its smallest element.\n"
)]
pub mod heapq_module {
    use super::*;
    use pvm_vm::types::module::Module;

    /// Push item onto heap, maintaining the heap invariant.
    #[pyfunction]
    fn heappush(vm: &mut Vm, heap: &Ref<List>, item: Value) -> PyResult<()> {
        heap.push(item);
        sift_down(vm, heap, false, 0, heap.len() - 1)
    }

    /// Pop the smallest item off the heap, maintaining the heap invariant.
    #[pyfunction]
    fn heappop(vm: &mut Vm, heap: &Ref<List>) -> PyResult {
        pop(vm, heap, false)
    }

    /// Pop and return the current smallest value, and add the new item.
    ///
    /// This is more efficient than heappop() followed by heappush(), and can be
    /// more appropriate when using a fixed-size heap.  Note that the value
    /// returned may be larger than item!  That constrains reasonable uses of
    /// this routine unless written as part of a conditional replacement:
    ///
    ///     if item > heap[0]:
    ///         item = heapreplace(heap, item)
    #[pyfunction]
    fn heapreplace(vm: &mut Vm, heap: &Ref<List>, item: Value) -> PyResult {
        replace(vm, heap, false, item)
    }

    /// Push item on the heap, then pop and return the smallest item from the heap.
    ///
    /// The combined action runs more efficiently than heappush() followed by
    /// a separate call to heappop().
    #[pyfunction]
    fn heappushpop(vm: &mut Vm, heap: &Ref<List>, item: Value) -> PyResult {
        let Some(first) = heap.get(0) else { return Ok(item) };
        if !above(vm, heap, false, &first, &item)? {
            return Ok(item);
        }
        replace(vm, heap, false, item)
    }

    /// Transform list into a heap, in-place, in O(len(heap)) time.
    #[pyfunction]
    fn heapify(vm: &mut Vm, heap: &Ref<List>) -> PyResult<()> {
        heapify_list(vm, heap, false)
    }

    /// Maxheap variant of heappop.
    #[pyfunction]
    fn _heappop_max(vm: &mut Vm, heap: &Ref<List>) -> PyResult {
        pop(vm, heap, true)
    }

    /// Maxheap variant of heapreplace.
    #[pyfunction]
    fn _heapreplace_max(vm: &mut Vm, heap: &Ref<List>, item: Value) -> PyResult {
        replace(vm, heap, true, item)
    }

    /// Maxheap variant of heapify.
    #[pyfunction]
    fn _heapify_max(vm: &mut Vm, heap: &Ref<List>) -> PyResult<()> {
        heapify_list(vm, heap, true)
    }

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("__about__", "Heap queues\n");
        Ok(())
    }
}
